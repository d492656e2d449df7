"""A MariaDB server of its own for a test run, from Debian's package, in a temporary folder on loopback."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.kernel.clock import SystemClock

PASSWORD = "root's \\ own"
#: Where Debian keeps the server; not on everybody's path.
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"


@dataclass(frozen=True)
class Maria:
    """A running server, and how to reach it as its administrator."""

    folder: Path
    port: int

    def connect(self, database: str | None = None) -> "pymysql.Connection[Any]":
        """Return a connection that commits each statement."""
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", password=PASSWORD, database=database, autocommit=True,
            charset="utf8mb4",
        )  # fmt: skip

    def run(self, statement: str, values: Sequence[Any] | None = None, database: str | None = None) -> list[Any]:
        """Run one statement and return its rows."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@dataclass(frozen=True)
class MariaDatabase:
    """An empty database of one test, and the account that owns it."""

    server: Maria
    name: str

    @property
    def connection(self) -> MysqlConnection:
        """Return how the data plane reaches it."""
        return MysqlConnection("127.0.0.1", self.server.port, self.name, self.name[:30], PASSWORD, sslmode="disable")

    def run(self, statement: str, values: Sequence[Any] | None = None) -> list[Any]:
        """Run one statement as the administrator and return its rows."""
        return self.server.run(statement, values, self.name)


def _program(name: str) -> str:
    found = shutil.which(name, path=_PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install mariadb-server-core mariadb-client-core brings it")
    return found


@pytest.fixture(scope="session")
def maria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maria]:
    """Start the server once for the tests of this process; end it by its id."""
    install, server = _program("mariadb-install-db"), _program("mariadbd")
    folder = tmp_path_factory.mktemp("maria")
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [install, "--no-defaults", f"--datadir={folder}/data", "--skip-test-db", *user,
         "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    certificate(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [server, "--no-defaults", f"--datadir={folder}/data", f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={folder}/s", f"--pid-file={folder}/pid", f"--tmpdir={folder}",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
             "--character-set-server=latin1", "--max-connections=60",
             "--skip-name-resolve", "--default-time-zone=+00:00",
             "--log-bin=log", "--server-id=1", "--binlog-format=ROW", "--binlog-row-metadata=FULL",
             f"--ssl-cert={folder}/server.pem", f"--ssl-key={folder}/server.key", *user],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        made = Maria(folder, port)
        _wait(made, running, folder)
        yield made
    finally:
        running.terminate()
        running.wait(30)


def _wait(server: Maria, running: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            first = pymysql.connect(host="127.0.0.1", port=server.port, user="root")
            break
        except pymysql.OperationalError:
            assert running.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < until, "MariaDB did not start"
            time.sleep(0.1)
    with first.cursor() as cursor:
        cursor.execute("set password = password(%s)", (PASSWORD,))
    first.close()


@pytest.fixture
def a_maria(maria: Maria) -> Iterator[MariaDatabase]:
    """An empty database with an account of its own; both go when the test ends."""
    yield from a_maria_database(maria)


@pytest.fixture
def other_maria(maria: Maria) -> Iterator[MariaDatabase]:
    """A second one."""
    yield from a_maria_database(maria)


def a_maria_database(maria: Maria) -> Iterator[MariaDatabase]:
    """Make a database and its account."""
    name = f"t_{uuid4().hex[:12]}"
    maria.run(f"create database {name}")
    maria.run(f"create user {name}@'127.0.0.1' identified by %s", (PASSWORD,))
    maria.run(f"grant all on {name}.* to {name}@'127.0.0.1'")
    yield MariaDatabase(maria, name)
    maria.run(f"drop user {name}@'127.0.0.1'")
    maria.run(f"drop database {name}")


def certificate(folder: Path) -> None:
    """Write a certificate for localhost that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
