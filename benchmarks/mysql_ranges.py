"""A whole table out of MariaDB: in ranges of its key, beside the same rows read by one cursor.

    python benchmarks/mysql_ranges.py [--rows 2000000] [--ways whole,two] [--json FILE]

A MariaDB of its own in a temporary folder is the source, a PostgreSQL of its own the target. `whole` is a table without
a key, which is read from beginning to end into one staging file, as every table of MySQL was before; `one` and `two`
read the same rows in ranges of their key with one and two connections; `again` is the run that follows one that was
stopped after half of the ranges. A mask, a filter that opens four rows of five, and two checks are on.
"""

import argparse
import contextlib
import json
import os
import resource
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from binlog import SIGNER, mariadb, told

from hefu.dataplane.checks import NotNull, Pattern
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.control import Progress, Quiet, StopWord
from hefu.dataplane.errors import Stopped
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.run import ListSink, Options, deliver
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id
from hefu.node.postgres import Cluster

#: Column, its type, and its value in row `seq`.
COLUMNS = (
    ("id", "bigint", "seq"),
    ("code", "varchar(18)", "concat('5117', lpad(seq, 14, '0'))"),
    ("name", "varchar(40)", "concat('王', seq)"),
    ("birth", "date", "date_add('1950-01-01', interval seq % 20000 day)"),
    ("division", "varchar(6)", "511702 + seq % 20"),
    ("phone", "varchar(11)", "concat('139', lpad(seq % 100000000, 8, '0'))"),
    ("income", "decimal(12,2)", "seq / 7"),
    ("at", "datetime(6)", "date_add('2020-01-01', interval seq second)"),
    ("number", "int", "seq % 1000"),
    ("share", "double", "seq / 3"),
    ("note", "varchar(200)", "repeat('记', seq % 12)"),
    ("flag", "tinyint", "seq % 2"),
)
#: Way → the table that is read, and by how many connections.
WAYS = {"whole": ("heap", 1), "one": ("people", 1), "two": ("people", 2), "again": ("people", 2)}
DIVISIONS = tuple(str(511702 + number) for number in range(16))


@dataclass
class HalfWay(Quiet):
    """Stops a run when half of its parts are in."""

    def __post_init__(self) -> None:
        self.half = False

    def progress(self, now: Progress) -> None:
        self.half = now.phase == "copy" and now.chunks_done * 2 > now.chunks

    def stop_requested(self) -> StopWord | None:
        return "stopped" if self.half else None


def a_ticket(connection: MysqlConnection, source: str, target: str) -> Ticket:
    """Return a grant on a table, with a mask, a filter and two checks."""
    now = SystemClock().now()
    return Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e", purpose="p", basis=(),
        resource=ResourceRef("s", ResourceKind.MYSQL_TABLE, connection.dbname, source),
        items=tuple(Item(name, name, mask=Cover(first=1) if name == "name" else None) for name, _, _ in COLUMNS),
        key=("id",), filter=RowFilter((OneOf("division", DIVISIONS),)),
        checks=(NotNull("name"), Pattern("phone", "1[3-9][0-9]{9}")), channel=Channel.TABLE,
        target=TargetRef("t", target), issued_at=now, valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=1),
    )  # fmt: skip


def processor_seconds(connection: MysqlConnection) -> float:
    """Return what the source's server has used of the processors so far."""
    with contextlib.closing(MysqlSession(connection, "source")) as session:
        pid = Path(str(session.run("select @@pid_file")[0][0])).read_text().strip()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(connection: MysqlConnection, cluster: Cluster, rows: int, ways: list[str], found: dict[str, Any]) -> None:
    """Fill the source and deliver it in each way."""
    definition = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    values = ", ".join(value for _, _, value in COLUMNS)
    told(
        connection, "create database bench", "use bench",
        f"create table people ({definition}, primary key (id)) character set utf8mb4",
        f"insert into people select {values} from seq_1_to_{rows}",
        f"create table heap ({definition}) character set utf8mb4", "insert into heap select * from people",
    )  # fmt: skip
    with psycopg.connect(cluster.url("postgres", superuser=True, tcp=True), autocommit=True) as session:
        session.execute("create database target owner hefu")
    password = (cluster.secrets / "database-hefu.password").read_text().strip()
    place = PostgresConnection("127.0.0.1", cluster.tcp_port or 0, "target", "hefu", password, "disable")

    def run(name: str, source: str, workers: int, watcher: HalfWay | None = None, ticket: Ticket | None = None) -> None:
        ticket = ticket or a_ticket(connection, source, name)
        began, used, theirs = time.monotonic(), time.process_time(), processor_seconds(connection)
        outcome = deliver(
            delivery=f"D-{name}", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=SystemClock(),
            source=MysqlSource(connection), target=PostgresTarget(place, "public", name, "t"), rejects=ListSink(),
            options=Options(workers=workers), watcher=watcher, secret=b"s" * 32,
        )  # fmt: skip
        seconds = time.monotonic() - began
        found[name] = {
            "seconds": round(seconds, 1), "read a second": round(rows / seconds), "written": outcome.rows_written,
            "resumed": outcome.resumed_rows,
            "ours, processor seconds": round(time.process_time() - used, 1),
            "source's, processor seconds": round(processor_seconds(connection) - theirs, 1),
            "phases": dict(outcome.seconds), "digest": outcome.digest_target,
        }  # fmt: skip

    for name, (source, workers) in WAYS.items():
        if name in ways:
            kept = a_ticket(connection, source, name)
            if name == "again":
                with contextlib.suppress(Stopped):
                    run(name, source, workers, HalfWay(), kept)
            run(name, source, workers, None, kept)
    if len({found[name]["digest"] for name in ways}) != 1:
        raise SystemExit("the rows are not the same")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--json", type=Path)
    orders = parser.parse_args()
    found: dict[str, Any] = {"rows": orders.rows, "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, mariadb(Path(folder)) as connection:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        cluster = Cluster(Path(folder) / "database", Path(folder) / "secrets", tcp_port=port)
        cluster.start()
        try:
            measure(connection, cluster, orders.rows, orders.ways.split(","), found)
        finally:
            cluster.stop()
    found |= {"load after": os.getloadavg()[0], "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    if orders.json:
        orders.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
