"""The worked cases beside the packs, one test each, and the measure that none is missing."""

from datetime import date

import pytest

from hefu.law import cases, load
from hefu.law.lint import Level, lint
from hefu.law.terms import State
from tests.packs.shelf import PACKS


@pytest.mark.parametrize("case", cases.shipped(), ids=lambda case: f"{case.pack}: {case.name}")
def test_the_pack_answers_as_the_case_says(case: cases.Case) -> None:
    assert cases.failure(case, load.shipped()) is None


def test_every_dated_value_has_a_case_on_its_first_day_and_on_the_day_before() -> None:
    assert cases.unhit(load.shipped(), cases.shipped()) == ()


def test_taking_one_case_away_leaves_its_value_unhit() -> None:
    found = cases.shipped()
    gone = next(case for case in found if case.rule == "requests.delivery" and case.on == date(2025, 8, 1))
    left = [case for case in found if case is not gone]
    assert cases.Unhit("cn", "requests.delivery", date(2025, 8, 1)) in cases.unhit(load.shipped(), left)


def test_the_shipped_packs_have_no_error_on_the_day_they_were_checked() -> None:
    findings = lint(PACKS, today=date(2026, 11, 22))
    assert [finding for finding in findings if finding.level is Level.ERROR] == []


def test_a_year_later_every_rule_asks_to_be_compared_with_the_law_again() -> None:
    rules = sum(len(pack.parameters) for pack in load.shipped())
    findings = lint(PACKS, today=date(2028, 1, 1))
    assert sum("last compared with the law on" in finding.text for finding in findings) == rules


def test_a_lost_text_never_carries_a_value() -> None:
    lost = [
        value
        for pack in load.shipped()
        for parameter in pack.parameters.values()
        for value in parameter.values
        if value.state is State.LOST
    ]
    assert len(lost) >= 9
    assert all(value.amount == 0 and value.note is not None for value in lost)


def test_every_document_cited_is_one_of_its_packs_own_with_a_title_in_both_languages() -> None:
    for pack in load.shipped():
        for parameter in pack.parameters.values():
            for value in parameter.values:
                document = pack.documents[value.source.document]
                assert value.source.title == document.title.zh
                assert document.title.en
