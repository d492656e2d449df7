"""Office settings: what the texts leave to the authority. Never law, and always shown as a setting."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hefu.law.calendar import Calendar
from hefu.law.terms import OnExpiry


@dataclass(frozen=True)
class Settings:
    """What an authority fixes for itself where the law gives no figure."""

    #: Working days left at which a holder is reminded, largest first.
    reminder_days: tuple[int, ...] = (3, 1)
    #: What arrives at or after this hour counts as the next working day's; None: the whole day counts.
    cut_off: time | None = None
    #: Working days taken for "promptly" (及时).
    promptly_days: int = 5
    #: Hours taken for "at once" (立即).
    at_once_hours: int = 2
    #: Working days taken for "within a set time" where the case names none.
    set_time_days: int = 10
    #: What the end of a period brings about where the pack is silent; there is no silent grant.
    on_expiry: OnExpiry = OnExpiry.ESCALATE
    #: Whether the clock of an incomplete request stands still until it is completed, where the pack is silent.
    pause_while_incomplete: bool = False

    def __post_init__(self) -> None:
        """Refuse figures that no office can mean.

        Raises:
            ValueError: A figure below its least value, or reminders that do not fall.
        """
        if min(self.promptly_days, self.at_once_hours, self.set_time_days) < 1:
            raise ValueError("promptly_days, at_once_hours and set_time_days are at least 1")
        if list(self.reminder_days) != sorted(set(self.reminder_days), reverse=True):
            raise ValueError("reminder_days fall from the largest to the smallest, each once")
        if any(days < 0 for days in self.reminder_days):
            raise ValueError("reminder_days are not negative")


#: What holds until an authority decides otherwise.
DEFAULTS = Settings()


def receipt_day(at: datetime, *, settings: Settings, calendar: Calendar) -> date:
    """Return the day on which something that arrived at `at` counts as received.

    Args:
        at: The instant of arrival; must be aware.
        settings: For the cut-off hour.
        calendar: For the zone, and for the next working day after the cut-off hour.

    Raises:
        CalendarNotPublished: The calendar does not reach so far.
    """
    local = at.astimezone(calendar.zone)
    if settings.cut_off is None or local.time() < settings.cut_off:
        return local.date()
    return calendar.next_working(local.date() + timedelta(days=1))
