"""What the law answers: a value with its article, its pack and the answers of the other levels."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hefu.kernel.citation import Citation
from hefu.law.calendar import Calendar
from hefu.law.count import Manner, count
from hefu.law.deadline import Deadline, Other, PackRef
from hefu.law.model import Ground, Pause
from hefu.law.terms import Bound, Language, OnExpiry, Rank, State, Term, Unit, Words


@dataclass(frozen=True)
class Remark:
    """A level that gives no value, and why: silent, lost or ended."""

    pack: PackRef
    state: State
    source: Citation
    note: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What every answer carries."""

    rule: str
    meaning: Words
    source: Citation
    #: Amending act behind the value, if any.
    amended_by: Citation | None
    pack: PackRef
    #: Day from which the value holds.
    from_day: date
    #: What the law says about cases that were already running.
    transition: Words | None = None
    note: Words | None = None
    #: What is uncertain about the document behind it.
    doubt: Words | None = None
    #: Levels that give no value.
    remarks: tuple[Remark, ...] = ()

    def basis(self) -> dict[str, Any]:
        """Return what evidence records: rule, article, pack version."""
        return {"rule": self.rule, "source": self.source.as_json(), "pack": str(self.pack)}


@dataclass(frozen=True, kw_only=True)
class Period(Answer):
    """A length of time."""

    #: Day that picked the value.
    on: date
    amount: int
    manner: Manner
    bound: Bound
    #: Event that starts the clock, with its name.
    counts_from: str
    event_name: Words
    #: Event whose day picks the value.
    chosen_by: str
    #: What must hold besides, such as the authority's consent.
    conditions: tuple[Term, ...] = ()
    #: What stops the clock; empty where the text is silent (then it is an office setting).
    pauses: tuple[Pause, ...] = ()
    #: What the end brings about; None where the text is silent (then it is an office setting).
    on_expiry: OnExpiry | None = None
    calendar: Calendar = field(repr=False, compare=False)
    #: The other levels' periods.
    also: tuple["Period", ...] = ()

    @property
    def unit(self) -> Unit:
        """Return in what the period is counted."""
        return self.manner.unit

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Return every place in the law behind the period, the binding one first."""
        own = [self.source, *([self.amended_by] if self.amended_by else [])]
        return tuple(dict.fromkeys([*own, *(other.source for other in self.also)]))

    def last_day(self, start: date, *, amount: int | None = None) -> date:
        """Return only the last day of the period that starts by an event on `start`.

        Raises:
            CalendarNotPublished: The calendar does not reach so far.
            NoSuchDay: The last month has no such day and the rule says to stop.
        """
        return count(start, amount or self.amount, self.manner, self.calendar, rule=self.rule)[-1].day

    def count_from(self, start: date, *, amount: int | None = None) -> Deadline:
        """Count from the day of the event and keep every step.

        Args:
            start: Day of the event `counts_from`.
            amount: Fewer units than the ceiling, where the decider takes only a part (an extension by 5 of 10).

        Raises:
            ValueError: `amount` is outside 1 to the ceiling, or below the floor.
            CalendarNotPublished: The calendar does not reach so far.
            NoSuchDay: The last month has no such day and the rule says to stop.
        """
        length = self.amount if amount is None else amount
        allowed = length >= self.amount if self.bound is Bound.AT_LEAST else 1 <= length <= self.amount
        if not allowed:
            raise ValueError(f"{length} is outside what {self.rule} allows ({self.bound} {self.amount})")
        steps = count(start, length, self.manner, self.calendar, rule=self.rule)
        calendar = self.calendar
        return Deadline(
            rule=self.rule,
            meaning=self.meaning,
            event=self.counts_from,
            event_name=self.event_name,
            starts_on=start,
            due_on=steps[-1].day,
            amount=length,
            unit=self.unit,
            bound=self.bound,
            direction=self.manner.direction,
            source=self.source,
            amended_by=self.amended_by,
            pack=self.pack,
            calendar=f"{calendar.id}@{calendar.release}+{calendar.digest[:12]}",
            published_until=calendar.published_until,
            provisional=any(step.provisional for step in steps),
            steps=steps,
            also=tuple(
                Other(other.pack, other.amount, other.unit, other.last_day(start), other.source) for other in self.also
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Choice(Answer):
    """One of the options that the register names."""

    option: Term
    conditions: tuple[Term, ...] = ()
    also: tuple["Choice", ...] = ()

    @property
    def value(self) -> str:
        """Return the id of the option, such as `provider`."""
        return self.option.id


@dataclass(frozen=True, kw_only=True)
class Amounts(Answer):
    """A number that is not a length of time."""

    number: Decimal
    #: Key of the register's units, such as `yuan`.
    unit: str
    also: tuple["Amounts", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Listing(Answer):
    """Things that must all be there."""

    items: tuple[Term, ...]
    #: Item id → articles that ask for it.
    asked_by: dict[str, tuple[Citation, ...]] = field(default_factory=dict)
    also: tuple["Listing", ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the items, in order."""
        return tuple(item.id for item in self.items)

    def missing(self, given: set[str] | frozenset[str]) -> tuple[Term, ...]:
        """Return every item that is not among `given`, all at once."""
        return tuple(item for item in self.items if item.id not in given)

    def names(self, language: Language) -> tuple[str, ...]:
        """Return the names of the items in `language`."""
        return tuple(item.words.in_(language) for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Grounds(Answer):
    """What a refusal may rest on, and what does not count."""

    permitted: tuple[Ground, ...]
    not_permitted: tuple[Ground, ...]
    also: tuple["Grounds", ...] = ()

    def find(self, ground: str) -> Ground | None:
        """Return the permitted ground of that id, None when it is not permitted."""
        return next((one for one in self.permitted if one.term.id == ground), None)

    def find_not_permitted(self, ground: str) -> Ground | None:
        """Return the ground of that id if the law names it as one that does not count."""
        return next((one for one in self.not_permitted if one.term.id == ground), None)

    def accepts_rank(self, ground: str, rank: Rank) -> bool:
        """Return whether a document of `rank` may stand behind the ground."""
        found = self.find(ground)
        return found is not None and (not found.ranks or rank in found.ranks)
