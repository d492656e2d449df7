"""MySQL's family beyond the shared suite, on a real MariaDB: as a target, exactly once, and what only it does."""

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hefu.dataplane import sides
from hefu.dataplane.checks import NotNull
from hefu.dataplane.connectors.address import default_policy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.errors import AlreadyRunning, DataPlaneRefusal, PlanRefused, SideRefused, Stopped
from hefu.dataplane.filters import Between, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.run import ListSink, Options, check_plan
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef
from tests.conftest import Database
from tests.connectors.place import Place, a_place, expected
from tests.connectors.suite.mysql import MysqlCase
from tests.connectors.suite.postgres import PostgresCase
from tests.connectors.test_channels import plain, sane
from tests.connectors.test_table_delivery import StopAfter, settle, slow_down, speed_up
from tests.mariadb import MariaDatabase

COUNT = 1500


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


def into(database: MariaDatabase, table: str = "arrived") -> MysqlTarget:
    return MysqlTarget(database.connection, table, "t")


def rows(database: MariaDatabase, table: str = "arrived") -> list[tuple[object, ...]]:
    return sorted(database.run(f"select * from {table}"), key=repr)


@pytest.mark.parametrize("kind", ["postgres", "mysql", "folder"])
def test_a_table_of_mysql_receives_what_is_granted_and_right(
    kind: str, place: Place, a_maria: MariaDatabase, other_maria: MariaDatabase, tmp_path: Any
) -> None:
    if kind == "folder":
        source, ref = place.folder(tmp_path, COUNT), ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.csv")
    else:
        source, ref = (PostgresCase(place) if kind == "postgres" else MysqlCase(other_maria)).people(COUNT)
    sink = ListSink()
    ticket = place.ticket(resource=ref)
    outcome = place.deliver(source=source, ticket=ticket, target=into(a_maria), rejects=sink)
    sane(outcome, sink)
    assert outcome.published == "refilled"
    assert plain(rows(a_maria)) == plain(expected(COUNT))
    # Again, as another delivery into the table that is there: replaced, not doubled.
    assert place.deliver("D-2", source=source, ticket=ticket, target=into(a_maria)).restarted == ""
    assert plain(rows(a_maria)) == plain(expected(COUNT))
    assert a_maria.run("show tables like 'hefu\\_stage%'") == []
    # And the very same delivery, which is finished: nothing is done.
    assert place.deliver("D-2", source=source, ticket=ticket, target=into(a_maria)).repeated


def test_hard_values_come_back_from_mysql_as_they_went(place: Place, a_maria: MariaDatabase) -> None:
    case = PostgresCase(place)
    samples = [replace(sample, values=[pair for pair in sample.values if _earthly(pair[1])]) for sample in case.samples]
    source, ref = case.typed(samples)
    names = [column.name for column in sides.inspected(source, "public", "typed").columns]
    items = tuple(Item(name, name) for name in names)
    place.deliver(source=source, ticket=place.ticket(**_plain(ref, items)), target=into(a_maria))
    back = ResourceRef("s", ResourceKind.MYSQL_TABLE, a_maria.name, "arrived")
    place.deliver(
        "D-2", source=MysqlSource(a_maria.connection), ticket=place.ticket(**_plain(back, items)),
        target=place.target("returned"),
    )  # fmt: skip
    texts = ", ".join(f"{name}::text" for name in names)
    went = place.provider.run(f"select {texts} from typed order by id")
    came = place.consumer.run(f"select {texts} from returned order by id")
    for before, after in zip(went, came, strict=True):
        for sample, one, other in zip([None, *samples], before, after, strict=True):
            if sample is not None and sample.native == "real":
                # MySQL prints six digits of a float, so that it is kept, and comes back, as a double.
                assert (one is None) == (other is None)
                assert one is None or math.isclose(float(one), float(other), rel_tol=1e-7)
            else:
                assert _meaning(one) == _meaning(other), sample


def _earthly(printed: str) -> bool:
    """Return whether MySQL has such a value: no infinity, no year before our era, no number that is none."""
    return not any(word in printed for word in ("infinity", "Infinity", "BC", "NaN"))


