"""Reads of timetables."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hefu.kernel.clock import Clock
from hefu.kernel.timetable import read
from hefu.rooms.clocks.queries import works_at
from hefu.rooms.deliveries.models import ComparingTimes, Timetable
from hefu.rooms.deliveries.terms.timetable import SHOWN_AHEAD

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


__all__ = ["Times", "comparing_times_of", "times_of", "works_at"]


@dataclass(frozen=True)
class Times:
    """When a grant's rows are copied as a whole by the clock, or after what."""

    text: str
    #: Number of what is waited for; empty for a clock's times.
    after: str
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
    if row.after:
        ahead = [row.next_at] if row.next_at else []
    else:
        ahead = read(row.text).next_times(clock.now(), works_at(grant.consumer.place), SHOWN_AHEAD)
    return Times(
        row.text,
        row.after,
        tuple(ahead) if row.next_at else (),
        row.last_at,
        row.last_delivery,
        row.missed,
        row.missed_at,
        row.missed_because,
        row.set_by,
        row.set_by_name,
    )


def comparing_times_of(grant: "Grant", *, clock: Clock) -> Times | None:
    """Return when both sides of a grant that a viewer was given already are compared; None where no times are set."""
    row = ComparingTimes.objects.filter(grant=grant).first()
    if row is None:
        return None
    ahead = read(row.text).next_times(clock.now(), works_at(grant.consumer.place), SHOWN_AHEAD) if row.next_at else []
    missed = (row.missed, row.missed_at, row.missed_because)
    return Times(row.text, "", tuple(ahead), row.last_at, "", *missed, row.set_by, row.set_by_name)
