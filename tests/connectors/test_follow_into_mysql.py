"""A table of MySQL that stays in step with one of PostgreSQL or of MariaDB: what a full copy would bring."""

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from hefu.dataplane.capture.binlog.following import check_binlog_followable
from hefu.dataplane.capture.follow import check_followable, position_of, stop_following
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.connectors.postgres.followed import Followed as Position
from hefu.dataplane.errors import PlanRefused, SideLost, SideRefused
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.run import ListSink
from hefu.dataplane.ticket import Item
from tests.conftest import Database
from tests.connectors import test_follow, test_follow_binlog
from tests.connectors.place import Place, a_place
from tests.connectors.test_follow import FIRST, _some_change, until
from tests.connectors.test_follow_binlog import CHANGES, allow
from tests.faults.proxy import Proxy
from tests.mariadb import MariaDatabase, a_maria, maria, other_maria

__all__ = ["a_maria", "maria", "other_maria"]

pytestmark = pytest.mark.timeout(90)


@dataclass
class IntoMysql(Place):
    """A place whose consumer keeps MariaDB."""

    maria: MariaDatabase | None = None
    #: Where the server is reached instead.
    port: int = 0

    def target(self, table: str = "arrived", **more: object) -> MysqlTarget:  # type: ignore[override]
        assert self.maria
        reached = self.maria.connection
        return MysqlTarget(replace(reached, port=self.port or reached.port), table, "t")

    def rows(self, table: str = "arrived", columns: str = "*") -> list[tuple[object, ...]]:
        assert self.maria
        return sorted(self.maria.run(f"select {columns} from {table}"), key=repr)


@dataclass
class Followed(IntoMysql, test_follow.Followed):
    """From PostgreSQL."""


@pytest.fixture
def place(make_database: Callable[[], Database], a_maria: MariaDatabase) -> Iterator[Followed]:
    plain = a_place(make_database)
    place = Followed(plain.provider, plain.consumer, maria=a_maria)
    place.provider.run(test_follow.CREATE)
    place.provider.run(
        "insert into people select n, '王' || n, '139' || lpad(n::text, 8, '0'), '51170' || 2 + n % 3, "
        "date '1990-01-01' + n, n * 1.5, array[n, null], repeat('长', 10) from generate_series(1, 300) n"
    )
    yield place
    stop_following(delivery=FIRST, source=place.source, target=place.target())


def position(place: Followed) -> Position:
    found = position_of(delivery=FIRST, target=place.target())
    assert found is not None
    return found


class Unanswered(Proxy):
    """Passes the first commit of rows on, and cuts before its answer."""

    rows = False

    def _last_question(self, data: bytes) -> bool:
        self.rows = self.rows or b"insert into hefu_" in data
        return self.rows and b"COMMIT" in data


def test_whatever_happens_and_wherever_it_is_cut_mysql_ends_with_what_a_copy_would_bring(place: Followed) -> None:
    """CABLE, ANSWER: faults 3 and 4 of the list, for changes on their way into MySQL."""
    assert place.maria
    ticket, chance = place.grant_to_follow(), random.Random(11)
    assert place.follow(ticket).copied == "first"
    cut = changes = 0
    for number in range(3):
        with place.provider.connect() as connection:
            for _transaction in range(12):
                with connection.transaction():
                    for _statement in range(chance.randint(1, 6)):
                        connection.execute(_some_change(chance))
        # Once the position is committed, and nobody hears of it.
        proxy = (Unanswered if number == 1 else Proxy)("127.0.0.1", place.maria.server.port)
        proxy.limit = None if number == 1 else chance.randint(4_000, 12_000)
        place.port, cut = proxy.port, cut + 1
        with contextlib.closing(proxy), contextlib.suppress(SideLost):
            changes = max(changes, place.follow(ticket).changes)
            cut -= 1
        place.port = 0
        if number == 1:  # nothing had been committed before
            until(lambda: position(place).counts.changes > 0)
    assert cut > 1
    told = place.follow(ticket)
    assert place.rows() == place.copied(ticket) != []
    assert (told.copied, told.changes > max(changes, 100)) == ("", True)
    held = position(place)
    assert (held.counts, held.lsn, held.committed_at) == (told.counts, told.lsn, told.committed_at)


ODD = """
create table people (id uuid, part varchar(9), small real, big double precision, yes boolean, at timestamptz,
                     day date, raw bytea, data jsonb, marks int[], fixed char(5), amount numeric, name text,
                     primary key (id, part))
"""
VALUES = (
    "gen_random_uuid(), 'a' || n, n / 10::real, n / 7::float8, n % 3 = 0, "
    "timestamptz '1969-12-31 23:59:59.5+08' + n * interval '1 day', date '2000-02-29' + n, decode(lpad(to_hex(n), 8, "
    "'0'), 'hex'), jsonb_build_object('a', n, 'b', '\"'), array[n, null], 'x', n + 0.10, E'it''s \\\\ \\t\\n' || n"
)


