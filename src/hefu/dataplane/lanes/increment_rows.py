"""New rows alone into MySQL: staged in parts as a whole copy is, then merged and committed with the watermark."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial

from hefu.dataplane.connectors.mysql import increments
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.connectors.postgres.increments import Line
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.lanes.increment_run import IncrementRun
from hefu.dataplane.lanes.query import sum_of
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Plan
from hefu.dataplane.plan_sql import SourceSql


@dataclass
class RowIncrementRun(IncrementRun):
    """Carries one delivery of new and changed rows into a table of MySQL."""

    def _narrow(self, receiver: Receiver, plan: Plan, exists: bool) -> None:
        session, target = self._mine(receiver)
        increments.require_keyable(session, target, plan)
        super()._narrow(receiver, plan, exists)
        if exists:
            increments.drop_old_key(session, target, plan)

    def _line(self, receiver: Receiver) -> Line | None:
        return increments.load_line(*self._mine(receiver))

    def _emptied(self, receiver: Receiver) -> bool:
        return increments.is_empty(*self._mine(receiver))

    def _move(self, receiver: Receiver, line: Line) -> None:
        increments.move_line(*self._mine(receiver), line, self.delivery)

    def _deliver(self, receiver: Receiver, sql: SourceSql, earlier: position.Position | None, exists: bool) -> Outcome:
        session, target = self._mine(receiver)
        if self.line is None:
            self.keyed = True
            return super()._deliver(receiver, sql, earlier, exists)
        chunks = (Chunk(0, whole=True),) if isinstance(self.view, Snapshot) else self.view.parts(None)
        rejected = hand_over(self.view, sql, chunks, {}, self.rejects, self.control)
        with self.control.watched(receiver):
            self.control.call(partial(increments.make_key, session, target, sql.plan))
        now = self._position(sql.plan, receiver.staging_name(self.delivery))
        # A whole copy made later under this number must not go on from parts that hold the new rows alone.
        mark = hashlib.sha256(f"increment {now.plan}".encode()).hexdigest()
        receiver.begin(self.delivery, replace(now, plan=mark, chunks=chunks), sql.plan.outputs, exists=True)
        lane = self._lane(sql, now.staging, {})
        with self.control.timed("copy", len(chunks)):
            lane.copy(chunks, 1)
        with self.control.timed("publish"), self.control.watched(receiver):
            merge = partial(self._into, receiver, sql, now.staging, sum_of(lane.done), rejected)
            final = self.control.call(merge)
        return replace(final, seconds=dict(self.control.seconds))

    def _into(
        self, receiver: Receiver, sql: SourceSql, staging: str, tally: KeyTally, rejected: tuple[int, dict[str, int]]
    ) -> Outcome:
        session, target = self._mine(receiver)
        counts, known = increments.merge(session, target, staging, sql.plan, tally.rows)
        outcome = replace(self._outcome(sql, tally, rejected, 0), published="merged")
        outcome = self._settled(receiver, sql, outcome, counts, known)
        final = replace(outcome, seconds=dict(self.control.seconds))
        receiver.note(final)
        self.control.check()
        receiver.commit()
        receiver.tidy(staging)
        return final

    def _settle(self, receiver: Receiver, sql: SourceSql, outcome: Outcome) -> Outcome:
        session, target = self._mine(receiver)
        increments.require_keyed(session, quoted(target.connection.dbname, target.table), sql.plan)
        return self._settled(receiver, sql, outcome, Counts(inserted=outcome.rows_written), 0)

    def _mine(self, receiver: Receiver) -> tuple[MysqlSession, MysqlTarget]:
        if not isinstance(receiver, MysqlReceiver) or not isinstance(self.target, MysqlTarget):
            raise TypeError(type(receiver).__name__)
        return receiver.session, self.target
