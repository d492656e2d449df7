"""MySQL as a source: one statement reads the columns and, as far as it is sure, the rows that a grant needs.

Masks, checks and the exact filter run over the rows in a staging file of the run's own, in the one meaning that all
sources share; MySQL's own comparisons depend on each column's collation, so it is only asked to leave out rows that
the exact filter would leave out as well.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from os import urandom

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table, no_table
from hefu.dataplane.connectors.mysql.lines import mark_of, server_digest
from hefu.dataplane.connectors.mysql.moment import begin, joined
from hefu.dataplane.connectors.mysql.ranges import Bounds, SplitKey, bounds_of, not_a_border, split_key, walked
from hefu.dataplane.connectors.mysql.reading import MysqlRange, stage
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.connectors.staged import StagedView, faults_told, types_used
from hefu.dataplane.connectors.staging import PART, PART_BYTES, checks_of, held_as
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.filters import Between, Condition, Equals, OneOf, RowFilter, StartsWith, Value
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence

#: Rows of the smallest range, however long they are.
LEAST_ROWS = 100


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
    #: What tells the ranges of two runs alike, and the ranges, when they are read one by one and not by `load`.
    apart: tuple[str, tuple[Chunk, ...]] | None = field(default=None, init=False)
    #: What marks are made with.
    secret: bytes = field(default_factory=partial(urandom, 32), init=False, repr=False)
    _rows: int | None = field(default=None, init=False)
    _more: list[MysqlSession] = field(default_factory=list, init=False)

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
        if self.apart is not None:
            return
        types = types_used(self.ticket, self._table.facts)
        natives = {name: self._table.columns[name] for name in types}
        session = self._session
        begin(session)
        with self._told():
            self._stage, self._rows = stage(session, natives, self._of, self._told, arrived, small=False)
        session.rollback()
        self._open(types)

    @property
    def _of(self) -> str:
        types = types_used(self.ticket, self._table.facts)
        where = self._granted
        if self.narrow is not None:
            new = coarse_filter(RowFilter((self.narrow,)), types, self._table.charsets)
            where = f"({where}) and ({new} or {quoted(self.narrow.column)} is null)"
        key = self._table.facts.primary_key if self._table.engine == "InnoDB" and where == "true" else ()
        order = f" order by {', '.join(quoted(name) for name in key)}" if key else ""
        return f"{self._relation} where {where}{order}"

    @property
    def _granted(self) -> str:
        types = types_used(self.ticket, self._table.facts)
        return coarse_filter(self.ticket.filter, types, self._table.charsets)

    @property
    def _relation(self) -> str:
        return quoted(self._table.facts.schema, self._table.facts.table)

    def split_key(self) -> SplitKey | Sentence:
        """Return the key by which the table is read in ranges, or why there is none."""
        return split_key(self._session, self._table)

    def walk(self, key: SplitKey, size: int | None) -> tuple[Bounds, ...] | Sentence:
        """Return the ranges in which the table is read, or why there are none.

        Args:
            key: What tells rows apart.
            size: Hundreds of rows of a range, for tests; None chooses by the length of the table's rows.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        borders = []
        for border in walked(self._session, self._relation, key, size * 100 if size else self._rows_of_a_range()):
            if border is None:
                return not_a_border(self._table.facts.table)
            borders.append(border)
        self._session.rollback()
        return bounds_of(borders)

    def _rows_of_a_range(self) -> int:
        """Return how many rows are staged, sent and committed together."""
        facts = self._table.facts
        ((length,),) = self._session.run(
            "select coalesce(avg_row_length, 0) from information_schema.tables "
            f"where table_schema = {text(facts.schema)} and table_name = {text(facts.table)}"
        )
        return max(LEAST_ROWS, min(PART, PART_BYTES // max(1, int(length))))

    def sessions(self, wanted: int) -> list[MysqlSession]:
        """Return sessions that see one moment of the table: one of them, or as many as wanted where that can be had.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        self._more = joined(self._session, self.source.connection, self.policy, self._relation, wanted)
        return self._more

    def ranged(self, session: MysqlSession, condition: str) -> "MysqlRange":
        """Return the granted rows of one range, to be loaded with `session`."""
        types = types_used(self.ticket, self._table.facts)
        of = f"{self._relation} where ({self._granted}) and ({condition})"
        return MysqlRange(session, self._table, types, of, self.secret)

    def count(self, session: MysqlSession) -> int:
        """Return how many rows the run's ranges have together.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        ((rows,),) = session.run(f"select count(*) from {self._relation} where {self._granted}")
        return int(rows)

    def mark(self, session: MysqlSession, condition: str) -> tuple[int, int]:
        """Return the mark of the rows that a range has now, and how many they are; none of them is carried.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        types = types_used(self.ticket, self._table.facts)
        digest = server_digest({name: self._table.columns[name] for name in types})
        where = f"({self._granted}) and ({condition})"
        rows, total = session.run(f"select {digest} from {self._relation} where {where}")[0]
        return mark_of(self.secret, int(rows), int(total)), int(rows)

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return ranges of a key, or of the rows as they came."""
        return self.apart[1] if self.apart is not None else super().parts(size)

    @property
    def state(self) -> tuple[str, int]:
        """Return what the ranges are of, or a digest of all rows."""
        return (self.apart[0], 0) if self.apart is not None else super().state

    @property
    def spoilable(self) -> tuple[Typed, ...]:
        """Return the checks that a range may bring with it, in the order of the columns."""
        types = types_used(self.ticket, self._table.facts)
        return checks_of(types, frozenset(types))

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Return the columns that the table holds unique by itself."""
        return (self._table.facts.primary_key, *self._table.facts.unique_keys)

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
        for session in self._more:
            session.close()
        self._session.close()
        super().close()


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