def test_a_key_without_a_length_is_refused_and_every_type_arrives_as_a_copy_brings_it(place: Followed) -> None:
    place.provider.run("alter table people drop constraint people_pkey, add primary key (name)")
    by_name = place.ticket(key=("name",), items=(Item("name", "name"),), filter=RowFilter(()), checks=())
    for begin in (
        lambda: check_followable(ticket=by_name, source=place.source, target=place.target()),
        lambda: place.follow(by_name),
    ):
        with pytest.raises(PlanRefused, match="key item 'name' has no length"):
            begin()
    assert place.maria
    assert place.maria.run("show tables like 'arrived'") == []

    place.provider.run("drop table people")
    place.provider.run(ODD)
    place.provider.run(f"insert into people select {VALUES} from generate_series(1, 20) n")
    names = ("id", "part", "small", "big", "yes", "at", "day", "raw", "data", "marks", "fixed", "amount", "name")
    items = tuple(Item(name, name) for name in names)
    ticket = place.grant_to_follow(filter=RowFilter(()), checks=(), key=("id", "part"), items=items)
    place.follow(ticket)
    place.provider.run(f"insert into people select {VALUES} from generate_series(1, 3) n")
    place.provider.run("truncate people")
    place.provider.run(f"insert into people select {VALUES} from generate_series(21, 700) n")  # straight in
    place.provider.run("update people set part = 'b' || part where day < '2000-04-10'")  # keys
    place.provider.run("update people set yes = null, raw = '', small = -0.0, name = null where day > '2001-12-01'")
    place.provider.run("alter table people add column more int default 3")
    place.provider.run("delete from people where yes")
    assert place.follow(ticket).copied == ""
    assert len(before := place.rows()) > 400
    assert before == place.copied(ticket)

    place.provider.run(
        "insert into people (id, part) select id, part || ' ' from people order by id limit 1; delete from people "
        "where id = (select max(id::text)::uuid from people)"
    )
    with pytest.raises(SideRefused, match="takes two keys for one"):
        place.follow(ticket)
    assert place.rows() == before


def test_what_a_consumers_own_table_holds_against_a_row_is_heeded_or_said(place: Followed) -> None:
    place.provider.run("drop table people; create table people (id varchar(9) primary key, code varchar(9), more text)")
    place.provider.run("insert into people values ('a', 'x'), ('b', 'y'), ('c', null)")
    assert place.maria
    place.maria.run(
        "create table arrived (id varchar(9) collate utf8mb4_general_ci primary key, code varchar(9) unique, "
        "more longtext, n int default 7) character set utf8mb4"
    )
    items = (Item("id", "id"), Item("code", "code"), Item("more", "more"))
    ticket = place.grant_to_follow(items=items, filter=RowFilter(()), checks=(), key=("id",))
    size = place.maria.run("select @@global.max_allowed_packet")[0][0]
    strict = "set global max_allowed_packet = {}, global sql_safe_updates = {}, global innodb_force_primary_key = {}"
    place.maria.run(strict.format(1048576, 1, 1))
    try:
        place.follow(ticket)
        place.provider.run("insert into people values ('f', repeat('é', 9)), ('g', '汉')")
        place.maria.run("alter table arrived modify code varchar(9) character set latin1")
        with pytest.raises(SideRefused, match="a value does not fit its column: code"):
            place.follow(ticket)
        place.maria.run("alter table arrived modify code varchar(9) character set utf8mb4")
        place.provider.run("delete from people where id in ('f', 'g')")
        # Values of a second unique key that rows exchange, or hand on.
        place.provider.run("update people set code = chr(ascii(code) # 1)")
        assert place.follow(ticket).counts.updated == 3
        place.provider.run("update people set code = case id when 'a' then 'x' when 'c' then 'y' end")
        assert place.follow(ticket).copied == ""
        kept = place.rows(columns="id, code, n")
        assert kept == [("a", "x", 7), ("b", None, 7), ("c", "y", 7)]

        place.provider.run("insert into people values ('e', 'e', repeat('z', 2000000))")
        with pytest.raises(SideRefused, match="max_allowed_packet") as refused:
            place.follow(ticket)
        assert (refused.value.transient, place.rows(columns="id, code, n")) == (False, kept)
        place.provider.run("delete from people where id = 'e'")
    finally:
        place.maria.run(strict.format(size, 0, 0))
    # With nothing but a key, one row would take the other's place.
    keys = place.grant_to_follow(items=items[:1], filter=RowFilter(()), checks=(), key=("id",))
    assert place.follow(keys).copied != ""
    place.provider.run("insert into people (id) values ('A')")
    with pytest.raises(SideRefused, match="takes two keys for one"):
        place.follow(keys)
    assert place.rows(columns="id") == [("a",), ("b",), ("c",)]


def test_a_table_of_mariadb_stays_in_step_with_another(
    make_database: Callable[[], Database], a_maria: MariaDatabase, other_maria: MariaDatabase
) -> None:
    a_maria.run(test_follow_binlog.CREATE)
    a_maria.run(test_follow_binlog.FILL)
    allow(a_maria)
    plain = a_place(make_database)
    place = IntoMysql(plain.provider, plain.consumer, maria=other_maria)
    followed = test_follow_binlog.Followed(place, a_maria)
    ticket = followed.ticket()
    check_binlog_followable(ticket=ticket, source=followed.source, target=place.target())
    assert followed.follow(ticket).copied == "first"
    for statement in CHANGES:
        a_maria.run(statement)
    sink = ListSink()
    told = followed.follow(ticket, rejects=sink)
    assert (told.copied, told.transactions, len(sink.rows)) == ("", len(CHANGES), 1)
    assert followed.rows() == followed.copied(ticket) != []
    a_maria.run("truncate table people")
    a_maria.run("insert into people (id, name, phone, division) values (7, '王', '13900000001', '511702')")
    a_maria.run("alter table people add column more int")
    followed.follow(ticket)
    assert [row[0] for row in followed.rows()] == [7]
