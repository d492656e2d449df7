"""Joined rows in a file of the run's own, ready to be asked in SQL."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.postgres.source import ROW, Chunk, Snapshot
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staging import MEMORY, RELATION, WRITTEN, Stage, StageStream, held_as
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.join import Join
from hefu.dataplane.join_sql import count_sql, join_sql, share_sql
from hefu.dataplane.lanes.view import Stream, View
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

_NAME = Dialect.DUCKDB.name_of
#: What DuckDB may hold while it joins; before and after, what every stage may.
JOINING = "192MB"
#: Rows of both sides that are joined at a time.
SHARE = 150_000


class Sides(Protocol):
    """The delivered rows of both sides, where they can be joined."""

    def count(self, stage: Stage) -> tuple[int, int, int]:
        """Return the rows of the left side, of the right, and of the join, reckoned without joining."""
        ...

    def fill(self, stage: Stage, arrived: Callable[[int], None]) -> None:
        """Put the joined rows into the stage's table."""
        ...

    def cancel(self) -> None:
        """End what is under way."""
        ...


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise
    except (duckdb.Error, pa.ArrowException) as error:
        raise SideRefused("source", str(error).splitlines()[0][:200]) from None


class Files:
    """Both sides were brought here, each into a Parquet file that was counted against its source."""

    def __init__(self, join: Join, left: Path, right: Path) -> None:
        """Join these two."""
        self._join = join
        self._left, self._right = (f"select * from read_parquet({Dialect.DUCKDB.text(str(path))})"
                                   for path in (left, right))  # fmt: skip

    def count(self, stage: Stage) -> tuple[int, int, int]:
        """Return the counts."""
        left, right, both = stage.ask(count_sql(self._join, self._left, self._right, Dialect.DUCKDB))[0]
        return int(left), int(right), int(both)

    def fill(self, stage: Stage, arrived: Callable[[int], None]) -> None:
        """Join them here, one share of the compared values after the other, so that each fits into memory."""
        rows = stage.ask(f"select (select count(*) from ({self._left})) + (select count(*) from ({self._right}))")
        shares = 1 + rows[0][0] // SHARE
        done = 0
        ours, theirs = share_sql(self._join, "left", Dialect.DUCKDB), share_sql(self._join, "right", Dialect.DUCKDB)
        for share in range(shares):
            left = f"select * from ({self._left}) as l where {ours} % {shares} = {share}"
            right = f"select * from ({self._right}) as r where {theirs} % {shares} = {share}"
            with _told():
                joined = join_sql(self._join, left, right, Dialect.DUCKDB, ordered=True)
                stage.database.execute(f"insert into {WRITTEN} {joined}")
                now = int(stage.ask(f"select count(*) from {WRITTEN}")[0][0])
            arrived(now - done)
            done = now

    def cancel(self) -> None:
        """Do nothing: the stage is cancelled by its view."""


class InSource:
    """One engine reads both tables where they lie: they are joined there, and only joined rows leave it."""

    def __init__(self, join: Join, left: str, right: str, view: Snapshot | View) -> None:
        """Join these two queries in the engine, and under the moment, of `view`."""
        self._join, self._left, self._right, self._view = join, left, right, view
        self._stream: Stream | None = None

    def count(self, stage: Stage) -> tuple[int, int, int]:
        """Return the counts."""
        left, right, both = self._view.ask(count_sql(self._join, self._left, self._right, self._view.dialect))[0]
        return int(left), int(right), int(both)

    def fill(self, stage: Stage, arrived: Callable[[int], None]) -> None:
        """Bring the joined rows here."""
        dialect = self._view.dialect
        inner = join_sql(self._join, self._left, self._right, dialect, ordered=True)
        quote = dialect.name_of
        columns = []
        for one in self._join.outputs:
            # PostgreSQL's driver has no Arrow type for the others.
            plain = dialect is not Dialect.POSTGRES or one.type.kind not in (Kind.DECIMAL, Kind.TEXT, Kind.OTHER)
            columns.append(quote(one.name) if plain else f"cast({quote(one.name)} as text) as {quote(one.name)}")
        with contextlib.closing(self._view.stream()) as stream:
            self._stream = stream
            with contextlib.closing(stream.batches(f"select {', '.join(columns)} from ({inner}) as j")) as batches:
                for batch in batches:
                    with _told():
                        stage.database.register("arriving", batch)
                        stage.database.execute(f"insert into {WRITTEN} select * from arriving")
                        stage.database.unregister("arriving")
                    arrived(batch.num_rows)
        self._stream = None

    def cancel(self) -> None:
        """End the running statements."""
        self._view.cancel()
        if self._stream is not None:
            self._stream.cancel()


class JoinView:
    """The joined rows as a source: one moment, asked as often as the run needs."""

    dialect = Dialect.DUCKDB
    checks: tuple[Typed, ...] = ()
    written: frozenset[str] = frozenset()

    def __init__(self, join: Join, sides: Sides, name: str) -> None:
        """Join nothing yet: `load` does."""
        self._join, self._sides, self._name = join, sides, name
        self._stage = Stage(_told)
        self.rows: int | None = None

    def load(self, arrived: Callable[[int], None]) -> None:
        """Join, when the keys name single rows, and see that the join gave what the counts say.

        Raises:
            SideRefused: A key names several rows, so that the join would give more than either side holds.
            NotReconciled: It gave other rows.
        """
        self._stage.database.execute(f"set memory_limit = '{JOINING}'; set threads = 1")
        columns = ", ".join(f"{_NAME(one.name)} {_held(one.type)}" for one in self._join.columns)
        with _told():
            self._stage.database.execute(f"create table {WRITTEN} ({columns})")
        left, right, both = self._sides.count(self._stage)
        if both > self._join.most_rows(left, right):
            text = _(
                "the compared columns name several rows on both sides, so that {rows} rows would come of {left} and "
                "{right}; compare the whole key of one side"
            )
            raise SideRefused("source", Sentence(text, code="side.join_many", rows=both, left=left, right=right))
        self._sides.fill(self._stage, arrived)
        self.rows = int(self._stage.ask(f"select count(*) from {WRITTEN}")[0][0])
        if self.rows != both:
            raise NotReconciled(what="rows joined", source=both, target=self.rows)
        self._stage.database.execute(f"create view {RELATION} as select rowid as {_NAME(ROW)}, * from {WRITTEN}")
        self._stage.database.execute(f"set memory_limit = '{MEMORY}'")

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return _NAME(RELATION)

    @property
    def facts(self) -> TableFacts:
        """Return the joined rows as a table."""
        return TableFacts("", self._name, "join", rows_estimate=self.rows, columns=self._join.columns)

    def judge(self, granted: str, flags: str) -> None:
        """Note nothing: each side was checked before."""

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return ranges of rows."""
        return self._stage.parts(size)

    @property
    def state(self) -> tuple[str, int]:
        """Return a digest of all joined rows in their order: a later run goes on only over the very same."""
        return self._stage.state(), 0

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return self._stage.ask(query)

    def stream(self) -> StageStream:
        """Return what reads batches."""
        return self._stage.stream()

    def cancel(self) -> None:
        """End the running statements, there and here."""
        self._sides.cancel()
        self._stage.cancel()

    def cut(self) -> None:
        """End them."""
        self.cancel()

    def close(self) -> None:
        """Remove the rows; may be called twice."""
        self._stage.close()


def _held(of: Any) -> str:
    return "VARCHAR" if of.kind is Kind.OTHER else held_as(of) or "VARCHAR"
