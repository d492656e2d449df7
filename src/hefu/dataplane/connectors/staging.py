"""Rows copied into a database file of the run's own, for sources that no SQL of ours can be asked of.

A run reads such a source once, from beginning to end, into DuckDB; every later look (checks, rejects, rows,
keys) sees that one moment. Memory stays bounded, because DuckDB moves what does not fit to files of the run's own
folder, which goes when the run ends, or with the next one when it was killed.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from hefu.dataplane.checks import Typed, as_written
from hefu.dataplane.connectors.postgres.source import ROW, Chunk
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.scratch import Scratch
from hefu.dataplane.types import Kind, SqlType, duckdb_type

#: What DuckDB may hold in memory; the rest goes to files of the run's own folder.
MEMORY = "96MB"
#: The same where rows come in batches of ours, which take memory of their own.
FILLING = "56MB"
#: Table that loading fills, every column text as it stands in the source; what queries read; rows that fail.
WRITTEN, RELATION, FAILING = "written", "granted_rows", "failing_rows"
#: Columns of the latter, with names that no source has: which row, and the bits of the checks that it fails.
PLACE, FAILED = '"hefu place"', '"hefu failed"'
#: Rows that are sent and committed together, and bytes that these are to have at most: over long rows, one query
#: of many takes the engine 200 MiB beyond what it is given.
PART, PART_BYTES = 100_000, 16 << 20
#: Rows of a batch at most, and bytes that a batch is to have: wide rows come in shorter ones.
_BATCH, _BATCH_BYTES = 50_000, 4 << 20
_NAME = Dialect.DUCKDB.name_of

#: Tells an engine's or a driver's error in plain words.
Told = Callable[[], AbstractContextManager[None]]


class Stage:
    """One table's rows as they were when the run began, ready to be asked in SQL."""

    def __init__(self, told: Told, *, small: bool = False) -> None:
        """Open an empty one.

        Args:
            told: Tells errors in plain words.
            small: Whether the rows are believed to fit what may be held in memory; when they do not, the engine moves
                them to files all the same.
        """
        self._told, self._batch, self._part, self._small = told, _BATCH, PART, small
        self._folder = Scratch("stage")
        try:
            self.database = duckdb.connect(
                ":memory:" if small else str(self.work / "rows.duckdb"),
                config={
                    "memory_limit": MEMORY,
                    "threads": 2,
                    "temp_directory": self._folder.name,
                    "preserve_insertion_order": True,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                },
            )
            # For every cursor, not this one alone: a value without its zone is never read in the host's.
            self.database.execute("set global timezone = 'UTC'")
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def work(self) -> Path:
        """Return the folder for what is needed on the way."""
        return Path(self._folder.name)

    def fill(self, columns: list[str], batches: Iterator[pa.RecordBatch], arrived: Callable[[int], None]) -> int:
        """Make the table of the written texts from batches of text columns; return its rows.

        Args:
            columns: Their names.
            batches: Their texts.
            arrived: Told the rows of each batch; may raise to end the loading.
        """
        kinds = ", ".join(f"{_NAME(name)} varchar" for name in columns)
        self.database.execute(f"set threads = 1; set memory_limit = '{FILLING}'")
        self.database.execute(f"create table {WRITTEN} ({kinds})")
        rows = 0
        if self._small:  # committing each batch takes longer than inserting it, and one of many needs memory
            self.database.begin()
        for batch in batches:
            self.database.register("arriving", batch)
            self.database.execute(f"insert into {WRITTEN} select * from arriving")
            self.database.unregister("arriving")
            rows += batch.num_rows
            arrived(batch.num_rows)
        if self._small:
            self.database.commit()
        return rows

    def open(self, typed: Mapping[str, str], written: frozenset[str]) -> None:
        """Make the view that queries read.

        Args:
            typed: Column → the expression of its value over the written texts.
            written: Columns whose written text is kept beside the value, under a name of its own.
        """
        wanted = [f"rowid as {_NAME(ROW)}", *(f"{value} as {_NAME(name)}" for name, value in typed.items())]
        wanted += [f"{_NAME(name)} as {_NAME(as_written(name))}" for name in typed if name in written]
        self.database.execute(f"create view {RELATION} as select {', '.join(wanted)} from {WRITTEN}")
        if typed:
            lengths = " + ".join(f"coalesce(strlen({_NAME(name)}), 0)" for name in typed)
            width = self.ask(f"select avg({lengths}) from {WRITTEN}")[0][0] or 1
            self._batch = min(_BATCH, max(1, int(_BATCH_BYTES / width)))
            self._part = min(PART, max(1, int(PART_BYTES / width)))
        # What follows waits for the target, not for processors; and each thread holds rows of its own.
        self.database.execute("set threads = 1")

    def judge(self, granted: str, flags: str) -> None:
        """Note once which granted rows fail which checks, so that no later query has to ask again."""
        inner = f"select {_NAME(ROW)} as {PLACE}, {flags} as {FAILED} from {RELATION} where {granted}"
        with self._told():
            self.database.execute(f"create table {FAILING} as select * from ({inner}) as judged where {FAILED} <> 0")

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return ranges of rows; `size` makes them of `size` hundred rows, for tests."""
        rows = self.ask(f"select count(*) from {WRITTEN}")[0][0]
        step = size * 100 if size else self._part
        starts = range(0, max(1, rows), step)
        return tuple(Chunk(number, start, start + step, staged=True) for number, start in enumerate(starts))

    def state(self) -> str:
        """Return a digest of all rows in their order: a later run goes on only over the very same rows."""
        return str(self.ask(f"select concat(count(*), ':', sum(hash(rowid, {WRITTEN})::hugeint)) from {WRITTEN}")[0][0])

    def spoiled(self, typed: Mapping[str, str]) -> frozenset[str]:
        """Return the columns in which some text is no value of the column's type."""
        if not typed:
            return frozenset()
        counts = ", ".join(
            f"count(*) filter (where {_NAME(name)} is not null and {value} is null)" for name, value in typed.items()
        )
        found = self.ask(f"select {counts} from {WRITTEN}")[0]
        return frozenset(name for name, count in zip(typed, found, strict=True) if count)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        with self._told():
            return self.database.cursor().execute(query).fetchall()

    def stream(self) -> "StageStream":
        """Return what reads batches."""
        return StageStream(self._told, self.database.cursor(), self._batch)

    def cancel(self) -> None:
        """End the running statement."""
        with contextlib.suppress(duckdb.Error):
            self.database.interrupt()

    def close(self) -> None:
        """Remove the rows; may be called twice."""
        self.database.close()
        self._folder.cleanup()


