"""What a clock does next: pure, total over the states."""

from dataclasses import dataclass
from datetime import date, timedelta

from hefu.law.calendar import Calendar
from hefu.law.count import Manner, count
from hefu.law.deadline import Deadline
from hefu.law.errors import CalendarNotPublished, NoRuleInForce, NoSuchDay
from hefu.law.rules import Rules
from hefu.law.terms import Unit
from hefu.rooms.clocks import errors
from hefu.rooms.clocks.terms import MOVES, Change, Expire, Nothing, State, Warn


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


@dataclass(frozen=True)
class Happened:
    """One thing that moved or stopped a clock after its start."""

    change: Change
    on: date
    #: For an extension: its rule and how many units were consented to.
    rule: str = ""
    amount: int | None = None


@dataclass(frozen=True)
class Recount:
    """A clock counted from its first day again, by the rules of now."""

    #: The first last day; None when the rules of now give none.
    first: Deadline | None
    #: The last day after everything that happened since; None when there is none.
    due_on: date | None
    provisional: bool = False
    #: Why there is none: the code of the refusal.
    why_none: str = ""

    def same_law(self, before: Deadline) -> bool:
        """Return whether it rests on the article and the length of `before`, so that only the calendar differs."""
        now = self.first
        return now is not None and (now.source, now.amount, now.unit) == (before.source, before.amount, before.unit)

    def differs(self, before: Deadline, due_on: date, *, provisional: bool) -> bool:
        """Return whether anything is other than what the clock has."""
        return not self.same_law(before) or (self.due_on, self.provisional) != (due_on, provisional)


def recount(first: Deadline, happened: tuple[Happened, ...], rules: Rules) -> Recount:
    """Count a clock again by the rules of now, with its pauses and its extension as they were.

    The value is that of the clock's first day, as it was then: for every period that runs as a clock the
    event that starts it is also the event that picks its value.

    Args:
        first: The first count, for its rule and its first day.
        happened: Pauses, resumptions and the extension, oldest first.
        rules: The packs and the calendar of now for the clock's place.
    """
    try:
        again = rules.period(first.rule, on=first.starts_on).count_from(first.starts_on)
        due_on, provisional = _replay(again, happened, rules)
    except (NoRuleInForce, CalendarNotPublished, NoSuchDay) as refusal:
        return Recount(None, None, why_none=refusal.code)
    except ValueError:
        return Recount(None, None, why_none="clocks.extension_too_long")
    return Recount(again, due_on, provisional)


def _replay(first: Deadline, happened: tuple[Happened, ...], rules: Rules) -> tuple[date, bool]:
    due_on, provisional, paused_on = first.due_on, first.provisional, None
    for step in happened:
        if step.change is Change.PAUSED:
            paused_on = step.on
        elif step.change is Change.RESUMED:
            stopped = ClockFacts("", first.rule, State.PAUSED, first.unit, due_on, paused_on=paused_on)
            due_on = resume(stopped, today=step.on, calendar=rules.calendar)
            provisional = provisional or rules.calendar.day(due_on).provisional
        elif step.change is Change.EXTENDED:
            longer = rules.period(step.rule, on=first.starts_on).count_from(due_on, amount=step.amount)
            due_on, provisional = longer.due_on, provisional or longer.provisional
    return due_on, provisional


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
