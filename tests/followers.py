"""Deliveries that keep a table in step, as tests need them: a grant that can be, and a process that carries them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from hefu.dataplane.checks import NotNull
from hefu.kernel.clock import SystemClock
from hefu.rooms.catalog.models import Entry
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.followers import Followers
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms.following import Pulse
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from tests.builders import SYSTEM, a_department, a_grant, a_mounted_entry, a_population, a_target, an_actor
from tests.conftest import Database

#: Leases and lags are about real time.
NOW = SystemClock()


def a_grant_to_follow(consumer: Department, theirs: Database, ours: Database, *, rows: int = 100) -> Grant:
    """Return a grant on `rows` people of `theirs` into `ours`, with nothing delivered yet."""
    a_population(theirs, rows=rows)
    entry = a_mounted_entry(a_department("市公安局"), theirs, checks=[NotNull("name")])
    today = NOW.today()
    made = a_grant(
        entry, consumer, target=a_target(consumer, ours), clock=NOW,
        term_from=today, term_until=today + timedelta(days=30),
    )  # fmt: skip
    first = queries.deliveries(viewer=SYSTEM, grant=made.number).get()
    services.cancel_delivery(number=first.number, actor=SYSTEM, clock=NOW)
    return made


def another_of(grant: Grant, consumer: Department, ours: Database) -> Grant:
    """Return a grant of the same entry to another department, with nothing delivered yet."""
    made = a_grant(
        Entry.objects.get(pk=grant.entry_id), consumer, target=a_target(consumer, ours), clock=NOW,
        term_from=NOW.today(), term_until=NOW.today() + timedelta(days=9),
    )  # fmt: skip
    whole = queries.deliveries(viewer=SYSTEM, grant=made.number).get()
    services.cancel_delivery(number=whole.number, actor=SYSTEM, clock=NOW)
    return made


def begun(grant: Grant) -> Delivery:
    """Return the delivery that the consumer asked for."""
    return services.follow_grant(grant=grant.number, actor=an_actor(grant.consumer), clock=NOW)


@contextmanager
def following(most: int = 4) -> Iterator[None]:
    """Carry followers, in a thread, until the block ends."""
    leaving, errors = threading.Event(), []

    def run() -> None:
        try:
            Followers(most=most, clock=NOW, leaving=leaving).run()
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(90)
        assert not thread.is_alive()
        assert errors == []


def until(true: Callable[[], object], seconds: float = 90) -> float:
    """Wait until it is so; return the seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it never came to be"
        time.sleep(0.02)
    return time.monotonic() - began


def in_step(row: Delivery) -> bool:
    """Return whether the consumer's table is as the source's."""
    return queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).pulse is Pulse.IN_STEP


def together(row: Delivery) -> int | None:
    """Return for how many deliveries the log that it follows is read at once."""
    return queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).together


def slots(database: Database) -> int:
    """Return how many slots the database keeps log for."""
    found = database.run("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()")
    return int(str(found[0][0]))
