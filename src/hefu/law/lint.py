"""Checks a folder of packs: that it loads, that its cases hold and reach every value, that it was looked at lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path

from hefu.law import cases as worked
from hefu.law.errors import PackError
from hefu.law.load import load_packs
from hefu.law.model import Pack, Value
from hefu.law.register import register
from hefu.law.terms import Bound, Kind, State

#: After how many days a comparison with the law is called old.
STALE_DAYS = 365


class Level(StrEnum):
    """How bad a finding is."""

    #: The pack must not be used.
    ERROR = "error"
    #: A person should look at it.
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or doubtful."""

    level: Level
    file: str
    text: str

    def __str__(self) -> str:
        """Return one line for a terminal."""
        return f"{self.level}: {self.text}"


def lint(*folders: Traversable | Path, today: date) -> tuple[Finding, ...]:
    """Return everything that is wrong or doubtful with the packs in `folders`; empty when all is well.

    A file that does not read is found alone: the rest of the pack cannot be judged without it.

    Args:
        folders: Each holds one folder per pack.
        today: For the age of the last comparison with the law.
    """
    try:
        packs = load_packs(*folders)
        found = worked.load_cases(*folders)
    except PackError as error:
        return (Finding(Level.ERROR, error.file, str(error)),)
    return (*_cases(packs, found), *_stale(packs, today), *_longer(packs))


def _cases(packs: Sequence[Pack], found: Sequence[worked.Case]) -> list[Finding]:
    failures = [(case.file, text) for case in found if (text := worked.failure(case, packs))]
    files = {(pack.ref.id, rule): p.file for pack in packs for rule, p in pack.parameters.items()}
    missing = [
        (files[one.pack, one.rule], f"{files[one.pack, one.rule]}: no case on {one.day}; add one to {one.pack}/cases")
        for one in worked.unhit(packs, found)
    ]
    return [Finding(Level.ERROR, file, text) for file, text in (*failures, *missing)]


def _stale(packs: Sequence[Pack], today: date) -> list[Finding]:
    findings = []
    for pack in packs:
        for parameter in pack.parameters.values():
            age = (today - parameter.checked).days
            if age > STALE_DAYS:
                text = f"{parameter.file}: last compared with the law on {parameter.checked}, {age} days ago"
                findings.append(Finding(Level.WARNING, parameter.file, text))
    return findings


def _longer(packs: Sequence[Pack]) -> list[Finding]:
    """Find local ceilings that are longer than the national one was when they began."""
    nation = next((pack for pack in packs if pack.place == "00"), None)
    if nation is None:
        return []
    findings = []
    for pack in packs:
        for rule, parameter in pack.parameters.items():
            above = nation.parameters.get(rule)
            entry = register().rules[rule]
            if pack is nation or above is None or entry.kind is not Kind.PERIOD or entry.bound is Bound.AT_LEAST:
                continue
            for value in parameter.values:
                ceiling = above.at(value.from_day)
                if parameter.manner == above.manner and _exceeds(value, ceiling):
                    text = f"{parameter.file}: {value.amount} from {value.from_day} is longer than the national limit"
                    findings.append(Finding(Level.WARNING, parameter.file, text))
    return findings


def _exceeds(value: Value, ceiling: Value | None) -> bool:
    if value.state is not State.STATED or ceiling is None or ceiling.state is not State.STATED:
        return False
    return value.amount > ceiling.amount
