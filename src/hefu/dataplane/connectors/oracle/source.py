"""Oracle and Dameng as sources: one statement reads the columns and, as far as it is sure, the rows that are needed.

As with MySQL, masks, checks and the exact filter run over the rows in a staging file of the run's own.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.oracle.inspection import NativeTable, native_table
from hefu.dataplane.connectors.oracle.session import CatalogueSession
from hefu.dataplane.connectors.oracle.tongue import Connection, Native, Tongue, base, text
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staged import FETCHED, StagedView, faults_told, gathered, types_used
from hefu.dataplane.connectors.staging import Stage, checks_of, held_as
from hefu.dataplane.filters import Between, Condition, Equals, OneOf, RowFilter, StartsWith, Value
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind, SqlType

#: A literal that is longer, and a list with more values, are left to the exact filter: both have limits there.
_LONGEST, _MOST = 1000, 1000
_PADDED = ("CHAR", "NCHAR", "CHARACTER")


@dataclass(frozen=True)
class CatalogueSource:
    """A provider's database."""

    connection: Connection
    tongue: Tongue


@dataclass(frozen=True)
class OracleSource(CatalogueSource):
    """An Oracle database."""


@dataclass(frozen=True)
class DamengSource(CatalogueSource):
    """A Dameng database."""


@dataclass(eq=False)
class CatalogueView(StagedView):
    """One table, read when the run begins."""

    source: CatalogueSource
    policy: AddressPolicy
    ticket: Ticket

    def __post_init__(self) -> None:
        """Connect and look at the table; rows are read by `load`.

        Raises:
            DataPlaneRefusal: The server cannot be reached or has no such table to read.
        """
        self._session = CatalogueSession(self.source.tongue, self.source.connection, "source", self.policy)
        try:
            self._table: NativeTable = native_table(
                self._session, self.ticket.resource.schema, self.ticket.resource.table
            )
        except BaseException:
            self._session.close()
            raise

    def load(self, arrived: Callable[[int], None]) -> None:
        """Read the rows with one statement, which sees one moment.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        types = types_used(self.ticket, self._table.facts)
        self._stage = Stage(self._told)
        with self._told():
            self._stage.fill(list(types), self._batches(types), arrived)
        self._open(types)

    def _batches(self, types: dict[str, SqlType]) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([(name, pa.string()) for name in types])
        natives = [self._table.columns[name] for name in types]
        query = rows_query(self.source.tongue, self._table, types, self.ticket.filter)
        with contextlib.closing(self._session.streamed(query, FETCHED)) as fetched:
            told = ([tuple(map(as_text, row, natives)) for row in rows] for rows in fetched)
            for rows in gathered(told):
                arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)] if natives else []
                if not natives:
                    arrays = [pa.array([""] * len(rows), pa.string())]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

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
        """Return the checks that keep back rows with days before the year 1, or with signs that no text has."""
        return checks_of(types_used(self.ticket, self._table.facts), self._written)

    def cancel(self) -> None:
        """End the running statement."""
        self._session.cancel()
        super().cancel()

    def cut(self) -> None:
        """End the connection."""
        self._session.cut()
        super().cut()

    def close(self) -> None:
        """Let go; may be called twice."""
        self._session.close()
        super().close()


def as_text(cell: object, native: Native) -> str | None:
    """Return a fetched cell as the text of its value: leading zeros as everywhere, no spaces that fill a CHAR up."""
    if hasattr(cell, "read"):  # a long value may come as a handle
        cell = cell.read()
    if cell is None:
        return None
    if isinstance(cell, bytes | bytearray | memoryview):
        return f"\\x{bytes(cell).hex()}"
    if isinstance(cell, float):
        return repr(cell)
    told = f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    kind = base(native.data_type)
    if kind in _PADDED:
        return told.rstrip(" ")
    if kind in ("NUMBER", "FLOAT", "NUMERIC", "DECIMAL", "DEC"):
        told = told.strip()
        return f"{told[:1]}0{told[1:]}" if told.startswith("-.") else f"0{told}" if told.startswith(".") else told
    # SYYYY sets a space before the years of our era.
    return told.lstrip(" ") if kind.startswith(("DATE", "TIMESTAMP")) else told


def rows_query(tongue: Tongue, table: NativeTable, types: dict[str, SqlType], rows: RowFilter) -> str:
    """Return the one statement that reads the columns; without any, the rows are still counted."""
    chosen = ", ".join(tongue.read(table.columns[name], tongue.name_of(name)) for name in types) or "1"
    query = f"select {chosen} from {tongue.name_of(table.facts.schema, table.facts.table)}"
    # Whether the spaces that fill up a CHAR count in a comparison is a setting of the server.
    padded = {name for name, native in table.columns.items() if base(native.data_type) in _PADDED}
    where = coarse_filter(tongue, rows, {name: of for name, of in types.items() if name not in padded})
    key = [name for name in table.facts.primary_key if not where]
    order = f" order by {', '.join(tongue.name_of(name) for name in key)}" if key else ""
    return f"{query}{f' where {where}' if where else ''}{order}"


def coarse_filter(tongue: Tongue, rows: RowFilter, types: dict[str, SqlType]) -> str:
    """Return a condition that holds for every row that the exact filter opens, and for as few others as is sure."""
    parts = [_condition(tongue, one, types[one.column]) for one in rows.conditions if one.column in types]
    return " and ".join(part for part in parts if part)


def _condition(tongue: Tongue, condition: Condition, of: SqlType) -> str:
    column = tongue.name_of(condition.column)
    match condition:
        case Equals(_, value) if _is_sure(value, of):
            return f"{column} = {_literal(value)}"
        case OneOf(_, values) if 0 < len(values) <= _MOST and all(_is_sure(value, of) for value in values):
            return f"{column} in ({', '.join(map(_literal, values))})"
        case StartsWith(_, prefix) if _is_sure(prefix, of) and of.modifiers:
            return f"substr({column}, 1, {len(prefix)}) = {text(prefix)}"
        case Between(_, low, high) if of.kind is not Kind.TEXT:
            ends = [f"{column} >= {_literal(low)}"] if low is not None and _is_sure(low, of) else []
            ends += [f"{column} <= {_literal(high)}"] if high is not None and _is_sure(high, of) else []
            return " and ".join(ends)
    return ""


def _is_sure(value: Value, of: SqlType) -> bool:
    """Return whether the database surely says of a value what the exact filter says.

    An empty text is NULL in Oracle and a text in Dameng; a long text has no equal sign there; instants are left out.
    """
    if of.kind is Kind.TEXT:
        return isinstance(value, str) and 0 < len(value.encode()) <= _LONGEST and bool(of.modifiers)
    if of.kind in (Kind.INTEGER, Kind.DECIMAL):
        return isinstance(value, int | Decimal) and not isinstance(value, bool) and held_as(of) is not None
    return of.kind in (Kind.DATE, Kind.TIMESTAMP) and isinstance(value, date)


def _literal(value: Value) -> str:
    if isinstance(value, datetime):
        return f"timestamp {text(value.isoformat(sep=' ', timespec='microseconds'))}"
    if isinstance(value, date):
        return f"date {text(value.isoformat())}"
    return text(value) if isinstance(value, str) else f"({value:f})" if isinstance(value, Decimal) else f"({value:d})"
