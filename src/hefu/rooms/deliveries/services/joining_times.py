"""Joins by the clock: a join that was delivered once is repeated; what was missed is told to both grants' sides."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hefu.kernel import events
from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, Clock
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.kernel.timetable import LONGEST, NO_TIMES, NoTimetable, read
from hefu.kernel.words import _, stored
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require, visible
from hefu.rooms.deliveries.models import Delivery, Joined, JoinTimes
from hefu.rooms.deliveries.queries.joined import same_join
from hefu.rooms.deliveries.queries.timetable import works_at
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.joining import begin_join, both
from hefu.rooms.deliveries.terms.joined import JOIN_TIMES_DROPPED, JOIN_TIMES_SET
from hefu.rooms.deliveries.terms.timetable import LATE_AFTER, RUN_MISSED, RunMissed
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants.terms import OVER, GrantStopped

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

Pair = tuple["Grant", "Grant"]


@transaction.atomic
def set_join_times(*, number: str, text: str, actor: Actor, clock: Clock) -> JoinTimes:
    """Let what a delivery joined be joined again by the clock, into the same table.

    Args:
        number: Of the delivery, which says what is compared, which rows arrive and where.
        text: Five fields of cron, or words such as `每个工作日 02:00`; in the offices' zone.
        actor: Somebody of the consumer.
        clock: From when the next time is counted.

    Raises:
        NotFound: There is no such join that the actor may see.
        Forbidden: The actor may not do this.
        InputsRejected: The text states no times, or too close ones, or a grant is over.
    """
    joined, pair = _found(number, actor)
    try:
        times = read(text if len(text) <= LONGEST else "")
    except NoTimetable:
        raise InputsRejected(problems={"text": NO_TIMES}) from None
    next_at = times.next_after(clock.now(), works_at(pair[0].consumer.place))
    if next_at is None:
        raise InputsRejected(problems={"text": _("No day fulfils this.")})
    if _is_over(pair):
        raise InputsRejected(problems={"text": _("One of the two grants is over: nothing is joined any more.")})
    # One table has one timetable, whichever of its joins it was set on.
    same_join(joined).delete()
    row = JoinTimes.objects.create(
        joined=joined,
        text=text.strip(),
        next_at=next_at,
        set_by=actor.id,
        set_by_name=actor.name,
        set_at=clock.now(),
    )
    _write_down(JOIN_TIMES_SET, pair, actor, clock, timetable=row.text, next_at=next_at, table=joined.table)
    return row


@transaction.atomic
def drop_join_times(*, number: str, actor: Actor, clock: Clock) -> None:
    """Let it be joined only when somebody asks; nothing happens where no times are set.

    Raises:
        NotFound, Forbidden: As for `set_join_times`.
    """
    joined, pair = _found(number, actor)
    row = same_join(joined).first()
    if row is not None:
        _write_down(JOIN_TIMES_DROPPED, pair, actor, clock, timetable=row.text, table=joined.table)
        row.delete()


def on_grant_over(event: GrantStopped) -> None:
    """Let nothing more be joined by the clock under a grant that is over; listens to `GrantStopped`."""
    if event.status in OVER:
        of = Q(joined__grant__number=event.grant) | Q(joined__delivery__grant__number=event.grant)
        JoinTimes.objects.filter(of).update(next_at=None)


def start_due_joins(*, clock: Clock) -> list[str]:
    """Start the joins that are due by now, each in a transaction of its own; return the deliveries that began.

    Safe to run twice, and by several at once. No source is asked first: a delivery waits for one that is closed.
    """
    due = JoinTimes.objects.filter(next_at__lte=clock.now()).order_by("next_at").values_list("pk", flat=True)
    return [number for joined_id in list(due) if (number := _start(joined_id, clock))]


@transaction.atomic
def _start(joined_id: UUID, clock: Clock) -> str:
    joined = Joined.objects.select_related("delivery__grant", "grant").get(pk=joined_id)
    left, right = joined.delivery.grant.number, joined.grant.number
    # The grants first, as everybody does who locks both them and their times.
    pair = both(left, right, WORKER)
    row = JoinTimes.objects.select_for_update(skip_locked=True).filter(pk=joined_id, next_at__lte=clock.now()).first()
    if row is None or row.next_at is None:
        return ""
    due_at, number = row.next_at, ""
    row.next_at = None
    if not _is_over(pair):
        row.next_at = read(row.text).next_after(clock.now(), works_at(pair[0].consumer.place))
    try:
        with transaction.atomic():
            number = begin_join(left=left, right=right, joining=joined.joining, actor=WORKER, clock=clock).number
        row.last_at, row.last_delivery = clock.now(), number
        if clock.now() - due_at > LATE_AFTER:
            _miss(row, pair, due_at, errors.RunLate(due_at=f"{due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"), clock)
    except Refusal as refusal:
        _miss(row, pair, due_at, refusal, clock)
    row.save()
    return number


def _miss(row: JoinTimes, pair: Pair, due_at: datetime, why: Refusal, clock: Clock) -> None:
    row.missed += 1
    row.missed_at, row.missed_text = due_at, why.text
    row.missed_facts = {name: stored(value) for name, value in why.facts.items()}
    for grant in pair:
        _record(RUN_MISSED, grant, WORKER, clock, due_at=due_at, code=why.code)
        if not _is_over(pair):
            events.announce(RunMissed(grant.number, grant.request, due_at, clock.now()))


def _found(number: str, actor: Actor) -> tuple[Joined, Pair]:
    """Return what a delivery joined, and its grants, locked, for somebody who may plan deliveries of both."""
    joined = (
        Joined.objects.select_related("delivery__grant", "grant")
        .filter(delivery__in=Delivery.objects.filter(visible(actor), number=number))
        .first()
    )
    if joined is None:
        raise NotFound(what="join", key=number)
    row = joined.delivery
    require(actor, "deliveries.plan", consumer_id=row.consumer_id, provider_id=row.provider_id)
    return joined, both(joined.delivery.grant.number, joined.grant.number, actor)


def _is_over(pair: Pair) -> bool:
    return any(grant.status in OVER for grant in pair)


def _write_down(kind: Kind, pair: Pair, actor: Actor, clock: Clock, **body: Any) -> None:
    for grant, beside in (pair, pair[::-1]):
        _record(kind, grant, actor, clock, with_grant=beside.number, **body)


def _record(kind: Kind, grant: "Grant", actor: Actor, clock: Clock, **body: Any) -> None:
    record(
        kind,
        subject=grant.number,
        by=actor,
        at=clock.now(),
        concerns=[grant.consumer_id, grant.provider_id],
        body=body,
    )
