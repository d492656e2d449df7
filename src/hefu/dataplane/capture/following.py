"""One run of a delivery that follows: reads transactions, has them written with their position, says how far it is."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hefu.dataplane.capture.applying import Applier, plan_key
from hefu.dataplane.capture.arrival import MysqlArrival, PostgresArrival
from hefu.dataplane.capture.copying import CopyApplier
from hefu.dataplane.capture.followable import facts_of
from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.member import MemberStream
from hefu.dataplane.capture.pgoutput import (
    Begin,
    Commit,
    Message,
    Relation,
    Truncate,
    decode,
    lsn_number,
    lsn_text,
)
from hefu.dataplane.capture.reached import Telling
from hefu.dataplane.capture.rows import RowApplier
from hefu.dataplane.capture.shared import Captures, Member
from hefu.dataplane.capture.writing import Upto, Writer, Written
from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.followed import NOTHING
from hefu.dataplane.connectors.postgres.replication import ChangeStream
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import AlreadyRunning, PlanRefused
from hefu.dataplane.plan import compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Ticket
from hefu.kernel.clock import Clock
from hefu.kernel.words import Sentence, _

#: Changes, and bytes of their messages, that are gathered before they are written, however long the transaction
#: is: what bounds the memory.
MOST_CHANGES, MOST_BYTES = 60_000, 16 << 20
#: Whole transactions wait for more of them, when more keep coming, for so many seconds, or so many times as long
#: as the last write took: what is written together shares the cost of a commit.
_LONGEST, _TIMES = 0.2, 4
#: Seconds between two notes of a position that moved without changes of ours.
_QUIET = 2.0
#: Bytes by which the place of the next record may lie beyond the last one's end.
_PAGE_HEADER = 40
#: Seconds that a read waits for a message; also how soon a stop is noticed.
_WAIT = 0.1
#: What is read: a slot of its own, or what several read together.
Stream = ChangeStream | MemberStream
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
#: First bytes of messages about one row: it came, changed, went.
_ROWS = b"IUD"


@dataclass
class Following:
    """One run, from the position on; works in a thread that the caller's watches."""

    delivery: str
    ticket: Ticket
    secrets: Mapping[str, str]
    asking: Session
    arrival: PostgresArrival | MysqlArrival
    name: str
    clock: Clock
    told: Telling
    #: Where those who follow the same source in this process read together; None for one who reads alone.
    captures: Captures | None = None
    _applier: Applier = field(init=False)
    _writer: Writer = field(init=False)
    _pending: Gathered | None = None
    #: Whether a transaction of the source has begun and not ended, and whether it is in already.
    _inside: bool = False
    _known: bool = False
    #: Row changes and transactions since the last place that was handed over for a commit.
    _changes: int = 0
    _transactions: int = 0
    #: Changes at the end of the last whole transaction of the source.
    _counted: int = 0
    _end: int = 0
    _at: datetime | None = None
    _bytes: int = 0
    _since: float = 0.0
    _moved: float = 0.0

    def carry(self, control: Control, source: PostgresSource, policy: AddressPolicy, *, once: bool) -> None:
        """Take over transactions until stopped, or until what was committed by now is in."""
        with control.watched(self.asking), control.watched(self.arrival):
            if held := self.arrival.lock(self.delivery):
                raise AlreadyRunning(what=held)
            self._plan()
            self.arrival.commit()
            goal = self._goal(control) if once else None
            stream = self._stream(control, source, policy, alone=once)
            self._writer = Writer(self.delivery, self.arrival, self.told, control)
            with contextlib.closing(stream), control.watched(stream), contextlib.closing(self._writer):
                self._read(stream, control, goal)

    def _stream(self, control: Control, source: PostgresSource, policy: AddressPolicy, *, alone: bool) -> Stream:
        def own() -> ChangeStream:
            return ChangeStream(source.connection, policy, slot=self.name, publication=self.name, look=control.check)

        if alone or self.captures is None:
            return own()
        relation = Dialect.POSTGRES.name_of(self.ticket.resource.schema, self.ticket.resource.table)
        table = self.asking.run("select %s::regclass::oid", (relation,))[0][0]
        self.asking.commit()
        member = Member(self.name, self.name, int(table))
        return MemberStream(own, self.captures, member, source.connection, policy)

    def _goal(self, control: Control) -> int:
        """Return the position up to which the source has committed by now.

        Where commits do not wait for the disk, they are handed out only once the server has written them there.
        """
        asked = None
        while True:
            inserted, flushed = self.asking.run(
                "select pg_current_wal_insert_lsn()::text, pg_current_wal_flush_lsn()::text"
            )[0]
            self.asking.commit()
            asked = asked or lsn_number(inserted)
            if lsn_number(flushed) + _PAGE_HEADER >= asked:
                return lsn_number(flushed)
            control.check()
            time.sleep(_WAIT / 10)

    def _plan(self) -> None:
        """Compile the plan against what both sides are now; the caller commits.

        Raises:
            PlanRefused: The source or the target changed so that the grant does not fit any more.
        """
        facts = facts_of(self.asking, self.ticket)
        columns, landing = self.arrival.columns(), self.arrival.landing
        plan = compile_plan(self.ticket, facts.columns, columns, self.secrets, landing=landing)
        self.arrival.prepare(plan)
        relation = Dialect.POSTGRES.name_of(facts.schema, facts.table)
        sql = SourceSql(plan, Dialect.POSTGRES, self.secrets, relation)
        if isinstance(self.arrival, PostgresArrival):
            self._applier = CopyApplier(sql, self.asking, self.arrival)
        else:
            self._applier = RowApplier(sql, self.asking, self.arrival)

    def _read(self, stream: Stream, control: Control, goal: int | None) -> None:
        while True:
            control.check()
            data = stream.read(0)
            if data is None:
                if not self._inside and self._idle(stream, control, goal):
                    return
                data = stream.read(_WAIT)
            if data is None:
                continue
            self._bytes += len(data)
            if data[0] in _ROWS:  # what there is most of comes first; it is read when it is written
                if not self._known:
                    self._take(data, stream)
            else:
                self._heed(decode(data), stream)

    def _heed(self, message: Message | None, stream: Stream) -> None:
        """Take in what is said about a transaction or a whole table."""
        if isinstance(message, Begin):
            self._inside, self._known = True, message.lsn < lsn_number(self.told.now.lsn)
        elif isinstance(message, Commit):
            self._inside = False
            if not self._known:
                self._whole(message.end, message.at)
                self._commit_when_due(stream)
        elif isinstance(message, Truncate):
            if not self._known:
                self._take(None, stream)
        elif isinstance(message, Relation):
            self._shape(message, stream)

    def _idle(self, stream: Stream, control: Control, goal: int | None) -> bool:
        """Write what is whole, for nothing else waits; return whether the goal is reached.

        The log grows by what others do as well. That it holds nothing for us is written down once in a
        while, and only then is the server told anything: the driver tells it of all that it has seen, and
        a slot that is ahead of the position always means a loss.
        """
        self._commit(stream)
        self._note(self._writer.settle(), stream)
        self._is_in_step(stream)
        now = lsn_number(self.told.now.lsn)
        reached = max(now, stream.seen)
        done = goal is not None and reached >= goal
        if reached > now:
            if goal is None and time.monotonic() - self._moved < _QUIET:
                return done
            self.arrival.move(self.delivery, lsn_text(reached), NOTHING)
            self.arrival.commit()
            self._moved = time.monotonic()
            self._tell(stream, lsn=lsn_text(reached))
        stream.confirm(lsn_number(self.told.now.lsn), now=goal is not None, asking=True)
        return done

    def _shape(self, relation: Relation, stream: Stream) -> None:
        """Take note of what rows look like from here on.

        Raises:
            PlanRefused: The grant does not fit any more.
        """
        before = self._pending.relation if self._pending is not None else None
        if before == relation:
            return
        if before is not None:
            self._write(stream)
            self._note(self._writer.settle(), stream)
            self._plan()
        plan = self._applier.sql.plan
        missing = sorted({*self._applier.needed} - {*relation.columns})
        if missing:
            text = _("column {name!r} is granted but the source does not have it")
            raise PlanRefused(tuple(Sentence(text, code="plan.no_column", name=name) for name in missing))
        self._pending = Gathered(relation, [output.column for output in plan.key_outputs])

    def _take(self, data: bytes | None, stream: Stream) -> None:
        """Gather one change; None is that the table was emptied."""
        if self._pending is None:  # a table that is only emptied is not described before
            relation = Relation(0, "", "", "d", self._applier.needed, ())
            self._pending = Gathered(relation, plan_key(self._applier.sql))
        if not self._changes:
            self._since = time.monotonic()
        if data is None:
            self._pending.empty()
        else:
            self._pending.messages.append(data)
        self._changes += 1
        if len(self._pending.messages) >= MOST_CHANGES or self._bytes >= MOST_BYTES:
            self._write(stream)

    def _whole(self, end: int, at: int) -> None:
        self._end, self._at = end, _EPOCH + timedelta(microseconds=at)
        self._transactions += self._changes > self._counted
        self._counted = self._changes

    def _write(self, stream: Stream, upto: Upto | None = None) -> None:
        """Have what is pending written into the open transaction of the target, with `upto` and a commit."""
        pending = self._pending
        self._note(self._writer.hand_over(self._applier, pending, self._bytes, upto), stream)
        self._bytes = 0
        if pending is not None:
            self._pending = Gathered(pending.relation, pending.key)

    def _commit_when_due(self, stream: Stream) -> None:
        """Commit between two transactions once enough is gathered or has waited long enough."""
        if self._changes >= MOST_CHANGES or (
            self._changes
            and not self._writer.busy
            and time.monotonic() - self._since > max(_LONGEST, _TIMES * self._writer.took)
        ):
            self._commit(stream)

    def _commit(self, stream: Stream) -> None:
        if not self._changes:
            return
        self._write(stream, Upto(self._end, self._at, self._changes, self._transactions))
        self._changes = self._transactions = self._counted = 0

    def _note(self, written: Written | None, stream: Stream) -> None:
        """Say what a commit brought, to the caller and to the source's server."""
        if written is None:
            return
        now, at = self.told.now, written.upto.at
        self._tell(
            stream,
            lsn=lsn_text(written.upto.lsn),
            counts=now.counts + written.counts,
            committed_at=at,
            in_step_at=max(filter(None, (now.in_step_at, min(filter(None, (at, self.clock.now())))))),
        )
        stream.confirm(written.upto.lsn)

    def _tell(self, stream: Stream, **news: Any) -> None:
        """Leave word of how far it is."""
        heard = self.clock.now() - timedelta(seconds=time.monotonic() - stream.heard)
        self.told.now = replace(
            self.told.now, seen=lsn_text(stream.seen), heard_at=heard, together=stream.together, **news
        )

    def _is_in_step(self, stream: Stream) -> None:
        """Note that nothing is left to take over of what the source has said."""
        heard = self.clock.now() - timedelta(seconds=time.monotonic() - stream.heard)
        self._tell(stream, in_step_at=max(filter(None, (self.told.now.in_step_at, heard))))
