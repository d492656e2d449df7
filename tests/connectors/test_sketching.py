"""A column's sketch is the same wherever its values lie and however they are read; nothing else leaves the table."""

from pathlib import Path

import numpy as np
import pytest

from hefu.dataplane.connectors.folder.sketching import sketch_file
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres import sketching
from hefu.dataplane.connectors.postgres.sketching import sketch_table
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.sketch import SIZE, Sketch, overlap
from tests.conftest import Database
from tests.connectors.place import connection_to

SALT = bytes(range(32))
COLUMNS = {"code": False, "amount": True, "day": False}


def same(first: Sketch, second: Sketch) -> bool:
    return np.array_equal(first.hashes, second.hashes) and first.complete == second.complete


@pytest.fixture
def filled(a_database: Database) -> Database:
    a_database.run(
        "create table firms (code text, amount numeric, day date);"
        "insert into firms select ' 91a' || n % 9000, n % 700 + 0.50, date '2000-01-01' + n % 365"
        " from generate_series(1, 30000) n;"
        "insert into firms values (null, null, null), ('', null, null), ('   ', null, null);"
        "create view seen as select * from firms"
    )
    return a_database


def test_parts_of_a_table_a_view_and_a_file_make_one_sketch(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, told = connection_to(filled), []
    monkeypatch.setattr(sketching, "PAGES", 20)
    in_parts = sketch_table(
        connection, "public", "firms", COLUMNS, SALT, go_on=lambda done, of: told.append((done, of)) or True
    )
    viewed = sketch_table(connection, "public", "seen", COLUMNS, SALT, go_on=lambda _done, _of: True)
    lines = [f"91A{n % 9000} ,{n % 700 + 0.5},2000-01-01" for n in range(1, 30001)]
    (tmp_path / "firms.csv").write_text("\n".join(["code,amount,day", *lines, ",,"]), encoding="utf-8")
    source = FolderSource(tmp_path)
    filed = sketch_file(source, "firms.csv", ["code", "amount", "none"], SALT, go_on=lambda _done, _of: True)
    assert in_parts is not None
    assert viewed is not None
    assert filed is not None
    assert all(same(in_parts[name], viewed[name]) for name in COLUMNS)
    assert list(filed) == ["code", "amount"]
    assert all(same(in_parts[name], filed[name]) for name in filed)
    assert (in_parts["amount"].distinct, in_parts["day"].distinct) == (700, 365)
    assert in_parts["code"].distinct == pytest.approx(9000, rel=0.1)
    assert len(in_parts["code"].hashes) == SIZE
    assert len(told) > 5
    assert told[-1][0] == told[-1][1]


def test_two_tables_overlap_as_far_as_their_values_do(filled: Database) -> None:
    filled.run("create table payers as select '91A' || n as code from generate_series(4500, 13499) n")
    connection = connection_to(filled)
    first = sketch_table(connection, "public", "firms", {"code": False}, SALT, go_on=lambda _d, _o: True)
    second = sketch_table(connection, "public", "payers", {"code": False}, SALT, go_on=lambda _d, _o: True)
    assert first is not None
    assert second is not None
    found = overlap(first["code"], second["code"])
    assert found.both.low <= 1 / 3 <= found.both.high
    assert found.contained.low <= 0.5 <= found.contained.high


@pytest.mark.parametrize("table", ["firms", "seen"])
def test_it_stops_when_told(filled: Database, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketching, "PAGES", 20)
    asked: list[int] = []

    def once(done: int, _of: int) -> bool:
        asked.append(done)
        return False

    assert sketch_table(connection_to(filled), "public", table, COLUMNS, SALT, go_on=once) is None
    assert len(asked) == 1


def test_an_empty_table_and_one_that_is_not_there(a_database: Database) -> None:
    a_database.run("create table firms (code text)")
    connection = connection_to(a_database)
    found = sketch_table(connection, "public", "firms", {"code": False}, SALT, go_on=lambda _d, _o: True)
    assert found is not None
    assert (found["code"].distinct, found["code"].complete) == (0, True)
    with pytest.raises(SideRefused):
        sketch_table(connection, "public", "gone", {"code": False}, SALT, go_on=lambda _d, _o: True)
