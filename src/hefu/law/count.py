"""Counting days. Pure: a length, a manner, a calendar and a day in; the last day and every step out."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from hefu.law.calendar import Calendar
from hefu.law.deadline import WHY, Step, Why
from hefu.law.errors import NoSuchDay
from hefu.law.terms import Direction, FirstDay, LastDay, MonthEnd, Unit

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Manner:
    """How a period is counted, as its rule declares it."""

    unit: Unit
    first_day: FirstDay = FirstDay.NOT_COUNTED
    last_day: LastDay = LastDay.NEXT_WORKING_DAY
    month_end: MonthEnd = MonthEnd.STOP
    direction: Direction = Direction.AFTER


def count(start: date, amount: int, manner: Manner, calendar: Calendar, *, rule: str) -> tuple[Step, ...]:
    """Return the steps from the day of the event to the last day, which is the day of the last step.

    Working days are walked one by one, and so are plain days; months and years are one jump. A last day that is
    a rest day moves on when the manner says so (back, when the period runs before its event).

    Raises:
        CalendarNotPublished: The calendar does not reach so far.
        NoSuchDay: The last month has no such day and the manner says to stop.
    """
    match manner.unit:
        case Unit.WORKING_DAY:
            return tuple(_working_days(start, amount, manner, calendar))
        case Unit.DAY:
            steps = _plain_days(start, amount, manner)
        case Unit.MONTH | Unit.YEAR:
            steps = [_jump(start, amount, manner, rule)]
    return tuple(_settle(steps, manner, calendar))


def _sign(manner: Manner) -> timedelta:
    return _DAY if manner.direction is Direction.AFTER else -_DAY


def _working_days(start: date, amount: int, manner: Manner, calendar: Calendar) -> list[Step]:
    forward = _sign(manner)
    if manner.first_day is FirstDay.COUNTED:
        steps, day = [], start - forward
    else:
        steps, day = [Step(start, Why.FIRST_DAY)], start
    number = 0
    while number < amount:
        day += forward
        found = calendar.day(day)
        number += found.works
        steps.append(Step(day, WHY[found.kind], number if found.works else None, found.name, found.provisional))
    return steps


def _plain_days(start: date, amount: int, manner: Manner) -> list[Step]:
    forward = _sign(manner)
    if manner.first_day is FirstDay.COUNTED:
        return [Step(start + n * forward, Why.COUNTED, n + 1) for n in range(amount)]
    days = [Step(start + n * forward, Why.COUNTED, n) for n in range(1, amount + 1)]
    return [Step(start, Why.FIRST_DAY), *days]


def _jump(start: date, amount: int, manner: Manner, rule: str) -> Step:
    months = amount * (12 if manner.unit is Unit.YEAR else 1)
    if manner.direction is Direction.BEFORE:
        months = -months
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    end = _day_of_month(years, month + 1, start.day, manner.month_end)
    if end is None:
        raise NoSuchDay(amount=amount, unit=manner.unit.value, start=start, rule=rule)
    if manner.first_day is FirstDay.COUNTED:
        end -= _sign(manner)
    return Step(end, Why.JUMP, amount)


def _day_of_month(year: int, month: int, day: int, month_end: MonthEnd) -> date | None:
    last = monthrange(year, month)[1]
    if day <= last:
        return date(year, month, day)
    match month_end:
        case MonthEnd.CLIP:
            return date(year, month, last)
        case MonthEnd.NEXT:
            return date(year, month, last) + _DAY
        case MonthEnd.STOP:
            return None


def _settle(steps: list[Step], manner: Manner, calendar: Calendar) -> list[Step]:
    if manner.last_day is LastDay.AS_IS:
        return steps
    forward = _sign(manner)
    settled = list(steps)
    while not (found := calendar.day(settled[-1].day)).works:
        before = settled.pop()
        settled.append(Step(before.day, before.why, before.number, found.name, found.provisional))
        settled.append(Step(before.day + forward, Why.MOVED))
    last = settled.pop()
    settled.append(Step(last.day, last.why, last.number, found.name, found.provisional))
    return settled
