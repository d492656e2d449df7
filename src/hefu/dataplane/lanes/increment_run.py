"""One run that brings only what is new: read from the watermark on, upserted by key, committed with the watermark.

The first run copies the table as a whole. What is read again because of the overlap is told from what is new by
comparing it with what the consumer's table holds.
"""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from hefu.dataplane.connectors.mysql.source import MysqlView
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.copy import Feed, from_batches, from_copy, pump
from hefu.dataplane.connectors.postgres.followed import FRESH, Counts, ensure_key, make_key, merge, prepare_merge
from hefu.dataplane.connectors.postgres.increments import (
    Line,
    drop_known,
    is_empty,
    load_line,
    move_line,
    require_keyed,
)
from hefu.dataplane.connectors.postgres.receiver import PostgresReceiver
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, tally_sql
from hefu.dataplane.filters import Between
from hefu.dataplane.lanes.query import chunk_query, names_of, tally_in_postgres, tally_of_stream
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.lanes.table import reconcile
from hefu.dataplane.lanes.table_run import TableRun
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Plan
from hefu.dataplane.plan_sql import SourceSql, as_text
from hefu.dataplane.since import MOMENTS, Range, Since, bound_value, higher, range_of, shown

_SQL = Dialect.POSTGRES
#: Form in which rows go over, what feeds them, and what counts them where they come from.
_Fed = tuple[str, Feed, Callable[[], KeyTally]]


