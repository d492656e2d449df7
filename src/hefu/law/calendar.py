"""Working days: which days count, with names for those that do not. The days are data in `calendars/`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from hefu.kernel.hashing import sha256
from hefu.law.errors import CalendarNotPublished, PackError
from hefu.law.places import NATION, ancestry
from hefu.law.reading import Reader, read_yaml
from hefu.law.terms import Language, Words

#: How a day range is written in the files.
_EXPECTED = "month-day, or two of them such as 10-01..10-07"


class DayKind(StrEnum):
    """Why a day counts or does not."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    #: A Saturday or Sunday on which offices work to make up for a rest day.
    MAKE_UP = "make_up"


@dataclass(frozen=True)
class CalendarDay:
    """What a calendar says about one day."""

    day: date
    kind: DayKind
    #: Holiday that the day belongs to, or that it makes up for.
    name: Words | None = None
    #: No official notice covers the day yet.
    provisional: bool = False

    @property
    def works(self) -> bool:
        """Return whether offices work that day."""
        return self.kind in (DayKind.WORKING, DayKind.MAKE_UP)


@dataclass(frozen=True)
class Calendar:
    """The working days of one place."""

    id: str
    title: Words
    #: Division code of the place; `00` is the whole country.
    place: str
    zone: ZoneInfo
    release: str
    #: SHA-256 of the file.
    digest: str
    #: First day that the calendar knows.
    first: date
    #: Last day covered by an official notice.
    published_until: date
    #: Last day for which at least the fixed festival days are known.
    expected_until: date
    #: Where the days come from.
    source: str
    rest: dict[date, Words] = field(repr=False)
    work: dict[date, Words] = field(repr=False)

    def day(self, day: date) -> CalendarDay:
        """Return what the calendar says about `day`.

        Raises:
            CalendarNotPublished: It says nothing, not even provisionally.
        """
        if not self.first <= day <= self.expected_until:
            raise CalendarNotPublished(calendar=self.id, day=day, first=self.first, last=self.expected_until)
        provisional = day > self.published_until
        if day in self.rest:
            return CalendarDay(day, DayKind.HOLIDAY, self.rest[day], provisional)
        if day in self.work:
            return CalendarDay(day, DayKind.MAKE_UP, self.work[day], provisional)
        kind = DayKind.WEEKEND if day.isoweekday() > 5 else DayKind.WORKING
        return CalendarDay(day, kind, None, provisional)

    def is_working(self, day: date) -> bool:
        """Return whether offices work on `day`.

        Raises:
            CalendarNotPublished: The calendar says nothing about it.
        """
        return self.day(day).works

    def next_working(self, day: date) -> date:
        """Return `day` itself if offices work then, else the next day on which they do.

        Raises:
            CalendarNotPublished: The calendar ends first.
        """
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def year(self, year: int) -> tuple[CalendarDay, ...]:
        """Return every day of `year`.

        Raises:
            CalendarNotPublished: The calendar does not know the year.
        """
        start = date(year, 1, 1)
        return tuple(self.day(start + timedelta(days=n)) for n in range((date(year + 1, 1, 1) - start).days))

    def working_days_left(self, today: date, due_on: date) -> int:
        """Return how many working days come after `today` up to and with `due_on`.

        0 means: today is the last day, or only rest days remain. Once the day is past, the number is negative:
        the working days after `due_on` up to and with `today`, at least 1.

        Raises:
            CalendarNotPublished: The calendar does not reach so far.
        """
        if today > due_on:
            return -max(1, self._between(due_on, today))
        return self._between(today, due_on)

    def _between(self, after: date, until: date) -> int:
        days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
        return sum(self.is_working(day) for day in days)


def working_days_left(today: date, due_on: date, *, calendar: Calendar | None = None) -> int:
    """Return the working days left by `calendar`, else by the national one; see `Calendar.working_days_left`.

    Raises:
        CalendarNotPublished: The calendar does not reach so far.
    """
    return (calendar or calendar_for(NATION)).working_days_left(today, due_on)


