"""Changed rows on their way: masked, filtered and checked in the source, merged in the target.

The values come out of the source's log. Where the grant changes nothing about them, they go over as they
are. Else they go back into the source's own SQL, as a relation written
out in full, so that masks, filters and checks mean the same as when the table is copied, and no value that
the grant hides ever reaches the consumer's side.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hefu.dataplane.capture.pending import Pending, picked
from hefu.dataplane.capture.pgoutput import UNCHANGED, Row, Value
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.postgres.copy import copy_in, from_copy, pump
from hefu.dataplane.connectors.postgres.followed import FRESH, TOUCHED, Counts, merge
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled
from hefu.dataplane.lanes.query import chunk_query, names_of
from hefu.dataplane.masks import looks_at
from hefu.dataplane.outcome import Rejected
from hefu.dataplane.plan_sql import SourceSql

_SQL = Dialect.POSTGRES
_WHOLE = Chunk(0, whole=True)
#: Types whose text another server may read as another value.
_BY_PLACE = ("money",)


@dataclass(frozen=True)
class Applied:
    """What one write did."""

    #: Keys that were touched.
    keys: int
    #: Rows of the target that came, were written over and went; rows that failed a check.
    counts: Counts
    rejected: tuple[Rejected, ...]


@dataclass
class Applier:
    """Writes pending changes into the target, inside the target session's open transaction."""

    sql: SourceSql
    source: Session
    target: Session
    table: PostgresTarget

    def apply(self, pending: Pending) -> Applied:
        """Write what is pending; the caller commits the target with the new position.

        Raises:
            DataPlaneRefusal: A side was lost or refused.
            NotReconciled: Not every row that left arrived.
        """
        plan = self.sql.plan
        rows = self._whole(pending)
        if self._as_is:
            wanted = picked([self.needed.index(output.column) for output in plan.outputs])
            gone = (key for key, row in pending.last.items() if row is None)
            self._write(TOUCHED, names_of(plan.key_outputs, _SQL.name_of), gone)
            self._write(FRESH, names_of(plan.outputs, _SQL.name_of), map(wanted, rows))
            self.source.rollback()  # a look at the table must not keep its server from cleaning up
            return Applied(len(pending), merge(self.target, self.table, plan, emptied=pending.emptied), ())
        by_key = self._over(plan_key(self.sql), pending.last)
        keys = ", ".join(self.sql.value(output) + f" as {_SQL.name_of(output.name)}" for output in plan.key_outputs)
        self._carry(f"select {keys} from {by_key}", TOUCHED, names_of(plan.key_outputs, _SQL.name_of), len(pending))
        changed = SourceSql(plan, _SQL, self.sql.salts, self._over(self.needed, rows))
        rejected: tuple[Rejected, ...] = ()
        if rows:
            rejected = self._rejected(changed) if plan.checks else rejected
            self._carry(chunk_query(changed, _WHOLE, None), FRESH, names_of(plan.outputs, _SQL.name_of), None)
        self.source.rollback()
        counts = merge(self.target, self.table, plan, emptied=pending.emptied)
        return Applied(len(pending), replace(counts, rejected=len(rejected)), rejected)

    @property
    def _as_is(self) -> bool:
        """Whether every row goes over as it is, so that the source need not be asked again."""
        plan = self.sql.plan
        return not (plan.checks or plan.filter.conditions) and all(
            output.mask is None and output.type == output.source_type and output.type.name not in _BY_PLACE
            for output in plan.outputs
        )

    def _write(self, into: str, columns: str, rows: Iterable[Sequence[Value]]) -> None:
        lines = list(map(_line, rows))
        arrived = copy_in(self.target, f"copy {into} ({columns}) from stdin", b"".join(lines)) if lines else 0
        if len(lines) != arrived:
            raise NotReconciled(what="changed rows", source=len(lines), target=arrived)

    def _carry(self, query: str, into: str, columns: str, expected: int | None) -> int:
        out, arrived = pump(
            from_copy(self.source, f"copy ({query}) to stdout (format binary)"),
            self.target,
            f"copy {into} ({columns}) from stdin (format binary)",
            lambda passed: None,
        )
        if out != arrived or (expected is not None and arrived != expected):
            raise NotReconciled(what="changed rows", source=out if expected is None else expected, target=arrived)
        return arrived

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the source columns that the plan reads."""
        plan = self.sql.plan
        subjects = (name for output in plan.outputs for name in looks_at(output.mask))
        return tuple(dict.fromkeys((*plan_key(self.sql), *self.sql.looked_at, *sorted(plan.filter.columns), *subjects)))

    def _whole(self, pending: Pending) -> list[tuple[Value, ...]]:
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
        asked = self._over(names, keys, name="asked")
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

    def _over(self, columns: Sequence[str], rows: Iterable[Sequence[Value]], *, name: str = "changed") -> str:
        """Return rows of texts as a relation of the source's own types.

        The arrays are written by hand: as constructors with a constant for each value, the server would
        parse them for longer than it reads them.
        """
        types = self.sql.plan.read.types
        raw = ", ".join(f"v{number}" for number in range(len(columns)))
        named = ", ".join(
            f"cast(v{number} as {types[column]}) as {_SQL.name_of(column)}" for number, column in enumerate(columns)
        )
        lists = list(zip(*rows, strict=True)) or [()] * len(columns)
        arrays = ", ".join(f"{_SQL.text(_array(values))}::text[]" for values in lists)
        return f"(select {named} from unnest({arrays}) as raw({raw})) as {name}"


def plan_key(sql: SourceSql) -> tuple[str, ...]:
    """Return the source columns of the delivered key."""
    return tuple(output.column for output in sql.plan.key_outputs)


def _line(row: Sequence[Any]) -> bytes:
    """Return a row as COPY reads it."""
    if None not in row:
        line = b"\t".join(row)
        if line.count(b"\t") == len(row) - 1 and not _AWKWARD.search(line):
            return line + b"\n"
    return b"\t".join(map(_cell, row)) + b"\n"


def _cell(value: bytes | None) -> bytes:
    return b"\\N" if value is None else _ANY_AWKWARD.sub(lambda sign: _ESCAPED[sign[0]], value)


_AWKWARD, _ANY_AWKWARD = re.compile(rb"[\\\n\r]"), re.compile(rb"[\\\t\n\r]")
_ESCAPED = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r"}


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
