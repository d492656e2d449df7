"""What the law of the place says to the services of the catalogue."""

from datetime import date

from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.rooms.catalog import decide, queries
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Content, KeepingBack
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole

REVIEW_RULE = "catalog.review"


def keeping_back(content: Content, *, place: str, on: date) -> KeepingBack | None:
    """Return on what the law lets `content` be kept back; None where nothing of it is.

    Raises:
        NoRuleInForce: The law of the place says nothing on that day.
    """
    return queries.keeping_back(place, on=on) if decide.keeps_back(content) else None


def start_review_clock(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Start the authority's time to review, where the law of its place gives one and there is an authority."""
    authority = parties.departments(viewer=system("catalog"), role=DepartmentRole.AUTHORITY).first()
    if authority is None:
        return
    rules = clock_queries.rules_at(authority.place)
    today = clock.today(rules.zone)
    if not rules.has(REVIEW_RULE, on=today):
        return
    clocks.start(
        subject=row.code,
        deadline=rules.period(REVIEW_RULE, on=today).count_from(today),
        place=authority.place,
        responsible_id=authority.pk,
        concerns=[row.provider_id],
        actor=actor,
        clock=clock,
    )


def meet_review_clock(row: Entry, *, actor: Actor, clock: Clock) -> None:
    """Close the authority's time to review: it said its word, either way."""
    clocks.meet(subject=row.code, rule=REVIEW_RULE, actor=actor, clock=clock)
