"""Deliveries that join what two grants deliver."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction

from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.formats import FileFormat
from hefu.dataplane.join import Joining, ticket_problems
from hefu.dataplane.lanes.join_run import check_join
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import Ticket
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Delivery, Joined
from hefu.rooms.deliveries.queries.following import sparing
from hefu.rooms.deliveries.queries.timetable import works_at
from hefu.rooms.deliveries.services.asking import start, startable
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.terms.joined import ENTRY_JOINED, GRANT_JOINED, TABLE_FORM
from hefu.rooms.evidence.services import record
from hefu.rooms.grants import queries as grants
from hefu.rooms.resources import queries as resources

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

_WORKER = system("worker")


def join_grants(*, left: str, right: str, joining: Joining, actor: Actor, clock: Clock) -> Delivery:
    """Start a delivery of what two grants of a consumer deliver, joined on columns that both deliver.

    Both sources and the place are asked first whether it can be done, so that a refusal comes before anything begins.
    At an hour in which either source is not read, neither is asked: the delivery waits for both, and what stands
    against it is said then. It counts as a delivery of each grant.

    Args:
        left: Number of the first grant, of which rows without a partner may be kept.
        right: Number of the second one.
        joining: What is compared, which rows arrive, and in which table.
        actor: Somebody of the consumer.
        clock: Tells the day of the terms.

    Raises:
        NotFound, Forbidden: The actor may not see a grant, or not do this.
        InputsRejected: The table's name is not of the form.
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, QuotaUsed, TicketReplaced: As for `start_delivery`.
        PlanRefused: The two cannot be joined so; all that stands against it is named.
        DataPlaneRefusal: A side cannot be reached or read.
    """
    if not TABLE_FORM.fullmatch(joining.table):
        text = _("Begin the table's name with joined_ and go on with small letters, digits and underscores.")
        raise InputsRejected(problems={"table": text})
    with transaction.atomic():  # what is refused by word is refused before servers are asked
        pair = both(left, right, actor)
        tickets = [grants.read(startable(one, clock).token) for one in pair]
        if problems := ticket_problems(tickets[0], tickets[1], joining):
            raise PlanRefused(tuple(problems))
        _require_free(pair, joining)
    if all(_is_read(grant, ticket, clock) for grant, ticket in zip(pair, tickets, strict=True)):
        check_join(
            left=tickets[0],
            right=tickets[1],
            sources=(_source(tickets[0].resource.source), _source(tickets[1].resource.source)),
            target=table_at(pair[0].target_id, joining.table, left),
            joining=joining,
            policy=resources.address_policy(actor=_WORKER),
        )
    return begin_join(left=left, right=right, joining=joining, actor=actor, clock=clock)


@transaction.atomic
def begin_join(*, left: str, right: str, joining: Joining, actor: Actor, clock: Clock) -> Delivery:
    """Start such a delivery without a look at the sources: what stands against it then ends the delivery.

    Raises:
        NotFound, Forbidden, TableTaken: As for `join_grants`.
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, QuotaUsed, TicketReplaced: As for `start_delivery`.
    """
    one, other = both(left, right, actor)
    signed = [startable(each, clock) for each in (one, other)]
    known = _require_free((one, other), joining)
    row = start(one, signed[0], FileFormat.CSV, beside=other.provider_id, actor=actor, clock=clock)
    Joined.objects.create(
        delivery=row,
        grant=other,
        ticket_id=signed[1].id,
        provider_id=other.provider_id,
        kind=joining.kind.value,
        on=[list(pair) for pair in joining.on],
        table=joining.table,
    )
    for each, ticket, beside in ((one, signed[0], other), (other, signed[1], one)):
        record(
            GRANT_JOINED,
            subject=each.number,
            by=actor,
            at=clock.now(),
            concerns=[each.consumer_id, each.provider_id],
            body={
                "delivery": row.number,
                "ticket": str(ticket.id),
                "with_grant": beside.number,
                "kind": joining.kind.value,
                "on": [list(pair) for pair in joining.on],
                "table": joining.table,
            },
        )
        if known:
            continue
        record(
            ENTRY_JOINED,
            subject=each.entry_code,
            by=actor,
            at=clock.now(),
            concerns=[each.consumer_id, each.provider_id],
            body={
                "grant": each.number,
                "with_grant": beside.number,
                "with_entry": beside.entry_code,
                "delivery": row.number,
            },
        )
    return row


def both(left: str, right: str, actor: Actor) -> tuple["Grant", "Grant"]:
    """Return both grants, locked in one order, so that no limit is passed by two deliveries that start at once."""
    found = {}
    for number in sorted({left, right}):
        found[number] = one = grants.grant_locked(number, viewer=actor)
        require(actor, "deliveries.plan", consumer_id=one.consumer_id, provider_id=one.provider_id)
    return found[left], found[right]


def _is_read(grant: "Grant", ticket: Ticket, clock: Clock) -> bool:
    """Return whether the source of a ticket's rows is read at this hour."""
    closed = sparing(UUID(ticket.resource.source)).closed
    return closed.opens_at(clock.now(), works_at(grant.provider.place)) is None


def _require_free(pair: Sequence["Grant"], joining: Joining) -> bool:
    """See that no other grant, and no other join, fills that table; return whether these two were joined there before.

    Two who ask at once follow one another.
    """
    with connection.cursor() as cursor:
        place = f"deliveries.joined:{pair[0].target_id}:{joining.table}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [place])
    others = Joined.objects.filter(table=joining.table, delivery__target_id=pair[0].target_id)
    mine = others.filter(delivery__grant=pair[0], grant=pair[1])
    if joining.table in grants.tables_of(pair[0].target_id) or others.exclude(pk__in=mine.values("pk")).exists():
        raise errors.TableTaken(table=joining.table)
    return mine.exists()


def _source(source_id: str) -> Source:
    return resources.side_for(resources.source(source_id, viewer=_WORKER).pk, actor=_WORKER)
