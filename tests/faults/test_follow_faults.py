"""Changes under load, the follower killed and cut off: nothing lost, nothing twice, nothing shown half."""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hefu.dataplane.capture.follow import slot_name, stop_following
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.ticket import Item, sign_ticket
from hefu.kernel.clock import SystemClock
from tests.conftest import Database
from tests.connectors.place import SIGNER, Place, a_place, connection_to
from tests.faults import forked
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ACCOUNTS = 500
TOTAL = ACCOUNTS * 1000
SAME = "select count(*), sum(balance), md5(string_agg(t::text, ';' order by id)) from {} as t"
DELIVERY = "D-9"


@dataclass
class Bank:
    """Accounts whose balances add up to the same at every moment: a target that shows half a transaction shows it."""

    place: Place
    token: str

    def orders(self, *, once: bool, port: int | None = None) -> dict[str, Any]:
        target = connection_to(self.place.consumer)
        return {
            "delivery": DELIVERY, "token": self.token, "key": SIGNER.public.as_text(), "once": once,
            "source": asdict(connection_to(self.place.provider)),
            "target": asdict(replace(target, host="127.0.0.1", port=port) if port else target),
        }  # fmt: skip

    def follow_once(self) -> str:
        return forked.run("follower", self.orders(once=True))

    @contextmanager
    def follower(self, port: int | None = None) -> Iterator[forked.Forked]:
        with forked.Forked("follower", self.orders(once=False, port=port)) as process:
            try:
                yield process
            finally:
                process.kill()

    def position(self) -> str:
        return str(self.place.consumer.run("select lsn::text || changes from hefu.hefu_followed")[0][0])

    def moved(self, before: str) -> bool:
        return self.position() != before


@pytest.fixture
def bank(make_database: Callable[[], Database]) -> Iterator[Bank]:
    place = a_place(make_database)
    place.provider.run("create table people (id bigint primary key, balance bigint, owner text)")
    place.provider.run(f"insert into people select n, 1000, '王' || n from generate_series(1, {ACCOUNTS}) n")
    now = SystemClock().now()
    ticket = place.ticket(
        items=(Item("id", "id"), Item("balance", "balance"), Item("owner", "owner")), filter=RowFilter(()), checks=(),
        issued_at=now, valid_from=now, valid_until=now + timedelta(days=1),
    )  # fmt: skip
    yield Bank(place, sign_ticket(ticket, SIGNER))
    stop_following(delivery=DELIVERY, source=place.source, target=place.target())


@contextmanager
def transfers(provider: Database) -> Iterator[list[int]]:
    """Move money between accounts, open and close them, until the block ends; a list of one count of transactions.

    A few hundred a second: more would only have to be caught up with.
    """
    chance, stop, done = random.Random(23), threading.Event(), [0]

    def work() -> None:
        with provider.connect() as session:
            while not stop.wait(0.003):
                one, other = chance.sample(range(1, ACCOUNTS + 1), 2)
                with session.transaction():
                    # In one order, and an account that was closed gives and takes nothing.
                    session.execute(
                        "with gave as (update people set balance = balance - 7 where id = %s "
                        "and exists (select from people where id = %s) returning 1) "
                        "update people set balance = balance + 7 where id = %s and exists (select from gave)",
                        (one, other, other),
                    )
                    if chance.random() < 0.1:
                        session.execute("delete from people where id = %s and balance = 0", (one,))
                        session.execute("update people set id = id + 100000 where id = %s", (other,))
                        session.execute("update people set id = id - 100000 where id > 100000")
                done[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


@contextmanager
def between(database: Database, wanted: bool) -> Iterator[Proxy | None]:
    """Put a cable before a side, where it is wanted."""
    if not wanted:
        yield None
        return
    side = connection_to(database)
    proxy = Proxy(side.host, side.port)
    try:
        yield proxy
    finally:
        proxy.close()


def cut(database: Database, name: str) -> None:
    """End the follower's connections to one side."""
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and application_name = 'hefu'",
            (name,),
        )


def test_a_follower_that_is_killed_and_cut_under_load_loses_nothing_and_shows_nothing_half(bank: Bank) -> None:
    """Killed, put to sleep, cut off on both sides, and left without the answer to a commit; twice each by hand."""
    assert '"copied": "first"' in bank.follow_once()
    place, chance = bank.place, random.Random(5)
    totals = set()
    with transfers(place.provider) as done:
        for number in range(8 if os.environ.get("HEFU_ALL_FAULTS") else 4):
            before = bank.position()
            with between(place.consumer, number % 4 == 1) as proxy, bank.follower(proxy and proxy.port) as follower:
                until = time.monotonic() + 40
                while not bank.moved(before):
                    assert time.monotonic() < until
                    time.sleep(0.02)
                for _look in range(10):
                    totals |= {row[0] for row in place.consumer.run("select sum(balance) from arrived")}
                    time.sleep(0.02)
                time.sleep(chance.random() / 2)
                match number % 4:
                    case 1:
                        assert proxy
                        proxy.unanswered = (b"COMMIT", 2)
                        assert follower.wait(90) == 0
                    case 2:
                        cut(place.consumer, place.consumer.name)
                        assert follower.wait(90) == 0
                    case 3:
                        cut(place.provider, place.provider.name)
                        assert follower.wait(90) == 0
                    case _:
                        follower.send_signal(signal.SIGSTOP)
                        time.sleep(2)
                        follower.send_signal(signal.SIGCONT)
                        time.sleep(chance.random())
                        follower.kill()
                        follower.wait()
    assert totals == {TOTAL}
    last = json.loads(bank.follow_once().splitlines()[-1])
    assert last["copied"] == ""  # the copy at the beginning was the only one
    assert place.consumer.run(SAME.format("arrived")) == place.provider.run(SAME.format("people"))
    (changes, transactions) = place.consumer.run("select changes, transactions from hefu.hefu_followed")[0]
    assert transactions <= done[0] <= changes
    slot = slot_name(DELIVERY, place.target())
    assert place.provider.run(f"select active from pg_replication_slots where slot_name = '{slot}'") == [(False,)]


@pytest.mark.skipif(forked.FAKED is None, reason="libfaketime is not there")
def test_a_follower_whose_clock_jumps_loses_and_doubles_nothing(bank: Bank, tmp_path: Path) -> None:
    bank.follow_once()
    place, clock = bank.place, tmp_path / "clock"
    with forked.by_a_clock(clock, "follower", bank.orders(once=False)) as follower:
        for jump in ("+0\n", "-5h\n", "+3h\n"):
            clock.write_text(jump)
            before = bank.position()
            place.provider.run("update people set balance = balance - 1 where id = 1")
            place.provider.run("update people set balance = balance + 1 where id = 2")
            until = time.monotonic() + 60
            while not bank.moved(before):
                assert time.monotonic() < until
                assert follower.poll() is None
                time.sleep(0.02)
    last = json.loads(bank.follow_once().splitlines()[-1])
    assert last["copied"] == ""
    assert place.consumer.run(SAME.format("arrived")) == place.provider.run(SAME.format("people"))
    assert place.consumer.run("select changes from hefu.hefu_followed") == [(6,)]
