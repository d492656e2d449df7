"""Following a table of MariaDB: how fast it catches up by the binary log, beside reading the same log alone.

    python benchmarks/binlog.py [--changes 200000] [--json FILE]

A MariaDB of its own in a temporary folder is the source, a PostgreSQL of its own the target. Inserts, updates and
deletes in transactions of 2,000 wait in the log; `decode` only reads and decodes them, `apply` brings them into the
target under a ticket, `governed` does so with a mask, a filter and two checks.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from hefu.crypto.signing import Ed25519Signer
from hefu.dataplane.capture.binlog.allowed import Place, charsets_of, place_now
from hefu.dataplane.capture.binlog.changes import changes
from hefu.dataplane.capture.binlog.events import ROWS, TABLE_MAP, names, table_map
from hefu.dataplane.capture.binlog.following import follow_binlog
from hefu.dataplane.capture.binlog.stream import BinlogStream
from hefu.dataplane.capture.binlog.values import Shape
from hefu.dataplane.checks import NotNull, Pattern
from hefu.dataplane.connectors.address import default_policy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.run import ListSink
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id
from hefu.node.postgres import Cluster

SIGNER = Ed25519Signer(b"b" * 32)
COLUMNS = ("id", "name", "phone", "division", "at", "note")
#: Rows before anything changes; changes of a transaction.
ROWS_BEFORE, TOGETHER = 200_000, 2_000


@contextlib.contextmanager
def mariadb(home: Path, *, synced: bool = False) -> Iterator[MysqlConnection]:
    """Run a server until the block ends; `synced` has each commit wait for the disk."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [str(shutil.which("mariadb-install-db", path=path)), "--no-defaults", f"--datadir={home}/data",
         "--skip-test-db", *user, "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    running = subprocess.Popen(
        [str(shutil.which("mariadbd", path=path)), "--no-defaults", f"--datadir={home}/data", f"--port={port}",
         "--bind-address=127.0.0.1", f"--socket={home}/s", f"--pid-file={home}/pid", f"--tmpdir={home}",
         "--skip-name-resolve", "--innodb-buffer-pool-size=256M",
         "--log-bin=log", "--server-id=1", "--binlog-format=ROW",
         "--binlog-row-metadata=FULL", f"--innodb-flush-log-at-trx-commit={1 if synced else 2}", *user],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    connection = MysqlConnection("127.0.0.1", port, "bench", "root", "", sslmode="disable")
    try:
        until = time.monotonic() + 60
        while True:
            try:
                pymysql.connect(host="127.0.0.1", port=port, user="root").close()
                break
            except pymysql.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield connection
    finally:
        running.terminate()
        running.wait(30)


def told(connection: MysqlConnection, *statements: str) -> None:
    """Run statements in one session."""
    session = pymysql.connect(host=connection.host, port=connection.port, user="root", autocommit=True)
    with contextlib.closing(session), session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def wait_in_log(connection: MysqlConnection, count: int) -> None:
    """Write changes: in each transaction half new rows, a quarter changed, a quarter gone."""
    statements, number = ["use bench"], ROWS_BEFORE
    for first in range(0, count, TOGETHER):
        statements += [
            "begin",
            "insert into people select seq, concat('王', seq), concat('139', lpad(seq % 100000000, 8, '0')), "
            f"511702 + seq % 3, now(6), repeat('记', 10) from seq_{number + 1}_to_{number + TOGETHER // 2}",
            f"update people set note = 'x', at = now(6) where id between {1 + first // 4} and "
            f"{first // 4 + TOGETHER // 4}",
            f"delete from people where id between {number - TOGETHER // 4 + 1} and {number}",
            "commit",
        ]
        number += TOGETHER // 2
    told(connection, *statements)


