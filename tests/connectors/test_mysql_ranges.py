"""A table of MySQL read in ranges of its key: every row once, in one moment, and no range twice by a killed run."""

import contextlib
import re
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from hefu.dataplane.checks import UniqueKey
from hefu.dataplane.connectors.address import default_policy
from hefu.dataplane.connectors.mysql import moment
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.inspection import native_table
from hefu.dataplane.connectors.mysql.lines import line, mark_of, parsed, server_digest
from hefu.dataplane.connectors.mysql.moment import joined
from hefu.dataplane.connectors.mysql.ranges import SplitKey, bounds_of, split_key, walked
from hefu.dataplane.connectors.mysql.source import MysqlSource, MysqlView
from hefu.dataplane.errors import NotReconciled, Stopped
from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.run import ListSink, Options
from hefu.dataplane.ticket import Item
from tests.connectors.place import CHECKS, Place, a_place
from tests.connectors.suite.mysql import MysqlCase
from tests.connectors.test_table_delivery import StopAfter, slow_down, speed_up
from tests.mariadb import MariaDatabase

SMALL = Options(chunk_pages=1)


@pytest.fixture
def place(make_database: Any) -> Place:
    return a_place(make_database)


#: A column of each type by which rows are told apart, with values that order differently elsewhere.
KEYS = {
    "bigint unsigned": "0 1 7 18446744073709551615 9223372036854775808",
    "bigint": "-9223372036854775808 -1 0 9223372036854775807 5",
    "decimal(30,4)": "-1.5 0 0.0001 99999999999999999999999999.9999 3",
    "varchar(9) collate utf8mb4_general_ci": "'a' 'B' '' '_' 'ü'",
    "varchar(9) collate utf8mb4_bin": "'a' 'A' 'ä' '''' 'B'",
    "varchar(9) character set gbk": "'甲' '乙' 'a' '丙' 'Z'",
    "varbinary(9)": "x'00' x'' x'ff' x'6161' x'5c27'",
    "datetime(6)": "'0001-01-01' '9999-12-31' '2024-02-29T12:00:00.5' '2024-02-29T12:00:00.500001' '2024-01-01'",
}


def test_every_row_is_in_one_range_whatever_its_key(a_maria: MariaDatabase) -> None:
    columns = ", ".join(f"k{number} {kind} not null" for number, kind in enumerate(KEYS))
    rows = zip(*(values.split() for values in KEYS.values()), strict=True)
    values = ", ".join(f"({', '.join(row)}, {number % 2})" for number, row in enumerate(rows))
    a_maria.run(f"create table t ({columns}, a int, primary key (a, k3, k7)) character set utf8mb4")
    a_maria.run(f"insert into t values {values}")
    with contextlib.closing(MysqlSession(a_maria.connection, "source")) as session:
        table = native_table(session, a_maria.name, "t")
        assert table is not None
        of_several = split_key(session, table)
        assert isinstance(of_several, SplitKey)
        alone = [SplitKey((name,), (table.columns[name].data_type,), "") for name in table.columns if name != "a"]
        for key in (*alone, of_several):
            ranges = bounds_of([border for border in walked(session, "t", key, 2) if border is not None])
            found = [session.run(f"select a, k0 from t where {key.within(bounds)}") for bounds in ranges]
            assert [len(rows_) for rows_ in found] == [2, 2, 1, 0], key
            assert len({row for rows_ in found for row in rows_}) == 5, key
        # The server finds a range of several columns by its index.
        plan = session.run(f"explain select * from t force index (primary) where {of_several.within(ranges[1])}")
        # Blanks that fill a char up are ordered and not compared where the collation does not pad.
        a_maria.run("create table padded (k char(3) collate utf8mb4_nopad_bin primary key) character set utf8mb4")
        padded = native_table(session, a_maria.name, "padded")
        assert padded is not None
        assert "type char" in str(split_key(session, padded))
    assert of_several.columns == ("a", "k3", "k7")
    assert "range" in plan[0]


