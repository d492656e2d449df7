"""What a sketch of a column costs against reading or deduplicating it, and how near its overlaps come.

    python benchmarks/overlap.py [--rows 5000000] [--rounds 3] [--json FILE]

Runs an embedded PostgreSQL of its own in a temporary folder and removes it. The table has a code of 18 signs, nearly
all different, a decimal amount and a day. In each round, one after the other, on one connection:

copy         the column by COPY to a client that throws it away: what bringing the values here would cost
distinct     SELECT count(DISTINCT …) of it
sketch       the smallest salted hashes of it, as a run makes them

The last lines sketch two tables of a known overlap and print estimate, interval and exact share.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.sketching import sketch_table
from hefu.dataplane.sketch import SALT_BYTES, Sketch, overlap
from hefu.node.postgres import Cluster

SALT = bytes(range(SALT_BYTES))
COLUMNS = {"code": False, "amount": True, "day": False}
#: Rows of the second table that the first has too.
SHARED = 0.3


class Nowhere:
    """Takes bytes and keeps none."""

    def write(self, data: bytes) -> int:
        """Throw away."""
        return len(data)


def main() -> None:
    """Start the server, measure, report, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hefu-overlap-") as folder:
        Path(folder).chmod(0o711)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        cluster = Cluster(Path(folder) / "database", Path(folder) / "secrets", tcp_port=port)
        cluster.start()
        try:
            figures = measure(cluster.url(tcp=True), given.rows, given.rounds)
        finally:
            cluster.stop()
    figures["load"] = round(os.getloadavg()[0], 2)
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name, value in figures.items():
        print(f"{name:<34}{value:>16,}" if not isinstance(value, str) else f"{name:<34}{value}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def measure(url: str, rows: int, rounds: int) -> dict[str, Any]:
    """Fill two tables and measure."""
    parts = urlsplit(url)
    connection = PostgresConnection(
        parts.hostname or "", parts.port or 5432, parts.path.lstrip("/"), parts.username or "", parts.password or ""
    )
    session = psycopg2.connect(url)
    session.autocommit = True
    with session.cursor() as cursor:
        for name, first in (("firms", 0), ("payers", int(rows * (1 - SHARED)))):
            cursor.execute(
                f"create table {name} as select '91' || lpad((n * 7919)::text, 16, '0') as code,"
                f" (n % 1000003) / 100.0 as amount, date '1990-01-01' + (n % 12000)::int as day"
                f" from generate_series({first}::bigint + 1, {first}::bigint + {rows}) n"
            )
        cursor.execute("vacuum analyze")

    def one(columns: dict[str, bool], table: str = "firms") -> dict[str, Sketch]:
        made = sketch_table(connection, "public", table, columns, SALT, go_on=lambda _done, _total: True)
        if made is None:
            raise SystemExit("the sketch was stopped")
        return made

    seconds: dict[str, list[float]] = {}
    with session.cursor() as cursor:
        for _round in range(rounds):
            works: dict[str, Callable[[], Any]] = {
                "copy": lambda: cursor.copy_expert("copy (select code from firms) to stdout", Nowhere()),
                "distinct": lambda: cursor.execute("select count(distinct code) from firms"),
                "sketch": lambda: one({"code": False}),
                "sketch of three columns": lambda: one(COLUMNS),
            }
            for name, work in works.items():
                began = time.perf_counter()
                work()
                seconds.setdefault(name, []).append(time.perf_counter() - began)
    session.close()
    middle = {name: statistics.median(told) for name, told in seconds.items()}
    figures: dict[str, Any] = {"rows": rows}
    for name, took in middle.items():
        figures[f"{name}, rows/s"] = round(rows / took)
    figures["sketch against distinct"] = round(middle["distinct"] / middle["sketch"], 2)
    figures["sketch against copy"] = round(middle["copy"] / middle["sketch"], 2)
    first, second = one(COLUMNS), one(COLUMNS, "payers")
    found, exact = overlap(first["code"], second["code"]), SHARED / (2 - SHARED)
    figures["both"] = f"{found.both.share:.4f} in {found.both.low:.4f}–{found.both.high:.4f}, exactly {exact:.4f}"
    part = found.first_in_second
    figures["first in second"] = f"{part.share:.4f} in {part.low:.4f}–{part.high:.4f}, exactly {SHARED:.4f}"
    figures["different codes"] = f"{first['code'].distinct:,} of {rows:,}"
    return figures


if __name__ == "__main__":
    main()
