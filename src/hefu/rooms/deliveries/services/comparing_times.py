"""Comparisons by the clock: set and dropped for a grant, started when due; what was missed is on its page."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, Clock
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.timetable import LONGEST, NO_TIMES, NoTimetable, read
from hefu.kernel.words import _, stored
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import ComparingTimes, Delivery
from hefu.rooms.deliveries.queries.timetable import works_at
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.comparing import ask_comparison
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.comparing import COMPARING_DROPPED, COMPARING_SET
from hefu.rooms.deliveries.terms.timetable import LATE_AFTER
from hefu.rooms.evidence.services import record
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import OVER, Way

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


@transaction.atomic
def set_comparing_times(*, grant: str, text: str, actor: Actor, clock: Clock) -> ComparingTimes:
    """Have a grant's table held against its source by the clock, whether or not it is delivered meanwhile.

    Args:
        grant: Number of the grant.
        text: Five fields of cron, or words such as `每周一 03:00`; in the offices' zone.
        actor: Of either side, or the operator.
        clock: From when the next time is counted.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        NothingToCompare: It delivers files.
        InputsRejected: The text states no times, or too close ones.
    """
    found = _found(grant, actor)
    if found.channel != Channel.TABLE:
        raise errors.NothingToCompare(number=found.number)
    try:
        times = read(text if len(text) <= LONGEST else "")
    except NoTimetable:
        raise InputsRejected(problems={"text": NO_TIMES}) from None
    next_at = times.next_after(clock.now(), works_at(found.consumer.place))
    if next_at is None:
        raise InputsRejected(problems={"text": _("No day fulfils this.")})
    plain = {"text": text.strip(), "next_at": next_at, "set_by": actor.id, "set_by_name": actor.name}
    none_missed: dict[str, Any] = {"missed": 0, "missed_at": None, "missed_text": "", "missed_facts": {}}
    row, _made = ComparingTimes.objects.update_or_create(
        grant=found, defaults=plain | none_missed | {"set_at": clock.now()}
    )
    _write_down(COMPARING_SET, found, actor, clock, timetable=row.text, next_at=next_at)
    return row


@transaction.atomic
def drop_comparing_times(*, grant: str, actor: Actor, clock: Clock) -> None:
    """Have a grant's table compared only when somebody asks; nothing happens where no times are set.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
    """
    found = _found(grant, actor)
    row = ComparingTimes.objects.select_for_update().filter(grant=found).first()
    if row is not None:
        _write_down(COMPARING_DROPPED, found, actor, clock, timetable=row.text)
        row.delete()


def start_due_comparisons(*, clock: Clock) -> list[str]:
    """Start the comparisons that are due by now; return the deliveries that are compared. Safe to run twice."""
    due = ComparingTimes.objects.filter(next_at__lte=clock.now()).order_by("next_at").values_list("pk", flat=True)
    return [number for grant_id in list(due) if (number := _start(grant_id, clock))]


@transaction.atomic
def _start(grant_id: Any, clock: Clock) -> str:
    row = (
        ComparingTimes.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("grant", "grant__consumer")
        .filter(pk=grant_id, next_at__lte=clock.now())
        .first()
    )
    if row is None or row.next_at is None:
        return ""
    due_at, grant, number = row.next_at, row.grant, ""
    row.next_at = None
    if grant.status not in OVER:
        row.next_at = read(row.text).next_after(clock.now(), works_at(grant.consumer.place))
    try:
        with transaction.atomic():
            number = _newest(grant)
            ask_comparison(number=number, actor=WORKER, clock=clock)
        row.last_at = clock.now()
        if clock.now() - due_at > LATE_AFTER:
            _miss(row, due_at, errors.RunLate(due_at=f"{due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"))
    except Refusal as refusal:
        number = ""
        _miss(row, due_at, refusal)
    row.save()
    return number


def _newest(grant: "Grant") -> str:
    """Return the delivery whose table stands now."""
    rows = Delivery.objects.filter(grant=grant, channel=Channel.TABLE, joined__isnull=True)
    following = rows.filter(mode=Way.FOLLOW, status__in=[DeliveryStatus.RUNNING, DeliveryStatus.PAUSED])
    found = following.first() or rows.filter(status=DeliveryStatus.DONE).order_by("-number").first()
    if found is None:
        raise errors.NothingToCompare(number=grant.number)
    return str(found.number)


def _miss(row: ComparingTimes, due_at: datetime, why: Refusal) -> None:
    row.missed += 1
    row.missed_at, row.missed_text = due_at, why.text
    row.missed_facts = {name: stored(value) for name, value in why.facts.items()}


def _found(number: str, actor: Actor) -> "Grant":
    found = grants.grant(number, viewer=actor)
    require(actor, "deliveries.compare", consumer_id=found.consumer_id, provider_id=found.provider_id)
    return found


def _write_down(kind: Any, grant: "Grant", actor: Actor, clock: Clock, **body: Any) -> None:
    record(
        kind, subject=grant.number, by=actor, at=clock.now(), concerns=[grant.consumer_id, grant.provider_id], body=body
    )
