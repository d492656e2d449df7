"""A folder of CSV files: one file is one table, its first line the columns, an empty field NULL.

A run first takes a copy of the file into DuckDB, so that all its reads see one moment. Everything in the
file is text; a column gets the type that the grant's item promises, and a row whose text is no such value
is rejected like a row that fails a check.
"""

import contextlib
import csv
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import duckdb
import pyarrow as pa

from hefu.dataplane.checks import Typed, as_written
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.masks import Bin, DateTrunc, Round
from hefu.dataplane.ticket import Item
from hefu.dataplane.types import Kind, SqlType, duckdb_type, parse

#: What DuckDB may hold in memory; the rest goes to files of the run's own folder.
MEMORY = "160MB"
_BLOCK = 1 << 20
_BATCH = 50_000
_NAME = Dialect.DUCKDB.name_of


@dataclass(frozen=True)
class FolderSource:
    """A provider's folder of CSV files."""

    path: Path
    #: Encoding of the files: utf-8 (with or without byte order mark) or gb18030 (and so GBK and GB2312).
    encoding: str = "utf-8"


def file_in(source: FolderSource, name: str) -> Path:
    """Return the path of a file of the folder.

    Raises:
        SideRefused: There is no such file in the folder itself; a name never leads elsewhere.
    """
    folder = source.path.resolve()
    path = (folder / name).resolve()
    if path.parent != folder or not path.is_file() or path.suffix.lower() != ".csv":
        raise SideRefused("source", f"there is no CSV file {name!r} in the folder")
    return path


def header_of(source: FolderSource, name: str) -> tuple[str, ...]:
    """Return the columns that the file's first line names.

    Raises:
        SideRefused: No such file, not in its encoding, no header, or a name that is empty or stands twice.
    """
    with _told(source, name), file_in(source, name).open(encoding=_codec(source), newline="") as file:
        names = tuple(cell.strip() for cell in next(csv.reader(file), []))
    twice = sorted({each for each in names if names.count(each) > 1})
    if not names or twice or "" in names:
        fault = f"its header names {twice} twice" if twice else "its first line does not name every column"
        raise SideRefused("source", f"{name}: {fault}")
    return names


@contextlib.contextmanager
def opened(source: FolderSource, name: str) -> Iterator[TextIO]:
    """Open a file of the folder as text, to be read line by line.

    Raises:
        SideRefused: No such file, or not in its encoding.
    """
    with _told(source, name), file_in(source, name).open(encoding=_codec(source), newline="") as file:
        yield file


def _codec(source: FolderSource) -> str:
    return {"utf-8": "utf-8-sig", "gb18030": "gb18030"}.get(source.encoding.lower(), source.encoding)


@contextlib.contextmanager
def _told(source: FolderSource, name: str) -> Iterator[None]:
    """Tell what is wrong with a file in plain words."""
    try:
        yield
    except (UnicodeDecodeError, LookupError) as error:
        place = f" from byte {error.start} on" if isinstance(error, UnicodeDecodeError) else ""
        raise SideRefused("source", f"{name} is not {source.encoding} text{place}") from None
    except (OSError, csv.Error, duckdb.Error) as error:
        raise SideRefused("source", f"{name}: {str(error).splitlines()[0][:200]}") from None


