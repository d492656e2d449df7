"""Following changes: how fast it catches up, how soon a change arrives, beside reading the same log alone.

    python benchmarks/capture.py [--changes 400000] [--seconds 20] [--rate 1000] [--json FILE]

A server of its own in a temporary folder, syncing on, holds both databases. Catching up: inserts, updates
and deletes in transactions of 2,000 wait in the slot; `decode` only reads and decodes them, `apply` brings
them into the target under a ticket, `governed` does so with a mask, a filter and two checks. Arriving:
single-row transactions at a steady rate, each with the moment of its writing in it; the time runs from
there to the moment when the target shows it, seen by a trigger that notes the target's clock before commit
and by a reader that looks for the newest row.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg

from hefu.crypto.signing import Ed25519Signer
from hefu.dataplane.capture.follow import follow, slot_name, stop_following
from hefu.dataplane.capture.pgoutput import decode
from hefu.dataplane.capture.reached import Reached
from hefu.dataplane.capture.shared import Captures
from hefu.dataplane.checks import Check, NotNull, Pattern
from hefu.dataplane.connectors.postgres.connection import PostgresConnection, default_policy
from hefu.dataplane.connectors.postgres.replication import ChangeStream
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.errors import Stopped
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.run import ListSink, Progress
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id
from hefu.node.postgres import Cluster

SETTINGS = {"wal_level": "logical", "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
SIGNER = Ed25519Signer(b"b" * 32)
TABLE = "create table people (id bigint primary key, name text, phone text, division text, at timestamptz, note text)"
COLUMNS = ("id", "name", "phone", "division", "at", "note")
#: Rows before anything changes.
ROWS = 200_000


class Ground:
    """Both databases on one server."""

    def __init__(self, home: Path) -> None:
        """Start the server and fill the source."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.cluster = Cluster(home / "database", home / "secrets", tcp_port=port, settings=SETTINGS)
        self.cluster.start()
        for name in ("provider", "consumer"):
            self.run("postgres", f"create database {name} owner hefu", superuser=True)
        self.run("postgres", "alter role hefu replication", superuser=True)
        self.run("provider", TABLE)
        self.run(
            "provider",
            "insert into people select n, '王' || n, '139' || lpad(n::text, 8, '0'), (511702 + n % 5)::text, now(), "
            f"repeat('四川', 5) from generate_series(1, {ROWS}) n",
        )

    def url(self, database: str, *, superuser: bool = False) -> str:
        return self.cluster.url(database, superuser=superuser, tcp=True)

    def run(self, database: str, statement: str, *, superuser: bool = False) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(database, superuser=superuser), autocommit=True) as session:
            cursor = session.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def connection(self, database: str) -> PostgresConnection:
        password = (self.cluster.secrets / "database-hefu.password").read_text().strip()
        return PostgresConnection("127.0.0.1", self.cluster.tcp_port or 0, database, "hefu", password, "disable")

    @property
    def source(self) -> PostgresSource:
        return PostgresSource(self.connection("provider"))

    def target(self, table: str) -> PostgresTarget:
        return PostgresTarget(self.connection("consumer"), "public", table, "t")


def ticket(table: str, *, governed: bool) -> str:
    """Return a grant of the whole table, or of part of it, masked and checked."""
    now = SystemClock().now()
    checks: tuple[Check, ...] = (NotNull("name"), Pattern("phone", "1[3-9][0-9]{9}")) if governed else ()
    return sign_ticket(
        Ticket(
            id=new_id(now), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
            consumer=Party("2" * 18, "c"), entry="e",
            resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "people"),
            items=tuple(
                Item(name, name, mask=Cover(3, 4) if governed and name == "phone" else None) for name in COLUMNS
            ),
            key=("id",), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now,
            valid_until=now + timedelta(days=1), target=TargetRef("t", table), checks=checks,
            filter=RowFilter((OneOf("division", ("511702", "511703", "511704")),) if governed else ()),
        ),
        SIGNER,
    )  # fmt: skip


def followed(ground: Ground, table: str, token: str, *, once: bool = True, watcher: Any = None) -> None:
    """Follow under a delivery named like the table."""
    follow(
        delivery=table, token=token, keys=[SIGNER.public], clock=SystemClock(), source=ground.source,
        target=ground.target(table), rejects=ListSink(), once=once, watcher=watcher,
    )  # fmt: skip


