"""A folder of files: one file (or sheet) is one table, its first line the columns, an empty field NULL.

A run first takes a copy of the file into DuckDB, so that all its reads see one moment. Everything in the
file is text; a column gets the type that the grant's item promises, and a row whose text is no such value
is rejected like a row that fails a check.
"""

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.folder.reading import SHEET_MARK, SUFFIXES, Unreadable, header, load, rows
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts
from hefu.dataplane.connectors.staged import StagedView
from hefu.dataplane.connectors.staging import WRITTEN, Stage, checks_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.masks import Bin, DateShift, DateTrunc, Round
from hefu.dataplane.ticket import Item
from hefu.dataplane.types import Kind, SqlType, duckdb_type, parse
from hefu.kernel.words import Listed, Sentence, _

_NAME = Dialect.DUCKDB.name_of


@dataclass(frozen=True)
class FolderSource:
    """A provider's folder of files: CSV, TSV, Excel, JSON lines, Parquet."""

    path: Path
    #: Encoding of the text files: utf-8 (with or without byte order mark) or gb18030 (and so GBK and GB2312).
    encoding: str = "utf-8"


def file_in(source: FolderSource, name: str) -> tuple[Path, str]:
    """Return the path of a file of the folder, and the sheet that `name` means, empty for the first.

    Raises:
        SideRefused: There is no such file in the folder itself; a name never leads elsewhere.
    """
    folder = source.path.resolve()
    path, sheet = (folder / name).resolve(), ""
    if not path.is_file() and SHEET_MARK in name:
        file, sheet = name.split(SHEET_MARK, 1)
        path = (folder / file).resolve()
    if path.parent != folder or not path.is_file() or path.suffix.lower() not in SUFFIXES:
        raise SideRefused(
            "source",
            Sentence(_("there is no file {name!r} in the folder that can be read"), code="side.no_file", name=name),
        )
    return path, sheet


def header_of(source: FolderSource, name: str) -> tuple[str, ...]:
    """Return the columns that the file's first line names.

    Raises:
        SideRefused: No such file, not in its encoding, no header, or a name that is empty or stands twice.
    """
    with _told(source, name):
        names = header(*file_in(source, name), _codec(source))
    twice = sorted({each for each in names if names.count(each) > 1})
    if not names or twice or "" in names:
        raise SideRefused("source", _headless(name, twice))
    return names


def _headless(name: str, twice: Sequence[str]) -> Sentence:
    if not twice:
        return Sentence(_("{file}: its first line does not name every column"), code="side.header", file=name)
    text = _("{file}: its header names {columns} twice")
    return Sentence(text, code="side.header_twice", file=name, columns=Listed(twice))


def rows_of(source: FolderSource, name: str) -> Iterator[list[str]]:
    """Yield the rows of a file as text, the header first.

    Raises:
        SideRefused: No such file, or not in its encoding.
    """
    with _told(source, name):
        yield from rows(*file_in(source, name), _codec(source))


def _codec(source: FolderSource) -> str:
    return {"utf-8": "utf-8-sig", "gb18030": "gb18030"}.get(source.encoding.lower(), source.encoding)


@contextlib.contextmanager
def _told(source: FolderSource, name: str) -> Iterator[None]:
    """Tell what is wrong with a file in plain words."""
    try:
        yield
    except (UnicodeDecodeError, LookupError) as error:
        raise SideRefused("source", _misread(name, source.encoding, error)) from None
    except Unreadable as error:
        raise SideRefused(
            "source", Sentence(_("{file}: {why}"), code=error.why.code, file=name, why=error.why)
        ) from None
    except (OSError, csv.Error, duckdb.Error, pa.ArrowException) as error:
        raise SideRefused("source", f"{name}: {str(error).splitlines()[0][:200]}") from None


