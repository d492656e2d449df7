"""The words of timetables, and of the hours in which a source is left alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hefu.kernel.clock import CHINA
from hefu.rooms.evidence.terms import Kind

#: How much later than its time a delivery may begin before the time counts as missed.
LATE_AFTER = timedelta(minutes=10)
#: Times that a page shows ahead.
SHOWN_AHEAD = 3
#: Name of the task that starts what is due; services may not import what stands above them.
START_DUE = "deliveries.start_due"


@dataclass(frozen=True)
class Closed:
    """Hours in which whole copies do not read a source."""

    #: Equal ends, or none, mean that it is never closed; the first may be later than the last, over midnight.
    start: time | None = None
    end: time | None = None
    #: Only on working days.
    working_days: bool = False

    def opens_at(self, at: datetime, works: Callable[[date], bool]) -> datetime | None:
        """Return when reading may begin again; None when it may now."""
        if self.start is None or self.end is None or self.start == self.end:
            return None
        here = at.astimezone(CHINA)
        for back in (0, 1):
            day = here.date() - timedelta(days=back)
            if self.working_days and not works(day):
                continue
            begin = datetime.combine(day, self.start, tzinfo=CHINA)
            over = timedelta(days=1) if self.end < self.start else timedelta(0)
            finish = datetime.combine(day, self.end, tzinfo=CHINA) + over
            if begin <= here < finish:
                return finish
        return None


NEVER_CLOSED = Closed()


@dataclass(frozen=True)
class RunMissed:
    """A time passed without the delivery that should have begun then."""

    grant: str
    request: str
    due_at: datetime
    at: datetime


TIMETABLE_SET = Kind(
    "grant.timetable_set", 1, ("timetable", "next_at", "after"), "When, or after what, rows are delivered was set."
)
TIMETABLE_DROPPED = Kind("grant.timetable_dropped", 1, ("timetable",), "Rows are no more copied by themselves.")
RUN_MISSED = Kind("grant.run_missed", 1, ("due_at", "code"), "A time passed without the delivery that was due.")
