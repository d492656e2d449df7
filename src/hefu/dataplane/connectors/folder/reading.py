"""How the files of a folder are read: CSV, TSV, Excel sheets, JSON lines, Parquet and tables of SQLite.

Whatever the file, its cells become text as they stand in it, and an empty cell NULL; what a text means is
the business of the grant's types. So one meaning of a value holds for every kind of file.
"""

import csv
import json
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from hefu.dataplane.dialect import Dialect
from hefu.kernel.words import Sentence, _

#: Suffix → what stands between two cells.
DELIMITED = {".csv": ",", ".tsv": "\t"}
SHEETS = (".xlsx", ".xls")
LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet",)
SQLITE = (".sqlite", ".sqlite3", ".db")
SUFFIXES = (*DELIMITED, *SHEETS, *LINES, *PARQUET, *SQLITE)

#: Between a file and one of several tables in it: `firms.xlsx#2026`. Without it the first is meant.
SHEET_MARK = "#"
#: A workbook is held in memory while it is read: about this many bytes of it, unpacked, fit beside a run.
LARGEST_WORKBOOK = 256 << 20

_BLOCK = 1 << 20
_ROWS = 10_000
_TEXT = Dialect.DUCKDB.text
_NAME = Dialect.DUCKDB.name_of
_TOO_LARGE = _("unpacked it holds {size} MiB, more than {most}; save it as CSV")
_TABLES = "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by name"
_NO_OBJECT = _("line {line} is no JSON object")


class Unreadable(Exception):
    """The file is not what its suffix says, or too large for its kind."""

    def __init__(self, why: Sentence) -> None:
        """Keep `why`."""
        self.why = why
        super().__init__(why)


def tables(path: Path) -> list[str]:
    """Return the names of the tables in a file that may hold several: sheets of a workbook, tables of SQLite.

    Raises:
        Unreadable: It is not what its suffix says, is locked, or too large.
    """
    if path.suffix.lower() in SQLITE:
        with closing(_sqlite(path)) as database:
            return [name for (name,) in _asked(database, _TABLES)]
    with _workbook(path) as book:
        return list(book.sheet_names)


def header(path: Path, sheet: str, codec: str) -> tuple[str, ...]:
    """Return the columns that the file names.

    Args:
        path: The file.
        sheet: Name of the sheet of a workbook; empty for the first.
        codec: Python's name of a text file's encoding.

    Raises:
        Unreadable: Not what its suffix says.
        UnicodeDecodeError, LookupError, OSError, csv.Error: Not readable as text.
    """
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return _parquet_header(path)
    if suffix in LINES:
        return tuple(_keys(path, codec))
    return tuple(cell.strip() for cell in next(rows(path, sheet, codec), []))


def rows(path: Path, sheet: str, codec: str) -> Iterator[list[str]]:
    """Yield the cells of each row as text, the header first.

    Raises:
        Unreadable: Not what its suffix says.
        UnicodeDecodeError, LookupError, OSError, csv.Error: Not readable as text.
    """
    suffix = path.suffix.lower()
    if suffix in DELIMITED:
        with path.open(encoding=codec, newline="") as file:
            yield from csv.reader(file, delimiter=DELIMITED[suffix])
    elif suffix in SHEETS:
        yield from _sheet_rows(path, sheet)
    elif suffix in SQLITE:
        yield from _sqlite_rows(path, sheet)
    elif suffix in LINES:
        names = list(_keys(path, codec))
        yield names
        for found in _objects(path, codec):
            yield [_json_text(found.get(name)) for name in names]
    else:
        yield from _parquet_rows(path)


def load(
    database: duckdb.DuckDBPyConnection, path: Path, sheet: str, codec: str, columns: Sequence[str], work: Path
) -> None:
    """Copy the file into the table `written`, every column text.

    Args:
        database: Where the table is made.
        path: The file.
        sheet: Of a workbook; empty for the first.
        codec: Python's name of a text file's encoding.
        columns: What `header` returned.
        work: A folder for what is needed on the way.

    Raises:
        Unreadable: Not what its suffix says.
        UnicodeDecodeError, LookupError, OSError, duckdb.Error: Not readable.
    """
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        chosen = ", ".join(f"cast({_NAME(name)} as varchar) as {_NAME(name)}" for name in columns)
        database.execute("set global timezone = 'UTC'")
        database.execute(f"create table written as select {chosen} from read_parquet({_TEXT(str(path))})")
        return
    copy = work / "rows.txt"
    if suffix in DELIMITED:
        delimiter = DELIMITED[suffix]
        _transcode(path, codec, copy)
    else:
        delimiter = ","
        with copy.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows(path, sheet, codec))
    kinds = ", ".join(f"{_TEXT(name)}: 'VARCHAR'" for name in columns)
    database.execute(
        f"create table written as select * from read_csv({_TEXT(str(copy))}, columns = {{{kinds}}}, header = true, "
        f"auto_detect = false, delim = {_TEXT(delimiter)}, quote = '\"', escape = '\"', nullstr = '', "
        f"strict_mode = true)"
    )
    copy.unlink()


