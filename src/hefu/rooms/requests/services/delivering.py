"""What the grants and deliveries rooms tell a case: delivered, or not to be delivered any more."""

from datetime import datetime

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, Clock
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.requests import errors, terms
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.services._case import locked, today_at, write_down
from hefu.rooms.requests.services._telling import tell
from hefu.rooms.requests.terms import AGREED, DELIVERY_RULE, STATUS_NAMES, NoticeKind, Status


@transaction.atomic
def delivery_made(*, number: str, actor: Actor, clock: Clock) -> AccessRequest:
    """Note the first completed delivery under the request: the time to deliver is met. Later ones change nothing.

    Raises:
        Forbidden: Only the platform tells it.
        MoveNotAllowed: Nothing was agreed to.

    Source: decree 809 art. 22; rule `requests.delivery`.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    if row.delivered_on is not None:
        return row
    if row.status not in AGREED:
        raise errors.MoveNotAllowed(
            number=number, status=STATUS_NAMES[Status(row.status)], wanted=STATUS_NAMES[Status.GRANTED]
        )
    met = clocks.meet(subject=number, rule=DELIVERY_RULE, actor=actor, clock=clock)
    row.delivered_on = today_at(row, clock)
    row.save(update_fields=["delivered_on"])
    body = {"delivered_on": row.delivered_on, "in_time": met.state == State.MET if met else None}
    basis = met.counted.citations if met else ()
    write_down(terms.REQUEST_DELIVERED, row, body, by=actor, clock=clock, basis=basis)
    tell(row, row.consumer_id, NoticeKind.DELIVERED, clock=clock, delivered_on=row.delivered_on)
    return row


@transaction.atomic
def delivery_failed(*, number: str, delivery: str, actor: Actor, clock: Clock) -> AccessRequest:
    """Tell both sides that a delivery of the request needs a person; the time to deliver goes on.

    Raises:
        Forbidden: Only the platform tells it.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    for side in (row.consumer_id, row.provider_id):
        tell(row, side, NoticeKind.DELIVERY_FAILED, clock=clock, delivery=delivery)
    return row


@transaction.atomic
def tell_following(
    *, number: str, kind: NoticeKind, delivery: str, cause: str = "", actor: Actor, clock: Clock
) -> AccessRequest:
    """Tell both sides how a delivery fares that keeps a table in step.

    Raises:
        Forbidden: Only the platform tells it.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    for side in (row.consumer_id, row.provider_id):
        tell(row, side, kind, clock=clock, delivery=delivery, cause=cause)
    return row


@transaction.atomic
def tell_missed(*, number: str, grant: str, due_at: datetime, actor: Actor, clock: Clock) -> AccessRequest:
    """Tell both sides that a copy which was due by the clock did not begin in time.

    Raises:
        Forbidden: Only the platform tells it.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    when = f"{due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    for side in (row.consumer_id, row.provider_id):
        tell(row, side, NoticeKind.RUN_MISSED, clock=clock, grant=grant, due_at=when)
    return row


@transaction.atomic
def tell_silence(
    *, number: str, grant: str, since: datetime | None = None, bound: str = "", actor: Actor, clock: Clock
) -> AccessRequest:
    """Tell both sides that a source has given nothing new for too long, or, without `since`, that it does again.

    Raises:
        Forbidden: Only the platform tells it.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    for side in (row.consumer_id, row.provider_id):
        if since is None:
            tell(row, side, NoticeKind.SOURCE_SPEAKS, clock=clock, grant=grant)
        else:
            when = f"{since.astimezone(CHINA):%Y-%m-%d %H:%M}"
            tell(row, side, NoticeKind.SOURCE_SILENT, clock=clock, grant=grant, since=when, cause=bound)
    return row


@transaction.atomic
def delivery_off(*, number: str, reason: str, actor: Actor, clock: Clock) -> AccessRequest:
    """Stop the time to deliver because the grant ended for good before anything was delivered.

    Raises:
        Forbidden: Only the platform tells it.
    """
    row, _sides = locked(number, "requests.mark_delivery", actor=actor)
    cancelled = clocks.cancel(subject=number, rule=DELIVERY_RULE, reason=reason, actor=actor, clock=clock)
    if cancelled:
        write_down(terms.DELIVERY_OFF, row, {"reason": reason}, by=actor, clock=clock)
    return row
