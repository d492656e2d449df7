"""Regional calendars, and the notice of a year that comes in later."""

from datetime import date

import pytest

from hefu.law.calendar import DayKind, add_notice, calendar_for, shipped
from hefu.law.errors import PackError
from hefu.law.explain import explain
from hefu.law.notices import read_notice, with_notices
from hefu.law.rules import chain, rules_for
from hefu.law.terms import Language

CN = calendar_for("00")
GUANGXI = calendar_for("450100")
XINJIANG = calendar_for("650000")
LHASA = calendar_for("540102")


def test_every_region_is_laid_over_the_nation() -> None:
    assert set(shipped()) == {"00", "45", "54", "5401", "64", "65"}
    assert LHASA.id == "cn-5401"
    assert calendar_for("540200").id == "cn-54"


@pytest.mark.parametrize(
    ("place", "day", "kind"),
    [
        ("45", date(2021, 4, 14), DayKind.HOLIDAY),
        ("45", date(2021, 4, 18), DayKind.MAKE_UP),
        ("45", date(2017, 4, 1), DayKind.HOLIDAY),  # a worked Saturday elsewhere
        ("45", date(2017, 4, 8), DayKind.MAKE_UP),
        ("64", date(2020, 7, 31), DayKind.HOLIDAY),
        ("65", date(2025, 6, 9), DayKind.HOLIDAY),
        ("54", date(2025, 3, 3), DayKind.HOLIDAY),
        ("5401", date(2026, 2, 25), DayKind.HOLIDAY),
        ("5401", date(2026, 2, 28), DayKind.MAKE_UP),
        ("65", date(2025, 10, 1), DayKind.HOLIDAY),  # the nation's days hold too
    ],
)
def test_a_region_rests_and_works_by_its_own_notice(place: str, day: date, kind: DayKind) -> None:
    found = calendar_for(place).day(day)
    assert (found.kind, found.provisional) == (kind, False)


def test_a_year_without_a_notice_of_the_region_is_provisional_there_and_final_elsewhere() -> None:
    day = date(2024, 4, 11)
    assert GUANGXI.day(day).provisional
    assert not CN.day(day).provisional


def test_a_deadline_in_xinjiang_passes_the_regional_holiday_and_says_so() -> None:
    start = date(2025, 6, 5)
    rules = chain("650000", rules_for("00").packs, XINJIANG)
    deadline = rules.period("disclosure.completion_notice", on=start).count_from(start)
    assert deadline.due_on == date(2025, 6, 19)
    assert not deadline.provisional
    assert "6 Jun to 10 Jun (Eid al-Adha)" in explain(deadline, Language.EN)


NOTICE = """
year: 2027
place: "00"
notice: invented for this test
rest:
  new_year: ["01-01..01-03"]
  spring_festival: ["02-05..02-12"]
work:
  spring_festival: ["02-13"]
"""


def test_the_notice_of_the_next_year_makes_its_days_final() -> None:
    longer = add_notice(CN, NOTICE, "2027.yaml")
    assert longer.published_until == date(2027, 12, 31)
    assert longer.day(date(2027, 2, 11)).kind is DayKind.HOLIDAY
    assert longer.day(date(2027, 2, 13)).kind is DayKind.MAKE_UP
    assert not longer.day(date(2027, 2, 11)).provisional
    assert longer.day(date(2027, 10, 1)).kind is DayKind.WORKING  # the notice alone speaks for its year
    assert longer.day(date(2028, 1, 1)).provisional
    assert longer.digest != CN.digest
    assert CN.day(date(2027, 2, 11)).provisional


def test_a_deadline_counted_again_under_the_notice_is_final_and_may_move() -> None:
    start = date(2027, 2, 3)
    before = rules_for("00").period("requests.answer_conditional", on=start).count_from(start)
    longer = chain("00", rules_for("00").packs, add_notice(CN, NOTICE, "2027.yaml"))
    after = longer.period("requests.answer_conditional", on=start).count_from(start)
    assert (before.due_on, before.provisional) == (date(2027, 2, 23), True)
    assert (after.due_on, after.provisional) == (date(2027, 2, 24), False)
    assert before.calendar != after.calendar


