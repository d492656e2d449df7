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

import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table, no_table
from hefu.dataplane.connectors.mysql.types import read_expression
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staged import FETCHED, StagedView, faults_told, gathered, types_used
from hefu.dataplane.connectors.staging import Stage, checks_of, held_as
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.filters import Between, Condition, Equals, OneOf, RowFilter, StartsWith, Value
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind, SqlType


@dataclass(frozen=True)
class MysqlSource:
    """A provider's MySQL database."""

    connection: MysqlConnection


@dataclass(eq=False)
class MysqlView(StagedView):
    """One table, read when the run begins."""

    source: MysqlSource
    policy: AddressPolicy
    ticket: Ticket
    #: Rows at or past it, and those with no value there, are all that is read; None reads every granted row.
    narrow: Between | None = field(default=None, init=False)
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
        types = types_used(self.ticket, self._table.facts)
        self._stage = Stage(self._told)
        session = self._session
        session.run("set session transaction isolation level repeatable read")
        session.run("start transaction with consistent snapshot, read only")
        with self._told():
            self._rows = self._stage.fill(list(types), self._batches(list(types)), arrived)
        session.rollback()
        self._open(types)

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
        types = types_used(self.ticket, self._table.facts)
        where = coarse_filter(self.ticket.filter, types, self._table.charsets)
        if self.narrow is not None:
            new = coarse_filter(RowFilter((self.narrow,)), types, self._table.charsets)
            where = f"({where}) and ({new} or {quoted(self.narrow.column)} is null)"
        key = self._table.facts.primary_key if self._table.engine == "InnoDB" and where == "true" else ()
        order = f" order by {', '.join(quoted(name) for name in key)}" if key else ""
        return f"select {chosen} from {self._relation} where {where}{order}"

    @property
    def _relation(self) -> str:
        return quoted(self._table.facts.schema, self._table.facts.table)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        with self._session.plainly(), faults_told(self.ticket.resource.table):
            yield

    @property
    def facts(self) -> TableFacts:
        """Return the table's columns and keys."""
        return self._table.facts

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that keep back rows with days that are none, or with signs that no text has."""
        return checks_of(types_used(self.ticket, self._table.facts), self._written)

    def cancel(self) -> None:
        """End the running statement."""
        if self._rows is None:
            self._session.cancel()
        super().cancel()

    def cut(self) -> None:
        """Shut the socket."""
        self._session.cut()
        super().cut()

    def close(self) -> None:
        """Let go; may be called twice."""
        self._session.close()
        super().close()


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
