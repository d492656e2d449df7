"""The only place that asks what time it is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

#: The zone in which every office of the country counts its days.
CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the time; passed to every service, so that a test can say what day it is."""

    def now(self) -> datetime:
        """Return the current instant in UTC, aware."""
        ...

    def today(self, zone: ZoneInfo = CHINA) -> date:
        """Return the current day in `zone`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant in UTC, aware."""
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def today(self, zone: ZoneInfo = CHINA) -> date:
        """Return the current day in `zone`."""
        return self.now().astimezone(zone).date()


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still: for tests and for the demonstration's past."""

    #: The instant it shows; must be aware.
    at: datetime

    def __post_init__(self) -> None:
        """Refuse an instant without a zone: it would mean another moment on every machine."""
        if self.at.utcoffset() is None:
            raise ValueError(f"{self.at.isoformat()} has no time zone; give it one, such as tzinfo=CHINA")

    def now(self) -> datetime:
        """Return the fixed instant in UTC."""
        return self.at.astimezone(UTC)

    def today(self, zone: ZoneInfo = CHINA) -> date:
        """Return the fixed instant's day in `zone`."""
        return self.at.astimezone(zone).date()


def at_noon(day: date, zone: ZoneInfo = CHINA) -> FixedClock:
    """Return a clock that stands at noon of `day` in `zone`."""
    return FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=zone))
