"""New rows alone: killed, cut, ended and raced, a run made again leaves exactly the rows of the source."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from hefu.dataplane.errors import AlreadyRunning, DataPlaneRefusal, SideLost
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.run import ListSink, Outcome, deliver
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Item, sign_ticket
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id
from tests.conftest import Database
from tests.connectors.place import SIGNER, Place, a_place, connection_to
from tests.faults import forked

COLUMNS = ("id", "reading", "at")


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    place = a_place(make_database)
    place.provider.run(
        "create table people (id bigint primary key, reading text, at timestamptz); insert into people "
        "select n, 'r' || n, now() - (5000 - n) * interval '1 minute' from generate_series(1, 5000) n"
    )
    return place


def orders(place: Place, number: int, ticket: Any) -> dict[str, Any]:
    return {
        "delivery": f"D-{number}", "token": sign_ticket(ticket, SIGNER), "key": SIGNER.public.as_text(),
        "source": asdict(connection_to(place.provider)), "target": asdict(connection_to(place.consumer)),
        "pages": None, "logged": True, "since": ["at", 3600],
    }  # fmt: skip


@contextmanager
def carried(order: dict[str, Any]) -> Iterator[forked.Forked]:
    with forked.Forked("carrier", order) as process:
        try:
            yield process
        finally:
            process.kill()


def waits(place: Place, word: str) -> int:
    """Wait until a carrier's statement stands before a lock of the consumer; return its session."""
    for _try in range(200):
        found = place.consumer.run(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
            f"and query ilike '%{word}%' and pid <> pg_backend_pid()"
        )
        if found:
            return int(str(found[0][0]))
        time.sleep(0.05)
    raise AssertionError("it never came that far")


def test_new_rows_come_once_whatever_ends_the_run_that_brings_them(place: Place) -> None:
    now = SystemClock().now()
    ticket = place.ticket(
        items=tuple(Item(name, name) for name in COLUMNS), filter=RowFilter(), checks=(), id=new_id(now),
        issued_at=now, valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1),
    )  # fmt: skip

    def bring(number: int) -> Outcome | DataPlaneRefusal:
        try:
            return deliver(
                delivery=f"D-{number}", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=SystemClock(),
                source=place.source, target=place.target(), rejects=ListSink(), since=Since("at", 3600),
            )  # fmt: skip
        except DataPlaneRefusal as refusal:
            return refusal

    assert isinstance(bring(1), Outcome)

    def same() -> bool:
        key = "select count(*), count(distinct id), sum(hashtextextended(people::text, 0)) from"
        return place.consumer.run(f"{key} arrived as people") == place.provider.run(f"{key} people")

    assert same()
    for number, ending in ((2, "killed"), (3, "ended by an administrator"), (4, "two at once")):
        place.provider.run(
            f"insert into people select n, 'r' || n, now() from generate_series({number}000000, {number}000099) n; "
            f"update people set reading = '{ending}', at = now() where id = {number}"
        )
        before = place.consumer.run("select watermark, runs from hefu.hefu_increment")
        with place.consumer.connect() as other, ThreadPoolExecutor(1) as beside:
            other.autocommit = False
            other.execute("lock table arrived in share mode")  # the rows are beside the table and cannot get in
            if ending == "killed":
                with carried(orders(place, number, ticket)) as process:
                    waits(place, "delete from")
                    process.kill()
                    process.wait()
            else:
                first = beside.submit(bring, number)
                session = waits(place, "delete from")
                if ending == "two at once":
                    assert isinstance(bring(number), AlreadyRunning)
                else:
                    place.consumer.run(f"select pg_terminate_backend({session})")
                    assert isinstance(first.result(30), SideLost)
            other.rollback()
        if ending == "two at once":
            outcome = first.result(30)
        else:
            assert place.consumer.run("select watermark, runs from hefu.hefu_increment") == before
            outcome = bring(number)
        assert isinstance(outcome, Outcome)
        counted = outcome.increment or {}
        assert (counted["inserted"], counted["updated"]) == (100, 1)
        assert same()
