"""Reads of clocks, scoped to the viewer, and of the office's settings, which everybody may know."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.law.calendar import Calendar, calendar_for
from hefu.law.deadline import Deadline
from hefu.law.errors import CalendarNotPublished
from hefu.law.settings import DEFAULTS, Settings
from hefu.rooms.clocks.access import oversees, visible
from hefu.rooms.clocks.models import CaseClock, Office
from hefu.rooms.clocks.terms import OPEN, Change, State


@dataclass(frozen=True)
class Moved:
    """One thing that moved a clock's last day after its start, or stopped it."""

    change: Change
    on: date
    due_before: date
    #: The last day after it; the same as before for a pause.
    due_on: date
    #: How an extension was counted; None for a pause and its end.
    deadline: Deadline | None = None
    reason: str = ""


@dataclass(frozen=True)
class Explained:
    """Everything that a page shows behind a clock's date."""

    #: The first last day: every step, citation, the pack with its hash, the other levels' answers.
    counted: Deadline
    moved: tuple[Moved, ...]
    #: The last day that holds now.
    due_on: date
    #: A day on the way, of the first count or of an extension, has no official calendar yet.
    provisional: bool


def running(*, viewer: Actor) -> QuerySet[CaseClock]:
    """Return the clocks under which something is still owed, nearest last day first."""
    return (
        CaseClock.objects.filter(visible(viewer), state__in=list(OPEN))
        .select_related("responsible")
        .order_by("due_on", "id")
    )


def desk(*, viewer: Actor) -> QuerySet[CaseClock]:
    """Return what the viewer's department must do, nearest last day first.

    The authority also finds what expired at other departments: it went up to it.
    """
    found = running(viewer=viewer)
    mine = found.filter(responsible_id=viewer.department_id)
    return (mine | found.filter(state=State.EXPIRED)) if oversees(viewer) else mine


def due_before(day: date, *, viewer: Actor) -> QuerySet[CaseClock]:
    """Return the open clocks whose last day lies before `day`, nearest first."""
    return running(viewer=viewer).filter(due_on__lt=day)


def clocks_of(subject: str, *, viewer: Actor) -> list[CaseClock]:
    """Return every clock of a case that `viewer` may see, oldest first."""
    return list(CaseClock.objects.filter(visible(viewer), subject=subject).select_related("responsible").order_by("id"))


def clock_of(subject: str, *, viewer: Actor, rule: str = "") -> CaseClock:
    """Return the clock of a case that matters now: the open one with the nearest last day, else the newest.

    Raises:
        NotFound: None that the viewer may see.
    """
    found = [clock for clock in clocks_of(subject, viewer=viewer) if not rule or clock.rule == rule]
    if not found:
        raise NotFound(what="clock", key=subject)
    still_open = [clock for clock in found if clock.is_open]
    return min(still_open, key=lambda clock: clock.due_on) if still_open else found[-1]


def explained(clock: CaseClock) -> Explained:
    """Return what stands behind a clock's last day."""
    return Explained(
        counted=clock.counted,
        moved=tuple(_moved(change) for change in clock.changes),
        due_on=clock.due_on,
        provisional=clock.provisional,
    )


def calendar_of(clock: CaseClock) -> Calendar:
    """Return the working days that the clock is counted by."""
    return calendar_for(clock.place)


def days_left(clock: CaseClock, today: date) -> int | None:
    """Return the working days after `today` up to and with the last day; negative once it is past.

    A clock that stands still has what it had when it stopped. None means that no calendar reaches so far:
    pages then show the date alone.
    """
    day = clock.paused_on if clock.state == State.PAUSED and clock.paused_on else today
    try:
        return calendar_of(clock).working_days_left(day, clock.due_on)
    except CalendarNotPublished:
        return None


def office() -> Settings:
    """Return what the authority set where the law is silent; the defaults until it sets anything."""
    row = Office.objects.filter(pk=1).first()
    return row.settings if row else DEFAULTS


def _moved(change: dict[str, Any]) -> Moved:
    return Moved(
        change=Change(change["change"]),
        on=date.fromisoformat(change["on"]),
        due_before=date.fromisoformat(change["due_before"]),
        due_on=date.fromisoformat(change["due_on"]),
        deadline=Deadline.from_json(change["deadline"]) if change["deadline"] else None,
        reason=change["reason"],
    )
