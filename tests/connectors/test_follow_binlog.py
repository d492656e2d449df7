"""A table of MariaDB that stays in step by its binary log: what a full copy would bring, change by change."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from hefu.dataplane.capture.binlog.allowed import locked_place, place_before_copy, place_now
from hefu.dataplane.capture.binlog.following import check_binlog_followable, follow_binlog
from hefu.dataplane.capture.reached import Reached
from hefu.dataplane.capture.shrinking import Shrinking
from hefu.dataplane.checks import NotNull, Pattern
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.errors import PlanRefused, Revoked, SideRefused, Stopped, TooFewRows
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.run import ListSink
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place
from tests.connectors.suite.mysql import MysqlCase
from tests.connectors.test_follow import Word, until
from tests.mariadb import MariaDatabase

ITEMS = (
    Item("id", "id"), Item("name", "name", mask=Cover(first=1)), Item("phone", "phone"), Item("born", "born"),
    Item("income", "income"), Item("story", "story"),
)  # fmt: skip
PLAIN = tuple(replace(item, mask=None) for item in ITEMS)
ROWS = RowFilter((OneOf("division", ("511702", "511703")),))
CHECKS = (NotNull("name"), Pattern("phone", "1[3-9][0-9]{9}"))
CREATE = (
    "create table people (id bigint unsigned primary key, name varchar(40), phone varchar(20), "
    "division char(6), born date, income decimal(12,2), story longtext) character set utf8mb4"
)
FILL = (
    "insert into people select seq, concat('王', seq), concat('139', lpad(seq, 8, '0')), 511702 + seq % 3, "
    "date '1990-01-01' + interval seq day, seq * 1.5, repeat('长', 10) from seq_1_to_300"
)


@dataclass
class Followed:
    """A table of MariaDB that is followed into PostgreSQL."""

    place: Place
    maria: MariaDatabase
    _ticket: Ticket | None = None

    def ticket(self, **changes: object) -> Ticket:
        resource = ResourceRef("s", ResourceKind.MYSQL_TABLE, self.maria.name, "people")
        plain = {"resource": resource, "key": ("id",), "items": ITEMS, "filter": ROWS, "checks": CHECKS} | changes
        self._ticket = replace(self._ticket or self.place.ticket(**plain), **plain)  # type: ignore[arg-type]
        return self._ticket

    @property
    def source(self) -> MysqlSource:
        return MysqlSource(self.maria.connection)

    def follow(self, ticket: Ticket | None = None, *, once: bool = True, **more: object) -> Reached:
        return follow_binlog(
            delivery="D-7", token=sign_ticket(ticket or self.ticket(), SIGNER), keys=[SIGNER.public],
            clock=FixedClock(NOW), source=self.source, target=self.place.target(), once=once,
            **({"rejects": ListSink()} | more),  # type: ignore[arg-type]
        )  # fmt: skip

    def rows(self) -> list[tuple[object, ...]]:
        return self.place.rows()

    def copied(self, ticket: Ticket | None = None) -> list[tuple[object, ...]]:
        """Return what a full copy brings now."""
        ticket = replace(ticket or self.ticket(), target=TargetRef("t", "copied"))
        self.place.deliver(
            f"D-{time.monotonic_ns()}", source=self.source, ticket=ticket, target=self.place.target("copied")
        )
        return self.place.rows("copied")


@pytest.fixture
def followed(make_database: Callable[[], Database], a_maria: MariaDatabase) -> Followed:
    a_maria.run(CREATE)
    a_maria.run(FILL)
    allow(a_maria)
    return Followed(a_place(make_database), a_maria)


def allow(maria: MariaDatabase) -> None:
    maria.run(f"grant replication slave, binlog monitor on *.* to {maria.name[:30]}@'127.0.0.1'")


@contextmanager
def setting(maria: MariaDatabase, name: str, value: str) -> Iterator[None]:
    (before,) = maria.run(f"select @@global.{name}")[0]
    maria.run(f"set global {name} = {value}")
    try:
        yield
    finally:
        maria.run(f"set global {name} = %s", (before,))


@contextmanager
def following(followed: Followed, ended: list[BaseException]) -> Iterator[Word]:
    watcher = Word()

    def run() -> None:
        try:
            followed.follow(once=False, watcher=watcher)
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


CHANGES = (
    "insert into people values (18446744073709551615, '李四', '13900000001', '511702', '2000-02-29', 1, 'x')",
    "update people set name = concat('赵', id), income = null where id between 10 and 20",
    "update people set division = '511799' where id = 30",  # out of the granted rows
    "update people set division = '511702' where division = '511704' and id < 60",  # into them
    "delete from people where id between 100 and 120",
    "update people set id = id + 5000 where id between 200 and 210",
    "update people set phone = 'none' where id = 40",  # fails a check
    "insert into people (id, name, phone, division, story) "
    "values (1002, 'quote '' \\\" \\\\ {,}', '13900000002', '511703', 'a\\tb\\n,')",
)


def test_it_copies_first_and_then_takes_over_what_changed(followed: Followed) -> None:
    first = followed.follow()
    assert (first.changes, first.copied) == (0, "first")
    assert followed.rows() == followed.copied() != []
    for statement in CHANGES:
        followed.maria.run(statement)
    sink = ListSink()
    then = followed.follow(rejects=sink)
    assert (then.copied, then.transactions) == ("", len(CHANGES))
    assert then.changes > 50
    assert [row.reasons for row in sink.rows] == [("pattern(phone)",)]
    assert followed.rows() == followed.copied()
    assert followed.follow().counts == then.counts  # nothing new, nothing twice

    followed.maria.run("truncate table people")
    followed.maria.run("insert into people (id, name, phone, division) values (1, '王', '13900000001', '511702')")
    with setting(followed.maria, "log_bin_compress", "1"), setting(followed.maria, "log_bin_compress_min_len", "10"):
        followed.maria.run(
            f"insert into people values (2, '李', '13900000001', '511702', null, 1, repeat('{'长' * 200}', 50))"
        )
    followed.maria.run("flush logs")
    followed.maria.run("alter table people add column more int first")  # not granted: no matter
    followed.maria.run("update people set income = 3, more = 4")
    stood = followed.rows()
    with pytest.raises(TooFewRows):
        followed.follow(shrinking=Shrinking(lambda rows: rows // 2))
    assert followed.rows() == stood  # held, with its position
    let = Shrinking(lambda rows: rows // 2, allowed=True)
    then = followed.follow(shrinking=let)
    assert (then.copied, let.passed) == ("", True)
    assert followed.rows() == followed.copied()
    assert len(followed.rows()) == 2

    followed.maria.run("alter table people modify income decimal(10,1)")
    assert "columns" in followed.follow().copied
    assert followed.rows() == followed.copied()
    followed.maria.run("create table other like people")
    followed.maria.run("rename table people to gone, other to people")
    assert "place" in followed.follow().copied
    assert followed.rows() == followed.copied() == []


def test_every_type_comes_as_a_copy_reads_it(make_database: Callable[[], Database], a_maria: MariaDatabase) -> None:
    followed = Followed(a_place(make_database), a_maria)
    allow(a_maria)
    case = MysqlCase(a_maria)
    samples = [sample for sample in case.samples if sample.native not in ("uuid", "inet6")]
    natives = [*(sample.native for sample in samples), "date", "datetime", "year", "time", "timestamp null", "float"]
    columns = ", ".join(f"c{number} {native}" for number, native in enumerate(natives))
    a_maria.run(f"create table people (id int primary key, {columns}) character set {case.charset}")
    names = ["id", *(f"c{number}" for number in range(len(natives)))]
    ticket = followed.ticket(items=tuple(Item(name, name) for name in names), filter=RowFilter(), checks=())
    assert followed.follow(ticket).copied == "first"
    connection = a_maria.server.connect(a_maria.name)
    with connection.cursor() as cursor:
        cursor.execute("set sql_mode = ''")  # days that are none are let in
        for row in range(max(len(sample.values) for sample in samples) + 1):
            values = [sample.values[row][0] if row < len(sample.values) else "null" for sample in samples]
            last = [
                ["'2024-02-29'", "'2024-02-29 23:59:59'", "2024", "'-00:00:01'", "'2024-02-29 23:59:59'", "1e20"],
                ["null"] * 6,
                ["'1000-01-01'", "'1970-01-01'", "0", "'00:00:00'", "'2000-03-01'", "-0.0"],
            ][row % 3]
            cursor.execute(f"insert into people values ({row}, {', '.join([*values, *last])})")
    connection.close()
    followed.follow(ticket)
    assert followed.rows() == followed.copied(ticket)
    assert len(followed.rows()) > 2
    # A day that is none is kept back, as in a copy, and is not taken for an empty one.
    with a_maria.server.connect(a_maria.name) as connection, connection.cursor() as cursor:
        cursor.execute("set sql_mode = ''")
        cursor.execute(f"update people set c{len(samples)} = '0000-00-00' where id = 0")
    sink = ListSink()
    followed.follow(ticket, rejects=sink)
    assert [row.reasons for row in sink.rows] == [(f"typed(c{len(samples)})",)]
    assert followed.rows() == followed.copied(ticket)


def test_a_long_transaction_is_written_in_parts_and_as_a_whole(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hefu.dataplane.capture.binlog.running.MOST_KEYS", 50)
    ticket = followed.ticket(items=PLAIN, filter=RowFilter(), checks=())
    followed.follow(ticket)
    with followed.maria.server.connect(followed.maria.name) as connection, connection.cursor() as cursor:
        cursor.execute("set autocommit = 0")
        cursor.execute("update people set income = income + 1")
        cursor.execute("savepoint a")
        cursor.execute("delete from people where id > 250")
        cursor.execute("rollback to a")
        cursor.execute("insert into people (id, name) select seq, 'x' from seq_1001_to_1400")
        connection.commit()
    then = followed.follow(ticket)
    assert (then.copied, then.transactions, then.changes) == ("", 1, 700)
    assert followed.rows() == followed.copied(ticket)


def test_long_values_and_distributed_transactions_are_taken_whole_or_refused(followed: Followed) -> None:
    ticket = followed.ticket(items=PLAIN, filter=RowFilter(), checks=())
    followed.follow(ticket)
    followed.maria.run("create table elsewhere (id int primary key)")
    with setting(followed.maria, "max_allowed_packet", str(64 << 20)):
        followed.maria.run("insert into people (id, name, story) values (5001, '长', repeat('x', 17000000))")
    with followed.maria.server.connect(followed.maria.name) as connection, connection.cursor() as cursor:
        for statement in (
            "xa start 'a'", "insert into elsewhere values (1)", "xa end 'a'", "xa prepare 'a'", "xa commit 'a'",
            "xa start 'b'", "update people set name = '一' where id = 1", "xa end 'b'", "xa commit 'b' one phase",
        ):  # fmt: skip
            cursor.execute(statement)
    then = followed.follow(ticket)
    assert (then.changes, then.copied) == (2, "")
    assert followed.place.consumer.run("select length(story) from arrived where id = 5001") == [(17_000_000,)]
    assert followed.place.consumer.run("select name from arrived where id = 1") == [("一",)]
    with followed.maria.server.connect(followed.maria.name) as connection, connection.cursor() as cursor:
        for statement in (
            "xa start 'c'", "update people set name = '二' where id = 1", "xa end 'c'", "xa prepare 'c'",
        ):  # fmt: skip
            cursor.execute(statement)
        with pytest.raises(SideRefused, match="XA"):
            followed.follow(ticket)
        cursor.execute("xa rollback 'c'")
    assert ("一",) in followed.place.consumer.run("select name from arrived where id = 1")  # nothing of it was shown


def test_it_stays_in_step_and_stops_within_two_seconds_of_a_revocation(followed: Followed) -> None:
    ended: list[BaseException] = []
    with following(followed, ended) as watcher:
        until(lambda: bool(_there(followed)) and len(followed.rows()) == 200)
        for number in range(20):
            followed.maria.run("update people set income = %s where id = 1", (number,))
        until(lambda: any(row[0] == 1 and row[4] == 19 for row in followed.rows()))
        watcher.word = "revoked"
        began = time.monotonic()
        until(lambda: bool(ended))
        assert time.monotonic() - began < 2
    assert isinstance(ended[0], Revoked)


def _there(followed: Followed) -> list[tuple[object, ...]]:
    return followed.place.consumer.run("select 1 from pg_tables where tablename = 'arrived'")


def _copies(followed: Followed) -> list[tuple[object, ...]]:
    return followed.place.consumer.run("select delivery from hefu.hefu_position where delivery like 'D-7@%'")


class TestRefusals:
    def test_what_the_server_does_not_log_is_said_with_what_to_set(self, followed: Followed) -> None:
        for name, wrong, right in (
            ("binlog_format", "'MIXED'", "ROW"), ("binlog_row_image", "'MINIMAL'", "FULL"),
            ("binlog_row_metadata", "'NO_LOG'", "FULL"),
        ):  # fmt: skip
            with setting(followed.maria, name, wrong), pytest.raises(SideRefused, match=f"{name} = {right}"):
                check_binlog_followable(
                    ticket=followed.ticket(), source=followed.source, target=followed.place.target()
                )
        followed.maria.run(f"revoke replication slave on *.* from {followed.maria.name[:30]}@'127.0.0.1'")
        with pytest.raises(SideRefused, match="grant replication slave, binlog monitor on"):
            check_binlog_followable(ticket=followed.ticket(), source=followed.source, target=followed.place.target())
        followed.maria.run(f"revoke binlog monitor on *.* from {followed.maria.name[:30]}@'127.0.0.1'")
        with pytest.raises(SideRefused, match="grant replication slave, binlog monitor on"):
            check_binlog_followable(ticket=followed.ticket(), source=followed.source, target=followed.place.target())

    def test_what_changes_without_being_logged_is_refused(self, followed: Followed) -> None:
        followed.maria.run("create table heads (id bigint unsigned primary key)")
        followed.maria.run(
            "create table members (id bigint unsigned primary key, name text, foreign key (id) references heads (id) "
            "on delete cascade)"
        )
        resource = ResourceRef("s", ResourceKind.MYSQL_TABLE, followed.maria.name, "members")
        ticket = followed.ticket(
            resource=resource, items=(Item("id", "id"), Item("name", "name")), filter=RowFilter(), checks=()
        )
        with pytest.raises(PlanRefused, match="foreign key"):
            check_binlog_followable(ticket=ticket, source=followed.source, target=followed.place.target())

    def test_a_row_that_was_written_as_a_statement_ends_it(self, followed: Followed) -> None:
        followed.follow()
        with followed.maria.server.connect(followed.maria.name) as connection, connection.cursor() as cursor:
            cursor.execute("set session binlog_format = 'STATEMENT'")
            cursor.execute("update people set income = 9")
        with pytest.raises(SideRefused, match="as a statement"):
            followed.follow()
        assert followed.rows() != followed.copied()

    def test_a_copy_that_was_interrupted_goes_on_from_its_own_place(self, followed: Followed) -> None:
        def dies(outcome: object, why: str) -> None:
            raise Stopped(rows=0)

        with pytest.raises(Stopped):
            followed.follow(copied=dies)  # the rows are in, and nothing says yet from where they are followed
        before = _copies(followed)
        assert len(before) == 1
        followed.maria.run("delete from people where id < 50")
        assert followed.follow().copied == "first"
        assert _copies(followed) == before
        assert followed.rows() == followed.copied()

    def test_logs_that_are_gone_lead_to_a_copy(self, followed: Followed) -> None:
        followed.follow()
        followed.maria.run("delete from people where id < 100")
        for _time in range(2):
            followed.maria.run("flush logs")

        def purged() -> bool:  # a log that somebody still reads is not purged
            logs = followed.maria.run("show binary logs")
            followed.maria.run("purge binary logs to %s", (logs[-1][0],))
            return len(logs) == 1

        until(purged)
        assert "no more" in followed.follow().copied
        assert followed.rows() == followed.copied()
        followed.maria.run("reset master")
        followed.maria.run("delete from people where id < 200")
        assert "begun its log anew" in followed.follow().copied
        assert followed.rows() == followed.copied()


def test_a_place_before_a_copy_is_the_same_by_a_snapshot_and_by_a_lock(followed: Followed) -> None:
    session = MysqlSession(followed.maria.connection, "source")
    one = place_before_copy(session, followed.maria.name, "people")
    held, waited = followed.maria.server.connect(followed.maria.name), [0]
    with contextlib.closing(held), held.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("update people set income = 3 where id = 1")

        def ends() -> None:  # it is not waited for with the lock asked for, which would keep others from writing
            followed.maria.run("update people set income = 4 where id = 2")
            held.rollback()
            waited[0] += 1

        assert locked_place(session, followed.maria.name, "people", ends) > one
    assert waited == [1]
    assert locked_place(session, followed.maria.name, "people", ends) == place_now(session)[1]
    session.close()