def _meaning(printed: Any) -> Any:
    """Return a value without what a type of MySQL writes otherwise: truth as a number, an instant without its zone."""
    if printed is None:
        return None
    return {"true": "1", "false": "0"}.get(printed, str(printed).removesuffix("+00"))


def _plain(ref: ResourceRef, items: tuple[Item, ...]) -> dict[str, Any]:
    return {"resource": ref, "items": items, "key": ("id",), "checks": (), "filter": RowFilter()}


@contextlib.contextmanager
def slowed(database: MariaDatabase) -> Iterator[None]:
    """Let each finished part take a while, so that the watcher can stop in the middle."""
    database.run(
        "create trigger slow before insert on hefu_position_chunk for each row "
        "set new.granted = new.granted + sleep(0.3)"
    )
    yield
    database.run("drop trigger slow")


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_stopped_run_into_mysql_goes_on_where_it_was(
    kind: str, place: Place, a_maria: MariaDatabase, other_maria: MariaDatabase
) -> None:
    source, ref = (PostgresCase(place) if kind == "postgres" else MysqlCase(other_maria)).people(COUNT)
    ticket, parts = place.ticket(resource=ref), Options(workers=1, chunk_pages=2)
    check_plan(ticket=place.ticket(resource=ref), source=source, target=into(a_maria))
    assert a_maria.run("show tables") == []  # looking at a plan writes nothing
    if kind == "postgres":
        settle(place)
    with contextlib.closing(MysqlReceiver(into(a_maria), default_policy)) as receiver:
        receiver.prepare()
    with slowed(a_maria), pytest.raises(Stopped):
        place.deliver(source=source, ticket=ticket, target=into(a_maria), options=parts, watcher=StopAfter(2))
    assert rows(a_maria) == []  # made empty, and never half full
    done = a_maria.run("select count(*) from hefu_position_chunk where delivery = 'D-1'")[0][0]
    assert done >= 2
    outcome = place.deliver(source=source, ticket=ticket, target=into(a_maria), options=parts)
    assert outcome.restarted == ""
    assert 0 < outcome.resumed_rows < outcome.rows_written
    assert plain(rows(a_maria)) == plain(expected(COUNT))


def test_a_stopped_run_from_mysql_starts_anew_when_its_rows_changed(place: Place, a_maria: MariaDatabase) -> None:
    source, ref = MysqlCase(a_maria).people(COUNT)
    ticket, parts = place.ticket(resource=ref), Options(workers=1, chunk_pages=2)
    slow_down(place)
    with pytest.raises(Stopped):
        place.deliver(source=source, ticket=ticket, watcher=StopAfter(2), options=parts)
    speed_up(place)
    a_maria.run("update people set name = concat(name, '甲') where name is not null limit 1")
    outcome = place.deliver(source=source, ticket=ticket, options=parts)
    assert outcome.restarted == "the source's rows are not the same as before"
    assert outcome.resumed_rows == 0


def test_a_publication_that_fails_leaves_the_rows_before(place: Place, a_maria: MariaDatabase) -> None:
    source, ref = PostgresCase(place).people(200)
    ticket = place.ticket(resource=ref)
    place.deliver(source=source, ticket=ticket, target=into(a_maria))
    before = rows(a_maria)
    a_maria.run(
        "create trigger t before insert on arrived for each row if new.id like '%1' then "
        "signal sqlstate '45000' set message_text = 'not today'; end if"
    )
    with pytest.raises(SideRefused, match="not today"):
        place.deliver("D-2", source=source, ticket=ticket, target=into(a_maria))
    assert rows(a_maria) == before
    assert a_maria.run("select published_at is null from hefu_position where delivery = 'D-2'") == [(1,)]
    a_maria.run("drop trigger t")
    outcome = place.deliver("D-2", source=source, ticket=ticket, target=into(a_maria))
    # Another test's open transaction on the same server makes a run begin anew, and it says so.
    assert outcome.resumed_rows == len(before) or outcome.restarted
    assert rows(a_maria) == before


