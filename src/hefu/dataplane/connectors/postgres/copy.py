"""Bytes from one COPY into another, unread: source thread, pipe, target thread."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable

import psycopg2

from hefu.dataplane.connectors.postgres.connection import translated
from hefu.dataplane.connectors.postgres.session import Session

#: The driver hands over row by row; rows are gathered to this many bytes before they enter the pipe.
GATHERED = 256 * 1024
_F_SETPIPE_SZ = 1031


class _Outlet:
    """The reading end of the pipe as the target's COPY wants it: counts, and fails when the source failed."""

    def __init__(self, descriptor: int, passed: Callable[[int], None]) -> None:
        self._descriptor, self._passed = descriptor, passed
        self.source_failed = False

    def read(self, size: int) -> bytes:
        data = os.read(self._descriptor, size)
        if not data and self.source_failed:
            # An early end must abort the target's COPY, not look like the end of the rows.
            raise BrokenPipeError("the source stopped in the middle")
        self._passed(len(data))
        return data


def pump(
    source: Session,
    read_sql: str,
    target: Session,
    write_sql: str,
    passed: Callable[[int], None],
    after: Callable[[], None],
) -> tuple[int, int]:
    """Copy what `read_sql` gives into `write_sql`; return the rows that each server counted.

    Args:
        source: Session that runs `read_sql`, a COPY … TO STDOUT.
        read_sql: As above.
        target: Session that runs `write_sql`, a COPY … FROM STDIN.
        write_sql: As above.
        passed: Told the bytes as they pass.
        after: Runs in the source's thread once its rows are out, while the target still takes them.

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

    def read() -> None:
        try:
            with os.fdopen(writing, "wb", GATHERED) as inlet, source.raw.cursor() as cursor:
                try:
                    cursor.copy_expert(read_sql, inlet)
                except BaseException:
                    outlet.source_failed = True
                    raise
                counts[0] = cursor.rowcount
            after()
        except BaseException as error:  # noqa: BLE001 - carried over and raised by the caller
            failures.append(error)

    thread = threading.Thread(target=read, daemon=True)
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
    _raise_cause(failures[0] if failures else None, refused, source, target)
    return counts[0], counts[1]


def _raise_cause(failed: BaseException | None, refused: BaseException | None, source: Session, target: Session) -> None:
    """Raise what came first: a broken pipe on one side only follows from the other side's failure."""
    if failed is not None and not isinstance(failed, BrokenPipeError):
        if isinstance(failed, psycopg2.Error) and not isinstance(failed.__context__, BrokenPipeError):
            raise translated(failed, source.side, source.connection) from None
        if not isinstance(failed, psycopg2.Error):
            raise failed
    if refused is not None:
        raise translated(refused, target.side, target.connection) from None
    if failed is not None:
        raise translated(failed, source.side, source.connection) from None
