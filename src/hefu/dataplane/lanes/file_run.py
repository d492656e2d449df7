"""One run of one delivery into a file: written under another name, read back, counted, then renamed."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes
from hefu.dataplane.errors import QuotaExceeded, SideRefused
from hefu.dataplane.formats import FileTarget, Writer, format_of
from hefu.dataplane.lanes.examine import Examination, Examined
from hefu.dataplane.lanes.query import arrow_query, as_carried, tally_in_postgres, tally_of_stream
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.lanes.table import reconcile
from hefu.dataplane.lanes.view import Stream, View
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Ticket

_READ = 1 << 20


@dataclass
class FileRun:
    """Carries one delivery into a file. An interrupted run leaves nothing behind and starts anew."""

    delivery: str
    ticket: Ticket
    view: Snapshot | View
    target: FileTarget
    rejects: RejectSink
    salts: Mapping[str, str]
    options: Options
    control: Control
    policy: AddressPolicy = default_policy
    examined: dict[int, Examined] = field(default_factory=dict)

    def carry(self) -> Outcome:
        """Deliver.

        Raises:
            DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        """
        self._plan()  # what does not fit is said before rows are brought here
        self.control.load(self.view)
        plan = as_carried(self._plan())
        sql = SourceSql(plan, self.view.dialect, self.salts, self.view.relation, self.view.written)
        self.control.rows_expected = self.view.facts.rows_estimate
        chunks = self.view.parts(self.options.chunk_pages)
        if isinstance(self.view, Snapshot) and plan.checks and self.view.moment.addressable:
            with self.control.timed("examine", len(chunks)):
                examination = Examination(sql, self.view, self.control, self.options.checks == "here")
                self.examined = examination.run(chunks, self.options.workers)
        rejected = hand_over(self.view, sql, chunks, self.examined, self.rejects, self.control)
        unfinished = self.target.path.with_name(f".{self.target.path.name}.part")
        try:
            with self.control.timed("copy", len(chunks)):
                left, out = self.control.call(lambda: self._write(sql, chunks, unfinished))
            with self.control.timed("publish"):
                arrived, sha256 = self.control.call(lambda: self._read_back(plan, unfinished))
                reconcile("the whole file", out, arrived.rows, left, arrived)
                size = unfinished.stat().st_size
                self._publish(unfinished, sha256)
        except OSError as error:
            raise SideRefused("target", f"{self.target.path.name}: {error.strerror}") from None
        finally:
            with contextlib.suppress(FileNotFoundError):
                unfinished.unlink()
        return Outcome(
            delivery=self.delivery,
            ticket=str(self.ticket.id),
            lane="governed" if plan.checks else "passthrough",
            rows_read=left.rows + rejected[0],
            rows_rejected=rejected[0],
            rejected=rejected[1],
            rows_written=arrived.rows,
            bytes=size,
            digest_source=str(left),
            digest_target=str(arrived),
            columns=tuple((output.name, str(output.type)) for output in plan.outputs),
            seconds=dict(self.control.seconds),
            path="" if self.target.beyond else str(self.target.path),
            sha256=sha256,
        )

    def _publish(self, file: Path, sha256: str) -> None:
        if self.target.beyond is None:
            os.replace(file, self.target.path)
            _settle(self.target.path.parent)
            return
        session = self.control.call(partial(self.target.beyond.opened, self.policy))
        with contextlib.closing(session), self.control.watched(session):
            name = self.target.path.name
            self.control.call(lambda: session.put(file, name, self.delivery, sha256, lambda _: self.control.check()))

    def _plan(self) -> Plan:
        facts, engine = self.view.facts, self.view.dialect
        return compile_plan(self.ticket, facts.columns, None, self.salts, self.view.checks, engine=engine)

    def _write(self, sql: SourceSql, chunks: tuple[Chunk, ...], path: Path) -> tuple[KeyTally, int]:
        """Write all chunks; return what the source counts, and the rows that were written."""
        writer = format_of(self.target).writer(path, sql.plan.outputs)
        try:
            with contextlib.closing(self.view.stream()) as stream, self.control.watched(stream):
                left = sum((self._chunk(sql, chunk, stream, writer) for chunk in chunks), KeyTally())
        except BaseException:
            writer.abandon()
            raise
        writer.close()
        return left, self.control.rows

    def _chunk(self, sql: SourceSql, chunk: Chunk, stream: Stream, writer: Writer) -> KeyTally:
        found = self.examined.get(chunk.number)
        with contextlib.closing(stream.batches(arrow_query(sql, chunk, found))) as batches:
            for batch in batches:
                self.control.check()
                writer.write(batch)
                self.control.add(rows=batch.num_rows, bytes_=batch.nbytes)
                if sql.plan.quota is not None and self.control.rows > sql.plan.quota:
                    raise QuotaExceeded(quota=sql.plan.quota)
        self.control.add(chunks=1)
        if sql.dialect is Dialect.POSTGRES:
            return tally_in_postgres(sql, chunk, found, self.view.ask)
        return tally_of_stream(sql, chunk, stream)

    def _read_back(self, plan: Plan, path: Path) -> tuple[KeyTally, str]:
        """Return the tally of what the file holds, and its SHA-256."""
        tally = KeyTally()
        for columns in format_of(self.target).keys(path, plan.outputs, plan.key_outputs):
            self.control.check()
            tally += tally_hashes(hash_columns(columns))
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(_READ):
                digest.update(block)
            os.fsync(file.fileno())
        return tally, digest.hexdigest()


def _settle(folder: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
