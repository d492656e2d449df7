"""Working days: which days count, with names for those that do not. The days are data in `calendars/`."""

from dataclasses import dataclass, field, replace
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

#: Id of the calendar on which the regional ones rest.
NATIONAL = "cn"
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
    #: Years for which a notice of the place itself was seen; None for the national calendar, which has all.
    own_years: frozenset[int] | None
    #: Key of the file → holiday.
    names: dict[str, Words] = field(repr=False)
    rest: dict[date, Words] = field(repr=False)
    work: dict[date, Words] = field(repr=False)

    def day(self, day: date) -> CalendarDay:
        """Return what the calendar says about `day`.

        Raises:
            CalendarNotPublished: It says nothing, not even provisionally.
        """
        if not self.first <= day <= self.expected_until:
            raise CalendarNotPublished(calendar=self.id, day=day, first=self.first, last=self.expected_until)
        unseen = self.own_years is not None and day.year not in self.own_years
        provisional = unseen or day > self.published_until
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
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}
    national = read_calendar(files.pop(f"{NATIONAL}.yaml"), f"{NATIONAL}.yaml")
    regional = [read_calendar(text, name, base=national) for name, text in sorted(files.items())]
    return {calendar.place: calendar for calendar in (national, *regional)}


def read_calendar(text: str, file: str, *, base: Calendar | None = None) -> Calendar:
    """Return the calendar written in `text`.

    Args:
        text: YAML in the form of `calendars/cn.yaml`.
        file: Name for messages.
        base: For a region: the national calendar, whose days hold where the region has none of its own. Years that
            the file does not list stay provisional, because no notice of the region was seen for them.

    Raises:
        PackError: The text is not a calendar; the message names the place.
    """
    reader = read_yaml(text, file)
    names = {key: _name(entry) for key, entry in reader.inner("names").entries()}
    days = _Days(names)
    years = days.read(reader, "years")
    expected = days.read(reader, "expected") if reader.has("expected") else []
    reader.day("checked")
    published_until = base.published_until if base else reader.day("published_until")
    if not years:
        raise reader.fault("years", "at least one year")
    if base is None:
        _check_years(reader, years, expected, published_until)
    last = (expected or years)[-1]
    calendar = Calendar(
        id=reader.text("id"),
        title=Words(zh=reader.text("title_zh"), en=reader.text("title_en")),
        place=reader.text("place"),
        zone=ZoneInfo(reader.text("zone")),
        release=reader.text("release"),
        digest=sha256(text.encode()),
        first=base.first if base else date(years[0], 1, 1),
        published_until=published_until,
        expected_until=base.expected_until if base else max(published_until, date(last, 12, 31)),
        source=reader.text("source"),
        own_years=frozenset(years) if base else None,
        names={**base.names, **names} if base else names,
        rest=_overlay(base.rest, days.rest, days.work) if base else days.rest,
        work=_overlay(base.work, days.work, days.rest) if base else days.work,
    )
    reader.done()
    return calendar


def add_notice(calendar: Calendar, text: str, file: str, *, below: Calendar | None = None) -> Calendar:
    """Return the calendar with the holiday notice of one more year, so that its days are no longer provisional.

        year: 2027
        place: "00"             # of the notice: the calendar's own place, or 00 for the national notice
        notice: number or address of the notice
        corrects: true          # only where a year that has its notice was changed afterwards: lists it whole, anew
        rest: {new_year: ["01-01..01-03"]}
        work: {new_year: ["01-09"]}

    Args:
        calendar: What the notice is laid over.
        text: The notice.
        file: Its name, for messages.
        below: For a region: the national calendar on which `calendar` rests; the shipped one when not given.

    Raises:
        PackError: The text is no such notice, it belongs to another place, or it is not of the next year.
    """
    reader = read_yaml(text, file)
    year, place, corrects = reader.whole("year", least=2000), reader.text("place"), reader.flag("corrects")
    reader.text("notice")
    if place not in (calendar.place, NATION):
        raise reader.fault("place", f"{calendar.place} or {NATION}")
    national, following = place == NATION, calendar.published_until.year + 1
    if corrects and not calendar.first.year <= year <= following:
        raise reader.fault("year", f"a year from {calendar.first.year} to {following}")
    if national and not corrects and year != following:
        raise reader.fault("year", str(following))
    days = _Days(calendar.names)
    days.read_year(reader, year)
    reader.done()
    rest, work = _year_anew(calendar, days, year, below or shipped()[NATION], national=national, corrects=corrects)
    own = calendar.own_years
    return replace(
        calendar,
        release=f"{calendar.release}+{place}:{year}",
        digest=sha256(f"{calendar.digest}\n{text}".encode()),
        published_until=max(calendar.published_until, date(year, 12, 31)) if national else calendar.published_until,
        expected_until=max(calendar.expected_until, date(year, 12, 31)),
        own_years=own if own is None or national else own | {year},
        rest={**{day: name for day, name in calendar.rest.items() if day.year != year}, **rest},
        work={**{day: name for day, name in calendar.work.items() if day.year != year}, **work},
    )


