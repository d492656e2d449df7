"""A consumer's table of MySQL held against its source, and what differs mended alone."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hefu.dataplane import compare as compare_
from hefu.dataplane import compare_mysql
from hefu.dataplane.checks import NotNull
from hefu.dataplane.compare import compare
from hefu.dataplane.compared import Compared
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.postgres.connection import default_policy
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.errors import AlreadyRunning, SideRefused
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place
from tests.mariadb import MariaDatabase

NAMES = ("id", "born", "at", "moment", "income", "marks", "raw", "yes", "far")
ITEMS = (Item("name", "name", mask=Cover(first=1)), *(Item(name, name) for name in NAMES))


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    place = a_place(make_database)
    place.provider.run(
        "create table people (id bigint primary key, name text, division text, born date, at timestamp, "
        "moment timestamptz, income numeric(12,2), marks int[], raw bytea, yes boolean, far double precision); "
        "insert into people select n, case when n % 50 = 0 then null else '王' || n || E'\\'\\\\\"' end, "
        "'51170' || 2 + n % 3, date '1990-01-01' + n, timestamp '2026-01-01' + n * interval '1.5 s', "
        "timestamptz '2026-01-01 00:00+08' + n * interval '1 h', n * 1.5, array[n, null], "
        "decode('00ff', 'hex'), n % 2 = 0, n / 3.0 from generate_series(1, 300) n"
    )
    return place


@pytest.mark.parametrize("far", [False, True], ids=["told by digests", "read whole"])
def test_what_differs_in_a_table_of_mysql_is_found_named_and_mended_alone(
    far: bool, place: Place, a_maria: MariaDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = MysqlTarget(a_maria.connection, "arrived", "t")
    ticket = a_ticket(place, items=ITEMS if far else ITEMS[:-1])
    place.deliver("D-1", ticket=ticket, target=target)
    if not far:
        monkeypatch.setattr(compare_mysql._Comparing, "_stage", None)  # nothing is brought of tables that agree
    found = held(place, ticket, target)
    monkeypatch.undo()
    assert found.agrees
    assert found.source == found.target
    assert found.source.rows == a_maria.run("select count(*) from arrived")[0][0] == 196
    assert found.source.sums["income"] == f"{a_maria.run('select sum(income) from arrived')[0][0].normalize():f}"

    a_maria.run("delete from arrived where id in (3, 4)")
    a_maria.run("update arrived set income = income + 1 where id = 6")
    a_maria.run("update arrived set marks = null where id = 9")
    if not far:  # of a second unique key: two rows have each other's moment
        moments = dict(a_maria.run("select id, moment from arrived where id in (15, 18)"))
        a_maria.run("update arrived set moment = null where id = 15")
        a_maria.run("update arrived set moment = %s where id = 18", (moments[15],))
        a_maria.run("update arrived set moment = %s where id = 15", (moments[18],))
        a_maria.run("alter table arrived add unique key (moment)")
    a_maria.run("insert into arrived (id, name) values (999999, '不速之客')")
    place.provider.run("update people set division = '511799' where id = 12")  # no longer granted
    found = held(place, ticket, target)
    assert {(gap.kind, *gap.key) for gap in found.gaps} == {
        ("missing", "3"), ("missing", "4"), ("extra", "12"), ("extra", "999999"), ("different", "6"),
        ("different", "9"), *((("different", "15"), ("different", "18")) if not far else ()),
    }  # fmt: skip
    assert found.missing == 2
    assert (found.extra, found.different) == (2, 2 if far else 4)
    assert found.source.digest != found.target.digest
    assert held(place, ticket, target, mend=True).mended == Counts(inserted=2, updated=found.different, deleted=2)
    assert held(place, ticket, target).agrees


def test_a_table_that_folds_letters_and_values_is_compared_as_it_holds_them(
    a_maria: MariaDatabase, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_maria.run("create table source (code varchar(9) primary key, far float, at datetime(3)) character set utf8mb4 "
                "collate utf8mb4_bin")  # fmt: skip
    a_maria.run("insert into source values ('a', 0.1, '2026-01-01 10:00:00.120'), ('B', 1e10, null), ('c', 2, null)")
    a_maria.run("create table arrived (code varchar(9) collate utf8mb4_general_ci, far double, at datetime(6))")
    ticket = a_ticket(
        place, items=tuple(Item(name, name) for name in ("code", "far", "at")), key=("code",), checks=(),
        filter=RowFilter(()), resource=ResourceRef("s", ResourceKind.MYSQL_TABLE, a_maria.name, "source"),
    )  # fmt: skip
    target = MysqlTarget(a_maria.connection, "arrived", "t")
    source = MysqlSource(a_maria.connection)
    place.deliver("D-1", ticket=ticket, source=source, target=target)  # type: ignore[arg-type]
    assert held(place, ticket, target, source=source).agrees
    a_maria.run("update arrived set code = 'b' where code = 'B'")
    a_maria.run("insert into arrived values ('c', 2, null)")
    found = held(place, ticket, target, source=source)
    assert {(gap.kind, gap.key) for gap in found.gaps} == {
        ("missing", ("B",)), ("extra", ("b",)), ("extra", ("c",))
    }  # fmt: skip
    with pytest.raises(SideRefused):  # of two rows with one key none is the right one
        held(place, ticket, target, source=source, mend=True)
    a_maria.run("delete from arrived where code = 'c' limit 1")
    there = MysqlReceiver(target, default_policy)
    assert there.lock("D-2") is None
    with pytest.raises(AlreadyRunning):
        held(place, ticket, target, source=source, mend=True)
    there.close()
    # Locked from before the source is looked at, so that nothing newer than that is set back.
    seen: list[str | None] = []
    looks = compare_.opened

    def opened(*given: Any, **more: Any) -> Any:
        with contextlib.closing(MysqlReceiver(target, default_policy)) as other:
            seen.append(other.lock("D-2"))
        return looks(*given, **more)

    monkeypatch.setattr(compare_, "opened", opened)
    mended = held(place, ticket, target, source=source, mend=True).mended
    assert seen == [f"table {target.name}"]
    assert mended == Counts(inserted=1, deleted=1)
    assert {row[0] for row in a_maria.run("select code from arrived")} == {"a", "B", "c"}
    a_maria.run("drop table arrived")
    with pytest.raises(SideRefused, match="gone"):
        held(place, ticket, target, source=source)


def a_ticket(place: Place, **changes: Any) -> Ticket:
    plain: dict[str, Any] = {
        "items": ITEMS, "filter": RowFilter((OneOf("division", ("511702", "511703")),)), "checks": (NotNull("name"),)
    }  # fmt: skip
    return place.ticket(**plain | changes)


def held(place: Place, ticket: Ticket, target: MysqlTarget, **more: Any) -> Compared:
    ticket = replace(ticket, target=TargetRef("t", target.table))
    given = {"source": place.source} | more
    return compare(
        delivery="D-1", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=FixedClock(NOW), target=target,
        **given,
    )  # fmt: skip
