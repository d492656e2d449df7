"""A table that stays in step: what a full copy would bring, change by change, under the same ticket."""

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from hefu.dataplane.capture.follow import (
    Counts,
    Reached,
    check_followable,
    follow,
    slot_name,
    slots_of,
    stop_following,
)
from hefu.dataplane.capture.pgoutput import lsn_number
from hefu.dataplane.checks import NotNull, Pattern, UniqueKey
from hefu.dataplane.connectors.postgres.connection import default_policy
from hefu.dataplane.connectors.postgres.followed import ensure_key
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.errors import PlanRefused, Revoked, SideRefused, Stopped
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover, Hash
from hefu.dataplane.run import ListSink, Progress, Watcher
from hefu.dataplane.ticket import Item, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place

#: Slots bear the delivery's name and belong to the whole server, which processes of a test run share.
FIRST, SECOND = (f"D-{number}-{os.getpid()}" for number in (7, 8))

CREATE = """
create table people (id bigint primary key, name text, phone text, division text, born date,
                     income numeric(12,2), marks int[], story text)
"""
ITEMS = (
    Item("id", "id"), Item("name", "name", mask=Cover(first=1)), Item("phone", "phone"), Item("born", "born"),
    Item("income", "income"), Item("marks", "marks"), Item("story", "story"),
)  # fmt: skip
ROWS = RowFilter((OneOf("division", ("511702", "511703")),))
CHECKS = (NotNull("name"), Pattern("phone", "1[3-9][0-9]{9}"))
#: A grant that changes nothing about the rows.
AS_IT_IS: dict[str, object] = {
    "items": tuple(replace(item, mask=None) for item in ITEMS), "filter": RowFilter(()), "checks": ()
}  # fmt: skip


@dataclass
class Followed(Place):
    """A source whose changes are followed."""

    def grant_to_follow(self, **changes: object) -> Ticket:
        plain = {"items": ITEMS, "filter": ROWS, "checks": CHECKS} | changes
        if "followed" not in self.__dict__:
            self.__dict__["followed"] = self.ticket(**plain)
        return replace(self.__dict__["followed"], **plain)

    def follow(
        self, ticket: Ticket | None = None, *, once: bool = True, watcher: Watcher | None = None, **more: object
    ) -> Reached:
        return follow(
            delivery=FIRST, token=sign_ticket(ticket or self.grant_to_follow(), SIGNER), keys=[SIGNER.public],
            clock=FixedClock(NOW), source=self.source, target=self.target(), watcher=watcher, once=once,
            **({"rejects": ListSink()} | more),  # type: ignore[arg-type]
        )  # fmt: skip

    def copied(self, ticket: Ticket | None = None) -> list[tuple[object, ...]]:
        """Return what a full copy brings now."""
        ticket = replace(ticket or self.grant_to_follow(), target=TargetRef("t", "copied"))
        self.deliver(f"D-{time.monotonic_ns()}", ticket=ticket, target=self.target("copied"))
        return self.rows("copied")


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Iterator[Followed]:
    plain = a_place(make_database)
    place = Followed(plain.provider, plain.consumer)
    place.provider.run(CREATE)
    place.provider.run(
        "insert into people select n, '王' || n, '139' || lpad(n::text, 8, '0'), '51170' || 2 + n % 3, "
        "date '1990-01-01' + n, n * 1.5, array[n, null], repeat('长', 10) from generate_series(1, 300) n"
    )
    yield place
    stop_following(delivery=FIRST, source=place.source, target=place.target())


@dataclass
class Word:
    """A watcher that says a word when told to."""

    word: str | None = None

    def progress(self, now: Progress) -> None:
        pass

    def stop_requested(self) -> str | None:
        return self.word


@contextmanager
def following(place: Followed, ended: list[BaseException]) -> Iterator[Word]:
    """Follow in a thread until the block ends."""
    watcher = Word()

    def run() -> None:
        try:
            place.follow(once=False, watcher=watcher)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.word = watcher.word or "stopped"
        thread.join(30)
        assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


