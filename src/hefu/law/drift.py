"""Drift: which stored deadlines would fall on another day under the packs and the calendar of now.

A report and nothing more: nobody's date moves without a service call, a notice and evidence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from hefu.law.deadline import Deadline
from hefu.law.errors import NoRuleInForce
from hefu.law.rules import Rules, rules_for


@dataclass(frozen=True)
class Running:
    """A deadline as a room stored it."""

    #: How the room names the case.
    id: str
    place: str
    #: Day that picked the value then.
    chosen_on: date
    deadline: Deadline
    #: Length below the ceiling that the decider chose; None where the whole period was taken.
    units: int | None = None


@dataclass(frozen=True)
class Drift:
    """A stored deadline that the law of now would give otherwise."""

    id: str
    rule: str
    before: Deadline
    #: What would come out now; None when no rule is in force any more, or the length is above the new ceiling.
    after: Deadline | None
    #: Why there is no date now; empty when there is one.
    why_none: str = ""

    @property
    def days(self) -> int | None:
        """Return by how many days the last day would move; positive is later."""
        return (self.after.due_on - self.before.due_on).days if self.after else None

    @property
    def moved(self) -> bool:
        """Return whether the day itself changes, and not only what it rests on."""
        return self.after is None or self.after.due_on != self.before.due_on


def drift(running: Iterable[Running], rules_of: Callable[[str], Rules] = rules_for) -> tuple[Drift, ...]:
    """Return every stored deadline whose day, article, or provisional mark would now be another.

    Args:
        running: What the rooms stored.
        rules_of: Gives the rules of a place; pass another to try out a corrected pack or an imported notice.

    Raises:
        CalendarNotPublished: A calendar of now does not reach a stored start.
    """
    found = (_one(case, rules_of(case.place)) for case in running)
    return tuple(one for one in found if one is not None)


def _one(case: Running, rules: Rules) -> Drift | None:
    before = case.deadline
    try:
        after = rules.period(before.rule, on=case.chosen_on).count_from(before.starts_on, amount=case.units)
    except NoRuleInForce as refusal:
        return Drift(case.id, before.rule, before, None, refusal.code)
    except ValueError as error:
        return Drift(case.id, before.rule, before, None, str(error))
    if _basis(before) == _basis(after):
        return None
    return Drift(case.id, before.rule, before, after)


def _basis(deadline: Deadline) -> tuple[object, ...]:
    return (deadline.due_on, deadline.source, deadline.amount, deadline.unit, deadline.provisional)