@dataclass
class IncrementRun(TableRun):
    """Carries one delivery of new and changed rows into a table."""

    since: Since = field(kw_only=True)
    at: datetime = field(kw_only=True)
    #: How far the table is; None when it is copied as a whole, which `why` explains.
    line: Line | None = field(default=None, init=False)
    why: str = field(default="first", init=False)

    def _narrow(self, receiver: Receiver, plan: Plan, exists: bool) -> None:
        """Find out from where to read, and ask the source for no more than that where it can be asked."""
        found = self._line(receiver)
        if found is not None:
            if not exists:
                self.why = "gone"
            elif found.plan != self._digest(plan):
                self.why = "changed"
            elif found.watermark is not None and self._emptied(receiver):
                self.why = "emptied"
            else:
                self.line, self.why = found, ""
        wanted = self._range(plan)
        if isinstance(self.view, MysqlView) and wanted.bound is not None:
            value = bound_value(wanted.output, wanted.bound)
            if value is not None:
                self.view.narrow = Between(wanted.output.column, value, None)

    def _line(self, receiver: Receiver) -> Line | None:
        return load_line(*self._inner(receiver))

    def _emptied(self, receiver: Receiver) -> bool:
        return is_empty(*self._inner(receiver))

    def _move(self, receiver: Receiver, line: Line) -> None:
        move_line(*self._inner(receiver), line, self.delivery)

    def _sql(self, plan: Plan) -> SourceSql:
        return replace(super()._sql(plan), since=self._range(plan).condition)

    def _range(self, plan: Plan) -> Range:
        return range_of(plan, self.since, self.view.dialect, self.line.watermark if self.line else None, self.at)

    def _digest(self, plan: Plan) -> str:
        secret = hashlib.sha256(repr(sorted(self.salts.items())).encode()).hexdigest()
        parts = (plan.read.schema, plan.read.table, plan.outputs, plan.filter, plan.checks, plan.key, secret)
        return hashlib.sha256(repr((parts, self.origin, self.since.item)).encode()).hexdigest()

    def _deliver(self, receiver: Receiver, sql: SourceSql, earlier: position.Position | None, exists: bool) -> Outcome:
        if self.line is None:
            return super()._deliver(receiver, sql, earlier, exists)
        chunks = (Chunk(0, whole=True),) if isinstance(self.view, Snapshot) else self.view.parts(None)
        rejected = hand_over(self.view, sql, chunks, {}, self.rejects, self.control)
        with self.control.watched(receiver), self.control.timed("copy", len(chunks)):
            tally = self.control.call(partial(self._bring, receiver, sql, chunks))
        with self.control.timed("publish"), self.control.watched(receiver):
            return self.control.call(partial(self._merge, receiver, sql, tally, rejected))

    def _bring(self, receiver: Receiver, sql: SourceSql, chunks: tuple[Chunk, ...]) -> KeyTally:
        """Copy what is new beside the consumer's table, in the transaction that will merge it."""
        session, target = self._inner(receiver)
        ensure_key(session, target, sql.plan.key)
        prepare_merge(session, target, sql.plan)
        session.commit()
        names = names_of(sql.plan.outputs, _SQL.name_of)
        left, sent = KeyTally(), 0
        with contextlib.ExitStack() as stack:
            each = self._from_snapshot(self.view, stack) if isinstance(self.view, Snapshot) else self._from_stage(stack)
            for chunk in chunks:
                self.control.check()
                form, feed, count = each(sql, chunk)
                tallies: list[KeyTally] = []
                out, into = pump(
                    feed,
                    session,
                    f"copy {FRESH} ({names}) from stdin (format {form})",
                    lambda passed: self.control.add(bytes_=passed),
                    partial(lambda count, tallies: tallies.append(count()), count, tallies),
                )
                reconcile(f"part {chunk.number}", out, into, tallies[0], replace(tallies[0], rows=out))
                left, sent = left + tallies[0], sent + out
                self.control.add(rows=out, chunks=1)
        keys = [as_text(_SQL.name_of(output.name), output, _SQL) for output in sql.plan.key_outputs]
        arrived = KeyTally.of(*session.run(f"select {tally_sql(keys)} from {FRESH}")[0])
        reconcile("new rows", sent, sent, left, arrived)
        return arrived

    def _from_snapshot(self, snapshot: Snapshot, stack: contextlib.ExitStack) -> Callable[[SourceSql, Chunk], _Fed]:
        source = stack.enter_context(contextlib.closing(snapshot.session()))
        stack.enter_context(self.control.watched(source))
        return lambda sql, chunk: (
            "binary",
            from_copy(source, f"copy ({chunk_query(sql, chunk, None)}) to stdout (format binary)"),
            partial(tally_in_postgres, sql, chunk, None, source.run),
        )

    def _from_stage(self, stack: contextlib.ExitStack) -> Callable[[SourceSql, Chunk], _Fed]:
        stream = stack.enter_context(contextlib.closing(self.view.stream()))
        stack.enter_context(self.control.watched(stream))
        return lambda sql, chunk: (
            "csv",
            from_batches(stream, chunk_query(sql, chunk, None)),
            partial(tally_of_stream, sql, chunk, stream),
        )

    def _merge(
        self, receiver: Receiver, sql: SourceSql, tally: KeyTally, rejected: tuple[int, dict[str, int]]
    ) -> Outcome:
        session, target = self._inner(receiver)
        require_keyed(session, FRESH, sql.plan)
        known = drop_known(session, target, sql.plan)
        counts = merge(session, target, sql.plan, emptied=False)
        outcome = self._outcome(sql, tally, rejected, 0)
        outcome = self._settled(receiver, sql, replace(outcome, published="merged"), counts, known)
        now = replace(self._empty_position(), outcome=None)
        position.begin(session, self.delivery, target.name, now)
        final = replace(outcome, seconds=dict(self.control.seconds))
        receiver.note(final)
        self.control.check()
        receiver.commit()
        return final

    def _settle(self, receiver: Receiver, sql: SourceSql, outcome: Outcome) -> Outcome:
        """Keep how far the first copy came, in the transaction that publishes it."""
        session, target = self._inner(receiver)
        require_keyed(session, _SQL.name_of(target.schema, target.table), sql.plan)
        make_key(session, target, sql.plan.key)
        return self._settled(receiver, sql, outcome, Counts(inserted=outcome.rows_written), 0)

    def _settled(self, receiver: Receiver, sql: SourceSql, outcome: Outcome, counts: Counts, known: int) -> Outcome:
        wanted = self._range(sql.plan)
        seen, without = self.view.ask(f"select {wanted.seen} from {sql.relation} where {sql.granted}")[0]
        before = self.line.watermark if self.line else None
        now = higher(before, seen)
        self._move(receiver, Line(self._digest(sql.plan), now))
        return replace(outcome, increment=self._told(wanted, before, now, counts, known, without))

    def _told(
        self, wanted: Range, before: Decimal | None, now: Decimal | None, counts: Counts, known: int, without: int
    ) -> dict[str, Any]:
        return {
            "item": self.since.item,
            "moments": wanted.output.source_type.kind in MOMENTS,
            "overlap": self.since.overlap,
            "whole": self.why,
            "read_from": shown(wanted.bound, wanted.output),
            "watermark_before": shown(before, wanted.output),
            "watermark": shown(now, wanted.output),
            "inserted": counts.inserted,
            "updated": counts.updated,
            "known": known,
            "without_watermark": without,
        }

    def _empty_position(self) -> position.Position:
        return position.Position(str(self.ticket.id), "", "", 0, (), "", None, {})

    def _inner(self, receiver: Receiver) -> tuple[Any, PostgresTarget]:
        if not isinstance(receiver, PostgresReceiver) or not isinstance(self.target, PostgresTarget):
            raise TypeError(type(receiver).__name__)
        return receiver.session, self.target
