"""A grant held, resumed, narrowed, taken back, or past its term."""

from datetime import date

from django.db import transaction

from hefu.dataplane import wire
from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants import decide, terms
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.services.rows import load, need_reason, write_down
from hefu.rooms.grants.services.tickets import announce_stop, end_ticket, look, sign, sign_anew
from hefu.rooms.grants.terms import GrantFacts, GrantStatus, Side

#: Limits that can be drawn closer.
NARROWED = ("items", "rows", "term_until", "quota_rows", "quota_deliveries", "may_follow")


@transaction.atomic
def suspend_grant(*, number: str, reason: str, mend_by: date | None = None, actor: Actor, clock: Clock) -> Grant:
    """Hold a grant: its ticket holds no more and a running delivery stops within two seconds.

    Args:
        number: Of the grant.
        reason: What is wrong.
        mend_by: Until which day the consumer puts it right; unless the hold is lifted by then, the grant ends.
        actor: Somebody of the provider, the authority or the security administration.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused: It is not active.
        InputsRejected: No reason, or a day that is not to come.

    Source: decree 809 art. 27; rule `use.misuse_steps`.
    """
    grant, side = load(number, "grants.suspend", actor)
    decide.suspend(grant.facts)
    if mend_by is not None and mend_by <= clock.today():
        raise InputsRejected(problems={"mend_by": _("Set a day that is still to come.")})
    return _stop(
        grant, GrantStatus.SUSPENDED, terms.GRANT_SUSPENDED, side, reason, mend_by=mend_by, actor=actor, clock=clock
    )


@transaction.atomic
def hold_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Hold a grant because a text that it rests on has ended; only the authority lifts that hold, by signing anew.

    A hold that another side put on passes to the platform, so that it cannot be lifted past the reviewers; a day
    that was set to put misuse right stands. A grant that is over stays so.

    Raises:
        NotFound, Forbidden: Only the platform does this.
    """
    grant, side = load(number, "grants.hold", actor)
    if grant.status in terms.OVER or (grant.status == GrantStatus.SUSPENDED and grant.held_by == side):
        return grant
    if grant.status == GrantStatus.SUSPENDED:
        grant.held_by, grant.reason = side, reason.strip()
        grant.save(update_fields=["held_by", "reason"])
        told, mend_by = grant.reason, grant.mend_by
        write_down(terms.GRANT_SUSPENDED, grant, actor=actor, clock=clock, side=side, reason=told, mend_by=mend_by)
        return grant
    return _stop(grant, GrantStatus.SUSPENDED, terms.GRANT_SUSPENDED, side, reason, actor=actor, clock=clock)


@transaction.atomic
def resume_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Lift a hold. The grant gets a new ticket: one that was taken out of force never holds again.

    When the resource is no longer mounted by then, the grant waits for it instead.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused, HoldIsAnothers, TermOver: As for `decide.resume`.
        InputsRejected: No reason.
    """
    grant, side = load(number, "grants.resume", actor)
    need_reason(reason)
    mount, lacks = look(grant)
    grant.status = decide.resume(grant.facts, side=side, today=clock.today(), lacks=lacks)
    grant.held_by, grant.reason, grant.missing, grant.changed_at = "", reason.strip(), list(lacks), clock.now()
    grant.mend_by = None
    grant.save(update_fields=["status", "held_by", "mend_by", "reason", "missing", "changed_at"])
    write_down(terms.GRANT_RESUMED, grant, actor=actor, clock=clock, side=side, reason=grant.reason)
    if mount is not None:
        sign(grant, mount, actor=actor, clock=clock, resumed=True)
    return grant


