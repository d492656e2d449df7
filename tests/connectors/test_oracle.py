"""What reads Oracle and Dameng, run over another database of the same calls; and the guard of their drivers."""

import socket
import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hefu.dataplane.checks import NotNull
from hefu.dataplane.connectors.dameng.dialect import TONGUE
from hefu.dataplane.connectors.oracle.dialect import TONGUE as ORACLE
from hefu.dataplane.connectors.oracle.guard import only_to
from hefu.dataplane.connectors.oracle.session import CatalogueSession
from hefu.dataplane.connectors.oracle.source import DamengSource
from hefu.dataplane.connectors.oracle.tongue import Connection
from hefu.dataplane.errors import AddressRefused, PlanRefused, SideRefused
from hefu.dataplane.filters import Equals, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.sides import inspected, profiled, tables
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef
from tests.conftest import Database
from tests.connectors.place import a_place

CATALOGUE = """
create table all_objects (owner, object_name, object_type);
create table all_tables (owner, table_name, num_rows);
create table all_tab_comments (owner, table_name, comments);
create table all_col_comments (owner, table_name, column_name, comments);
create table all_constraints (owner, table_name, constraint_name, constraint_type, status);
create table all_cons_columns (owner, constraint_name, column_name, position);
create table all_tab_columns
    (owner, table_name, column_name, data_type, char_length, data_precision, data_scale, nullable, column_id);
insert into all_objects values ('HR', 'ORDER', 'TABLE'), ('HR', 'ORDER', 'MATERIALIZED VIEW'), ('SYS', 'X', 'TABLE');
insert into all_tab_comments values ('HR', 'ORDER', '人员');
insert into all_constraints values ('HR', 'ORDER', 'PK', 'P', 'ENABLED');
insert into all_cons_columns values ('HR', 'PK', 'ID', 1);
insert into all_tab_columns values
    ('HR', 'ORDER', 'ID', 'INT', 0, 10, 0, 'N', 1), ('HR', 'ORDER', 'level', 'VARCHAR', 10, null, null, 'Y', 2),
    ('HR', 'ORDER', 'CODE', 'CHAR', 4, null, null, 'Y', 3), ('HR', 'ORDER', 'RAW', 'BLOB', 0, null, null, 'Y', 4),
    ('HR', 'ORDER', 'WHEN', 'INTERVAL DAY TO SECOND', 0, null, null, 'Y', 5);
create table hr."ORDER" ("ID" integer, "level" text, "CODE" text, "RAW" blob, "WHEN" text);
insert into hr."ORDER" values (1, '欧阳', 'a   ', x'00ff', '1'), (2, null, 'a', null, '2'), (3, '', 'b', null, '3');
"""


@pytest.fixture
def source() -> DamengSource:
    """A source whose driver is the standard library's of SQLite, with the catalogue's views as tables."""

    def connect(driver: Any, connection: Connection, address: str) -> sqlite3.Connection:
        made = sqlite3.connect(":memory:", check_same_thread=False)
        made.execute("attach ':memory:' as hr")
        made.executescript(CATALOGUE)
        return made

    tongue = replace(TONGUE, driver=lambda: sqlite3, connect=connect, version="select 'DM 8'")
    return DamengSource(Connection("127.0.0.1", 5236, "HR", "u", "p", "disable", "Dameng"), tongue)


def test_a_table_is_listed_looked_at_and_delivered_like_those_of_every_source(
    source: DamengSource, make_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    (listed,) = tables(source)
    assert (listed.schema, listed.table, listed.kind, listed.comment) == ("HR", "ORDER", "materialized view", "人员")
    facts = inspected(source, "HR", "ORDER")
    assert facts.primary_key == ("ID",)
    assert [column.not_carried is not None for column in facts.columns] == [False, False, False, False, True]
    monkeypatch.setattr("hefu.dataplane.connectors.oracle.inspection.profile_query", _without_rownum)
    assert {one.name: one.empty for one in profiled(source, "HR", "ORDER")}["level"] == 2

    place = a_place(make_database)
    items = (Item("ID", "id"), Item("level", "level", mask=Cover(first=1)), Item("CODE", "code"), Item("RAW", "raw"))
    ticket = place.ticket(
        resource=ResourceRef("s", ResourceKind.DAMENG_TABLE, "HR", "ORDER"),
        items=items,
        key=("ID",),
        checks=(NotNull("level"),),
        filter=RowFilter(),
    )
    outcome = place.deliver(ticket=ticket, source=source)  # type: ignore[arg-type]
    assert place.rows() == [(1, "欧*", "a", b"\x00\xff"), (3, "", "b", None)]  # an empty text is a text there
    assert (outcome.rows_read, outcome.rejected) == (3, {"not_null(level)": 1})
    # The spaces of a CHAR are no part of it, whatever the server thinks of them.
    only = replace(ticket, filter=RowFilter((Equals("CODE", "a"),)))
    assert place.deliver("D-2", ticket=only, source=source).rows_read == 2  # type: ignore[arg-type]
    with pytest.raises(PlanRefused, match="INTERVAL"):
        place.deliver("D-3", ticket=replace(ticket, items=(*items, Item("WHEN", "w"))), source=source)  # type: ignore[arg-type]
    with pytest.raises(SideRefused, match="no table"):
        inspected(source, "HR", "order")


def _without_rownum(_tongue: object, _table: object, names: list[str]) -> str:
    return f'select {", ".join(f"{chr(34)}{name}{chr(34)}" for name in names)} from hr."ORDER"'


def test_an_address_that_is_closed_is_not_reached(source: DamengSource) -> None:
    with pytest.raises(AddressRefused):
        tables(source, lambda host, address, port: "closed")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_driver_is_kept_to_the_address_that_was_allowed(listener: socket.socket) -> None:
    host, port = listener.getsockname()

    def reach() -> None:
        with socket.socket() as made:
            made.connect((host, port))

    with only_to(host, port):
        reach()
    for other in ((host, port - 1), ("192.0.2.1", port)):
        with only_to(*other), pytest.raises(AddressRefused, match="another address"):
            reach()
    reach()  # and free again afterwards


def test_a_listener_that_sends_the_driver_elsewhere_is_not_obeyed(listener: socket.socket) -> None:
    pytest.importorskip("oracledb", reason="the driver is not among Hefu's libraries; install it to run this")
    there = b"(ADDRESS=(PROTOCOL=tcp)(HOST=192.0.2.1)(PORT=1521))\0(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=X)))"

    def packet(kind: int, body: bytes) -> bytes:
        return struct.pack(">HHBBH", 8 + len(body), 0, kind, 0, 0) + body

    def answer() -> None:
        made, _address = listener.accept()
        with made:
            made.recv(4096)
            made.sendall(packet(5, struct.pack(">H", len(there))) + packet(6, b"\0\0" + there))

    sender = threading.Thread(target=answer)
    sender.start()
    connection = Connection("127.0.0.1", listener.getsockname()[1], "X", "u", "p", "disable", "Oracle")
    with pytest.raises(AddressRefused, match="another address"):
        CatalogueSession(ORACLE, connection, "source")
    sender.join()
