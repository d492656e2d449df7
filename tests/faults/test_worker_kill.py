"""A worker that is killed without warning, again and again, in the middle of a large delivery."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from hefu.dataplane.checks import NotNull, Pattern
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_mounted_entry, a_population, a_target, an_actor
from tests.conftest import Database
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(900)]

#: A run of so many rows at such a pace, in bytes a second, is under way when it is killed, on any machine.
ROWS, PACE = 200_000, 1.5e6
DONE = DeliveryStatus.DONE
SAME = "SELECT count(*), count(DISTINCT id_number), md5(string_agg(t::text, ';' ORDER BY id_number)) FROM {table} AS t"


@contextmanager
def a_worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real worker, in a process of its own, on the tests' database."""
    server = urlsplit(os.environ["HEFU_DATABASE_URL"])
    database = urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))
    with log.open("ab") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "hefu", "worker"],
            env=os.environ | {"HEFU_DATABASE_URL": database},
            stdout=out,
            stderr=out,
        )
        try:
            yield worker
        finally:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
                try:
                    worker.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    worker.kill()
                    worker.wait()


def wait_until(delivery: Delivery, true: Callable[[Delivery], bool], *, seconds: float, log: Path) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        delivery.refresh_from_db()
        if true(delivery):
            return
        time.sleep(0.02)
    raise AssertionError(f"{delivery.status} {delivery.phase} {delivery.rows} {delivery.error}\n{log.read_text()}")


def killed_when(true: Callable[[Delivery], bool], delivery: Delivery, log: Path) -> None:
    """Run a worker until `true` of the delivery, then kill it with -9."""
    with a_worker(log) as worker:
        wait_until(delivery, lambda row: true(row) or row.status == DONE, seconds=60, log=log)
        worker.kill()
        worker.wait()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    make_database: Callable[[], Database], tmp_path: Path
) -> None:
    theirs, ours, log = make_database(), make_database(), tmp_path / "worker.log"
    a_population(theirs, rows=ROWS)
    cable = Proxy(theirs.host, theirs.port)
    cable.pace = PACE
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    entry = a_mounted_entry(
        provider, theirs.behind(cable.port), checks=[NotNull("name"), Pattern("id_number", "[0-9]{18}")]
    )
    grant = a_grant(entry, consumer, target=a_target(consumer, ours))
    delivery = queries.deliveries(viewer=SYSTEM, grant=grant.number).get()

    points: list[Callable[[Delivery], bool]] = [
        lambda row: row.phase == "examine" and row.rows > 0,
        lambda row: row.phase == "copy",
        lambda row: row.phase == "publish",
    ]
    if os.environ.get("HEFU_ALL_FAULTS"):
        points += [lambda row: row.phase == "prepare", lambda row: row.phase == "copy" and row.rows > 0]
    with a_worker(log) as worker:  # told to end, and so before the others: a quick machine may be done after them
        wait_until(delivery, lambda row: row.attempt > 0 or row.status == DONE, seconds=60, log=log)
        worker.terminate()
        assert worker.wait(timeout=30) == 0, log.read_text()
    delivery.refresh_from_db()
    assert delivery.status in (DeliveryStatus.WAITING, DONE), "a worker that is told to end hands back what it carries"
    for attempts, point in enumerate(points, start=delivery.attempt):
        killed_when(lambda row, point=point, attempts=attempts: row.attempt > attempts and point(row), delivery, log)
    cable.pace = None
    with a_worker(log):
        wait_until(delivery, lambda row: row.status == DONE, seconds=120, log=log)
    cable.close()

    granted = theirs.run(SAME.format(table="(SELECT * FROM population WHERE name IS NOT NULL)"))
    assert ours.run(SAME.format(table="population")) == granted
    assert (delivery.rows_read, delivery.rows_rejected, delivery.rows_written) == (ROWS, ROWS // 10, ROWS - ROWS // 10)
    assert delivery.takeovers >= 2  # what follows the copy may be over before it is seen
    kinds = [entry.kind for entry in history(delivery.number, viewer=SYSTEM)]
    assert kinds.count("delivery.done") == 1
    assert kinds.count("delivery.tried") == delivery.attempt
    receipt = services.receipt_of(number=delivery.number, viewer=an_actor(consumer), clock=NOON)
    assert verify_receipt(receipt, trusted=public_keys(KeyPurpose.LOG)).entry["body"]["rows_written"] == ROWS * 9 // 10
