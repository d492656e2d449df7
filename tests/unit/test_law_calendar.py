"""The shipped working-day calendar, against two other lists and at its edges."""

import json
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest

from hefu.law.calendar import DayKind, calendar_for, describe, read_calendar, working_days_left
from hefu.law.errors import CalendarNotPublished, PackError
from hefu.law.terms import Language

CN = calendar_for("00")
LISTS = Path(__file__).parents[2].parent / "shared" / "data" / "08-holidays"


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


#: A Saturday worked for Tuesday 3 January 2006: one of the two libraries does not know it.
MISSING_IN_CHINESECALENDAR = date(2005, 12, 31)
ALL_DAYS = days(date(2004, 1, 1), date(2026, 12, 31))


def test_every_day_from_2004_to_2026_agrees_with_chinesecalendar_but_for_one_known_day() -> None:
    wrong = [day for day in ALL_DAYS if CN.is_working(day) != chinese_calendar.is_workday(day)]
    assert wrong == [MISSING_IN_CHINESECALENDAR]


def test_every_day_from_2004_to_2026_agrees_with_the_holidays_library() -> None:
    china = holidays.China(years=range(2004, 2027))
    wrong = [day for day in ALL_DAYS if CN.is_working(day) != china.is_working_day(day)]
    assert wrong == []


#: Years for which a published list stands beside the repository.
LISTED = (2018, 2019, 2022, 2024, 2026)


@pytest.mark.parametrize("year", LISTED)
def test_every_listed_day_agrees_with_the_published_list(year: int) -> None:
    if not LISTS.is_dir():
        pytest.skip("the shared data folder is not beside the repository")
    listed = json.loads((LISTS / f"{year}.json").read_text())["days"]
    assert len(listed) > 20
    wrong = [day for day in listed if CN.is_working(date.fromisoformat(day["date"])) == day["isOffDay"]]
    assert wrong == []


def test_no_published_list_is_left_out_and_a_year_without_days_has_no_notice_here_either() -> None:
    if not LISTS.is_dir():
        pytest.skip("the shared data folder is not beside the repository")
    found = {int(file.stem): json.loads(file.read_text())["days"] for file in LISTS.glob("[0-9]*.json")}
    assert {year for year, listed in found.items() if listed} == set(LISTED)
    assert all(CN.day(date(year, 7, 1)).provisional for year, listed in found.items() if not listed)


def test_a_year_without_a_notice_is_provisional_and_keeps_its_fixed_festivals() -> None:
    assert CN.published_until == date(2026, 12, 31)
    assert not CN.day(date(2026, 12, 31)).provisional
    new_year = CN.day(date(2027, 1, 1))
    assert new_year.provisional
    assert new_year.kind is DayKind.HOLIDAY
    assert CN.day(date(2027, 10, 1)).kind is DayKind.HOLIDAY


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2037, 1, 1)])
def test_a_day_that_no_year_covers_is_refused_with_what_is_covered(day: date) -> None:
    with pytest.raises(CalendarNotPublished, match="it covers 01 January 2004 to 31 December 2036"):
        CN.day(day)


def test_a_place_without_a_calendar_of_its_own_counts_by_the_national_one() -> None:
    assert calendar_for("511702") is CN


def test_the_same_day_is_described_in_both_languages() -> None:
    worked_sunday = CN.day(date(2025, 9, 28))
    assert describe(worked_sunday, Language.ZH) == "国庆节调休上班"
    assert describe(worked_sunday, Language.EN) == "worked weekend (National Day)"
    assert describe(CN.day(date(2025, 10, 6)), Language.EN) == "Mid-Autumn Festival"


def test_days_left_count_down_to_zero_on_the_last_day_and_then_below() -> None:
    friday = date(2025, 9, 26)
    assert working_days_left(date(2025, 9, 24), friday) == 2
    assert working_days_left(friday, friday) == 0
    assert working_days_left(date(2025, 9, 27), friday) == -1  # Saturday: late, though no working day is lost
    assert working_days_left(date(2025, 9, 29), friday) == -2  # Sunday 28 was worked


def test_a_year_lists_every_day_once() -> None:
    assert [day.day for day in CN.year(2024)] == days(date(2024, 1, 1), date(2024, 12, 31))
    assert sum(day.works for day in CN.year(2025)) == 248


HEAD = """
id: x
title_zh: 某地
title_en: Somewhere
place: "99"
zone: Asia/Shanghai
release: "1"
published_until: 2025-12-31
source: invented
checked: 2026-01-01
names: {new_year: {zh: 元旦, en: New Year's Day}}
"""


@pytest.mark.parametrize(
    ("years", "message"),
    [
        ("years: {2024: {rest: {new_year: ['01-01']}}}", "x.yaml: years: found {2024: {'rest': {'new_year': "),
        ("years: {2025: {rest: {new_year: ['13-01']}}}", "found ['13-01']; expected month-day, or two"),
        ("years: {2025: {rest: {easter: ['01-01']}}}", "found 'easter'; expected a key of names"),
        ("years: {2025: {rest: {new_year: ['01-01', '01-01']}}}", "expected 2025-01-01 only once"),
        ("years: {2025: {closed: {new_year: ['01-01']}}}", "years.2025.closed: found {'new_year': ['01-01']}"),
    ],
)
def test_a_broken_calendar_says_where_and_what_was_expected(years: str, message: str) -> None:
    with pytest.raises(PackError) as caught:
        read_calendar(HEAD + years, "x.yaml")
    assert message in str(caught.value)
