"""A library's rules as lines that a person types, and back. Pure.

H2026-000001 | id_number | updated_at
name | first | H2026-000001.name > H2026-000002.xm
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hefu.rooms.holdings.terms import FieldStated, PartStated

_THEN = re.compile(r"\s*(?:>|→|＞)\s*")


class NoLine(ValueError):
    """A line that says nothing; its text is the line."""


def parts_in(text: str) -> tuple[PartStated, ...]:
    """Return what lines of `holding | subject column | change column` state.

    Raises:
        NoLine: One has another form.
    """
    found = []
    for line, cells in _lines(text):
        if not 2 <= len(cells) <= 3 or not all(cells[:2]):
            raise NoLine(line)
        found.append(PartStated(*cells))
    return tuple(found)


def fields_in(text: str, wins: Mapping[str, str]) -> tuple[FieldStated, ...]:
    """Return what lines of `field | which source wins | holding.column > holding.column` state.

    Args:
        text: The lines.
        wins: What a person may type for which source wins → its code.

    Raises:
        NoLine: One has another form.
    """
    found = []
    for line, cells in _lines(text):
        if len(cells) != 3 or cells[1].lower() not in wins:
            raise NoLine(line)
        sources = tuple(_source(one, line) for one in _THEN.split(cells[2]) if one)
        found.append(FieldStated(cells[0], wins[cells[1].lower()], sources))
    return tuple(found)


def parts_out(parts: Iterable[Mapping[str, str]]) -> str:
    """Return stated parts as lines."""
    return "\n".join(" | ".join(filter(None, (one["holding"], one["subject"], one["changed"]))) for one in parts)


def fields_out(fields: Iterable[Mapping[str, Any]]) -> str:
    """Return stated fields as lines."""
    return "\n".join(f"{one['name']} | {one['wins']} | {_sources_out(one['sources'])}" for one in fields)


def _sources_out(sources: Sequence[Sequence[str]]) -> str:
    return " > ".join(f"{holding}.{column}" for holding, column in sources)


def _source(text: str, line: str) -> tuple[str, str]:
    holding, dot, column = text.partition(".")
    if not dot or not holding or not column:
        raise NoLine(line)
    return holding, column


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        if line.strip():
            yield line.strip(), [cell.strip() for cell in re.split(r"[|｜]", line)]
