"""One run of one delivery into a PostgreSQL table: locks, position, chunks, reconciliation, swap."""

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Snapshot
from hefu.dataplane.connectors.postgres.target import (
    PostgresTarget,
    create_staging,
    drop_staging,
    existing_columns,
    refuse_foreign_rows,
    staging_name,
    staging_stands,
    swap,
    take_locks,
)
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import AlreadyRunning, NotReconciled, Revoked
from hefu.dataplane.lanes.examine import Examination, Examined
from hefu.dataplane.lanes.query import sum_of
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.lanes.table import TableLane, still_matches
from hefu.dataplane.lanes.view import View
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
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
    target: PostgresTarget
    rejects: RejectSink
    salts: Mapping[str, str]
    policy: AddressPolicy
    options: Options
    control: Control
    examined: dict[int, Examined] = field(default_factory=dict)
    restarted: str = ""

    def carry(self) -> Outcome:
        """Deliver.

        Raises:
            DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        """
        with contextlib.closing(Session(self.target.connection, "target", self.policy)) as session:
            with self.control.timed("prepare"), self.control.watched(session):
                self._lock(session)
                position.ensure_tables(session)
                columns = existing_columns(session, self.target)
                earlier = position.load(session, self.delivery)
                if columns is not None:
                    refuse_foreign_rows(session, self.target)
                session.commit()
            finished = self._finished(earlier, columns)
            if finished is not None:
                return finished
            self._plan(columns)  # what does not fit is said before rows are brought here
            self.control.load(self.view)
            plan = self._plan(columns)
            sql = SourceSql(plan, self.view.dialect, self.salts, self.view.relation, self.view.written)
            self.control.rows_expected = self.view.facts.rows_estimate
            try:
                return self._deliver(session, sql, earlier, columns is not None)
            except Revoked:
                self._discard()
                raise

    def _plan(self, columns: Sequence[ColumnFacts] | None) -> Plan:
        facts, engine = self.view.facts, self.view.dialect
        return compile_plan(self.ticket, facts.columns, columns, self.salts, self.view.checks, engine=engine)

    def _lock(self, session: Session) -> None:
        held = None
        for _ in range(LOCK_LOOKS):
            held = take_locks(session, self.delivery, self.target)
            if held is None:
                return
            session.run("select pg_sleep(0.25)")
            session.commit()
            self.control.look()
        raise AlreadyRunning(what=held)

    def _finished(self, earlier: position.Position | None, columns: Sequence[ColumnFacts] | None) -> Outcome | None:
        """Return what an earlier run gave when it finished this very delivery."""
        if earlier is None or earlier.outcome is None or earlier.ticket != str(self.ticket.id) or columns is None:
            return None
        return replace(Outcome.from_json(earlier.outcome), repeated=True)

    def _deliver(self, session: Session, sql: SourceSql, earlier: position.Position | None, exists: bool) -> Outcome:
        now = self._position(sql.plan)
        resumable = self._resumable(session, earlier, now)
        chunks = resumable.chunks if resumable else now.chunks
        if sql.plan.checks and isinstance(self.view, Snapshot) and self.view.moment.addressable:
            with self.control.timed("examine", len(chunks)):
                examination = Examination(sql, self.view, self.control, self.options.checks == "here")
                self.examined = examination.run(chunks, self.options.workers)
            self.control.rows_expected = sum(found.tally.rows for found in self.examined.values())
        rejected = hand_over(self.view, sql, chunks, self.examined, self.rejects, self.control)
        done = self._kept(sql, resumable)
        if not done:
            create_staging(session, self.target, now.staging, sql.plan.outputs, exists)
            position.begin(session, self.delivery, self.target.name, replace(now, chunks=chunks))
            session.commit()
        resumed = sum_of(done).rows
        lane = TableLane(
            sql, self.view, self.target, self.policy, self.control, self.delivery, now.staging, self.examined, done
        )
        with self.control.timed("copy", len(chunks)):
            self.control.add(rows=resumed, chunks=len(done))
            lane.copy([chunk for chunk in chunks if chunk.number not in done], self.options.workers)
        return self._publish(session, sql, now.staging, sum_of(lane.done), rejected, resumed)

    def _position(self, plan: Plan) -> position.Position:
        secret = hashlib.sha256(repr(sorted(self.salts.items())).encode()).hexdigest()
        parts = (plan, secret, self.origin, self.target.name, self.target.logged)
        state, oldest = self.view.state
        return position.Position(
            ticket=str(self.ticket.id),
            plan=hashlib.sha256(repr(parts).encode()).hexdigest(),
            source_file=state,
            oldest_running=oldest,
            chunks=self.view.parts(self.options.chunk_pages),
            staging=staging_name(self.delivery, self.target),
            outcome=None,
            done={},
        )

    def _resumable(
        self, session: Session, earlier: position.Position | None, now: position.Position
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
        elif not staging_stands(session, self.target, earlier.staging, rows):
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
        session: Session,
        sql: SourceSql,
        staging: str,
        tally: KeyTally,
        rejected: tuple[int, dict[str, int]],
        resumed: int,
    ) -> Outcome:
        outcome = Outcome(
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
        stage = Dialect.POSTGRES.name_of(self.target.schema, staging)

        def publish() -> Outcome:
            with self.control.watched(session):
                stored = session.run(f"select count(*) from {stage}")[0][0]
                if stored != tally.rows:
                    raise NotReconciled(what="rows in the staging table", source=tally.rows, target=stored)
                how = swap(session, self.target, staging, sql.plan.outputs, tally.rows)
                final = replace(outcome, published=how, seconds=dict(self.control.seconds))
                position.publish(session, self.delivery, final.as_json())
                self.control.check()
                session.commit()
            return final

        with self.control.timed("publish"):
            final = self.control.call(publish)
        return replace(final, seconds=dict(self.control.seconds))

    def _discard(self) -> None:
        """Remove what a revoked run had staged."""
        with contextlib.closing(Session(self.target.connection, "target", self.policy)) as session:
            drop_staging(session, self.target, staging_name(self.delivery, self.target))
            position.forget(session, self.delivery)
            session.commit()
