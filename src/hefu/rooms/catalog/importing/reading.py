"""Files of catalogues as tables: CSV, spreadsheets and JSON as offices send them."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing.names import general

#: Bytes of a file, of what it unpacks to, and rows of it.
LARGEST_FILE = 50 * 1024 * 1024
LARGEST_UNPACKED = 300 * 1024 * 1024
MOST_ROWS = 200_000
#: Rows from the top among which a header is looked for.
HEADER_WITHIN = 20

_ENCODINGS = ("utf-8", "gb18030")
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Table:
    """A file as columns and rows."""

    columns: tuple[str, ...]
    #: Row number as the file counts, and column → cell.
    rows: tuple[tuple[int, dict[str, Any]], ...]

    def samples(self, count: int = 50) -> list[dict[str, Any]]:
        """Return some rows spread over the file, for guessing what columns mean."""
        step = max(1, len(self.rows) // count)
        return [cells for _number, cells in self.rows[::step]][:count]


def read_table(data: bytes, name: str, *, sheet: str = "") -> Table:
    """Return what a file says, whatever of CSV, XLSX, XLS, ODS, JSON, JSON lines it is, also gzipped.

    The encoding (UTF-8 with or without mark, UTF-16 with mark, GB18030), the delimiter and the row
    that holds the header are found out. Several JSON documents in one file are read one after the other.

    Args:
        data: The file.
        name: Its name; the ending says what it is.
        sheet: Of a workbook; without it, the one that looks most like a catalogue.

    Raises:
        FileUnreadable: Too large, broken, or nothing in it looks like rows.
    """
    if len(data) > LARGEST_FILE:
        raise FileUnreadable(name=name, reason=_("it is larger than 50 MiB"))
    ending = name.casefold().removesuffix(".gz").rpartition(".")[2]
    if data[:2] == b"\x1f\x8b":
        data = _unzipped(data, name)
    if data[:2] == b"PK" or ending in ("xlsx", "xls", "ods"):
        table = _spreadsheet(data, name, sheet)
    else:
        text = _text(data, name)
        opening = text.lstrip()[:1]
        table = _json(text, name) if ending in ("json", "jsonl") or opening in ("{", "[") else _csv(text, name)
    if len(table.rows) > MOST_ROWS:
        raise FileUnreadable(name=name, reason=_("it has more than 200,000 rows; send it in parts"))
    if not table.columns or not table.rows:
        raise FileUnreadable(name=name, reason=_("there is no header with rows below it"))
    return table


def _unzipped(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            made = file.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise FileUnreadable(name=name, reason=_("its compression is broken")) from error
    if len(made) > LARGEST_UNPACKED:
        raise FileUnreadable(name=name, reason=_("it unpacks to more than 300 MiB"))
    return made


def _text(data: bytes, name: str) -> str:
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable(name=name, reason=_("its text is neither UTF-8 nor GB18030"))


def _json(text: str, name: str) -> Table:
    rows: list[dict[str, Any]] = []
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        if text[place].isspace() or text[place] == ",":
            place += 1
            continue
        try:
            document, place = decoder.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError) as error:
            raise FileUnreadable(name=name, reason=_("its JSON is broken")) from error
        rows += _objects(document)
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Table(columns, tuple(enumerate(rows, start=1)))


def _objects(document: Any) -> list[dict[str, Any]]:
    """Return the list of objects in a document: itself, the longest list inside it, or the one object it is."""
    if isinstance(document, list):
        return [one for one in document if isinstance(one, dict)]
    if not isinstance(document, dict):
        return []
    lists = [found for value in document.values() if isinstance(value, list | dict) and (found := _inside(value))]
    longest = max(lists, key=len, default=[])
    # An entry with its list of items is itself a row; an envelope knows less of catalogues than what is in it.
    envelope = len(longest) > 1 and _known(longest[0]) >= _known(document)
    return longest if envelope else [document]


def _known(row: dict[str, Any]) -> int:
    return sum(general().is_known(name) for name in row)


def _inside(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    lists = [one for one in value.values() if isinstance(one, list)]
    return max(([part for part in one if isinstance(part, dict)] for one in lists), key=len, default=[])


def _csv(text: str, name: str) -> Table:
    opening = text[:20_000]
    delimiter = max(",\t;|", key=lambda sign: sum(line.count(sign) > 0 for line in opening.splitlines()[:50]))
    csv.field_size_limit(1024 * 1024)
    try:
        return _below_header(list(csv.reader(io.StringIO(text), delimiter=delimiter)))
    except csv.Error as error:
        raise FileUnreadable(name=name, reason=_("its quotes do not match")) from error


def _spreadsheet(data: bytes, name: str, sheet: str) -> Table:
    if data[:2] == b"PK":
        try:
            size = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
        except zipfile.BadZipFile as error:
            raise FileUnreadable(name=name, reason=_("it is no workbook")) from error
        if size > LARGEST_UNPACKED:
            raise FileUnreadable(name=name, reason=_("it unpacks to more than 300 MiB"))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [sheet] if sheet else book.sheet_names
        tables = [_below_header(book.get_sheet_by_name(one).to_python(skip_empty_area=False)) for one in names]
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(name=name, reason=_("it is no workbook, or has no such sheet")) from error
    return max(tables, key=_promise, default=Table((), ()))


def _promise(table: Table) -> tuple[int, int]:
    return sum(general().is_known(column) for column in table.columns), len(table.rows)


def _below_header(lines: Sequence[Sequence[Any]]) -> Table:
    top = _header(lines)
    if top is None:
        return Table((), ())
    columns = tuple(_distinct(str(cell).strip() for cell in lines[top]))
    rows = []
    for number, cells in enumerate(lines[top + 1 :], start=top + 2):
        row = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        if any(str(cell).strip() for cell in row.values()):
            rows.append((number, row))
    return Table(tuple(column for column in columns if column), tuple(rows))


def _header(lines: Sequence[Sequence[Any]]) -> int | None:
    """Return which of the first lines names the columns: the one with most known names, else the first full one."""
    top = lines[:HEADER_WITHIN]
    known = [sum(general().is_known(str(cell)) for cell in line) for line in top]
    if known and max(known) >= 2:
        return known.index(max(known))
    filled = [sum(bool(str(cell).strip()) for cell in line) for line in top]
    widest = max(filled, default=0)
    return next((place for place, count in enumerate(filled) if count > 1 and 2 * count >= widest), None)


def _distinct(names: Iterator[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield f"{name} ({seen[name]})" if name and seen[name] > 1 else name
