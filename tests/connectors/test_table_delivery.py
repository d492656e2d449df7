"""The table channel: replaced as a whole, gone on with where it stopped, never half, never twice."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from hefu.dataplane.checks import NotNull, UniqueKey
from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import default_policy
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.target import take_locks
from hefu.dataplane.errors import (
    AddressRefused,
    AlreadyRunning,
    NotReconciled,
    PlanRefused,
    QuotaExceeded,
    Revoked,
    SideLost,
    SideRefused,
    Stopped,
    TicketRefused,
)
from hefu.dataplane.filters import Equals, RowFilter
from hefu.dataplane.masks import Code, DateShift, Drop, FormatPreserving, Hash, Translate
from hefu.dataplane.run import ListSink, Options, Progress, Rejected, check_plan
from hefu.dataplane.ticket import Channel, Item, Quota, ResourceKind, ResourceRef
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors import model
from tests.connectors.place import CHECKS, ITEMS, NOW, Place, a_place, connection_to, expected
from tests.faults.proxy import Proxy

COUNT = 1500
PARTS = Options(workers=1, chunk_pages=2)


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    place = a_place(make_database)
    place.fill(COUNT)
    return place


@dataclass
class StopAfter:
    """Stops the run once `chunks` chunks of the copy are committed."""

    chunks: int
    word: Literal["stopped", "revoked"] = "stopped"
    seen: list[Progress] = field(default_factory=list)

    def progress(self, now: Progress) -> None:
        self.seen.append(now)

    def stop_requested(self) -> Literal["stopped", "revoked"] | None:
        now = self.seen[-1]
        return self.word if now.phase == "copy" and now.chunks_done >= self.chunks else None


def stopped_after(place: Place, chunks: int, *, checks: bool = True) -> int:
    """Run a delivery and stop it after some chunks; return how many were committed."""
    # A slow target lets the watcher, which looks four times a second, stop in the middle.
    slow_down(place)
    settle(place)
    with pytest.raises(Stopped):
        place.deliver(ticket=place.grant(checks), watcher=StopAfter(chunks), options=PARTS)
    speed_up(place)
    done = place.consumer.run("select count(*) from hefu.hefu_position_chunk")[0][0]
    assert isinstance(done, int)
    assert done >= chunks
    return done


def settle(place: Place) -> None:
    """Wait until no transaction of the server is older than the source's rows.

    While one is, a resume cannot tell old rows from new ones and begins afresh: right, but not what is tested.
    """
    written = place.provider.run("select pg_current_xact_id()::text")[0][0]
    oldest = f"select pg_snapshot_xmin(pg_current_snapshot()) > '{written}'::xid8"
    until = time.monotonic() + 120
    while not place.provider.run(oldest)[0][0]:
        assert time.monotonic() < until, "a transaction of another test does not end"
        time.sleep(0.2)


def slow_down(place: Place) -> None:
    place.consumer.run("create schema if not exists hefu")
    session = Session(connection_to(place.consumer), "target", default_policy)
    position.ensure_tables(session)
    session.close()
    place.consumer.run(
        "create or replace function hefu.slow() returns trigger language plpgsql as "
        "$$ begin perform pg_sleep(0.3); return new; end $$"
    )
    place.consumer.run(
        "create trigger slow before insert on hefu.hefu_position_chunk for each row execute function hefu.slow()"
    )


def speed_up(place: Place) -> None:
    place.consumer.run("drop trigger slow on hefu.hefu_position_chunk")


def test_rows_go_to_the_place_and_table_that_the_ticket_signs_and_nowhere_else(place: Place) -> None:
    with pytest.raises(PlanRefused, match="elsewhere"):
        place.deliver(target=replace(place.target(), place="somebody else's"))
    with pytest.raises(PlanRefused, match="elsewhere"):
        check_plan(ticket=place.ticket(target=None), source=place.source, target=place.target())
    assert place.consumer.run("select to_regclass('arrived') is null") == [(True,)]


@pytest.mark.parametrize("checks", [True, False])
def test_a_stopped_run_goes_on_where_it_was(place: Place, checks: bool) -> None:
    done = stopped_after(place, 2, checks=checks)
    assert place.consumer.run("select to_regclass('arrived')") == [(None,)]
    outcome = place.deliver(ticket=place.grant(checks), options=PARTS)
    written = place.consumer.run("select sum(rows) from hefu.hefu_position_chunk where chunk < 100")[0][0]
    assert outcome.restarted == ""
    assert 0 < outcome.resumed_rows < outcome.rows_written == written
    assert done > 1
    assert place.rows() == sorted(expected_rows(checks), key=repr)


def expected_rows(checks: bool = True) -> list[tuple[object, ...]]:
    return [(*row[:5], None if row[5] is None else Decimal(str(row[5]))) for row in expected(COUNT, checked=checks)]


@pytest.mark.parametrize(
    "change",
    [
        "update people set name = name || '甲' where ctid = (select min(ctid) from people where division = '511702')",
        "delete from people where ctid = (select min(ctid) from people where division = '511702')",
        "insert into people select * from people where division = '511702' and name is not null limit 1",
        "vacuum full people",
        "alter table people alter name type varchar(99)",
    ],
)
@pytest.mark.parametrize("checks", [True, False])
def test_rows_that_changed_meanwhile_are_read_again(place: Place, change: str, checks: bool) -> None:
    stopped_after(place, 2, checks=checks)
    place.provider.run(change)
    outcome = place.deliver(ticket=place.grant(checks), options=PARTS)
    fresh = place.deliver("D-2", ticket=place.grant(checks), target=place.target("other"))
    assert place.rows("arrived") == place.rows("other")
    assert outcome.digest_target == fresh.digest_target
    if not change.startswith("insert"):  # a new row may stand behind the finished parts
        assert outcome.restarted
        assert outcome.resumed_rows == 0


def test_a_change_behind_the_finished_parts_costs_nothing(place: Place) -> None:
    stopped_after(place, 2)
    place.provider.run("update people set name = '李四' where ctid = (select max(ctid) from people)")
    outcome = place.deliver(ticket=place.grant(), options=PARTS)
    assert (outcome.restarted, outcome.resumed_rows > 0) == ("", True)


@pytest.mark.parametrize("loss", ["truncate {stage}", "drop table {stage}"])
def test_rows_that_are_gone_from_the_target_are_written_again(place: Place, loss: str) -> None:
    stopped_after(place, 2)
    stage = place.consumer.run("select staging from hefu.hefu_position")[0][0]
    place.consumer.run(loss.format(stage=stage))
    outcome = place.deliver(ticket=place.grant(), options=PARTS)
    assert "gone from the target" in outcome.restarted
    assert place.rows() == sorted(expected_rows(), key=repr)


def test_another_grant_does_not_go_on_with_the_rows_of_the_first(place: Place) -> None:
    stopped_after(place, 2)
    outcome = place.deliver(ticket=place.ticket(items=ITEMS[:2], checks=CHECKS[:3]), options=PARTS)
    assert "grant" in outcome.restarted
    assert len(place.rows()[0]) == 2


def test_a_finished_delivery_is_not_done_again(place: Place) -> None:
    ticket = place.ticket()
    first = place.deliver(ticket=ticket)
    place.provider.run("truncate people")
    sink = ListSink()
    sink.put([Rejected(("kept",), {})])
    again = place.deliver(ticket=ticket, rejects=sink)
    assert again == replace(first, repeated=True, seconds=again.seconds)
    assert len(place.rows()) == first.rows_written
    assert len(sink.rows) == 1
    # Another delivery under the same grant is another matter.
    assert place.deliver("D-2", ticket=ticket).rows_written == 0
    assert place.rows() == []


def test_revocation_discards_what_was_under_way(place: Place) -> None:
    slow_down(place)
    with pytest.raises(Revoked):
        place.deliver(watcher=StopAfter(1, "revoked"), options=PARTS)
    assert place.consumer.run("select count(*) from hefu.hefu_position") == [(0,)]
    assert place.consumer.run("select relname::text from pg_class where relname like 'hefu_stage%'") == []
    assert place.consumer.run("select to_regclass('arrived')") == [(None,)]


@dataclass
class RevokeLater:
    """Revokes a second after it was made, once the run copies, and notes when."""

    made: float = field(default_factory=time.monotonic)
    at: float = 0.0

    def progress(self, now: Progress) -> None:
        if now.phase == "copy" and not self.at and time.monotonic() - self.made > 1:
            self.at = time.monotonic()

    def stop_requested(self) -> Literal["revoked"] | None:
        return "revoked" if self.at else None


def test_a_blocked_run_stops_within_two_seconds(place: Place) -> None:
    # Each row of the source takes a hundredth of a second, so the copy would take a quarter of a minute.
    place.provider.run(
        "create function crawl(text) returns text volatile language plpgsql as "
        "$$ begin perform pg_sleep(0.01); return $1; end $$"
    )
    place.provider.run("create view slow_people as select crawl(id) as id from people")
    ticket = place.ticket(
        resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "slow_people"),
        items=(Item("id", "id"),), filter=RowFilter(), checks=(),
    )  # fmt: skip
    watcher = RevokeLater()
    with pytest.raises(Revoked):
        place.deliver(ticket=ticket, watcher=watcher)
    assert time.monotonic() - watcher.at < 2
    busy = "select count(*) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
    assert place.provider.run(f"{busy} and state = 'active' and query like '%slow_people%'") == [(0,)]


def test_a_network_that_is_silent_while_a_statement_is_cancelled_holds_nobody_else_up(place: Place) -> None:
    proxy = Proxy(place.provider.host, place.provider.port)
    session = Session(connection_to(place.provider.behind(proxy.port)), "source", default_policy)
    with ThreadPoolExecutor(2) as beside:
        running = beside.submit(session.run, "select pg_sleep(60)")
        while not place.provider.run("select 1 from pg_stat_activity where query = 'select pg_sleep(60)'"):
            time.sleep(0.02)
        proxy.stalls = proxy.passed
        cancelling = beside.submit(session.cancel)  # a driver that held the whole process here would never let it go on
        wait([cancelling], timeout=0.2)
        assert not cancelling.done()
        proxy.stalls = None
        with pytest.raises(SideRefused, match="canceling"):
            running.result(90)
    session.close()
    proxy.close()


def test_a_ticket_that_ends_on_the_way_ends_the_run(place: Place) -> None:
    class Passing(FixedClock):
        looks = 0

        def now(self) -> datetime:
            Passing.looks += 1
            return self.at + timedelta(days=1) * (Passing.looks > 3)

    with pytest.raises(TicketRefused) as caught:
        place.deliver(clock=Passing(NOW))
    assert caught.value.reason == "expired"
    assert place.consumer.run("select to_regclass('arrived')") == [(None,)]


def test_two_runs_at_once_are_one_and_a_refusal(place: Place) -> None:
    other = Session(connection_to(place.consumer), "target", default_policy)
    assert take_locks(other, "D-1", place.target("elsewhere")) is None
    with pytest.raises(AlreadyRunning, match="delivery D-1"):
        place.deliver()
    with pytest.raises(AlreadyRunning, match=r"table public\.elsewhere"):
        place.deliver("D-2", target=place.target("elsewhere"))
    other.close()
    assert place.deliver().rows_written > 0


def test_rows_that_no_delivery_put_there_are_never_replaced(place: Place) -> None:
    place.consumer.run("create table arrived (id text, name text)")
    place.consumer.run("insert into arrived values ('own', 'own')")
    with pytest.raises(SideRefused, match="rows that were not delivered here"):
        place.deliver(ticket=place.ticket(items=ITEMS[:2]))
    assert place.consumer.run("select id from arrived") == [("own",)]
    place.consumer.run("truncate arrived")
    assert place.deliver(ticket=place.ticket(items=ITEMS[:2])).rows_written > 0


def test_the_old_rows_stand_until_the_new_ones_are_whole(place: Place) -> None:
    place.deliver("D-0")
    place.consumer.run("truncate arrived")
    place.consumer.run("insert into arrived (id) values ('old')")
    slow_down(place)
    with pytest.raises(Stopped):
        place.deliver(watcher=StopAfter(1), options=PARTS)
    assert place.rows(columns="id") == [("old",)]
    speed_up(place)
    assert place.deliver("D-2").published == "renamed"
    assert ("old",) not in place.rows(columns="id")


def test_a_renamed_table_keeps_rights_indexes_and_remarks(place: Place) -> None:
    place.consumer.run(
        "create table arrived (id text, name text not null default '?', born date, division text, phone text, "
        "income numeric(12,2), seen timestamptz default now(), check (id <> 'x'))"
    )
    place.consumer.run("create index by_division on arrived (division, born desc)")
    place.consumer.run("comment on table arrived is '民政 ''用'''")
    place.consumer.run("grant select on arrived to public")
    assert place.deliver().published == "renamed"
    assert place.consumer.run(
        "select obj_description('arrived'::regclass, 'pg_class'), "
        "has_table_privilege('pg_monitor', 'arrived', 'select')"
    ) == [("民政 '用'", True)]
    assert place.consumer.run("select indexname::text from pg_indexes where tablename = 'arrived'") == [
        ("by_division",)
    ]
    assert place.consumer.run(
        "select count(*) from pg_constraint where conrelid = 'arrived'::regclass and contype = 'c'"
    ) == [(1,)]
    assert place.consumer.run("select count(*) from arrived where seen is null") == [(0,)]
    assert place.consumer.run("select reloptions from pg_class where relname = 'arrived'") == [(None,)]


@pytest.mark.parametrize(
    "bound",
    [
        "create view mine as select count(*) as n from arrived",
        "create table other (id text references arrived)",
        "create table logged (n int); create function note() returns trigger language plpgsql as "
        "$$ begin return new; end $$; create trigger t after insert on arrived for each row execute function note()",
    ],
)
def test_a_table_that_others_point_at_keeps_its_identity(place: Place, bound: str) -> None:
    place.consumer.run("create table arrived (id text primary key, name text)")
    ticket = place.ticket(items=ITEMS[:2], checks=(*CHECKS, NotNull("id")))
    place.deliver("D-0", ticket=ticket)
    place.consumer.run("truncate arrived; insert into arrived values ('old', 'old')")
    place.consumer.run(bound)
    before = place.consumer.run("select 'arrived'::regclass::oid")
    outcome = place.deliver(ticket=ticket)
    assert outcome.published == "refilled"
    assert place.consumer.run("select 'arrived'::regclass::oid") == before
    assert place.consumer.run("select count(*) from arrived") == [(outcome.rows_written,)]
    assert place.consumer.run("select relname::text from pg_class where relname like 'hefu_stage%'") == []


@pytest.mark.parametrize("logged", [True, False])
def test_a_new_table_is_logged_unless_told_otherwise(place: Place, logged: bool) -> None:
    place.deliver(target=place.target(logged=logged))
    kind = place.consumer.run("select relpersistence::text from pg_class where relname = 'arrived'")
    assert kind == [("p" if logged else "u",)]


def test_more_rows_than_the_quota_do_not_leave(place: Place) -> None:
    with pytest.raises(QuotaExceeded, match="900 rows"):
        place.deliver(ticket=place.ticket(quota=Quota(900)), options=PARTS)
    assert place.consumer.run("select to_regclass('arrived')") == [(None,)]
    assert place.deliver(ticket=place.ticket(quota=Quota(1000))).rows_written < 1000


def test_a_row_that_the_target_loses_is_noticed(place: Place) -> None:
    stopped_after(place, 2)
    stage = place.consumer.run("select staging from hefu.hefu_position")[0][0]
    place.consumer.run(
        "create function lose() returns trigger language plpgsql as "
        "$$ begin return case when new.name like '王%' and random() < 0.5 then null else new end; end $$"
    )
    place.consumer.run(f"create trigger lose before insert on {stage} for each row execute function lose()")
    with pytest.raises(NotReconciled, match="nothing was published"):
        place.deliver(ticket=place.grant(), options=PARTS)


def test_a_key_that_the_target_changes_is_noticed(place: Place) -> None:
    stopped_after(place, 2)
    stage = place.consumer.run("select staging from hefu.hefu_position")[0][0]
    place.consumer.run(
        "create function turn() returns trigger language plpgsql as "
        "$$ begin new.id = reverse(new.id); return new; end $$"
    )
    place.consumer.run(f"create trigger turn before insert on {stage} for each row execute function turn()")
    with pytest.raises(NotReconciled, match="key digest"):
        place.deliver(ticket=place.grant(), options=PARTS)


def test_copies_in_different_parts_find_each_other(place: Place) -> None:
    place.provider.run("insert into people select * from people where id is not null and name is not null")
    sink = ListSink()
    outcome = place.deliver(ticket=place.ticket(checks=(UniqueKey(("id", "name")),)), rejects=sink, options=PARTS)
    kept = place.provider.run(
        "select count(*) from people where division in ('511702', '511703', '511799') and (id is null or name is null)"
    )
    assert kept == [(outcome.rows_written,)]
    assert outcome.rows_rejected == outcome.rejected["unique_key(id,name)"] > 1000


def test_a_hash_as_key_agrees_on_both_sides(place: Place) -> None:
    ticket = place.ticket(items=(Item("id", "who", mask=Hash("s", 20)), Item("name", "name")), checks=())
    outcome = place.deliver(ticket=ticket, salts={"s": "盐'\\"})
    assert outcome.digest_source == outcome.digest_target
    here = "select left(encode(sha256(convert_to('盐''\\' || id, 'UTF8')), 'hex'), 20) from people where "
    wanted = place.provider.run(f"{here} division in ('511702', '511703', '511799')")
    assert place.rows(columns="who") == sorted(wanted, key=repr)


def test_moved_dates_keep_each_persons_intervals_and_what_is_dropped_stays(place: Place) -> None:
    items = (
        Item("id", "者", mask=FormatPreserving("s", "citizen_id")),
        Item("birth", "born", mask=DateShift("s", "id", 90)),
        Item("name", "name", mask=Drop()),
        Item("division", "town", mask=Translate((Code("511702", "通川"), Code("511703", "达川")))),
    )
    sink = ListSink()
    checks = (NotNull("id"), NotNull("name"), UniqueKey(("id",)))
    ticket = place.ticket(items=items, checks=checks)
    outcome = place.deliver(ticket=ticket, salts={"s": "盐"}, rejects=sink)
    source = place.provider.run(
        "select id, birth, division from people p where division in ('511702', '511703') and name is not null "
        "and id is not null and (select count(*) from people q where q.id = p.id and division in "
        "('511702', '511703', '511799')) = 1"
    )
    wanted = [
        (
            model.masked(items[0].mask, who, {"s": "盐"}),
            model.masked(items[1].mask, born, {"s": "盐"}, who),
            "通川" if town == "511702" else "达川",
        )
        for who, born, town in source
    ]
    assert sorted(place.rows(), key=repr) == sorted(wanted, key=repr)
    assert [name for name, _ in outcome.columns] == ["者", "born", "town"]
    # A code that the table does not know rejects its row, and says so.
    assert outcome.rejected["code_set(division)"] == sum(row.values["division"] == "511799" for row in sink.rows) > 0
    assert all(abs((a - b).days) in range(1, 91) for (_, a, _), (_, b, _) in zip(source, wanted, strict=True))
    assert model.permuted(wanted[0][0], "citizen_id", "盐", back=True) == source[0][0]


def test_nothing_granted_gives_an_empty_table(place: Place) -> None:
    for checks in ((), CHECKS):
        outcome = place.deliver(
            f"D-{len(checks)}", ticket=place.ticket(filter=RowFilter((Equals("division", "none"),)), checks=checks)
        )
        assert (outcome.rows_read, outcome.rows_written, outcome.digest_target) == (0, 0, "0" * 16)
        assert place.rows() == []


def test_every_type_that_both_sides_know_passes_unread(place: Place) -> None:
    mood = "create type mood as enum ('calm', '平静')"
    place.provider.run(mood)
    place.consumer.run(mood)
    place.provider.run("create domain short as varchar(5) check (value <> 'x')")
    place.provider.run(
        "create table zoo (k uuid, m mood, j jsonb, a int[], b bytea, t timestamptz, i interval, d short, c char(4), "
        "n numeric, r real, ip inet, g bigint generated always as (1 + 1) stored)"
    )
    place.provider.run(
        "insert into zoo select gen_random_uuid(), '平静', '{\"a\": [1, null]}', '{1,NULL,3}', '\\x00ff', "
        "'2025-08-01 12:00+08', '1 mon 2 days', 'abc', 'ab', 1.50, 'NaN', '10.0.0.1/8' from generate_series(1, 50)"
    )
    place.provider.run("insert into zoo (k) values (gen_random_uuid())")
    names = ["k", "m", "j", "a", "b", "t", "i", "d", "c", "n", "r", "ip", "g"]
    ticket = place.ticket(
        resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "zoo"),
        items=tuple(Item(name, name) for name in names), key=("k", "ip"), filter=RowFilter(), checks=(),
    )  # fmt: skip
    outcome = place.deliver(ticket=ticket)
    assert outcome.rows_written == 51
    columns = ", ".join(f"{name}::text" for name in names)
    assert place.rows(columns=columns) == sorted(place.provider.run(f"select {columns} from zoo"), key=repr)
    assert dict(outcome.columns)["d"] == "character varying(5)"


def test_what_cannot_be_planned_is_said_without_moving_a_row(place: Place) -> None:
    place.consumer.run("create table arrived (id integer, name text)")
    ticket = place.ticket(items=(*ITEMS[:2], Item("wealth", "wealth")))
    with pytest.raises(PlanRefused) as caught:
        check_plan(ticket=ticket, source=place.source, target=place.target())
    assert len(caught.value.problems) == 2
    place.consumer.run("drop table arrived")
    assert len(check_plan(ticket=place.ticket(), source=place.source, target=place.target()).outputs) == 6
    with pytest.raises(PlanRefused, match="grants the file channel"):
        place.deliver(ticket=place.ticket(channel=Channel.FILE))


def test_refusals_of_a_side_name_it_and_keep_its_secrets(place: Place) -> None:
    with pytest.raises(SideRefused, match="no schema nowhere"):
        place.deliver(target=replace(place.target(), schema="nowhere"))
    lost = ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "nothing")
    with pytest.raises(SideRefused, match=r"source refused: there is no table public\.nothing"):
        place.deliver(ticket=place.ticket(resource=lost))
    wrong = replace(place.target().connection, password="s3cret-and-wrong")
    with pytest.raises(SideRefused, match="password authentication failed") as caught:
        place.deliver(target=replace(place.target(), connection=wrong))
    assert "s3cret" not in str(caught.value)
    assert caught.value.transient is False
    closed = replace(place.target().connection, port=1)
    with pytest.raises(SideLost) as gone:
        place.deliver(target=replace(place.target(), connection=closed))
    assert gone.value.transient is True


def test_an_address_that_the_policy_closes_is_not_reached(place: Place) -> None:
    metadata = replace(place.target().connection, host="169.254.169.254")
    with pytest.raises(AddressRefused):
        place.deliver(target=replace(place.target(), connection=metadata))
