"""Holiday notices that a node took in after the software was released: laid over the shipped calendars.

A notice is the text that `hefu.law.calendar.add_notice` reads. Which ones a node has is the node's affair; this
module says what one holds and what the calendar of a place is with them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hefu.law.calendar import Calendar, add_notice, shipped
from hefu.law.errors import PackError
from hefu.law.places import NATION
from hefu.law.reading import read_yaml


@dataclass(frozen=True)
class Notice:
    """One year's official notice of one place."""

    year: int
    #: Significant digits of the division code; `00` is the national notice.
    place: str
    #: Number or address under which it was issued.
    notice: str
    text: str
    #: Name for messages.
    file: str


def read_notice(text: str, file: str) -> Notice:
    """Return what a notice is about; its days are read by `with_notices`.

    Raises:
        PackError: The text is no notice, or its place has no calendar of its own.
    """
    reader = read_yaml(text, file)
    found = Notice(reader.whole("year", least=2000), reader.text("place"), reader.text("notice"), text, file)
    if found.place not in shipped():
        raise reader.fault("place", "one of " + ", ".join(sorted(shipped())))
    return found


def with_notices(calendar: Calendar, notices: Iterable[Notice]) -> Calendar:
    """Return the calendar with those notices that concern it and that it does not have already.

    They are laid on by year, the national one first. What a later release of the software brings along is left out.

    Raises:
        PackError: A notice cannot be read, or a year before it is missing.
    """
    for one in sorted(notices, key=lambda notice: (notice.year, notice.place != NATION)):
        if one.place in (calendar.place, NATION) and not has(calendar, one):
            calendar = add_notice(calendar, one.text, one.file)
    return calendar


def has(calendar: Calendar, notice: Notice) -> bool:
    """Return whether the calendar came with that place's notice of that year."""
    if notice.place == NATION:
        return notice.year <= calendar.published_until.year
    return calendar.own_years is not None and notice.year in calendar.own_years


def check_notice(notice: Notice, present: Iterable[Notice]) -> None:
    """See that the notice can be laid over its place's calendar beside those that are there.

    Raises:
        PackError: It cannot be read, it is of a year that the software brought along, or a year before is missing.
    """
    calendar = shipped()[notice.place]
    if has(calendar, notice):
        expected = "a year that the calendar does not have yet"
        raise PackError(file=notice.file, key="year", found=notice.year, expected=expected)
    with_notices(calendar, [*present, notice])
