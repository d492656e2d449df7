"""What every service of the room does with a row: load, see as facts, record, enqueue."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries.access import provider_of, require, visible
from hefu.rooms.deliveries.models import Delivery, Joined
from hefu.rooms.deliveries.terms import DeliveryFacts, DeliveryStatus
from hefu.rooms.evidence.services import record as record_evidence
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import Way

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry

#: Name of the task in `jobs`; services may not import what stands above them.
RUN = "deliveries.run"


def load(number: str, action: str, actor: Actor) -> Delivery:
    """Return the delivery, locked, for an actor who may do `action` on it.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
    """
    row = locked().filter(visible(actor), number=number).first()
    if row is None:
        raise NotFound(what="delivery", key=number)
    require(actor, action, consumer_id=row.consumer_id, provider_id=provider_of(row, action, actor=actor))
    return row


def locked() -> QuerySet[Delivery]:
    """Return deliveries locked for update, with their grant."""
    return Delivery.objects.select_for_update(of=("self",)).select_related("grant", "consumer", "provider")


def facts(row: Delivery) -> DeliveryFacts:
    """Return the delivery as decisions see it."""
    return DeliveryFacts(
        number=row.number,
        status=DeliveryStatus(row.status),
        pauses=row.pauses,
        takeovers=row.takeovers,
        cancel_asked=row.cancel_asked_at is not None,
        ticket_in_force=all(grants.is_in_force(ticket) for ticket in tickets_of(row)),
        mode=Way(row.mode),
        pause_asked=row.pause_asked_at is not None,
        held=row.is_held_back,
    )


def tickets_of(row: Delivery) -> list[UUID]:
    """Return the tickets that a delivery runs under: its grant's, and that of the grant which it joins."""
    joined = Joined.objects.filter(delivery=row).first()
    return [row.ticket_id, *([joined.ticket_id] if joined else [])]


def record(
    kind: Kind, row: Delivery, *, actor: Actor, clock: Clock, beside: UUID | None = None, **body: Any
) -> "Entry":
    """Record evidence about the delivery for both sides, and for a second provider whose rows it joins."""
    return record_evidence(
        kind,
        subject=row.number,
        by=actor,
        at=clock.now(),
        concerns=[row.consumer_id, row.provider_id, *([beside] if beside else _joined_provider(row))],
        body={"status": row.status, **body},
    )


def _joined_provider(row: Delivery) -> list[UUID]:
    return list(Joined.objects.filter(delivery=row).values_list("provider_id", flat=True))


def enqueue(delivery_id: UUID, *, pause: timedelta | None = None, once: str = "") -> None:
    """Let a worker carry the delivery once this transaction commits; arguments are ids only.

    Args:
        delivery_id: Which.
        pause: From now; None for at once.
        once: When given, nothing is added while a job enqueued under the same text still waits.
    """
    # Always over Django's own connection, in the worker too, so that job and row commit together.
    job = configure_task(
        name=RUN,
        job_manager=JobManager(DjangoConnector()),
        schedule_in={"seconds": int(pause.total_seconds())} if pause else None,
        queueing_lock=once or None,
    )
    try:
        with transaction.atomic():
            job.defer(delivery_id=str(delivery_id))
    except AlreadyEnqueued:
        return
