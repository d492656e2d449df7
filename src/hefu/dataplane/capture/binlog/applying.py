"""Changed rows of MySQL on their way: masked, filtered and checked here as a copy does it, merged in the target."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa

from hefu.dataplane.capture.applying import Applied
from hefu.dataplane.capture.arrival import Arrival, Staged
from hefu.dataplane.capture.pending import Pending, picked
from hefu.dataplane.capture.pgoutput import Value
from hefu.dataplane.checks import as_written
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.staging import FILLING, StageStream, value_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.lanes.query import chunk_query
from hefu.dataplane.outcome import Rejected
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.types import SqlType

_NAME = Dialect.DUCKDB.name_of
_WHOLE = Chunk(0, whole=True)
#: What the engine finds the changed rows under, and rows of a batch on their way to the target.
_ARRIVED, _BATCH = "arrived_changes", 10_000


@dataclass
class Engine:
    """The engine that a copy uses as well, without a file of its own: what it is given is bounded already."""

    database: duckdb.DuckDBPyConnection = field(init=False)

    def __post_init__(self) -> None:
        """Start it."""
        self.database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": FILLING,
                "threads": 1,
                "preserve_insertion_order": True,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self.database.execute("set global timezone = 'UTC'")

    @contextlib.contextmanager
    def holding(self, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Iterator[None]:
        """Let queries find these rows, every value as the text that the source prints."""
        lists = list(zip(*rows, strict=True)) or [()] * len(columns)
        arrays = [pa.array(values, pa.binary()).cast(pa.string()) for values in lists]
        self.database.register(_ARRIVED, pa.Table.from_arrays(arrays, names=list(columns)))
        try:
            yield
        finally:
            self.database.unregister(_ARRIVED)

    def close(self) -> None:
        """End it."""
        self.database.close()


class Changes(Pending):
    """Changes of one table since the last write."""

    @property
    def messages(self) -> int:
        """Return how many rows are to be written or to go."""
        return len(self.last)


@dataclass(frozen=True)
class BinlogApplier:
    """Writes pending changes into the target, inside the target session's open transaction."""

    plan: Plan
    secrets: Mapping[str, str]
    #: Source columns that the plan reads, with their types.
    types: Mapping[str, SqlType]
    engine: Engine
    arrival: Arrival
    delivery: str
    #: What names the log that the position stands in.
    stamp: str = ""

    def apply(self, pending: Changes) -> Applied:
        """Write what is pending; the caller commits the target with the new position.

        Raises:
            SideLost, SideRefused: The target is gone, or it refused.
            NotReconciled: Not every row that left arrived.
        """
        plan, columns = self.plan, pending.relation.columns
        self.arrival.stamp(self.delivery, self.stamp)
        key = [output.column for output in plan.key_outputs]
        if pending.last:
            # The key of the changes is in the order of the plan's, as their names are.
            with self._held(key, list(map(picked([pending.key.index(name) for name in key]), pending.last))) as sql:
                keys = ", ".join(f"{sql.value(output)} as {_NAME(output.name)}" for output in plan.key_outputs)
                arrived = self._carry(f"select {keys} from {sql.relation}", plan.key_outputs, "touched")
            if arrived != len(pending.last):
                raise NotReconciled(what="changed rows", source=len(pending.last), target=arrived)
        rejected: tuple[Rejected, ...] = ()
        fresh = 0
        if rows := pending.rows:
            with self._held(columns, rows) as sql:
                rejected = self._rejected(sql)
                fresh = self._carry(chunk_query(sql, _WHOLE, None), plan.outputs, "fresh")
        touched = len(pending.last)
        counts = self.arrival.merge(plan, emptied=pending.emptied, touched=touched, fresh=fresh)
        return Applied(len(pending), replace(counts, rejected=len(rejected)), rejected)

    @contextlib.contextmanager
    def _held(self, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Iterator[SourceSql]:
        """Return the plan over these rows, each text with its value beside it."""
        with self._plainly(), self.engine.holding(columns, rows):
            typed = ", ".join(
                f"{value_of(name, self.types[name])} as {_NAME(name)}, {_NAME(name)} as {_NAME(as_written(name))}"
                for name in columns
            )
            relation = f"(select {typed} from {_ARRIVED}) as changed"
            yield SourceSql(self.arrival.carried(self.plan), Dialect.DUCKDB, self.secrets, relation, frozenset(columns))

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, pa.ArrowException) as error:
            raise SideRefused("source", f"{self.plan.read.table}: {str(error).splitlines()[0][:200]}") from None

    def _carry(self, query: str, outputs: tuple[Output, ...], into: Staged) -> int:
        return self.arrival.carry(StageStream(self._plainly, self.engine.database, _BATCH), query, outputs, into)

    def _rejected(self, sql: SourceSql) -> tuple[Rejected, ...]:
        inner = f"select {sql.own_columns}, {sql.all_flags} as failed from {sql.relation} where {sql.granted}"
        found = self.engine.database.execute(
            f"select failed, {sql.own_texts} from ({inner}) as granted where failed <> 0"
        ).fetchall()
        return tuple(
            Rejected(reasons(row[0], self.plan.checks), dict(zip(sql.looked_at, row[1:], strict=True))) for row in found
        )
