"""How long a source may give nothing new, and with how few rows a copy is held."""

from datetime import date, timedelta

import pytest

from hefu.rooms.deliveries.decide.silence import least_rows, remembered, silence
from hefu.rooms.deliveries.terms.silence import A_HABIT, REMEMBERED, SHORTEST, Bound, Silence

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


ON = date(2026, 3, 20)


def days(count: int, pause: timedelta) -> dict[str, int]:
    """The longest pause of each of the last days."""
    return {(ON - timedelta(days=back)).isoformat(): round(pause.total_seconds()) for back in range(count)}


def test_a_source_is_held_to_the_narrower_of_its_habit_and_what_its_entry_states() -> None:
    assert silence(pauses={}, cycle=None, on=ON) is None
    assert silence(pauses=days(7, HOUR), cycle=None, on=ON) is None  # no whole week yet
    assert silence(pauses=days(8, HOUR), cycle=None, on=ON) == Silence(Bound.HABIT, 2 * HOUR)
    assert silence(pauses=days(8, HOUR), cycle=DAY, on=ON) == Silence(Bound.HABIT, 2 * HOUR)
    assert silence(pauses=days(7, HOUR), cycle=DAY, on=ON) == Silence(Bound.CYCLE, DAY)
    rare = {day: seconds for day, seconds in days(40, HOUR).items() if day < "2026-02-15"}
    assert silence(pauses=dict(list(rare.items())[: A_HABIT - 1]), cycle=None, on=ON) is None


def test_a_source_that_rests_at_weekends_is_not_told_of_each_monday() -> None:
    pauses = days(2, DAY) | {"2026-03-09": round(timedelta(days=3).total_seconds())}
    assert silence(pauses=pauses, cycle=DAY, on=ON) == Silence(Bound.CYCLE, timedelta(days=3))


def test_a_table_that_changes_every_second_has_ten_minutes() -> None:
    assert silence(pauses=days(8, timedelta(seconds=1)), cycle=None, on=ON) == Silence(Bound.HABIT, SHORTEST)


def test_each_day_keeps_its_longest_pause_and_the_oldest_days_are_forgotten() -> None:
    pauses = remembered(days(REMEMBERED, HOUR), DAY, on=ON + DAY)
    assert len(pauses) == REMEMBERED
    assert (min(pauses), pauses["2026-03-21"]) == ("2026-02-15", 86400)
    assert remembered(pauses, HOUR, on=ON + DAY) == pauses
    assert remembered({}, -HOUR, on=ON) == {"2026-03-20": 0}  # a clock went back


@pytest.mark.parametrize(
    ("before", "percent", "least"),
    [(None, 50, 0), (1000, 0, 0), (1000, 50, 500), (1001, 50, 501), (9, 90, 1), (0, 50, 0), (1000, 100, 1000)],
)
def test_a_copy_needs_its_share_of_the_last_rows_and_is_never_empty_after_some(
    before: int | None, percent: int, least: int
) -> None:
    assert least_rows(before=before, percent=percent) == least
