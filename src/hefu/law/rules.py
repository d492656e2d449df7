"""Look-up: what the law of a place says on a day.

    rules = rules_for("440100")
    period = rules.period("requests.answer_conditional", on=received_on)
    deadline = period.count_from(received_on)

`on` is the day of the rule's `chosen_by` event (receipt, decision, publication …), never simply today.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hefu.kernel.citation import Citation
from hefu.law import load
from hefu.law.answers import Amounts, Choice, Grounds, Listing, Period, Remark
from hefu.law.calendar import Calendar, calendar_for
from hefu.law.deadline import PackRef
from hefu.law.errors import NoRuleInForce, RuleEnded, RuleLost, RuleNotYetInForce, RuleSilent
from hefu.law.model import Ground, Pack, Parameter, Value
from hefu.law.places import ancestry
from hefu.law.register import RuleEntry, register
from hefu.law.terms import Bound, Kind, Resolve, State, Term

A = TypeVar("A", Choice, Amounts)

_REFUSALS: dict[State, type[NoRuleInForce]] = {
    State.SILENT: RuleSilent,
    State.LOST: RuleLost,
    State.ENDED: RuleEnded,
}


@cache
def rules_for(place: str) -> "Rules":
    """Return the rules of `place` from the packs that come with the software.

    Args:
        place: Division code, such as `511702` or `440000`; `00` is the whole country. A place without a pack
            has the rules of the places above it.

    Raises:
        IdentifierFault: Not the form of a division code.
        PackError: A shipped pack is broken.
    """
    return chain(place, load.shipped(), calendar_for(place))


def chain(place: str, packs: Sequence[Pack], calendar: Calendar) -> "Rules":
    """Return the rules of `place` from `packs`, counted by `calendar`.

    Raises:
        IdentifierFault: Not the form of a division code.
    """
    by_place = {pack.place: pack for pack in packs}
    levels = ancestry(place)
    return Rules(levels[0], tuple(by_place[level] for level in levels if level in by_place), calendar)


@dataclass(frozen=True)
class _Found:
    """One level's value for a rule on a day."""

    pack: Pack
    parameter: Parameter
    value: Value