class TestChanges:
    def test_it_copies_first_and_then_takes_over_what_changed(self, place: Followed) -> None:
        first = place.follow()
        assert (first.changes, first.copied) == (0, "first")
        assert place.rows() == place.copied() != []
        for statement in (
            "insert into people values (1001, '李四', '13900000001', '511702', '2000-02-29', 1, '{1,2}', 'x')",
            "update people set name = '赵' || id, income = null where id between 10 and 20",
            "update people set division = '511799' where id = 30",  # out of the granted rows
            "update people set division = '511702' where division = '511704' and id < 60",  # into them
            "delete from people where id between 100 and 120",
            "update people set id = id + 5000 where id between 200 and 210",
            "insert into people (id, name, phone, division, story) "
            "values (1002, 'quote '' \" \\ {,}', '13900000002', '511703', E'a\\tb')",
        ):
            place.provider.run(statement)
        then = place.follow()
        assert then.copied == ""
        assert then.changes > 50
        assert place.rows() == place.copied()
        assert place.follow().changes == then.changes  # nothing new, nothing twice

    @pytest.mark.parametrize("changes", [{}, AS_IT_IS], ids=["governed", "as it is"])
    def test_whatever_happens_it_is_what_a_copy_would_bring(self, place: Followed, changes: dict[str, object]) -> None:
        chance = random.Random(11)
        ticket = place.grant_to_follow(**changes)
        place.follow(ticket)
        for _round in range(6):
            with place.provider.connect() as connection:
                for _transaction in range(8):
                    with connection.transaction():
                        for _statement in range(chance.randint(1, 6)):
                            connection.execute(_some_change(chance))
            place.follow(ticket)
            assert place.rows() == place.copied(ticket)

    def test_a_long_value_that_did_not_change_stays(self, place: Followed) -> None:
        story = "".join(chr(0x4E00 + random.Random(1).randrange(20_000)) for _ in range(1)) + "".join(
            chr(0x4E00 + n * 7919 % 20_000) for n in range(9000)
        )
        place.provider.run("alter table people alter story set storage external")
        place.provider.run(f"update people set story = '{story}' where id in (6, 7)")
        place.follow()
        place.provider.run("update people set income = 77 where id = 6")
        place.provider.run("update people set id = 7007 where id = 7")
        place.follow()
        assert place.rows() == place.copied()
        held = dict(place.consumer.run("select id, story from arrived where id in (6, 7, 7007)"))
        assert held == {key: story for key in (6, 7, 7007) if key in held}
        assert held

    def test_a_table_that_is_emptied_empties_there(self, place: Followed) -> None:
        place.follow()
        place.provider.run("truncate people")
        place.follow()
        assert place.rows() == []
        place.provider.run("insert into people values (1, '王', '13900000001', '511702')")
        place.provider.run("truncate people")
        place.provider.run("insert into people values (2, '王', '13900000001', '511702')")
        place.follow()
        assert place.rows(columns="id") == [(2,)]
        # The server describes a table anew after it was emptied; that is not lost then, however it comes over the line.
        for number in range(3, 9):
            place.provider.run("truncate people")
            place.provider.run(f"insert into people values ({number}, '王', '13900000001', '511702')")
            place.follow()
            assert place.rows(columns="id") == [(number,)]

    def test_many_new_rows_come_as_they_are_even_where_some_were_written_there_already(self, place: Followed) -> None:
        ticket = place.grant_to_follow(**AS_IT_IS)
        place.follow(ticket)
        many = "insert into people select n, '新' || n, case when n % 3 = 0 then E'a\\tb' end from generate_series{} n"
        for first in (1000, 3000):
            place.provider.run(many.format(f"({first}, {first + 800})"))
            place.provider.run("update people set story = name where id % 2 = 0")
            place.provider.run(f"delete from people where id between {first} and {first + 20}")
            if first == 3000:
                place.consumer.run("insert into arrived (id, name) values (3500, 'theirs')")
            before = place.follow(ticket)
            assert place.rows() == place.copied(ticket)
        assert place.follow(ticket).counts == before.counts

    def test_a_row_that_fails_its_checks_is_rejected_until_it_is_mended(self, place: Followed) -> None:
        rejects = ListSink()
        place.follow(rejects=rejects)
        place.provider.run("update people set phone = 'none' where id = 6")
        place.follow(rejects=rejects)
        assert [row.values["id"] for row in rejects.rows] == ["6"]
        assert (6,) not in place.rows(columns="id")
        place.provider.run("update people set phone = '13900000006' where id = 6")
        place.follow(rejects=rejects)
        assert (6,) in place.rows(columns="id")
        assert place.rows() == place.copied()

    def test_what_it_did_to_the_table_is_counted_beside_the_rows_and_survives_the_run(self, place: Followed) -> None:
        told: list[tuple[int, str]] = []
        place.follow(copied=lambda outcome, why: told.append((outcome.rows_written, why)))
        assert told == [(len(place.rows()), "first")]
        place.provider.run("insert into people values (1001, '李四', '13900000001', '511702')")
        place.provider.run("update people set income = 1 where id in (6, 7, 8)")  # 8 is not granted
        place.provider.run("update people set phone = 'none' where id = 9")
        then = place.follow()
        assert then.counts == Counts(changes=5, transactions=3, inserted=1, updated=2, deleted=1, rejected=1)
        place.provider.run("delete from people where id in (6, 7)")
        again = place.follow()
        assert again.counts - then.counts == Counts(changes=2, transactions=1, deleted=2)
        assert again.committed_at is not None
        assert again.in_step_at is not None
        assert lsn_number(again.seen) >= lsn_number(again.lsn) > lsn_number(then.lsn)

    def test_it_is_said_beforehand_whether_it_can_be_followed(self, place: Followed) -> None:
        check_followable(ticket=place.grant_to_follow(), source=place.source, target=place.target())
        with pytest.raises(PlanRefused):
            check_followable(ticket=place.grant_to_follow(key=("phone",)), source=place.source, target=place.target())
        assert slots_of(source=place.source, names=[slot_name(FIRST, place.target())]) == {}
        place.follow()
        slots = slots_of(source=place.source, names=[slot_name(FIRST, place.target())])
        assert [(slot.active, slot.lost) for slot in slots.values()] == [(False, False)]
        place.provider.run("update people set story = repeat('x', 1000)")
        assert slots_of(source=place.source, names=list(slots))[next(iter(slots))].behind > 100_000

    def test_a_hashed_key_is_followed(self, place: Followed) -> None:
        items = (Item("id", "id", mask=Hash("s", 64)), *ITEMS[1:])
        ticket = place.grant_to_follow(items=items)
        place.follow(ticket, salts={"s": "salt"})
        before = len(place.rows())
        place.provider.run("delete from people where id in (3, 4, 6)")
        place.provider.run("update people set income = 5 where id = 7")
        place.follow(ticket, salts={"s": "salt"})
        assert len(place.rows()) < before
        deliver_into = place.target("copied")
        place.deliver(
            "D-h", ticket=replace(ticket, target=TargetRef("t", "copied")), target=deliver_into, salts={"s": "salt"}
        )
        assert place.rows() == place.rows("copied")