def test_strange_tables_are_not_replaced(place: Place, a_maria: MariaDatabase) -> None:
    source, ref = PostgresCase(place).people(10)
    ticket = place.ticket(resource=ref, items=(Item("id", "id"),), checks=())
    a_maria.run("create table arrived (id varchar(18))")
    with pytest.raises(PlanRefused, match=r"'id' is text, the target's column is character varying\(18\)"):
        place.deliver(source=source, ticket=ticket, target=into(a_maria))
    a_maria.run("alter table arrived modify id longtext")
    a_maria.run("insert into arrived values ('an office')")
    with pytest.raises(SideRefused, match="holds rows that were not delivered here"):
        place.deliver(source=source, ticket=ticket, target=into(a_maria))
    a_maria.run("delete from arrived")
    a_maria.run("alter table arrived engine = MyISAM")
    with pytest.raises(SideRefused, match="kept by MyISAM, which has no transactions"):
        place.deliver(source=source, ticket=ticket, target=into(a_maria))


def test_two_runs_at_once_are_one_and_a_refusal(place: Place, a_maria: MariaDatabase) -> None:
    source, ref = PostgresCase(place).people(10)
    with contextlib.closing(MysqlReceiver(into(a_maria), default_policy)) as held:
        assert held.lock("D-0") is None
        with pytest.raises(AlreadyRunning):
            place.deliver(source=source, ticket=place.ticket(resource=ref), target=into(a_maria))


def test_days_that_are_none_and_signs_that_no_text_has_are_kept_back(place: Place, a_maria: MariaDatabase) -> None:
    connection = a_maria.server.connect(a_maria.name)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("set sql_mode = 'ALLOW_INVALID_DATES'")
        cursor.execute("create table t (id int, d date, s datetime, v varchar(9), g varchar(9) character set gbk)")
        cursor.execute(
            "insert into t (id, d, s, v) values (1, '0000-00-00', null, 'a'), (2, '2024-00-10', null, 'b'), "
            "(3, '2024-02-31', null, 'c'), (4, '2024-02-29', '0000-00-00 00:00:00', 'd'), "
            "(5, null, null, 'e\0'), (6, '2024-02-29', null, 'f')"
        )
        cursor.execute("insert into t values (7, null, null, 'g', x'b8f1aaa1'), (8, null, null, 'h', '格?')")
    ref = ResourceRef("s", ResourceKind.MYSQL_TABLE, a_maria.name, "t")
    sink = ListSink()
    ticket = place.ticket(**_plain(ref, tuple(Item(name, name) for name in ("id", "d", "s", "v", "g"))))
    outcome = place.deliver(source=MysqlSource(a_maria.connection), ticket=ticket, rejects=sink)
    assert place.rows(columns="id, v, g") == [(6, "f", None), (8, "h", "格?")]
    # A sign of GBK's own that Unicode lacks is no question mark.
    assert outcome.rejected == {"typed(d)": 3, "typed(s)": 1, "typed(v)": 1, "typed(g)": 1}
    assert {row.values["d"] for row in sink.rows} >= {"0000-00-00", "2024-00-10", "2024-02-31"}
    checked = replace(ticket, checks=(NotNull("id"),), filter=RowFilter((IsNull("s"),)))
    assert place.deliver("D-2", source=MysqlSource(a_maria.connection), ticket=checked).rows_written == 2


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,PIPES_AS_CONCAT,TRADITIONAL"])
def test_the_servers_own_modes_change_nothing(mode: str, place: Place, a_maria: MariaDatabase) -> None:
    before = a_maria.run("select @@global.sql_mode")[0][0]
    a_maria.run("set global sql_mode = %s", (mode,))
    try:
        texts = ['"', "'", "\\", "\\'", "a\\", "%", "龦"]
        source, ref = MysqlCase(a_maria).texts(["id", 'a"b`c'], [[text, text] for text in texts])
        items = (Item("id", "id"), Item('a"b`c', 'a"b`c'))
        ticket = place.ticket(**_plain(ref, items) | {"filter": RowFilter((OneOf("id", tuple(texts)),))})
        place.deliver(source=source, ticket=ticket, target=into(a_maria))
        assert rows(a_maria) == sorted(((text, text) for text in texts), key=repr)
    finally:
        a_maria.run("set global sql_mode = %s", (before,))


