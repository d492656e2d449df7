"""Counting, against a slow model that a clerk could follow with a wall calendar."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.law.calendar import calendar_for
from hefu.law.count import Manner, count
from hefu.law.deadline import Why
from hefu.law.errors import CalendarNotPublished, NoSuchDay
from hefu.law.settings import Settings, receipt_day
from hefu.law.terms import Direction, FirstDay, LastDay, MonthEnd, Unit

CN = calendar_for("00")
DAYS = st.dates(date(2004, 3, 1), date(2035, 1, 31))
WORKING = Manner(Unit.WORKING_DAY)


def last(start: date, amount: int, manner: Manner) -> date:
    return count(start, amount, manner, CN, rule="a rule")[-1].day


def clerk(start: date, amount: int) -> date:
    """Cross off every working day after `start` on the wall calendar until `amount` are crossed off."""
    crossed: list[date] = []
    day = start
    while len(crossed) < amount:
        day = date.fromordinal(day.toordinal() + 1)
        weekend = day.strftime("%w") in "06"
        if day in CN.work or (not weekend and day not in CN.rest):
            crossed.append(day)
    return crossed[-1]


@given(DAYS, st.integers(1, 60))
def test_working_days_end_where_the_clerk_ends(start: date, amount: int) -> None:
    assert last(start, amount, WORKING) == clerk(start, amount)


@given(DAYS, st.integers(1, 40))
def test_steps_are_consecutive_days_and_number_the_working_ones_from_one(start: date, amount: int) -> None:
    steps = count(start, amount, WORKING, CN, rule="a rule")
    assert [step.day for step in steps] == [start + timedelta(days=n) for n in range(len(steps))]
    assert [step.number for step in steps if step.counted] == list(range(1, amount + 1))
    assert all(CN.is_working(step.day) == step.counted for step in steps[1:])


@given(DAYS, st.integers(1, 30), st.integers(1, 30))
def test_two_periods_one_after_the_other_are_their_sum(start: date, one: int, two: int) -> None:
    assert last(last(start, one, WORKING), two, WORKING) == last(start, one + two, WORKING)


@given(DAYS, st.integers(1, 30))
def test_counting_back_undoes_counting_forward_from_a_working_day(start: date, amount: int) -> None:
    back = Manner(Unit.WORKING_DAY, direction=Direction.BEFORE)
    start = CN.next_working(start)
    assert last(last(start, amount, WORKING), amount, back) == start


@given(DAYS, st.integers(1, 20))
def test_a_longer_period_never_ends_earlier_and_a_later_start_never_either(start: date, amount: int) -> None:
    assert last(start, amount, WORKING) < last(start, amount + 1, WORKING)
    assert last(start, amount, WORKING) <= last(start + timedelta(days=1), amount, WORKING)


@given(DAYS, st.integers(1, 20))
def test_counting_the_first_day_gains_exactly_that_day_when_it_is_worked(start: date, amount: int) -> None:
    counted = Manner(Unit.WORKING_DAY, first_day=FirstDay.COUNTED)
    expected = clerk(start - timedelta(days=1), amount)
    assert last(start, amount, counted) == expected


@given(DAYS, st.integers(1, 200))
def test_plain_days_as_they_are_end_that_many_days_later(start: date, amount: int) -> None:
    plain = Manner(Unit.DAY, last_day=LastDay.AS_IS)
    assert last(start, amount, plain) - start == timedelta(days=amount)


@given(DAYS, st.integers(1, 200))
def test_plain_days_that_end_on_a_rest_day_move_to_the_next_working_day(start: date, amount: int) -> None:
    plain = Manner(Unit.DAY)
    assert last(start, amount, plain) == CN.next_working(start + timedelta(days=amount))


@given(st.dates(date(2004, 3, 1), date(2030, 1, 1)), st.integers(1, 5))
def test_years_are_twelve_months_each_and_keep_the_day(start: date, amount: int) -> None:
    years = Manner(Unit.YEAR, last_day=LastDay.AS_IS, month_end=MonthEnd.CLIP)
    months = Manner(Unit.MONTH, last_day=LastDay.AS_IS, month_end=MonthEnd.CLIP)
    end = last(start, amount, years)
    assert end == last(start, 12 * amount, months)
    assert (end.year, end.month) == (start.year + amount, start.month)
    assert end.day == start.day or (start.month, start.day, end.day) == (2, 29, 28)


@pytest.mark.parametrize(
    ("month_end", "expected"), [(MonthEnd.CLIP, date(2025, 2, 28)), (MonthEnd.NEXT, date(2025, 3, 1))]
)
def test_a_month_without_the_day_is_rounded_as_declared(month_end: MonthEnd, expected: date) -> None:
    manner = Manner(Unit.MONTH, last_day=LastDay.AS_IS, month_end=month_end)
    assert last(date(2025, 1, 31), 1, manner) == expected


def test_a_month_without_the_day_stops_when_nothing_is_declared() -> None:
    with pytest.raises(NoSuchDay, match="1 month from 31 January 2025 end on a day that month does not have"):
        last(date(2025, 1, 31), 1, Manner(Unit.MONTH))


def test_a_last_day_inside_a_holiday_moves_past_it_and_shows_each_day() -> None:
    steps = count(date(2025, 9, 21), 10, Manner(Unit.DAY), CN, rule="a rule")
    assert steps[-1].day == date(2025, 10, 9)
    assert [step.why for step in steps].count(Why.MOVED) == 8
    assert steps[10].name is not None
    assert steps[10].name.en == "National Day"


def test_counting_past_every_known_year_is_refused() -> None:
    with pytest.raises(CalendarNotPublished):
        last(date(2036, 12, 25), 10, WORKING)


def test_worked_weekends_count_and_say_so() -> None:
    steps = count(date(2025, 9, 26), 1, WORKING, CN, rule="a rule")
    assert [(step.day, step.why) for step in steps[1:]] == [
        (date(2025, 9, 27), Why.WEEKEND),
        (date(2025, 9, 28), Why.MAKE_UP),
    ]


SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_what_arrives_late_in_the_day_counts_that_day_unless_the_office_set_an_hour() -> None:
    friday_evening = datetime(2025, 9, 19, 21, 30, tzinfo=SHANGHAI)
    assert receipt_day(friday_evening, settings=Settings(), calendar=CN) == date(2025, 9, 19)
    with_hour = Settings(cut_off=time(17, 30))
    assert receipt_day(friday_evening, settings=with_hour, calendar=CN) == date(2025, 9, 22)


def test_the_day_of_arrival_is_the_day_in_the_zone_of_the_calendar() -> None:
    late_in_london = datetime(2025, 9, 19, 16, 30, tzinfo=ZoneInfo("UTC"))
    assert receipt_day(late_in_london, settings=Settings(), calendar=CN) == date(2025, 9, 20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"promptly_days": 0}, "at least 1"),
        ({"reminder_days": (1, 3)}, "fall from the largest"),
        ({"reminder_days": (1, -1)}, "not negative"),
    ],
)
def test_settings_that_no_office_can_mean_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**settings)  # type: ignore[arg-type]
