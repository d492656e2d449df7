"""PostgreSQL → PostgreSQL: chunks of binary COPY into a staging table, each committed with its position."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.copy import pump
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot, not_among
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, tally_sql
from hefu.dataplane.errors import NotReconciled, QuotaExceeded
from hefu.dataplane.lanes.examine import Examined
from hefu.dataplane.plan_sql import SourceSql, as_text

#: Name of the column that carries the bits of failed checks inside a query.
FLAGS = '"hefu flags"'


def chunk_query(sql: SourceSql, chunk: Chunk, found: Examined | None) -> str:
    """Return the query that gives a chunk's delivered rows, rejected ones left out."""
    if chunk.whole and sql.plan.checks:
        names = ", ".join(sql.dialect.name_of(output.name) for output in sql.plan.outputs)
        inner = f"select {sql.outputs}, {sql.all_flags} as {FLAGS} from {sql.relation} where {sql.granted}"
        return f"select {names} from ({inner}) as granted where {FLAGS} = 0"
    kept = not_among(found.rejected) if found else "true"
    return f"select {sql.outputs} from {sql.relation} where {sql.granted} and {chunk.condition} and {kept}"


def source_tally(sql: SourceSql, chunk: Chunk, found: Examined | None, session: Session) -> KeyTally:
    """Return the tally of a chunk's delivered rows, as the source counts it."""
    if found is not None:
        return found.tally
    if chunk.whole and sql.plan.checks:
        keys = [as_text(sql.dialect.name_of(output.name), output, sql.dialect) for output in sql.plan.key_outputs]
        return KeyTally.of(*session.run(f"select {tally_sql(keys)} from ({chunk_query(sql, chunk, None)}) as kept")[0])
    return KeyTally.of(
        *session.run(
            f"select {tally_sql(sql.key_texts)} from {sql.relation} where {sql.granted} and {chunk.condition}"
        )[0]
    )


@dataclass
class TableLane:
    """One run's copying."""

    sql: SourceSql
    snapshot: Snapshot
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
            source = stack.enter_context(contextlib.closing(self.snapshot.session()))
            target = stack.enter_context(contextlib.closing(Session(self.target.connection, "target", self.policy)))
            stack.enter_context(self.control.watched(source))
            stack.enter_context(self.control.watched(target))
            for chunk in chunks:
                tally = self._chunk(chunk, source, target)
                with self.lock:
                    self.done[chunk.number] = tally
                    rows = sum(each.rows for each in self.done.values())
                self.control.add(rows=tally.rows, chunks=1)
                if self.sql.plan.quota is not None and rows > self.sql.plan.quota:
                    raise QuotaExceeded(quota=self.sql.plan.quota)

    def _chunk(self, chunk: Chunk, source: Session, target: Session) -> KeyTally:
        found = self.examined.get(chunk.number)
        stage = Dialect.POSTGRES.name_of(self.target.schema, self.staging)
        columns = ", ".join(Dialect.POSTGRES.name_of(output.name) for output in self.sql.plan.outputs)
        tallies: list[KeyTally] = []
        # A row may land on the last page that an earlier chunk left half full, hence the look at xmin too.
        first_page = target.run(
            "select greatest(0, pg_relation_size(%s::regclass) / current_setting('block_size')::int - 1)", (stage,)
        )[0][0]
        out, into = pump(
            source,
            f"copy ({chunk_query(self.sql, chunk, found)}) to stdout (format binary)",
            target,
            f"copy {stage} ({columns}) from stdin (format binary)",
            lambda count: self.control.add(bytes_=count),
            lambda: tallies.append(source_tally(self.sql, chunk, found, source)),
        )
        left = tallies[0]
        arrived = self._arrived(target, f"ctid >= '({first_page},0)'::tid")
        if arrived != left:
            # A vacuum may have opened space on earlier pages; look everywhere before doubting the rows.
            arrived = self._arrived(target, "true")
        for what, one, other in (
            ("rows copied", out, into),
            ("rows counted", left.rows, out),
            ("rows stored", left.rows, arrived.rows),
            ("key digest", left, arrived),
        ):
            if one != other:
                raise NotReconciled(what=f"{what} of part {chunk.number}", source=one, target=other)
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


def still_matches(
    sql: SourceSql,
    snapshot: Snapshot,
    control: Control,
    chunks: Sequence[Chunk],
    done: Mapping[int, tuple[int, KeyTally]],
    oldest_running: int,
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
                granted, tally = done[chunk.number]
                count, total, young = session.run(
                    f"select {tally_sql(sql.key_texts)}, "
                    f"count(*) filter (where age(xmin) <= age('{oldest_running % (1 << 32)}'::xid)) "
                    f"from {sql.relation} where {sql.granted} and {chunk.condition}"
                )[0]
                found = examined.get(chunk.number)
                now = found.tally if found else KeyTally.of(count, total)
                if young or count != granted or now != tally:
                    changed.append(f"part {chunk.number} changed in the source since")
                control.add(chunks=1)

    control.each([chunk for chunk in chunks if chunk.number in done], 2, look)
    return changed[0] if changed else ""
