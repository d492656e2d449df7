"""How commands print data: aligned columns for people, one JSON document for programs."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Give a command the option `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)


def as_json_text(data: Any) -> str:
    """Return `data` as indented JSON that keeps Chinese readable."""
    return json.dumps(data, ensure_ascii=False, indent=2, default=_plain)


def show(data: Any, *, as_json: bool) -> None:
    """Print one thing: a mapping as lines of name and value, or JSON."""
    if as_json:
        click.echo(as_json_text(data))
        return
    for name, value in data.items():
        click.echo(f"{name}: {_cell(value)}")


def show_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, columns: Sequence[str] | None = None) -> None:
    """Print a list of things: columns for people, JSON for programs.

    Args:
        rows: Each with the same names.
        as_json: As one JSON list.
        columns: What people see, in order; everything when None. JSON always has all.
    """
    if as_json:
        click.echo(as_json_text(list(rows)))
        return
    names = list(columns or (rows[0] if rows else ()))
    table = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(width(line[at]) for line in table) for at in range(len(names))]
    for line in table:
        padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes; a Chinese character takes two.

    >>> width("目录 a")
    6
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=_plain)
        case _:
            return str(_plain(value))


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case UUID() | Path():
            return str(value)
        case set() | frozenset():
            return sorted(value)
        case _:
            return value if isinstance(value, int | float) else str(value)
