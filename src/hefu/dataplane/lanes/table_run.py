"""One run of one delivery into a table: locks, position, chunks, reconciliation, swap."""

import contextlib
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.source import Snapshot
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.control import Control
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import AlreadyRunning, Revoked, TooFewRows
from hefu.dataplane.lanes.examine import Examination, Examined
from hefu.dataplane.lanes.query import sum_of
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.lanes.rows import RowLane
from hefu.dataplane.lanes.table import TableLane, still_matches
from hefu.dataplane.lanes.view import View
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.plan import Landing, Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.sides import receiver_of
from hefu.dataplane.ticket import Ticket

#: Looks at a lock before another run is believed in; the server notices a killed client within a second.
LOCK_LOOKS = 16


@dataclass
class TableRun:
    """Carries one delivery into a table."""

    delivery: str
    ticket: Ticket
    view: Snapshot | View
    #: Names the source's database or folder, so that a run never goes on from another's rows.
    origin: str
    target: PostgresTarget | MysqlTarget
    rejects: RejectSink
    salts: Mapping[str, str]
    policy: AddressPolicy
    options: Options
    control: Control
    #: A whole copy with fewer rows than these is not published.
    least_rows: int = 0
    #: Whether a table that is made here has to find its rows by the delivered key later on.
    keyed: bool = False
    examined: dict[int, Examined] = field(default_factory=dict)
    restarted: str = ""

    def carry(self) -> Outcome:
        """Deliver.

        Raises:
            DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        """
        with contextlib.closing(receiver_of(self.target, self.policy)) as receiver:
            with self.control.timed("prepare"), self.control.watched(receiver):
                self._lock(receiver)
                receiver.prepare()
                columns = receiver.columns()
                earlier = receiver.earlier(self.delivery)
                if columns is not None:
                    receiver.refuse_foreign_rows()
            finished = self._finished(earlier, columns)
            if finished is not None:
                return finished
            plan = self._plan(columns, receiver.landing)  # what does not fit is said before rows are brought here
            self._narrow(receiver, plan, columns is not None)
            self.control.load(self.view)
            sql = self._sql(self._plan(columns, receiver.landing))
            self.control.rows_expected = self.view.facts.rows_estimate
            try:
                return self._deliver(receiver, sql, earlier, columns is not None)
            except Revoked:
                receiver.discard(self.delivery)
                raise

    def _plan(self, columns: Sequence[ColumnFacts] | None, landing: Landing | None) -> Plan:
        facts, view = self.view.facts, self.view
        return compile_plan(self.ticket, facts.columns, columns, self.salts, view.checks, landing, view.dialect)

    def _narrow(self, receiver: Receiver, plan: Plan, exists: bool) -> None:
        """Read everything."""

    def _sql(self, plan: Plan) -> SourceSql:
        return SourceSql(plan, self.view.dialect, self.salts, self.view.relation, self.view.written)

    def _settle(self, receiver: Receiver, sql: SourceSql, outcome: Outcome) -> Outcome:
        """Return what is noted in the transaction that publishes; nothing more than what was delivered."""
        return outcome

    def _lock(self, receiver: Receiver) -> None:
        held = None
        for _ in range(LOCK_LOOKS):
            held = receiver.lock(self.delivery)
            if held is None:
                return
            time.sleep(0.25)
            self.control.look()
        raise AlreadyRunning(what=held)

    def _finished(self, earlier: position.Position | None, columns: Sequence[ColumnFacts] | None) -> Outcome | None:
        """Return what an earlier run gave when it finished this very delivery."""
        if earlier is None or earlier.outcome is None or earlier.ticket != str(self.ticket.id) or columns is None:
            return None
        return replace(Outcome.from_json(earlier.outcome), repeated=True)

    def _deliver(self, receiver: Receiver, sql: SourceSql, earlier: position.Position | None, exists: bool) -> Outcome:
        now = self._position(sql.plan, receiver.staging_name(self.delivery))
        resumable = self._resumable(receiver, earlier, now)
        chunks = resumable.chunks if resumable else now.chunks
        if sql.plan.checks and isinstance(self.view, Snapshot) and self.view.moment.addressable:
            with self.control.timed("examine", len(chunks)):
                examination = Examination(sql, self.view, self.control, self.options.checks == "here")
                self.examined = examination.run(chunks, self.options.workers)
            self.control.rows_expected = sum(found.tally.rows for found in self.examined.values())
        rejected = hand_over(self.view, sql, chunks, self.examined, self.rejects, self.control)
        done = self._kept(sql, resumable)
        if not done:
            if self.keyed and isinstance(receiver, MysqlReceiver):
                receiver.keyed = sql.plan.key_outputs
            receiver.begin(self.delivery, replace(now, chunks=chunks), sql.plan.outputs, exists=exists)
        resumed = sum_of(done).rows
        lane = self._lane(sql, now.staging, done)
        with self.control.timed("copy", len(chunks)):
            self.control.add(rows=resumed, chunks=len(done))
            # The staging engine works with all processors for one reader, and each reader takes memory.
            workers = 1 if chunks[0].staged else self.options.workers
            lane.copy([chunk for chunk in chunks if chunk.number not in done], workers)
        return self._publish(receiver, sql, now.staging, sum_of(lane.done), rejected, resumed)

    def _lane(self, sql: SourceSql, staging: str, done: dict[int, KeyTally]) -> TableLane | RowLane:
        parts = (self.policy, self.control, self.delivery, staging, self.examined, done)
        if isinstance(self.target, PostgresTarget):
            return TableLane(sql, self.view, self.target, *parts)
        return RowLane(sql, self.view, self.target, *parts)

    def _position(self, plan: Plan, staging: str) -> position.Position:
        secret = hashlib.sha256(repr(sorted(self.salts.items())).encode()).hexdigest()
        parts = (plan, secret, self.origin, self.target)
        state, oldest = self.view.state
        return position.Position(
            ticket=str(self.ticket.id),
            plan=hashlib.sha256(repr(parts).encode()).hexdigest(),
            source_file=state,
            oldest_running=oldest,
            chunks=self.view.parts(self.options.chunk_pages),
            staging=staging,
            outcome=None,
            done={},
        )

    def _resumable(
        self, receiver: Receiver, earlier: position.Position | None, now: position.Position
    ) -> position.Position | None:
        """Return the earlier run's position when its chunks may still hold, noting why when they do not."""
        if earlier is None or not earlier.done:
            return None
        rows = sum(tally.rows for _, tally in earlier.done.values())
        if (earlier.plan, earlier.ticket) != (now.plan, now.ticket):
            self.restarted = "the grant, or the columns of the source or the target, are not the same as before"
        elif any(chunk.whole for chunk in earlier.chunks):
            self.restarted = "this source is read as a whole"
        elif earlier.source_file != now.source_file:
            staged = any(chunk.staged for chunk in earlier.chunks)
            self.restarted = (
                "the source's rows are not the same as before" if staged else "the source table was written anew since"
            )
        elif not receiver.staging_stands(earlier.staging, rows):
            self.restarted = "the rows written before are gone from the target"
        return None if self.restarted else earlier

    def _kept(self, sql: SourceSql, resumable: position.Position | None) -> dict[int, KeyTally]:
        """Return the finished chunks that still are what the source gives."""
        if resumable is None:
            return {}
        if not isinstance(self.view, Snapshot):  # the digest of all rows has told already that they are the same
            return {number: tally for number, (_, tally) in resumable.done.items()}
        with self.control.timed("prepare", len(resumable.done)):
            self.restarted = still_matches(sql, self.view, self.control, resumable, self.examined)
        return {} if self.restarted else {number: tally for number, (_, tally) in resumable.done.items()}

    def _publish(
        self,
        receiver: Receiver,
        sql: SourceSql,
        staging: str,
        tally: KeyTally,
        rejected: tuple[int, dict[str, int]],
        resumed: int,
    ) -> Outcome:
        if tally.rows < self.least_rows:
            raise TooFewRows(rows=tally.rows, least=self.least_rows)
        outcome = self._outcome(sql, tally, rejected, resumed)

        def publish() -> Outcome:
            with self.control.watched(receiver):
                how = receiver.publish(outcome, staging, sql.plan.outputs)
                settled = self._settle(receiver, sql, outcome)
                final = replace(settled, published=how, seconds=dict(self.control.seconds))
                receiver.note(final)
                self.control.check()
                receiver.commit()
                receiver.tidy(staging)
            return final

        with self.control.timed("publish"):
            final = self.control.call(publish)
        return replace(final, seconds=dict(self.control.seconds))

    def _outcome(self, sql: SourceSql, tally: KeyTally, rejected: tuple[int, dict[str, int]], resumed: int) -> Outcome:
        return Outcome(
            delivery=self.delivery,
            ticket=str(self.ticket.id),
            lane="governed" if sql.plan.checks else "passthrough",
            rows_read=tally.rows + rejected[0],
            rows_rejected=rejected[0],
            rejected=rejected[1],
            rows_written=tally.rows,
            bytes=self.control.bytes,
            digest_source=str(tally),
            digest_target=str(tally),
            columns=tuple((output.name, str(output.type)) for output in sql.plan.outputs),
            resumed_rows=resumed,
            restarted=self.restarted,
        )
