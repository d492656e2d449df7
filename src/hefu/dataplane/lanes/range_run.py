"""One run of one delivery out of MySQL into a table, range by range of a key.

Each range is read, checked, copied and committed before the next one is asked for, several side by side under one
moment. A killed run goes on from the ranges that are in, once the server has said that their rows are still the same:
it sums up a digest of them, and none of them is carried again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from hefu.crypto.sealing import SealBroken, seal, unseal
from hefu.dataplane.checks import Typed, UniqueKey, reason_of
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.ranges import Bounds, SplitKey
from hefu.dataplane.connectors.mysql.reading import MysqlRange
from hefu.dataplane.connectors.mysql.source import MysqlView
from hefu.dataplane.connectors.mysql.target import MysqlReceiver
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import NotReconciled
from hefu.dataplane.lanes.query import sum_of
from hefu.dataplane.lanes.range_copy import RangeCopy
from hefu.dataplane.lanes.table_run import TableRun
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.kernel.words import Sentence, _


@dataclass(frozen=True)
class Cut:
    """How the table is read."""

    key: SplitKey
    #: Each with its borders sealed, as they are kept beside the consumer's rows.
    chunks: tuple[Chunk, ...]
    #: Their borders.
    ranges: tuple[Bounds, ...]

    def condition(self, chunk: Chunk) -> str:
        """Return the condition of a range."""
        return self.key.within(self.ranges[chunk.number])


@dataclass
class RangeRun(TableRun):
    """Carries one delivery; a table that cannot be cut is read as a whole, as any staged source is."""

    #: Seals borders and marks what ranges held; 32 bytes that the node alone knows.
    secret: bytes = field(kw_only=True, repr=False)
    cut: Cut | None = field(default=None, init=False)
    #: Why it could not be cut, or empty.
    whole: str = field(default="", init=False)
    #: Rows that the source still has in the ranges that an earlier run finished.
    _stand: dict[int, int] = field(default_factory=dict, init=False)
    _columns: Sequence[ColumnFacts] | None = field(default=None, init=False)

    def _narrow(self, receiver: Receiver, plan: Plan, exists: bool) -> None:
        view = self._mysql
        view.secret = self.secret
        self._columns = receiver.columns()
        earlier = receiver.earlier(self.delivery)
        found = self.control.call(lambda: self._found(view, plan, earlier))
        if isinstance(found, Cut):
            self.cut, view.apart = found, (found.key.state, found.chunks)
        else:
            self.whole = str(found)

    def _found(self, view: MysqlView, plan: Plan, earlier: position.Position | None) -> Cut | Sentence:
        for check in plan.checks:
            if isinstance(check, UniqueKey) and not any(key and {*key} <= {*check.columns} for key in view.keys):
                said = _("that {columns} are unique is asked of all rows together, for the table does not see to it")
                return Sentence(said, code="range.unique", columns=", ".join(check.columns))
        key = view.split_key()
        if isinstance(key, Sentence):
            return key
        if earlier is not None and earlier.done and earlier.source_file == key.state:
            kept = self._unsealed(earlier.chunks)
            if chained(key, kept):
                return Cut(key, earlier.chunks, kept)
        ranges = view.walk(key, self.options.chunk_pages)
        if isinstance(ranges, Sentence):
            return ranges
        sealed = [
            seal(self.secret, json.dumps(bounds).encode(), purpose=f"range:{self.delivery}:{number}")
            for number, bounds in enumerate(ranges)
        ]
        return Cut(key, tuple(Chunk(number, bounds=bounds) for number, bounds in enumerate(sealed)), ranges)

    def _unsealed(self, chunks: Sequence[Chunk]) -> tuple[Bounds, ...]:
        """Return the borders of an earlier run's ranges; none where they do not open."""
        try:
            opened = [
                json.loads(unseal(self.secret, str(chunk.bounds), purpose=f"range:{self.delivery}:{number}"))
                for number, chunk in enumerate(chunks)
            ]
        except SealBroken:
            return ()
        return tuple((low and tuple(low), high and tuple(high)) for low, high in opened)

    def _deliver(self, receiver: Receiver, sql: SourceSql, earlier: position.Position | None, exists: bool) -> Outcome:
        if self.cut is None:
            return replace(super()._deliver(receiver, sql, earlier, exists), whole=self.whole)
        cut, chunks = self.cut, self.cut.chunks
        now = self._position(sql.plan, receiver.staging_name(self.delivery))
        resumable = self._resumable(receiver, earlier, now)
        if resumable is not None and resumable.chunks != chunks:
            self.restarted, resumable = "the borders that were kept are none", None
        sessions = self.control.call(lambda: self._mysql.sessions(min(self.options.workers, len(chunks))))
        held = self._held(cut, sessions, resumable)
        self.rejects.begin()
        done = {number: tally for number, (_mark, tally) in held.items()}
        if not done:
            if self.keyed and isinstance(receiver, MysqlReceiver):
                receiver.keyed = sql.plan.key_outputs
            receiver.begin(self.delivery, now, sql.plan.outputs, exists=exists)
        resumed = sum_of(done).rows

        def written(part: MysqlRange) -> SourceSql:
            plan = self._checked(receiver, part.checks)
            return SourceSql(plan, part.dialect, self.salts, part.relation, part.written)

        lane = self._lane(sql, now.staging, done)
        copy = RangeCopy(self._mysql, cut.condition, written, lane, self.control, self.rejects)
        with self.control.timed("copy", len(chunks)):
            self.control.add(rows=resumed, chunks=len(done))
            # Of a range in which rows were kept back, those have to be told of again.
            again = {number for number, (mark, _tally) in held.items() if mark & 1}
            copy.copy([chunk for chunk in chunks if chunk.number not in done or chunk.number in again], sessions)
            read = copy.rows + sum(rows for number, rows in self._stand.items() if number in held.keys() - again)
            self._counted(sessions[0], read)
        spoiled = tuple(one for one in self._mysql.spoilable if one in copy.spoiled)
        said = replace(sql, plan=self._checked(receiver, spoiled))
        counted = {reason_of(check): copy.counted[reason_of(check)] for check in said.plan.checks}
        return self._publish(receiver, said, now.staging, sum_of(done), (copy.kept_back, counted), resumed)

    def _counted(self, session: MysqlSession, read: int) -> None:
        """See that no row fell between two ranges and none was in both, whatever the server thinks of its keys."""

        def there() -> int:
            with self.control.watched(session):
                return self._mysql.count(session)

        found = self.control.call(there)
        if found != read:
            raise NotReconciled(what="rows of all ranges", source=found, target=read)

    def _checked(self, receiver: Receiver, spoiled: tuple[Typed, ...]) -> Plan:
        facts, view = self.view.facts, self.view
        return compile_plan(
            self.ticket, facts.columns, self._columns, self.salts, spoiled, receiver.landing, view.dialect
        )

    def _held(
        self, cut: Cut, sessions: Sequence[MysqlSession], earlier: position.Position | None
    ) -> dict[int, tuple[int, KeyTally]]:
        """Return the finished ranges whose rows the source still gives: all of them, or none."""
        if earlier is None:
            return {}
        changed: list[str] = []
        waiting = list(sessions)

        def look(mine: Iterator[Chunk]) -> None:
            session = waiting.pop()
            with self.control.watched(session):
                for chunk in mine:
                    mark, self._stand[chunk.number] = self._mysql.mark(session, cut.condition(chunk))
                    if mark != earlier.done[chunk.number][0] >> 1:
                        changed.append(f"part {chunk.number} changed in the source since")
                        return
                    self.control.add(chunks=1)

        with self.control.timed("prepare", len(earlier.done)):
            kept = [chunk for chunk in earlier.chunks if chunk.number in earlier.done]
            self.control.each(kept, len(sessions), look)
        self.restarted = changed[0] if changed else ""
        return {} if changed else dict(earlier.done)

    @property
    def _mysql(self) -> MysqlView:
        if not isinstance(self.view, MysqlView):
            raise TypeError(type(self.view).__name__)
        return self.view


def chained(key: SplitKey, ranges: Sequence[Bounds]) -> bool:
    """Return whether the borders that were kept are values of the key, and each range begins where one ends."""
    try:
        for bounds in ranges:
            key.within(bounds)
    except ValueError:
        return False
    open_ends = bool(ranges) and ranges[0][0] is None and ranges[-1][1] is None
    return open_ends and all(one[1] is not None and one[1] == other[0] for one, other in pairwise(ranges))
