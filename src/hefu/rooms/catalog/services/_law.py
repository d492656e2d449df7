"""What the law of the place says to the services of the catalogue."""

from datetime import date
from typing import TYPE_CHECKING

from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import decide, queries
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.queries import WITHDRAWAL_RULE
from hefu.rooms.catalog.terms import CAUSE_RULES, Cause, Content, KeepingBack
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.errors import NoOpenClock
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole

if TYPE_CHECKING:
    from hefu.rooms.clocks.models import CaseClock

REVIEW_RULE = "catalog.review"
EXTENSION_RULE = "catalog.update_extension"
FIX_RULE = "catalog.fix_comments"


def keeping_back(content: Content, *, place: str, on: date) -> KeepingBack | None:
    """Return on what the law lets `content` be kept back; None where nothing of it is.

    Raises:
        NoRuleInForce: The law of the place says nothing on that day.
    """
    return queries.keeping_back(place, on=on) if decide.keeps_back(content) else None


def start_review_clock(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Start the authority's time to review, where the law of its place gives one and there is an authority."""
    _start_authoritys_clock(row, REVIEW_RULE, actor=actor, clock=clock)


def start_withdrawal_clock(row: Entry, *, actor: Actor, clock: Clock) -> "CaseClock | None":
    """Start the authority's time to review a withdrawal; None where the law of its place has no such review."""
    return _start_authoritys_clock(row, WITHDRAWAL_RULE, actor=actor, clock=clock)


def meet_withdrawal_clock(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Close the authority's time to review a withdrawal, where it runs."""
    clocks.meet(subject=row.code, rule=WITHDRAWAL_RULE, actor=actor, clock=clock)


def _start_authoritys_clock(row: Entry, rule: str, *, actor: Actor, clock: Clock) -> "CaseClock | None":
    authority = parties.departments(viewer=system("catalog"), role=DepartmentRole.AUTHORITY).first()
    if authority is None:
        return None
    rules = clock_queries.rules_at(authority.place)
    today = clock.today(rules.zone)
    if not rules.has(rule, on=today):
        return None
    return clocks.start(
        subject=row.code,
        deadline=rules.period(rule, on=today).count_from(today),
        place=authority.place,
        responsible_id=authority.pk,
        concerns=[row.provider_id],
        actor=actor,
        clock=clock,
    )


def meet_review_clock(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Close the authority's time to review: it said its word, either way."""
    clocks.meet(subject=row.code, rule=REVIEW_RULE, actor=actor, clock=clock)


def start_update_clock(row: Entry, rule: str, *, on: date, actor: Actor, clock: Clock) -> "CaseClock | None":
    """Start the department's time to update from the day of the cause; None where the law of its place gives none."""
    return _start_own_clock(row, rule, on=on, actor=actor, clock=clock)


def start_fix_clock(row: Entry, *, actor: Actor, clock: Clock) -> "CaseClock | None":
    """Start the department's time to mend what the authority sent back, where the law of its place gives one."""
    today = clock.today(clock_queries.rules_at(row.provider.place).zone)
    return _start_own_clock(row, FIX_RULE, on=today, actor=actor, clock=clock)


def meet_own_clocks(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Close what the department owed on the entry: it handed its next version in, or withdrew it."""
    for rule in (*dict.fromkeys(CAUSE_RULES.values()), FIX_RULE):
        clocks.meet(subject=row.code, rule=rule, actor=actor, clock=clock)


def cancel_change_clocks(row: Entry, *, reason: str, actor: Actor, clock: Clock) -> None:
    """Close what was owed on a draft that is gone: its review, and the mending of what was sent back."""
    for rule in (REVIEW_RULE, FIX_RULE):
        clocks.cancel(subject=row.code, rule=rule, reason=reason, actor=actor, clock=clock)


def extend_update_clock(row: Entry, days: int, *, reason: str, actor: Actor, clock: Clock) -> tuple[date, date]:
    """Extend the time to update by the law of its place and return the last day before and after.

    Raises:
        InputsRejected: More days than the law allows, or none.
        NoOpenClock, PeriodOver, ExtendedBefore: As the clocks say.
        NoRuleInForce: The law of the place gives no extension.
    """
    rule = CAUSE_RULES[Cause.LAW]
    running = next(
        (one for one in clock_queries.clocks_of(row.code, viewer=actor) if one.is_open and one.rule == rule), None
    )
    if running is None:
        raise NoOpenClock(subject=row.code, rule=rule)
    period = clock_queries.rules_at(running.place).period(EXTENSION_RULE, on=running.started_on)
    if not 1 <= days <= period.amount:
        raise InputsRejected(problems={"days": _("The law does not allow so many days.")}, citation=period.source)
    deadline = period.count_from(running.due_on, amount=days)
    longer = clocks.extend(subject=row.code, rule=rule, deadline=deadline, reason=reason, actor=actor, clock=clock)
    return running.due_on, longer.due_on


def _start_own_clock(row: Entry, rule: str, *, on: date, actor: Actor, clock: Clock) -> "CaseClock | None":
    rules = clock_queries.rules_at(row.provider.place)
    if not rules.has(rule, on=on):
        return None
    authority = parties.departments(viewer=system("catalog"), role=DepartmentRole.AUTHORITY).first()
    return clocks.start(
        subject=row.code,
        deadline=rules.period(rule, on=on).count_from(on),
        place=row.provider.place,
        responsible_id=row.provider_id,
        concerns=[authority.pk] if authority else [],
        actor=actor,
        clock=clock,
    )
