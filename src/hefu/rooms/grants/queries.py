"""Reads of grants, scoped to the viewer; and the few facts that the data plane's side asks for."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from hefu.dataplane import wire
from hefu.dataplane.ticket import Ticket
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.law.answers import Choice, Listing
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants.access import MAY, may, visible
from hefu.rooms.grants.models import Grant, LastUse, SignedTicket, UseRecord
from hefu.rooms.grants.terms import IDLE_RULE, LACK_SENTENCES, ONWARD_RULE, OVER, USE_RULE, GrantStatus, Lack

if TYPE_CHECKING:
    from hefu.rooms.clocks.models import CaseClock


@dataclass(frozen=True)
class Passage:
    """One way of an entry's data to a consumer."""

    grant: Grant
    #: What is signed now; None while nothing is, or while the grant is held.
    ticket: Ticket | None


@dataclass(frozen=True)
class TicketFacts:
    """A signed ticket and whether it holds in the control plane."""

    id: UUID
    grant: str
    serial: int
    token: str
    #: False once suspended, replaced, revoked or expired; the token itself cannot know.
    in_force: bool


def grants(
    *,
    viewer: Actor,
    status: GrantStatus | None = None,
    department_id: UUID | None = None,
    entry_id: UUID | None = None,
    search: str = "",
) -> QuerySet[Grant]:
    """Return the grants that `viewer` may see, newest first."""
    found = Grant.objects.filter(visible(viewer)).select_related("consumer", "provider")
    if status:
        found = found.filter(status=status)
    if department_id:
        found = found.filter(Q(consumer_id=department_id) | Q(provider_id=department_id))
    if entry_id:
        found = found.filter(entry_id=entry_id)
    if search:
        found = found.filter(
            Q(number__icontains=search)
            | Q(request__icontains=search)
            | Q(entry_name__icontains=search)
            | Q(entry_code__icontains=search)
        )
    return found


def grant(number: str, *, viewer: Actor) -> Grant:
    """Return one grant.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    found = grants(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="grant", key=number)
    return found


def grant_locked(number: str, *, viewer: Actor) -> Grant:
    """Return one grant, locked until the transaction ends, so that two that count its deliveries wait for each other.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    found = grants(viewer=viewer).select_for_update(of=("self",)).filter(number=number).first()
    if found is None:
        raise NotFound(what="grant", key=number)
    return found


def tables_of(target_id: UUID | None) -> frozenset[str]:
    """Return the tables of a target that grants fill or filled, for who names another one."""
    named = Grant.objects.filter(target_id=target_id).exclude(target_table="") if target_id else Grant.objects.none()
    return frozenset(named.values_list("target_table", flat=True))


def grant_of_request(request: str, *, viewer: Actor) -> Grant | None:
    """Return the grant that answered a request, or None."""
    return grants(viewer=viewer).filter(request=request).first()


def idle(*, viewer: Actor) -> QuerySet[Grant]:
    """Return the grants in force that nobody used for as long as the law of the place allows."""
    over = clocks.running(viewer=viewer).filter(rule=IDLE_RULE, state=State.EXPIRED)
    return grants(viewer=viewer, status=GrantStatus.ACTIVE).filter(number__in=over.order_by().values("subject"))


def idle_clock(found: Grant, *, viewer: Actor) -> "CaseClock | None":
    """Return the clock of a grant that has gone unused for long; None while nothing of it is near."""
    return next(
        (one for one in clocks.clocks_of(found.number, viewer=viewer) if one.is_open and one.rule == IDLE_RULE), None
    )


def is_idle(found: Grant, *, viewer: Actor) -> bool:
    """Return whether a grant went unused for as long as the law allows and nobody has looked into it yet."""
    running = idle_clock(found, viewer=viewer)
    return running is not None and running.state == State.EXPIRED


def last_use(found: Grant) -> datetime | None:
    """Return when rows of a grant last arrived or were fetched; None when never."""
    return LastUse.objects.filter(grant=found).values_list("used_at", flat=True).first()