def change(ground: Ground, count: int) -> int:
    """Make `count` changes, half inserts, 40 % updates, 10 % deletes, and return how many they were."""
    half, made = count // 2, 0
    with psycopg.connect(ground.url("provider"), autocommit=True) as session:
        first = int(session.execute("select max(id) from people").fetchone()[0]) + 1  # type: ignore[index]
        for start in range(0, half, 1000):
            last = min(start + 1000, half)
            with session.transaction():
                cursor = session.execute(
                    "insert into people select n, '李' || n, '138' || lpad(n::text, 8, '0'), (511702 + n %% 5)::text, "
                    "now(), repeat('达州', 5) from generate_series(%s::bigint, %s::bigint) n",
                    (first + start, first + last - 1),
                )
                made += cursor.rowcount
                some = (start * 8 // 10) % (ROWS - 1000)
                cursor = session.execute(
                    "update people set note = note || '。', at = now() where id between %s and %s", (some, some + 799)
                )
                made += cursor.rowcount
                cursor = session.execute(
                    "delete from people where id between %s and %s", (first + start, first + start + 199)
                )
                made += cursor.rowcount
    return made


def decoded(ground: Ground, table: str) -> tuple[float, int]:
    """Read what waits in the slot of `table` without taking it over; return seconds and changes."""
    end = int(ground.run("provider", "select (pg_current_wal_lsn() - '0/0')::bigint")[0][0])
    name = slot_name(table, ground.target(table))
    stream = ChangeStream(ground.source.connection, default_policy, slot=name, publication=name, look=lambda: None)
    began, count = time.perf_counter(), 0
    while stream.seen < end:
        data = stream.read(0.05)
        if data is not None:
            count += data[:1] in (b"I", b"U", b"D")
            decode(data)
    seconds = time.perf_counter() - began
    stream.close()
    return seconds, count


class Processors:
    """Processor seconds of this process and of the server's, while the block lasts."""

    def __init__(self, ground: Ground) -> None:
        self._data = str((ground.cluster.folder / "data").resolve())
        self._before: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Processors":
        self._before = {pid: spent for pid, (_kind, spent) in self._now().items()}
        self._own = time.process_time()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._own = time.process_time() - self._own
        self._stop.set()
        self._thread.join()

    def each_thousand(self, changes: int) -> dict[str, float]:
        """Return them by kind for a thousand changes."""
        spent = {"own": self._own, "log": 0.0, "source": 0.0, "target": 0.0}
        for pid, (kind, seconds) in self._last.items():
            spent[kind] += seconds - self._before.get(pid, 0.0)
        return {kind: round(seconds / changes * 1000, 4) for kind, seconds in spent.items()}

    def _look(self) -> None:
        done = False
        while not done:
            done = self._stop.wait(0.1)
            self._last |= {pid: seen for pid, seen in self._now().items() if seen[0]}  # one that ends has no name

    def _now(self) -> dict[int, tuple[str, float]]:
        found = {}
        tick = os.sysconf("SC_CLK_TCK")
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str((folder / "cwd").readlink()) == self._data:
                    words = (folder / "cmdline").read_text()
                    spent = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
                    found[int(folder.name)] = (_kind(words), sum(map(int, spent)) / tick)
        return found


def _kind(words: str) -> str:
    kinds = {"walsender": "log", " provider ": "source", " consumer ": "target"}
    return next((kind for sign, kind in kinds.items() if sign in words), "")


def catching_up(ground: Ground, count: int) -> dict[str, Any]:
    """Return changes per second: decoded alone, applied, applied under mask, filter and checks."""
    tables = {"apply": False, "governed": True}
    for table, governed in tables.items():
        followed(ground, table, ticket(table, governed=governed))
    made = change(ground, count)
    seconds, seen = decoded(ground, "apply")
    figures: dict[str, Any] = {"changes": made, "decode": round(seen / seconds)}
    for table, governed in tables.items():
        token = ticket(table, governed=governed)
        began = time.perf_counter()
        with Processors(ground) as processors:
            followed(ground, table, token)
            took = time.perf_counter() - began
        figures[table] = round(made / took)
        figures[f"{table}_processor_s_per_1000"] = processors.each_thousand(made)
    same = "select count(*), md5(string_agg(t::text, ';' order by id)) from {} t"
    if ground.run("provider", same.format("people")) != ground.run("consumer", same.format("apply")):
        raise SystemExit("the target is not what the source is")
    for table in tables:
        stop_following(delivery=table, source=ground.source, target=ground.target(table))
    return figures


def sharing(ground: Ground, consumers: int, count: int) -> dict[str, Any]:
    """Return what `count` changes cost, followed by several consumers of the table: each alone, and together."""
    figures: dict[str, Any] = {"consumers": consumers}
    for way, captures in (("alone", [Captures() for _ in range(consumers)]), ("together", [Captures()] * consumers)):
        tables = [f"{way}_{number}" for number in range(consumers)]
        watcher, now = Until(), dict[str, Reached]()
        threads = [
            threading.Thread(target=_follow_on, args=(ground, table, shared, watcher, now))
            for table, shared in zip(tables, captures, strict=True)
        ]
        for thread in threads:
            thread.start()
        wanted = consumers if way == "together" else 0
        while len(now) < consumers or any(one.in_step_at is None or one.together != wanted for one in now.values()):
            time.sleep(0.1)
        before = {table: one.changes for table, one in now.items()}
        began = time.perf_counter()
        with Processors(ground) as processors:
            made = change(ground, count)
            while any(now[table].changes - before[table] < made for table in tables):
                time.sleep(0.05)
            took = time.perf_counter() - began
        figures[way] = {"s": round(took, 1), "processor_s_per_1000": processors.each_thousand(made)}
        watcher.told = True
        for thread in threads:
            thread.join()
        for table in tables:
            stop_following(delivery=table, source=ground.source, target=ground.target(table))
    return figures


def _follow_on(ground: Ground, table: str, captures: Captures, watcher: Any, now: dict[str, Reached]) -> None:
    with contextlib.suppress(Stopped):
        follow(
            delivery=table, token=ticket(table, governed=False), keys=[SIGNER.public], clock=SystemClock(),
            source=ground.source, target=ground.target(table), rejects=ListSink(), watcher=watcher, captures=captures,
            reached=lambda one: now.update({table: one}),
        )  # fmt: skip


class Until:
    """Stops the follower when told."""

    def __init__(self) -> None:
        self.told = False

    def progress(self, now: Progress) -> None:
        pass

    def stop_requested(self) -> Literal["stopped"] | None:
        return "stopped" if self.told else None


def arriving(ground: Ground, rate: int, seconds: float) -> dict[str, Any]:
    """Write single-row transactions at a rate and return how long each took to be seen at the target, in ms."""
    table = "arrive"
    token = ticket(table, governed=True)
    followed(ground, table, token)
    watcher, taken = Until(), []

    def run() -> None:
        with contextlib.suppress(Stopped):
            followed(ground, table, token, once=False, watcher=watcher)

    follower = threading.Thread(target=run)
    follower.start()
    stop = threading.Event()

    def look() -> None:
        with psycopg.connect(ground.url("consumer"), autocommit=True) as session:
            last = session.execute(f"select max(at) from {table}").fetchone()[0]  # type: ignore[index]
            while not stop.is_set():
                rows = session.execute(
                    f"select at, clock_timestamp() from {table} where at > %s order by at", (last,)
                ).fetchall()
                taken.extend((seen - at).total_seconds() for at, seen in rows)
                last = rows[-1][0] if rows else last
                time.sleep(0.002)

    ground.run("consumer", f"create index on {table} (at)")
    looking = threading.Thread(target=look)
    looking.start()
    written = _write_steadily(ground, rate, seconds)
    time.sleep(2)
    stop.set()
    looking.join()
    watcher.told = True
    follower.join()
    stop_following(delivery=table, source=ground.source, target=ground.target(table))
    ordered = sorted(taken)
    return {
        "asked_per_s": rate,
        "written_per_s": round(written / seconds),
        "seen": len(taken),
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
        "max_ms": round(ordered[-1] * 1000, 1),
    }


def _write_steadily(ground: Ground, rate: int, seconds: float) -> int:
    count = 0
    with psycopg.connect(ground.url("provider"), autocommit=True) as session:
        session.execute("set synchronous_commit = off")  # the writer must keep its pace; the follower waits for its log
        key = int(session.execute("select max(id) from people").fetchone()[0])  # type: ignore[index]
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            while count < now * rate:
                count += 1
                session.execute(
                    "insert into people values (%s, '王', '13900000001', '511702', clock_timestamp(), '')",
                    (key + count,),
                )
            time.sleep(0.001)
    return count


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def main() -> None:
    """Measure, print, remove everything."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--changes", type=int, default=400_000)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--rate", type=int, default=1000)
    options.add_argument("--consumers", type=int, default=0)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hefu-capture-"))
    home.chmod(0o711)
    ground = Ground(home)
    try:
        if given.consumers:
            print(json.dumps(sharing(ground, given.consumers, given.changes) | {"load": _load()}, indent=2))
            return
        figures = {"catching_up": catching_up(ground, given.changes), "load_then": _load()}
        figures |= {"arriving": arriving(ground, given.rate, given.seconds), "load": _load()}
        figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        if given.json:
            given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    finally:
        ground.cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
