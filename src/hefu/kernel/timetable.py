"""When whole copies are taken: in cron's form, in an office's words, or after something else was done. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hefu.kernel.clock import CHINA
from hefu.kernel.words import _

#: A table is not copied whole more often than this: what has to be fresher is kept in step.
CLOSEST = 10
#: Signs of a timetable at most.
LONGEST = 120
#: What is said of a text that states no times.
NO_TIMES = _(
    "Say the times in words, such as “every working day 02:00”, “every Monday 08:30”, “every month on 1 at 03:00”, or "
    "in the five fields of cron; at least ten minutes apart."
)
#: What is said of a text that states neither times nor what is waited for.
NO_TIMES_NO_EVENT = _(
    "Say the times in words, such as “every working day 02:00”, “every Monday 08:30”, “every month on 1 at 03:00”, or "
    "in the five fields of cron, at least ten minutes apart; or what is waited for, such as “after G2026-000001”."
)
#: What is said of starts that would wait for each other.
IN_A_RING = _("Each of these would start after the one before, without an end: {ring}.")
#: Days that are looked at for the next run; more than any leap day is away.
_FURTHEST = 366 * 9
_HOURS, _MINUTES = frozenset(range(24)), frozenset(range(60))
_WEEKDAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}
_ENGLISH = {"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7}
_AT = r"(?P<hour>[01]?\d|2[0-3])[:：](?P<minute>[0-5]\d)"


_NUMBER = r"[A-Z]\d{4}-\d{6,9}"
_AFTER = re.compile(
    rf"after (?P<english>{_NUMBER})|在? ?(?P<chinese>{_NUMBER}) ?(?:之后|以后|后)"
    r"|(?P<own>after (?:its |the )?collection|归集(?:之后|以后|后))",
    re.IGNORECASE,
)


class NoTimetable(ValueError):
    """The text says no times."""


@dataclass(frozen=True)
class Timetable:
    """Minutes, hours and days on which something is due, in the offices' zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    #: Days of the month and months; None for all.
    days: frozenset[int] | None = None
    months: frozenset[int] | None = None
    #: 1 Monday to 7 Sunday; None for all. With `days` as well, either of the two is enough, as in cron.
    weekdays: frozenset[int] | None = None
    #: Only working days, adjusted rest days counted; None for any.
    working: bool | None = None

    def falls_on(self, day: date, works: Callable[[date], bool]) -> bool:
        """Return whether something is due on `day`."""
        if self.months is not None and day.month not in self.months:
            return False
        if self.working is not None and works(day) is not self.working:
            return False
        in_month = self.days is None or day.day in self.days
        in_week = self.weekdays is None or day.isoweekday() in self.weekdays
        if self.days is not None and self.weekdays is not None:
            return in_month or in_week
        return in_month and in_week

    def next_after(self, at: datetime, works: Callable[[date], bool]) -> datetime | None:
        """Return the first time after `at` at which something is due; None when there is none in years.

        Args:
            at: An instant, aware.
            works: Whether offices work on a day.
        """
        here = at.astimezone(CHINA)
        times = sorted(time(hour, minute) for hour in self.hours for minute in self.minutes)
        for ahead in range(_FURTHEST):
            day = here.date() + timedelta(days=ahead)
            if not self.falls_on(day, works):
                continue
            for one in times:
                due = datetime.combine(day, one, tzinfo=CHINA)
                if due > here:
                    return due
        return None

    def next_times(self, at: datetime, works: Callable[[date], bool], count: int) -> list[datetime]:
        """Return the next times at which something is due."""
        found: list[datetime] = []
        while len(found) < count and (due := self.next_after(found[-1] if found else at, works)) is not None:
            found.append(due)
        return found


def read(text: str) -> Timetable:
    """Return the timetable that a text states: five fields of cron, or words.

    >>> read("每个工作日 02:00") == read("every working day 02:00")
    True
    >>> read("每周一、三 08:30").weekdays == read("30 8 * * 1,3").weekdays
    True

    Raises:
        NoTimetable: It states none, or one that is closer than a whole copy should be.
    """
    said = " ".join(text.strip().split())
    found = _in_words(said) or _in_cron(said)
    if found is None:
        raise NoTimetable(text)
    minutes = sorted(found.minutes)
    around = [*minutes[1:], minutes[0] + 60]
    if len(minutes) > 1 and min(b - a for a, b in zip(minutes, around, strict=True)) < CLOSEST:
        raise NoTimetable(text)
    return found


