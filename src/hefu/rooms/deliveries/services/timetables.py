"""Deliveries by the clock, or after something else: set, dropped, started when due; what was missed is told."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from hefu.dataplane.formats import FileFormat
from hefu.kernel import events
from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, Clock
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.timetable import LONGEST, NO_TIMES_NO_EVENT, After, NoTimetable, read, stated
from hefu.kernel.words import _, stored
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Timetable
from hefu.rooms.deliveries.queries.timetable import works_at
from hefu.rooms.deliveries.services.after import waited_for
from hefu.rooms.deliveries.services.asking import start_delivery
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.terms.timetable import (
    LATE_AFTER,
    RUN_MISSED,
    TIMETABLE_DROPPED,
    TIMETABLE_SET,
    RunMissed,
)
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import OVER, Way

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


@transaction.atomic
def set_timetable(*, grant: str, text: str, actor: Actor, clock: Clock) -> Timetable:
    """Let a grant's rows be copied as a whole by the clock, or each time after something else was done.

    Args:
        grant: Number of the grant.
        text: Five fields of cron, or words such as `每个工作日 02:00`, in the offices' zone; or what is waited for,
            such as `G2026-000001 之后` for a delivery, `H2026-000001 之后` for a collection, `归集之后` for that of the
            grant's own entry.
        actor: Somebody of the consumer.
        clock: From when the next time is counted.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        TimetableNeedsCopies: Its table is kept in step.
        InputsRejected: The text states neither, too close times, or what would wait for itself.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id)
    if found.way == Way.FOLLOW:
        raise errors.TimetableNeedsCopies(grant=found.number)
    try:
        said = stated(text if len(text) <= LONGEST else "")
    except NoTimetable:
        raise InputsRejected(problems={"text": NO_TIMES_NO_EVENT}) from None
    after, next_at = "", None
    if isinstance(said, After):
        after = waited_for(found, said, actor=actor)
    elif (next_at := said.next_after(clock.now(), works_at(found.consumer.place))) is None:
        raise InputsRejected(problems={"text": _("No day fulfils this.")})
    row, _made = Timetable.objects.update_or_create(
        grant=found,
        defaults={
            "text": text.strip(),
            "after": after,
            "next_at": next_at,
            "missed": 0,
            "missed_at": None,
            "missed_text": "",
            "missed_facts": {},
            "set_by": actor.id,
            "set_by_name": actor.name,
            "set_at": clock.now(),
        },
    )
    _write_down(TIMETABLE_SET, found, actor=actor, clock=clock, timetable=row.text, next_at=next_at, after=after)
    return row


@transaction.atomic
def drop_timetable(*, grant: str, actor: Actor, clock: Clock) -> None:
    """Let a grant's rows be copied only when somebody asks; nothing happens where there is no timetable.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id)
    row = Timetable.objects.select_for_update().filter(grant=found).first()
    if row is not None:
        _write_down(TIMETABLE_DROPPED, found, actor=actor, clock=clock, timetable=row.text)
        row.delete()


def start_due(*, clock: Clock) -> list[str]:
    """Start what is due by now, each in a transaction of its own; return the deliveries that began.

    Safe to run twice, and by several at once. A time that could not be kept is put on record and told.
    """
    begun = []
    due = Timetable.objects.filter(next_at__lte=clock.now()).order_by("next_at").values_list("pk", flat=True)
    for grant_id in list(due):
        number = _start(grant_id, clock)
        if number:
            begun.append(number)
    return begun


@transaction.atomic
def _start(grant_id: Any, clock: Clock) -> str:
    row = (
        Timetable.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("grant", "grant__consumer", "grant__provider")
        .filter(pk=grant_id, next_at__lte=clock.now())
        .first()
    )
    if row is None or row.next_at is None:
        return ""
    due_at, grant = row.next_at, row.grant
    row.next_at = None
    if grant.status not in OVER and not row.after:
        row.next_at = read(row.text).next_after(clock.now(), works_at(grant.consumer.place))
    number = ""
    try:
        with transaction.atomic():
            number = start_delivery(grant=grant.number, file_format=FileFormat.CSV, actor=WORKER, clock=clock).number
        row.last_at, row.last_delivery = clock.now(), number
        if clock.now() - due_at > LATE_AFTER:
            _miss(row, due_at, errors.RunLate(due_at=f"{due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"), clock)
    except errors.DeliveryOpen as refusal:
        if row.after:
            row.next_at = due_at  # it stays due until the one before has ended
        else:
            _miss(row, due_at, refusal, clock)
    except Refusal as refusal:
        _miss(row, due_at, refusal, clock)
    row.save()
    return number


def _miss(row: Timetable, due_at: datetime, why: Refusal, clock: Clock) -> None:
    row.missed += 1
    row.missed_at, row.missed_text = due_at, why.text
    row.missed_facts = {name: stored(value) for name, value in why.facts.items()}
    grant = row.grant
    _write_down(RUN_MISSED, grant, actor=WORKER, clock=clock, due_at=due_at, code=why.code)
    if grant.status not in OVER:
        events.announce(RunMissed(grant.number, grant.request, due_at, clock.now()))


def _write_down(kind: Kind, grant: "Grant", *, actor: Actor, clock: Clock, **body: Any) -> None:
    record(
        kind,
        subject=grant.number,
        by=actor,
        at=clock.now(),
        concerns=[grant.consumer_id, grant.provider_id],
        body=body,
    )
