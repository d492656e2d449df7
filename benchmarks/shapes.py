"""A hundred million cells, wide and narrow, into a bare table and into one with indexes, beside `COPY | COPY`.

    python benchmarks/shapes.py [--cells 100000000] [--rounds 1] [--ways bare|indexed|all] [--json FILE]

Wide is 100 columns (a key, 33 whole numbers, 33 texts, 33 decimals in floating point), narrow is 5 (a key, a code, a
day, an amount, a number). PostgreSQL to PostgreSQL on one server, logged tables, every column as it is, reconciled by
count and digest of the keys of both sides. With indexes, the consumer's table is there before, empty, with a primary
key and two more indexes; the reference copies into a table with the same. Governed asks of each row that its key is
there and its own.

A ratio is the reference's seconds, mean of the runs just before and just after, over the delivery's.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from exchange import SETTINGS, SIGNER, Counting, Ground, machine, prepared

from hefu.dataplane.checks import NotNull, UniqueKey
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.run import deliver
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id


@dataclass(frozen=True)
class Shape:
    """A table of a number of columns."""

    name: str
    #: (name, type, the expression over the row's number `n` that fills it).
    columns: tuple[tuple[str, str, str], ...]
    #: Columns that the consumer indexes besides the key.
    indexed: tuple[str, str]

    @property
    def told(self) -> str:
        """The columns as `CREATE TABLE` takes them."""
        return ", ".join(f"{name} {kind}" for name, kind, _filled in self.columns)

    def indexes(self, table: str) -> list[str]:
        """Return the statements that give a table its key and its two indexes."""
        return [
            f"alter table {table} add primary key (id)",
            *(f"create index on {table} ({column})" for column in self.indexed),
        ]


NARROW = Shape(
    "narrow",
    (
        ("id", "bigint not null", "n"),
        ("code", "text", "'C' || lpad((n * 7919 % 1000003)::text, 9, '0')"),
        ("day", "date", "date '2000-01-01' + (n % 9000)::int"),
        ("amount", "double precision", "(n * 31 % 1000000) / 100.0"),
        ("number", "int", "(n % 100000)::int"),
    ),
    ("code", "day"),
)
WIDE = Shape(
    "wide",
    (
        ("id", "bigint not null", "n"),
        *((f"number_{at}", "int", f"((n * {at + 3}) % 1000000)::int") for at in range(33)),
        *((f"text_{at}", "text", f"'T' || ((n + {at}) * 7919 % 1000003)") for at in range(33)),
        *((f"amount_{at}", "double precision", f"((n + {at}) * 31 % 1000000) / 100.0") for at in range(33)),
    ),
    ("number_0", "text_0"),
)


def fill(ground: Ground, shape: Shape, rows: int) -> None:
    """Make the table at the source."""
    filled = ", ".join(made for _name, _kind, made in shape.columns)
    ground.run(
        "provider",
        f"create table {shape.name} ({shape.told})",
        f"insert into {shape.name} select {filled} from generate_series(1::bigint, {rows}) as n",
        f"vacuum (freeze, analyze) {shape.name}",
    )


def copied(ground: Ground, shape: Shape, *, indexed: bool) -> float:
    """Run the reference; return its seconds."""
    ground.settle()
    ground.run("consumer", f"create table copied ({shape.told})", *(shape.indexes("copied") if indexed else ()))
    started = time.monotonic()
    out = subprocess.Popen(
        [ground.psql, "-X", "-q", "-d", ground.url("provider"), "-c", f"copy {shape.name} to stdout (format binary)"],
        stdout=subprocess.PIPE,
    )
    into = subprocess.Popen(
        [ground.psql, "-X", "-q", "-d", ground.url("consumer"), "-c", "copy copied from stdin (format binary)"],
        stdin=out.stdout,
    )
    if out.stdout:
        out.stdout.close()
    if into.wait() or out.wait():
        raise SystemExit("psql failed")
    return time.monotonic() - started


def delivered(ground: Ground, shape: Shape, rows: int, *, indexed: bool, governed: bool) -> dict[str, Any]:
    """Deliver in a process of its own; return its figures."""
    ground.settle()
    if indexed:
        ground.run("consumer", f"create table delivered ({shape.told})", *shape.indexes("delivered"))
    orders = {
        "shape": shape.name, "governed": governed,
        "source": ground._connection("provider"), "target": ground._connection("consumer"),
    }  # fmt: skip
    told = in_child(orders)
    ((there, indexes),) = ground.run(
        "consumer",
        "select (select count(*) from delivered), "
        "(select count(*) from pg_index where indrelid = 'delivered'::regclass)",
    )
    if there != rows or told["written"] != rows or indexes != (3 if indexed else indexes):
        raise SystemExit(f"{shape.name}: {there:,} of {rows:,} rows, {indexes} indexes")
    return told


def in_child(orders: dict[str, Any]) -> dict[str, Any]:
    """Deliver in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps(orders)], stdout=subprocess.PIPE, check=True, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def child(orders: dict[str, Any]) -> None:
    """Deliver once and print the figures."""
    clock = SystemClock()
    now = clock.now()
    shape = {one.name: one for one in (NARROW, WIDE)}[orders["shape"]]
    ticket = Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="benchmark", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e",
        resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", shape.name),
        items=tuple(Item(name, name) for name, _kind, _filled in shape.columns),
        key=("id",), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now,
        valid_until=now + timedelta(hours=1), target=TargetRef("t", "delivered"),
        checks=(NotNull("id"), UniqueKey(("id",))) if orders["governed"] else (),
    )  # fmt: skip
    since = Since("id", orders["overlap"]) if "overlap" in orders else None
    token = sign_ticket(ticket, SIGNER)
    started = time.monotonic()
    outcome = deliver(
        delivery=str(ticket.id), token=token, keys=[SIGNER.public], clock=clock,
        source=PostgresSource(PostgresConnection(**orders["source"])),
        target=PostgresTarget(PostgresConnection(**orders["target"]), "public", "delivered", "t"),
        rejects=Counting(), since=since,
    )  # fmt: skip
    seconds = time.monotonic() - started
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "written": outcome.rows_written}))


def measure(ground: Ground, shape: Shape, rows: int, rounds: int, wanted: str) -> list[dict[str, Any]]:
    """Return a line for each way to deliver a shape that is wanted: `bare`, `indexed` or `all`."""
    fill(ground, shape, rows)
    ways: Sequence[tuple[str, bool, bool]] = (
        ("as it is", False, False), ("governed", False, True), ("as it is, 3 indexes", True, False),
    )  # fmt: skip
    lines = []
    for name, indexed, governed in ways:
        if wanted not in ("all", "indexed" if indexed else "bare"):
            continue
        ratios, each, references = [], [], []
        for number in range(rounds):
            print(f"{shape.name}, {name}, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            before = copied(ground, shape, indexed=indexed)
            each.append(delivered(ground, shape, rows, indexed=indexed, governed=governed))
            after = copied(ground, shape, indexed=indexed)
            references += [before, after]
            ratios.append((before + after) / 2 / each[-1]["seconds"])
        lines.append({
            "shape": shape.name, "rows": rows, "columns": len(shape.columns), "way": name, "ratios": ratios,
            "copy_seconds": statistics.median(references),
            "seconds": statistics.median(one["seconds"] for one in each),
            "peak_mib": max(one["peak_mib"] for one in each),
        })  # fmt: skip
    ground.run("provider", f"drop table {shape.name}")
    return lines


def main() -> None:
    """Start the server, measure both shapes, print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cells", type=int, default=100_000_000)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--ways", choices=("all", "bare", "indexed"), default="all")
    options.add_argument("--json", type=Path)
    options.add_argument("--child", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        child(json.loads(given.child))
        return
    lines = []
    with prepared(0) as ground:
        for shape in (WIDE, NARROW):
            lines += measure(ground, shape, given.cells // len(shape.columns), given.rounds, given.ways)
    print(f"\n{given.cells:,} cells, logged tables, {machine()}")
    print(f"server: {', '.join(f'{name}={value}' for name, value in SETTINGS.items())}, fsync=on, loopback, no TLS\n")
    print(f"{'table':24} {'way':22} {'COPY s':>7} {'s':>7} {'rows/s':>10} {'cells/s':>12} {'ratio':>6} {'MiB':>5}")
    for line in lines:
        table = f"{line['rows']:,} x {line['columns']}"
        print(
            f"{table:24} {line['way']:22} {line['copy_seconds']:7.1f} {line['seconds']:7.1f} "
            f"{line['rows'] / line['seconds']:10,.0f} {given.cells / line['seconds']:12,.0f} "
            f"{statistics.median(line['ratios']):6.2f} {line['peak_mib']:5.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps({"lines": lines, "machine": machine()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
