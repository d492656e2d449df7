"""A session as a run uses it: cancellable from another thread, and its errors told in plain words."""

import contextlib
import os
import socket
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import adbc_driver_manager
import psycopg2
import psycopg2.extensions
import pyarrow as pa

from hefu.dataplane.connectors.postgres.connection import (
    SESSION,
    AddressPolicy,
    PgSession,
    PostgresConnection,
    allowed_address,
    cancel_statement,
    open_session,
    translated,
)

#: What the Arrow driver gathers before it hands over a batch; larger costs memory, smaller costs calls.
BATCH_BYTES = 8 << 20
#: Rows that a stream fetches at once.
STREAMED = 5000


class Session:
    """One psycopg2 session of one side."""

    def __init__(self, connection: PostgresConnection, side: str, policy: AddressPolicy) -> None:
        """Connect.

        Raises:
            DataPlaneRefusal: As `open_session`.
        """
        self.connection, self.side, self._policy = connection, side, policy
        self.raw: PgSession = open_session(connection, side, policy)

    def run(self, query: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows, none where it has none.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly(), self.raw.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def do(self, statement: str, values: Sequence[Any] | None = None) -> int:
        """Run one statement and return how many rows it touched.

        Raises:
            SideLost, SideRefused: As `run`.
        """
        with self.plainly(), self.raw.cursor() as cursor:
            cursor.execute(statement, values)
            return max(cursor.rowcount, 0)

    def stream(self, query: str) -> Generator[tuple[Any, ...]]:
        """Yield the rows of one statement as they come, some thousand at a time, whatever their number.

        Raises:
            SideLost, SideRefused: As `run`.
        """
        with self.plainly(), self.raw.cursor("hefu_stream") as cursor:
            cursor.itersize = STREAMED
            cursor.execute(query)
            yield from cursor

    @contextlib.contextmanager
    def plainly(self) -> Iterator[None]:
        """Tell a driver's error in plain words."""
        try:
            yield
        except psycopg2.Error as error:
            raise translated(error, self.side, self.connection) from None

    def commit(self) -> None:
        """Commit."""
        with self.plainly():
            self.raw.commit()

    def rollback(self) -> None:
        """Roll back."""
        with self.plainly():
            self.raw.rollback()

    def cancel(self) -> None:
        """Ask the server to end the running statement; a session that is gone needs no cancelling."""
        if not self.raw.closed:
            cancel_statement(self.raw, self.connection, self.side, self._policy)

    def cut(self) -> None:
        """Shut the socket under the session, so that a blocked call returns at once."""
        with contextlib.suppress(OSError, psycopg2.Error), socket.socket(fileno=os.dup(self.raw.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; what was not committed is gone."""
        with contextlib.suppress(psycopg2.Error):
            self.raw.close()


class ArrowSession:
    """One session of the Arrow driver, reading under another session's snapshot."""

    def __init__(self, connection: PostgresConnection, policy: AddressPolicy, snapshot: str) -> None:
        """Connect and take the snapshot."""
        self.connection = connection
        address = allowed_address(connection, policy)
        with self.plainly():
            from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - slow to load, and most processes never need it

            self._raw = dbapi.connect(connection.uri(address))
            self._cursor = self._raw.cursor()
            self._cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            settings = [*SESSION.split("; "), "set client_connection_check_interval = '1s'"]
            for statement in ("set transaction isolation level repeatable read, read only", *settings):
                self._cursor.execute(statement)
                if statement.startswith("set transaction") and snapshot:
                    self._cursor.execute(f"set transaction snapshot '{snapshot}'")

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of `query` in batches.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly():
            self._cursor.execute(query)
            reader = self._cursor.fetch_record_batch()
            try:
                yield from reader
            finally:
                # An open reader at exit would abort the process.
                reader.close()

    @contextlib.contextmanager
    def plainly(self) -> Iterator[None]:
        """Tell a driver's error in plain words."""
        try:
            yield
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            raise translated(error, "source", self.connection) from None

    def cancel(self) -> None:
        """End the running statement."""
        with contextlib.suppress(adbc_driver_manager.Error):
            self._cursor.adbc_cancel()

    def cut(self) -> None:
        """End the running statement: the Arrow driver shows no socket."""
        self.cancel()

    def close(self) -> None:
        """Close, the cursor before the connection as the driver wants it."""
        with contextlib.suppress(adbc_driver_manager.Error, RuntimeError):
            self._cursor.close()
            self._raw.close()
