"""Collection into holdings: who may, what is held and counted, history, and what every look leaves behind."""

import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hefu.cli.main import hefu
from hefu.dataplane.checks import NotNull
from hefu.dataplane.formats import FileFormat
from hefu.dataplane.lake.table import Taking
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.catalog.models import Entry
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.carry import carry as carry_delivery
from hefu.rooms.evidence.queries import history as evidence_of
from hefu.rooms.evidence.queries import public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.holdings import decide, errors, queries, services
from hefu.rooms.holdings.carry import carry
from hefu.rooms.holdings.models import CollectionRun, Holding, RejectedRow
from hefu.rooms.holdings.services.carrying import LOCK_CLASS, lock_key, take_up
from hefu.rooms.holdings.terms import Freshness, RunStatus
from hefu.rooms.parties.models import Department
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
    an_actor,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

LATER = FixedClock(NOON.now() + timedelta(days=2))


@pytest.fixture
def provider() -> Department:
    return a_department("市公安局")


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
def entry(provider: Department, theirs: Database) -> Entry:
    a_population(theirs, rows=100)
    return a_mounted_entry(provider, theirs, checks=[NotNull("name")])


@pytest.fixture
def officer(provider: Department) -> Actor:
    return an_actor(provider)


@pytest.fixture
def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


@pytest.fixture
def holding(entry: Entry, officer: Actor) -> Holding:
    return services.open_holding(entry=entry.code, taking=Taking.SNAPSHOT, actor=officer, clock=NOON)


def collected(holding: Holding, actor: Actor, clock: FixedClock = NOON, **how: bool) -> CollectionRun:
    run = services.start_run(number=holding.number, actor=actor, clock=clock, **how)
    carry(run.pk, holding_id=holding.pk, clock=clock)
    run.refresh_from_db()
    return run


def test_a_source_is_collected_counted_and_proved_and_every_day_can_be_read(
    holding: Holding, officer: Actor, reviewer: Actor, theirs: Database, tmp_path: Path
) -> None:
    run = collected(holding, reviewer)
    assert (run.status, run.rows_read, run.rows_rejected, run.rows_held) == (RunStatus.DONE, 100, 10, 90)
    assert run.rejected == {"not_null(name)": 10}
    assert run.digest_source == run.digest_held
    theirs.run("UPDATE population SET name = '改名' WHERE id_number = lpad('7', 18, '0'); DELETE FROM population "
               "WHERE id_number = lpad('8', 18, '0')")  # fmt: skip
    second = collected(holding, officer, LATER)
    assert (second.inserted, second.updated, second.removed, second.rows_held) == (0, 1, 1, 89)
    assert [(one.number, one.rows) for one in queries.history(holding)] == [(2, 89), (1, 90)]
    then, seen = services.look_at(
        number=holding.number,
        at=NOON.now() + timedelta(days=1),
        equal={"id_number": "7".zfill(18)},
        reason="核对姓名",
        actor=officer,
        clock=LATER,
    )
    assert (then.number, [row[seen.columns.index("name")] for row in seen.rows]) == (1, ["张7"])
    into = tmp_path / "then.csv"
    services.take_out(
        number=holding.number,
        version=1,
        file_format=FileFormat.CSV,
        into=into,
        reason="存档",
        actor=officer,
        clock=LATER,
    )
    assert len(into.read_text(encoding="utf-8-sig").splitlines()) == 91
    kinds = [one.kind for one in evidence_of(holding.number, viewer=SYSTEM)]
    assert kinds == ["holding.opened", *["holding.run_asked", "holding.collected"] * 2, "holding.read", "holding.read"]
    receipt = services.receipt_of(number=run.number, viewer=officer, clock=LATER)
    proved = verify_receipt(receipt, trusted=public_keys(KeyPurpose.LOG))
    assert (proved.entry["kind"], proved.entry["body"]["rows_held"]) == ("holding.collected", 90)
    assert not any(b"\xe5\xbc\xa07" in file.read_bytes() for file in _log(holding))


def _log(holding: Holding) -> list[Path]:
    return list((Path(settings.HEFU.home) / "lake" / str(holding.pk) / "_delta_log").glob("*"))


