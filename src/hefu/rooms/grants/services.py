"""Writes of grants: issue, open, suspend, resume, narrow, revoke, expire."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from hefu.dataplane import wire
from hefu.dataplane.ticket import Channel, Party, Ticket, sign_ticket
from hefu.kernel import events
from hefu.kernel.actor import Actor, system
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record, signer
from hefu.rooms.evidence.terms import KeyPurpose, Kind
from hefu.rooms.grants import decide, errors, terms
from hefu.rooms.grants.access import require, visible
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.models import Grant, SignedTicket
from hefu.rooms.grants.mounts import is_own_database, mount_of
from hefu.rooms.grants.queries import read
from hefu.rooms.grants.terms import GrantFacts, GrantStatus, Lack, Mount, Side
from hefu.rooms.parties import queries as parties
from hefu.rooms.requests.terms import RequestGranted
from hefu.rooms.resources.terms import MountChanged

#: Limits that can be drawn closer.
NARROWED = ("items", "rows", "term_until", "quota_rows", "quota_deliveries")


def on_request_granted(event: RequestGranted) -> None:
    """Issue the grant of a decided request; listens to `RequestGranted`."""
    issue_grant(decision=event, actor=system("grants"), clock=FixedClock(event.decided_at))


def on_mount_changed(event: MountChanged) -> None:
    """Bring the entry's grants in line; listens to `MountChanged`."""
    mount_changed(entry_id=event.entry_id, actor=system("grants"), clock=FixedClock(event.at))


@transaction.atomic
def issue_grant(*, decision: RequestGranted, actor: Actor, clock: Clock) -> Grant:
    """Turn a decision into a grant; sign its ticket when nothing is missing. Issuing twice changes nothing.

    Raises:
        Forbidden: Only the platform issues grants, from a decision.
    """
    require(actor, "grants.issue", consumer_id=decision.consumer_id, provider_id=decision.provider_id)
    present = Grant.objects.filter(request=decision.number).first()
    if present is not None:
        return present
    grant = Grant(
        id=new_id(clock.now()),
        number=_next_number(clock),
        request=decision.number,
        consumer=parties.department(decision.consumer_id, viewer=actor),
        provider=parties.department(decision.provider_id, viewer=actor),
        entry_id=decision.entry_id,
        entry_code=decision.entry_code,
        entry_name=decision.entry_name,
        entry_version=decision.entry_version,
        items=wire.to_json(decision.items),
        rows=wire.to_json(decision.rows.conditions),
        channel=decision.channel,
        target_id=decision.target_id,
        purpose=decision.purpose,
        basis=[citation.as_json() for citation in decision.basis],
        term_from=decision.term_from,
        term_until=decision.term_until,
        status=GrantStatus.WAITING,
        issued_at=clock.now(),
        changed_at=clock.now(),
    )
    mount, lacks = _look(grant)
    grant.missing = list(lacks)
    if mount is not None:
        grant.status = decide.move(grant.facts, GrantStatus.ACTIVE)
    grant.save(force_insert=True)
    _record(
        terms.GRANT_ISSUED,
        grant,
        actor=actor,
        clock=clock,
        request=grant.request,
        entry=grant.entry_code,
        entry_version=grant.entry_version,
        consumer=grant.consumer.credit_code,
        provider=grant.provider.credit_code,
        items=[item.code for item in decision.items],
        masked=[item.code for item in decision.items if item.mask],
        row_conditions=len(decision.rows.conditions),
        channel=grant.channel,
        term_from=grant.term_from,
        term_until=grant.term_until,
        missing=list(lacks),
    )
    if mount is not None:
        _sign(grant, mount, actor=actor, clock=clock)
    return grant


@transaction.atomic
def open_grant(*, number: str, actor: Actor, clock: Clock) -> Grant:
    """Look again whether a waiting grant can be delivered now, and sign its ticket when it can.

    Nothing happens to a grant that waits for nothing.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
    """
    grant, _side = _load(number, "grants.open", actor)
    if grant.status == GrantStatus.WAITING:
        _try_to_open(grant, actor=actor, clock=clock)
    return grant


