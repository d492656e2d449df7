"""Reads of timetables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from hefu.kernel.clock import Clock
from hefu.law.errors import CalendarNotPublished
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.deliveries.decide.timetable import read
from hefu.rooms.deliveries.models import Timetable
from hefu.rooms.deliveries.terms.timetable import SHOWN_AHEAD

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


@dataclass(frozen=True)
class Times:
    """When a grant's rows are copied as a whole by the clock."""

    text: str
    next_times: tuple[datetime, ...]
    last_at: datetime | None
    last_delivery: str
    missed: int
    missed_at: datetime | None
    #: Why the last one was missed.
    missed_because: str
    set_by: str
    set_by_name: str


def times_of(grant: "Grant", *, clock: Clock) -> Times | None:
    """Return the timetable of a grant that a viewer was given already; None where there is none."""
    row = Timetable.objects.filter(grant=grant).first()
    if row is None:
        return None
    ahead = read(row.text).next_times(clock.now(), works_at(grant.consumer.place), SHOWN_AHEAD)
    return Times(
        row.text,
        tuple(ahead) if row.next_at else (),
        row.last_at,
        row.last_delivery,
        row.missed,
        row.missed_at,
        row.missed_because,
        row.set_by,
        row.set_by_name,
    )


def works_at(place: str) -> Callable[[date], bool]:
    """Return whether offices of a place work on a day; where no calendar is published, Monday to Friday count."""
    calendar = clocks.calendar_at(place)

    def works(day: date) -> bool:
        try:
            return calendar.is_working(day)
        except CalendarNotPublished:
            return day.isoweekday() < 6

    return works
