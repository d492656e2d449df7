"""Into a database that takes rows in statements: parts of Arrow batches into a staging table, each committed with
its position, after its keys were read back."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.target import MysqlTarget, finish_chunk
from hefu.dataplane.connectors.mysql.writing import insert, keys
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes
from hefu.dataplane.errors import QuotaExceeded
from hefu.dataplane.lanes.examine import Examined
from hefu.dataplane.lanes.query import arrow_query, as_carried, tally_in_postgres, tally_of_stream
from hefu.dataplane.lanes.table import reconcile
from hefu.dataplane.lanes.view import Stream, View
from hefu.dataplane.plan_sql import SourceSql


@dataclass
class RowLane:
    """One run's copying."""

    sql: SourceSql
    view: Snapshot | View
    target: MysqlTarget
    policy: AddressPolicy
    control: Control
    delivery: str
    staging: str
    examined: Mapping[int, Examined]
    done: dict[int, KeyTally] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def copy(self, chunks: Sequence[Chunk], workers: int) -> None:
        """Copy the chunks and commit each with its position.

        Raises:
            DataPlaneRefusal: A side was lost or refused, the two do not agree, or the run was stopped.
        """
        self.control.each(chunks, workers, self._work)

    def _work(self, chunks: Iterator[Chunk]) -> None:
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(contextlib.closing(self.view.stream()))
            target = stack.enter_context(contextlib.closing(self.writer()))
            stack.enter_context(self.control.watched(source))
            stack.enter_context(self.control.watched(target))
            for chunk in chunks:
                tally = self.chunk(chunk, source, target)
                self.note(chunk, tally)

    def writer(self) -> MysqlSession:
        """Return a session of the target."""
        return MysqlSession(self.target.connection, "target", self.policy)

    def note(self, chunk: Chunk, tally: KeyTally) -> None:
        """Count a finished part.

        Raises:
            QuotaExceeded: The rows of all parts are more than the grant lets out.
        """
        with self.lock:
            self.done[chunk.number] = tally
            rows = sum(each.rows for each in self.done.values())
        self.control.add(rows=tally.rows, chunks=1)
        if self.sql.plan.quota is not None and rows > self.sql.plan.quota:
            raise QuotaExceeded(quota=self.sql.plan.quota)

    def chunk(self, chunk: Chunk, source: Stream, target: MysqlSession) -> KeyTally:
        """Copy one part and commit it with its position; return what arrived.

        Raises:
            DataPlaneRefusal: A side was lost or refused, or the two do not agree.
        """
        found = self.examined.get(chunk.number)
        outputs = self.sql.plan.outputs
        carried = replace(self.sql, plan=as_carried(self.sql.plan))
        out = into = 0
        with contextlib.closing(source.batches(arrow_query(carried, chunk, found))) as batches:
            for batch in batches:
                self.control.check()
                into += insert(target, self.staging, outputs, batch, chunk.number, out)
                out += batch.num_rows
                self.control.add(bytes_=batch.nbytes)
        if self.sql.dialect is Dialect.POSTGRES:
            left = tally_in_postgres(self.sql, chunk, found, self.view.ask)
        else:
            left = tally_of_stream(self.sql, chunk, source)
        arrived = KeyTally()
        for columns in keys(target, self.staging, self.sql.plan.key_outputs, chunk.number):
            arrived += tally_hashes(hash_columns(columns))
        reconcile(f"part {chunk.number}", out, into, left, arrived)
        finish_chunk(target, self.delivery, chunk.number, found.granted if found else left.rows, arrived)
        target.commit()
        return arrived
