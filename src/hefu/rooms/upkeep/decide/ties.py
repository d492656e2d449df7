"""Decisions on duties and ties."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from hefu.kernel.names import folded
from hefu.kernel.words import _
from hefu.rooms.upkeep.terms import TaskLine

#: What a list of duties may call its columns.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "duty": ("职责", "职能", "主要职责", "职权名称", "权责事项", "duty"),
    "business": ("业务事项", "业务事项名称", "关联业务事项", "事项名称", "business", "business item"),
    "code": ("编号", "编码", "代码", "事项编码", "code"),
    "basis": ("依据", "三定依据", "法律依据", "设定依据", "basis"),
}
#: The columns by the names that offices use most.
COLUMNS_OF_TASKS = tuple(names[0] for names in _COLUMNS.values())
LONGEST_NAME = 300


def columns_of_tasks(columns: Iterable[str]) -> dict[str, str]:
    """Return what the columns of a list of duties mean: field → column, each once."""
    known = {folded(name): field for field, names in _COLUMNS.items() for name in names}
    found: dict[str, str] = {}
    for column in columns:
        field = known.get(folded(column))
        if field:
            found.setdefault(field, column)
    return found


def task_lines(rows: Iterable[tuple[int, Mapping[str, Any]]], columns: Mapping[str, str]) -> list[TaskLine]:
    """Return the lines of a list of duties; one without a duty stands under the duty above it, as merged cells do."""
    lines, above = [], ""
    for row, cells in rows:
        told = {field: str(cells.get(column) or "").strip() for field, column in columns.items()}
        above = told.get("duty") or above
        lines.append(
            TaskLine(row, above, told.get("business", ""), told.get("code", "")[:60], told.get("basis", "")[:300])
        )
    return lines


def task_fault(line: TaskLine) -> str:
    """Return why a line is not taken in; empty when it is."""
    if not folded(line.duty):
        return _("The line names no duty.")
    if max(len(line.duty), len(line.business)) > LONGEST_NAME:
        return _("A name has at most 300 characters.")
    return ""


def named(words: Iterable[tuple[UUID, str]], things: Mapping[str, UUID]) -> list[tuple[UUID, UUID]]:
    """Return entry → thing for each entry whose word names one of `things`, written however.

    Args:
        words: Entries with the name they state; several names in one cell are divided by 、, ; or a comma.
        things: Folded name → what bears it.
    """
    found = []
    for entry, told in words:
        for part in {folded(one) for one in [told, *_parts(told)]}:
            if part in things:
                found.append((entry, things[part]))
    return found


def _parts(told: str) -> list[str]:
    for sign in "；;，,\n":
        told = told.replace(sign, "、")
    return [part for part in told.split("、") if part.strip()]
