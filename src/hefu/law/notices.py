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
    #: Whether it changes a year whose notice is known; it then lists the whole year anew.
    corrects: bool = False


def read_notice(text: str, file: str) -> Notice:
    """Return what a notice is about; its days are read by `with_notices`.

    Raises:
        PackError: The text is no notice, or its place has no calendar of its own.
    """
    reader = read_yaml(text, file)
    year, place, notice = reader.whole("year", least=2000), reader.text("place"), reader.text("notice")
    found = Notice(year, place, notice, text, file, corrects=reader.flag("corrects"))
    if found.place not in shipped():
        raise reader.fault("place", "one of " + ", ".join(sorted(shipped())))
    return found


def with_notices(calendar: Calendar, notices: Iterable[Notice]) -> Calendar:
    """Return the calendar with those notices that concern it and that it does not have already.

    They are laid on by year, the national one first. What a later release of the software brings along is left out,
    unless it corrects a year: the authority's correction holds until it takes in another.

    Raises:
        PackError: A notice cannot be read, or a year before it is missing.
    """
    below = shipped()[NATION]
    for one in sorted(notices, key=lambda notice: (notice.year, notice.place != NATION)):
        if one.place not in (calendar.place, NATION):
            continue
        if one.corrects or not has(calendar, one):
            calendar = add_notice(calendar, one.text, one.file, below=below)
        if one.place == NATION and (one.corrects or not has(below, one)):
            below = add_notice(below, one.text, one.file)
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
    if has(calendar, notice) and not notice.corrects:
        expected = "a year that the calendar does not have yet, or corrects: true"
        raise PackError(file=notice.file, key="year", found=notice.year, expected=expected)
    with_notices(calendar, [*present, notice])
