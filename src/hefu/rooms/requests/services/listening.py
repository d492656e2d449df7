"""What a case hears from its clocks: the sweep's warnings and expiries, and days that were counted again."""

from typing import Any

from django.db import transaction

from hefu.kernel.actor import system
from hefu.kernel.clock import FixedClock
from hefu.rooms.clocks.terms import CAUSE_NAMES, ClockExpired, ClockMoved, ClockWarned
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.services._telling import tell, tell_authority
from hefu.rooms.requests.terms import NoticeKind


@transaction.atomic
def on_clock_warned(event: ClockWarned) -> None:
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
def on_clock_expired(event: ClockExpired) -> None:
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


@transaction.atomic
def on_clock_moved(event: ClockMoved) -> None:
    """Tell both sides that a last day was counted again and is another one. Other rooms' clocks are not ours."""
    row = AccessRequest.objects.filter(number=event.subject).first()
    if row is None:
        return
    facts: dict[str, Any] = {"due_before": event.due_before, "due_on": event.due_on, "rule": event.rule}
    for department_id in dict.fromkeys((event.responsible_id, row.consumer_id, row.provider_id)):
        tell(
            row,
            department_id,
            NoticeKind.DATE_MOVED,
            clock=FixedClock(event.at),
            cause=CAUSE_NAMES[event.cause],
            **facts,
        )