def _year_anew(
    calendar: Calendar, days: "_Days", year: int, below: Calendar, *, national: bool, corrects: bool
) -> tuple[dict[date, Words], dict[date, Words]]:
    """Return the rest days and the worked weekends of a year after a notice.

    A national notice goes under what a region has of its own; a region's notice goes over the national days, and
    its correction over these alone.
    """
    if national:
        own_rest = _of_its_own(calendar.rest, below.rest, year) if calendar.place != NATION else {}
        own_work = _of_its_own(calendar.work, below.work, year) if calendar.place != NATION else {}
        return _overlay(days.rest, own_rest, own_work), _overlay(days.work, own_work, own_rest)
    under = below if corrects else calendar
    rest = {day: name for day, name in under.rest.items() if day.year == year}
    work = {day: name for day, name in under.work.items() if day.year == year}
    return _overlay(rest, days.rest, days.work), _overlay(work, days.work, days.rest)


def _of_its_own(days: dict[date, Words], below: dict[date, Words], year: int) -> dict[date, Words]:
    return {day: name for day, name in days.items() if day.year == year and below.get(day) != name}


def _check_years(reader: Reader, years: list[int], expected: list[int], published_until: date) -> None:
    if years != list(range(years[0], published_until.year + 1)):
        raise reader.fault("years", f"every year from {years[0]} to {published_until.year}")
    if expected and expected != list(range(years[-1] + 1, expected[-1] + 1)):
        raise reader.fault("expected", f"every year from {years[-1] + 1} to {expected[-1]}")


def _overlay(below: dict[date, Words], above: dict[date, Words], against: dict[date, Words]) -> dict[date, Words]:
    return {**{day: name for day, name in below.items() if day not in against}, **above}


class _Days:
    """Rest days and worked weekends as they are read from a file."""

    def __init__(self, names: dict[str, Words]) -> None:
        self.names = names
        self.rest: dict[date, Words] = {}
        self.work: dict[date, Words] = {}

    def read(self, reader: Reader, key: str) -> list[int]:
        """Read the years at `key` and return them in the file's order."""
        found = []
        for label, entry in reader.inner(key).entries():
            if not label.isdigit():
                raise PackError(file=reader.file, key=f"{key}.{label}", found=label, expected="a year")
            found.append(int(label))
            entry.text_or("notice")
            self.read_year(entry, int(label))
            entry.done()
        return found

    def read_year(self, reader: Reader, year: int) -> None:
        """Read the tables `rest` and `work` of one year."""
        for table, into in (("rest", self.rest), ("work", self.work)):
            if reader.has(table):
                self._read_table(reader.inner(table), year, into)

    def _read_table(self, reader: Reader, year: int, into: dict[date, Words]) -> None:
        for holiday in reader.names():
            if holiday not in self.names:
                raise PackError(file=reader.file, key=reader.key(holiday), found=holiday, expected="a key of names")
            for text in reader.texts(holiday):
                for day in _range(text, year, reader, holiday):
                    if day in into:
                        raise reader.fault(holiday, f"{day} only once")
                    into[day] = self.names[holiday]


def _name(entry: Reader) -> Words:
    name = entry.name()
    entry.done()
    return name


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
