"""What departments are told about a case: notices that stay visible on it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor, system
from hefu.kernel.canonical import plain
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.refusal import NotFound
from hefu.rooms.clocks.terms import ClockExpired, ClockWarned
from hefu.rooms.parties import queries as parties
from hefu.rooms.requests.models import AccessRequest, Notice
from hefu.rooms.requests.terms import NoticeKind


def tell(row: AccessRequest, to: UUID, kind: NoticeKind, *, clock: Clock, **facts: str | int | date) -> None:
    """Leave a notice for a department on the case."""
    said: dict[str, Any] = plain({"number": row.number, **facts})
    Notice.objects.create(request=row, to_id=to, kind=kind, facts=said, at=clock.now())


def tell_authority(
    row: AccessRequest, kind: NoticeKind, *, viewer: Actor, clock: Clock, **facts: str | int | date
) -> None:
    """Leave a notice for the data authority, when the node has one."""
    try:
        authority = parties.authority(viewer=viewer)
    except NotFound:
        return
    tell(row, authority.pk, kind, clock=clock, **facts)


@transaction.atomic
def tell_due_soon(event: ClockWarned) -> None:
    """Tell whoever owes the answer, or the data, that the last day is near. Other rooms' clocks are not ours."""
    row = AccessRequest.objects.filter(number=event.subject).first()
    if row is not None:
        tell(
            row,
            event.responsible_id,
            NoticeKind.DUE_SOON,
            clock=FixedClock(event.at),
            due_on=event.due_on,
            days_left=event.days_left,
            rule=event.rule,
        )


@transaction.atomic
def tell_overdue(event: ClockExpired) -> None:
    """Tell all sides that the last day passed: the case goes up to the authority and is never granted by that.

    Only notices are added and the case itself is not touched: the sweep holds the clock, and whoever
    answers at this moment holds the case and waits for the clock.
    """
    row = AccessRequest.objects.filter(number=event.subject).first()
    if row is None:
        return
    clock = FixedClock(event.at)
    facts: dict[str, Any] = {"due_on": event.due_on, "rule": event.rule}
    for department_id in (event.responsible_id, row.consumer_id):
        tell(row, department_id, NoticeKind.OVERDUE, clock=clock, **facts)
    tell_authority(row, NoticeKind.OVERDUE, viewer=system("sweep"), clock=clock, **facts)