def _some_change(chance: random.Random) -> str:
    key, other = chance.randint(1, 320), chance.randint(1, 900)
    return chance.choice(
        [
            f"insert into people values ({other}, '新{other}', '138{other:08d}', '51170{chance.randint(2, 5)}') "
            "on conflict (id) do update set name = excluded.name",
            f"update people set name = name || '。', income = {other} where id = {key}",
            f"update people set division = '51170{chance.randint(2, 5)}' where id between {key} and {key + 9}",
            f"delete from people where id between {key} and {key + 3}",
            f"update people set id = {other + 1000} where id = {key} "
            f"and not exists (select from people where id = {other + 1000})",
            f"update people set phone = null where id = {key}",
            f"update people set name = null where id = {other}",
            f"update people set story = E'a\\tb\\\\\\nc\\r' || id, marks = '{{1,null,3}}' "
            f"where id between {key} and {key + 5}",
        ]
    )


class TestRuns:
    def test_it_stays_in_step_while_it_runs_and_ends_when_told(self, place: Followed) -> None:
        ended: list[BaseException] = []
        with following(place, ended) as watcher:
            until(lambda: bool(place.consumer.run("select to_regclass('hefu.hefu_followed')")[0][0]))
            until(lambda: bool(place.consumer.run("select count(*) from hefu.hefu_followed")[0][0]))
            place.provider.run("update people set income = 42 where id = 6")
            until(lambda: place.consumer.run("select income from arrived where id = 6") == [(42,)])
            watcher.word = "revoked"
            until(lambda: bool(ended))
        assert isinstance(ended[0], Revoked)
        place.provider.run("update people set income = 43 where id = 6")
        assert place.consumer.run("select income from arrived where id = 6") == [(42,)]

    def test_a_stop_keeps_what_is_in_and_the_next_run_goes_on(self, place: Followed) -> None:
        ended: list[BaseException] = []
        with following(place, ended):
            until(lambda: place.consumer.run("select to_regclass('arrived')") != [(None,)])
        assert isinstance(ended[0], Stopped)
        place.provider.run("update people set income = 44 where id = 6")
        then = place.follow()
        assert place.rows() == place.copied()
        assert then.changes >= 1

    def test_what_others_write_meanwhile_does_not_make_the_next_run_copy_anew(self, place: Followed) -> None:
        place.provider.run("create table other (n int)")
        place.follow()
        ended: list[BaseException] = []
        with following(place, ended):
            place.provider.run("update people set income = 45 where id = 6")
            until(lambda: place.consumer.run("select income from arrived where id = 6") == [(45,)])
            for number in range(30):
                place.provider.run(f"insert into other values ({number})")
                time.sleep(0.1)
        assert isinstance(ended[0], Stopped)
        place.provider.run("update people set income = 46 where id = 6")
        then = place.follow()
        assert (then.copied, then.changes) == ("", 2)
        assert place.consumer.run("select income from arrived where id = 6") == [(46,)]

    def test_a_slot_that_is_gone_means_a_fresh_copy_that_says_why(self, place: Followed) -> None:
        place.follow()
        stop_following(delivery=FIRST, source=place.source, target=place.target())
        place.provider.run("delete from people where id < 50")
        assert "no more" in place.follow().copied
        assert place.rows() == place.copied()

    def test_another_grant_means_a_fresh_copy(self, place: Followed) -> None:
        place.follow()
        narrower = replace(place.grant_to_follow(), filter=RowFilter((OneOf("division", ("511702",)),)))
        assert "not the same" in place.follow(narrower).copied
        assert len(place.rows()) == 100

    def test_the_server_may_forget_what_is_in(self, place: Followed) -> None:
        place.follow()
        slot = slot_name(FIRST, place.target())
        kept = f"select confirmed_flush_lsn from pg_replication_slots where slot_name = '{slot}'"
        before = place.provider.run(kept)
        place.provider.run("update people set income = 1")
        place.follow()
        assert place.provider.run(kept) > before