class StageStream:
    """Reads batches of one query after the other."""

    def __init__(self, told: Told, cursor: duckdb.DuckDBPyConnection, rows: int) -> None:
        """Read `rows` rows at a time with `cursor`."""
        self._told, self._cursor, self._rows = told, cursor, rows

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of a query in batches, in the order in which they came."""
        with self._told():
            yield from self._cursor.execute(query).to_arrow_reader(self._rows)

    def cancel(self) -> None:
        """End the running statement; one that is over, or closed meanwhile, needs no ending."""
        with contextlib.suppress(duckdb.Error):
            self._cursor.interrupt()

    def cut(self) -> None:
        """End the running statement."""
        self.cancel()

    def close(self) -> None:
        """Let go."""
        self._cursor.close()


def checks_of(types: Mapping[str, SqlType], columns: frozenset[str]) -> tuple[Typed, ...]:
    """Return the checks that keep back rows whose text is no value, in the order of the columns."""
    return tuple(Typed(name, str(of)) for name, of in types.items() if name in columns)


def value_of(name: str, of: SqlType) -> str:
    """Return the expression of a database's text as a value of the type; NULL where it is none.

    What DuckDB has no such type for stays text: it is passed on as it is, and no mask, filter or check that
    needs more than a text is planned on it.
    """
    column = _NAME(name)
    if of.kind is Kind.TEXT or (held := held_as(of)) is None:
        # The sign NUL is no text in PostgreSQL.
        return f"case when contains({column}, chr(0)) then null else {column} end"
    return f"try_cast({column} as {held})"


def held_as(of: SqlType) -> str | None:
    """Return DuckDB's type for values of `of`, None for what is held as text."""
    if of.kind is Kind.TEXT:
        return None
    return "TIMESTAMPTZ" if of.kind is Kind.INSTANT and not of.array else duckdb_type(of)
