"""Reads of clocks, scoped to the viewer, and of the office's settings, which everybody may know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, QuerySet, Window

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.law import load
from hefu.law.calendar import Calendar, calendar_for
from hefu.law.deadline import Deadline
from hefu.law.errors import CalendarNotPublished
from hefu.law.notices import Notice, with_notices
from hefu.law.rules import Rules, chain, rules_for
from hefu.law.settings import DEFAULTS, Settings
from hefu.rooms.clocks.access import oversees, visible
from hefu.rooms.clocks.decide import Happened, Recount, recount
from hefu.rooms.clocks.models import CaseClock, HolidayNotice, Office
from hefu.rooms.clocks.terms import MOVABLE, OPEN, Change, State


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
    return owing(viewer=viewer).select_related("responsible").annotate(notice_ids=_notice_ids())


def owing(*, viewer: Actor) -> QuerySet[CaseClock]:
    """Return the same clocks for a statement of another room to look into, without what a page shows of them."""
    return CaseClock.objects.filter(visible(viewer), state__in=list(OPEN)).order_by("due_on", "id")


def desk(*, viewer: Actor) -> QuerySet[CaseClock]:
    """Return what the viewer's department must do, nearest last day first.

    The authority also finds what expired at other departments: it went up to it.
    """
    found = running(viewer=viewer)
    mine = found.filter(responsible_id=viewer.department_id)
    return (mine | found.filter(state=State.EXPIRED)) if oversees(viewer) else mine


def desk_head(most: int, *, viewer: Actor) -> tuple[list[CaseClock], int]:
    """Return the nearest of what the viewer's department must do, at most so many, and how much that is in all."""
    nearest: list[Any] = list(desk(viewer=viewer).annotate(together=Window(Count("*")))[:most])
    return nearest, nearest[0].together if nearest else 0


def due_before(day: date, *, viewer: Actor) -> QuerySet[CaseClock]:
    """Return the open clocks whose last day lies before `day`, nearest first."""
    return running(viewer=viewer).filter(due_on__lt=day)


def clocks_of(subject: str, *, viewer: Actor) -> list[CaseClock]:
    """Return every clock of a case that `viewer` may see, oldest first."""
    found = CaseClock.objects.filter(visible(viewer), subject=subject).select_related("responsible")
    # Two clocks may start at one instant, so their ids do not say which comes first.
    return list(found.annotate(notice_ids=_notice_ids()).order_by("started_on", "due_on", "id"))


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
    told: list[UUID] | None = getattr(clock, "notice_ids", None)
    return calendar_at(clock.place) if told is None else _laid(clock.place, tuple(told))


def calendar_at(place: str) -> Calendar:
    """Return the working days of a place, with the holiday notices that the node took in.

    Raises:
        IdentifierFault: Not the form of a division code.
    """
    return _laid(place, _in_force())


def works_at(place: str) -> Callable[[date], bool]:
    """Return whether offices of a place work on a day; where no calendar is published, Monday to Friday count."""
    calendar = calendar_at(place)

    def works(day: date) -> bool:
        try:
            return calendar.is_working(day)
        except CalendarNotPublished:
            return day.isoweekday() < 6

    return works


def rules_at(place: str) -> Rules:
    """Return the law of a place, counted with the holiday notices that the node took in.

    Raises:
        IdentifierFault: Not the form of a division code.
    """
    return _rules(place, _in_force())


def notices() -> QuerySet[HolidayNotice]:
    """Return the holiday notices that the node took in, newest year first, replaced ones too; everybody may know."""
    return HolidayNotice.objects.all()


def notices_in_force() -> tuple[Notice, ...]:
    """Return the holiday notices in force as the law's calendars take them; everybody may know."""
    return tuple(row.as_law for row in HolidayNotice.objects.filter(replaced_at__isnull=True).order_by("pk"))


def _notice_ids() -> ArraySubquery:
    """Return the ids of the notices in force, as a column: a list of clocks asks for them once, not row by row."""
    in_force = HolidayNotice.objects.filter(replaced_at__isnull=True).order_by("pk")
    return ArraySubquery(in_force.values("pk"))


def _in_force() -> tuple[UUID, ...]:
    found = HolidayNotice.objects.filter(replaced_at__isnull=True).order_by("pk")
    return tuple(found.values_list("pk", flat=True))


@lru_cache(maxsize=256)
def _laid(place: str, notice_ids: tuple[UUID, ...]) -> Calendar:
    """Return the calendar with these notices; their texts never change, so the answer can be kept."""
    if not notice_ids:
        return calendar_for(place)
    rows = HolidayNotice.objects.filter(pk__in=notice_ids)
    return with_notices(calendar_for(place), [row.as_law for row in rows])


@lru_cache(maxsize=256)
def _rules(place: str, notice_ids: tuple[UUID, ...]) -> Rules:
    if not notice_ids:
        return rules_for(place)
    return chain(place, load.shipped(), _laid(place, notice_ids))


@dataclass(frozen=True)
class Drifting:
    """A running clock that the law of now would give another last day, or another article."""

    clock: CaseClock
    #: The count that holds.
    before: Deadline
    now: Recount

    @property
    def subject(self) -> str:
        """Return the public number of the case."""
        return self.clock.subject

    @property
    def rule(self) -> str:
        """Return the rule of the clock."""
        return self.clock.rule

    @property
    def due_before(self) -> date:
        """Return the last day that holds."""
        return self.clock.due_on

    @property
    def due_on(self) -> date | None:
        """Return the last day that the law of now gives; None when it gives none."""
        return self.now.due_on

    @property
    def after(self) -> Deadline | None:
        """Return how the law of now counts."""
        return self.now.first

    @property
    def days(self) -> int | None:
        """Return by how many days the last day would move; positive is later."""
        return (self.due_on - self.due_before).days if self.due_on else None

    @property
    def provisional(self) -> bool:
        """Return whether the new day still rests on a year without an official notice."""
        return self.now.provisional

    @property
    def why_none(self) -> str:
        """Return why the law of now gives no day; empty when it gives one."""
        return self.now.why_none

    @property
    def same_law(self) -> bool:
        """Return whether only the calendar differs."""
        return self.now.same_law(self.before)


def drifting(*, viewer: Actor) -> list[Drifting]:
    """Return the running clocks that the law of now would count otherwise, nearest last day first. Nothing moves."""
    found = (drift_of(row) for row in running(viewer=viewer).filter(state__in=list(MOVABLE)))
    return [one for one in found if one is not None]


def drift_of(clock: CaseClock) -> Drifting | None:
    """Return how the law of now would count a clock otherwise; None when it would not."""
    told: list[UUID] | None = getattr(clock, "notice_ids", None)
    rules = rules_at(clock.place) if told is None else _rules(clock.place, tuple(told))
    before = clock.in_force
    now = recount(before, _happened(clock), rules)
    return Drifting(clock, before, now) if now.differs(before, clock.due_on, provisional=clock.provisional) else None


def _happened(clock: CaseClock) -> tuple[Happened, ...]:
    found = []
    for change in clock.changes:
        if change["change"] != Change.RECOUNTED:
            counted = change["deadline"] or {}
            on = date.fromisoformat(change["on"])
            found.append(Happened(Change(change["change"]), on, counted.get("rule", ""), counted.get("amount")))
    return tuple(found)


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
