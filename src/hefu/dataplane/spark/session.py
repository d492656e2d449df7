"""A session of a Spark cluster through Spark Connect: a thin client, no JVM here.

The client is an extra (`pip install hefu[spark]`); a node that names no cluster never loads it. Rows come as Arrow
batches while Spark sends them, so that no more than a few stand here at once.
"""

import contextlib
import logging
import socket
import sys
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from hefu.dataplane.errors import SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Port of Spark Connect when an address names none; seconds until somebody must have answered there.
DEFAULT_PORT, PATIENCE_SECONDS = 15002, 5.0

#: What a session is asked for, so that a statement means what it means in the other engines.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # A value that does not fit is an error, and a decimal is written out in full.
    "spark.sql.ansi.enabled": "true",
    # `${…}` in a text is text.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    # Two columns may differ by a capital letter alone.
    "spark.sql.caseSensitive": "true",
}


class SparkConnect:
    """One session. Statements of one session may run at once; ending it ends them."""

    def __init__(self, address: str) -> None:
        """Open it at an address such as `sc://spark.example:15002`.

        Raises:
            SideLost: No cluster answers there.
            SideRefused: It answers and refuses.
        """
        _require_listener(address)
        with _quiet(), _told():
            main = sys.modules["__main__"]
            if not hasattr(main, "__file__"):
                # The client takes a process begun by `python -c` for its own tests, and ends it.
                main.__file__ = "-c"
            from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415 - an extra, and slow to load

            # The client writes each statement that fails, with its keys and the value it failed at, to its log.
            for talkative in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
                logging.getLogger(talkative).disabled = True
            self._session = SparkSession.builder.remote(address).create()
            for name, value in SETTINGS.items():
                self._session.conf.set(name, value)
            self._session.client.set_retry_policies([])

    def show(self, path: Path, name: str) -> None:
        """Let a Parquet file that the cluster sees be asked under a name.

        Raises:
            SideLost, SideRefused: The cluster went away, or cannot read it.
        """
        with _told():
            self._session.read.parquet(path.as_uri()).createOrReplaceTempView(name)

    def view(self, name: str, query: str) -> None:
        """Let a query be asked under a name.

        Raises:
            SideLost, SideRefused: The cluster went away, or refuses it.
        """
        with _told():
            self._session.sql(query).createOrReplaceTempView(name)

    def batches(self, statement: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of a query in batches.

        Raises:
            SideLost: The cluster went away.
            SideRefused: It refused the statement.
        """
        with _told():
            frame: Any = self._session.sql(statement)
            client: Any = self._session.client
            # What `toLocalIterator` reads row by row; here the batches are wanted as they come.
            parts = client.to_table_as_iterator(frame._plan.to_proto(client), frame._plan.observations)
            for part in parts:
                if isinstance(part, pa.Table):
                    yield from part.to_batches()

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return [tuple(row.values()) for batch in self.batches(statement) for row in _rows(batch)]

    def cancel(self) -> None:
        """End the statements that run."""
        with contextlib.suppress(Exception):
            self._session.interruptAll()

    def close(self) -> None:
        """End the session; may be called twice."""
        with contextlib.suppress(Exception):
            self._session.stop()


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    # By place, not by name: a query may give two columns one name.
    named = batch.rename_columns([str(place) for place in range(batch.num_columns)])
    yield from named.to_pylist()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's remarks about its own code, and about libraries that are not used, out of the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell an error by its condition alone: its words may hold a part of the statement, and so a key, or a value."""
    try:
        yield
    except ImportError:
        text = _("Spark's client is not installed here: pip install 'hefu[spark]'")
        raise SideRefused("source", Sentence(text, code="side.spark_client")) from None
    except Exception as error:  # noqa: BLE001 - the client's errors have no one parent
        condition = getattr(error, "getCondition", lambda: None)() or type(error).__name__
        if "UNAVAILABLE" in str(error)[:2000] or condition in _LOST:
            raise SideLost("source", condition) from None
        raise SideRefused("source", condition) from None


#: What the client says when the cluster went away or forgot the session.
_LOST = ("RetriesExceeded", "_InactiveRpcError", "_MultiThreadedRendezvous", "INVALID_HANDLE.SESSION_CLOSED")


def _require_listener(address: str) -> None:
    """See that somebody listens there; the client itself would try for ten minutes.

    Raises:
        SideLost: Nobody does.
        SideRefused: It is not such an address.
    """
    parts = urlsplit(address)
    if parts.scheme != "sc" or not parts.hostname:
        text = _("HEFU_SPARK is not an address such as sc://spark.example:15002")
        raise SideRefused("source", Sentence(text, code="side.spark_address"))
    try:
        socket.create_connection((parts.hostname, parts.port or DEFAULT_PORT), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        raise SideLost("source", f"Spark: {error.strerror or error}") from None
