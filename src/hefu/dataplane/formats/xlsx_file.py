"""XLSX: one sheet after another where there are more rows than a sheet holds; text is never a formula."""

import math
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from hefu.dataplane.arrow import Column
from hefu.dataplane.errors import FormatLimit
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.plan import Output
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

#: Rows of a sheet, the header among them; the format allows no more.
SHEET_ROWS = 1_048_576
#: Sheets of a file: more than that nobody opens.
SHEETS = 10
#: Characters of a cell and columns of a sheet; the format allows no more.
CELL, COLUMNS = 32_767, 16_384
#: A spreadsheet's number is a double: beyond this a whole number would change, so it is written as text.
EXACT = 10**15
#: First day a spreadsheet knows; earlier ones are written as text.
FIRST_DAY = date(1900, 3, 1)
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone
_KEY_BATCH = 50_000
_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class XlsxFormat:
    """Writes and reads back XLSX files."""

    def __init__(self, sheet_rows: int = SHEET_ROWS) -> None:
        """Fill sheets with `sheet_rows` rows each."""
        self._sheet_rows = sheet_rows

    def writer(self, path: Path, outputs: Sequence[Output]) -> "XlsxWriter":
        """Return a writer into `path`."""
        return XlsxWriter(path, outputs, self._sheet_rows)

    def keys(self, path: Path, outputs: Sequence[Output], key: Sequence[Output]) -> Iterator[list[Column]]:
        """Yield the key columns as texts."""
        names = [output.name for output in outputs]
        places = [names.index(output.name) for output in key]
        held: list[list[str | None]] = [[] for _ in key]
        with zipfile.ZipFile(path) as archive:
            sheets = len([name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")])
            for sheet in range(1, sheets + 1):
                with archive.open(f"xl/worksheets/sheet{sheet}.xml") as file:
                    for row in _rows(file):
                        for column, (place, output) in zip(held, zip(places, key, strict=True), strict=True):
                            column.append(_text(row.get(place), output))
                        if len(held[0]) >= _KEY_BATCH:
                            yield [pa.array(column, pa.string()) for column in held]
                            held = [[] for _ in key]
        yield [pa.array(column, pa.string()) for column in held]


def _rows(file: Any) -> Iterator[dict[int, tuple[str, str]]]:
    """Yield each row below the header as place → (cell type, text); our own files only."""
    root = None
    for event, element in ET.iterparse(file, events=("start", "end")):  # noqa: S314 - written by us just now
        if root is None:
            root = element
        if event == "end" and element.tag == f"{_SPACE}row":
            if element.get("r") != "1":
                yield {_place(cell.get("r", "")): (cell.get("t", "n"), "".join(cell.itertext())) for cell in element}
            element.clear()
            if len(root) > 1:
                root.find(f"{_SPACE}sheetData").clear()


def _place(reference: str) -> int:
    place = 0
    for sign in reference:
        if sign.isdigit():
            break
        place = place * 26 + ord(sign) - 64
    return place - 1


def _text(cell: tuple[str, str] | None, output: Output) -> str | None:
    """Return the text that the source prints for a cell's value."""
    if cell is None:
        return None
    kind, text = cell
    if kind == "inlineStr":
        return _unescaped(text)
    if not text:
        return None
    if kind == "b":
        return "true" if text == "1" else "false"
    match output.type.kind:
        case Kind.DATE:
            return (_EPOCH + timedelta(days=int(float(text)))).date().isoformat()
        case Kind.INTEGER:
            return str(int(float(text)))
        case Kind.DECIMAL:
            scale = (*output.type.modifiers, 0, 0)[1]
            return str(Decimal(text).quantize(Decimal(1).scaleb(-scale)))
        case _:
            return text


def _unescaped(text: str) -> str:
    """Return a text with the format's `_x0009_` escapes resolved."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


class XlsxWriter:
    """Writes one XLSX file, row by row, in constant memory."""

    def __init__(self, path: Path, outputs: Sequence[Output], sheet_rows: int) -> None:
        """Open `path`.

        Raises:
            FormatLimit: More columns than a sheet holds.
        """
        if len(outputs) > COLUMNS:
            raise FormatLimit(
                format="XLSX",
                detail=Sentence(
                    _("{number} columns, a sheet holds {most}"),
                    code="format.columns",
                    number=len(outputs),
                    most=COLUMNS,
                ),
            )
        self._outputs, self._sheet_rows = outputs, sheet_rows
        # Sheets are drafted in files of their own; one name, so that a killed run's are found again.
        self._drafts = path.with_name(f"{path.name}.sheets")
        shutil.rmtree(self._drafts, ignore_errors=True)
        self._drafts.mkdir()
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
            "remove_timezone": True,
            "tmpdir": str(self._drafts),
        }
        import xlsxwriter  # noqa: PLC0415 - slow to load, and most processes never need it

        self._book = xlsxwriter.Workbook(str(path), options)
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._bold = self._book.add_format({"bold": True})
        self._sheets = 0
        self._next_sheet()

    def _next_sheet(self) -> None:
        self._sheets += 1
        if self._sheets > SHEETS:
            raise FormatLimit(
                format="XLSX",
                detail=Sentence(
                    _("more than {most} sheets of {rows} rows"),
                    code="format.sheets",
                    most=SHEETS,
                    rows=self._sheet_rows,
                ),
            )
        self._sheet = self._book.add_worksheet(f"数据{self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, output in enumerate(self._outputs):
            self._sheet.write_string(0, place, output.name, self._bold)
        self._row = 1

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            FormatLimit: A text too long for a cell, or too many rows.
        """
        columns = []
        for output, column in zip(self._outputs, batch.columns, strict=True):
            plain = output.type.kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE)
            columns.append((column if plain else as_texts(column, output.type)).to_pylist())
        for values in zip(*columns, strict=True):
            if self._row >= self._sheet_rows:
                self._next_sheet()
            for place, value in enumerate(values):
                if value is not None:
                    self._cell(place, value)
            if all(value is None for value in values):
                # A row without any cell would not be in the file at all.
                self._sheet.write_blank(self._row, 0, None, self._bold)
            self._row += 1

    def _cell(self, place: int, value: Any) -> None:
        kind = self._outputs[place].type.kind
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, date) and value >= FIRST_DAY:
            self._sheet.write_datetime(self._row, place, datetime(value.year, value.month, value.day), self._day)  # noqa: DTZ001
        elif (isinstance(value, int) and abs(value) < EXACT) or (isinstance(value, float) and math.isfinite(value)):
            self._sheet.write_number(self._row, place, value)
        elif (
            kind is Kind.DECIMAL and self._outputs[place].type.modifiers and len(Decimal(value).as_tuple().digits) < 16
        ):
            self._sheet.write_number(self._row, place, Decimal(value))
        else:
            self._string(place, str(value))

    def _string(self, place: int, text: str) -> None:
        if len(text) > CELL:
            raise FormatLimit(
                format="XLSX",
                detail=Sentence(
                    _("a text of {number} characters, a cell holds {most}"),
                    code="format.cell",
                    number=len(text),
                    most=CELL,
                ),
            )
        self._sheet.write_string(self._row, place, text)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()
        shutil.rmtree(self._drafts)

    def abandon(self) -> None:
        """Let an unfinished file be; assembling it would take long for nothing."""
        self._book.fileclosed = 1
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        shutil.rmtree(self._drafts, ignore_errors=True)
