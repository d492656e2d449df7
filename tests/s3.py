"""An S3-compatible store of its own for the tests: moto's server in a process of its own, which checks signatures."""

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from hefu.dataplane.connectors.s3.connection import S3Connection, S3Session

#: Runs apart, because its libraries bring warnings and patches of their own; says its port and the keys.
_SERVER = """
import json, os, sys
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
from moto.server import ThreadedMotoServer
from moto.iam.models import iam_backends
iam = iam_backends["123456789012"]["aws"]
iam.create_user("us-east-1", "exchange")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy("exchange", "all", json.dumps(everything))
key = iam.create_access_key("exchange")
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(json.dumps([server.get_host_and_port()[1], key.access_key_id, key.secret_access_key]), flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Store:
    """A running store with a bucket of the test's own."""

    connection: S3Connection

    def put(self, name: str, body: bytes) -> None:
        """Put a file into the folder."""
        session = S3Session(self.connection, "named")
        session.ask("PUT", name, body=body)
        session.close()


@contextlib.contextmanager
def running() -> Iterator[S3Connection]:
    """Start a server, for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdin
        assert server.stdout
        port, user, secret = json.loads(server.stdout.readline())
        try:
            yield S3Connection("127.0.0.1", port, "nobody-s", user, secret, tls="disable")
        finally:
            server.stdin.close()
            server.wait(10)


@pytest.fixture(scope="session")
def a_store() -> Iterator[S3Connection]:
    """Start the server once."""
    with running() as connection:
        yield connection


@pytest.fixture
def store(a_store: S3Connection) -> Store:
    """Make a bucket."""
    whole = replace(a_store, bucket=f"exchange-{uuid.uuid4().hex[:12]}")
    session = S3Session(whole, "named")
    session.ask("PUT", "")
    session.close()
    return Store(replace(whole, folder="/市 局/a+b"))