def test_rows_are_their_departments_own_and_counts_the_authoritys(
    holding: Holding, officer: Actor, reviewer: Actor
) -> None:
    run = collected(holding, officer)
    stranger = an_actor(a_department("市文旅局"))
    with pytest.raises(NotFound):
        queries.holding(holding.number, viewer=stranger)
    with pytest.raises(NotFound):
        services.cancel_run(number=run.number, actor=stranger, clock=NOON)
    assert queries.holding(holding.number, viewer=reviewer) == holding
    for refused in (reviewer, SYSTEM, an_actor(the_authority(), Role.OPERATOR)):
        with pytest.raises(Forbidden):
            services.look_at(number=holding.number, reason="看看", actor=refused, clock=NOON)
    with pytest.raises(InputsRejected):
        services.look_at(number=holding.number, reason=" \0", actor=officer, clock=NOON)
    sealed = RejectedRow.objects.filter(run=run)[0].sealed
    assert "0000010" not in sealed
    shown = services.reveal_rejects(found=run, limit=1, actor=officer, clock=NOON)
    assert shown[0].values is not None
    assert shown[0].values["id_number"] == "10".zfill(18)
    assert services.reveal_rejects(found=run, limit=1, actor=reviewer, clock=NOON)[0].values is None


def test_what_is_not_shared_is_collected_by_its_own_department_alone(
    provider: Department, theirs: Database, officer: Actor, reviewer: Actor
) -> None:
    a_population(theirs, rows=3)
    entry = a_mounted_entry(provider, theirs)
    Entry.objects.filter(pk=entry.pk).update(
        share_type="none", basis_kind="law", basis_title="某法", noshare_reason="依法"
    )
    with pytest.raises(errors.NotToBeCollected) as refused:
        services.open_holding(entry=entry.code, taking=Taking.MERGE, actor=reviewer, clock=NOON)
    assert str(refused.value.citation) == "decree-809 art. 14"
    found = services.open_holding(entry=entry.code, taking=Taking.MERGE, actor=officer, clock=NOON)
    with pytest.raises(errors.NotToBeCollected):
        services.start_run(number=found.number, actor=reviewer, clock=NOON)
    with pytest.raises(errors.AlreadyHeld):
        services.open_holding(entry=entry.code, taking=Taking.MERGE, actor=officer, clock=NOON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide, "open_holding", lambda *_args, **_how: None)  # as for two who open in one instant
        with pytest.raises(errors.AlreadyHeld):
            services.open_holding(entry=entry.code, taking=Taking.MERGE, actor=officer, clock=NOON)
    with pytest.raises(errors.NothingToCollect):
        services.open_holding(entry=an_entry(provider).code, taking=Taking.MERGE, actor=officer, clock=NOON)


def test_a_dead_workers_run_is_begun_anew_and_what_it_had_committed_is_not_done_twice(
    holding: Holding, officer: Actor
) -> None:
    run = services.start_run(number=holding.number, actor=officer, clock=NOON)
    with pytest.raises(errors.RunOpen):
        services.start_run(number=holding.number, actor=officer, clock=NOON)
    assert take_up(run_id=run.pk, clock=NOON) is not None  # a worker that dies here
    assert services.requeue_lost(clock=NOON) == [run.number]
    carry(run.pk, holding_id=holding.pk, clock=NOON)
    run.refresh_from_db()
    assert (run.status, run.takeovers, run.version) == (RunStatus.DONE, 1, 1)
    # As if the node's database had lost what the lake has kept: the run finds its own commit.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE holdings_collectionrun SET status = 'running', version = NULL WHERE id = %s", [run.pk])
    carry(run.pk, holding_id=holding.pk, clock=LATER)
    run.refresh_from_db()
    assert (run.status, run.version, run.collected_at) == (RunStatus.DONE, 1, NOON.now())
    assert len(queries.history(holding)) == 1


