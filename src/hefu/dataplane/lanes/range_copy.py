"""Ranges of a key one by one through a stage of their own: read, judged, copied, committed."""

import contextlib
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from hefu.dataplane.checks import Typed
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.reading import MysqlRange
from hefu.dataplane.connectors.mysql.source import MysqlView
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.staging import StageStream
from hefu.dataplane.control import LOOK_EVERY, Control
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.lanes.examine import Examined
from hefu.dataplane.lanes.query import key_query
from hefu.dataplane.lanes.rejects import found_by_source
from hefu.dataplane.lanes.rows import RowLane
from hefu.dataplane.lanes.table import TableLane
from hefu.dataplane.outcome import Rejected, RejectSink
from hefu.dataplane.plan_sql import SourceSql

#: Batches of rows that were kept back and wait for the caller's thread.
_WAITING = 4


@dataclass
class RangeCopy:
    """One run's copying."""

    view: MysqlView
    #: Condition of a range in the source's words.
    condition: Callable[[Chunk], str]
    #: The plan over the rows of a range that is loaded.
    written: Callable[[MysqlRange], SourceSql]
    lane: TableLane | RowLane
    control: Control
    sink: RejectSink
    #: Checks of texts that are no values, which some range had to ask.
    spoiled: set[Typed] = field(default_factory=set)
    #: Rows that came.
    rows: int = 0
    #: Rows that were kept back, and how many by each reason.
    kept_back: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    _waiting: queue.Queue[list[Rejected]] = field(default_factory=partial(queue.Queue, _WAITING))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def copy(self, chunks: Sequence[Chunk], sessions: Sequence[MysqlSession]) -> None:
        """Copy the ranges, one for each session at a time, and commit each with its position.

        Raises:
            DataPlaneRefusal: A side was lost or refused, the two do not agree, or the run was stopped.
        """
        free = list(sessions)
        self.control.each(chunks, len(sessions), lambda mine: self._work(free.pop(), mine), self._hand_over)

    def _work(self, session: MysqlSession, chunks: Iterator[Chunk]) -> None:
        with (
            contextlib.closing(self.lane.writer()) as target,
            self.control.watched(target),
            self.control.watched(session),
        ):
            for chunk in chunks:
                part = self.view.ranged(session, self.condition(chunk))
                with contextlib.closing(part), self.control.watched(part):
                    self._range(chunk, part, target)

    def _range(self, chunk: Chunk, part: MysqlRange, target: Session | MysqlSession) -> None:
        part.load(self.control.check)
        with self._lock:
            self.rows += part.rows
        sql = self.written(part)
        rejected = False
        if sql.plan.checks:
            with self._lock:
                self.spoiled.update(part.checks)
            part.judge(sql.granted, sql.all_flags)
            rejected = self._keep_back(part, sql)
        if chunk.number in self.lane.done:
            return
        rows = Chunk(chunk.number, 0, part.rows, staged=True)
        # What is told of the range later on: whether its rows are still the same, and whether some were kept back.
        found = Examined(granted=part.mark() << 1 | rejected)
        # Of a range without a row to deliver nothing is noted: reading it again is all that it costs.
        if not part.rows or not part.ask(key_query(sql, rows, lambda _keys: "count(*)"))[0][0]:
            self.control.add(chunks=1)
            return
        with contextlib.closing(part.stream()) as stream, self.control.watched(stream):
            lane = replace(self.lane, sql=sql, examined={chunk.number: found})
            self.lane.note(chunk, _copied(lane, rows, stream, target))

    def _keep_back(self, part: MysqlRange, sql: SourceSql) -> bool:
        """Let the caller's thread have the rows that fail; return whether there are any."""
        rows = 0
        with contextlib.closing(found_by_source(part, sql, staged=True)) as batches:
            for batch in batches:
                found = [Rejected(reasons(bits, sql.plan.checks), values) for bits, values in batch]
                rows += len(found)
                self._put(found)
        return rows > 0

    def _put(self, found: list[Rejected]) -> None:
        while True:
            self.control.check()
            with contextlib.suppress(queue.Full):
                self._waiting.put(found, timeout=LOOK_EVERY)
                return

    def _hand_over(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                found = self._waiting.get_nowait()
                self.sink.put(found)
                self.kept_back += len(found)
                self.counted.update(reason for row in found for reason in row.reasons)


def _copied(lane: TableLane | RowLane, rows: Chunk, stream: StageStream, target: Session | MysqlSession) -> KeyTally:
    if isinstance(lane, TableLane) and isinstance(target, Session):
        return lane.chunk(rows, stream, target)
    if isinstance(lane, RowLane) and isinstance(target, MysqlSession):
        return lane.chunk(rows, stream, target)
    raise TypeError(type(target).__name__)
