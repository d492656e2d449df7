"""A follower of MariaDB that is killed again and again: nothing lost, nothing doubled."""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from hefu.dataplane.ticket import Ticket, sign_ticket
from hefu.kernel.clock import SystemClock
from tests.conftest import Database
from tests.connectors.place import SIGNER, a_place
from tests.connectors.test_follow_binlog import CREATE, FILL, Followed, allow, followed
from tests.connectors.test_follow_into_mysql import IntoMysql
from tests.faults import forked
from tests.mariadb import MariaDatabase, a_maria, maria, other_maria

pytestmark = pytest.mark.timeout(90)

__all__ = ["a_maria", "followed", "maria", "other_maria"]

#: Times that it is killed.
KILLS = 2


def test_a_follower_of_mariadb_that_is_killed_loses_and_doubles_nothing(
    followed: Followed, make_database: Callable[[], Database], a_maria: MariaDatabase
) -> None:
    """KILL: fault 1 of the list, for the channel of MySQL's log."""
    ticket = replace(followed.ticket(), valid_until=SystemClock().now() + timedelta(days=1))
    leaving = threading.Event()

    def write() -> None:
        chance, number = random.Random(5), 2000
        connection = a_maria.server.connect(a_maria.name)
        with connection.cursor() as cursor:
            while not leaving.wait(0.02):
                number += 1
                cursor.execute("begin")
                cursor.execute(
                    "insert into people (id, name, phone, division) values (%s, '王', '13900000001', '511702')",
                    (number,),
                )
                cursor.execute("update people set income = income + 1 where id %% 7 = %s", (chance.randrange(7),))
                cursor.execute("delete from people where id = %s", (chance.randrange(2000, number),))
                cursor.execute(chance.choice(("commit", "commit", "commit", "rollback")))
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counted = []
        for _time in range(KILLS):
            with _follower(followed, ticket) as process:
                until = time.monotonic() + 20
                changes = 0
                while time.monotonic() < until and not changes > (counted[-1] if counted else 0):
                    told = json.loads(process.stdout.readline())
                    assert "refused" not in told, told
                    changes = told["changes"]
                counted.append(changes)
    finally:
        leaving.set()
        writer.join()
    assert counted == sorted(counted)
    then = followed.follow(ticket)
    assert then.copied == ""
    assert followed.rows() == followed.copied(ticket)


def test_one_that_is_killed_while_it_writes_into_mariadb_leaves_what_was_there(
    make_database: Callable[[], Database], a_maria: MariaDatabase, other_maria: MariaDatabase
) -> None:
    """KILL: for changes on their way into MySQL."""
    a_maria.run(CREATE)
    a_maria.run(f"{FILL} limit 9")
    allow(a_maria)
    plain = a_place(make_database)
    into = IntoMysql(plain.provider, plain.consumer, maria=other_maria)
    followed = Followed(into, a_maria)
    ticket = replace(followed.ticket(), valid_until=SystemClock().now() + timedelta(days=1))
    followed.follow(ticket)
    held = "select lsn, changes from hefu_followed"
    before = followed.rows(), other_maria.run(held)
    a_maria.run("update people set income = 7")
    waits = (
        "select count(*) from information_schema.innodb_trx where trx_state = 'LOCK WAIT' and trx_query like "
        f"'%%{other_maria.name}%%'"
    )
    ours = other_maria.server.connect(other_maria.name)
    with contextlib.closing(ours), ours.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("select max(id) from arrived for update")
        with _follower(followed, ticket, into="mysql") as process:
            until = time.monotonic() + 20
            while other_maria.run(waits) == [(0,)]:
                assert time.monotonic() < until
                time.sleep(0.02)
            process.kill()
            assert process.wait(10) < 0
        ours.rollback()
    assert (followed.rows(), other_maria.run(held)) == before
    assert followed.follow(ticket).copied == ""
    assert followed.rows() == followed.copied(ticket) != before[0]


@contextmanager
def _follower(followed: Followed, ticket: Ticket, **more: str) -> Iterator[forked.Forked]:
    orders = {
        "delivery": "D-7", "token": sign_ticket(ticket, SIGNER), "key": SIGNER.public.as_text(), "once": False,
        "kind": "mysql", "source": asdict(followed.source.connection),
        "target": asdict(followed.place.target().connection), **more,
    }  # fmt: skip
    with forked.Forked("follower", orders) as process:
        try:
            yield process
        finally:
            process.kill()
