"""Changed rows on their way from PostgreSQL into PostgreSQL: as COPY reads them, into staging or the table itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.capture.applying import CAREFUL, MANY, Applied, Applier
from hefu.dataplane.capture.arrival import PostgresArrival, Staged
from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.netting import Net
from hefu.dataplane.capture.pending import Pending, picked
from hefu.dataplane.connectors.postgres.copy import copy_in, from_copy, pump
from hefu.dataplane.connectors.postgres.followed import FRESH, TOUCHED, Counts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.lanes.query import names_of
from hefu.dataplane.plan import Output

_SQL = Dialect.POSTGRES


@dataclass
class CopyApplier(Applier):
    """Writes gathered changes into a table of PostgreSQL."""

    arrival: PostgresArrival

    def _as_it_is(self, gathered: Gathered, net: Net | None, odd: Pending) -> Applied:
        plan, place = self.sql.plan, gathered.relation.columns.index
        outputs = tuple(sorted(plan.outputs, key=lambda output: place(output.column)))
        keys = tuple(output for output in outputs if output in plan.key_outputs)
        places, key_places = [[place(one.column) for one in some] for some in (outputs, keys)]
        gone = list(map(_line, map(self.picker(keys), (key for key, row in odd.last.items() if row is None))))
        rows = self.whole(odd)
        kept = list(map(_line, map(picked([self.needed.index(one.column) for one in outputs]), rows)))
        counts = [len(gone), len(kept), 0]
        new = b""
        if net is not None:
            gone.append(net.lines(net.gone, key_places))
            kept.append(net.lines(net.kept, places))
            new = net.lines(net.new, places)
            counts = [counts[0] + len(net.gone), counts[1] + len(net.kept), len(net.new)]
        self.source.rollback()  # a look at the table must not keep its server from cleaning up
        names, key_names = names_of(outputs, _SQL.name_of), names_of(keys, _SQL.name_of)
        straight = counts[2] >= MANY and not self.careful
        self.careful = max(0, self.careful - 1)
        if not straight:
            kept.append(new)
            counts = [counts[0], counts[1] + counts[2], 0]
        self._write(f"{TOUCHED} ({key_names})", b"".join(gone), counts[0])
        self._write(f"{FRESH} ({names})", b"".join(kept), counts[1])
        done = self.arrival.merge(plan, emptied=gathered.emptied, touched=counts[0], fresh=counts[1])
        if straight:
            done += self._put(names, new, counts[2])
        return Applied(sum(counts), done, ())

    def _put(self, names: str, lines: bytes, count: int) -> Counts:
        """Write rows of new keys into the table itself; where some were there already, as all others are written."""
        self.arrival.session.run("savepoint hefu_new")
        try:
            self._write(
                f"{_SQL.name_of(self.arrival.target.schema, self.arrival.target.table)} ({names})", lines, count
            )
        except SideRefused:  # what is really wrong with the rows is said again below
            self.arrival.session.run("rollback to savepoint hefu_new")
            self.careful = CAREFUL
            self._write(f"{FRESH} ({names})", lines, count)
            return self.arrival.merge(self.sql.plan, emptied=False, touched=0, fresh=count)
        self.arrival.session.run("release savepoint hefu_new")
        return Counts(inserted=count)

    def _stage(self, query: str, outputs: tuple[Output, ...], into: Staged, expected: int | None) -> int:
        out, arrived = pump(
            from_copy(self.source, f"copy ({query}) to stdout (format binary)"),
            self.arrival.session,
            f"copy {_TABLES[into]} ({names_of(outputs, _SQL.name_of)}) from stdin (format binary)",
            lambda passed: None,
        )
        if out != arrived or (expected is not None and arrived != expected):
            raise NotReconciled(what="changed rows", source=out if expected is None else expected, target=arrived)
        return arrived

    def _write(self, into: str, lines: bytes, count: int) -> None:
        arrived = copy_in(self.arrival.session, f"copy {into} from stdin", lines) if count else 0
        if count != arrived:
            raise NotReconciled(what="changed rows", source=count, target=arrived)


_TABLES: dict[Staged, str] = {"touched": TOUCHED, "fresh": FRESH}


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