@transaction.atomic
def narrow_grant(*, number: str, wanted: Wanted, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Make a grant smaller and sign it anew; a delivery that runs under the old ticket stops.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused, NotNarrower: As for `decide.narrow`.
        InputsRejected: No reason.
    """
    grant, side = load(number, "grants.narrow", actor)
    need_reason(reason)
    before = grant.facts
    after = decide.narrow(before, wanted)
    _keep(grant, after)
    grant.reason = reason.strip()
    grant.save(update_fields=[*NARROWED, "way", "reason"])
    write_down(
        terms.GRANT_NARROWED,
        grant,
        actor=actor,
        clock=clock,
        side=side,
        reason=grant.reason,
        changes=[name for name in NARROWED if getattr(before, name) != getattr(after, name)],
    )
    if grant.status == GrantStatus.ACTIVE:
        sign_anew(grant, actor=actor, clock=clock)
    return grant


@transaction.atomic
def revoke_grant(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Take a grant back for good.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        GrantMoveRefused: It is over already.
        InputsRejected: No reason.
    """
    grant, side = load(number, "grants.revoke", actor)
    return _stop(grant, GrantStatus.REVOKED, terms.GRANT_REVOKED, side, reason, actor=actor, clock=clock)


def end_unmended(*, actor: Actor, clock: Clock) -> list[str]:
    """End every held grant that was to be put right by a day that has passed; return their numbers. Safe to run twice.

    Source: decree 809 art. 27; rule `use.misuse_steps`.
    """
    late = Grant.objects.filter(status=GrantStatus.SUSPENDED, mend_by__lt=clock.today())
    return [
        number
        for number in list(late.order_by("number").values_list("number", flat=True))
        if _end_unmended(number, actor=actor, clock=clock)
    ]


@transaction.atomic
def _end_unmended(number: str, *, actor: Actor, clock: Clock) -> bool:
    grant, side = load(number, "grants.revoke", actor)
    if grant.status != GrantStatus.SUSPENDED or grant.mend_by is None or grant.mend_by >= clock.today():
        return False
    _stop(grant, GrantStatus.REVOKED, terms.GRANT_REVOKED, side, grant.reason, actor=actor, clock=clock)
    return True


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


@transaction.atomic
def _expire(number: str, *, actor: Actor, clock: Clock) -> bool:
    grant = Grant.objects.select_for_update(of=("self",)).select_related("consumer", "provider").get(number=number)
    if not decide.has_ended(grant.facts, clock.today()):
        return False
    grant.status = decide.move(grant.facts, GrantStatus.EXPIRED)
    grant.held_by, grant.missing, grant.changed_at = "", [], clock.now()
    grant.save(update_fields=["status", "held_by", "missing", "changed_at"])
    end_ticket(grant, clock=clock)
    write_down(terms.GRANT_EXPIRED, grant, actor=actor, clock=clock, term_until=grant.term_until)
    announce_stop(grant, clock)
    return True


def _stop(
    grant: Grant,
    wanted: GrantStatus,
    kind: Kind,
    side: Side,
    reason: str,
    *,
    mend_by: date | None = None,
    actor: Actor,
    clock: Clock,
) -> Grant:
    need_reason(reason)
    basis = _misuse_article(grant, clock) if mend_by or grant.mend_by else []
    grant.mend_by = mend_by
    grant.status = decide.move(grant.facts, wanted)
    grant.held_by = side if wanted is GrantStatus.SUSPENDED else ""
    grant.reason, grant.missing, grant.changed_at = reason.strip(), [], clock.now()
    grant.save(update_fields=["status", "held_by", "mend_by", "reason", "missing", "changed_at"])
    end_ticket(grant, clock=clock)
    more = {"mend_by": mend_by} if kind is terms.GRANT_SUSPENDED else {}
    write_down(kind, grant, actor=actor, clock=clock, basis=basis, side=side, reason=grant.reason, **more)
    announce_stop(grant, clock)
    return grant


def _misuse_article(grant: Grant, clock: Clock) -> list[Citation]:
    """Return the article on what follows misuse, where the law of the provider's place has one."""
    rules = clock_queries.rules_at(grant.provider.place)
    today = clock.today(rules.zone)
    return [rules.listing(terms.MISUSE_RULE, on=today).source] if rules.has(terms.MISUSE_RULE, on=today) else []


def _keep(grant: Grant, facts: GrantFacts) -> None:
    grant.items = wire.to_json(facts.items)
    grant.rows = wire.to_json(facts.rows)
    grant.term_until = facts.term_until
    grant.quota_rows = facts.quota_rows
    grant.quota_deliveries = facts.quota_deliveries
    grant.may_follow, grant.way = facts.may_follow, facts.way
