"""Tickets of grants: looked up what they need, signed, signed anew, taken out of force."""

from uuid import UUID

from django.conf import settings
from django.db import connection

from hefu.dataplane.ticket import Channel, Party, TargetRef, Ticket, sign_ticket
from hefu.kernel import events
from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.rooms.evidence.services import signer
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import decide, terms
from hefu.rooms.grants.models import Grant, SignedTicket
from hefu.rooms.grants.mounts import mount_of
from hefu.rooms.grants.queries import read
from hefu.rooms.grants.services.rows import write_down
from hefu.rooms.grants.terms import GrantStatus, Lack, Mount
from hefu.rooms.parties import queries as parties


def look(grant: Grant) -> tuple[Mount | None, tuple[Lack, ...]]:
    """Return the mounted resource when the grant can be delivered from it; else None and what is missing."""
    mount = mount_of(grant.entry_id, grant.entry_version)
    lacks = decide.missing(grant.facts, mount)
    return (None if lacks else mount), lacks


def try_to_open(grant: Grant, *, actor: Actor, clock: Clock) -> None:
    """Sign the ticket of a waiting grant when nothing is missing any more; else note what is."""
    mount, lacks = look(grant)
    if mount is None:
        if grant.missing != list(lacks):
            grant.missing = list(lacks)
            grant.save(update_fields=["missing"])
        return
    grant.status = decide.move(grant.facts, GrantStatus.ACTIVE)
    grant.missing, grant.changed_at = [], clock.now()
    grant.save(update_fields=["status", "missing", "changed_at"])
    write_down(terms.GRANT_OPENED, grant, actor=actor, clock=clock)
    sign(grant, mount, actor=actor, clock=clock)


def sign_anew(grant: Grant, *, actor: Actor, clock: Clock) -> None:
    """Replace the ticket in force; when something is missing by now, the grant waits for it instead."""
    mount, lacks = look(grant)
    end_ticket(grant, clock=clock)
    announce_stop(grant, clock)
    if mount is None:
        grant.status = decide.move(grant.facts, GrantStatus.WAITING)
        grant.missing, grant.changed_at = list(lacks), clock.now()
        grant.save(update_fields=["status", "missing", "changed_at"])
        write_down(terms.GRANT_UNMOUNTED, grant, actor=actor, clock=clock, missing=list(lacks))
        return
    sign(grant, mount, actor=actor, clock=clock)


def sign(grant: Grant, mount: Mount, *, actor: Actor, clock: Clock, resumed: bool = False) -> SignedTicket:
    """Sign the next ticket of the grant and announce it; the one before is out of force already."""
    if grant.channel == Channel.TABLE and not grant.target_table and grant.target_id:
        grant.target_table = decide.table_name(mount.table, taken=tables_taken(grant, grant.target_id))
        grant.save(update_fields=["target_table"])
    scope = decide.scope(grant.facts, mount)
    first, after = decide.validity(grant.facts)
    ticket_id, serial = new_id(clock.now()), grant.tickets.count() + 1
    ticket = Ticket(
        id=ticket_id,
        serial=serial,
        grant=grant.number,
        request=grant.request,
        node=settings.HEFU.node_name,
        issuer=parties.authority(viewer=actor).name,
        provider=Party(grant.provider.credit_code, grant.provider.name),
        consumer=Party(grant.consumer.credit_code, grant.consumer.name),
        entry=grant.entry_code,
        resource=scope.resource,
        items=scope.items,
        key=scope.key,
        channel=grant.facts.channel,
        purpose=grant.purpose,
        basis=tuple(Citation(**citation) for citation in grant.basis),
        issued_at=clock.now(),
        valid_from=first,
        valid_until=after,
        target=target_of(grant),
        filter=scope.filter,
        checks=mount.checks,
        quota=scope.quota,
    )
    key = signer(KeyPurpose.TICKET, clock=clock)
    signed = SignedTicket.objects.create(
        id=ticket_id,
        grant=grant,
        serial=serial,
        jws=sign_ticket(ticket, key),
        issued_at=clock.now(),
        valid_from=first,
        valid_until=after,
    )
    write_down(
        terms.TICKET_SIGNED,
        grant,
        actor=actor,
        clock=clock,
        ticket=str(ticket_id),
        serial=signed.serial,
        digest=sha256(signed.jws.encode()),
        key=key.public.fingerprint,
        items=len(scope.items),
        row_conditions=len(scope.filter.conditions),
        valid_from=first,
        valid_until=after,
    )
    events.announce(terms.GrantIssued(grant=grant.number, request=grant.request, at=clock.now(), resumed=resumed))
    return signed


def tables_taken(grant: Grant, target_id: UUID) -> frozenset[str]:
    """Return the tables of a target into which other grants that are not over deliver."""
    with connection.cursor() as cursor:
        # Two grants opened at once must not choose the same name; held until the transaction ends.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grants.target:{target_id}"])
    others = Grant.objects.filter(target_id=target_id).exclude(pk=grant.pk).exclude(status__in=terms.OVER)
    return frozenset(others.values_list("target_table", flat=True)) - {""}


def is_up_to_date(grant: Grant) -> bool:
    """Return whether the ticket in force says what grant and mount say now."""
    mount, _lacks = look(grant)
    signed = grant.tickets.filter(ended_at__isnull=True).first()
    if mount is None or signed is None:
        return False
    ticket, scope = read(signed.jws), decide.scope(grant.facts, mount)
    return (ticket.target, ticket.resource, ticket.items, ticket.key, ticket.filter, ticket.checks) == (
        target_of(grant),
        scope.resource,
        scope.items,
        scope.key,
        scope.filter,
        mount.checks,
    )


def target_of(grant: Grant) -> TargetRef | None:
    """Return where the grant's rows go, as its ticket says it."""
    return TargetRef(str(grant.target_id), grant.target_table) if grant.channel == Channel.TABLE else None


def end_ticket(grant: Grant, *, clock: Clock) -> None:
    """Take the ticket in force out of it, for good."""
    grant.tickets.filter(ended_at__isnull=True).update(ended_at=clock.now())


def announce_stop(grant: Grant, clock: Clock) -> None:
    """Announce that what ran under the grant's ticket must end."""
    events.announce(
        terms.GrantStopped(grant=grant.number, request=grant.request, status=GrantStatus(grant.status), at=clock.now())
    )