def _misread(name: str, encoding: str, error: Exception) -> Sentence:
    if isinstance(error, UnicodeDecodeError):
        text = _("{file} is not {encoding} text from byte {place} on")
        return Sentence(text, code="side.encoding", file=name, encoding=encoding, place=error.start)
    return Sentence(_("{file} is not {encoding} text"), code="side.encoding", file=name, encoding=encoding)


def promised(header: Sequence[str], items: Sequence[Item]) -> dict[str, SqlType]:
    """Return the type of each column: what an item promises that does not hide its value, else text.

    Raises:
        PlanRefused: Text cannot become such a type.
    """
    types = dict.fromkeys(header, SqlType("text"))
    problems = []
    for item in items:
        if item.column in types and item.type and isinstance(item.mask, Bin | Round | DateTrunc | DateShift | None):
            with contextlib.suppress(ValueError):  # the planner says what is wrong with the type's name
                types[item.column] = parse(item.type)
                if duckdb_type(types[item.column]) is None:
                    problems.append(
                        Sentence(
                            _("item {name!r}: text in a file cannot become {type}"),
                            code="plan.file_type",
                            name=item.name,
                            type=item.type,
                        )
                    )
    if problems:
        raise PlanRefused(tuple(problems))
    return types


@dataclass(eq=False)
class FolderView(StagedView):
    """One file as it was when the run began, ready to be asked in SQL."""

    source: FolderSource
    name: str
    #: What the grant delivers, whose promised types the columns take.
    items: Sequence[Item]

    def __post_init__(self) -> None:
        """Look at the file; rows are copied by `load`."""
        self._types = promised(header_of(self.source, self.name), self.items)
        self._stage = Stage(lambda: _told(self.source, self.name))
        self._rows: int | None = None

    def load(self, arrived: Callable[[int], None]) -> None:
        """Copy the rows.

        Raises:
            SideRefused: Not readable, and why.
        """
        path, sheet = file_in(self.source, self.name)
        with _told(self.source, self.name):
            load(self._staged.database, path, sheet, _codec(self.source), tuple(self._types), self._staged.work)
        self._staged.open({name: typed_text(_NAME(name), of) for name, of in self._types.items()}, self.written)
        self._rows = int(self.ask(f"select count(*) from {WRITTEN}")[0][0])
        arrived(self._rows)

    @property
    def facts(self) -> TableFacts:
        """Return the file as a table."""
        columns = tuple(ColumnFacts(name, of) for name, of in self._types.items())
        return TableFacts("", self.name, "file", rows_estimate=self._rows, columns=columns)

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that the promised types bring with them."""
        return checks_of(self._types, self.written)

    @property
    def written(self) -> frozenset[str]:
        """Return the columns whose text has a name of its own."""
        return frozenset(name for name, of in self._types.items() if of.kind is not Kind.TEXT)


#: How a value of each kind is written in a file, before the engine reads it more leniently than we may.
_FORMS = {
    Kind.INTEGER: r"[+-]?[0-9]+",
    Kind.FLOAT: r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?",
    Kind.BOOLEAN: r"true|false|TRUE|FALSE|True|False|[tf01]",
    Kind.DATE: r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}",
    Kind.TIMESTAMP: r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?",
}


def typed_text(column: str, of: SqlType) -> str:
    """Return the text of a column as its promised type, NULL where it is no such value."""
    if of.kind is Kind.TEXT:
        return column
    value = f"replace({column}, '/', '-')" if of.kind is Kind.DATE else column
    return f"case when regexp_full_match({column}, '{form_of(of)}') then try_cast({value} as {duckdb_type(of)}) end"


def form_of(of: SqlType) -> str | None:
    """Return the pattern of how a value of the type is written in a file; None for a text."""
    if of.kind is Kind.DECIMAL:
        scale = (*of.modifiers, 0, 0)[1]
        fraction = rf"(\.[0-9]{{0,{scale}}}0*)?" if scale else r"(\.0*)?"
        return rf"[+-]?[0-9]+{fraction}"
    return _FORMS.get(of.kind)
