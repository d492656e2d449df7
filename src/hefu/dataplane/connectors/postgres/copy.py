"""Bytes into a COPY … FROM STDIN: a feeding thread, a pipe, the target's thread."""

import contextlib
import fcntl
import io
import os
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import IO, Protocol

import psycopg2
import pyarrow as pa
import pyarrow.csv

from hefu.dataplane.connectors.postgres.connection import translated
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.errors import DataPlaneRefusal

#: The driver hands over row by row; rows are gathered to this many bytes before they enter the pipe.
GATHERED = 256 * 1024
_F_SETPIPE_SZ = 1031

#: Writes rows into the pipe and returns how many.
Feed = Callable[[IO[bytes]], int]


class _Outlet(io.RawIOBase):
    """The reading end of the pipe as the target's COPY wants it: counts, and fails when the feed failed."""

    def __init__(self, descriptor: int, passed: Callable[[int], None]) -> None:
        super().__init__()
        self._descriptor, self._passed = descriptor, passed
        self.feed_failed = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = GATHERED, /) -> bytes:
        data = os.read(self._descriptor, size)
        if not data and self.feed_failed:
            # An early end must abort the target's COPY, not look like the end of the rows.
            raise BrokenPipeError("the source stopped in the middle")
        self._passed(len(data))
        return data


def from_copy(source: Session, query: str) -> Feed:
    """Return the feed that passes on what COPY … TO STDOUT gives, unread."""

    def feed(inlet: IO[bytes]) -> int:
        with source.raw.cursor() as cursor:
            try:
                cursor.copy_expert(query, inlet)
            except psycopg2.Error as error:
                raise translated(error, source.side, source.connection) from None
            return cursor.rowcount

    return feed


class Batches(Protocol):
    """Yields the rows of a query in Arrow batches."""

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield them."""
        ...


def from_batches(source: Batches, query: str) -> Feed:
    """Return the feed that writes Arrow batches as CSV: NULL empty, every text quoted."""
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")

    def feed(inlet: IO[bytes]) -> int:
        rows = 0
        with contextlib.closing(source.batches(query)) as batches:
            for batch in batches:
                pyarrow.csv.write_csv(batch, inlet, options)
                rows += batch.num_rows
        return rows

    return feed


def copy_in(target: Session, write_sql: str, data: bytes) -> int:
    """Copy what is gathered already into `write_sql`, a COPY … FROM STDIN; return the rows that the target counted.

    Raises:
        SideLost: The connection was cut.
        SideRefused: The target refused.
    """
    with target.raw.cursor() as cursor:
        try:
            cursor.copy_expert(write_sql, io.BytesIO(data), size=GATHERED)
        except psycopg2.Error as error:
            raise translated(error, target.side, target.connection) from None
        return int(cursor.rowcount)


def pump(
    feed: Feed,
    target: Session,
    write_sql: str,
    passed: Callable[[int], None],
    after: Callable[[], None] | None = None,
) -> tuple[int, int]:
    """Copy what `feed` gives into `write_sql`; return the rows that each side counted.

    Args:
        feed: Writes rows in the form that `write_sql` reads.
        target: Session that runs `write_sql`.
        write_sql: A COPY … FROM STDIN.
        passed: Told the bytes as they pass.
        after: Runs in the feeding thread once the rows are out, while the target still takes them.

    Raises:
        SideLost: A connection was cut.
        SideRefused: A side refused.
    """
    reading, writing = os.pipe()
    with contextlib.suppress(OSError):  # an unprivileged process may be limited to smaller pipes
        fcntl.fcntl(writing, _F_SETPIPE_SZ, 1 << 20)
    outlet = _Outlet(reading, passed)
    failures: list[BaseException] = []
    counts = [0, 0]

    def fill() -> None:
        try:
            inlet = os.fdopen(writing, "wb", GATHERED)
            try:
                counts[0] = feed(inlet)
                inlet.flush()
            except BaseException:
                outlet.feed_failed = True
                raise
            finally:
                with contextlib.suppress(OSError):
                    inlet.close()
            if after is not None:
                after()
        except BaseException as error:  # noqa: BLE001 - carried over and raised by the caller
            failures.append(error)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    refused: BaseException | None = None
    try:
        with target.raw.cursor() as cursor:
            cursor.copy_expert(write_sql, outlet, size=GATHERED)
            counts[1] = cursor.rowcount
    except (psycopg2.Error, OSError) as error:
        refused = error
    finally:
        os.close(reading)
        thread.join()
    raised = partial(translated, side=target.side, connection=target.connection)
    _raise_cause(failures[0] if failures else None, refused, raised)
    return counts[0], counts[1]


def _raise_cause(
    failed: BaseException | None,
    refused: BaseException | None,
    translate: Callable[[BaseException], DataPlaneRefusal],
) -> None:
    """Raise what came first: a broken pipe on one side only follows from the other side's failure."""
    if failed is not None and not isinstance(failed, BrokenPipeError) and "Broken pipe" not in str(failed):
        raise failed
    if refused is not None:
        raise translate(refused) from None
    if failed is not None:
        raise failed
