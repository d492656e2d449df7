"""The words of running statutory periods.

A clock belongs to a case and one rule. It explains itself: it keeps the law's `Deadline` with every
step, citation and the hash of the pack, and every later change of its last day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class State(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    #: Stands still; days that pass now do not count.
    PAUSED = "paused"
    #: The last day passed without an answer. The case went up to the authority; the duty to answer stays.
    EXPIRED = "expired"
    #: Answered on the last day or before.
    MET = "met"
    #: Answered after the last day.
    LATE_MET = "late_met"
    #: The case ended in another way; nothing is owed any more.
    CANCELLED = "cancelled"


STATE_NAMES = {
    State.RUNNING: _("time is running"),
    State.PAUSED: _("stands still"),
    State.EXPIRED: _("overdue"),
    State.MET: _("met in time"),
    State.LATE_MET: _("met late"),
    State.CANCELLED: _("no longer owed"),
}

#: States in which something is still owed.
OPEN = frozenset({State.RUNNING, State.PAUSED, State.EXPIRED})

#: Which state may follow which. An expired clock may still be met in time: the machine's date may have been
#: ahead when the sweep ran, and the answer's own day decides.
MOVES: dict[State, frozenset[State]] = {
    State.RUNNING: frozenset({State.PAUSED, State.EXPIRED, State.MET, State.LATE_MET, State.CANCELLED}),
    State.PAUSED: frozenset({State.RUNNING, State.MET, State.CANCELLED}),
    State.EXPIRED: frozenset({State.MET, State.LATE_MET, State.CANCELLED}),
    State.MET: frozenset(),
    State.LATE_MET: frozenset(),
    State.CANCELLED: frozenset(),
}


@dataclass(frozen=True)
class Nothing:
    """The sweep leaves the clock alone."""


@dataclass(frozen=True)
class Warn:
    """The last day is near."""

    #: Working days after today up to and with the last day.
    days_left: int
    #: The office's reminder that is given; a smaller one follows later.
    reminder: int


@dataclass(frozen=True)
class Expire:
    """The last day has passed."""


class Change(StrEnum):
    """What moved a clock's last day after its start."""

    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    #: Counted again: an official calendar came out, or the reviewer accepted what the law of now gives.
    RECOUNTED = "recounted"


CHANGE_NAMES = {
    Change.PAUSED: _("stood still"),
    Change.RESUMED: _("went on"),
    Change.EXTENDED: _("was extended"),
    Change.RECOUNTED: _("was counted again"),
}

#: States of clocks whose last day may still be counted again; an expired one stays as it fell due.
MOVABLE = frozenset({State.RUNNING, State.PAUSED})


class Cause(StrEnum):
    """Why a last day was counted again."""

    #: The holiday notice of a year came out.
    NOTICE = "notice"
    #: The authority's reviewer accepted what a corrected pack or calendar gives.
    ACCEPTED = "accepted"


CAUSE_NAMES = {
    Cause.NOTICE: _("the official holiday notice came out"),
    Cause.ACCEPTED: _("the data authority accepted a corrected count"),
}


@dataclass(frozen=True)
class ClockWarned:
    """The last day of a clock is near."""

    #: Public number of the case.
    subject: str
    rule: str
    responsible_id: UUID
    due_on: date
    #: Working days after today up to and with the last day.
    days_left: int
    at: datetime


@dataclass(frozen=True)
class ClockExpired:
    """The last day of a clock passed without an answer. It is never a silent grant."""

    #: Public number of the case.
    subject: str
    rule: str
    responsible_id: UUID
    due_on: date
    at: datetime


@dataclass(frozen=True)
class ClockMoved:
    """The last day of a clock was counted again and is another one now."""

    #: Public number of the case.
    subject: str
    rule: str
    responsible_id: UUID
    due_before: date
    due_on: date
    cause: Cause
    at: datetime


@dataclass(frozen=True)
class Imported:
    """What the import of a holiday notice brought about."""

    year: int
    place: str
    notice: str
    #: Clocks whose last day is official now, moved or not.
    counted_again: int
    #: Cases whose last day moved by it.
    moved: tuple[str, ...]
    #: Cases that would move too and wait in the drift report for the reviewer.
    left: tuple[str, ...]


@dataclass(frozen=True)
class SweepResult:
    """What one sweep did: clock ids by step, and refusals by clock."""

    warned: tuple[UUID, ...] = ()
    expired: tuple[UUID, ...] = ()
    #: Clocks left as they were, with the sentence that says why.
    refused: tuple[tuple[UUID, str], ...] = ()


STARTED = Kind(
    "clock.started",
    1,
    ("rule", "started_on", "due_on", "amount", "unit", "provisional", "pack", "calendar", "also"),
    "A statutory period began; `also` holds the answers of the other levels of the law.",
)
PAUSED = Kind("clock.paused", 1, ("rule", "paused_on", "due_on", "reason"), "A period stood still.")
RESUMED = Kind("clock.resumed", 1, ("rule", "resumed_on", "due_before", "due_on"), "A period went on.")
EXTENDED = Kind(
    "clock.extended",
    1,
    ("rule", "due_before", "due_on", "amount", "unit", "provisional", "pack", "calendar"),
    "A period was extended, which happens once.",
)
RECOUNTED = Kind(
    "clock.recounted",
    1,
    ("rule", "due_before", "due_on", "amount", "unit", "provisional", "pack", "calendar", "cause", "reason"),
    "A last day was counted again: a holiday notice came out, or a correction was accepted; `reason` is a digest.",
)
WARNED = Kind("clock.warned", 1, ("rule", "due_on", "days_left"), "The last day came near.")
EXPIRED = Kind("clock.expired", 1, ("rule", "due_on", "seen_on"), "The last day passed; the authority was told.")
MET = Kind("clock.met", 1, ("rule", "due_on", "met_on", "in_time"), "What was owed was done.")
CANCELLED = Kind("clock.cancelled", 1, ("rule", "due_on", "reason"), "Nothing is owed any more.")
OFFICE_CHANGED = Kind(
    "office.changed",
    1,
    (
        "reminder_days",
        "cut_off",
        "promptly_days",
        "at_once_hours",
        "set_time_days",
        "on_expiry",
        "pause_while_incomplete",
    ),
    "The authority changed what the law leaves to it.",
)
NOTICE_IMPORTED = Kind(
    "calendar.notice_imported",
    2,
    ("year", "place", "notice", "digest", "replaced", "counted_again", "moved", "left", "corrects"),
    "The official holiday notice of a year was taken in; provisional last days were counted again.",
)
