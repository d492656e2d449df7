"""A version of a holding as a source: its files are read where they lie, so all reads of a run see one moment."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.postgres.source import ROW, Chunk
from hefu.dataplane.connectors.profile import LOOKED_AT, ColumnProfile, profile_cells
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.connectors.staging import PART, RELATION, Stage, StageStream
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.lake.reading import look
from hefu.dataplane.lake.table import LakeTable, Version
from hefu.dataplane.ticket import ResourceKind
from hefu.dataplane.types import parse

_NAME = Dialect.DUCKDB.name_of


@dataclass(frozen=True)
class LakeSource:
    """One version of a holding, read in place of the source that it was collected from."""

    table: LakeTable
    version: Version
    #: What the source is that it stands for; its own kind where the version is a library's.
    kind: ResourceKind = ResourceKind.LAKE_TABLE
    #: Public number of the holding or library, for the record.
    name: str = ""
    #: When the oldest rows in it were collected; None where that is the version's own moment.
    as_of: datetime | None = None


#: What a library's one table is called, for a mount.
TABLE = "library"


def list_lake(source: LakeSource) -> tuple[TableSummary, ...]:
    """Return the one table that a library is."""
    return (TableSummary("", TABLE, "table", rows_estimate=source.version.rows),)


def inspect_lake(source: LakeSource, table: str) -> TableFacts:
    """Return columns and key of the version.

    Raises:
        SideRefused: Another table is asked for.
    """
    if table != TABLE:
        raise SideRefused("source", table)
    return _facts(source.version, TABLE, "table")


def profile_lake(source: LakeSource, table: str) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the version's first rows.

    Raises:
        SideRefused: Another table is asked for.
        NoSuchVersion: Its files were dropped.
    """
    inspect_lake(source, table)
    seen = look(source.table, source.version, limit=LOOKED_AT)
    return tuple(profile_cells(name, [row[at] or "" for row in seen.rows]) for at, name in enumerate(seen.columns))


def _facts(version: Version, name: str, kind: str) -> TableFacts:
    """Return columns and key; in a version whose key tells rows apart, its columns are never empty."""
    whole = version.key if version.keyed else ()
    columns = tuple(ColumnFacts(column, parse(of), nullable=column not in whole) for column, of in version.columns)
    return TableFacts("", name, kind, rows_estimate=version.rows, columns=columns, primary_key=whole)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise SideRefused("source", str(error).splitlines()[0][:200]) from None


@dataclass(eq=False)
class LakeView:
    """The version, ready to be asked in SQL."""

    source: LakeSource
    #: Ends the copying of files that lie in a store.
    control: Control | None = None
    dialect: Dialect = field(default=Dialect.DUCKDB, init=False)

    def __post_init__(self) -> None:
        """Name the files as one table whose rows have a place.

        Raises:
            NoSuchVersion: They were dropped.
            LakeLost, LakeRefused: They lie in a store that cannot be read.
        """
        check = self.control.check if self.control is not None else lambda: None
        parts = self.source.table.parts(self.source.version, lambda _bytes: check())
        self._stage = Stage(_told)
        try:
            self._stage.database.execute(f"create view {RELATION} as {self._union(parts)}")
            self._stage.database.execute("set threads = 1")
        except BaseException:
            self._stage.close()
            raise

    def _union(self, parts: Any) -> str:
        columns = ", ".join(_NAME(name) for name, _of in self.source.version.columns)
        base, reads = 0, []
        for part in parts:
            file = Dialect.DUCKDB.text(str(part.path))
            read = f"read_parquet({file}, file_row_number = true)"
            # The engine sees through the sum: a range of places reads the files and groups of rows it needs.
            reads.append(f"select file_row_number + {base} as {_NAME(ROW)}, {columns} from {read}")
            base += part.rows
        empty = ", ".join(f"null::varchar as {_NAME(name)}" for name, _of in self.source.version.columns)
        return " union all ".join(reads) or f"select 0::bigint as {_NAME(ROW)}, {empty} where false"

    def load(self, arrived: Callable[[int], None]) -> None:
        """Bring nothing: the rows are here."""
        arrived(self.source.version.rows)

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return _NAME(RELATION)

    @property
    def facts(self) -> TableFacts:
        """Return columns and key."""
        return _facts(self.source.version, self.source.version.run, "file")

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return no checks: types were checked when the rows were collected."""
        return ()

    @property
    def written(self) -> frozenset[str]:
        """Return no columns: every value has its type."""
        return frozenset()

    def judge(self, granted: str, flags: str) -> None:
        """Note once which granted rows fail which checks."""
        self._stage.judge(granted, flags)

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return ranges of rows."""
        step = size * 100 if size else PART
        starts = range(0, max(1, self.source.version.rows), step)
        return tuple(Chunk(number, start, start + step, staged=True) for number, start in enumerate(starts))

    @property
    def state(self) -> tuple[str, int]:
        """Return which version it is: a later run goes on only over the very same."""
        return f"{self.source.table.path.name}:{self.source.version.number}", 0

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return self._stage.ask(query)

    def stream(self) -> StageStream:
        """Return what reads batches."""
        return self._stage.stream()

    def cancel(self) -> None:
        """End the running statement."""
        self._stage.cancel()

    def cut(self) -> None:
        """End the running statement."""
        self._stage.cancel()

    def close(self) -> None:
        """Let go; may be called twice."""
        self._stage.close()
