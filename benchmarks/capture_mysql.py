"""Following changes into MariaDB: how fast it catches up, and how soon a change arrives.

    python benchmarks/capture_mysql.py [--changes 200000] [--seconds 20] [--rate 1000] [--json FILE]

As `capture.py`, from a PostgreSQL of its own, but the consumer keeps a MariaDB of its own that syncs each commit. A
change counts as arrived when a reader, which looks for the newest row all the time, sees it.
"""

import argparse
import contextlib
import json
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pymysql
from binlog import mariadb, told
from capture import COLUMNS, Ground, Until, _load, _write_steadily, change, followed, ticket

from hefu.dataplane.capture.follow import stop_following
from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.errors import Stopped
from hefu.kernel.clock import SystemClock


class IntoMysql(Ground):
    """A source in PostgreSQL and a target in MariaDB."""

    def __init__(self, home: Path, theirs: MysqlConnection) -> None:
        """Start the source and fill it; the target runs."""
        super().__init__(home)
        self.theirs = theirs

    def target(self, table: str) -> MysqlTarget:  # type: ignore[override]
        return MysqlTarget(self.theirs, table, "t")

    def asked(self) -> "pymysql.Connection[Any]":
        """Return a session of the target."""
        return pymysql.connect(
            host="127.0.0.1", port=self.theirs.port, user="root", database=self.theirs.dbname, autocommit=True,
            charset="utf8mb4",
        )  # fmt: skip


def catching_up(ground: IntoMysql, count: int) -> dict[str, Any]:
    """Return changes per second: rows as they are, and under mask, filter and checks."""
    tables = {"apply": False, "governed": True}
    for table, governed in tables.items():
        followed(ground, table, ticket(table, governed=governed))
    figures: dict[str, Any] = {"changes": (made := change(ground, count))}
    for table, governed in tables.items():
        token, own, began = ticket(table, governed=governed), time.process_time(), time.perf_counter()
        followed(ground, table, token)
        figures[table] = round(made / (time.perf_counter() - began))
        figures[f"{table}_own_processor_s_per_1000"] = round((time.process_time() - own) / made * 1000, 4)
    figures["most_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    if here(ground) != there(ground):
        raise SystemExit("the target is not what the source is")
    for table in tables:
        stop_following(delivery=table, source=ground.source, target=ground.target(table))
    return figures


def here(ground: IntoMysql) -> list[tuple[Any, ...]]:
    """Return the source's rows."""
    columns = ", ".join(f"{name} at time zone 'utc'" if name == "at" else name for name in COLUMNS)
    return ground.run("provider", f"select {columns} from people order by id")


def there(ground: IntoMysql) -> list[tuple[Any, ...]]:
    """Return the target's."""
    with contextlib.closing(ground.asked()) as session, session.cursor() as cursor:
        cursor.execute(f"select {', '.join(COLUMNS)} from apply order by id")
        return list(cursor.fetchall())


def arriving(ground: IntoMysql, rate: int, seconds: float) -> dict[str, Any]:
    """Write single-row transactions at a rate and return how long each took to be seen at the target, in ms."""
    table = "arrive"
    token = ticket(table, governed=True)
    followed(ground, table, token)
    watcher, stop, taken = Until(), threading.Event(), list[float]()

    def run() -> None:
        with contextlib.suppress(Stopped):
            followed(ground, table, token, once=False, watcher=watcher)

    def look() -> None:
        with contextlib.closing(ground.asked()) as session, session.cursor() as cursor:
            cursor.execute(f"select max(at) from {table}")
            ((last,),) = cursor.fetchall()
            while not stop.is_set():
                cursor.execute(f"select at from {table} where at > %s order by at", (last,))
                seen, rows = SystemClock().now().replace(tzinfo=None), cursor.fetchall()
                taken.extend((seen - at).total_seconds() for (at,) in rows)
                last = rows[-1][0] if rows else last
                time.sleep(0.01)

    told(ground.theirs, f"create index at on {ground.theirs.dbname}.{table} (at)")
    threads = [threading.Thread(target=run), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    written = _write_steadily(ground, rate, seconds)
    time.sleep(2)
    stop.set()
    watcher.told = True
    for thread in threads:
        thread.join()
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


def main() -> None:
    """Measure, print, remove everything."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--changes", type=int, default=200_000)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--rate", type=int, default=1000)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hefu-capture-"))
    home.chmod(0o711)
    (home / "maria").mkdir()
    try:
        with mariadb(home / "maria", synced=True) as theirs:
            told(theirs, "create database bench character set utf8mb4")
            ground = IntoMysql(home, theirs)
            try:
                figures = {"load": _load(), "catching_up": catching_up(ground, given.changes), "load_then": _load()}
                figures |= {"arriving": arriving(ground, given.rate, given.seconds), "load_after": _load()}
            finally:
                ground.cluster.stop()
        figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        if given.json:
            given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
