"""What people ask of deliveries, and what grants bring about."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from hefu.dataplane.formats import FileFormat
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries import decide, errors, terms
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Delivery, Following
from hefu.rooms.deliveries.services.rows import enqueue, facts, load, locked, record
from hefu.rooms.deliveries.services.slots import leave_slot, stay_slot
from hefu.rooms.deliveries.terms import STANDING, DeliveryStatus, GrantNow
from hefu.rooms.deliveries.terms.silence import FEWER_TAKEN
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.queries import TicketFacts
from hefu.rooms.grants.terms import GrantIssued, GrantStatus, GrantStopped, Way
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import FILE_SERVERS

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

#: Statuses that use up none of the grant's deliveries.
UNCOUNTED = frozenset({DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED})


@transaction.atomic
def start_delivery(
    *, grant: str, file_format: FileFormat = FileFormat.CSV, whole: bool = False, actor: Actor, clock: Clock
) -> Delivery:
    """Start a delivery under a grant; the worker takes it at once.

    A table's earlier rows are replaced, unless the grant brings new and changed rows alone.

    Args:
        grant: Number of the grant.
        file_format: Of the file; a table takes no notice of it.
        whole: Replace all rows also where the grant brings new ones alone; what such deliveries miss is good then.
        actor: An officer or chief of either side, or the platform.
        clock: Tells the day of the term.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, QuotaUsed: As for `decide.start`.
    """
    found = grants.grant_locked(grant, viewer=actor)
    require(actor, "deliveries.start", consumer_id=found.consumer_id, provider_id=found.provider_id)
    ticket = startable(found, clock)
    mode = Way.INCREMENT if found.way == Way.INCREMENT and not whole else Way.WHOLE
    return start(found, ticket, file_format, mode=mode, actor=actor, clock=clock)


def startable(grant: "Grant", clock: Clock) -> TicketFacts:
    """Return the ticket under which a delivery of the grant may start now.

    Raises:
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, QuotaUsed: As for `decide.start`.
        TicketReplaced: No ticket is in force at this moment.
    """
    decide.start(_now(grant), today=clock.today())
    ticket = grants.ticket_in_force(grant.pk)
    if ticket is None:
        raise errors.TicketReplaced(number=grant.number)
    return ticket


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
        row.finished_at, row.next_try_at, row.pause_asked_at = clock.now(), None, None
        leave_slot(row, clock)
        record(terms.DELIVERY_CANCELLED, row, actor=actor, clock=clock, attempt=row.attempt, rows=row.rows)
    else:
        record(terms.DELIVERY_CANCEL_ASKED, row, actor=actor, clock=clock, reason=reason.strip())
    row.save(update_fields=["status", "cancel_asked_at", "pause_asked_at", "finished_at", "next_try_at"])
    if row.mode == Way.FOLLOW and row.grant.way == Way.FOLLOW:
        # Otherwise the next ticket of the grant would begin to follow again.
        grant_services.choose_way(number=row.grant.number, way=Way.WHOLE, actor=system("deliveries"), clock=clock)
    return row


@transaction.atomic
def retry_delivery(*, number: str, take_fewer: bool = False, actor: Actor, clock: Clock) -> Delivery:
    """Let a failed, cancelled or resting delivery go on where it was; a cancelled follower copies anew.

    Args:
        number: Of the delivery.
        take_fewer: Let it replace the table by far fewer rows; the consumer's to say.
        actor: Somebody of either side, or who runs the node.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        DeliveryMoveRefused, TicketReplaced: As for `decide.retry`.
        NothingHeld: As for `decide.take_fewer`.
        DeliveryOpen: Another delivery of the grant is under way.
    """
    row = load(number, "deliveries.retry", actor)
    if row.mode == Way.FOLLOW and row.status == DeliveryStatus.CANCELLED:
        # Whether to keep in step is the consumer's to say, and it said no.
        require(actor, "deliveries.follow", consumer_id=row.consumer_id, provider_id=row.provider_id)
    if take_fewer:
        require(actor, "deliveries.plan", consumer_id=row.consumer_id, provider_id=row.provider_id)
        decide.take_fewer(facts(row))
    row.status = decide.retry(facts(row))
    other = _open_delivery(row.grant)
    if other and other != row.number:
        raise errors.DeliveryOpen(grant=row.grant.number, delivery=other)
    row.pauses = row.takeovers = 0
    row.fewer_taken = row.fewer_taken or take_fewer
    row.cancel_asked_at = row.pause_asked_at = row.finished_at = None
    row.next_try_at = clock.now()
    row.save(
        update_fields=[
            "status", "pauses", "takeovers", "cancel_asked_at", "pause_asked_at", "finished_at", "next_try_at",
            "fewer_taken",
        ]
    )  # fmt: skip
    record(terms.DELIVERY_RETRIED, row, actor=actor, clock=clock)
    if take_fewer:
        record(FEWER_TAKEN, row, actor=actor, clock=clock)
    if row.mode == Way.FOLLOW:
        stay_slot(row)
        if row.grant.way != Way.FOLLOW:
            grant_services.choose_way(number=row.grant.number, way=Way.FOLLOW, actor=system("deliveries"), clock=clock)
    else:
        enqueue(row.pk)
    return row


def on_ticket_signed(event: GrantIssued) -> None:
    """Start the delivery that a new ticket asks for; listens to `GrantIssued`."""
    begin(event.grant, actor=system("grants"), clock=FixedClock(event.at), resumed=event.resumed)


@transaction.atomic
def on_grant_stopped(event: GrantStopped) -> None:
    """End the deliveries that wait under a ticket out of force; listens to `GrantStopped`.

    A running one hears of it from its own watcher and ends there. A follower ends also where it rests or failed,
    because its source keeps log for it.
    """
    ended = Q(status=DeliveryStatus.WAITING) | Q(
        mode=Way.FOLLOW, status__in=[DeliveryStatus.PAUSED, DeliveryStatus.FAILED]
    )
    waiting = locked().filter(ended, Q(grant__number=event.grant) | Q(joined__grant__number=event.grant))
    for row in waiting:
        row.status = decide.move(facts(row), DeliveryStatus.STOPPED)
        row.finished_at, row.next_try_at = event.at, None
        row.save(update_fields=["status", "finished_at", "next_try_at"])
        leave_slot(row, FixedClock(event.at))
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
    # Rows that were joined with another grant's are not this one's first delivery.
    own = Delivery.objects.filter(grant=OuterRef("pk"), joined__isnull=True)
    fresh = grants.grants(viewer=actor, status=GrantStatus.ACTIVE).filter(
        ~Exists(own), term_from__lte=clock.today(), term_until__gte=clock.today()
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
    return start(found, ticket, FileFormat.CSV, mode=Way(found.way), actor=actor, clock=clock)


def start(
    grant: "Grant",
    ticket: TicketFacts,
    file_format: FileFormat,
    *,
    mode: Way = Way.WHOLE,
    beside: UUID | None = None,
    actor: Actor,
    clock: Clock,
) -> Delivery:
    """Make the delivery that a ticket allows; a worker, or a follower's process, takes it at once.

    Args:
        grant: Whose rows are delivered.
        ticket: In force for it.
        file_format: Of a file.
        mode: Whole, new rows alone, or kept in step.
        beside: Another provider that it concerns.
        actor: Who asked.
        clock: For the record.
    """
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
        mode=mode,
        target_id=_sent_to(grant) if by_file else grant.target_id,
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
        mode=row.mode,
        beside=beside,
    )
    if mode is Way.FOLLOW and grant.target_id is not None:
        source = grants.read(ticket.token).resource.source
        Following.objects.create(delivery=row, source_id=source, target_id=grant.target_id)
    else:
        enqueue(row.pk)
    return row


def _sent_to(grant: "Grant") -> UUID | None:
    """Return where the grant's files go; None when they are fetched from here."""
    if grant.target_id is None:
        return None
    place = resources.target(grant.target_id, viewer=system("deliveries"))
    # An application may have named a database before its channel was settled.
    return place.pk if place.kind in FILE_SERVERS else None


def _now(grant: "Grant") -> GrantNow:
    rows = Delivery.objects.filter(Q(grant=grant) | Q(joined__grant=grant))
    own = rows.filter(joined__isnull=True)
    return GrantNow(
        number=grant.number,
        status=GrantStatus(grant.status),
        channel=Channel(grant.channel),
        term_from=grant.term_from,
        term_until=grant.term_until,
        quota_deliveries=grant.quota_deliveries,
        open_delivery=_open_delivery(grant),
        started=rows.exclude(status__in=UNCOUNTED).count(),
        arrived=own.filter(Q(status=DeliveryStatus.DONE) | Q(following__copies__gt=0)).count(),
        way=Way(grant.way),
    )


def _open_delivery(grant: "Grant") -> str:
    rows = Delivery.objects.filter(grant=grant, status__in=STANDING)
    return rows.values_list("number", flat=True).first() or ""


def _next_number(clock: Clock) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('deliveries_number')")
        return f"D{clock.today().year}-{cursor.fetchone()[0]:06d}"