def calendar_for(place: str) -> Calendar:
    """Return the calendar of the place, or of the nearest place above it that has one.

    Raises:
        IdentifierFault: `place` has not the form of a division code.
    """
    known = shipped()
    return next(known[code] for code in ancestry(place) if code in known)


@cache
def shipped() -> dict[str, Calendar]:
    """Return the calendars that come with the software, by place.

    Raises:
        PackError: A file is broken.
    """
    folder = resources.files("hefu.law") / "calendars"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
    found: dict[str, Calendar] = {}
    for file in files:
        calendar = read_calendar(file.read_text(encoding="utf-8"), file.name)
        found[calendar.place] = calendar
    return found


def read_calendar(text: str, file: str) -> Calendar:
    """Return the calendar written in `text`.

    Raises:
        PackError: The text is not a calendar; the message names the place.
    """
    reader = read_yaml(text, file)
    names = {key: _name(entry) for key, entry in reader.inner("names").entries()}
    rest: dict[date, Words] = {}
    work: dict[date, Words] = {}
    years = [*_years(reader, "years", names, rest, work)]
    expected = [*_years(reader, "expected", names, rest, work)] if reader.has("expected") else []
    if not years:
        raise reader.fault("years", "at least one year")
    published_until = reader.day("published_until")
    if years != list(range(years[0], published_until.year + 1)):
        raise reader.fault("years", f"every year from {years[0]} to {published_until.year}")
    if expected and expected != list(range(years[-1] + 1, expected[-1] + 1)):
        raise reader.fault("expected", f"every year from {years[-1] + 1} to {expected[-1]}")
    last = expected[-1] if expected else years[-1]
    reader.day("checked")
    calendar = Calendar(
        id=reader.text("id"),
        title=Words(zh=reader.text("title_zh"), en=reader.text("title_en")),
        place=reader.text("place"),
        zone=ZoneInfo(reader.text("zone")),
        release=reader.text("release"),
        digest=sha256(text.encode()),
        first=date(years[0], 1, 1),
        published_until=published_until,
        expected_until=max(published_until, date(last, 12, 31)),
        source=reader.text("source"),
        rest=rest,
        work=work,
    )
    reader.done()
    return calendar


def _name(entry: Reader) -> Words:
    name = entry.name()
    entry.done()
    return name


def _years(
    reader: Reader, key: str, names: dict[str, Words], rest: dict[date, Words], work: dict[date, Words]
) -> list[int]:
    found = []
    for label, entry in reader.inner(key).entries():
        if not label.isdigit():
            raise PackError(file=reader.file, key=f"{key}.{label}", found=label, expected="a year")
        year = int(label)
        found.append(year)
        entry.text_or("notice")
        for table, into in (("rest", rest), ("work", work)):
            if entry.has(table):
                _days(entry.inner(table), year, names, into)
        entry.done()
    return found


def _days(reader: Reader, year: int, names: dict[str, Words], into: dict[date, Words]) -> None:
    for holiday in reader.names():
        if holiday not in names:
            raise PackError(file=reader.file, key=reader.key(holiday), found=holiday, expected="a key of names")
        for text in reader.texts(holiday):
            for day in _range(text, year, reader, holiday):
                if day in into:
                    raise reader.fault(holiday, f"{day} only once")
                into[day] = names[holiday]


def _range(text: str, year: int, reader: Reader, holiday: str) -> list[date]:
    start, _, end = text.partition("..")
    try:
        first = date.fromisoformat(f"{year}-{start}")
        last = date.fromisoformat(f"{year}-{end or start}")
    except ValueError:
        raise reader.fault(holiday, _EXPECTED) from None
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def describe(day: CalendarDay, language: Language) -> str:
    """Return in a few words why the day counts or not."""
    zh = language is Language.ZH
    name = day.name.in_(language) if day.name else ""
    match day.kind:
        case DayKind.WORKING:
            return "工作日" if zh else "working day"
        case DayKind.WEEKEND:
            return "周末" if zh else "weekend"
        case DayKind.HOLIDAY:
            return name
        case DayKind.MAKE_UP:
            return f"{name}调休上班" if zh else f"worked weekend ({name})"
