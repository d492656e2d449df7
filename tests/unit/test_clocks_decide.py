"""What a clock does next: boundaries of the last day, pause, extension; a sweep repeated or dated back does nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.law.calendar import calendar_for
from hefu.law.terms import Unit
from hefu.rooms.clocks import decide, errors
from hefu.rooms.clocks.decide import ClockFacts
from hefu.rooms.clocks.terms import MOVES, OPEN, Expire, Nothing, State, Warn

CALENDAR = calendar_for("00")
#: A Wednesday; the two working days before it are Monday and Tuesday.
DUE = date(2026, 3, 25)
DAYS = st.dates(date(2026, 1, 5), date(2026, 12, 1))


def a_clock(state: State = State.RUNNING, **changes: object) -> ClockFacts:
    facts: dict[str, object] = {
        "subject": "R2026-000001",
        "rule": "requests.answer_conditional",
        "state": state,
        "unit": Unit.WORKING_DAY,
        "due_on": DUE,
        "paused_on": date(2026, 3, 20) if state is State.PAUSED else None,
    }
    return ClockFacts(**facts | changes)  # type: ignore[arg-type]


def look(clock: ClockFacts, today: date, reminders: tuple[int, ...] = (3, 1)) -> object:
    return decide.sweep(clock, today=today, reminders=reminders, calendar=CALENDAR)


class TestSweep:
    def test_the_last_day_does_not_expire_and_the_next_does(self) -> None:
        warned = a_clock(reminded=1)
        assert look(warned, DUE) == Nothing()
        assert look(warned, DUE + timedelta(days=1)) == Expire()

    def test_a_warning_comes_on_the_day_the_office_set_and_not_the_day_before(self) -> None:
        assert look(a_clock(), date(2026, 3, 19)) == Nothing()
        assert look(a_clock(), date(2026, 3, 20)) == Warn(days_left=3, reminder=3)

    def test_each_reminder_is_given_once_and_a_later_one_still_comes(self) -> None:
        assert look(a_clock(reminded=3), date(2026, 3, 23)) == Nothing()
        assert look(a_clock(reminded=3), date(2026, 3, 24)) == Warn(days_left=1, reminder=1)
        assert look(a_clock(reminded=1), DUE) == Nothing()

    def test_a_node_that_slept_through_both_reminders_gives_the_last_one_only(self) -> None:
        assert look(a_clock(), DUE) == Warn(days_left=0, reminder=1)

    def test_an_office_without_reminders_is_not_reminded(self) -> None:
        assert look(a_clock(), DUE, reminders=()) == Nothing()

    @pytest.mark.parametrize("state", [state for state in State if state is not State.RUNNING])
    def test_only_a_running_clock_is_looked_at(self, state: State) -> None:
        assert look(a_clock(state), DUE + timedelta(days=400)) == Nothing()

    @given(DAYS, DAYS)
    def test_after_a_warning_an_earlier_day_finds_nothing_to_do(self, first: date, second: date) -> None:
        step = look(a_clock(), max(first, second))
        if isinstance(step, Warn):
            assert look(a_clock(reminded=step.reminder), min(first, second)) == Nothing()


class TestMeet:
    def test_the_last_day_is_still_in_time_and_the_next_is_not(self) -> None:
        assert decide.meet(a_clock(), today=DUE) is State.MET
        assert decide.meet(a_clock(), today=DUE + timedelta(days=1)) is State.LATE_MET

    def test_a_clock_that_a_wrong_date_expired_is_met_in_time_by_the_answers_own_day(self) -> None:
        assert decide.meet(a_clock(State.EXPIRED), today=DUE) is State.MET

    def test_a_clock_that_stands_still_is_not_late(self) -> None:
        assert decide.meet(a_clock(State.PAUSED), today=DUE + timedelta(days=30)) is State.MET

    @pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
    def test_what_is_closed_stays_closed(self, state: State) -> None:
        for act in (
            lambda: decide.meet(a_clock(state), today=DUE),
            lambda: decide.cancel(a_clock(state)),
            lambda: decide.pause(a_clock(state), today=DUE),
            lambda: decide.resume(a_clock(state), today=DUE, calendar=CALENDAR),
            lambda: decide.extend(a_clock(state), today=DUE, until=DUE + timedelta(days=5)),
        ):
            with pytest.raises(errors.NoOpenClock, match="Open the case"):
                act()


class TestPause:
    def test_it_can_stop_on_the_last_day_but_not_after(self) -> None:
        assert decide.pause(a_clock(), today=DUE) is State.PAUSED
        with pytest.raises(errors.PeriodOver, match="2026-03-25"):
            decide.pause(a_clock(), today=DUE + timedelta(days=1))
        with pytest.raises(errors.PeriodOver):
            decide.pause(a_clock(State.EXPIRED), today=DUE)

    def test_what_was_left_is_counted_again_over_a_festival(self) -> None:
        stopped = a_clock(State.PAUSED, paused_on=date(2026, 3, 23))
        # Two working days were left; Qingming (4 to 6 April 2026) does not count.
        assert decide.resume(stopped, today=date(2026, 4, 3), calendar=CALENDAR) == date(2026, 4, 8)

    def test_stopped_on_the_last_day_it_goes_on_with_no_day_more_than_today(self) -> None:
        stopped = a_clock(State.PAUSED, paused_on=DUE)
        assert decide.resume(stopped, today=date(2026, 4, 1), calendar=CALENDAR) == date(2026, 4, 1)

    def test_a_period_of_plain_days_moves_by_the_days_that_passed_to_a_working_day(self) -> None:
        stopped = a_clock(State.PAUSED, unit=Unit.DAY, paused_on=date(2026, 3, 20))
        # Ten days later would be Saturday 4 April, in Qingming.
        assert decide.resume(stopped, today=date(2026, 3, 30), calendar=CALENDAR) == date(2026, 4, 7)

    @given(DAYS, st.integers(0, 15))
    def test_stopping_and_going_on_never_costs_the_decider_a_day(self, paused_on: date, away: int) -> None:
        due_on = CALENDAR.next_working(paused_on + timedelta(days=12))
        stopped = a_clock(State.PAUSED, due_on=due_on, paused_on=paused_on)
        today = paused_on + timedelta(days=away)
        moved = decide.resume(stopped, today=today, calendar=CALENDAR)
        assert moved >= due_on
        assert (moved == due_on) or away > 0
        left = CALENDAR.working_days_left(paused_on, due_on)
        assert CALENDAR.working_days_left(today, moved) == left

    def test_a_machine_whose_date_fell_back_during_the_pause_takes_nothing_away(self) -> None:
        stopped = a_clock(State.PAUSED, paused_on=date(2026, 3, 20))
        assert decide.resume(stopped, today=date(2026, 3, 2), calendar=CALENDAR) == DUE


class TestExtend:
    UNTIL = date(2026, 4, 9)

    def test_the_last_day_is_still_in_time_to_extend_and_the_next_is_not(self) -> None:
        assert decide.extend(a_clock(), today=DUE, until=self.UNTIL) == self.UNTIL
        with pytest.raises(errors.PeriodOver, match="the delay goes on record"):
            decide.extend(a_clock(), today=DUE + timedelta(days=1), until=self.UNTIL)
        with pytest.raises(errors.PeriodOver):
            decide.extend(a_clock(State.EXPIRED), today=DUE, until=self.UNTIL)

    @pytest.mark.clause("D809-21")
    def test_it_is_extended_once(self) -> None:
        with pytest.raises(errors.ExtendedBefore, match="only once"):
            decide.extend(a_clock(extended=True), today=DUE, until=self.UNTIL)

    def test_an_extension_that_is_none_and_one_of_a_clock_that_stands_still_are_refused(self) -> None:
        with pytest.raises(errors.NotLonger):
            decide.extend(a_clock(), today=DUE, until=DUE)
        with pytest.raises(errors.ClockPaused):
            decide.extend(a_clock(State.PAUSED), today=DUE, until=self.UNTIL)


def test_every_state_has_its_moves_and_no_closed_state_has_any() -> None:
    assert set(MOVES) == set(State)
    assert {state for state, after in MOVES.items() if after} == set(OPEN)