def test_a_regional_notice_adds_a_year_to_its_region() -> None:
    text = 'year: 2024\nplace: "45"\nnotice: invented for this test\nrest: {third_march: ["04-11..04-12"]}\n'
    longer = add_notice(GUANGXI, text, "gx.yaml")
    assert longer.day(date(2024, 4, 11)).kind is DayKind.HOLIDAY
    assert not longer.day(date(2024, 6, 3)).provisional
    assert longer.published_until == GUANGXI.published_until


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("year: 2027", "year: 2029", "n.yaml: year: found 2029; expected 2027"),
        ('place: "00"', 'place: "45"', "n.yaml: place: found '45'; expected 00 or 00"),
        ("02-13", "02-30", "n.yaml: work.spring_festival: found ['02-30']; expected month-day, or two of them"),
        ("new_year:", "newyear:", "n.yaml: rest.newyear: found 'newyear'; expected a key of names"),
        ("notice: invented for this test\n", "", "n.yaml: notice: found None; expected text"),
    ],
)
def test_a_broken_notice_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(PackError) as caught:
        add_notice(CN, NOTICE.replace(old, new), "n.yaml")
    assert message in str(caught.value)


#: Invented: in mid-year 15 and 16 June become days of rest, and Sunday the 28th is worked for them.
CHANGED = """
year: 2026
place: "00"
corrects: true
notice: invented change for this test
rest:
  national_day: ["10-01..10-07"]
  dragon_boat: ["06-15..06-16"]
work:
  dragon_boat: ["06-28"]
"""


def test_a_notice_that_corrects_a_shipped_year_speaks_for_that_whole_year_and_for_no_other() -> None:
    changed = add_notice(CN, CHANGED, "2026.yaml")
    assert changed.day(date(2026, 6, 15)).kind is DayKind.HOLIDAY
    assert changed.day(date(2026, 6, 28)).kind is DayKind.MAKE_UP
    assert CN.day(date(2026, 5, 1)).kind is DayKind.HOLIDAY
    assert changed.day(date(2026, 5, 1)).kind is DayKind.WORKING  # the correction lists the year anew
    for year in (2025, 2027):
        assert changed.year(year) == CN.year(year)
    assert (changed.published_until, changed.digest == CN.digest) == (CN.published_until, False)


def test_a_national_correction_goes_under_what_a_region_has_of_its_own() -> None:
    text = CHANGED.replace("2026", "2025").replace("06-15..06-16", "06-05..06-06").replace('["06-28"]', '["06-15"]')
    changed = with_notices(XINJIANG, [read_notice(text, "2025.yaml")])
    assert changed.day(date(2025, 6, 5)).kind is DayKind.HOLIDAY
    assert changed.day(date(2025, 6, 15)).kind is DayKind.MAKE_UP
    own = {day.day for day in XINJIANG.year(2025) if day.name and day.name.en.startswith("Eid")}
    assert own
    assert {day.day for day in changed.year(2025) if day.name and day.name.en.startswith("Eid")} == own
    assert changed.day(date(2025, 6, 5)).name != XINJIANG.day(date(2025, 6, 6)).name


def test_a_correction_of_a_regions_year_goes_over_the_national_days_alone() -> None:
    text = 'year: 2025\nplace: "65"\ncorrects: true\nnotice: invented\nrest: {eid_al_adha: ["06-09"]}\n'
    changed = with_notices(XINJIANG, [read_notice(text, "x.yaml")])
    own = {day.day for day in changed.year(2025) if day.name and day.name.en.startswith("Eid")}
    assert own == {date(2025, 6, 9)}
    assert changed.day(date(2025, 10, 1)) == CN.day(date(2025, 10, 1))
    assert changed.day(date(2025, 6, 6)) == CN.day(date(2025, 6, 6))


def test_a_correction_of_a_year_that_the_calendar_cannot_know_is_refused() -> None:
    with pytest.raises(PackError, match=r"n\.yaml: year: found 2031; expected a year from 20\d\d to 2027"):
        add_notice(CN, CHANGED.replace("2026", "2031"), "n.yaml")