def _transcode(path: Path, codec: str, copy: Path) -> None:
    # The engine reads UTF-8 only, and the copy is what all later reads see.
    with path.open(encoding=codec, newline="") as file, copy.open("w", encoding="utf-8", newline="") as out:
        while block := file.read(_BLOCK):
            out.write(block)


def _workbook(path: Path) -> CalamineWorkbook:
    try:
        if path.suffix.lower() == ".xlsx":
            with zipfile.ZipFile(path) as packed:
                size = sum(part.file_size for part in packed.infolist())
        else:
            size = path.stat().st_size
        if size > LARGEST_WORKBOOK:
            sizes = {"size": size >> 20, "most": LARGEST_WORKBOOK >> 20}
            raise Unreadable(Sentence(_TOO_LARGE, code="side.workbook_size", **sizes))
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise Unreadable(Sentence(_("it is locked with a password"), code="side.workbook_locked")) from None
    except (CalamineError, zipfile.BadZipFile) as error:
        raise Unreadable(Sentence(_("it is no workbook: {error}"), code="side.workbook", error=str(error))) from None


def _sheet_rows(path: Path, sheet: str) -> Iterator[list[str]]:
    with _workbook(path) as book:
        if sheet and sheet not in book.sheet_names:
            raise Unreadable(Sentence(_("it has no sheet {sheet}"), code="side.sheet", sheet=sheet))
        found = book.get_sheet_by_name(sheet or book.sheet_names[0])
        width = 0
        for cells in found.iter_rows():
            texts = [_cell(cell) for cell in cells]
            if not any(texts):
                continue  # sheets end, and are parted, with empty lines
            width = width or len(texts)
            yield texts[:width]


def _cell(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return "" if value is None else str(value)


class _Written(float):
    """A number that keeps the digits it was written with: 1.50 stays 1.50."""

    def __init__(self, text: str) -> None:
        self.text = text


def _sqlite(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _asked(database: sqlite3.Connection, query: str) -> sqlite3.Cursor:
    try:
        return database.execute(query)
    except sqlite3.Error as error:
        raise Unreadable(
            Sentence(_("it is no SQLite database: {error}"), code="side.sqlite", error=str(error))
        ) from None


def _sqlite_rows(path: Path, table: str) -> Iterator[list[str]]:
    found = tables(path)
    if not found or (table and table not in found):
        raise Unreadable(Sentence(_("it has no table {table}"), code="side.sqlite_table", table=table))
    with closing(_sqlite(path)) as database:
        # One statement reads one moment, whoever writes meanwhile.
        cursor = _asked(database, f"select * from {_NAME(table or found[0])}")
        yield [column[0] for column in cursor.description]
        for row in cursor:
            yield [cell.hex() if isinstance(cell, bytes) else _cell(cell) for cell in row]


def _objects(path: Path, codec: str) -> Iterator[dict[str, object]]:
    with path.open(encoding=codec, newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line, parse_float=_Written)
            except (ValueError, RecursionError):
                raise Unreadable(Sentence(_NO_OBJECT, code="side.json_line", line=number)) from None
            if not isinstance(found, dict):
                raise Unreadable(Sentence(_NO_OBJECT, code="side.json_line", line=number))
            yield found


def _keys(path: Path, codec: str) -> dict[str, None]:
    """Return the names that any line uses, in the order in which they come up."""
    return {name: None for found in _objects(path, codec) for name in found}


def _json_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case _Written():
            return value.text
    return json.dumps(value, ensure_ascii=False)


def _parquet_header(path: Path) -> tuple[str, ...]:
    try:
        return tuple(pyarrow.parquet.read_schema(path).names)
    except pyarrow.ArrowException as error:
        raise Unreadable(Sentence(_("it is no Parquet file: {error}"), code="side.parquet", error=str(error))) from None


def _parquet_rows(path: Path) -> Iterator[list[str]]:
    yield list(_parquet_header(path))
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=_ROWS):
        for row in batch.to_pylist():
            yield [_cell(value) for value in row.values()]