@transaction.atomic
def choose_target(*, number: str, target_id: UUID, table: str = "", actor: Actor, clock: Clock) -> Grant:
    """Name the consumer's place where rows arrive; a grant in force is signed anew for it.

    Args:
        number: Of the grant.
        target_id: One of the consumer's own databases.
        table: Name of the table there; without it, that of the provider's table when it is free.
        actor: Somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        ChannelNeedsNoTarget: The grant is delivered as a file.
        GrantMoveRefused: The grant is over.
        TableTaken: Another grant delivers into that table.
        InputsRejected: The place is not one of the consumer's, or the table's name is too long.
    """
    grant, _side = _load(number, "grants.choose_target", actor)
    decide.choose_target(grant.facts)
    problems = {}
    if not is_own_database(target_id, department_id=grant.consumer_id):
        problems["target"] = _("Choose one of your department's own databases.")
    if len(table.encode()) > decide.LONGEST_NAME:
        problems["table"] = _("A table's name has at most 63 bytes; a Chinese character takes three.")
    if problems:
        raise InputsRejected(problems=problems)
    if table and table in _tables_taken(grant, target_id):
        raise errors.TableTaken(table=table)
    if (grant.target_id, grant.target_table) == (target_id, table or grant.target_table):
        return grant
    grant.target_id, grant.target_table = target_id, table
    grant.save(update_fields=["target_id", "target_table"])
    _record(terms.TARGET_CHOSEN, grant, actor=actor, clock=clock, target=str(target_id), table=table)
    if grant.status == GrantStatus.WAITING:
        _try_to_open(grant, actor=actor, clock=clock)
    elif grant.status == GrantStatus.ACTIVE:
        _sign_anew(grant, actor=actor, clock=clock)
    return grant


@transaction.atomic
def suspend_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Hold a grant: its ticket holds no more and a running delivery stops within two seconds.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused: It is not active.
        InputsRejected: No reason.
    """
    grant, side = _load(number, "grants.suspend", actor)
    decide.suspend(grant.facts)
    return _stop(grant, GrantStatus.SUSPENDED, terms.GRANT_SUSPENDED, side, reason, actor=actor, clock=clock)


@transaction.atomic
def hold_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Hold a grant because a text that it rests on has ended; only the authority lifts that hold, by signing anew.

    A hold that another side put on passes to the platform, so that it cannot be lifted past the reviewers. A grant
    that is over stays so.

    Raises:
        NotFound, Forbidden: Only the platform does this.
    """
    grant, side = _load(number, "grants.hold", actor)
    if grant.status in terms.OVER or (grant.status == GrantStatus.SUSPENDED and grant.held_by == side):
        return grant
    if grant.status == GrantStatus.SUSPENDED:
        grant.held_by, grant.reason = side, reason.strip()
        grant.save(update_fields=["held_by", "reason"])
        _record(terms.GRANT_SUSPENDED, grant, actor=actor, clock=clock, side=side, reason=grant.reason)
        return grant
    return _stop(grant, GrantStatus.SUSPENDED, terms.GRANT_SUSPENDED, side, reason, actor=actor, clock=clock)


@transaction.atomic
def revoke_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Take a grant back for good.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused: It is over already.
        InputsRejected: No reason.
    """
    grant, side = _load(number, "grants.revoke", actor)
    return _stop(grant, GrantStatus.REVOKED, terms.GRANT_REVOKED, side, reason, actor=actor, clock=clock)


@transaction.atomic
def resume_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Lift a hold. The grant gets a new ticket: one that was taken out of force never holds again.

    When the resource is no longer mounted by then, the grant waits for it instead.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused, HoldIsAnothers, TermOver: As for `decide.resume`.
        InputsRejected: No reason.
    """
    grant, side = _load(number, "grants.resume", actor)
    _need(reason)
    mount, lacks = _look(grant)
    grant.status = decide.resume(grant.facts, side=side, today=clock.today(), lacks=lacks)
    grant.held_by, grant.reason, grant.missing, grant.changed_at = "", reason.strip(), list(lacks), clock.now()
    grant.save(update_fields=["status", "held_by", "reason", "missing", "changed_at"])
    _record(terms.GRANT_RESUMED, grant, actor=actor, clock=clock, side=side, reason=grant.reason)
    if mount is not None:
        _sign(grant, mount, actor=actor, clock=clock, resumed=True)
    return grant