class Meanwhile(MysqlSession):
    """A session beside which something is run as the administrator, before a statement that begins in one way."""

    before, what = "", ""
    admin: MariaDatabase

    def run(self, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Run it, and what comes before it."""
        if self.before and query.startswith(self.before):
            self.admin.run(self.what)
            self.before = ""
        return super().run(query, values)


def test_rows_that_come_while_borders_are_walked_to_send_none_back(a_maria: MariaDatabase) -> None:
    a_maria.run("create table t (k int primary key)")
    a_maria.run("insert into t values (1), (2), (3)")
    with contextlib.closing(Meanwhile(a_maria.connection, "source")) as session:
        session.admin, session.before = a_maria, "select `k` from t where `k` > (2)"
        session.what = "insert into t values (4), (5)"
        MysqlSession.run(session, "set session transaction isolation level read committed")
        assert [*walked(session, "t", SplitKey(("k",), ("int",), ""), 2)] == [("2",), ("4",), ("5",)]


def test_a_lock_that_is_held_for_long_is_taken_back_by_the_server(
    a_maria: MariaDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moment, "_HELD", 1)
    a_maria.run("create table t (k int primary key)")
    with contextlib.closing(Meanwhile(a_maria.connection, "source", reads=True)) as session:
        session.admin, session.before = a_maria, "start transaction"
        # Whoever writes waits until the server lets go, though nobody tells it to; then the moments may differ.
        session.what = "set statement lock_wait_timeout = 30 for insert into t values (1)"
        assert joined(session, a_maria.connection, default_policy, "t", 2) == [session]
        assert session.run("select k from t") == [(1,)]


def test_lines_hold_what_the_cells_hold_and_both_ends_reckon_one_mark(place: Place, a_maria: MariaDatabase) -> None:
    case = MysqlCase(a_maria)
    samples = [sample for sample in case.samples if "long" not in sample.native and "json" not in sample.native]
    _source, ref = case.typed(samples)
    a_maria.run("alter table typed add primary key (id), add h varchar(90), add g varchar(20) character set gbk")
    a_maria.run(
        "update typed set h = concat('a\"b,', char(10), char(13), '\\\\', char(0), '𠀀'), g = '甲\"' where id = 0"
    )
    a_maria.run("update typed set h = '' where id = 1")
    with contextlib.closing(MysqlSession(a_maria.connection, "source")) as session:
        table = native_table(session, a_maria.name, "typed")
        assert table is not None
        lines = [row[0] for row in session.run(f"select {line(table.columns)} from typed order by id")]
        rows, total = session.run(f"select {server_digest(table.columns)} from typed")[0]
        # What is longer than the server sends at once makes no line: it is never taken for empty.
        a_maria.run("create table wide (v varchar(16000)) character set latin1")
        a_maria.run("insert into wide values (repeat('\"', 16000))")
        a_maria.run("set global max_allowed_packet = 16384")
        try:
            with contextlib.closing(MysqlSession(a_maria.connection, "source")) as narrow:
                found = native_table(narrow, a_maria.name, "wide")
                assert found is not None
                assert narrow.run(f"select {line(found.columns)} from wide") == [(None,)]
        finally:
            a_maria.run("set global max_allowed_packet = 16777216")
    schema = pa.schema([(name, pa.string()) for name in table.columns])
    batch = parsed(lines, schema)
    held = batch.column("h").to_pylist()
    assert held[:2] == ['a"b,\n\r\\\0𠀀', ""]
    assert set(held[2:]) == {None}
    assert batch.column("g").to_pylist()[0] == '甲"'
    ticket = place.ticket(resource=ref, items=tuple(Item(name, name) for name in table.columns), key=("id",), checks=(),
                          filter=EVERY_ROW)  # fmt: skip
    with contextlib.closing(MysqlView(MysqlSource(a_maria.connection), default_policy, ticket)) as view:
        (session,) = view.sessions(1)
        with contextlib.closing(view.ranged(session, "true")) as part:
            part.load(lambda: None)
            assert part.mark() == view.mark(session, "true")[0] == mark_of(view.secret, int(rows), int(total))
            assert part.mark() != view.mark(session, "id > 0")[0]


def test_connections_of_one_run_see_one_moment_or_are_one(a_maria: MariaDatabase) -> None:
    a_maria.run("create table t (k int primary key)")
    a_maria.run("insert into t values (1)")

    def seen(connection: Any, wanted: int, meanwhile: str) -> list[list[tuple[Any, ...]]]:
        first = MysqlSession(connection, "source", reads=True)
        sessions = joined(first, connection, default_policy, "t", wanted)
        a_maria.run(meanwhile)
        found = [session.run("select k from t") for session in sessions]
        for session in sessions:
            session.close()
        return found

    assert seen(a_maria.connection, 3, "update t set k = k + 1") == [[(1,)]] * 3
    # Somebody is writing and does not end: the run does not wait for him, and reads by one connection.
    writer = a_maria.server.connect(a_maria.name)
    writer.autocommit(False)
    with contextlib.closing(writer), writer.cursor() as cursor:
        cursor.execute("insert into t values (9)")
        assert seen(a_maria.connection, 2, "insert into t values (5)") == [[(2,)]]
    # An account that may read and not lock.
    a_maria.server.run("create user reader@'127.0.0.1' identified by 'x'")
    a_maria.server.run(f"grant select on {a_maria.name}.* to reader@'127.0.0.1'")
    assert len(seen(replace(a_maria.connection, user="reader", password="x"), 2, "select 1")) == 1
    a_maria.server.run("drop user reader@'127.0.0.1'")


def kept_back(sink: ListSink) -> list[str]:
    """Return the rows that were kept back, without the number that only one of the tables gave out."""
    return sorted(
        f"{row.reasons} {sorted((n, v) for n, v in row.values.items() if n != 'number')}" for row in sink.rows
    )


def test_a_stopped_run_goes_on_from_its_ranges_though_rows_came(
    place: Place, a_maria: MariaDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, ref = MysqlCase(a_maria).people(600)
    a_maria.run("alter table people add number bigint unsigned not null auto_increment primary key")
    checks = tuple(check for check in CHECKS if not isinstance(check, UniqueKey))
    ticket = place.ticket(resource=ref, checks=(*checks, UniqueKey(("id", "number"))))

    def stop_after(parts: int, delivery: str) -> None:
        with pytest.raises(Stopped):
            place.deliver(delivery, source=source, ticket=ticket, watcher=StopAfter(parts), options=SMALL)

    slow_down(place)
    stop_after(3, "D-1")
    a_maria.run(
        "insert into people select id, name, birth, division, phone, income, secret, null from people "
        "where number in (2, 5, 8)"
    )
    sink, reference = ListSink(), ListSink()
    speed_up(place)
    outcome = place.deliver(source=source, ticket=ticket, rejects=sink, options=SMALL)
    # No border, which is a value of a row that may not be granted, stands where the consumer could read it.
    ((kept,),) = place.consumer.run("select chunks::text from hefu.hefu_position where delivery = 'D-1'")
    assert kept.count('"v1.') == 7
    assert re.fullmatch(r'[^a-z]*(0, null, false, false, "v1[^"]*"[^a-z]*)+', kept)
    assert (outcome.restarted, outcome.whole) == ("", "")
    assert 0 < outcome.resumed_rows < outcome.rows_written
    # The same rows read as a whole, for their table has no key.
    a_maria.run("create table heap as select * from people")
    heap = place.ticket(resource=replace(ref, table="heap"), checks=checks)
    whole = place.deliver("D-2", source=source, ticket=heap, target=place.target("whole"), rejects=reference)
    assert whole.whole == "heap has no primary key, and no unique one without empty values"
    assert place.rows() == place.rows("whole")
    assert (outcome.rows_read, outcome.digest_target) == (whole.rows_read, whole.digest_target)
    assert kept_back(sink) == kept_back(reference)
    assert {reason: n for reason, n in outcome.rejected.items() if n} == {r: n for r, n in whole.rejected.items() if n}
    # A row is another in a range that had arrived: all is read anew, and says so.
    slow_down(place)
    stop_after(2, "D-3")
    speed_up(place)
    a_maria.run("update people set income = income + 1 where number = 2")
    again = place.deliver("D-3", source=source, ticket=ticket, options=SMALL)
    assert (again.restarted, again.resumed_rows) == ("part 0 changed in the source since", 0)
    assert again.rows_written == whole.rows_written
    # A row that fell between two ranges would be missed by nobody but the count.
    monkeypatch.setattr("hefu.dataplane.connectors.mysql.source.bounds_of", lambda borders: bounds_of(borders)[1:])
    with pytest.raises(NotReconciled, match=r"rows of all ranges: source \d+, target \d+"):
        place.deliver("D-4", source=source, ticket=ticket, options=SMALL)
