"""A Spark to ask: the cluster that HEFU_TEST_SPARK names, else a Sail server started here, else none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hefu.dataplane.spark.session import SparkConnect

#: Address of a Spark Connect server, to run the same tests against Apache Spark itself.
ADDRESS = "HEFU_TEST_SPARK"


@contextmanager
def a_server() -> Iterator[str]:
    """Yield the address of a server."""
    given = os.environ.get(ADDRESS)
    if given:
        yield given
        return
    sail = pytest.importorskip("pysail.spark", reason="pysail is not installed, and HEFU_TEST_SPARK names no cluster")
    server = sail.SparkConnectServer(port=0)
    server.start(background=True)
    try:
        yield f"sc://127.0.0.1:{server.listening_address[1]}"
    finally:
        server.stop()


@contextmanager
def a_session() -> Iterator[SparkConnect]:
    """Yield a session of it."""
    with a_server() as address:
        session = SparkConnect(address)
        try:
            yield session
        finally:
            session.close()
