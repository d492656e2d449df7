"""Grants that nobody uses: the law of some places gives a time after which somebody looks into them.

A use is a delivery that arrived or a file that was fetched. When the time comes near, a clock is shown to both sides;
a use stops it. When it passes, the case is the authority's: its reviewer keeps the grant with a reason, or the grant is
suspended or revoked as ever. Nothing is taken back by itself.
"""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.law.rules import Rules
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.grants import decide, errors, terms
from hefu.rooms.grants.models import Grant, LastUse
from hefu.rooms.grants.queries import idle_clock
from hefu.rooms.grants.services.rows import load, need_reason, write_down
from hefu.rooms.grants.terms import IDLE_RULE, GrantStatus
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole

#: From how many days before the last day on the clock is shown. A grant that is used every week never gets one.
SHOWN_BEFORE = timedelta(days=31)


@transaction.atomic
def note_use(*, number: str, actor: Actor, clock: Clock) -> None:
    """Note that a grant was used now: rows arrived, or their file was fetched. A clock of idleness is met by it."""
    grant = Grant.objects.get(number=number)
    LastUse.objects.update_or_create(grant=grant, defaults={"used_at": clock.now()})
    clocks.meet(subject=number, rule=IDLE_RULE, actor=actor, clock=clock)


def watch_idle(*, actor: Actor, clock: Clock) -> list[str]:
    """Start the clock of every grant in force that will soon have gone unused too long; return their numbers.

    Clocks of grants that are not in force any more are closed. Safe to run twice.

    Source: rule `grants.idle`.
    """
    for number in _not_in_force():
        _close(number, actor=actor, clock=clock)
    authority = parties.departments(viewer=system("grants"), role=DepartmentRole.AUTHORITY).first()
    if authority is None:
        return []
    rules = clock_queries.rules_at(authority.place)
    today = clock.today(rules.zone)
    if not rules.has(IDLE_RULE, on=today):
        return []
    watched = _open_clocks()
    started = []
    rows = Grant.objects.filter(status=GrantStatus.ACTIVE).exclude(number__in=watched).select_related("last_use")
    for grant in rows.order_by("number"):
        if _comes_near(grant, rules, today) and _start(
            grant, rules, place=authority.place, oversees=authority.pk, actor=actor, clock=clock
        ):
            started.append(grant.number)
    return started


@transaction.atomic
def keep_idle(*, number: str, reason: str, actor: Actor, clock: Clock) -> Grant:
    """Keep a grant although it was not used; from today it has its whole time again.

    Raises:
        NotFound, Forbidden: The actor may not see it, or does not look into idle grants.
        NotIdle: Its time has not passed.
        InputsRejected: No reason.
    """
    grant, side = load(number, "grants.keep_idle", actor)
    running = idle_clock(grant, viewer=actor)
    if running is None or running.state != State.EXPIRED:
        raise errors.NotIdle(number=number)
    need_reason(reason)
    LastUse.objects.update_or_create(grant=grant, defaults={"kept_at": clock.now()})
    clocks.cancel(subject=number, rule=IDLE_RULE, reason="kept", actor=actor, clock=clock)
    write_down(
        terms.GRANT_KEPT,
        grant,
        actor=actor,
        clock=clock,
        side=side,
        unused_since=running.started_on,
        due_on=running.due_on,
        reason=sha256(reason.strip().encode()),
    )
    return grant


def _comes_near(grant: Grant, rules: Rules, today: date) -> bool:
    since = _idle_since(grant, rules)
    if since > today or not rules.has(IDLE_RULE, on=since):
        return False
    return rules.period(IDLE_RULE, on=since).last_day(since) - SHOWN_BEFORE <= today


def _idle_since(grant: Grant, rules: Rules) -> date:
    use: LastUse | None = getattr(grant, "last_use", None)
    moments = (grant.changed_at, *((use.used_at, use.kept_at) if use else ()))
    days = (one.astimezone(rules.zone).date() for one in moments if one is not None)
    return decide.idle_since(term_from=grant.term_from, days=tuple(days))


@transaction.atomic
def _start(grant: Grant, rules: Rules, *, place: str, oversees: UUID, actor: Actor, clock: Clock) -> bool:
    """Start the clock, unless the grant was used or stopped since it was looked at."""
    row = Grant.objects.select_for_update(of=("self",)).select_related("last_use").get(pk=grant.pk)
    today = clock.today(rules.zone)
    if row.status != GrantStatus.ACTIVE or not _comes_near(row, rules, today):
        return False
    since = _idle_since(row, rules)
    clocks.start(
        subject=row.number,
        deadline=rules.period(IDLE_RULE, on=since).count_from(since),
        place=place,
        responsible_id=row.consumer_id,
        concerns=[row.provider_id, oversees],
        actor=actor,
        clock=clock,
    )
    return True


@transaction.atomic
def _close(number: str, *, actor: Actor, clock: Clock) -> None:
    grant = Grant.objects.select_for_update(of=("self",)).get(number=number)
    if grant.status != GrantStatus.ACTIVE:
        clocks.cancel(subject=number, rule=IDLE_RULE, reason=f"grant {grant.status}", actor=actor, clock=clock)


def _open_clocks() -> list[str]:
    running = clock_queries.running(viewer=system("grants")).filter(rule=IDLE_RULE)
    return list(running.values_list("subject", flat=True))


def _not_in_force() -> list[str]:
    stopped = Grant.objects.filter(number__in=_open_clocks()).exclude(status=GrantStatus.ACTIVE)
    return list(stopped.order_by("number").values_list("number", flat=True))
