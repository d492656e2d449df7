"""What all views have in common whose rows are staged when the run begins, whatever they were read from."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staging import RELATION, Stage, StageStream, held_as, value_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import SqlType

#: Rows that are fetched at a time.
FETCHED = 200
#: Rows and bytes gathered to a batch; one huge row may make a batch of its own.
ROWS, BYTES = 10_000, 1 << 20


class StagedView:
    """Answers from the stage; whoever derives from it says how the rows come there."""

    dialect = Dialect.DUCKDB
    _stage: Stage | None = None
    _written: frozenset[str] = frozenset()

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return Dialect.DUCKDB.name_of(RELATION)

    @property
    def written(self) -> frozenset[str]:
        """Return the columns whose text as it stands in the source has a name of its own."""
        return self._written

    def judge(self, granted: str, flags: str) -> None:
        """Note once which granted rows fail which checks."""
        self._staged.judge(granted, flags)

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return ranges of rows."""
        return self._staged.parts(size)

    @property
    def state(self) -> tuple[str, int]:
        """Return a digest of the rows."""
        return self._staged.state(), 0

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return self._staged.ask(query)

    def stream(self) -> StageStream:
        """Return what reads batches."""
        return self._staged.stream()

    @property
    def _staged(self) -> Stage:
        if self._stage is None:
            raise RuntimeError("the rows were not loaded")
        return self._stage

    def _open(self, types: Mapping[str, SqlType]) -> None:
        """Give the texts of a database their types; those that are no such value are kept beside."""
        values = {name: value_of(name, of) for name, of in types.items()}
        self._written = self._staged.spoiled(values)
        whole = {name: Dialect.DUCKDB.name_of(name) for name, of in types.items() if held_as(of) is None}
        sound = {name: plain for name, plain in whole.items() if name not in self._written}
        self._staged.open(values | sound, self._written)

    def cancel(self) -> None:
        """End the running statement."""
        if self._stage is not None:
            self._stage.cancel()

    def cut(self) -> None:
        """End the connection, and what is under way here."""
        if self._stage is not None:
            self._stage.cancel()

    def close(self) -> None:
        """Let go; may be called twice."""
        if self._stage is not None:
            self._stage.close()


@contextlib.contextmanager
def faults_told(table: str) -> Iterator[None]:
    """Tell what the engine that stages says against the rows of a table as the source's refusal."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise SideRefused("source", f"{table}: {str(error).splitlines()[0][:200]}") from None


def types_used(ticket: Ticket, facts: TableFacts) -> dict[str, SqlType]:
    """Return the columns that the grant looks at, with their types."""
    used = {item.column for item in ticket.items} | {*ticket.columns_besides, *ticket.key}
    return {column.name: column.type for column in facts.columns if column.name in used and column.not_carried is None}


def gathered(fetched: Iterator[list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows in larger lists, shorter ones where rows are wide."""
    rows: list[tuple[Any, ...]] = []
    size = 0
    for some in fetched:
        rows += some
        size += sum(len(cell) for row in some for cell in row if cell is not None and len(cell) > 64)
        if len(rows) >= ROWS or size >= BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows
