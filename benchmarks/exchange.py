"""PostgreSQL → PostgreSQL under a grant, in pairs with `psql COPY | COPY` in binary in the same run.

    python benchmarks/exchange.py [--rows 5000000] [--rounds 3] [--json FILE]

A server of its own is started in a temporary folder and removed again; source and target are two databases
in it. The reference copies the whole table, 12 columns, unread. The delivery filters (16 of 20 divisions),
masks (name, phone), projects (8 of 12 columns) and reconciles (rows and key digest of every part on both
sides, position committed with the rows); the governed lane also runs six checks on every granted row.

A ratio is the reference's seconds, mean of the runs just before and after, over the delivery's; the figure
is the median of the rounds. Reference seconds are the wall time of both psql processes; a delivery's are
those of `deliver` in a fresh process that has finished its imports, as a worker has. Memory is the largest
resident set of that process, which has no children.
"""

import argparse
import contextlib
import json
import os
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import numpy as np
import psycopg
import pyarrow as pa

from hefu.crypto.signing import Ed25519Signer
from hefu.dataplane.checks import CitizenId, CodeSet, DateRange, NotNull, Pattern, UniqueKey
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.outcome import Rejected
from hefu.dataplane.run import deliver
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.identifiers import citizen_id
from hefu.kernel.ids import new_id
from hefu.node import binaries
from hefu.node.postgres import Cluster

#: Of the measured server; the rest is what `hefu up` sets. Autovacuum would start at a random moment.
SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "off",
}
DIVISIONS = tuple(str(511700 + number) for number in range(20))
BATCH = 250_000
SIGNER = Ed25519Signer(b"benchmark".ljust(32, b"."))
CHECKS = (
    NotNull("name"),
    UniqueKey(("id",)),
    CitizenId("id"),
    CodeSet("division", DIVISIONS),
    DateRange("birth", date(1900, 1, 1), date(2030, 12, 31)),
    Pattern("phone", "1[3-9][0-9]{9}"),
)
#: The delivery's own select, for the reference that masks but neither checks nor reconciles.
SAME_SELECT = (
    "select id, left(name, 1) || repeat('*', length(name) - 1) as name, sex, birth, division, "
    "left(phone, 3) || '****' || right(phone, 4) as phone, household, income from population where division in ({})"
).format(", ".join(f"'{code}'" for code in DIVISIONS[:16]))


# -- people nobody knows ---------------------------------------------------------------------------------


