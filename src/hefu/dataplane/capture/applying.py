"""Changed rows on their way: masked, filtered and checked in the source, merged in the target.

The values come out of the source's log. Where the grant changes nothing about them, they go over as they
are. Else they go back into the source's own SQL, as a relation written
out in full, so that masks, filters and checks mean the same as when the table is copied, and no value that
the grant hides ever reaches the consumer's side.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hefu.dataplane.capture.arrival import Arrival, Staged
from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.netting import Net, Numbers, OneByOne
from hefu.dataplane.capture.pending import Pending, picked
from hefu.dataplane.capture.pgoutput import UNCHANGED, Row, Value
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.lanes.query import chunk_query
from hefu.dataplane.masks import looks_at
from hefu.dataplane.outcome import Rejected
from hefu.dataplane.plan import Output
from hefu.dataplane.plan_sql import SourceSql

_SQL = Dialect.POSTGRES
_WHOLE = Chunk(0, whole=True)
#: Types whose text another server may read as another value.
_BY_PLACE = ("money",)
#: Rows of new keys from which on they are written into the table itself, and writes for which that is not tried
#: again after it failed.
MANY, CAREFUL = 500, 20


@dataclass(frozen=True)
class Applied:
    """What one write did."""

    #: Keys that were touched.
    keys: int
    #: Rows of the target that came, were written over and went; rows that failed a check.
    counts: Counts
    rejected: tuple[Rejected, ...]


@dataclass
class Applier(ABC):
    """Writes gathered changes into the target, inside the target session's open transaction."""

    sql: SourceSql
    source: Session
    arrival: Arrival
    #: Writes for which new rows are staged like others, because some of them were there already.
    careful: int = field(default=0, kw_only=True)

    def apply(self, gathered: Gathered) -> Applied:
        """Write what was gathered; the caller commits the target with the new position.

        Raises:
            DataPlaneRefusal: A side was lost or refused.
            NotReconciled: Not every row that left arrived.
            Garbled: The source's server said something that is no message.
        """
        write = self._as_it_is if self._is_as_it_is else self._governed
        try:
            found = gathered.together(self.needed)
            return write(gathered, *found)
        except OneByOne:  # nothing has been written: the texts are put together before
            return write(gathered, None, gathered.one_by_one())

    @abstractmethod
    def _as_it_is(self, gathered: Gathered, net: Net | None, odd: Pending) -> Applied:
        """Write rows that go over as they are."""

    @abstractmethod
    def _stage(self, query: str, outputs: tuple[Output, ...], into: Staged, expected: int | None) -> int:
        """Stage the rows of a query of the source; return how many.

        Raises:
            NotReconciled: Not every row that left arrived, or not so many as were expected.
        """

    def _governed(self, gathered: Gathered, net: Net | None, odd: Pending) -> Applied:
        plan, key = self.sql.plan, plan_key(self.sql)
        touched = _columns(key, odd.last)
        rows = _columns(self.needed, self.whole(odd))
        if net is not None:
            standing = np.concatenate((net.kept, net.new))
            more = self._columns_of(net, gathered, key, np.concatenate((standing, net.gone)))
            touched = [[*some, *others] for some, others in zip(touched, more, strict=True)]
            more = self._columns_of(net, gathered, self.needed, standing)
            rows = [[*some, *others] for some, others in zip(rows, more, strict=True)]
        count = len(touched[0])
        by_key = self._over(key, touched)
        keys = ", ".join(self.sql.value(output) + f" as {_SQL.name_of(output.name)}" for output in plan.key_outputs)
        self._stage(f"select {keys} from {by_key}", plan.key_outputs, "touched", count)
        rejected: tuple[Rejected, ...] = ()
        fresh = 0
        if rows[0]:
            changed = SourceSql(plan, _SQL, self.sql.salts, self._over(self.needed, rows))
            rejected = self._rejected(changed) if plan.checks else rejected
            fresh = self._stage(chunk_query(changed, _WHOLE, None), plan.outputs, "fresh", None)
        self.source.rollback()
        done = self.arrival.merge(plan, emptied=gathered.emptied, touched=count, fresh=fresh)
        return Applied(count, replace(done, rejected=len(rejected)), rejected)

    @staticmethod
    def _columns_of(net: Net, gathered: Gathered, names: Sequence[str], which: Numbers) -> list[list[Value]]:
        """Return columns in the order of their names."""
        places = [gathered.relation.columns.index(name) for name in names]
        found = dict(zip(sorted(places), net.columns(which, sorted(places)), strict=True))
        return [found[place] for place in places]

    def picker(self, outputs: Sequence[Output]) -> Callable[[Row], Row]:
        """Return what puts the values of a key, which come in the grant's order, into the outputs' order."""
        names = plan_key(self.sql)
        return picked([names.index(output.column) for output in outputs])

    @property
    def _is_as_it_is(self) -> bool:
        """Whether every row goes over as it is, so that the source need not be asked again."""
        plan = self.sql.plan
        read = {output.column for output in plan.outputs}
        return (
            len(read) == len(plan.outputs)
            and not (plan.checks or plan.filter.conditions)
            and all(
                output.mask is None and output.type == output.source_type and output.type.name not in _BY_PLACE
                for output in plan.outputs
            )
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the source columns that the plan reads."""
        plan = self.sql.plan
        subjects = (name for output in plan.outputs for name in looks_at(output.mask))
        return tuple(dict.fromkeys((*plan_key(self.sql), *self.sql.looked_at, *sorted(plan.filter.columns), *subjects)))

    def whole(self, pending: Pending) -> list[tuple[Value, ...]]:
        """Return the needed columns of the rows that stand, with values that the log left out read from the table.

        A row read there may be newer than its change; what made it newer follows in the log.
        """
        needed = picked([pending.relation.columns.index(name) for name in self.needed])
        rows = [needed(row) for row in pending.rows]
        gaps = [number for number, row in enumerate(rows) if UNCHANGED in row] if pending.gaps else []
        if not gaps:
            return rows
        width = len(plan_key(self.sql))
        found = self._read_again([rows[number][:width] for number in gaps])
        for number in gaps:
            row = rows[number]
            now = found.get(row[:width])
            # A row that is gone meanwhile has its deletion later in the log; until then it stands without the value.
            filled = row if now is None else [b if a is UNCHANGED else a for a, b in zip(row, now, strict=True)]
            rows[number] = tuple(None if value is UNCHANGED else value for value in filled)
        return rows

    def _read_again(self, keys: Sequence[tuple[Value, ...]]) -> dict[tuple[Value, ...], Row]:
        names = plan_key(self.sql)
        wanted = ", ".join(f"held.{_SQL.name_of(name)}::text" for name in self.needed)
        same = " and ".join(f"held.{_SQL.name_of(name)} = asked.{_SQL.name_of(name)}" for name in names)
        asked = self._over(names, _columns(names, keys), name="asked")
        rows = self.source.run(f"select {wanted} from {self.sql.relation} as held join {asked} on {same}")
        told = (tuple(None if value is None else value.encode() for value in row) for row in rows)
        return {row[: len(names)]: row for row in told}

    def _rejected(self, changed: SourceSql) -> tuple[Rejected, ...]:
        inner = f"select {changed.own_columns}, {changed.all_flags} as failed from {changed.relation}"
        found = self.source.run(
            f"select failed, {changed.own_texts} from ({inner} where {changed.granted}) as granted where failed <> 0"
        )
        return tuple(
            Rejected(reasons(row[0], changed.plan.checks), dict(zip(changed.looked_at, row[1:], strict=True)))
            for row in found
        )

    def _over(self, columns: Sequence[str], lists: Sequence[Sequence[Value]], *, name: str = "changed") -> str:
        """Return rows of texts, given column by column, as a relation of the source's own types.

        The arrays are written by hand: as constructors with a constant for each value, the server would
        parse them for longer than it reads them.
        """
        types = self.sql.plan.read.types
        raw = ", ".join(f"v{number}" for number in range(len(columns)))
        named = ", ".join(
            f"cast(v{number} as {types[column]}) as {_SQL.name_of(column)}" for number, column in enumerate(columns)
        )
        arrays = ", ".join(f"{_SQL.text(_array(values))}::text[]" for values in lists)
        return f"(select {named} from unnest({arrays}) as raw({raw})) as {name}"


def plan_key(sql: SourceSql) -> tuple[str, ...]:
    """Return the source columns of the delivered key."""
    return tuple(output.column for output in sql.plan.key_outputs)


def _columns(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> list[list[Value]]:
    """Return rows column by column."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _name in names]


def _array(values: Sequence[Any]) -> str:
    r"""Return texts as the server writes an array.

    >>> _array([b"a", None, b'quote " and \\ sign'])
    '{"a",NULL,"quote \\" and \\\\ sign"}'
    """
    if None not in values:
        together = b"\0".join(values).decode()  # no text of the server has this sign
        if values and '"' not in together and "\\" not in together:
            return '{"' + together.replace("\0", '","') + '"}'
    return "{" + ",".join("NULL" if value is None else _quoted(value.decode()) for value in values) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