def test_filters_open_the_same_rows_as_in_the_reference(place: Place, a_maria: MariaDatabase) -> None:
    texts = ["abc", "ABC", "abc ", "ab", "abd", "äbc", "龦", "", None]
    source, ref = MysqlCase(a_maria).texts(["id", "v"], [[str(number), text] for number, text in enumerate(texts)])
    place.provider.run("create table texts (id text, v text)")
    with place.provider.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("insert into texts values (%s, %s)", [(str(n), text) for n, text in enumerate(texts)])
    items = (Item("id", "id"), Item("v", "v"))
    for number, condition in enumerate(
        (Equals("v", "abc"), OneOf("v", ("ABC", "龦")), StartsWith("v", "ab"), Between("v", "ab", "abd"), IsNull("v"),
         Equals("v", ""))
    ):  # fmt: skip
        rows_ = RowFilter((condition,))
        reference = ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "texts")
        for name, side, where in (("m", source, ref), ("p", place.source, reference)):
            place.deliver(
                f"D-{name}{number}", source=side, target=place.target(f"{name}{number}"),
                ticket=place.ticket(**_plain(where, items) | {"filter": rows_}),
            )  # fmt: skip
        assert place.rows(f"m{number}") == place.rows(f"p{number}"), condition


def test_encryption_is_what_was_asked_for(a_maria: MariaDatabase) -> None:
    def cipher(**more: str) -> str:
        connection = replace(a_maria.connection, host="localhost", **more)
        with contextlib.closing(MysqlSession(connection, "named")) as session:
            return str(session.run("show session status like 'Ssl_cipher'")[0][1])

    trusted = str(a_maria.server.folder / "server.pem")
    assert cipher(sslmode="disable") == ""
    assert cipher(sslmode="prefer") != ""
    assert cipher(sslmode="require") != ""
    assert cipher(sslmode="verify-full", sslrootcert=trusted) != ""
    with pytest.raises(SideRefused, match="certificate"):
        cipher(sslmode="verify-ca")


def test_a_source_is_only_read(a_maria: MariaDatabase) -> None:
    session = MysqlSession(a_maria.connection, "source", reads=True)
    with contextlib.closing(session), pytest.raises(SideRefused, match="READ ONLY"):
        session.run("create table x (id int)")


def test_a_running_statement_is_cancelled(a_maria: MariaDatabase) -> None:
    session = MysqlSession(a_maria.connection, "source")
    started = time.monotonic()
    threading.Timer(0.3, session.cancel).start()
    with contextlib.suppress(DataPlaneRefusal):  # a sleep that is cut short may end as if it were over
        session.run("select sleep(20)")
    assert time.monotonic() - started < 5
    session.close()


def test_what_a_server_says_of_values_is_not_passed_on(a_maria: MariaDatabase) -> None:
    a_maria.run("create table t (id int primary key)")
    with contextlib.closing(MysqlSession(a_maria.connection, "target")) as session:
        session.run("insert into t values (511702)")
        with pytest.raises(SideRefused, match="repeats a unique key") as caught:
            session.run("insert into t values (511702)")
    assert "511702" not in str(caught.value)


def test_a_server_that_wants_the_password_in_plain_text_does_not_get_it() -> None:
    told: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def greedy() -> None:
        client, _ = listener.accept()
        with client:
            greeting = b"\x0a5.7.0\0" + b"\1\0\0\0" + b"a" * 8 + b"\0" + b"\xff\xf7" + b"\x21" + b"\2\0" + b"\x0f\x80"
            greeting += b"\x15" + b"\0" * 10 + b"b" * 12 + b"\0" + b"mysql_native_password\0"
            client.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
            told.append(client.recv(4096))
            switch = b"\xfe" + b"mysql_clear_password\0"
            client.sendall(len(switch).to_bytes(3, "little") + b"\2" + switch)
            told.append(client.recv(4096))

    thread = threading.Thread(target=greedy, daemon=True)
    thread.start()
    connection = MysqlConnection("127.0.0.1", listener.getsockname()[1], "d", "u", "the very secret", sslmode="disable")
    with pytest.raises(SideRefused, match="plain text"):
        MysqlSession(connection, "source")
    thread.join(5)
    listener.close()
    assert len(told) == 2
    assert b"the very secret" not in b"".join(told)
