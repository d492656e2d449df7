"""What a list shows, as a file: streamed, and safe to open in a spreadsheet program."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from hefu.kernel.cells import safe as safe
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _

#: Most rows that one sheet of a workbook holds, less the header.
SHEET_ROWS = 1_048_575

Cell = str | int | float | date | datetime | None


class TooLongForSheet(Refusal):
    """A workbook cannot hold the list."""

    code = "lists.too_long_for_sheet"
    text = _("The list has more than {limit} rows, and a workbook holds no more. Narrow it, or take it as CSV.")
    status = 422


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    """Return the rows as CSV, streamed; the byte order mark tells spreadsheet programs that it is UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow([safe(word) for word in header])
        for row in rows:
            yield writer.writerow([_text(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.csv")
    return response


def as_xlsx(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    """Return the rows as a workbook, built on disk row by row.

    Raises:
        TooLongForSheet: There are more rows than a sheet holds.
    """
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    try:
        _write_book(file, header, rows)
    except Refusal:
        file.close()
        raise
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def _write_book(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    options = {"constant_memory": True, "remove_timezone": True}
    import xlsxwriter  # noqa: PLC0415 - slow to load, and most processes never need it

    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True, "bottom": 1})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        instants = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for place, word in enumerate(header):
            sheet.write_string(0, place, word, bold)
            sheet.set_column(place, place, max(10, min(40, 2 * len(word) + 4)))
        for line, row in enumerate(rows, start=1):
            if line > SHEET_ROWS:
                raise TooLongForSheet(limit=SHEET_ROWS)
            for place, cell in enumerate(row):
                _write_cell(sheet, line, place, cell, days=days, instants=instants)


def _write_cell(sheet: Any, line: int, place: int, cell: Cell, *, days: Any, instants: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(line, place, timezone.localtime(cell).replace(tzinfo=None), instants)
    elif isinstance(cell, date):
        sheet.write_datetime(line, place, datetime(cell.year, cell.month, cell.day), days)  # noqa: DTZ001
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell)
    else:
        sheet.write_string(line, place, safe(cell))


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return timezone.localtime(cell).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return safe(cell) if isinstance(cell, str) else str(cell)


class _Echo:
    """A file that hands back what is written, so that a row can be streamed."""

    def write(self, text: str) -> str:
        return text
