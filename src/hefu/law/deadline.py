"""A counted deadline with everything it rests on; storable as JSON."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from hefu.kernel.citation import Citation
from hefu.law.calendar import DayKind
from hefu.law.terms import Bound, Direction, Unit, Words


class Why(StrEnum):
    """Why a step is what it is."""

    #: Counted: an ordinary working day, or a day where every day counts.
    COUNTED = "counted"
    #: Counted: a worked weekend.
    MAKE_UP = "make_up"
    FIRST_DAY = "first_day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    #: The last day fell on a rest day and moves on.
    MOVED = "moved"
    #: A jump of whole months or years.
    JUMP = "jump"


#: Which step a kind of calendar day makes when working days are counted.
WHY = {
    DayKind.WORKING: Why.COUNTED,
    DayKind.MAKE_UP: Why.MAKE_UP,
    DayKind.WEEKEND: Why.WEEKEND,
    DayKind.HOLIDAY: Why.HOLIDAY,
}


@dataclass(frozen=True)
class Step:
    """One day on the way to the deadline."""

    day: date
    why: Why
    #: Its number when it counts: the first counted day is 1.
    number: int | None = None
    #: Holiday that explains it.
    name: Words | None = None
    #: No official calendar covers the day yet.
    provisional: bool = False

    @property
    def counted(self) -> bool:
        """Return whether the day has a number."""
        return self.number is not None


@dataclass(frozen=True)
class PackRef:
    """Which pack gave an answer, so that it can be given again."""

    id: str
    release: str
    #: SHA-256 over the pack's files.
    digest: str
    title: Words

    def __str__(self) -> str:
        """Return `cn-44@2026.1+0123456789ab`."""
        return f"{self.id}@{self.release}+{self.digest[:12]}"


@dataclass(frozen=True)
class Other:
    """The date that another level of the law would give; shown, not binding."""

    pack: PackRef
    amount: int
    unit: Unit
    due_on: date
    source: Citation


@dataclass(frozen=True)
class Deadline:
    """The last day of a period and how it was found."""

    rule: str
    #: What the rule says, in our words.
    meaning: Words
    #: Event that started it, such as `request.received`, with its name.
    event: str
    event_name: Words
    #: Day of that event.
    starts_on: date
    #: The last day in time, itself included; for a floor, the last day of duty.
    due_on: date
    amount: int
    unit: Unit
    bound: Bound
    direction: Direction
    source: Citation
    #: Amending act behind the value, if any.
    amended_by: Citation | None
    pack: PackRef
    #: `id@release+digest` of the calendar.
    calendar: str
    #: Last day that an official notice covers.
    published_until: date
    #: True when a day on the way is not covered by an official notice: the date may move.
    provisional: bool
    steps: tuple[Step, ...]
    also: tuple[Other, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Return every place in the law behind the date, the binding one first."""
        own = [self.source, *([self.amended_by] if self.amended_by else [])]
        return tuple(dict.fromkeys([*own, *(other.source for other in self.also)]))

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` reads them back."""
        return {
            "rule": self.rule,
            "meaning": _words(self.meaning),
            "event": self.event,
            "event_name": _words(self.event_name),
            "starts_on": self.starts_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "amount": self.amount,
            "unit": self.unit.value,
            "bound": self.bound.value,
            "direction": self.direction.value,
            "source": self.source.as_json(),
            "amended_by": self.amended_by.as_json() if self.amended_by else None,
            "pack": _pack(self.pack),
            "calendar": self.calendar,
            "published_until": self.published_until.isoformat(),
            "provisional": self.provisional,
            "steps": [_step(step) for step in self.steps],
            "also": [_other(other) for other in self.also],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Deadline":
        """Return the deadline that `as_json` wrote.

        Raises:
            KeyError: A key is missing.
            ValueError: A value has another form.
        """
        return cls(
            rule=data["rule"],
            meaning=Words(**data["meaning"]),
            event=data["event"],
            event_name=Words(**data["event_name"]),
            starts_on=date.fromisoformat(data["starts_on"]),
            due_on=date.fromisoformat(data["due_on"]),
            amount=data["amount"],
            unit=Unit(data["unit"]),
            bound=Bound(data["bound"]),
            direction=Direction(data["direction"]),
            source=Citation(**data["source"]),
            amended_by=Citation(**data["amended_by"]) if data["amended_by"] else None,
            pack=_read_pack(data["pack"]),
            calendar=data["calendar"],
            published_until=date.fromisoformat(data["published_until"]),
            provisional=data["provisional"],
            steps=tuple(_read_step(step) for step in data["steps"]),
            also=tuple(_read_other(other) for other in data["also"]),
        )


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _pack(pack: PackRef) -> dict[str, Any]:
    return {"id": pack.id, "release": pack.release, "digest": pack.digest, "title": _words(pack.title)}


def _read_pack(data: dict[str, Any]) -> PackRef:
    return PackRef(data["id"], data["release"], data["digest"], Words(**data["title"]))


def _step(step: Step) -> dict[str, Any]:
    written: dict[str, Any] = {"day": step.day.isoformat(), "why": step.why.value}
    if step.number is not None:
        written["number"] = step.number
    if step.name:
        written["name"] = _words(step.name)
    if step.provisional:
        written["provisional"] = True
    return written


def _read_step(data: dict[str, Any]) -> Step:
    return Step(
        day=date.fromisoformat(data["day"]),
        why=Why(data["why"]),
        number=data.get("number"),
        name=Words(**data["name"]) if "name" in data else None,
        provisional=data.get("provisional", False),
    )


def _other(other: Other) -> dict[str, Any]:
    return {
        "pack": _pack(other.pack),
        "amount": other.amount,
        "unit": other.unit.value,
        "due_on": other.due_on.isoformat(),
        "source": other.source.as_json(),
    }


def _read_other(data: dict[str, Any]) -> Other:
    return Other(
        pack=_read_pack(data["pack"]),
        amount=data["amount"],
        unit=Unit(data["unit"]),
        due_on=date.fromisoformat(data["due_on"]),
        source=Citation(**data["source"]),
    )
