"""A statutory clock as every page shows it."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.law.deadline import Deadline, Step, Why
from hefu.law.errors import CalendarNotPublished
from hefu.law.terms import Language, Unit, Words
from hefu.portal.shows import NOTHING
from hefu.portal.words import in_chinese, say
from hefu.rooms.clocks.queries import Moved, calendar_of, days_left, explained, office
from hefu.rooms.clocks.terms import CHANGE_NAMES, STATE_NAMES, State

if TYPE_CHECKING:
    from hefu.rooms.clocks.models import CaseClock

#: Why a day counts or not, in words.
WHY = {
    Why.COUNTED: _("counts"),
    Why.MAKE_UP: _("counts: a worked weekend"),
    Why.FIRST_DAY: _("the day itself does not count"),
    Why.WEEKEND: _("weekend"),
    Why.HOLIDAY: _("public holiday"),
    Why.MOVED: _("a rest day: the last day moves on"),
    Why.JUMP: _("whole months counted"),
}

UNITS = {
    Unit.WORKING_DAY: _("working days"),
    Unit.DAY: _("days"),
    Unit.MONTH: _("months"),
    Unit.YEAR: _("years"),
}

#: Colour of a clock that is closed or stands still.
COLOURS = {
    State.PAUSED: "waiting",
    State.EXPIRED: "overdue",
    State.MET: "good",
    State.LATE_MET: "bad",
    State.CANCELLED: "off",
}


@dataclass(frozen=True)
class StepFace:
    """One line of the explanation: a day, or several days off in a row."""

    first: date
    last: date
    number: int | None
    why: str
    name: str
    provisional: bool


@dataclass(frozen=True)
class CountFace:
    """How one last day was counted."""

    citation: Citation
    meaning: str
    event: str
    starts_on: date
    due_on: date
    amount: str
    pack: str
    steps: list[StepFace]
    #: What the other levels of the law would give: pack, day, article.
    also: list[tuple[str, date, Citation]]


@dataclass(frozen=True)
class MovedFace:
    """One thing that moved the last day afterwards."""

    word: str
    on: date
    due_before: date
    due_on: date
    reason: str
    count: CountFace | None


@dataclass(frozen=True)
class Face:
    """What a page shows of one clock."""

    #: Colour: waiting, in-time, soon, overdue, good, bad or off.
    state: str
    #: Marked word beside the colour.
    word: str
    due_on: date
    #: Working days left; below zero they are over. None when nothing is owed or no calendar reaches so far.
    left: int | None
    #: Share of the days that are used, 0 to 100.
    used: int
    citation: Citation
    provisional: bool
    responsible: str
    closed_on: date | None = None
    counts: list[CountFace] = field(default_factory=list)
    moved: list[MovedFace] = field(default_factory=list)

    @property
    def late(self) -> int:
        """Return the working days since the last day, 0 when it is not over."""
        return max(0, -(self.left or 0))

    @property
    def is_open(self) -> bool:
        """Return whether something is still owed."""
        return self.state in ("waiting", "in-time", "soon", "overdue")


def soon_days() -> int:
    """Return from how many working days left on a clock is shown as due soon: the office's first reminder."""
    return max(office().reminder_days, default=0)


def face(clock: "CaseClock", today: date, *, soon: int | None = None, steps: bool = False) -> Face:
    """Return what a page shows of `clock`.

    Args:
        clock: The clock.
        today: The current day.
        soon: From how many working days left on it is due soon; asked of the office when not given.
        steps: Whether the explanation is wanted as well: on the page of the case, not in lists.
    """
    left = days_left(clock, today) if clock.is_open else None
    state, word = _colour(clock, left, soon_days() if soon is None else soon)
    shown = explained(clock) if steps else None
    language = Language.ZH if in_chinese() else Language.EN
    return Face(
        state=state,
        word=word,
        due_on=clock.due_on,
        left=left,
        used=_used(clock, left),
        citation=clock.article,
        provisional=clock.provisional,
        responsible=clock.responsible.name,
        closed_on=clock.closed_on,
        counts=[_count(shown.counted, language)] if shown else [],
        moved=[_moved(one, language) for one in shown.moved] if shown else [],
    )


def _colour(clock: "CaseClock", left: int | None, soon: int) -> tuple[str, str]:
    state = State(clock.state)
    if state in COLOURS:
        return COLOURS[state], _("overdue") if state is State.EXPIRED else STATE_NAMES[state]
    if left is not None and left < 0:
        return "overdue", _("overdue")
    return ("soon", _("due soon")) if left is not None and left <= soon else ("in-time", _("in time"))


def _used(clock: "CaseClock", left: int | None) -> int:
    if left is None:
        return 100 if clock.closed_on else 0
    try:
        whole = calendar_of(clock).working_days_left(clock.started_on, clock.due_on)
    except CalendarNotPublished:
        return 0
    return min(100, max(0, round(100 * (whole - left) / whole))) if whole > 0 else 100


def _count(deadline: Deadline, language: Language) -> CountFace:
    return CountFace(
        citation=deadline.source,
        meaning=deadline.meaning.in_(language),
        event=deadline.event_name.in_(language),
        starts_on=deadline.starts_on,
        due_on=deadline.due_on,
        amount=f"{deadline.amount} {say(UNITS[deadline.unit])}",
        pack=f"{deadline.pack.title.in_(language)} {deadline.pack.release}",
        steps=_steps(deadline.steps, language),
        also=[(other.pack.title.in_(language), other.due_on, other.source) for other in deadline.also],
    )


def _steps(steps: tuple[Step, ...], language: Language) -> list[StepFace]:
    """Return the steps, with days off that stand together for one reason as one line."""
    found: list[StepFace] = []
    for step in steps:
        name = _name(step.name, language)
        why = say(WHY[step.why])
        if found and not step.counted and found[-1].number is None and (found[-1].why, found[-1].name) == (why, name):
            found[-1] = StepFace(found[-1].first, step.day, None, why, name, step.provisional or found[-1].provisional)
        else:
            found.append(StepFace(step.day, step.day, step.number, why, name, step.provisional))
    return found


def _name(words: Words | None, language: Language) -> str:
    return words.in_(language) if words else ""


def _moved(moved: Moved, language: Language) -> MovedFace:
    return MovedFace(
        word=CHANGE_NAMES[moved.change],
        on=moved.on,
        due_before=moved.due_before,
        due_on=moved.due_on,
        reason=moved.reason,
        count=_count(moved.deadline, language) if moved.deadline else None,
    )


def line(shown: Face | None) -> SafeString | str:
    """Return a clock as one cell of a list: date, working days left, bar."""
    return render_to_string("portal/clock.html", {"face": shown, "steps": False}) if shown else NOTHING