def test_an_empty_source_a_stopped_run_and_a_lost_mount_leave_the_holding_as_it_was(
    holding: Holding, officer: Actor, theirs: Database
) -> None:
    collected(holding, officer)
    theirs.run("DELETE FROM population")
    empty = collected(holding, officer, LATER)
    assert (empty.status, empty.error_code) == (RunStatus.FAILED, "dataplane.source_went_empty")
    waiting = services.start_run(number=holding.number, actor=officer, clock=LATER)
    assert services.cancel_run(number=waiting.number, actor=officer, clock=LATER).status == RunStatus.CANCELLED
    theirs.run("DROP TABLE population")
    gone = collected(holding, officer, LATER)
    assert gone.status == RunStatus.FAILED
    assert [one.rows for one in queries.history(holding)] == [90]


def test_it_is_collected_by_the_clock_and_told_when_it_is_older_than_its_cycle(
    holding: Holding, officer: Actor
) -> None:
    Entry.objects.filter(pk=holding.entry_id).update(update_cycle="daily")
    services.change_holding(
        number=holding.number, taking=Taking.MERGE, timetable="每天 02:00", actor=officer, clock=NOON
    )
    with pytest.raises(InputsRejected):
        services.change_holding(
            number=holding.number, taking=Taking.MERGE, timetable="* * * * *", actor=officer, clock=NOON
        )
    assert services.start_due(clock=NOON) == []
    begun = services.start_due(clock=LATER)
    assert len(begun) == 1
    assert services.start_due(clock=LATER) == []
    run = queries.run(begun[0], viewer=officer)
    carry(run.pk, holding_id=holding.pk, clock=LATER)
    fresh = queries.holding(holding.number, viewer=officer)
    assert queries.standing(fresh, clock=LATER).freshness is Freshness.FRESH
    much_later = FixedClock(LATER.now() + timedelta(days=2))
    assert queries.standing(fresh, clock=much_later).freshness is Freshness.LATE


def test_old_versions_go_by_the_holdings_rule_only_while_nobody_writes_and_their_counts_stay(
    holding: Holding, officer: Actor, theirs: Database
) -> None:
    collected(holding, officer)
    theirs.run("DELETE FROM population WHERE id_number < lpad('5', 18, '0')")
    collected(holding, officer, LATER)
    for file in queries.table_of(holding.pk).path.glob("*.parquet"):
        os.utime(file, (0, 0))  # what is younger than a day somebody may be writing
    held, much_later = queries.bytes_held(holding), FixedClock(LATER.now() + timedelta(days=31))
    with pytest.raises(InputsRejected):
        services.drop_versions(number=holding.number, kept_for=timedelta(days=6), actor=officer, clock=LATER)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, lock_key(holding.pk)])
        with pytest.raises(errors.RunOpen):
            services.drop_versions(number=holding.number, kept_for=timedelta(days=7), actor=officer, clock=much_later)
        # Given back by word: a session that ends gives it back a moment after the line is closed.
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, lock_key(holding.pk)])
    other.close()
    assert services.thin_out(clock=much_later) == []
    with pytest.raises(InputsRejected):
        services.keep_for(number=holding.number, days=6, actor=officer, clock=much_later)
    services.keep_for(number=holding.number, days=30, actor=officer, clock=much_later)
    assert services.thin_out(clock=FixedClock(LATER.now() + timedelta(days=29))) == []
    [(number, dropped)] = services.thin_out(clock=much_later)
    assert (number, dropped.files, dropped.bytes + dropped.bytes_kept) == (holding.number, 1, held)
    assert [(one.readable, one.rows) for one in queries.history(holding)] == [(True, 86), (False, 90)]
    entry = queries.last_dropped(holding, viewer=officer)
    assert entry is not None
    assert entry.body["bytes_freed"] == dropped.bytes
    assert services.thin_out(clock=much_later) == []