def people(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield invented people; one in a thousand is wrong in some way."""
    chance = np.random.default_rng(20260302)
    family, given = np.array(list("王李张刘陈杨黄赵吴周")), np.array(list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"))
    for start in range(0, rows, BATCH):
        count = min(BATCH, rows - start)
        division = chance.integers(0, 20, count)
        born = np.datetime64("1950-01-01") + chance.integers(0, 24_000, count).astype("timedelta64[D]")
        day = np.char.replace(born.astype(str), "-", "")
        # The running number stands in the place of the division, so that numbers rarely repeat.
        serial = start + np.arange(count)
        body = np.char.add(np.char.add(_digits(110_000 + serial // 1000 % 550_000, 6), day), _digits(serial % 1000, 3))
        number = _with_check(body)
        damaged = chance.integers(0, 4000, count)
        number[damaged == 0] = np.char.replace(number[damaged == 0], "1", "7")
        number[damaged == 1] = number[0]
        name = np.char.add(family[chance.integers(0, 10, count)], given[chance.integers(0, 20, count)])
        name = np.where(
            chance.integers(0, 2, count) == 0, name, np.char.add(name, given[chance.integers(0, 20, count)])
        )
        phone = np.char.add("13", _digits(chance.integers(0, 10**9, count), 9))
        phone[damaged == 2] = "0818-2222222"
        yield pa.record_batch(
            {
                "id": pa.array(number),
                "name": pa.array(name, mask=damaged == 3),
                "sex": pa.array(np.where(serial % 2 == 0, "1", "2")),
                "birth": pa.array(born),
                "address": pa.array(
                    np.char.add("四川省达州市通川区朝阳路", _digits(chance.integers(0, 9999, count), 4))
                ),
                "division": pa.array(np.array(DIVISIONS)[division]),
                "phone": pa.array(phone),
                "updated": pa.array(
                    (np.datetime64("2024-01-01") + chance.integers(0, 10**8, count).astype("timedelta64[s]")).astype(
                        "datetime64[us]"
                    )
                ),
                "household": pa.array(serial.astype(np.int64) * 1_000_003 % 10**12),
                "members": pa.array(chance.integers(1, 9, count).astype(np.int32)),
                "income": pa.array(np.round(chance.random(count) * 1e5, 2)),
                "score": pa.array(chance.integers(0, 1000, count).astype(np.int32)),
            }
        )


def _digits(numbers: Any, width: int) -> Any:
    return np.char.zfill(numbers.astype(str), width)


def _with_check(body: Any) -> Any:
    digits = body.astype("S17").view(np.uint8).reshape(-1, 17) - 48
    signs = np.array(list(citizen_id.CHECK))
    return np.char.add(body, signs[(digits.astype(np.int32) @ np.array(citizen_id.WEIGHTS)) % 11])


# -- one delivery in a process of its own ----------------------------------------------------------------


class Counting:
    """Counts rejected rows and keeps none: what a sink does with them is not measured here."""

    def begin(self) -> None:
        """Nothing is kept."""

    def put(self, batch: Sequence[Rejected]) -> None:
        """Keep nothing."""


def child(orders: dict[str, Any]) -> None:
    """Deliver once and print the figures."""
    clock = SystemClock()
    now = clock.now()
    ticket = Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="benchmark", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e",
        resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "population"),
        items=tuple(Item(name, name) for name in WHOLE) if orders["whole"] else (
            Item("id", "id"), Item("name", "name", mask=Cover(1)), Item("sex", "sex"), Item("birth", "birth"),
            Item("division", "division"), Item("phone", "phone", mask=Cover(3, 4)), Item("household", "household"),
            Item("income", "income"),
        ),
        key=("id",), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now,
        valid_until=now + timedelta(hours=1), target=TargetRef("t", "delivered"),
        filter=RowFilter() if orders["whole"] else RowFilter((OneOf("division", DIVISIONS[:16]),)),
        checks=CHECKS if orders["governed"] else (),
    )  # fmt: skip
    token = sign_ticket(ticket, SIGNER)
    used, started = time.process_time(), time.monotonic()
    outcome = deliver(
        delivery=str(ticket.id), token=token, keys=[SIGNER.public], clock=clock,
        source=PostgresSource(PostgresConnection(**orders["source"])),
        target=PostgresTarget(PostgresConnection(**orders["target"]), "public", "delivered", "t", orders["logged"]),
        rejects=Counting(),
    )  # fmt: skip
    seconds = time.monotonic() - started
    # Not ru_maxrss: a child begins with its parent's.
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
    print(json.dumps({
        "seconds": seconds, "cpu": time.process_time() - used, "peak_mib": peak, "phases": dict(outcome.seconds),
        "read": outcome.rows_read, "written": outcome.rows_written, "rejected": dict(outcome.rejected),
        "bytes": outcome.bytes, "digest": outcome.digest_target,
    }))  # fmt: skip


# -- the ground ------------------------------------------------------------------------------------------


@dataclass
class Ground:
    """The server, and everything that is run on it."""

    cluster: Cluster
    psql: str
    figures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def url(self, database: str) -> str:
        return self.cluster.url(database, tcp=True)

    def run(self, database: str, *statements: str) -> Any:
        with psycopg.connect(self.url(database), autocommit=True) as session:
            for statement in statements:
                cursor = session.execute(statement.encode())
            return cursor.fetchall() if cursor.description else None

    def fill(self, rows: int) -> None:
        """Make the source's table."""
        self.run(
            "provider",
            "create table population (id text, name text, sex text, birth date, address text, division text, "
            "phone text, updated timestamp, household bigint, members int, income double precision, score int)",
        )
        with adbc_driver_postgresql.dbapi.connect(self.url("provider")) as session, session.cursor() as cursor:
            for batch in people(rows):
                cursor.adbc_ingest("population", batch, mode="append")
            session.commit()
        self.run("provider", "vacuum (freeze, analyze) population")

    def settle(self) -> None:
        """Begin each measured run with nothing left to write."""
        self.run("consumer", "drop table if exists delivered, copied; drop schema if exists hefu cascade")
        with psycopg.connect(self.cluster.url("postgres", superuser=True, tcp=True), autocommit=True) as session:
            session.execute("checkpoint")

    def reference(self, name: str, select: str, columns: str, *, logged: bool) -> float:
        """Run `psql COPY | psql COPY`; return its seconds."""
        self.settle()
        self.run("consumer", f"create {'' if logged else 'unlogged'} table copied ({columns})")
        server, used, started = self.server_cpu(), _children(), time.monotonic()
        environment = {**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}
        common = [self.psql, "-X", "-q", "-d"]
        out = subprocess.Popen(
            [*common, self.url("provider"), "-c", f"copy {select} to stdout (format binary)"],
            stdout=subprocess.PIPE, env=environment,
        )  # fmt: skip
        into = subprocess.Popen(
            [*common, self.url("consumer"), "-c", "copy copied from stdin (format binary)"],
            stdin=out.stdout, env=environment,
        )  # fmt: skip
        if out.stdout:
            out.stdout.close()
        if into.wait() or out.wait():
            raise SystemExit("psql failed")
        seconds = time.monotonic() - started
        self._keep(name, {"seconds": seconds, "cpu": _children() - used, "server_cpu": self.server_cpu() - server})
        return seconds

    def delivery(self, name: str, *, governed: bool, logged: bool, whole: bool = False) -> float:
        """Deliver in a process of its own, `whole` without filter and masks; return the seconds."""
        self.settle()
        orders = {
            "governed": governed, "logged": logged, "whole": whole,
            "source": self._connection("provider"), "target": self._connection("consumer"),
        }  # fmt: skip
        server = self.server_cpu()
        done = subprocess.run(
            [sys.executable, __file__, "--child", json.dumps(orders)], stdout=subprocess.PIPE, check=True, text=True
        )
        figures = json.loads(done.stdout.splitlines()[-1])
        self._keep(name, figures | {"server_cpu": self.server_cpu() - server})
        seconds: float = figures["seconds"]
        return seconds

    def _connection(self, database: str) -> dict[str, Any]:
        password = (self.cluster.secrets / "database-hefu.password").read_text().strip()
        return {
            "host": "127.0.0.1", "port": self.cluster.tcp_port, "dbname": database, "user": "hefu",
            "password": password, "sslmode": "disable",
        }  # fmt: skip

    def _keep(self, name: str, figures: dict[str, Any]) -> None:
        self.figures.setdefault(name, []).append(figures)

    def server_cpu(self) -> float:
        """Return the processor seconds of the server and of all its ended sessions."""
        pid = self.cluster.pid or 0
        own = _cpu(pid, ended_too=True)
        living = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return own + sum(_cpu(int(each)) for each in living)


def _cpu(pid: int, *, ended_too: bool = False) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(word) for word in words[11 : 15 if ended_too else 13]) / os.sysconf("SC_CLK_TCK")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# -- the figures -----------------------------------------------------------------------------------------

WHOLE = (
    *("id", "name", "sex", "birth", "address", "division", "phone", "updated", "household", "members", "income"),
    "score",
)
ALL_COLUMNS = (
    "id text, name text, sex text, birth date, address text, division text, phone text, updated timestamp, "
    "household bigint, members int, income double precision, score int"
)
SOME_COLUMNS = (
    "id text, name text, sex text, birth date, division text, phone text, household bigint, income double precision"
)


def measure(ground: Ground, rounds: int) -> dict[str, list[float]]:
    """Run all rounds; return the ratios of each."""
    ratios: dict[str, list[float]] = {"passthrough": [], "governed": [], "passthrough_logged": [], "same_select": []}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        first = ground.reference("psql, unlogged", "population", ALL_COLUMNS, logged=False)
        plain = ground.delivery("passthrough, unlogged", governed=False, logged=False)
        second = ground.reference("psql, unlogged", "population", ALL_COLUMNS, logged=False)
        checked = ground.delivery("governed, unlogged", governed=True, logged=False)
        third = ground.reference("psql, unlogged", "population", ALL_COLUMNS, logged=False)
        durable = ground.reference("psql, logged", "population", ALL_COLUMNS, logged=True)
        written = ground.delivery("passthrough, logged", governed=False, logged=True)
        same = ground.reference("psql, same select, unlogged", f"({SAME_SELECT})", SOME_COLUMNS, logged=False)
        ratios["passthrough"].append((first + second) / 2 / plain)
        ratios["governed"].append((second + third) / 2 / checked)
        ratios["passthrough_logged"].append(durable / written)
        ratios["same_select"].append(same / plain)
    return ratios


