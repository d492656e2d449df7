"""New and changed rows alone into MySQL: rows and watermark in one transaction, whatever ends a run."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from hefu.dataplane.connectors.address import default_policy
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.errors import PlanRefused, SideLost, SideRefused
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.masks import Hash
from hefu.dataplane.run import check_since
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Item
from hefu.kernel.clock import FixedClock
from tests.connectors.place import NOW, Place
from tests.connectors.test_increment import HOUR, a_ticket, bring, place, told
from tests.mariadb import MariaDatabase

__all__ = ["place"]


def held(database: MariaDatabase) -> list[tuple[object, ...]]:
    return sorted(
        (row for row in database.run("select id, station, cast(pm as char), cast(at as char) from arrived")), key=repr
    )


def there(place: Place) -> list[tuple[object, ...]]:
    form = "select id, station, pm::text, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US') from people"
    return sorted(place.provider.run(f"{form} where station ilike 'a'"), key=repr)


def line(database: MariaDatabase) -> list[tuple[object, ...]]:
    return database.run("select plan, watermark, runs from hefu_increment")


def staged(database: MariaDatabase) -> int:
    return len(database.run("show tables like 'hefu\\\\_stage%'"))


def test_rows_come_once_and_a_run_that_ends_leaves_rows_and_watermark_together(
    place: Place, a_maria: MariaDatabase
) -> None:
    into: dict[str, Any] = {"target": MysqlTarget(a_maria.connection, "arrived", "t")}
    assert told(bring(place, 1, **into)) == (90, 90, 0, 0, 0)
    assert held(a_maria) == there(place)
    now = f"timestamptz '{NOW.isoformat()}'"
    place.provider.run(
        # Ahead; at the border; late inside the overlap; nobody knows when; changed.
        f"insert into people values (101, 'a', 1, {now} + interval '5 minutes'), (102, 'a', 2, {now}), "
        f"(103, 'a', 3, {now} - interval '59 minutes'), (104, 'a', 4, null), (105, 'b', 5, {now}); "
        f"update people set pm = 0.5, at = {now} where id = 7"
    )
    second = bring(place, 6, **into)
    assert told(second)[1:] == (4, 1, second.rows_written - 5, 1)
    assert (second.rows_written < 70, second.published, staged(a_maria)) == (True, "merged", 0)
    assert held(a_maria) == there(place)
    assert replace(bring(place, 6, **into), seconds={}) == replace(second, seconds={}, repeated=True)
    # A row from the future moves no watermark, and a clock that goes back inside the overlap hides nothing.
    place.provider.run(
        f"insert into people values (106, 'a', 6, {now} + interval '300 days'), "
        f"(107, 'a', 7, {now} - interval '50 minutes')"
    )
    assert told(bring(place, 7, **into))[1:3] == (2, 0)
    # Ended by the administrator while it waits to merge: neither a row nor the watermark, and the next run brings all.
    place.provider.run(f"insert into people values (108, 'a', 8, {now} + interval '8 minutes')")
    before = line(a_maria), held(a_maria)
    other = a_maria.server.connect(a_maria.name)
    other.autocommit(False)
    with other.cursor() as cursor, ThreadPoolExecutor(1) as beside:
        cursor.execute("select count(*) from arrived for update")
        running = beside.submit(bring, place, 8, **into)
        for _try in range(200):
            waiting = a_maria.run(
                "select id from information_schema.processlist where user = %s and info like 'delete fresh%%'",
                (a_maria.connection.user,),
            )
            if waiting:
                break
            time.sleep(0.05)
        a_maria.run(f"kill {waiting[0][0]}")
        with pytest.raises(SideLost):
            running.result(30)
        other.rollback()
    other.close()
    assert (line(a_maria), held(a_maria), staged(a_maria)) == (*before, 1)
    assert told(bring(place, 8, **into))[1:3] == (1, 0)
    assert (held(a_maria), staged(a_maria)) == (there(place), 0)
    # Emptied, or filled by another grant: the whole table, and it says why.
    a_maria.run("delete from arrived")
    assert (bring(place, 9, **into).increment or {})["whole"] == "emptied"
    bring(place, 10, None, ticket=a_ticket(place, id=place.ticket().id), **into)
    assert (bring(place, 11, **into).increment or {})["whole"] == "changed"
    assert held(a_maria) == there(place)


def test_a_key_needs_a_length_and_texts_that_differ_in_case_are_told_apart(
    place: Place, a_maria: MariaDatabase
) -> None:
    place.provider.run(
        "alter table people add code text, add short varchar(768); "
        "update people set code = 'c' || id, short = 'c' || id"
    )
    target = MysqlTarget(a_maria.connection, "arrived", "t")

    def by_code(code: Item) -> dict[str, Any]:
        items = (code, Item("station", "station"), Item("at", "at"))
        return {"ticket": a_ticket(place, items=items, key=(code.column,), filter=RowFilter()), "target": target}

    for item, fits in (
        (Item("code", "code"), False),
        (Item("short", "code"), True),
        (Item("code", "code", mask=Hash("s")), True),
    ):
        asked: dict[str, Any] = {
            "source": place.source,
            "since": HOUR,
            "clock": FixedClock(NOW),
            "policy": default_policy,
        }
        if fits:
            assert check_since(**by_code(item), **asked)
        else:
            with pytest.raises(PlanRefused, match="has no length of at most 768"):
                check_since(**by_code(item), **asked)
            with pytest.raises(PlanRefused, match="has no length of at most 768"):
                bring(place, 1, **by_code(item))
            assert not a_maria.run("show tables like 'arrived'")
    both = {"ticket": a_ticket(place, items=(Item("short", "code"), Item("station", "station"), Item("at", "at")),
                               key=("short", "at"), filter=RowFilter()), "target": target}  # fmt: skip
    a_maria.run("create table arrived (code varchar(768), station text, at datetime(6)) character set utf8mb4")
    for _table in ("the office's own", "made by the delivery"):
        with pytest.raises(PlanRefused, match="the 2 key items take 3080 bytes together"):
            check_since(**both, **asked)
        a_maria.run("drop table if exists arrived")
    hashed = by_code(Item("code", "code", mask=Hash("s"))) | {"salts": {"s": "x" * 32}}
    assert told(bring(place, 2, **hashed))[:2] == (100, 100)
    assert told(bring(place, 3, **hashed))[1:4:2] == (0, 61)
    # The consumer's own table, whose collation takes 'a' and 'A' for one.
    a_maria.run("drop table arrived")
    a_maria.run("create table arrived (code varchar(768), station text, at datetime(6)) collate utf8mb4_general_ci")
    by = by_code(Item("short", "code"))
    assert told(bring(place, 4, **by))[:2] == (100, 100)
    place.provider.run("update people set station = 'A' where id = 99")
    assert told(bring(place, 5, **by))[1:3] == (0, 1)
    assert a_maria.run("select station from arrived where code = 'c99'") == [("A",)]
    place.provider.run("update people set short = 'C99' where id = 98")
    with pytest.raises(SideRefused, match="two rows bear the same key"):
        bring(place, 6, **by)
    a_maria.run("delete from hefu_position")  # now nobody knows who put the rows there
    with pytest.raises(SideRefused, match="not delivered here"):
        bring(place, 7, **by)


def test_every_kind_of_value_that_is_there_already_is_known(place: Place, a_maria: MariaDatabase) -> None:
    place.provider.run(
        "create table kinds (id int primary key, f double precision, r real, b boolean, d date, t timestamp, "
        "n numeric, y bytea, j jsonb, x text[], at int); insert into kinds values (1, 0.1, 0.1, true, '2020-02-29', "
        "'2020-01-01 01:02:03.5', 1.50, '\\xff00', '{\"a\": 1}', '{a,b}', 1), (2, null, null, null, null, null, null, "
        "null, null, null, 1)"
    )
    names = ("id", "f", "r", "b", "d", "t", "n", "y", "j", "x", "at")
    base = a_ticket(place, items=tuple(Item(name, name) for name in names), filter=RowFilter())
    ticket = replace(base, resource=replace(base.resource, table="kinds"))
    into: dict[str, Any] = {"target": MysqlTarget(a_maria.connection, "arrived", "t"), "ticket": ticket}
    assert told(bring(place, 1, Since("at", 5), **into))[:2] == (2, 2)
    assert told(bring(place, 2, Since("at", 5), **into)) == (2, 0, 0, 2, 0)
