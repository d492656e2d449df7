"""Several levels of law for one event: whatever the place, the rule and the day, the stricter day binds."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.law import load
from hefu.law.calendar import calendar_for
from hefu.law.lint import lint
from hefu.law.model import Pack
from hefu.law.register import register
from hefu.law.rules import Rules, chain, rules_for
from hefu.law.terms import Bound, Kind, LastDay, MonthEnd, State, Unit
from tests.packs.shelf import PACKS

PLACES = [pack.place for pack in load.shipped()]
PERIODS = sorted(rule for rule, entry in register().rules.items() if entry.kind is Kind.PERIOD)
DAYS = st.dates(date(2009, 1, 1), date(2031, 12, 31))


@given(st.sampled_from(PLACES), st.sampled_from(PERIODS), DAYS)
def test_the_day_that_binds_is_never_later_than_another_level_s_nor_earlier_where_it_is_a_floor(
    place: str, rule: str, on: date
) -> None:
    rules = rules_for(place)
    if not rules.has(rule, on=on):
        return
    deadline = rules.period(rule, on=on).count_from(on)
    for other in deadline.also:
        if deadline.bound is Bound.AT_LEAST:
            assert deadline.due_on >= other.due_on
        else:
            assert deadline.due_on <= other.due_on


@given(st.sampled_from(PLACES), st.sampled_from(PERIODS), DAYS)
def test_the_levels_answer_together_exactly_what_they_answer_one_by_one(place: str, rule: str, on: date) -> None:
    rules = rules_for(place)
    alone = [Rules(rules.place, (pack,), rules.calendar) for pack in rules.packs]
    speaking = [level for level in alone if level.has(rule, on=on)]
    assert rules.has(rule, on=on) == bool(speaking)
    if speaking:
        period = rules.period(rule, on=on)
        packs = {period.pack.id, *(other.pack.id for other in period.also)}
        assert packs == {level.packs[0].ref.id for level in speaking}


@given(st.sampled_from(PLACES), DAYS)
def test_every_rule_in_force_has_an_answer_and_every_other_a_refusal(place: str, on: date) -> None:
    rules = rules_for(place)
    known = {rule for pack in rules.packs for rule in pack.parameters}
    stated = {
        rule
        for pack in rules.packs
        for rule, parameter in pack.parameters.items()
        if (value := parameter.at(on)) is not None and value.state is State.STATED
    }
    assert set(rules.in_force(on)) == stated <= known


def with_answer(amount: int, unit: Unit) -> tuple[Pack, ...]:
    """Return the shipped packs with the answer of Xi'an counted otherwise."""

    def mend(pack: Pack) -> Pack:
        if pack.ref.id != "cn-6101":
            return pack
        parameter = pack.parameters["requests.answer_conditional"]
        assert parameter.manner is not None
        mended = replace(
            parameter,
            manner=replace(parameter.manner, unit=unit, last_day=LastDay.AS_IS, month_end=MonthEnd.CLIP),
            values=(replace(parameter.values[0], amount=amount),),
        )
        return replace(pack, parameters={**pack.parameters, mended.rule: mended})

    return tuple(mend(pack) for pack in load.shipped())


@pytest.mark.parametrize(
    ("amount", "unit", "binding"),
    [
        (13, Unit.DAY, "cn-6101"),
        (14, Unit.DAY, "cn"),  # the same day as ten working days: the higher law is named
        (15, Unit.DAY, "cn"),
        (1, Unit.MONTH, "cn"),
    ],
)
def test_limits_in_different_units_are_compared_by_the_day_they_end_on(amount: int, unit: Unit, binding: str) -> None:
    on = date(2026, 3, 2)
    rules = chain("610100", with_answer(amount, unit), calendar_for("610100"))
    assert rules.period("requests.answer_conditional", on=on).pack.id == binding


def test_a_local_limit_longer_than_the_nation_s_is_pointed_out_by_lint() -> None:
    texts = [finding.text for finding in lint(PACKS, today=date(2026, 11, 22))]
    assert texts == [
        "cn-64/parameters/catalog.update.yaml: 15 from 2026-11-22 is longer than the national limit",
    ]