def test_the_command_line_opens_collects_and_looks_back(
    entry: Entry, provider: Department, capsys: pytest.CaptureFixture[str]
) -> None:
    person = a_person(seats={provider.pk: [Role.OFFICER]})

    def run(*words: str) -> object:
        hefu.main(args=["holdings", *words, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    who = ("--as", person.username)
    number = run("open", entry.code, *who)["number"]
    started = run("collect", number, *who)
    found = CollectionRun.objects.get(number=started["run"])
    carry(found.pk, holding_id=found.holding_id, clock=NOON)
    assert run("status", number, *who)["run"]["rows_held"] == 90
    assert [one["rows"] for one in run("history", number, *who)] == [90]
    assert run("keep", number, "--days", "30", *who) == {"number": number, "kept_days": 30}
    assert run("vacuum", number, "--keep-days", "7", *who)["bytes_kept"] > 0
    seen = run("query", number, "--where", f"id_number={'7'.zfill(18)}", "--reason", "核对", *who)
    assert (seen["matching"], seen["rows"][0]["name"]) == (1, "张7")
    with CaptureQueriesContext(connection) as asked:
        assert run("list", *who)[0]["rows"] == 90
    assert len([one for one in asked if "holdings_collectionrun" in one["sql"]]) == 2  # however many holdings


@pytest.mark.clause("NAT2022-3.1a")
def test_a_grant_is_delivered_from_the_holding_where_its_department_chose_so(
    holding: Holding,
    entry: Entry,
    officer: Actor,
    reviewer: Actor,
    theirs: Database,
    make_database: Callable[[], Database],
) -> None:
    ours, consumer = make_database(), a_department("市民政局")
    grant = a_grant(holding.entry, consumer, target=a_target(consumer, ours))
    collected(holding, officer)
    with pytest.raises(Forbidden):
        services.change_holding(
            number=holding.number, taking=Taking.SNAPSHOT, timetable="", serves=True, actor=reviewer, clock=NOON
        )
    services.change_holding(
        number=holding.number, taking=Taking.SNAPSHOT, timetable="", serves=True, actor=officer, clock=NOON
    )
    theirs.run("DELETE FROM population")  # the source is not asked any more
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).get()
    carry_delivery(delivery.pk, clock=NOON)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error, delivery.rows_read, delivery.rows_written) == ("done", "", 90, 90)
    assert delivery.held == [{"number": holding.number, "version": 1, "at": NOON.now().isoformat()}]
    table = f'"{grant.target_table}"'
    assert ours.run(f"SELECT count(*), min(birth_date) FROM {table}") == [(90, date(1950, 1, 2))]
    read = evidence_of(holding.number, viewer=SYSTEM)[-1]
    assert (read.kind, read.body["form"], read.body["reason"]) == ("holding.read", "delivery", delivery.number)


def test_a_collection_follows_another_and_nothing_waits_for_itself(
    holding: Holding, officer: Actor, reviewer: Actor, theirs: Database
) -> None:
    health = a_department("市卫健委")
    theirs.run("CREATE TABLE births AS TABLE population; ALTER TABLE births ADD PRIMARY KEY (id_number)")
    other = services.open_holding(
        entry=a_mounted_entry(health, theirs, table="births").code,
        taking=Taking.SNAPSHOT, actor=an_actor(health), clock=NOON,
    )  # fmt: skip

    def wait(row: Holding, text: str, actor: Actor) -> Holding:
        return services.change_holding(
            number=row.number, taking=Taking.SNAPSHOT, timetable=text, actor=actor, clock=NOON
        )

    with pytest.raises(InputsRejected) as caught:
        wait(other, f"{holding.number} 之后", an_actor(health))
    assert "no " + holding.number in str(caught.value.problems["timetable"])  # another department's, unseen
    assert wait(other, f"{holding.number} 之后", reviewer).next_at is None
    for wrong in (f"after {other.number}", f"after {holding.number}"):
        with pytest.raises(InputsRejected) as caught:
            wait(holding, wrong, reviewer)
        assert "→" in str(caught.value.problems["timetable"])
    for wrong in ("after G2026-000001", "归集之后", "after H2020-999999"):
        with pytest.raises(InputsRejected):
            wait(holding, wrong, reviewer)

    assert services.start_due(clock=LATER) == []
    busy = services.start_run(number=other.number, actor=reviewer, clock=NOON)
    collected(holding, officer)
    assert queries.standing(Holding.objects.get(pk=other.pk), clock=NOON).next_times == (NOON.now(),)
    assert services.start_due(clock=LATER) == []  # due, and so it stays while the one before runs
    carry(busy.pk, holding_id=other.pk, clock=LATER)
    (number,) = services.start_due(clock=LATER)
    assert queries.run(number, viewer=SYSTEM).holding_id == other.pk
    assert services.start_due(clock=LATER) == []