@transaction.atomic
def narrow_grant(*, number: str, wanted: Wanted, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Make a grant smaller and sign it anew; a delivery that runs under the old ticket stops.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused, NotNarrower: As for `decide.narrow`.
        InputsRejected: No reason.
    """
    grant, side = _load(number, "grants.narrow", actor)
    _need(reason)
    before = grant.facts
    after = decide.narrow(before, wanted)
    _keep(grant, after)
    grant.reason = reason.strip()
    grant.save(update_fields=[*NARROWED, "reason"])
    _record(
        terms.GRANT_NARROWED,
        grant,
        actor=actor,
        clock=clock,
        side=side,
        reason=grant.reason,
        changes=[name for name in NARROWED if getattr(before, name) != getattr(after, name)],
    )
    if grant.status == GrantStatus.ACTIVE:
        _sign_anew(grant, actor=actor, clock=clock)
    return grant


@transaction.atomic
def mount_changed(*, entry_id: UUID, actor: Actor, clock: Clock) -> list[str]:
    """Bring the grants of an entry in line with what it is mounted on now; return those signed anew or opened.

    A ticket whose scope is the same stays as it is.
    """
    changed = []
    rows = Grant.objects.select_for_update(of=("self",)).select_related("consumer", "provider")
    for grant in rows.filter(entry_id=entry_id, status__in=[GrantStatus.WAITING, GrantStatus.ACTIVE]):
        if grant.status == GrantStatus.WAITING:
            _try_to_open(grant, actor=actor, clock=clock)
            if grant.status == GrantStatus.ACTIVE:
                changed.append(grant.number)
        elif not _is_up_to_date(grant):
            _sign_anew(grant, actor=actor, clock=clock)
            changed.append(grant.number)
    return changed


def expire_due(*, actor: Actor, clock: Clock) -> list[str]:
    """End every grant whose term is over, each in a transaction of its own; return their numbers."""
    ended = []
    over = Grant.objects.filter(
        term_until__lt=clock.today(), status__in=[s for s in GrantStatus if GrantStatus.EXPIRED in terms.MOVES[s]]
    )
    for number in list(over.order_by("number").values_list("number", flat=True)):
        if _expire(number, actor=actor, clock=clock):
            ended.append(number)
    return ended


def open_waiting(*, actor: Actor, clock: Clock) -> list[str]:
    """Look at every waiting grant whether it can be delivered now; return those that can."""
    opened = []
    waiting = Grant.objects.filter(status=GrantStatus.WAITING).order_by("number")
    for number in list(waiting.values_list("number", flat=True)):
        if open_grant(number=number, actor=actor, clock=clock).status == GrantStatus.ACTIVE:
            opened.append(number)
    return opened


@transaction.atomic
def _expire(number: str, *, actor: Actor, clock: Clock) -> bool:
    grant = Grant.objects.select_for_update(of=("self",)).select_related("consumer", "provider").get(number=number)
    if not decide.has_ended(grant.facts, clock.today()):
        return False
    grant.status = decide.move(grant.facts, GrantStatus.EXPIRED)
    grant.held_by, grant.missing, grant.changed_at = "", [], clock.now()
    grant.save(update_fields=["status", "held_by", "missing", "changed_at"])
    _end_ticket(grant, clock=clock)
    _record(terms.GRANT_EXPIRED, grant, actor=actor, clock=clock, term_until=grant.term_until)
    _announce_stop(grant, clock)
    return True


def _stop(
    grant: Grant, wanted: GrantStatus, kind: Kind, side: Side, reason: str, *, actor: Actor, clock: Clock
) -> Grant:
    _need(reason)
    grant.status = decide.move(grant.facts, wanted)
    grant.held_by = side if wanted is GrantStatus.SUSPENDED else ""
    grant.reason, grant.missing, grant.changed_at = reason.strip(), [], clock.now()
    grant.save(update_fields=["status", "held_by", "reason", "missing", "changed_at"])
    _end_ticket(grant, clock=clock)
    _record(kind, grant, actor=actor, clock=clock, side=side, reason=grant.reason)
    _announce_stop(grant, clock)
    return grant


def _look(grant: Grant) -> tuple[Mount | None, tuple[Lack, ...]]:
    """Return the mounted resource when the grant can be delivered from it; else None and what is missing."""
    mount = mount_of(grant.entry_id, grant.entry_version)
    lacks = decide.missing(grant.facts, mount)
    return (None if lacks else mount), lacks


def _try_to_open(grant: Grant, *, actor: Actor, clock: Clock) -> None:
    mount, lacks = _look(grant)
    if mount is None:
        if grant.missing != list(lacks):
            grant.missing = list(lacks)
            grant.save(update_fields=["missing"])
        return
    grant.status = decide.move(grant.facts, GrantStatus.ACTIVE)
    grant.missing, grant.changed_at = [], clock.now()
    grant.save(update_fields=["status", "missing", "changed_at"])
    _record(terms.GRANT_OPENED, grant, actor=actor, clock=clock)
    _sign(grant, mount, actor=actor, clock=clock)


def _sign_anew(grant: Grant, *, actor: Actor, clock: Clock) -> None:
    """Replace the ticket in force; when something is missing by now, the grant waits for it instead."""
    mount, lacks = _look(grant)
    _end_ticket(grant, clock=clock)
    _announce_stop(grant, clock)
    if mount is None:
        grant.status = decide.move(grant.facts, GrantStatus.WAITING)
        grant.missing, grant.changed_at = list(lacks), clock.now()
        grant.save(update_fields=["status", "missing", "changed_at"])
        _record(terms.GRANT_UNMOUNTED, grant, actor=actor, clock=clock, missing=list(lacks))
        return
    _sign(grant, mount, actor=actor, clock=clock)


def _sign(grant: Grant, mount: Mount, *, actor: Actor, clock: Clock, resumed: bool = False) -> SignedTicket:
    if grant.channel == Channel.TABLE and not grant.target_table and grant.target_id:
        grant.target_table = decide.table_name(mount.table, taken=_tables_taken(grant, grant.target_id))
        grant.save(update_fields=["target_table"])
    scope = decide.scope(grant.facts, mount)
    first, after = decide.validity(grant.facts)
    ticket_id = new_id(clock.now())
    ticket = Ticket(
        id=ticket_id,
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
        filter=scope.filter,
        checks=mount.checks,
        quota=scope.quota,
    )
    key = signer(KeyPurpose.TICKET, clock=clock)
    signed = SignedTicket.objects.create(
        id=ticket_id,
        grant=grant,
        serial=grant.tickets.count() + 1,
        jws=sign_ticket(ticket, key),
        issued_at=clock.now(),
        valid_from=first,
        valid_until=after,
    )
    _record(
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


def _tables_taken(grant: Grant, target_id: UUID) -> frozenset[str]:
    """Return the tables of a target into which other grants that are not over deliver."""
    with connection.cursor() as cursor:
        # Two grants opened at once must not choose the same name; held until the transaction ends.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grants.target:{target_id}"])
    others = Grant.objects.filter(target_id=target_id).exclude(pk=grant.pk).exclude(status__in=terms.OVER)
    return frozenset(others.values_list("target_table", flat=True)) - {""}


def _is_up_to_date(grant: Grant) -> bool:
    mount, _lacks = _look(grant)
    signed = grant.tickets.filter(ended_at__isnull=True).first()
    if mount is None or signed is None:
        return False
    ticket, scope = read(signed.jws), decide.scope(grant.facts, mount)
    return (ticket.resource, ticket.items, ticket.key, ticket.filter, ticket.checks) == (
        scope.resource,
        scope.items,
        scope.key,
        scope.filter,
        mount.checks,
    )


def _end_ticket(grant: Grant, *, clock: Clock) -> None:
    grant.tickets.filter(ended_at__isnull=True).update(ended_at=clock.now())


def _announce_stop(grant: Grant, clock: Clock) -> None:
    events.announce(
        terms.GrantStopped(grant=grant.number, request=grant.request, status=GrantStatus(grant.status), at=clock.now())
    )


def _load(number: str, action: str, actor: Actor) -> tuple[Grant, Side]:
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("consumer", "provider")
        .filter(visible(actor), number=number)
        .first()
    )
    if grant is None:
        raise NotFound(what="grant", key=number)
    return grant, require(actor, action, consumer_id=grant.consumer_id, provider_id=grant.provider_id)


def _keep(grant: Grant, facts: GrantFacts) -> None:
    grant.items = wire.to_json(facts.items)
    grant.rows = wire.to_json(facts.rows)
    grant.term_until = facts.term_until
    grant.quota_rows = facts.quota_rows
    grant.quota_deliveries = facts.quota_deliveries


def _need(reason: str) -> None:
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})


def _record(kind: Kind, grant: Grant, *, actor: Actor, clock: Clock, **body: Any) -> None:
    record(
        kind,
        subject=grant.number,
        by=actor,
        at=clock.now(),
        basis=[Citation(**citation) for citation in grant.basis] if kind is terms.GRANT_ISSUED else [],
        concerns=[grant.consumer_id, grant.provider_id],
        body={"status": grant.status, **body},
    )


def _next_number(clock: Clock) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('grants_number')")
        return f"G{clock.today().year}-{cursor.fetchone()[0]:06d}"