def report(ground: Ground, ratios: dict[str, list[float]], rows: int) -> dict[str, Any]:
    """Print the table; return what goes into the file."""
    print(f"\n{rows:,} rows x 12 columns, {machine()}")
    print(f"server: {', '.join(f'{name}={value}' for name, value in SETTINGS.items())}, fsync=on, loopback, no TLS\n")
    print(f"{'run':30} {'seconds':>8} {'rows/s':>10} {'server CPU':>11} {'our CPU':>8} {'MiB':>5}  phases")
    for name, runs in ground.figures.items():
        middle = sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]
        phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in middle.get("phases", {}).items())
        peak = f"{middle['peak_mib']:.0f}" if "peak_mib" in middle else ""
        print(
            f"{name:30} {middle['seconds']:8.2f} {rows / middle['seconds']:10,.0f} {middle['server_cpu']:11.1f} "
            f"{middle['cpu']:8.1f} {peak:>5}  {phases}"
        )
    print()
    for name, values in ratios.items():
        each = ", ".join(f"{value:.2f}" for value in values)
        print(f"{name + ' ratio':26} {statistics.median(values):.2f}   (rounds: {each})")
    work = {name: work_ratio(ground, f"{name}, unlogged") for name in ("passthrough", "governed")}
    for name, value in work.items():
        print(f"{name + ' CPU ratio':26} {value:.2f}   (processor seconds of both sides, hardly moved by other load)")
    peak = max(run["peak_mib"] for runs in ground.figures.values() for run in runs if "peak_mib" in run)
    print(f"{'peak memory':26} {peak:.0f} MiB")
    last = ground.figures["governed, unlogged"][-1]
    print(f"governed: read {last['read']:,}, written {last['written']:,}, rejected {last['rejected']}")
    return {
        "rows": rows,
        "passthrough_ratio": round(statistics.median(ratios["passthrough"]), 3),
        "governed_ratio": round(statistics.median(ratios["governed"]), 3),
        "passthrough_logged_ratio": round(statistics.median(ratios["passthrough_logged"]), 3),
        "same_select_ratio": round(statistics.median(ratios["same_select"]), 3),
        "passthrough_cpu_ratio": round(work["passthrough"], 3),
        "governed_cpu_ratio": round(work["governed"], 3),
        "peak_mib": round(peak),
        "ratios": ratios,
        "runs": ground.figures,
        "machine": machine(),
        "settings": SETTINGS,
    }


def work_ratio(ground: Ground, name: str) -> float:
    """Return the processor seconds of the reference over those of the delivery, servers and clients together."""
    spent = [
        statistics.median(run["server_cpu"] + run["cpu"] for run in ground.figures[each])
        for each in ("psql, unlogged", name)
    ]
    return spent[0] / spent[1]


def machine() -> str:
    """Return what this ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, load {load}"


@contextlib.contextmanager
def prepared(rows: int) -> Iterator[Ground]:
    """Start a server with the source's rows in a temporary folder; end it and remove everything afterwards."""
    psql = Path(binaries.find().program("psql"))
    found = str(psql) if psql.exists() else shutil.which("psql")
    if not found:
        raise SystemExit("there is no psql beside the server's programs nor on the PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    home = Path(tempfile.mkdtemp(prefix="hefu-exchange-"))
    home.chmod(0o711)
    cluster = Cluster(home / "database", home / "secrets", tcp_port=port, settings=SETTINGS)
    try:
        cluster.start()
        for name in ("provider", "consumer"):
            cluster.create_database(name)
        ground = Ground(cluster, found)
        print(f"making {rows:,} people", file=sys.stderr, flush=True)
        ground.fill(rows)
        yield ground
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """Start the server, measure, report, remove everything."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path)
    options.add_argument("--child", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        child(json.loads(given.child))
        return
    with prepared(given.rows) as ground:
        figures = report(ground, measure(ground, given.rounds), given.rows)
        programs = binaries.find()
        figures["server"] = f"PostgreSQL {programs.version} ({programs.source})"
        if given.json:
            given.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