@dataclass(frozen=True)
class After:
    """Something is due each time when something else was done."""

    #: Public number of what is waited for: a grant's, a holding's, a library's. Empty for the entry's own collection.
    number: str


def stated(text: str) -> Timetable | After:
    """Return what a text states: times, or what is waited for.

    >>> stated("after G2026-000001") == stated("G2026-000001 之后") == After("G2026-000001")
    True
    >>> stated("归集之后")
    After(number='')

    Raises:
        NoTimetable: Neither.
    """
    said = _AFTER.fullmatch(" ".join(text.strip().split()))
    if said is None:
        return read(text)
    return After((said["english"] or said["chinese"] or "").upper())


def ring(number: str, waits_for: str, all_waits: Mapping[str, str]) -> tuple[str, ...]:
    """Return the numbers along which `number` would wait for itself, if it waited for `waits_for`; none for no ring.

    Args:
        number: What is to wait.
        waits_for: For what.
        all_waits: Number → number that it waits for, of all others.
    """
    found = [number]
    while waits_for and waits_for not in found:
        found.append(waits_for)
        waits_for = all_waits.get(waits_for, "")
    return (*found, waits_for) if waits_for == number else ()


def _in_words(said: str) -> Timetable | None:
    if re.fullmatch(r"每(?:个)?小时|every hour", said, re.IGNORECASE):
        return Timetable(frozenset({0}), _HOURS)
    when = re.fullmatch(rf"(?P<day>.+?)(?: at)? ?{_AT}", said)
    if when is None:
        return None
    minutes, hours = frozenset({int(when["minute"])}), frozenset({int(when["hour"])})
    day = when["day"].strip().lower()
    if day in ("每天", "每日", "every day"):
        return Timetable(minutes, hours)
    if day in ("每个工作日", "每工作日", "工作日", "every working day"):
        return Timetable(minutes, hours, working=True)
    if day in ("每个休息日", "休息日", "every day off"):
        return Timetable(minutes, hours, working=False)
    if week := re.fullmatch(r"每(?:个)?(?:周|星期)([一二三四五六日天](?:[、,，和 ]?[一二三四五六日天])*)", day):
        return Timetable(minutes, hours, weekdays=frozenset(_WEEKDAYS[one] for one in week[1] if one in _WEEKDAYS))
    named = day.removeprefix("every ").replace(" and ", ", ").split(", ")
    if day.startswith("every ") and all(one in _ENGLISH for one in named):
        return Timetable(minutes, hours, weekdays=frozenset(_ENGLISH[one] for one in named))
    if month := re.fullmatch(r"每(?:个)?月 ?(\d\d?) ?[日号]|every month on (?:day )?(\d\d?)", day):
        number = int(month[1] or month[2])
        return Timetable(minutes, hours, days=frozenset({number})) if 1 <= number <= 31 else None
    return None


def _in_cron(said: str) -> Timetable | None:
    parts = said.split(" ")
    if len(parts) != 5:
        return None
    minutes, hours = _field(parts[0], 0, 59), _field(parts[1], 0, 23)
    days, months, weekdays = _field(parts[2], 1, 31), _field(parts[3], 1, 12), _field(parts[4], 0, 7)
    if None in (minutes, hours, days, months, weekdays):
        return None
    return Timetable(
        minutes or _MINUTES,
        hours or _HOURS,
        days or None,
        months or None,
        frozenset(7 if one == 0 else one for one in weekdays or ()) or None,
    )


def _field(text: str, low: int, high: int) -> frozenset[int] | None:
    """Return the numbers that a field of cron names, none for `*`; None when it is no field."""
    found: set[int] = set()
    for part in text.split(","):
        one = re.fullmatch(r"(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", part)
        if one is None:
            return None
        if one[1] and one[4] is None:
            return frozenset() if text == "*" else None
        first = low if one[1] else int(one[2])
        last = high if one[1] or (one[3] is None and one[4]) else int(one[3] or one[2])
        step = int(one[4] or 1)
        if not (low <= first <= last <= high) or step < 1:
            return None
        found.update(range(first, last + 1, step))
    return frozenset(found)