class TestShape:
    def test_another_key_takes_the_place_of_the_one_before(self, place: Followed) -> None:
        place.consumer.run("create table arrived (id bigint, name text)")
        keys = "select indexdef from pg_indexes where tablename = 'arrived'"
        with contextlib.closing(Session(place.target().connection, "target", default_policy)) as session:
            for key in (("id",), ("id", "name"), ("id", "name")):
                ensure_key(session, place.target(), key)
        assert [row[0].rpartition("(")[2] for row in place.consumer.run(keys)] == ["id, name)"]

    def test_a_new_column_is_ignored_and_a_granted_one_that_goes_stops_it(self, place: Followed) -> None:
        place.follow()
        place.provider.run("alter table people add column weight int")
        place.provider.run("update people set weight = 3, income = 9 where id = 6")
        assert place.follow().copied == ""
        assert place.rows() == place.copied()
        place.provider.run("alter table people drop column income")
        place.provider.run("update people set weight = 4 where id = 6")
        with pytest.raises(PlanRefused) as refused:
            place.follow()
        assert [problem.code for problem in refused.value.problems] == ["plan.no_column"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"key": ("phone",)}, "plan.follow_key"),
            ({"items": (Item("id", "id", mask=Hash("s", 8)), *ITEMS[1:])}, "plan.follow_mask"),
            ({"checks": (UniqueKey(("phone",)),)}, "plan.follow_unique"),
        ],
    )
    def test_what_cannot_be_followed_is_said_before_anything_is_copied(
        self, place: Followed, changes: dict[str, object], code: str
    ) -> None:
        with pytest.raises(PlanRefused) as refused:
            place.follow(place.grant_to_follow(**changes), salts={"s": "x"})
        assert code in [problem.code for problem in refused.value.problems]
        assert place.consumer.run("select to_regclass('arrived')") == [(None,)]

    def test_a_table_without_a_key_cannot_be_followed(self, place: Followed) -> None:
        place.provider.run("alter table people drop constraint people_pkey")
        with pytest.raises(PlanRefused):
            place.follow()

    def test_whoever_may_not_read_changes_is_told_what_to_ask_for(self, place: Followed) -> None:
        user = f"{place.provider.name}_reader"
        place.provider.run(f"create role {user} login password 'x'")
        try:
            place.provider.run(f"grant select on people to {user}")
            source = replace(place.source, connection=replace(place.source.connection, user=user, password="x"))
            with pytest.raises(SideRefused, match="replication") as refused:
                follow(
                    delivery=SECOND, token=sign_ticket(place.grant_to_follow(), SIGNER), keys=[SIGNER.public],
                    clock=FixedClock(NOW), source=source, target=place.target(), rejects=ListSink(), once=True,
                )  # fmt: skip
            assert user in str(refused.value)
        finally:
            place.provider.run(f"drop owned by {user}")
            place.provider.run(f"drop role {user}")
