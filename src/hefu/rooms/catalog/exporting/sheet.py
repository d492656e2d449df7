"""The catalogue as the guide's workbook: two lines of heads, a line for each item, the entry's cells merged."""

from collections.abc import Iterable
from itertools import groupby
from typing import IO, Any

from hefu.rooms.catalog.errors import TooLongForSheet
from hefu.rooms.catalog.exporting.columns import COLUMNS, Cell, Line, lines
from hefu.rooms.catalog.exporting.reading import Exported
from hefu.rooms.catalog.profiles import Profile

#: Lines that a sheet holds.
SHEET_LINES = 1_048_576
#: Lines of heads.
_HEADS = 2


def write_sheet(entries: Iterable[Exported], profile: Profile, file: IO[bytes]) -> int:
    """Write the workbook, line by line to disk; return how many entries went in.

    Cells are written as text, so none of them is ever run as a formula.

    Raises:
        TooLongForSheet: There are more lines than a sheet holds.
    """
    import xlsxwriter  # noqa: PLC0415 - slow to load, and most processes never need it

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("政务信息资源目录")
        body = book.add_format({"text_wrap": True, "valign": "top"})
        _write_heads(sheet, profile, book.add_format({"bold": True, "border": 1, "align": "center"}))
        sheet.freeze_panes(_HEADS, 0)
        at, count = _HEADS, 0
        for entry in entries:
            told = list(lines(entry, profile))
            if at + len(told) > SHEET_LINES:
                raise TooLongForSheet(limit=SHEET_LINES - _HEADS)
            _write_entry(sheet, at, count + 1, told, body)
            at, count = at + len(told), count + 1
        return count


def _write_heads(sheet: Any, profile: Profile, style: Any) -> None:
    heads = ["序号", *(column.head for column in COLUMNS), *(one.name for one in profile.extensions)]
    groups = ["", *(column.group for column in COLUMNS), *("扩展元数据" for _one in profile.extensions)]
    for at, (group, head) in enumerate(zip(groups, heads, strict=True)):
        first = at == 0 or groups[at - 1] != group
        sheet.write_string(0, at, (group if first else "") if group else head, style)
    for at, head in enumerate(heads):
        sheet.write_string(1, at, head, style)
        sheet.set_column(at, at, max(8, min(40, 2 * len(head) + 2)))
    for group, places in groupby(range(len(groups)), key=lambda at: groups[at]):
        span = list(places)
        if group and len(span) > 1:
            _merge(sheet, 0, span[0], 0, span[-1])


def _write_entry(sheet: Any, top: int, number: int, told: list[Line], style: Any) -> None:
    """Write the lines of one entry; what all its items share is one merged cell."""
    width = len(told[0].entry)
    own = [any(line.own[at] is not None for line in told) for at in range(width)]
    for below, line in enumerate(told):
        if below == 0:
            sheet.write_number(top, 0, number, style)
        for at in range(width):
            if own[at]:
                cell = line.own[at] if line.own[at] is not None else line.entry[at]
            else:
                cell = line.entry[at] if below == 0 else None
            _write(sheet, top + below, at + 1, cell, style)
    if len(told) > 1:
        for at in range(width + 1):
            if at == 0 or not own[at - 1]:
                _merge(sheet, top, at, top + len(told) - 1, at)


def _write(sheet: Any, line: int, place: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, int):
        sheet.write_number(line, place, cell, style)
    elif cell is not None:
        sheet.write_string(line, place, cell, style)


def _merge(sheet: Any, top: int, left: int, bottom: int, right: int) -> None:
    """Merge cells that are written already: `merge_range` would write them, and lines on disk cannot be."""
    sheet.merge.append([top, left, bottom, right])
