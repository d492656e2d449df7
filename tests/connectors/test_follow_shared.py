"""Several consumers of one source: its log is read once for all, and none of them holds up or harms another."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest

from hefu.dataplane.capture.follow import Reached, follow, slot_name, stop_following
from hefu.dataplane.capture.shared import Captures
from hefu.dataplane.errors import Revoked, Stopped
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.run import ListSink, Progress
from hefu.dataplane.ticket import Item, TargetRef, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place


def delivery_of(table: str) -> str:
    """Return a delivery's name; its slot bears it, and the server is shared with other processes of a test run."""
    return f"{table}-{os.getpid()}"


SAME = "select count(*), md5(string_agg(t::text, ';' order by id)) from {} as t"


@dataclass
class Consumer:
    """One that follows in a thread; its delivery bears its table's name."""

    place: Place
    table: str
    source: str
    now: Reached | None = None
    word: str | None = None
    ended: list[BaseException] = field(default_factory=list)

    def progress(self, now: Progress) -> None:
        pass

    def stop_requested(self) -> str | None:
        return self.word

    def run(self, captures: Captures) -> None:
        items = tuple(Item(name, name) for name in ("id", "name", "note"))
        ticket = self.place.ticket(items=items, filter=RowFilter(()), checks=(), target=TargetRef("t", self.table))
        ticket = replace(ticket, resource=replace(ticket.resource, table=self.source))
        try:
            follow(
                delivery=delivery_of(self.table), token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public],
                clock=FixedClock(NOW),
                source=self.place.source, target=self.place.target(self.table), rejects=ListSink(), watcher=self,  # type: ignore[arg-type]
                reached=self.take_note, captures=captures,
            )  # fmt: skip
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.ended.append(error)

    def take_note(self, now: Reached) -> None:
        self.now = now

    @property
    def together(self) -> int:
        return self.now.together if self.now else 0

    def is_same(self) -> bool:
        return self.place.consumer.run(SAME.format(self.table)) == self.place.provider.run(SAME.format(self.source))


@contextmanager
def running(captures: Captures, consumer: Consumer) -> Iterator[Consumer]:
    thread = threading.Thread(target=consumer.run, args=(captures,))
    thread.start()
    try:
        yield consumer
    finally:
        consumer.word = consumer.word or "stopped"
        thread.join(90)
        assert not thread.is_alive()


def until(true: Callable[[], object], seconds: float = 90) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Iterator[Place]:
    place = a_place(make_database)
    for table in ("people", "houses"):
        place.provider.run(f"create table {table} (id bigint primary key, name text, note text)")
        place.provider.run(f"insert into {table} select n, '王' || n, 'x' from generate_series(1, 200) n")
    yield place
    for table in ("one", "two", "three", "four"):
        stop_following(delivery=delivery_of(table), source=place.source, target=place.target(table))


def test_many_read_once_and_a_slow_a_revoked_and_a_broken_one_touch_nobody_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hefu.dataplane.capture.shared.MOST_WAITING", 40_000)
    monkeypatch.setattr("hefu.dataplane.capture.shared.PATIENCE", 0.2)
    monkeypatch.setattr("hefu.dataplane.capture.shared.ADVANCE_EVERY", 0.3)
    monkeypatch.setattr("hefu.dataplane.capture.shared.AGAIN", 0.3)
    captures = Captures()
    one, two, three, four = (
        Consumer(place, name, source)
        for name, source in (("one", "people"), ("two", "people"), ("three", "houses"), ("four", "people"))
    )
    readers = "select count(*) from pg_replication_slots where active and database = current_database()"
    with ExitStack() as all_running:
        for consumer in (one, two, three):
            all_running.enter_context(running(captures, consumer))
        until(lambda: one.together == two.together == three.together == 3)
        assert place.provider.run(readers) == [(1,)]  # one stream, whoever follows

        def change(note: str) -> None:
            for table in ("people", "houses"):
                place.provider.run(f"update {table} set note = '{note}' where id % 2 = 0")
                place.provider.run(f"insert into {table} select max(id) + 1, 'new', '{note}' from {table}")
                place.provider.run(f"update {table} set id = id + 10000 where id = (select min(id) from {table})")
                place.provider.run(f"delete from {table} where id = (select min(id) from {table})")

        change("first")
        until(lambda: one.is_same() and two.is_same() and three.is_same())

        # One whose table is locked is left to itself; the others are not held up, and it loses nothing.
        with place.consumer.connect() as session, session.transaction():
            session.execute("lock table two in access exclusive mode")
            for number in range(12):
                change("long " * 20 + str(number))
            until(lambda: one.is_same() and three.is_same(), 60)
            until(lambda: one.together == three.together == 2, 60)
        until(two.is_same)
        until(lambda: one.together == two.together == three.together == 3)

        # The stream is cut: everybody goes on, and they read together again.
        place.provider.run(
            "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name like 'hefu_all_%'"
        )
        change("second")
        until(lambda: one.is_same() and two.is_same() and three.is_same())

        # A new one copies first, and comes in without a gap while rows change.
        all_running.enter_context(running(captures, four))
        for number in range(10):
            change(f"third {number}")
        until(lambda: four.now is not None and four.is_same() and one.is_same() and two.is_same() and three.is_same())
        until(lambda: {one.together, two.together, three.together, four.together} == {4})

        # However often each changed from one reading to the other, it took every change over once.
        names = ", ".join(f"'{delivery_of(table)}'" for table in ("one", "two", "three"))
        counted = f"select changes, transactions from hefu.hefu_followed where delivery in ({names})"
        until(lambda: len({*place.consumer.run(counted)}) == 1)

        # A revoked one stops, alone and at once.
        two.word = "revoked"
        assert until(lambda: two.ended) < 2
        assert isinstance(two.ended[0], Revoked)
        change("after")
        until(lambda: one.is_same() and three.is_same() and four.is_same())
        assert not two.is_same()

        # What is safe at its consumer is let go by each slot, though nobody reads it.
        slot = slot_name(delivery_of("one"), place.target("one"))
        kept = f"select confirmed_flush_lsn from pg_replication_slots where slot_name = '{slot}'"
        before = place.provider.run(kept)
        change("again")
        until(lambda: place.provider.run(kept) > before)
    assert {type(consumer.ended[0]) for consumer in (one, three, four)} == {Stopped}
    assert len(captures) == 0