@dataclass(eq=False)
class FolderView:
    """One file as it was when the run began, ready to be asked in SQL."""

    source: FolderSource
    name: str
    #: What the grant delivers, whose promised types the columns take.
    items: Sequence[Item]
    dialect: Dialect = field(default=Dialect.DUCKDB, init=False)

    def __post_init__(self) -> None:
        """Copy the file."""
        self._folder = tempfile.TemporaryDirectory(prefix="hefu-folder-")
        try:
            self._types = self._promised(header_of(self.source, self.name))
            self._database = duckdb.connect(
                str(Path(self._folder.name) / "rows.duckdb"),
                config={
                    "memory_limit": MEMORY,
                    "threads": 2,
                    "temp_directory": self._folder.name,
                    "preserve_insertion_order": True,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                },
            )
            self._load()
        except BaseException:
            self._folder.cleanup()
            raise

    def _promised(self, header: Sequence[str]) -> dict[str, SqlType]:
        types = dict.fromkeys(header, SqlType("text"))
        problems = []
        for item in self.items:
            if item.column in types and item.type and isinstance(item.mask, Bin | Round | DateTrunc | None):
                with contextlib.suppress(ValueError):  # the planner says what is wrong with the type's name
                    types[item.column] = parse(item.type)
                    if duckdb_type(types[item.column]) is None:
                        problems.append(f"item {item.name!r}: text in a file cannot become {item.type}")
        if problems:
            raise PlanRefused(tuple(problems))
        return types

    def _load(self) -> None:
        # The engine reads UTF-8 only, and the copy is what all later reads see.
        copy = Path(self._folder.name) / "rows.csv"
        with _told(self.source, self.name):
            with (
                file_in(self.source, self.name).open(encoding=_codec(self.source), newline="") as file,
                copy.open("w", encoding="utf-8", newline="") as out,
            ):
                while block := file.read(_BLOCK):
                    out.write(block)
            columns = ", ".join(f"{Dialect.DUCKDB.text(name)}: 'VARCHAR'" for name in self._types)
            self._database.execute(
                f"create table written as select * from read_csv({Dialect.DUCKDB.text(str(copy))}, "
                f"columns = {{{columns}}}, header = true, auto_detect = false, delim = ',', quote = '\"', "
                "escape = '\"', nullstr = '', strict_mode = true)"
            )
        copy.unlink()
        wanted = []
        for name, of in self._types.items():
            wanted.append(f"{_typed(_NAME(name), of)} as {_NAME(name)}")
            if of.kind is not Kind.TEXT:
                wanted.append(f"{_NAME(name)} as {_NAME(as_written(name))}")
        self._database.execute(f"create view granted_rows as select {', '.join(wanted)} from written")

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return _NAME("granted_rows")

    @property
    def facts(self) -> TableFacts:
        """Return the file as a table."""
        columns = tuple(ColumnFacts(name, of) for name, of in self._types.items())
        rows = self.ask("select count(*) from written")[0][0]
        return TableFacts("", self.name, "file", rows_estimate=rows, columns=columns)

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that the promised types bring with them."""
        return tuple(Typed(name, str(of)) for name, of in self._types.items() if of.kind is not Kind.TEXT)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        with _told(self.source, self.name):
            return self._database.cursor().execute(query).fetchall()

    @property
    def written(self) -> frozenset[str]:
        """Return the columns whose text has a name of its own."""
        return frozenset(name for name, of in self._types.items() if of.kind is not Kind.TEXT)

    def stream(self) -> "FolderStream":
        """Return what reads batches."""
        return FolderStream(self.source, self.name, self._database.cursor())

    def cancel(self) -> None:
        """End the running statement."""
        self._database.interrupt()

    def cut(self) -> None:
        """End the running statement."""
        self._database.interrupt()

    def close(self) -> None:
        """Remove the copy; may be called twice."""
        self._database.close()
        self._folder.cleanup()


@dataclass(eq=False)
class FolderStream:
    """Reads batches of one query after the other."""

    source: FolderSource
    name: str
    cursor: duckdb.DuckDBPyConnection

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of a query in batches, in the order of the file."""
        with _told(self.source, self.name):
            yield from self.cursor.execute(query).to_arrow_reader(_BATCH)

    def cancel(self) -> None:
        """End the running statement."""
        self.cursor.interrupt()

    def cut(self) -> None:
        """End the running statement."""
        self.cursor.interrupt()

    def close(self) -> None:
        """Let go."""
        self.cursor.close()


#: How a value of each kind is written in a file, before the engine reads it more leniently than we may.
_FORMS = {
    Kind.INTEGER: r"[+-]?[0-9]+",
    Kind.FLOAT: r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?",
    Kind.BOOLEAN: r"true|false|TRUE|FALSE|True|False|[tf01]",
    Kind.DATE: r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}",
    Kind.TIMESTAMP: r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?",
}


def _typed(column: str, of: SqlType) -> str:
    """Return the text of a column as its promised type, NULL where it is no such value."""
    if of.kind is Kind.TEXT:
        return column
    form = _FORMS.get(of.kind)
    if of.kind is Kind.DECIMAL:
        scale = (*of.modifiers, 0, 0)[1]
        fraction = rf"(\.[0-9]{{0,{scale}}}0*)?" if scale else r"(\.0*)?"
        form = rf"[+-]?[0-9]+{fraction}"
    value = f"replace({column}, '/', '-')" if of.kind is Kind.DATE else column
    return f"case when regexp_full_match({column}, '{form}') then try_cast({value} as {duckdb_type(of)}) end"
