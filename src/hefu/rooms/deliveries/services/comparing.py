"""Both sides held against each other: asked for, done, put on record."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.dataplane.compared import Compared
from hefu.dataplane.errors import Stopped
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import stored
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Comparison, Delivery, Joined
from hefu.rooms.deliveries.queries import sparing_of, works_at
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.rows import load, locked, record
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.comparing import (
    COMPARING,
    COMPARING_STOPPED,
    DELIVERY_COMPARED,
    EVERY,
    HEARS_WITHIN,
    LOST_AFTER,
    NIGHT,
    Comparing,
)
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import Way

#: Name of the task in `jobs`; services may not import what stands above them.
COMPARE = "deliveries.compare"


@dataclass(frozen=True)
class Comparand:
    """What a worker compares."""

    id: UUID
    number: str
    ticket_id: UUID
    target_id: UUID
    target_table: str
    consumer_code: str
    mends: bool
    #: Whether the table is being kept in step meanwhile, so that changes are on their way.
    moving: bool


@transaction.atomic
def ask_comparison(*, number: str, mends: bool = False, actor: Actor, clock: Clock) -> Comparison:
    """Have a consumer's table held against its source; a worker does it.

    Args:
        number: Of a delivery that brought a table, or keeps one in step.
        mends: Whether what differs is brought to what the source grants now, and nothing else touched.
        actor: Either side or the operator; to mend, somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the delivery, or not do this.
        NothingToCompare, ComparisonOpen, SourceClosed, RestFirst: It cannot be done now.
    """
    row = load(number, "deliveries.compare", actor)
    if mends:
        require(actor, "deliveries.mend", consumer_id=row.consumer_id, provider_id=row.provider_id)
    if not _is_comparable(row):
        raise errors.NothingToCompare(number=number)
    if Comparison.objects.filter(delivery=row, state__in=COMPARING).exists():
        raise errors.ComparisonOpen(number=number)
    closed = sparing_of(number, viewer=actor).closed
    opens_at = closed.opens_at(clock.now(), works_at(row.provider.place))
    if opens_at is not None:
        raise errors.SourceClosed(number=number, opens_at=f"{opens_at.astimezone(CHINA):%H:%M}")
    if mends:
        writing = Delivery.objects.filter(grant=row.grant, status=DeliveryStatus.RUNNING).first()
        if writing is not None:
            raise errors.RestFirst(delivery=writing.number)
    made = Comparison.objects.create(
        id=new_id(clock.now()),
        delivery=row,
        mends=mends,
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=clock.now(),
    )
    configure_task(name=COMPARE, job_manager=JobManager(DjangoConnector())).defer(comparison_id=str(made.pk))
    return made


@transaction.atomic
def stop_comparison(*, number: str, actor: Actor, clock: Clock) -> Comparison:
    """Stop the comparison of a delivery: a waiting one now, a running one when its worker hears of it, within seconds.

    Args:
        number: Of the delivery.
        actor: As to ask for one; where rows are being mended, somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the delivery, or not do this.
        NothingCompares: None is under way.
    """
    row = load(number, "deliveries.compare", actor)
    found = Comparison.objects.select_for_update().filter(delivery=row, state__in=COMPARING).first()
    if found is None:
        raise errors.NothingCompares(number=number)
    if found.mends:
        require(actor, "deliveries.mend", consumer_id=row.consumer_id, provider_id=row.provider_id)
    if found.stop_asked_at is not None:
        return found
    found.stop_asked_at = clock.now()
    if found.state == Comparing.WAITING:
        found.state, found.finished_at = Comparing.STOPPED, clock.now()
    found.save(update_fields=["state", "stop_asked_at", "finished_at"])
    asked_at = found.asked_at.isoformat()
    record(
        COMPARING_STOPPED, row, actor=actor, clock=clock, grant=row.grant.number, asked_at=asked_at, mends=found.mends
    )
    return found


def comparison_stop_asked(*, comparison_id: UUID) -> bool:
    """Return whether somebody asked a comparison to stop; for its worker."""
    return Comparison.objects.filter(pk=comparison_id, stop_asked_at__isnull=False).exists()


def _is_comparable(row: Delivery) -> bool:
    if row.channel != Channel.TABLE or row.target_id is None or not grants.is_in_force(row.ticket_id):
        return False
    if Joined.objects.filter(delivery=row).exists():
        return False
    if row.mode != Way.FOLLOW:
        return row.status == DeliveryStatus.DONE
    return row.following.copies > 0 and row.status in (DeliveryStatus.RUNNING, DeliveryStatus.PAUSED)


@transaction.atomic
def take_comparison(*, comparison_id: UUID) -> Comparand | None:
    """Begin a comparison; None when another worker has it or had it."""
    row = (
        Comparison.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("delivery", "delivery__grant", "delivery__consumer")
        .filter(pk=comparison_id, state=Comparing.WAITING)
        .first()
    )
    if row is None or (target_id := row.delivery.target_id) is None:
        return None
    row.state = Comparing.RUNNING
    row.save(update_fields=["state"])
    delivery = row.delivery
    return Comparand(
        row.pk,
        delivery.number,
        delivery.ticket_id,
        target_id,
        delivery.grant.target_table,
        delivery.consumer.credit_code,
        row.mends,
        moving=delivery.status == DeliveryStatus.RUNNING,
    )


@transaction.atomic
def settle_comparison(*, comparison_id: UUID, found: Compared | Refusal, clock: Clock) -> Comparison:
    """Put on record what was found, or why nothing was."""
    row = Comparison.objects.select_for_update().get(pk=comparison_id)
    row.finished_at = clock.now()
    if isinstance(found, Refusal) and row.state not in COMPARING:
        return row  # it was stopped without its worker, who has done nothing
    if isinstance(found, Stopped) and row.stop_asked_at is not None:
        row.state = Comparing.STOPPED
        row.save(update_fields=["state", "finished_at"])
        return row
    if isinstance(found, Refusal):
        row.state, row.error_text = Comparing.FAILED, found.text
        row.error_facts = {name: stored(value) for name, value in found.facts.items()}
        row.save()
        return row
    row.state = Comparing.DONE
    row.rows_source, row.rows_target = found.source.rows, found.target.rows
    row.digest_source, row.digest_target = found.source.digest, found.target.digest
    row.missing, row.extra, row.different = found.missing, found.extra, found.different
    row.inserted, row.updated, row.deleted = found.mended.inserted, found.mended.updated, found.mended.deleted
    row.save()
    delivery = locked().get(pk=row.delivery_id)
    record(
        DELIVERY_COMPARED,
        delivery,
        actor=WORKER,
        clock=clock,
        grant=delivery.grant.number,
        ticket=str(delivery.ticket_id),
        rows_source=row.rows_source,
        rows_target=row.rows_target,
        digest_source=row.digest_source,
        digest_target=row.digest_target,
        missing=row.missing,
        extra=row.extra,
        different=row.different,
        mended_inserted=row.inserted,
        mended_updated=row.updated,
        mended_deleted=row.deleted,
    )
    return row


@transaction.atomic
def give_up_comparisons(*, clock: Clock) -> int:
    """Give up comparisons whose worker never settled them, or never heard that they stop; return how many.

    Safe to run twice.
    """
    lost = (
        Comparison.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("delivery")
        .filter(state__in=COMPARING, asked_at__lte=clock.now() - LOST_AFTER)
    )
    count = 0
    for row in lost:
        why = errors.ComparisonLost(number=row.delivery.number)
        row.state, row.finished_at = Comparing.FAILED, clock.now()
        row.error_text, row.error_facts = why.text, {name: stored(value) for name, value in why.facts.items()}
        row.save()
        count += 1
    unheard = Comparison.objects.filter(state__in=COMPARING, stop_asked_at__lte=clock.now() - HEARS_WITHIN)
    return count + unheard.update(state=Comparing.STOPPED, finished_at=clock.now())


def compare_by_night(*, actor: Actor, clock: Clock) -> list[str]:
    """Have tables that are kept in step compared once a week, at night; return the deliveries. Safe to run twice."""
    now = clock.now()
    if now.astimezone(CHINA).hour not in NIGHT:
        return []
    fresh = Comparison.objects.filter(asked_at__gt=now - EVERY).values("delivery_id")
    # Whoever has set times for it has said when.
    due = Delivery.objects.filter(
        mode=Way.FOLLOW,
        status=DeliveryStatus.RUNNING,
        following__copied_at__lt=now - EVERY,
        grant__comparing_times__isnull=True,
    ).exclude(pk__in=fresh)
    asked = []
    for number in list(due.values_list("number", flat=True)):
        try:
            ask_comparison(number=number, actor=actor, clock=clock)
            asked.append(number)
        except (errors.NothingToCompare, errors.ComparisonOpen, errors.SourceClosed):  # ended, or another night
            continue
    return asked
