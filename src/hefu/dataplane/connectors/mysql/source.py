"""MySQL as a source: one statement reads the columns and, as far as it is sure, the rows that a grant needs.

Masks, checks and the exact filter run over the rows in a staging file of the run's own, in the one meaning that all
sources share; MySQL's own comparisons depend on each column's collation, so it is only asked to leave out rows that
the exact filter would leave out as well.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table, no_table
from hefu.dataplane.connectors.mysql.types import read_expression
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staging import RELATION, Stage, StageStream, checks_of, held_as, value_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.filters import Between, Condition, Equals, OneOf, RowFilter, StartsWith, Value
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind, SqlType

#: Rows that are fetched at a time.
FETCHED = 200
#: Rows and bytes gathered to a batch; one huge row may make a batch of its own.
ROWS, BYTES = 10_000, 1 << 20


@dataclass(frozen=True)
class MysqlSource:
    """A provider's MySQL database."""

    connection: MysqlConnection


@dataclass(eq=False)
class MysqlView:
    """One table, read when the run begins."""

    source: MysqlSource
    policy: AddressPolicy
    ticket: Ticket
    dialect: Dialect = field(default=Dialect.DUCKDB, init=False)
    #: Rows at or past it, and those with no value there, are all that is read; None reads every granted row.
    narrow: Between | None = field(default=None, init=False)
    _stage: Stage | None = field(default=None, init=False)
    _written: frozenset[str] = field(default=frozenset(), init=False)
    _rows: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Connect and look at the table; rows are read by `load`.

        Raises:
            DataPlaneRefusal: The server cannot be reached or has no such table to read.
        """
        self._session = MysqlSession(self.source.connection, "source", self.policy, reads=True)
        try:
            schema, table = self.ticket.resource.schema, self.ticket.resource.table
            found = native_table(self._session, schema, table)
            if found is None:
                raise SideRefused("source", no_table(f"{schema}.{table}", self.source.connection.user))
            self._table: NativeTable = found
        except BaseException:
            self._session.close()
            raise

    def load(self, arrived: Callable[[int], None]) -> None:
        """Read the rows, telling `arrived` how many came.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        types = self._read_types()
        self._stage = Stage(self._told)
        session = self._session
        session.run("set session transaction isolation level repeatable read")
        session.run("start transaction with consistent snapshot, read only")
        with self._told():
            self._rows = self._stage.fill(list(types), self._batches(list(types)), arrived)
        session.rollback()
        values = {name: value_of(name, of) for name, of in types.items()}
        self._written = self._stage.spoiled(values)
        whole = {name: Dialect.DUCKDB.name_of(name) for name, of in types.items() if held_as(of) is None}
        sound = {name: plain for name, plain in whole.items() if name not in self._written}
        self._stage.open(values | sound, self._written)

    def _read_types(self) -> dict[str, SqlType]:
        """Return the columns that the grant looks at, with their types."""
        used = {item.column for item in self.ticket.items} | {*self.ticket.columns_besides, *self.ticket.key}
        return {
            column.name: column.type
            for column in self._table.facts.columns
            if column.name in used and column.not_carried is None
        }

    def _batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([(name, pa.string()) for name in columns])
        with contextlib.closing(self._session.streamed(self._query(columns), FETCHED)) as fetched:
            for rows in gathered(fetched):
                arrays = [pa.array(_texts(cells), pa.string()) for cells in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _query(self, columns: Sequence[str]) -> str:
        natives = self._table.columns
        # A table without rows that are looked at (all items constant) still has rows to count.
        chosen = ", ".join(read_expression(natives[name], quoted(name)) for name in columns) or "''"
        where = coarse_filter(self.ticket.filter, self._read_types(), self._table.charsets)
        if self.narrow is not None:
            new = coarse_filter(RowFilter((self.narrow,)), self._read_types(), self._table.charsets)
            where = f"({where}) and ({new} or {quoted(self.narrow.column)} is null)"
        key = self._table.facts.primary_key if self._table.engine == "InnoDB" and where == "true" else ()
        order = f" order by {', '.join(quoted(name) for name in key)}" if key else ""
        return f"select {chosen} from {self._relation} where {where}{order}"

    @property
    def _relation(self) -> str:
        return quoted(self._table.facts.schema, self._table.facts.table)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        with self._session.plainly():
            try:
                yield
            except (duckdb.Error, pa.ArrowException) as error:
                raise SideRefused(
                    "source", f"{self.ticket.resource.table}: {str(error).splitlines()[0][:200]}"
                ) from None

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return Dialect.DUCKDB.name_of(RELATION)

    @property
    def facts(self) -> TableFacts:
        """Return the table's columns and keys."""
        return self._table.facts

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that keep back rows with days that are none, or with signs that no text has."""
        return checks_of(self._read_types(), self._written)

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

    def cancel(self) -> None:
        """End the running statement."""
        if self._rows is None:
            self._session.cancel()
        if self._stage is not None:
            self._stage.cancel()

    def cut(self) -> None:
        """Shut the socket."""
        self._session.cut()
        if self._stage is not None:
            self._stage.cancel()

    def close(self) -> None:
        """Let go; may be called twice."""
        self._session.close()
        if self._stage is not None:
            self._stage.close()


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


def _texts(cells: tuple[Any, ...]) -> list[str | None] | tuple[Any, ...]:
    """Return a column's cells as texts; bytes in PostgreSQL's form."""
    if any(isinstance(cell, bytes) for cell in cells):
        return [f"\\x{cell.hex()}" if isinstance(cell, bytes) else cell for cell in cells]
    return cells


#: Kinds of which MySQL and the exact filter surely agree what is equal, less or more.
_SURE = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT)


def coarse_filter(rows: RowFilter, types: dict[str, SqlType], charsets: dict[str, str]) -> str:
    """Return a condition of MySQL that holds for every row that the filter opens, and for as few others as is sure."""
    parts = [
        _condition(condition, types[condition.column], charsets.get(condition.column, ""))
        for condition in rows.conditions
        if condition.column in types
    ]
    return " and ".join(part for part in parts if part) or "true"


def _condition(condition: Condition, of: SqlType, charset: str) -> str:
    column = quoted(condition.column)
    if of.kind is Kind.TEXT:
        # Equal bytes are equal in every collation. A column of another character set is compared as UTF-8.
        column = column if charset == "utf8mb4" else f"convert({column} using utf8mb4)"
        match condition:
            case Equals(_, wanted):
                return f"{column} = {text(str(wanted))}"
            case OneOf(_, values) if values:
                return f"{column} in ({', '.join(text(str(value)) for value in values)})"
            case StartsWith(_, prefix) if prefix:
                return f"left({column}, {len(prefix)}) = {text(prefix)}"
        return ""
    if of.kind not in _SURE or (of.kind is Kind.DECIMAL and held_as(of) is None):
        return ""
    match condition:
        case Equals(_, value):
            return f"{column} = {_literal(value)}"
        case OneOf(_, values) if values:
            return f"{column} in ({', '.join(_literal(value) for value in values)})"
        case Between(_, low, high):
            ends = [f"{column} >= {_literal(low)}"] if low is not None else []
            ends += [f"{column} <= {_literal(high)}"] if high is not None else []
            return " and ".join(ends)
    return ""


def _literal(value: Value) -> str:
    """Return a value as MySQL compares it; an instant in UTC, as sessions are."""
    if isinstance(value, datetime):
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return text(plain.isoformat(sep=" "))
    if isinstance(value, date):
        return text(value.isoformat())
    return text(value) if isinstance(value, str) else f"({value:f})" if isinstance(value, Decimal) else f"({value:d})"
