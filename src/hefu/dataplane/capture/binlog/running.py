"""One run over a server's binary log: reads transactions, has them written with their position, says how far it is."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hefu.dataplane.capture.arrival import Arrival
from hefu.dataplane.capture.binlog.allowed import (
    Place,
    charsets_of,
    folds,
    place_now,
    require_followable,
    require_logged,
    table_of,
)
from hefu.dataplane.capture.binlog.applying import BinlogApplier, Changes, Engine
from hefu.dataplane.capture.binlog.changes import changes, not_logged
from hefu.dataplane.capture.binlog.events import (
    FORMAT,
    QUERY,
    QUERY_COMPRESSED,
    ROTATE,
    ROWS,
    TABLE_MAP,
    TRANSACTION_PAYLOAD,
    XA_PREPARE,
    XID,
    Column,
    Garbled,
    names,
    statement,
    table_id,
    table_map,
)
from hefu.dataplane.capture.binlog.statements import Does, does
from hefu.dataplane.capture.binlog.stream import BinlogStream, Event
from hefu.dataplane.capture.binlog.values import Shape
from hefu.dataplane.capture.pgoutput import Relation, Truncate, lsn_number, lsn_text
from hefu.dataplane.capture.reached import Telling
from hefu.dataplane.capture.writing import Upto, Writer, Written
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.followed import NOTHING, Followed
from hefu.dataplane.connectors.staging import checks_of
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import AlreadyRunning, PlanRefused, SideRefused
from hefu.dataplane.masks import looks_at
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Ticket
from hefu.kernel.clock import Clock
from hefu.kernel.words import Sentence, _

#: As for PostgreSQL: keys, and bytes of events, that are gathered before they are written; how long whole
#: transactions wait for more, in seconds or as many times as the last write took; seconds between two notes of a
#: position that moved without changes of ours; seconds that a read waits.
MOST_KEYS, MOST_BYTES = 40_000, 16 << 20
_LONGEST, _TIMES, _QUIET, _WAIT = 0.2, 4, 2.0, 0.1
#: Events with the number of a transaction: of MySQL, of MariaDB; where MariaDB's has its flags, and that one which
#: says that a single event follows.
_GTIDS, _GTID_OF_MARIA, _FLAGS, _SINGLE = (33, 34, 42), 162, 31, 1


_XA = _(
    "a distributed transaction (XA) changed rows, which a log tells before it is decided; "
    "take whole copies of that table"
)


class Anew(Exception):
    """The log alone does not lead on from here: the table has to be copied again."""

    def __init__(self, why: str) -> None:
        """Keep why."""
        super().__init__(why)
        self.why = why


@dataclass
class BinlogFollowing:
    """One run, from the position on; works in a thread that the caller's watches."""

    delivery: str
    ticket: Ticket
    source: MysqlSource
    secrets: Mapping[str, str]
    arrival: Arrival
    clock: Clock
    told: Telling
    policy: AddressPolicy
    server_id: int
    #: What the run begins from.
    start: Followed
    _applier: BinlogApplier = field(init=False)
    _engine: Engine = field(init=False)
    _writer: Writer = field(init=False)
    _pending: Changes = field(init=False)
    _charsets: Mapping[int, str] = field(init=False)
    _fold: bool = field(init=False)
    _boundary: int = field(init=False)
    _stamp: str = field(init=False)
    #: The table's number in the log, its description, and how its rows are read.
    _table: int | None = None
    _columns: tuple[Column, ...] = ()
    _shape: Shape | None = None
    #: Whether the log is inside a transaction; whether one event makes it; whether it changed rows of ours.
    _inside: bool = False
    _single: bool = False
    _changed: bool = False
    #: A transaction that is complete and has no place of its own to end at.
    _waiting: datetime | None = None
    _changes: int = 0
    _transactions: int = 0
    _end: int = 0
    _at: datetime | None = None
    _bytes: int = 0
    _since: float = 0.0
    _moved: float = 0.0

    def carry(self, control: Control, *, once: bool) -> None:
        """Take over transactions until stopped, or until what was committed by now is in.

        Raises:
            Anew: The table has to be copied again.
            DataPlaneRefusal: A side was lost or refused.
        """
        with control.watched(self.arrival), contextlib.ExitStack() as closing:
            if held := self.arrival.lock(self.delivery):
                raise AlreadyRunning(what=held)
            self._engine = closing.enter_context(contextlib.closing(Engine()))
            with contextlib.closing(MysqlSession(self.source.connection, "source", self.policy)) as asking:
                base, now = place_now(asking)
                self._charsets, self._fold = charsets_of(asking), folds(asking)
            self._plan()
            self.arrival.commit()
            self._boundary, self._stamp = lsn_number(self.start.lsn), self.start.slot
            stream = BinlogStream(
                self.source.connection, self.policy, base=base, place=Place.of(self._boundary), server_id=self.server_id
            )
            self._writer = Writer(self.delivery, self.arrival, self.told, control)
            with contextlib.closing(stream), control.watched(stream), contextlib.closing(self._writer):
                self._read(stream, control, now.number if once else None)

    def _plan(self) -> None:
        """Compile the plan against what both sides are now; the caller commits.

        Raises:
            PlanRefused: The source or the target changed so that the grant does not fit any more.
            Anew: What is delivered is not the same as before.
        """
        with contextlib.closing(MysqlSession(self.source.connection, "source", self.policy)) as asking:
            table = table_of(asking, self.ticket)
            require_logged(asking, self.ticket.resource.schema)
            require_followable(asking, self.ticket, table)
        columns = self.arrival.columns()
        if columns is None:
            raise Anew(_("the table is gone from the target"))
        types = {column.name: column.type for column in table.facts.columns if column.not_carried is None}
        plan = compile_plan(
            self.ticket, table.facts.columns, columns, self.secrets, checks_of(types, _read(self.ticket)),
            self.arrival.landing,            Dialect.DUCKDB,
        )  # fmt: skip
        if plan_digest(plan, self.ticket, self.secrets) != self.start.plan:
            raise Anew(_("the grant, or the columns of the source or the target, are not the same as before"))
        self.arrival.prepare(plan)
        self._applier = BinlogApplier(plan, self.secrets, types, self._engine, self.arrival, self.delivery)
        self._wait_for_changes(plan)

    def _wait_for_changes(self, plan: Plan) -> None:
        key = [output.column for output in plan.key_outputs]
        sql = SourceSql(plan, Dialect.DUCKDB, self.secrets, "")
        subjects = (name for output in plan.outputs for name in looks_at(output.mask))
        needed = tuple(dict.fromkeys((*key, *sql.looked_at, *sorted(plan.filter.columns), *subjects)))
        self._pending = Changes(Relation(0, "", "", "d", needed, tuple(key)), key)
        self._shape = None

    def _read(self, stream: BinlogStream, control: Control, goal: int | None) -> None:
        while True:
            control.check()
            event = stream.read(0)
            if event is None:
                if not self._inside and self._idle(stream, control, goal):
                    return
                event = stream.read(_WAIT)
            if event is None:
                continue
            try:
                self._event(event, stream)
            except Garbled as error:
                text = _("the log holds what cannot be read: {detail}")
                raise SideRefused("source", Sentence(text, code="side.binlog_garbled", detail=str(error))) from None

    def _event(self, event: Event, stream: BinlogStream) -> None:
        kind = event.header.kind
        if kind in ROWS:  # what there is most of comes first
            if table_id(event.data) == self._table:
                self._take(event, stream)
        elif kind in _MEANS:
            _MEANS[kind](self, event, stream)
        if not self._inside and event.end is not None:
            self._boundary = max(self._boundary, event.end.number)

    def _is_numbered(self, event: Event, stream: BinlogStream) -> None:
        """Note that a transaction begins, and whether a single event makes it."""
        maria = event.header.kind == _GTID_OF_MARIA
        self._inside, self._single = True, bool(event.data[_FLAGS] & _SINGLE) if maria else True

    def _prepared(self, event: Event, stream: BinlogStream) -> None:
        """See that no rows of ours wait for the word of a distributed transaction."""
        if self._changed and not event.data[19]:
            raise SideRefused("source", Sentence(_XA, code="side.binlog_xa"))
        self._ends(event, stream)

    def _folded(self, event: Event, stream: BinlogStream) -> None:
        raise not_logged("binlog_transaction_compression = OFF")

    def _log_begins(self, event: Event, stream: BinlogStream) -> None:
        """See that the log is the one that the position stands in; a new one has a stamp of its own.

        Raises:
            Anew: It is another server's, or the server began its logs anew.
        """
        self._table, self._shape = None, None  # numbers of tables hold for one log of one life of the server
        if self._inside:  # the server died in the middle of writing it down
            if self._changed:
                raise Anew(_("the source took back a part of a transaction in a way that its log does not tell"))
            self._inside = False
        base, _space, before = self._stamp.rpartition(" ")
        log, _colon, begun = before.partition(":")
        here = self._boundary >> 32
        if int(log) == here and int(begun) != event.header.at:
            raise Anew(_("the source's server is another, or has begun its log anew"))
        self._stamp = f"{base} {here}:{event.header.at}"

    def _log_ends(self, event: Event, stream: BinlogStream) -> None:
        if self._waiting is not None:
            self._whole(event, self._waiting, stream)
        if event.end is not None and not self._inside:
            self._boundary = max(self._boundary, event.end.number)

    def _describe(self, event: Event, stream: BinlogStream) -> None:
        """Take note of what the rows that follow look like, when they are ours."""
        resource = self.ticket.resource
        named, wanted = names(event.data), (resource.schema, resource.table)
        if self._fold:
            named, wanted = (named[0].casefold(), named[1].casefold()), (wanted[0].casefold(), wanted[1].casefold())
        number = table_id(event.data)
        if named != wanted:
            if number == self._table:
                self._table = None
            return
        described = table_map(event.data)
        if not described.columns:
            raise not_logged("binlog_row_metadata = FULL")
        self._table = number
        if self._shape is not None and described.columns == self._columns:
            return
        if self._columns and described.columns != self._columns:
            self._written(stream)  # an alteration that was not logged
            self._plan()
        self._columns = described.columns
        there = {column.name for column in self._columns}
        needed = self._pending.relation.columns
        if missing := sorted({*needed} - there):
            text = _("column {name!r} is granted but the source does not have it")
            raise PlanRefused(tuple(Sentence(text, code="plan.no_column", name=name) for name in missing))
        self._shape = Shape(self._columns, needed, tuple(self._pending.key), self._charsets)

    def _take(self, event: Event, stream: BinlogStream) -> None:
        """Take the rows of an event in."""
        if self._shape is None:
            raise Garbled("rows of a table that was not described")
        if not self._changes:
            self._since = time.monotonic()
        self._bytes += len(event.data)
        self._changed = True
        for change in changes(event.data, event.header.kind, self._shape):
            self._pending.take(change)
            self._changes += 1
            if len(self._pending.last) >= MOST_KEYS:
                self._write(stream)
        if self._bytes >= MOST_BYTES:
            self._write(stream)

    def _statement(self, event: Event, stream: BinlogStream) -> None:
        told = statement(event.data, event.header.kind)
        resource = self.ticket.resource
        what = does(told, resource.schema, resource.table, fold=self._fold)
        match what:
            case Does.BEGINS:
                self._inside, self._single = True, False
                return
            case Does.TAKES_BACK if self._changed:
                raise Anew(_("the source took back a part of a transaction in a way that its log does not tell"))
            case Does.UNTOLD:
                text = _("a session wrote rows of {table} as a statement; have nobody set binlog_format there")
                table = f"{resource.schema}.{resource.table}"
                raise SideRefused("source", Sentence(text, code="side.binlog_statement", table=table))
            case Does.REPLACES:
                raise Anew(_("the source put other rows in the table's place at once"))
            case Does.EMPTIES:
                if not self._changes:
                    self._since = time.monotonic()
                self._pending.take(Truncate((0,)))
                self._changes += 1
                self._changed = True
            case Does.ALTERS:
                self._written(stream)
                self._plan()
        whole = what is Does.COMMITS or told.text.strip().lower() == "rollback" or not self._inside or self._single
        if whole:
            self._ends(event, stream)

    def _ends(self, event: Event, stream: BinlogStream) -> None:
        """Note that a transaction is complete."""
        self._inside = self._single = False
        at = datetime.fromtimestamp(event.header.at, UTC)
        if event.end is None:  # in a log of over 4 GiB, whose place cannot be said: where the next log begins
            self._inside, self._waiting = True, at
            return
        self._whole(event, at, stream)

    def _whole(self, event: Event, at: datetime, stream: BinlogStream) -> None:
        self._inside, self._waiting = False, None
        if event.end is not None:
            self._end = event.end.number
        self._at = at
        self._transactions += self._changed
        self._changed = False
        if self._changes >= MOST_KEYS or (
            self._changes
            and not self._writer.busy
            and time.monotonic() - self._since > max(_LONGEST, _TIMES * self._writer.took)
        ):
            self._commit(stream)

    def _written(self, stream: BinlogStream) -> None:
        """Have everything that was gathered written, and committed where a transaction has ended."""
        if self._changed:
            self._write(stream)
        else:
            self._commit(stream)
        self._note(self._writer.settle(), stream)

    def _write(self, stream: BinlogStream, upto: Upto | None = None) -> None:
        """Have what is pending written into the open transaction of the target, with `upto` and a commit."""
        pending = self._pending
        self._pending = Changes(pending.relation, pending.key)
        applier = replace(self._applier, stamp=self._stamp)
        # The writer asks no more of either than these have.
        written = self._writer.hand_over(applier, pending, self._bytes, upto)  # type: ignore[arg-type]
        self._note(written, stream)
        self._bytes = 0

    def _commit(self, stream: BinlogStream) -> None:
        if not self._changes:
            return
        self._write(stream, Upto(self._end, self._at, self._changes, self._transactions))
        self._changes = self._transactions = 0

    def _idle(self, stream: BinlogStream, control: Control, goal: int | None) -> bool:
        """Write what is whole, for nothing else waits; return whether the goal is reached."""
        self._commit(stream)
        self._note(self._writer.settle(), stream)
        heard = self._heard(stream)
        self._tell(stream, in_step_at=max(filter(None, (self.told.now.in_step_at, heard))))
        now = lsn_number(self.told.now.lsn)
        done = goal is not None and max(now, self._boundary) >= goal
        if self._boundary > now and (goal is not None or time.monotonic() - self._moved >= _QUIET):
            self.arrival.stamp(self.delivery, self._stamp)
            self.arrival.move(self.delivery, lsn_text(self._boundary), NOTHING)
            control.check()
            self.arrival.commit()
            self._moved = time.monotonic()
            self._tell(stream, lsn=lsn_text(self._boundary))
        return done

    def _note(self, written: Written | None, stream: BinlogStream) -> None:
        """Say what a commit brought."""
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

    def _heard(self, stream: BinlogStream) -> datetime:
        return self.clock.now() - timedelta(seconds=time.monotonic() - stream.heard)

    def _tell(self, stream: BinlogStream, **news: Any) -> None:
        """Leave word of how far it is."""
        self.told.now = replace(self.told.now, seen=lsn_text(stream.seen), heard_at=self._heard(stream), **news)


_MEANS: dict[int, Callable[[BinlogFollowing, Event, BinlogStream], None]] = {
    TABLE_MAP: BinlogFollowing._describe,
    XID: BinlogFollowing._ends,
    QUERY: BinlogFollowing._statement,
    QUERY_COMPRESSED: BinlogFollowing._statement,
    **dict.fromkeys((*_GTIDS, _GTID_OF_MARIA), BinlogFollowing._is_numbered),
    FORMAT: BinlogFollowing._log_begins,
    ROTATE: BinlogFollowing._log_ends,
    XA_PREPARE: BinlogFollowing._prepared,
    TRANSACTION_PAYLOAD: BinlogFollowing._folded,
}


def _read(ticket: Ticket) -> frozenset[str]:
    """Return the columns that the grant looks at."""
    return frozenset({item.column for item in ticket.items} | {*ticket.columns_besides, *ticket.key})


def plan_digest(plan: Plan, ticket: Ticket, secrets: Mapping[str, str]) -> str:
    """Return a digest of what is delivered and how; columns that the grant does not read do not matter."""
    secret = hashlib.sha256(repr(sorted(secrets.items())).encode()).hexdigest()
    parts = (plan.outputs, plan.filter, ticket.checks, plan.key, secret)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
