"""Into PostgreSQL: chunks of COPY into a staging table, each committed with its position."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.copy import from_batches, from_copy, pump
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, tally_sql
from hefu.dataplane.errors import NotReconciled, QuotaExceeded
from hefu.dataplane.lanes.examine import Examined
from hefu.dataplane.lanes.query import chunk_query, names_of, tally_in_postgres, tally_of_stream
from hefu.dataplane.lanes.view import Stream, View
from hefu.dataplane.plan_sql import SourceSql, as_text


@dataclass
class TableLane:
    """One run's copying."""

    sql: SourceSql
    view: Snapshot | View
    target: PostgresTarget
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
            source: Session | Stream
            source = self.view.session() if isinstance(self.view, Snapshot) else self.view.stream()
            stack.enter_context(contextlib.closing(source))
            target = stack.enter_context(contextlib.closing(self.writer()))
            stack.enter_context(self.control.watched(source))
            stack.enter_context(self.control.watched(target))
            for chunk in chunks:
                tally = self.chunk(chunk, source, target)
                self.note(chunk, tally)

    def writer(self) -> Session:
        """Return a session of the target."""
        return Session(self.target.connection, "target", self.policy)

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

    def chunk(self, chunk: Chunk, source: Session | Stream, target: Session) -> KeyTally:
        """Copy one part and commit it with its position; return what arrived.

        Raises:
            DataPlaneRefusal: A side was lost or refused, or the two do not agree.
        """
        found = self.examined.get(chunk.number)
        stage = Dialect.POSTGRES.name_of(self.target.schema, self.staging)
        columns = names_of(self.sql.plan.outputs, Dialect.POSTGRES.name_of)
        query = chunk_query(self.sql, chunk, found)
        tallies: list[KeyTally] = []
        # A row may land on the last page that an earlier chunk left half full, hence the look at xmin too.
        first_page = target.run(
            "select greatest(0, pg_relation_size(%s::regclass) / current_setting('block_size')::int - 1)", (stage,)
        )[0][0]
        count: Callable[[], KeyTally]
        if isinstance(source, Session):
            form, feed = "binary", from_copy(source, f"copy ({query}) to stdout (format binary)")
            count = partial(tally_in_postgres, self.sql, chunk, found, source.run)
        else:
            form, feed = "csv", from_batches(source, query)
            count = partial(tally_of_stream, self.sql, chunk, source)
        out, into = pump(
            feed,
            target,
            f"copy {stage} ({columns}) from stdin (format {form})",
            lambda passed: self.control.add(bytes_=passed),
            lambda: tallies.append(count()),
        )
        left = tallies[0]
        arrived = self._arrived(target, f"ctid >= '({first_page},0)'::tid")
        if arrived != left:
            # A vacuum may have opened space on earlier pages; look everywhere before doubting the rows.
            arrived = self._arrived(target, "true")
        reconcile(f"part {chunk.number}", out, into, left, arrived)
        position.finish_chunk(target, self.delivery, chunk.number, found.granted if found else left.rows, arrived)
        target.commit()
        return arrived

    def _arrived(self, target: Session, where: str) -> KeyTally:
        """Return the tally of the rows that this transaction stored."""
        quote = Dialect.POSTGRES.name_of
        keys = [as_text(quote(output.name), output, Dialect.POSTGRES) for output in self.sql.plan.key_outputs]
        stage = quote(self.target.schema, self.staging)
        mine = f"{where} and xmin = pg_current_xact_id()::xid"
        return KeyTally.of(*target.run(f"select {tally_sql(keys)} from {stage} where {mine}")[0])


def reconcile(what: str, out: int, into: int, left: KeyTally, arrived: KeyTally) -> None:
    """Compare what both sides counted of the same rows.

    Raises:
        NotReconciled: They differ.
    """
    for compared, one, other in (
        ("rows sent", out, into),
        ("rows counted", left.rows, out),
        ("rows stored", left.rows, arrived.rows),
        ("key digest", left, arrived),
    ):
        if one != other:
            raise NotReconciled(what=f"{compared}, {what}", source=one, target=other)


def still_matches(
    sql: SourceSql,
    snapshot: Snapshot,
    control: Control,
    earlier: position.Position,
    examined: Mapping[int, Examined],
) -> str:
    """Return why finished chunks are no longer what the source gives now, or empty text.

    A row that was inserted or updated since has a writer that had not ended when the earlier run looked;
    a deleted one is missing in the count. So equal counts and no younger writer mean the very same rows,
    all columns of them, while the tally is compared as well.
    """
    changed: list[str] = []

    def look(mine: Iterator[Chunk]) -> None:
        session = snapshot.session()
        with contextlib.closing(session), control.watched(session):
            for chunk in mine:
                granted, tally = earlier.done[chunk.number]
                count, total, young = session.run(
                    f"select {tally_sql(sql.key_texts)}, "
                    f"count(*) filter (where age(xmin) <= age('{earlier.oldest_running % (1 << 32)}'::xid)) "
                    f"from {sql.relation} where {sql.granted} and {chunk.condition}"
                )[0]
                found = examined.get(chunk.number)
                now = found.tally if found else KeyTally.of(count, total)
                if young or count != granted or now != tally:
                    changed.append(f"part {chunk.number} changed in the source since")
                control.add(chunks=1)

    control.each([chunk for chunk in earlier.chunks if chunk.number in earlier.done], 2, look)
    return changed[0] if changed else ""
