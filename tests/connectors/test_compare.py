"""Both sides held against each other through the grant, and what differs mended alone."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hefu.dataplane.checks import NotNull
from hefu.dataplane.compare import compare
from hefu.dataplane.compared import Compared
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover, Hash
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place
from tests.mariadb import MariaDatabase

ITEMS = (
    Item("id", "id"), Item("name", "name", mask=Cover(first=1)), Item("income", "income"), Item("born", "born"),
    Item("marks", "marks"),
)  # fmt: skip


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    place = a_place(make_database)
    place.provider.run(
        "create table people (id bigint primary key, name text, division text, born date, income numeric(12,2), "
        "marks int[]); insert into people select n, case when n % 50 = 0 then null else '王' || n end, "
        "'51170' || 2 + n % 3, date '1990-01-01' + n, n * 1.5, array[n, null] from generate_series(1, 3000) n"
    )
    return place


def a_ticket(place: Place, **changes: object) -> Ticket:
    plain: dict[str, object] = {
        "items": ITEMS, "filter": RowFilter((OneOf("division", ("511702", "511703")),)), "checks": (NotNull("name"),)
    }  # fmt: skip
    return place.ticket(**plain | changes)


def held(place: Place, ticket: Ticket, **more: object) -> Compared:
    given = {"source": place.source, "target": place.target()} | more
    return compare(
        delivery="D-1", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=FixedClock(NOW),
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_was_delivered_agrees_by_count_sum_and_digest(place: Place) -> None:
    ticket = a_ticket(place)
    place.deliver("D-1", ticket=ticket)
    found = held(place, ticket)
    assert found.agrees
    assert found.source == found.target
    assert found.source.rows == len(place.rows()) == 1960
    assert found.source.sums == dict(
        zip(
            ("id", "income"), place.consumer.run("select sum(id)::text, sum(income)::text from arrived")[0], strict=True
        )
    )


def test_only_what_differs_is_found_named_and_mended(place: Place) -> None:
    ticket = a_ticket(place)
    place.deliver("D-1", ticket=ticket)
    place.consumer.run("delete from arrived where id in (3, 4)")
    place.consumer.run("update arrived set income = income + 1 where id = 6")
    place.consumer.run("update arrived set marks = null where id = 9")
    place.consumer.run("insert into arrived (id, name) values (999999, '不速之客')")
    place.provider.run("update people set division = '511799' where id = 12")  # no longer granted
    gone = {
        str(one[0]) for one in place.provider.run("select id from people where id in (3, 4) and division < '511704'")
    }
    found = held(place, ticket)
    assert (found.missing, found.extra, found.different) == (len(gone), 2, 2)
    assert {gap.key[0] for gap in found.gaps} == gone | {"6", "9", "12", "999999"}
    assert not found.agrees
    assert found.source.digest != found.target.digest
    before = place.consumer.run("select ctid from arrived where id = 2001")
    mended = held(place, ticket, mend=True)
    assert mended.mended == Counts(inserted=len(gone), updated=2, deleted=2)
    assert held(place, ticket).agrees
    assert place.consumer.run("select ctid from arrived where id = 2001") == before  # untouched
    assert held(place, ticket, mend=True).mended == Counts()


def test_a_hashed_key_and_values_with_every_sign_are_mended(place: Place) -> None:
    ticket = a_ticket(place, items=(Item("id", "id", mask=Hash("s", 64)), *ITEMS[2:], Item("name", "name")), checks=())
    place.provider.run("update people set name = E'a\\'b\\\\ \\t,{}\"' where id in (3, 4, 6)")
    salts = {"s": "salt"}
    place.deliver("D-1", ticket=ticket, salts=salts)
    place.consumer.run("delete from arrived where name like 'a%'")
    found = held(place, ticket, salts=salts, mend=True)
    assert found.missing == found.mended.inserted > 0
    assert held(place, ticket, salts=salts).agrees
    assert not held(place, ticket, salts={"s": "another"}).agrees


def test_a_table_that_is_gone_or_rows_without_a_key_are_refused(place: Place) -> None:
    ticket = a_ticket(place)
    with pytest.raises(SideRefused, match="gone"):
        held(place, ticket)
    place.deliver("D-1", ticket=ticket)
    with pytest.raises(PlanRefused):
        held(place, replace(ticket, key=()))


def test_a_table_that_was_emptied_is_counted_whole_named_in_part_and_filled_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hefu.dataplane.compare.MOST_KEYS", 50)
    ticket = a_ticket(place)
    place.deliver("D-1", ticket=ticket)
    before = place.rows()
    place.consumer.run("delete from arrived; insert into arrived (id, name) values (9999999, '无')")
    found = held(place, ticket)
    assert (found.missing, found.extra, found.different, len(found.gaps)) == (1960, 1, 0, 50)
    mended = held(place, ticket, mend=True)
    assert (mended.mended.inserted, mended.mended.deleted) == (1960, 1)
    assert held(place, ticket).agrees
    assert sorted(place.rows(), key=repr) == sorted(before, key=repr)


@pytest.mark.parametrize("kind", ["mysql", "csv"])
def test_sources_without_such_digests_are_compared_and_mended_as_well(
    kind: str, place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rows = [(n, None if n % 50 == 0 else f"王'{n}\\\"", f"51170{2 + n % 3}", f"{n}.50") for n in range(1, 2001)]
    if kind == "mysql":
        maria: MariaDatabase = request.getfixturevalue("a_maria")
        maria.run(
            "create table people (id bigint primary key, name text, division text, income decimal(12,2)) "
            "character set utf8mb4"
        )
        marks = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
        maria.run(f"insert into people values {marks}", [cell for row in rows for cell in row])
        source: Source = MysqlSource(maria.connection)
        resource = ResourceRef("s", ResourceKind.MYSQL_TABLE, maria.name, "people")
    else:
        with (tmp_path / "people.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("id", "name", "division", "income"), *rows])
        source, resource = FolderSource(tmp_path), ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.csv")
    items = (Item("id", "id", "bigint"), ITEMS[1], Item("income", "income", "numeric(12,2)"))
    ticket = a_ticket(place, items=items, resource=resource)

    place.deliver("D-1", ticket=ticket, source=source)
    found = held(place, ticket, source=source)
    assert found.agrees
    assert found.source.rows == len([one for one in rows if one[1] and one[2] != "511704"])
    assert found.source == found.target
    place.consumer.run(
        "delete from arrived where id in (1, 3); update arrived set income = 0 where id = 6; "
        "insert into arrived (id, name) values (999999, '不速之客')"
    )
    before = place.consumer.run("select ctid from arrived where id = 1500")
    found = held(place, ticket, source=source)
    gone = 2 - ("1" not in {gap.key[0] for gap in found.gaps}) - ("3" not in {gap.key[0] for gap in found.gaps})
    assert (found.missing, found.extra, found.different) == (gone, 1, 1)
    assert held(place, ticket, source=source, mend=True).mended == Counts(inserted=gone, updated=1, deleted=1)
    assert held(place, ticket, source=source).agrees
    assert place.consumer.run("select ctid from arrived where id = 1500") == before
    with pytest.raises(PlanRefused):
        held(place, replace(ticket, key=()), source=source)
