"""Carry out one delivery: the way into the data plane."""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.checks import reason_of
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, default_policy
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk, Moment, PostgresSource, Snapshot, chunks_of
from hefu.dataplane.connectors.postgres.target import (
    PostgresTarget,
    create_staging,
    drop_staging,
    existing_columns,
    staging_name,
    staging_stands,
    swap,
    take_locks,
)
from hefu.dataplane.control import Control, Progress, Quiet, Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import AlreadyRunning, NotReconciled, Revoked, TicketRefused
from hefu.dataplane.lanes.examine import Examination, Examined
from hefu.dataplane.lanes.rejects import rejected_rows
from hefu.dataplane.lanes.table import TableLane, still_matches
from hefu.dataplane.outcome import ListSink, Outcome, Rejected, RejectSink
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Ticket, read_ticket
from hefu.kernel.clock import Clock

__all__ = [
    "ListSink", "Options", "Outcome", "Progress", "Quiet", "RejectSink", "Rejected", "Watcher", "check_plan", "deliver",
]  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How a run may use the machine; nothing here changes what is delivered."""

    #: Pairs of connections that copy at once.
    workers: int = 2
    #: Pages in one chunk; None chooses by the table's size.
    chunk_pages: int | None = None
    #: Where the dear checks (check digits, patterns) run. In the source, nothing but addresses of rejected
    #: rows leaves it before they are delivered, at three times its processor time.
    checks: Literal["here", "source"] = "here"


def check_plan(
    *,
    ticket: Ticket,
    source: PostgresSource,
    target: PostgresTarget,
    policy: AddressPolicy = default_policy,
) -> Plan:
    """Return the plan that `ticket` would give now; nothing is written, no salt is needed.

    Raises:
        PlanRefused: Something does not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read.
    """
    with contextlib.closing(Session(target.connection, "target", policy)) as session:
        columns = existing_columns(session, target)
    with Snapshot(source, policy) as snapshot:
        facts = snapshot.moment(ticket.resource.schema, ticket.resource.table).facts
    return compile_plan(ticket, facts.columns, columns, None)


def deliver(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: PostgresSource,
    target: PostgresTarget,
    rejects: RejectSink,
    salts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
    revoked: Collection[UUID] = frozenset(),
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
) -> Outcome:
    """Carry the rows that the ticket grants from `source` to `target`, exactly once, and reconcile.

    Args:
        delivery: Number of the delivery; the same number goes on where an interrupted run stopped, and
            does nothing when it is finished already.
        token: The ticket.
        keys: Keys of the issuers trusted here.
        clock: Tells whether the ticket holds, at the start and on the way.
        source: Where the rows are.
        target: Where they go. A table is replaced as a whole, in one transaction.
        rejects: Takes the rows that fail the checks.
        salts: Secret texts for hash masks, by name.
        watcher: Told the progress and asked whether to stop.
        revoked: Ids of tickets that hold no more.
        policy: Which addresses may be reached.
        options: Use of the machine.

    Raises:
        TicketRefused: The ticket does not hold.
        PlanRefused: Ticket, source and target do not fit.
        AlreadyRunning: Another run of this delivery, or into this table, is under way.
        Stopped, Revoked: On the watcher's word.
        SideLost, SideRefused, AddressRefused: A database went away or said no.
        NotReconciled: Both sides disagree; nothing was published.
        QuotaExceeded, TooManyRejects: More rows than the grant, or the checks, allow.
    """
    ticket = read_ticket(token, keys, clock.now(), revoked)
    control = Control(_TicketHolds(watcher or Quiet(), ticket, clock))
    run = _TableRun(delivery, ticket, source, target, rejects, dict(salts or {}), policy, options or Options(), control)
    return run.carry()


@dataclass(frozen=True)
class _TicketHolds:
    """Asks the watcher, and the clock as well: a ticket that ends on the way ends the run."""

    watcher: Watcher
    ticket: Ticket
    clock: Clock

    def progress(self, now: Progress) -> None:
        self.watcher.progress(now)

    def stop_requested(self) -> Literal["stopped", "revoked"] | None:
        if self.clock.now() >= self.ticket.valid_until:
            raise TicketRefused("expired", f"it held until {self.ticket.valid_until.isoformat()}")
        return self.watcher.stop_requested()


@dataclass
class _TableRun:
    """One run of one delivery into a table."""

    delivery: str
    ticket: Ticket
    source: PostgresSource
    target: PostgresTarget
    rejects: RejectSink
    salts: Mapping[str, str]
    policy: AddressPolicy
    options: Options
    control: Control
    examined: dict[int, Examined] = field(default_factory=dict)
    restarted: str = ""

    def carry(self) -> Outcome:
        """Do it."""
        with contextlib.ExitStack() as stack:
            with self.control.timed("prepare"):
                session = stack.enter_context(
                    contextlib.closing(Session(self.target.connection, "target", self.policy))
                )
                stack.enter_context(self.control.watched(session))
                self._lock(session)
                position.ensure_tables(session)
                exists, plan = None, None
                snapshot = stack.enter_context(Snapshot(self.source, self.policy))
                stack.enter_context(self.control.watched(snapshot.holder))
                moment = snapshot.moment(self.ticket.resource.schema, self.ticket.resource.table)
                exists = existing_columns(session, self.target)
                plan = compile_plan(self.ticket, moment.facts.columns, exists, self.salts)
                relation = Dialect.POSTGRES.name_of(plan.read.schema, plan.read.table)
                sql = SourceSql(plan, Dialect.POSTGRES, self.salts, relation)
                earlier = position.load(session, self.delivery)
                session.commit()
                self.control.rows_expected = moment.facts.rows_estimate
            finished = self._finished(earlier, exists is not None)
            if finished is not None:
                return finished
            try:
                return self._deliver(session, snapshot, sql, moment, earlier, exists is not None)
            except Revoked:
                self._discard()
                raise

    def _lock(self, session: Session) -> None:
        # The server notices within about a second that a killed run's sessions are gone.
        held = None
        for _ in range(16):
            held = take_locks(session, self.delivery, self.target)
            if held is None:
                return
            session.run("select pg_sleep(0.25)")
            session.commit()
        raise AlreadyRunning(what=held)

    def _finished(self, earlier: position.Position | None, exists: bool) -> Outcome | None:
        if earlier is None or earlier.outcome is None or earlier.ticket != str(self.ticket.id) or not exists:
            return None
        return replace(Outcome.from_json(earlier.outcome), repeated=True)

    def _deliver(
        self,
        session: Session,
        snapshot: Snapshot,
        sql: SourceSql,
        moment: Moment,
        earlier: position.Position | None,
        exists: bool,
    ) -> Outcome:
        plan = sql.plan
        now = position.Position(
            ticket=str(self.ticket.id),
            plan=_fingerprint(plan, self.salts, self.source, self.target),
            source_file=moment.file,
            oldest_running=moment.oldest_running,
            chunks=chunks_of(moment, self.options.chunk_pages),
            staging=staging_name(self.delivery, self.target),
            outcome=None,
            done={},
        )
        resumable = self._resumable(session, earlier, now)
        chunks = resumable.chunks if resumable else now.chunks
        if plan.checks and moment.addressable:
            with self.control.timed("examine", len(chunks)):
                examination = Examination(sql, snapshot, self.control, self.options.checks == "here")
                self.examined = examination.run(chunks, self.options.workers)
            self.control.rows_expected = sum(found.tally.rows for found in self.examined.values())
        counted = self._hand_over_rejects(snapshot, sql, chunks)
        if resumable:
            with self.control.timed("prepare", len(resumable.done)):
                self.restarted = still_matches(
                    sql, snapshot, self.control, chunks, resumable.done, resumable.oldest_running, self.examined
                )
        done: dict[int, KeyTally] = {}
        if resumable and not self.restarted:
            done = {number: tally for number, (_, tally) in resumable.done.items()}
        else:
            create_staging(session, self.target, now.staging, plan.outputs, exists)
            position.begin(session, self.delivery, self.target.name, replace(now, chunks=chunks))
            session.commit()
        resumed = sum(tally.rows for tally in done.values())
        lane = TableLane(
            sql, snapshot, self.target, self.policy, self.control, self.delivery, now.staging, self.examined, done
        )
        with self.control.timed("copy", len(chunks)):
            self.control.add(rows=resumed, chunks=len(done))
            lane.copy([chunk for chunk in chunks if chunk.number not in done], self.options.workers)
        tally = sum(lane.done.values(), KeyTally())
        return self._publish(session, sql, now, tally, counted, resumed)

    def _resumable(
        self, session: Session, earlier: position.Position | None, now: position.Position
    ) -> position.Position | None:
        """Return the earlier run's position when its chunks may still hold, noting why when they do not."""
        if earlier is None or not earlier.done:
            return None
        if (earlier.plan, earlier.ticket) != (now.plan, now.ticket):
            self.restarted = "the grant, the source's or the target's columns are not the same as before"
        elif earlier.source_file != now.source_file:
            self.restarted = "the source table was written anew since"
        elif any(chunk.whole for chunk in earlier.chunks):
            self.restarted = "this source cannot be read in parts"
        elif not staging_stands(session, self.target, earlier.staging, sum(t.rows for _, t in earlier.done.values())):
            self.restarted = "the rows written before are gone from the target"
        return None if self.restarted else earlier

    def _hand_over_rejects(self, snapshot: Snapshot, sql: SourceSql, chunks: Sequence[Chunk]) -> Counter[str]:
        """Give rejected rows to the sink; return how many rows each reason rejected."""
        self.rejects.begin()
        counted: Counter[str] = Counter()
        self.rejected = 0
        if not sql.plan.checks:
            return counted
        with self.control.timed("rejects"):
            for batch in rejected_rows(snapshot, sql, chunks, self.examined, self.control):
                rows = [Rejected(reasons(bits, sql.plan.checks), values) for bits, values in batch]
                counted.update(reason for row in rows for reason in row.reasons)
                self.rejected += len(rows)
                self.rejects.put(rows)
                self.control.look()
        return Counter({reason_of(check): counted[reason_of(check)] for check in sql.plan.checks})

    def _publish(
        self,
        session: Session,
        sql: SourceSql,
        now: position.Position,
        tally: KeyTally,
        counted: Counter[str],
        resumed: int,
    ) -> Outcome:
        outcome = Outcome(
            delivery=self.delivery,
            ticket=now.ticket,
            lane="governed" if sql.plan.checks else "passthrough",
            rows_read=tally.rows + self.rejected,
            rows_rejected=self.rejected,
            rejected=dict(counted),
            rows_written=tally.rows,
            bytes=self.control.bytes,
            digest_source=str(tally),
            digest_target=str(tally),
            columns=tuple((output.name, str(output.type)) for output in sql.plan.outputs),
            resumed_rows=resumed,
            restarted=self.restarted,
        )
        stage = Dialect.POSTGRES.name_of(self.target.schema, now.staging)

        def publish() -> Outcome:
            stored = session.run(f"select count(*) from {stage}")[0][0]
            if stored != tally.rows:
                raise NotReconciled(what="rows in the staging table", source=tally.rows, target=stored)
            how = swap(session, self.target, now.staging, sql.plan.outputs, tally.rows)
            self.control.check()
            final = replace(outcome, published=how, seconds=dict(self.control.seconds))
            position.publish(session, self.delivery, final.as_json())
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


def _fingerprint(plan: Plan, salts: Mapping[str, str], source: PostgresSource, target: PostgresTarget) -> str:
    """Return what must be the same for a run to go on where another stopped."""
    secret = hashlib.sha256(repr(sorted(salts.items())).encode()).hexdigest()
    parts = (plan, secret, source.connection.key, target.name, target.logged)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
