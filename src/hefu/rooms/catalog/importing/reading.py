"""Files of catalogues as tables: delimited text, workbooks, JSON and RDF as offices send them."""

import gzip
import io
import zipfile
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing import documents, graphs, texts
from hefu.rooms.catalog.importing.headers import below_header
from hefu.rooms.catalog.importing.names import general
from hefu.rooms.catalog.importing.table import LARGEST_FILE, LARGEST_UNPACKED, Table, bounded

__all__ = ["LARGEST_FILE", "Table", "read_table"]

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Cells of a sheet at most; formatting alone can make a sheet a million lines deep.
_MOST_CELLS = 20_000_000


def read_table(data: bytes, name: str, *, sheet: str = "") -> Table:
    """Return what a file says: CSV, XLSX, XLS, ODS, JSON, JSON lines, Turtle, RDF/XML, JSON-LD; also gzipped.

    The encoding (UTF-8 with or without mark, UTF-16, GB18030, Big5), the delimiter and the lines that hold
    the header are found out; merged cells say the same in each of their cells. Several JSON documents in
    one file are read one after the other; envelopes around the records are taken off.

    Args:
        data: The file.
        name: Its name; the ending helps where the content does not tell.
        sheet: Of a workbook; without it, the one that looks most like a catalogue.

    Raises:
        FileUnreadable: Too large, broken, or nothing in it looks like rows.
    """
    if len(data) > LARGEST_FILE:
        raise FileUnreadable(name=name, reason=_("it is larger than 50 MiB"))
    ending = name.casefold().removesuffix(".gz").rpartition(".")[2]
    if data[:2] == b"\x1f\x8b":
        data = _unzipped(data, name)
    if data[:4] == b"PK\x03\x04" or data[:8] == _OLD_WORKBOOK:
        return bounded(_workbook(data, name, sheet), name)
    return bounded(_of_text(texts.decoded(data, name), ending, name), name)


def _of_text(text: str, ending: str, name: str) -> Table:
    kind = graphs.format_of(text, ending)
    if kind is not None:
        found = graphs.table(text, kind, name)
        if found.rows or ending not in ("json", "jsonld"):
            return found
    if ending in ("json", "jsonl", "jsonld", "ndjson", "geojson") or text.lstrip()[:1] in ("{", "["):
        return documents.table(text, name)
    return below_header(texts.cells(text, name))


def _unzipped(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            made = file.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise FileUnreadable(name=name, reason=_("its compression is broken")) from error
    if len(made) > LARGEST_UNPACKED:
        raise FileUnreadable(name=name, reason=_("it unpacks to more than 300 MiB"))
    return made


def _workbook(data: bytes, name: str, sheet: str) -> Table:
    if data[:2] == b"PK":
        _weigh(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [book.get_sheet_by_name(one) for one in ([sheet] if sheet else book.sheet_names)]
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(name=name, reason=_("it is no workbook, or has no such sheet")) from error
    return max((_of_sheet(one, name) for one in sheets), key=_promise, default=Table((), ()))


def _weigh(data: bytes, name: str) -> None:
    """Refuse a workbook that unpacks to more than is read."""
    try:
        size = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except zipfile.BadZipFile as error:
        raise FileUnreadable(name=name, reason=_("it is no workbook")) from error
    if size > LARGEST_UNPACKED:
        raise FileUnreadable(name=name, reason=_("it unpacks to more than 300 MiB"))


def _of_sheet(sheet: CalamineSheet, name: str) -> Table:
    if sheet.total_height * sheet.total_width > _MOST_CELLS:
        raise FileUnreadable(name=name, reason=_("one of its sheets has more than 20,000,000 cells"))
    lines: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    return below_header(lines, sheet.merged_cell_ranges or ())


def _promise(table: Table) -> tuple[int, int]:
    return sum(general().is_known(column) for column in table.columns), len(table.rows)