def passing_on(place: str, *, on: date) -> Choice | None:
    """Return what the law of a provider's place says of passing its data on; None where it is silent on that day.

    Source: rule `use.onward_transfer`; everybody may know.
    """
    rules = clocks.rules_at(place)
    return rules.choice(ONWARD_RULE, on=on) if rules.has(ONWARD_RULE, on=on) else None


def uses(found: Grant) -> QuerySet[UseRecord]:
    """Return what the consumer told of its use, newest first; who may see the grant may read it."""
    return UseRecord.objects.filter(grant=found)


def use_asked(place: str, *, on: date) -> Listing | None:
    """Return what the law of a consumer's place wants told of its use; None where it is silent on that day.

    Source: rule `use.record_must_state`; everybody may know.
    """
    rules = clocks.rules_at(place)
    return rules.listing(USE_RULE, on=on) if rules.has(USE_RULE, on=on) else None


def actions(found: Grant, *, viewer: Actor) -> frozenset[str]:
    """Return what `viewer` may do with a grant by seat; its status may still refuse."""
    return frozenset(
        action for action in MAY if may(viewer, action, consumer_id=found.consumer_id, provider_id=found.provider_id)
    )


def lacks(found: Grant) -> list[str]:
    """Return what keeps a grant waiting, as sentences to be translated."""
    return [LACK_SENTENCES[Lack(lack)] for lack in found.missing]


def tickets(number: str, *, viewer: Actor) -> list[SignedTicket]:
    """Return the tickets of a grant, newest first.

    Raises:
        NotFound: No such grant that the viewer may see.
    """
    return list(grant(number, viewer=viewer).tickets.order_by("-serial"))


def read(token: str) -> Ticket:
    """Return what a token says, its signature checked; whether it holds now is another question.

    Raises:
        TicketRefused: It was changed, or was signed by somebody else.
    """
    return wire.from_json(wire.verify(token, evidence.public_keys(KeyPurpose.TICKET)), Ticket)


def passages(entry_id: UUID, *, viewer: Actor) -> list[Passage]:
    """Return where an entry's data may go: each grant that is not over, with the ticket it holds by now, if any."""
    found = list(grants(viewer=viewer, entry_id=entry_id).exclude(status__in=sorted(OVER)).order_by("number"))
    live = SignedTicket.objects.filter(grant__in=found, ended_at__isnull=True)
    signed = dict(live.order_by().values_list("grant_id", "jws"))
    return [Passage(one, read(signed[one.pk]) if one.pk in signed else None) for one in found]


def ticket_in_force(grant_id: UUID) -> TicketFacts | None:
    """Return the ticket of a grant that holds now, for the worker."""
    row = SignedTicket.objects.filter(grant_id=grant_id, ended_at__isnull=True).select_related("grant").first()
    if row is None or row.grant.status != GrantStatus.ACTIVE:
        return None
    return TicketFacts(row.pk, row.grant.number, row.serial, row.jws, in_force=True)


def ticket(ticket_id: UUID) -> TicketFacts:
    """Return one ticket by its id, for the worker.

    Raises:
        NotFound: No such ticket.
    """
    try:
        row = SignedTicket.objects.select_related("grant").get(pk=ticket_id)
    except SignedTicket.DoesNotExist:
        raise NotFound(what="ticket", key=ticket_id) from None
    in_force = row.ended_at is None and row.grant.status == GrantStatus.ACTIVE
    return TicketFacts(row.pk, row.grant.number, row.serial, row.jws, in_force=in_force)


def is_in_force(ticket_id: UUID) -> bool:
    """Return whether a ticket still holds; cheap, because running deliveries ask several times a second."""
    return SignedTicket.objects.filter(pk=ticket_id, ended_at__isnull=True, grant__status=GrantStatus.ACTIVE).exists()


def revoked_ticket_ids() -> frozenset[UUID]:
    """Return the tickets that were taken out of force before their time and could still be shown to somebody."""
    return frozenset(SignedTicket.objects.filter(ended_at__isnull=False).values_list("pk", flat=True))