def a_ticket(connection: MysqlConnection, *, governed: bool) -> Ticket:
    """Return a grant on the table, as it is or with a mask, a filter and two checks."""
    now = SystemClock().now()
    mask = Cover(first=1) if governed else None
    return Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e", purpose="p", basis=(),
        resource=ResourceRef("s", ResourceKind.MYSQL_TABLE, connection.dbname, "people"),
        items=tuple(Item(name, name, mask=mask if name == "name" else None) for name in COLUMNS),
        key=("id",), filter=RowFilter((OneOf("division", ("511702", "511703")),)) if governed else RowFilter(),
        checks=(NotNull("name"), Pattern("phone", "1[3-9][0-9]{9}")) if governed else (),
        channel=Channel.TABLE, target=TargetRef("t", "governed" if governed else "plain"), issued_at=now,
        valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1),
    )  # fmt: skip


def decoded(connection: MysqlConnection, place: Place, base: str, end: Place) -> tuple[int, float]:
    """Read the log and decode its rows; return how many, and the seconds that took."""
    with contextlib.closing(MysqlSession(connection, "source")) as session:
        charsets = charsets_of(session)
    stream = BinlogStream(connection, default_policy, base=base, place=place, server_id=0x7FFF_0001)
    count, shape, began = 0, None, time.monotonic()
    with contextlib.closing(stream):
        while stream.seen < end.number:
            event = stream.read(5)
            if event is None:
                break
            if event.header.kind == TABLE_MAP and names(event.data) == ("bench", "people"):
                shape = Shape(table_map(event.data).columns, COLUMNS, ("id",), charsets)
            elif event.header.kind in ROWS and shape is not None:
                count += sum(1 for _change in changes(event.data, event.header.kind, shape))
    return count, time.monotonic() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--json", type=Path)
    orders = parser.parse_args()
    found: dict[str, Any] = {"changes": orders.changes, "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, mariadb(Path(folder)) as connection:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        cluster = Cluster(Path(folder) / "database", Path(folder) / "secrets", tcp_port=port)
        cluster.start()
        try:
            measure(connection, cluster, orders.changes, found)
        finally:
            cluster.stop()
    found["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    if orders.json:
        orders.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


def measure(connection: MysqlConnection, cluster: Cluster, count: int, found: dict[str, Any]) -> None:
    """Fill the source, follow it, let changes wait, and catch up."""
    told(
        connection, "create database bench", "use bench",
        "create table people (id bigint primary key, name varchar(40), phone varchar(20), division char(6), "
        "at datetime(6), note text) character set utf8mb4",
        "insert into people select seq, concat('王', seq), concat('139', lpad(seq, 8, '0')), 511702 + seq % 3, "
        f"now(6), repeat('记', 10) from seq_1_to_{ROWS_BEFORE}",
    )  # fmt: skip
    with psycopg.connect(cluster.url("postgres", superuser=True, tcp=True), autocommit=True) as session:
        session.execute("create database target owner hefu")
    password = (cluster.secrets / "database-hefu.password").read_text().strip()
    place_of = PostgresConnection("127.0.0.1", cluster.tcp_port or 0, "target", "hefu", password, "disable")
    runs = {"apply": a_ticket(connection, governed=False), "governed": a_ticket(connection, governed=True)}

    def follow(name: str) -> int:
        ticket, table = runs[name], "governed" if name == "governed" else "plain"
        return follow_binlog(
            delivery=f"D-{name}", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=SystemClock(),
            source=MysqlSource(connection), target=PostgresTarget(place_of, "public", table, "t"),
            rejects=ListSink(), once=True,
        ).changes  # fmt: skip

    for name in runs:
        follow(name)
    with contextlib.closing(MysqlSession(connection, "source")) as asking:
        base, place = place_now(asking)
        wait_in_log(connection, count)
        end = place_now(asking)[1]
    done, seconds = decoded(connection, place, base, end)
    found["decode"] = {"changes": done, "a second": round(done / seconds)}
    for name in runs:
        began = time.monotonic()
        done = follow(name)
        found[name] = {"changes": done, "a second": round(done / (time.monotonic() - began))}


if __name__ == "__main__":
    main()
