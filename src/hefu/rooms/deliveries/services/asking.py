"""What people ask of deliveries, and what grants bring about."""

from typing import TYPE_CHECKING

from django.db import connection, transaction

from hefu.dataplane.formats import FileFormat
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries import decide, errors, terms
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.services.rows import enqueue, facts, load, locked, record
from hefu.rooms.deliveries.terms import OPEN, DeliveryStatus, GrantNow
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.queries import TicketFacts
from hefu.rooms.grants.terms import GrantIssued, GrantStatus, GrantStopped

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

#: Statuses that use up none of the grant's deliveries.
UNCOUNTED = frozenset({DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED})


@transaction.atomic
def start_delivery(*, grant: str, file_format: FileFormat = FileFormat.CSV, actor: Actor, clock: Clock) -> Delivery:
    """Start a delivery under a grant; the worker takes it at once. A table's earlier rows are replaced.

    Args:
        grant: Number of the grant.
        file_format: Of the file; a table takes no notice of it.
        actor: An officer or chief of either side, or the platform.
        clock: Tells the day of the term.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, QuotaUsed: As for `decide.start`.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.start", consumer_id=found.consumer_id, provider_id=found.provider_id)
    decide.start(_now(found), today=clock.today())
    ticket = grants.ticket_in_force(found.pk)
    if ticket is None:
        raise errors.TicketReplaced(number=found.number)
    return _start(found, ticket, file_format, actor=actor, clock=clock)


@transaction.atomic
def cancel_delivery(*, number: str, reason: str = "", actor: Actor, clock: Clock) -> Delivery:
    """Stop a delivery: a waiting one now, a running one when its worker hears of it, within five seconds.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        DeliveryMoveRefused: It has ended.
    """
    row = load(number, "deliveries.cancel", actor)
    if row.cancel_asked_at is not None and row.status == DeliveryStatus.RUNNING:
        return row
    row.status = decide.cancel(facts(row))
    row.cancel_asked_at = clock.now()
    if row.status == DeliveryStatus.CANCELLED:
        row.finished_at, row.next_try_at = clock.now(), None
        record(terms.DELIVERY_CANCELLED, row, actor=actor, clock=clock, attempt=row.attempt, rows=row.rows)
    else:
        record(terms.DELIVERY_CANCEL_ASKED, row, actor=actor, clock=clock, reason=reason.strip())
    row.save(update_fields=["status", "cancel_asked_at", "finished_at", "next_try_at"])
    return row


@transaction.atomic
def retry_delivery(*, number: str, actor: Actor, clock: Clock) -> Delivery:
    """Let a failed or cancelled delivery go on where it was.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        DeliveryMoveRefused, TicketReplaced: As for `decide.retry`.
        DeliveryOpen: Another delivery of the grant is under way.
    """
    row = load(number, "deliveries.retry", actor)
    row.status = decide.retry(facts(row))
    other = _open_delivery(row.grant)
    if other:
        raise errors.DeliveryOpen(grant=row.grant.number, delivery=other)
    row.pauses = row.takeovers = 0
    row.cancel_asked_at = row.finished_at = None
    row.next_try_at = clock.now()
    row.save(update_fields=["status", "pauses", "takeovers", "cancel_asked_at", "finished_at", "next_try_at"])
    record(terms.DELIVERY_RETRIED, row, actor=actor, clock=clock)
    enqueue(row.pk)
    return row


def on_ticket_signed(event: GrantIssued) -> None:
    """Start the delivery that a new ticket asks for; listens to `GrantIssued`."""
    begin(event.grant, actor=system("grants"), clock=FixedClock(event.at), resumed=event.resumed)


@transaction.atomic
def on_grant_stopped(event: GrantStopped) -> None:
    """End the deliveries that wait under a ticket out of force; listens to `GrantStopped`.

    A running one hears of it from its own watcher and ends there.
    """
    waiting = locked().filter(grant__number=event.grant, status=DeliveryStatus.WAITING)
    for row in waiting:
        row.status = decide.move(facts(row), DeliveryStatus.STOPPED)
        row.finished_at, row.next_try_at = event.at, None
        row.save(update_fields=["status", "finished_at", "next_try_at"])
        record(
            terms.DELIVERY_STOPPED,
            row,
            actor=system("grants"),
            clock=FixedClock(event.at),
            attempt=row.attempt,
            rows=row.rows,
            grant_status=event.status,
        )


def begin_terms(*, actor: Actor, clock: Clock) -> list[str]:
    """Start the first delivery of grants whose term has begun by now; return the deliveries' numbers."""
    fresh = grants.grants(viewer=actor, status=GrantStatus.ACTIVE).filter(
        deliveries__isnull=True, term_from__lte=clock.today(), term_until__gte=clock.today()
    )
    begun = [begin(number, actor=actor, clock=clock) for number in fresh.values_list("number", flat=True)]
    return [row.number for row in begun if row is not None]


@transaction.atomic
def begin(grant: str, *, actor: Actor, clock: Clock, resumed: bool = False) -> Delivery | None:
    """Start a delivery without being asked, when the grant is one for which the platform does."""
    found = grants.grant(grant, viewer=actor)
    ticket = grants.ticket_in_force(found.pk)
    if ticket is None or not decide.starts_itself(_now(found), today=clock.today(), resumed=resumed):
        return None
    return _start(found, ticket, FileFormat.CSV, actor=actor, clock=clock)


def _start(grant: "Grant", ticket: TicketFacts, file_format: FileFormat, *, actor: Actor, clock: Clock) -> Delivery:
    by_file = grant.channel == Channel.FILE
    if not by_file and grant.target_id is None:
        raise NotFound(what="target", key=f"of grant {grant.number}")
    row = Delivery.objects.create(
        id=new_id(clock.now()),
        number=_next_number(clock),
        grant=grant,
        ticket_id=ticket.id,
        consumer_id=grant.consumer_id,
        provider_id=grant.provider_id,
        channel=grant.channel,
        target_id=None if by_file else grant.target_id,
        file_format=file_format if by_file else "",
        status=DeliveryStatus.WAITING,
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=clock.now(),
        next_try_at=clock.now(),
    )
    record(
        terms.DELIVERY_ASKED,
        row,
        actor=actor,
        clock=clock,
        grant=grant.number,
        ticket=str(ticket.id),
        serial=ticket.serial,
        channel=row.channel,
        format=row.file_format,
    )
    enqueue(row.pk)
    return row


def _now(grant: "Grant") -> GrantNow:
    rows = Delivery.objects.filter(grant=grant)
    return GrantNow(
        number=grant.number,
        status=GrantStatus(grant.status),
        channel=Channel(grant.channel),
        term_from=grant.term_from,
        term_until=grant.term_until,
        quota_deliveries=grant.quota_deliveries,
        open_delivery=_open_delivery(grant),
        started=rows.exclude(status__in=UNCOUNTED).count(),
        arrived=rows.filter(status=DeliveryStatus.DONE).count(),
    )


def _open_delivery(grant: "Grant") -> str:
    rows = Delivery.objects.filter(grant=grant, status__in=OPEN)
    return rows.values_list("number", flat=True).first() or ""


def _next_number(clock: Clock) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('deliveries_number')")
        return f"D{clock.today().year}-{cursor.fetchone()[0]:06d}"
