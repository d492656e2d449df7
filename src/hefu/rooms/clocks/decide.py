"""What a clock does next: pure, total over the states."""

from dataclasses import dataclass
from datetime import date, timedelta

from hefu.law.calendar import Calendar
from hefu.law.count import Manner, count
from hefu.law.terms import Unit
from hefu.rooms.clocks import errors
from hefu.rooms.clocks.terms import MOVES, Expire, Nothing, State, Warn


@dataclass(frozen=True)
class ClockFacts:
    """A clock as it stands; days are days in the zone of its calendar."""

    subject: str
    rule: str
    state: State
    unit: Unit
    due_on: date
    paused_on: date | None = None
    extended: bool = False
    #: The smallest of the office's reminders given so far.
    reminded: int | None = None


def sweep(clock: ClockFacts, *, today: date, reminders: tuple[int, ...], calendar: Calendar) -> Nothing | Warn | Expire:
    """Say what the periodic look at a clock must do.

    Only a running clock moves, and each step is taken once; so a second sweep, or one whose `today` lies
    before that of the last, finds nothing to do.

    Args:
        clock: The clock.
        today: The current day.
        reminders: Working days left at which the office reminds; 0 reminds on the last day itself.
        calendar: Working days of the clock's place.

    Raises:
        CalendarNotPublished: Whether to warn cannot be counted yet; expiry never needs it.
    """
    if clock.state is not State.RUNNING:
        return Nothing()
    if today > clock.due_on:
        return Expire()
    left = calendar.working_days_left(today, clock.due_on)
    reached = min((days for days in reminders if left <= days), default=None)
    if reached is None or (clock.reminded is not None and clock.reminded <= reached):
        return Nothing()
    return Warn(left, reached)


def meet(clock: ClockFacts, *, today: date) -> State:
    """Return how the clock closes when what it asks for is done `today`; the last day is still in time.

    A clock that stands still is met in time: the pause began before its last day ended.

    Raises:
        NoOpenClock: It is closed already.
    """
    late = clock.state is not State.PAUSED and today > clock.due_on
    return _move(clock, State.LATE_MET if late else State.MET)


def cancel(clock: ClockFacts) -> State:
    """Return how the clock closes when nothing is owed any more.

    Raises:
        NoOpenClock: It is closed already.
    """
    return _move(clock, State.CANCELLED)


def pause(clock: ClockFacts, *, today: date) -> State:
    """Return the state of the clock when it stands still from `today` on.

    Raises:
        PeriodOver: The last day has passed; on the last day it is still possible.
        NoOpenClock: It is closed.
    """
    if clock.state is State.EXPIRED or (clock.state is State.RUNNING and today > clock.due_on):
        raise errors.PeriodOver(subject=clock.subject, due_on=clock.due_on)
    return _move(clock, State.PAUSED)


def resume(clock: ClockFacts, *, today: date, calendar: Calendar) -> date:
    """Return the new last day of a clock that goes on `today`.

    What was left when it stopped is counted again from today: working days as working days, other units
    as the plain days that passed. Going on the same day changes nothing.

    Raises:
        NoOpenClock: It does not stand still.
        CalendarNotPublished: The new last day lies beyond the calendar.
    """
    _move(clock, State.RUNNING)
    if clock.paused_on is None or today <= clock.paused_on:
        return clock.due_on
    if clock.unit is Unit.WORKING_DAY:
        left = calendar.working_days_left(clock.paused_on, clock.due_on)
        return count(today, left, Manner(Unit.WORKING_DAY), calendar, rule=clock.rule)[-1].day
    return calendar.next_working(clock.due_on + timedelta(days=(today - clock.paused_on).days))


def extend(clock: ClockFacts, *, today: date, until: date) -> date:
    """Return the new last day of a clock that is extended, once, while it still runs.

    Raises:
        NoOpenClock: It is closed.
        ClockPaused: It stands still.
        PeriodOver: The last day has passed; on the last day it is still possible.
        ExtendedBefore: It was extended before.
        NotLonger: `until` is not after the last day.
    """
    if not MOVES[clock.state]:
        raise errors.NoOpenClock(subject=clock.subject, rule=clock.rule)
    if clock.state is State.PAUSED:
        raise errors.ClockPaused(subject=clock.subject)
    if clock.extended:
        raise errors.ExtendedBefore(subject=clock.subject, due_on=clock.due_on)
    if clock.state is State.EXPIRED or today > clock.due_on:
        raise errors.PeriodOver(subject=clock.subject, due_on=clock.due_on)
    if until <= clock.due_on:
        raise errors.NotLonger(subject=clock.subject, wanted=until, due_on=clock.due_on)
    return until


def _move(clock: ClockFacts, wanted: State) -> State:
    if wanted not in MOVES[clock.state]:
        raise errors.NoOpenClock(subject=clock.subject, rule=clock.rule)
    return wanted