@dataclass(frozen=True)
class Rules:
    """The packs of one place, nearest first, and the calendar they are counted by."""

    place: str
    packs: tuple[Pack, ...]
    calendar: Calendar

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which the place counts its days."""
        return self.calendar.zone

    @property
    def version(self) -> str:
        """Return the packs and the calendar with their hashes, for evidence."""
        calendar = f"{self.calendar.id}@{self.calendar.release}+{self.calendar.digest[:12]}"
        return " ".join([*(str(pack.ref) for pack in self.packs), f"calendar:{calendar}"])

    def has(self, rule: str, *, on: date) -> bool:
        """Return whether any level states a value for `rule` on `on`.

        Raises:
            KeyError: No such rule.
        """
        return bool(self._stated(register().rule(rule), on))

    def in_force(self, on: date) -> tuple[str, ...]:
        """Return the ids of all rules that have a value on `on`, sorted."""
        known = {rule for pack in self.packs for rule in pack.parameters}
        return tuple(sorted(rule for rule in known if self.has(rule, on=on)))

    def period(self, rule: str, *, on: date) -> Period:
        """Return the period that binds, with the other levels' periods in `also`.

        A ceiling binds by its shortest value, a floor by its longest; of two equal ones the higher law is named.

        Raises:
            NoRuleInForce: No level states a period on that day.
            KeyError: No such rule, or it is no period.
        """
        entry = register().rule(rule, Kind.PERIOD)
        found = self._require(entry, on)
        answers = [self._period(entry, one, on) for one in found]
        binding = self._strictest(answers, on)
        others = tuple(answer for answer in answers if answer is not binding)
        return replace(binding, also=others, remarks=self._remarks(entry, on))

    def choice(self, rule: str, *, on: date) -> Choice:
        """Return what the nearest level chooses, with the other levels' choices in `also`.

        Raises:
            NoRuleInForce: No level chooses on that day.
            KeyError: No such rule, or it is no choice.
        """
        entry = register().rule(rule, Kind.CHOICE)

        def answer(one: _Found) -> Choice:
            assert one.value.choice is not None  # noqa: S101 - the reader guarantees it
            return Choice(**_common(one), option=one.value.choice, conditions=one.value.conditions)

        return self._pick(entry, on, answer)

    def amount(self, rule: str, *, on: date) -> Amounts:
        """Return the number that the nearest level gives, with the others in `also`.

        Raises:
            NoRuleInForce: No level gives one on that day.
            KeyError: No such rule, or it is no amount.
        """
        entry = register().rule(rule, Kind.AMOUNT)

        def answer(one: _Found) -> Amounts:
            assert one.value.quantity is not None  # noqa: S101 - the reader guarantees it
            quantity = one.value.quantity
            return Amounts(**_common(one), number=quantity.number, unit=quantity.unit)

        return self._pick(entry, on, answer)

    def listing(self, rule: str, *, on: date) -> Listing:
        """Return the items that bind by the register: the highest level's, the nearest's, or all levels' together.

        All together means each item once, the highest level's first.

        Raises:
            NoRuleInForce: No level has a list on that day.
            KeyError: No such rule, or it is no list.
        """
        entry = register().rule(rule, Kind.LISTING)
        found = self._require(entry, on)
        answers = [Listing(**_common(one), items=one.value.items) for one in found]
        if entry.resolve is Resolve.NEAREST:
            answers = [*answers[1:], answers[0]]
        binding = answers[-1]
        merged: dict[str, Term] = {}
        asked: dict[str, tuple[Citation, ...]] = {}
        for answer in reversed(answers) if entry.resolve is Resolve.UNION else [binding]:
            for item in answer.items:
                merged.setdefault(item.id, item)
                asked[item.id] = (*asked.get(item.id, ()), answer.source)
        return replace(
            binding,
            items=tuple(merged.values()),
            asked_by=asked,
            also=tuple(answers[:-1]),
            remarks=self._remarks(entry, on),
        )

    def grounds(self, rule: str, *, on: date) -> Grounds:
        """Return what a refusal may rest on: the highest level's list, less what lower levels strike out.

        Raises:
            NoRuleInForce: No level has such a list on that day.
            KeyError: No such rule, or it is no list of grounds.
        """
        entry = register().rule(rule, Kind.GROUNDS)
        answers = [_grounds(one) for one in self._require(entry, on)]
        highest = answers[-1]
        refused: dict[str, Ground] = {}
        for answer in reversed(answers):
            for ground in answer.not_permitted:
                refused.setdefault(ground.term.id, ground)
        return replace(
            highest,
            permitted=tuple(ground for ground in highest.permitted if ground.term.id not in refused),
            not_permitted=tuple(refused.values()),
            also=tuple(answers[:-1]),
            remarks=self._remarks(entry, on),
        )

    def _pick(self, entry: RuleEntry, on: date, answer: Callable[[_Found], A]) -> A:
        """Return the answer that binds by the register: of the nearest or of the highest level."""
        answers = [answer(one) for one in self._require(entry, on)]
        if entry.resolve is Resolve.HIGHEST:
            answers.reverse()
        return replace(answers[0], also=tuple(answers[1:]), remarks=self._remarks(entry, on))

    def _values(self, entry: RuleEntry, on: date) -> list[_Found]:
        found = []
        for pack in self.packs:
            parameter = pack.parameters.get(entry.id)
            value = parameter.at(on) if parameter else None
            if parameter and value:
                found.append(_Found(pack, parameter, value))
        return found

    def _stated(self, entry: RuleEntry, on: date) -> list[_Found]:
        return [one for one in self._values(entry, on) if one.value.state is State.STATED]

    def _require(self, entry: RuleEntry, on: date) -> list[_Found]:
        found = self._stated(entry, on)
        if not found:
            raise self._refusal(entry, on)
        return found

    def _refusal(self, entry: RuleEntry, on: date) -> NoRuleInForce:
        known = self._values(entry, on)
        later = [pack.parameters[entry.id].values[0] for pack in self.packs if entry.id in pack.parameters]
        if known:
            value = known[0].value
            refusal = _REFUSALS[value.state]
        elif later:
            value = min(later, key=lambda one: one.from_day)
            refusal = RuleNotYetInForce
        else:
            return NoRuleInForce(rule=entry.id, place=self.place, on=on)
        return refusal(
            citation=value.source,
            rule=entry.id,
            place=self.place,
            on=on,
            since=value.from_day,
            source=value.source,
        )

    def _remarks(self, entry: RuleEntry, on: date) -> tuple[Remark, ...]:
        return tuple(
            Remark(one.pack.ref, one.value.state, one.value.source, one.value.note)
            for one in self._values(entry, on)
            if one.value.state is not State.STATED
        )

    def _period(self, entry: RuleEntry, one: _Found, on: date) -> Period:
        assert one.parameter.manner is not None  # noqa: S101 - the reader guarantees it
        return Period(
            **_common(one),
            on=on,
            amount=one.value.amount,
            manner=one.parameter.manner,
            bound=entry.bound,
            counts_from=one.parameter.counts_from,
            event_name=register().events[one.parameter.counts_from].words,
            chosen_by=one.parameter.chosen_by,
            conditions=one.value.conditions,
            pauses=one.value.pauses,
            on_expiry=one.value.on_expiry,
            calendar=self.calendar,
        )

    def _strictest(self, answers: list[Period], on: date) -> Period:
        same_manner = len({answer.manner for answer in answers}) == 1

        def length(answer: Period) -> int:
            if same_manner:
                return answer.amount
            return abs((answer.last_day(on) - on).days)

        pick = min if answers[0].bound is Bound.AT_MOST else max
        return pick(reversed(answers), key=length)


def _common(one: _Found) -> dict[str, Any]:
    document = one.pack.documents[one.value.source.document]
    return {
        "rule": one.parameter.rule,
        "meaning": one.parameter.meaning,
        "source": one.value.source,
        "amended_by": one.value.amended_by,
        "pack": one.pack.ref,
        "from_day": one.value.from_day,
        "transition": one.value.transition,
        "note": one.value.note,
        "doubt": document.doubt,
    }


def _grounds(one: _Found) -> Grounds:
    assert one.value.grounds is not None  # noqa: S101 - the reader guarantees it
    terms = one.value.grounds
    return Grounds(**_common(one), permitted=terms.permitted, not_permitted=terms.not_permitted)


def pack_of(ref: PackRef, packs: Sequence[Pack]) -> Pack | None:
    """Return the pack that `ref` names, None when this version is not at hand."""
    return next((pack for pack in packs if pack.ref == ref), None)
