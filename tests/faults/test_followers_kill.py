"""Processes that carry followers, killed and told to end under load: another goes on, nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.models import Delivery, Follower, Following
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import LEASE
from hefu.rooms.evidence.queries import history
from tests.builders import SYSTEM, a_department
from tests.conftest import Database
from tests.followers import NOW, a_grant_to_follow, another_of, begun, in_step, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(300)]

SAME = "SELECT count(*), count(DISTINCT id_number), md5(string_agg(t::text, ';' ORDER BY id_number)) FROM {} AS t"


@contextmanager
def a_process(log: Path, *, most: int = 4) -> Iterator["subprocess.Popen[bytes]"]:
    """The real `hefu followers`, in a process of its own, on the tests' database."""
    server = urlsplit(os.environ["HEFU_DATABASE_URL"])
    database = urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hefu", "followers", "--most", str(most)],
            env=os.environ | {"HEFU_DATABASE_URL": database},
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


@contextmanager
def changes(theirs: Database) -> Iterator[list[int]]:
    """Change rows, a few hundred times a second, until the block ends; how many transactions it was."""
    stop, done = threading.Event(), [0]

    def work() -> None:
        with theirs.connect() as session:
            while not stop.wait(0.003):
                number = done[0] % 900 + 1
                with session.transaction():
                    session.execute(
                        "UPDATE population SET birth_date = birth_date + 1 WHERE id_number = lpad(%s::text, 18, '0')",
                        (number,),
                    )
                    session.execute("DELETE FROM population WHERE id_number = lpad(%s::text, 18, '0')", (900 + number,))
                    session.execute(
                        "INSERT INTO population VALUES (lpad(%s::text, 18, '0'), '新', '2000-01-01')", (5000 + done[0],)
                    )
                done[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def until(true: Callable[[], object], log: Path, seconds: float = 60) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, log.read_text()
        time.sleep(0.05)
    return time.monotonic() - began


def holder(row: Delivery) -> int | None:
    """Return the process that carries it."""
    found = Following.objects.get(pk=row.pk).holder
    carrier = Follower.objects.filter(pk=found).first() if found else None
    return carrier.pid if carrier else None


def test_a_process_that_dies_is_taken_over_in_time_and_one_that_is_told_to_end_hands_over_at_once(
    make_database: Callable[[], Database], tmp_path: Path
) -> None:
    theirs, ours, log = make_database(), make_database(), tmp_path / "followers.log"
    consumer = a_department("市民政局")
    grant = a_grant_to_follow(consumer, theirs, ours, rows=1000)
    row = begun(grant)

    others_database = make_database()
    other = begun(another_of(grant, a_department("市教育局"), others_database))
    with ExitStack() as running:
        processes = [running.enter_context(a_process(log))]
        until(lambda: together(row) == together(other) == 2, log)  # one process carries both and reads once
        processes += [running.enter_context(a_process(log)) for _ in range(2)]
        until(lambda: len(queries.followers()) == 3, log)
        with changes(theirs) as done:
            until(lambda: done[0] > 50, log)
            carrying = holder(row)
            killed, *others = sorted(processes, key=lambda process: process.pid != carrying)
            assert killed.pid == carrying
            killed.kill()
            before = Following.objects.get(pk=row.pk).counts["changes"]
            took = until(lambda: holder(row) in [process.pid for process in others], log)
            until(lambda: Following.objects.get(pk=row.pk).counts["changes"] > before, log)
            assert took < LEASE.total_seconds() + 3

            carrying = holder(row)
            leaving, last = sorted(others, key=lambda process: process.pid != carrying)
            leaving.send_signal(signal.SIGTERM)
            assert leaving.wait(timeout=25) == 0, log.read_text()
            assert until(lambda: holder(row) == last.pid, log) < 5
        until(lambda: ours.run(SAME.format("population")) == theirs.run(
            SAME.format("(SELECT * FROM population WHERE name IS NOT NULL)")), log)  # fmt: skip
        until(lambda: others_database.run(SAME.format("population")) == ours.run(SAME.format("population")), log)
        until(lambda: in_step(row), log)
        transactions = done[0]
        until(lambda: Following.objects.get(pk=row.pk).counts["transactions"] == transactions, log)
        assert others_database.run("SELECT transactions FROM hefu.hefu_followed") == [(transactions,)]
        services.cancel_delivery(number=other.number, actor=SYSTEM, clock=NOW)
        services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        row.refresh_from_db()
        until(lambda: Delivery.objects.get(pk=row.pk).status == DeliveryStatus.CANCELLED, log)
        kept = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"
        until(lambda: theirs.run(kept) == [(0,)], log)
        until(lambda: Following.objects.get(pk=row.pk).slot_state == "none", log)

    # The windows, however often the process changed, add up to exactly what was done.
    closed = list(queries.windows(row).order_by("number"))
    assert sum(window.transactions for window in closed) == transactions
    assert all(a.lsn_to == b.lsn_from for a, b in pairwise(closed))
    standing = sum(w.inserted - w.deleted for w in closed) + 900
    assert [(standing,)] == ours.run("SELECT count(*) FROM population")
    kinds = [entry.kind for entry in history(row.number, viewer=SYSTEM)]
    assert kinds.count("delivery.copied") == 1
    assert kinds.count("delivery.tried") == 3
