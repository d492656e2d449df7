"""Evidence: entries recorded, sequenced, signed and proved, against PostgreSQL's own single-row commits.

    .venv/bin/python benchmarks/ledger.py [--entries N] [--json FILE]

Runs an embedded PostgreSQL of its own with fsync on, in a temporary folder, and removes it. What is
measured in the same run:

reference    one small row a transaction, by psycopg, each committed with fsync
appended     `evidence.record_all` in transactions of 500 entries, sequenced into signed checkpoints of up to
             10,000 while more arrive; the clock stops when the last entry is under a checkpoint
single       `evidence.record`, one entry a transaction, as a service does it
receipt      from the commit of an entry to its receipt, with the sequencer resting 0.25 s between looks
verify       `verify_receipt` of one receipt, offline, in process
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hefu-bench-") as folder:
        Path(folder).chmod(0o711)
        figures = _with_database(Path(folder), arguments.entries)
    _print(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _with_database(home: Path, entries: int) -> dict[str, float]:
    from hefu.node.postgres import Cluster

    cluster = Cluster(home / "database", home / "secrets")
    cluster.start()
    try:
        os.environ |= {
            "HEFU_HOME": str(home),
            "HEFU_DATABASE_URL": cluster.url(),
            "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return _measure(cluster.url(), entries)
    finally:
        cluster.stop()


def _measure(url: str, entries: int) -> dict[str, float]:
    figures = {"entries": float(entries), "reference_per_s": _reference(url, min(entries, 2_000))}
    figures["appended_per_s"] = _appended(entries)
    figures["single_per_s"] = _single(min(entries, 2_000))
    waits = _receipts(200)
    figures["receipt_p50_s"] = statistics.median(waits)
    figures["receipt_p99_s"] = statistics.quantiles(waits, n=100)[98]
    figures["verify_ms"] = _verify()
    figures["appended_ratio"] = figures["appended_per_s"] / figures["reference_per_s"]
    return figures


def _reference(url: str, rows: int) -> float:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE reference (id bigserial PRIMARY KEY, body text)")
        start = time.perf_counter()
        for number in range(rows):
            connection.execute("INSERT INTO reference (body) VALUES (%s)", [f"row {number}"])
        return rows / (time.perf_counter() - start)


def _appended(entries: int) -> float:
    from django.db import transaction

    from hefu.kernel.clock import SystemClock
    from hefu.rooms.evidence.jobs import sequence_until
    from hefu.rooms.evidence.queries import waiting
    from hefu.rooms.evidence.services import record_all

    clock, stop = SystemClock(), threading.Event()
    thread = threading.Thread(target=sequence_until, args=(stop,), kwargs={"clock": clock})
    start = time.perf_counter()
    thread.start()
    for first in range(0, entries, 500):
        with transaction.atomic():
            record_all([_written(number) for number in range(first, min(first + 500, entries))])
    while waiting():
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    stop.set()
    thread.join()
    return entries / seconds


def _single(entries: int) -> float:
    start = time.perf_counter()
    for number in range(entries):
        _record(number)
    return entries / (time.perf_counter() - start)


def _receipts(count: int) -> list[float]:
    from hefu.kernel.actor import system
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.evidence.jobs import sequence_until
    from hefu.rooms.evidence.models import Entry
    from hefu.rooms.evidence.services import receipt_for

    clock, stop = SystemClock(), threading.Event()
    thread = threading.Thread(target=sequence_until, args=(stop,), kwargs={"clock": clock})
    thread.start()
    waits = []
    for number in range(count):
        entry = _record(number)
        start = time.perf_counter()
        while not Entry.objects.filter(pk=entry.pk, leaf_index__isnull=False).exists():
            time.sleep(0.005)
        receipt_for(entry_uid=entry.uid, viewer=system("bench"), clock=clock)
        waits.append(time.perf_counter() - start)
    stop.set()
    thread.join()
    return waits


def _verify() -> float:
    from hefu.kernel.actor import system
    from hefu.kernel.clock import SystemClock
    from hefu.ledger.receipt import verify_receipt
    from hefu.rooms.evidence.services import receipt_for

    data = receipt_for(entry_uid=_record(1).uid, viewer=system("bench"), clock=SystemClock())
    runs = []
    for _ in range(50):
        start = time.perf_counter()
        verify_receipt(data)
        runs.append(time.perf_counter() - start)
    return statistics.median(runs) * 1000


def _record(number: int) -> "Entry":
    entry = _written(number)
    entry.save(force_insert=True)
    return entry


def _written(number: int) -> "Entry":
    from hefu.kernel.actor import system
    from hefu.kernel.citation import Citation
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.evidence.services import written
    from hefu.rooms.evidence.terms import Kind

    return written(
        Kind("bench.appended", 1, ("rows", "digest")),
        subject=f"B{number}",
        by=system("bench"),
        at=SystemClock().now(),
        body={"rows": number, "digest": "0" * 64},
        basis=[Citation("decree-809", "21")],
    )


def _print(figures: dict[str, float]) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, fsync on")
    print(f"{'reference: single-row commits':38}{figures['reference_per_s']:>12,.0f} /s")
    print(f"{'appended, sequenced and signed':38}{figures['appended_per_s']:>12,.0f} /s", end="")
    print(f"   {figures['appended_ratio']:.2f} x the reference")
    print(f"{'recorded, one a transaction':38}{figures['single_per_s']:>12,.0f} /s")
    print(f"{'receipt, p50':38}{figures['receipt_p50_s'] * 1000:>12,.0f} ms")
    print(f"{'receipt, p99':38}{figures['receipt_p99_s'] * 1000:>12,.0f} ms")
    print(f"{'receipt checked offline':38}{figures['verify_ms']:>12,.2f} ms")


if __name__ == "__main__":
    sys.exit(main())
