"""Changed rows on their way from PostgreSQL into MySQL: as literals, into staging or the table itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.capture.applying import CAREFUL, MANY, Applied, Applier
from hefu.dataplane.capture.arrival import MysqlArrival, Staged
from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.netting import Net, Numbers
from hefu.dataplane.capture.pending import Pending, picked
from hefu.dataplane.capture.pgoutput import Row
from hefu.dataplane.connectors.mysql.followed import FRESH, TOUCHED, put, stage
from hefu.dataplane.connectors.mysql.literals import literals
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled
from hefu.dataplane.plan import Output

_SQL = Dialect.POSTGRES
#: Values as they stand in a statement, column by column.
_Literals = list[list[bytes]]


@dataclass
class RowApplier(Applier):
    """Writes gathered changes into a table of MySQL."""

    arrival: MysqlArrival

    def _as_it_is(self, gathered: Gathered, net: Net | None, odd: Pending) -> Applied:
        plan, place = self.sql.plan, gathered.relation.columns.index
        outputs = tuple(sorted(plan.outputs, key=lambda output: place(output.column)))
        keys = tuple(output for output in outputs if output in plan.key_outputs)
        gone = _literal(map(self.picker(keys), (key for key, row in odd.last.items() if row is None)), keys)
        rows = map(picked([self.needed.index(one.column) for one in outputs]), self.whole(odd))
        kept = _literal(rows, outputs)
        new: _Literals = [[] for _output in outputs]
        if net is not None:

            def of(which: Numbers, some: Sequence[Output]) -> _Literals:
                columns: Sequence[Sequence[Any]] = net.columns(which, [place(one.column) for one in some])
                return [literals(values, one.source_type) for values, one in zip(columns, some, strict=True)]

            gone, kept, new = _both(gone, of(net.gone, keys)), _both(kept, of(net.kept, outputs)), of(net.new, outputs)
        self.source.rollback()  # a look at the table must not keep its server from cleaning up
        straight = len(new[0]) >= MANY and not self.careful
        self.careful = max(0, self.careful - 1)
        if not straight:
            kept, new = _both(kept, new), []
        self._write(TOUCHED, keys, gone)
        self._write(FRESH, outputs, kept)
        done = self.arrival.merge(plan, emptied=gathered.emptied, touched=len(gone[0]), fresh=len(kept[0]))
        if straight:
            done += self._put(outputs, new)
        return Applied(len(gone[0]) + len(kept[0]) + (len(new[0]) if straight else 0), done, ())

    def _put(self, outputs: tuple[Output, ...], new: _Literals) -> Counts:
        """Write rows of new keys into the table itself; where some were there already, as all others are written."""
        if put(self.arrival.session, self.arrival.target, outputs, new):
            return Counts(inserted=len(new[0]))
        self.careful = CAREFUL
        self._write(FRESH, outputs, new)
        return self.arrival.merge(self.sql.plan, emptied=False, touched=0, fresh=len(new[0]))

    def _stage(self, query: str, outputs: tuple[Output, ...], into: Staged, expected: int | None) -> int:
        texts = ", ".join(f"{_SQL.name_of(output.name)}::text" for output in outputs)
        found = self.source.run(f"select {texts} from ({query}) as delivered")
        values = (tuple(None if value is None else value.encode() for value in row) for row in found)
        columns = [
            literals(some, output.type) for some, output in zip(_columns(values, len(outputs)), outputs, strict=True)
        ]
        if expected is not None and len(found) != expected:
            raise NotReconciled(what="changed rows", source=expected, target=len(found))
        self._write(TOUCHED if into == "touched" else FRESH, outputs, columns)
        return len(found)

    def _write(self, into: str, outputs: tuple[Output, ...], columns: _Literals) -> None:
        arrived = stage(self.arrival.session, into, outputs, columns)
        if arrived != len(columns[0]):
            raise NotReconciled(what="changed rows", source=len(columns[0]), target=arrived)


def _literal(rows: Iterable[Row], outputs: Sequence[Output]) -> _Literals:
    """Return whole rows as literals."""
    columns = _columns(rows, len(outputs))
    return [literals(some, output.source_type) for some, output in zip(columns, outputs, strict=True)]


def _columns(rows: Iterable[Sequence[Any]], count: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) or [() for _column in range(count)]


def _both(some: _Literals, others: _Literals) -> _Literals:
    return [[*one, *other] for one, other in zip(some, others, strict=True)]
