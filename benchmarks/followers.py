"""What a follower's end costs: how soon a revoked grant stops it, and how soon a dead process's work is taken over.

    python benchmarks/followers.py [--runs N] [--kills N] [--json FILE]

A server of its own in a temporary folder, syncing on, holds the node's database and both departments'. A
follower's process of its own carries one table, into which rows change without a pause. Revoking: from the
commit of the hold until the newest row that ever reaches the consumer's table, and until the delivery is settled;
the hold is lifted again between runs. Taking over: two processes, the one that carries is ended by SIGKILL; from
there until the other holds the delivery, and until its first row arrived.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]  # the builders of the tests make offices and grants

SETTINGS = {"wal_level": "logical", "max_replication_slots": "20", "max_wal_senders": "20", "max_connections": "100"}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hefu-bench-") as folder:
        Path(folder).chmod(0o711)
        figures = _with_database(Path(folder), arguments.runs, arguments.kills)
    figures["load"] = round(os.getloadavg()[0], 2)
    for name, value in figures.items():
        print(f"{name:<44}{value:>10,.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _with_database(home: Path, runs: int, kills: int) -> dict[str, float]:
    from hefu.node.postgres import Cluster

    cluster = Cluster(home / "database", home / "secrets", tcp_port=_free_port(), settings=SETTINGS)
    cluster.start()
    try:
        os.environ |= {
            "HEFU_HOME": str(home),
            "HEFU_DATABASE_URL": cluster.url(),
            "HEFU_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
            "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return _measure(cluster, runs, kills)
    finally:
        cluster.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-m", "hefu", "followers"], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()


@contextmanager
def _changing(url: str) -> Iterator[None]:
    """Write a row with the moment of its writing, about two hundred times a second, until the block ends."""
    stop = threading.Event()

    def work() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            number = 0
            while not stop.wait(0.005):
                number += 1
                session.execute(
                    "UPDATE population SET name = clock_timestamp()::text WHERE id_number = lpad(%s::text, 18, '0')",
                    (number % 1000 + 1,),
                )

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _until(true: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


def _measure(cluster: Any, runs: int, kills: int) -> dict[str, float]:
    from hefu.kernel.actor import Role
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.deliveries.models import Delivery, Follower, Following
    from hefu.rooms.grants import services as grants
    from tests.builders import SYSTEM, a_department, an_actor
    from tests.conftest import Database
    from tests.followers import NOW, a_grant_to_follow, begun, in_step

    for name in ("theirs", "ours"):
        with psycopg.connect(cluster.url("postgres", superuser=True, tcp=True), autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name} OWNER hefu")
    with psycopg.connect(cluster.url("postgres", superuser=True, tcp=True), autocommit=True) as session:
        session.execute("ALTER ROLE hefu REPLICATION")
    theirs, ours = Database(cluster.url("theirs", tcp=True)), Database(cluster.url("ours", tcp=True))
    grant = a_grant_to_follow(a_department("市民政局"), theirs, ours, rows=1000)
    chief = an_actor(grant.provider, Role.CHIEF)
    newest = "SELECT coalesce(extract(epoch FROM max(name::timestamptz)), 0) FROM population WHERE name LIKE '20%-%'"
    row = begun(grant)
    last_row, settled, taken, moved = [], [], [], []
    with _process(), _changing(theirs.url):
        for _run in range(runs):
            row = queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
            _until(lambda row=row: in_step(row))
            time.sleep(0.3)
            grants.suspend_grant(number=grant.number, reason="查", actor=chief, clock=NOW)
            at = NOW.now().timestamp()
            _until(lambda row=row: Delivery.objects.get(pk=row.pk).status == "stopped")
            settled.append(NOW.now().timestamp() - at)
            time.sleep(1)
            last_row.append(max(0.0, float(str(ours.run(newest)[0][0])) - at))
            grants.resume_grant(number=grant.number, reason="好", actor=chief, clock=NOW)
        row = queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
        _until(lambda: in_step(row))

    def carrier() -> int | None:
        found = Follower.objects.filter(pk=Following.objects.get(pk=row.pk).holder).first()
        return found.pid if found else None

    for _kill in range(kills):
        with _process() as one, _process() as other, _changing(theirs.url):
            both = {one.pid: one, other.pid: other}
            _until(lambda both=both: carrier() in both and in_step(row))
            _until(lambda both=both: Follower.objects.filter(pid__in=both, ended_at=None).count() == 2)
            dead = both[carrier()]
            dead.kill()
            at, before = NOW.now().timestamp(), float(str(ours.run(newest)[0][0]))
            _until(lambda both=both, dead=dead: carrier() in both and carrier() != dead.pid)
            taken.append(NOW.now().timestamp() - at)
            _until(lambda before=before: float(str(ours.run(newest)[0][0])) > before + 1)
            moved.append(NOW.now().timestamp() - at)
    services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
    return {
        "revoked to newest row that arrived, s, p50": statistics.median(last_row),
        "revoked to newest row that arrived, s, most": max(last_row),
        "revoked to settled, s, p50": statistics.median(settled),
        "revoked to settled, s, most": max(settled),
        "runs": float(runs),
        "killed to taken over, s, most": max(taken, default=0.0),
        "killed to the next row, s, most": max(moved, default=0.0),
        "kills": float(kills),
    }


if __name__ == "__main__":
    main()
