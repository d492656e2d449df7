"""Deliveries carried for real: two departments' databases, the data plane, the record of it."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from hefu.dataplane.checks import NotNull, Pattern
from hefu.dataplane.formats import FileFormat
from hefu.dataplane.masks import Cover, Hash
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock, SystemClock
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.catalog.models import Entry
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.carry import Hold, carry, leaving
from hefu.rooms.deliveries.models import Delivery, RejectedRow
from hefu.rooms.deliveries.terms import KEEP_FOR, MOVES, DeliveryStatus, Quiet
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import Answer, GrantedItem, Verdict
from hefu.rooms.resources import queries as resources_queries
from hefu.rooms.resources import services as resources
from hefu.rooms.resources.terms import ColumnVerdict
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_target,
    an_actor,
    the_authority,
)
from tests.conftest import Database
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.django_db(transaction=True)

#: So many rows at such a pace, in bytes a second, last some seconds, so that somebody can interfere.
MANY, PACE = 400_000, 5e6


@pytest.fixture
def provider() -> Department:
    return a_department("市公安局")


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    """The provider's database."""
    return make_database()


@pytest.fixture
def ours(make_database: Callable[[], Database]) -> Database:
    """The consumer's database."""
    return make_database()


@pytest.fixture
def entry(provider: Department, theirs: Database) -> Entry:
    a_population(theirs, rows=100)
    return a_mounted_entry(provider, theirs, checks=[NotNull("name"), Pattern("id_number", "0*[1-9][0-9]?")])


@pytest.fixture
def grant(entry: Entry, consumer: Department, ours: Database) -> Grant:
    return a_grant(entry, consumer, target=a_target(consumer, ours))


def the_delivery(grant: Grant) -> Delivery:
    return queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")


def carried(grant: Grant) -> Delivery:
    delivery = the_delivery(grant)
    carry(delivery.pk, clock=NOON)
    delivery.refresh_from_db()
    return delivery


class InBackground:
    """Carries a delivery in a thread with its own database session, as the worker does."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            carry(self._delivery.pk, clock=SystemClock())
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            self.error = error
        finally:
            connection.close()

    def __enter__(self) -> "InBackground":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(timeout=120)
        assert not self.thread.is_alive()
        assert self.error is None, self.error

    def wait_for_rows(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.thread.is_alive():
            self._delivery.refresh_from_db()
            if self._delivery.rows > 0 and self._delivery.status == DeliveryStatus.RUNNING:
                return
            time.sleep(0.05)
        raise AssertionError(f"no row moved; the delivery is {self._delivery.status} {self._delivery.error}")


class TestTable:
    def test_rows_arrive_are_counted_on_both_sides_and_go_on_record(self, grant: Grant, ours: Database) -> None:
        delivery = carried(grant)
        assert (delivery.status, delivery.error) == (DeliveryStatus.DONE, "")
        # 10 names are missing; 100 has three digits and fails the pattern, and its name is missing too.
        assert (delivery.rows_read, delivery.rows_rejected, delivery.rows_written) == (100, 10, 90)
        assert delivery.rejected == {"not_null(name)": 10, "pattern(id_number)": 1}
        assert delivery.digest_source == delivery.digest_target != ""
        assert ours.run("SELECT count(*), count(DISTINCT id_number), count(name) FROM population") == [(90, 90, 90)]
        done = queries.done_entry(delivery, viewer=SYSTEM)
        assert done is not None
        assert done.body["rows_written"] == 90
        assert done.body["rejected"] == {"not_null(name)": 10, "pattern(id_number)": 1}
        assert done.body["ticket"] == str(delivery.ticket_id)

    def test_the_statutory_time_to_deliver_is_met(self, grant: Grant) -> None:
        carried(grant)
        rule = "requests.delivery"
        clock = next(c for c in clocks.clocks_of(grant.request, viewer=SYSTEM) if c.rule == rule)
        assert clock.state == State.MET

    def test_the_receipt_verifies_offline(self, grant: Grant) -> None:
        delivery = carried(grant)
        for side in (grant.consumer, grant.provider):
            data = services.receipt_of(number=delivery.number, viewer=an_actor(side), clock=NOON)
            verified = verify_receipt(data, trusted=public_keys(KeyPurpose.LOG))
            assert verified.entry["kind"] == "delivery.done"
            assert verified.entry["body"]["digest_source"] == delivery.digest_source

    def test_a_second_run_of_the_same_job_changes_nothing(self, grant: Grant, ours: Database) -> None:
        delivery = carried(grant)
        ours.run("UPDATE population SET name = '改过'")
        carry(delivery.pk, clock=NOON)
        assert ours.run("SELECT DISTINCT name FROM population") == [("改过",)]
        kinds = [entry.kind for entry in history(delivery.number, viewer=SYSTEM)]
        assert kinds.count("delivery.done") == 1

    def test_a_worker_that_died_after_the_rows_arrived_is_not_delivered_twice(
        self, grant: Grant, ours: Database
    ) -> None:
        first = carried(grant)
        # What a worker leaves that dies between the data plane's commit and its own report.
        Delivery.objects.filter(pk=first.pk).update(status=DeliveryStatus.RUNNING, finished_at=None)
        carry(first.pk, clock=NOON)
        again = Delivery.objects.get(pk=first.pk)
        assert (again.status, again.takeovers, again.rows_written) == (DeliveryStatus.DONE, 1, 90)
        assert again.rejected == first.rejected
        assert ours.run("SELECT count(*) FROM population") == [(90,)]

    def test_two_workers_at_once_carry_it_once(self, grant: Grant) -> None:
        delivery = the_delivery(grant)
        hold = Hold(delivery.pk)
        assert hold.take()
        with InBackground(delivery):
            pass
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempt) == (DeliveryStatus.WAITING, 0)
        hold.release()
        assert carried(grant).attempt == 1

    def test_delivering_again_replaces_what_was_there(self, grant: Grant, theirs: Database, ours: Database) -> None:
        carried(grant)
        theirs.run("DELETE FROM population WHERE id_number::int <= 50")
        services.start_delivery(grant=grant.number, actor=an_actor(grant.consumer), clock=NOON)
        assert carried(grant).rows_written == 45
        assert ours.run("SELECT count(*) FROM population") == [(45,)]

    def test_a_narrowed_grant_delivers_the_smaller_rows_by_itself(self, grant: Grant, ours: Database) -> None:
        carried(grant)
        grants.narrow_grant(
            number=grant.number,
            wanted=Wanted(items=frozenset({"id_number", "name"}), masks=(GrantedItem("name", mask=Cover(first=1)),)),
            reason="最小必要",
            actor=an_actor(grant.provider, Role.CHIEF),
            clock=NOON,
        )
        assert carried(grant).status == DeliveryStatus.DONE
        # The table keeps its column, since the consumer's programs know it; the values in it are gone.
        assert ours.run("SELECT count(*), count(birth_date) FROM population WHERE name ~ '^张[*]+$'") == [(90, 0)]

    def test_a_hash_joins_for_one_consumer_and_not_across_two(
        self, entry: Entry, make_database: Callable[[], Database]
    ) -> None:
        answer = Answer(
            Verdict.GRANT_PART, reason="仅需比对", items=(GrantedItem("id_number", mask=Hash(salt="join")),)
        )
        seen = []
        for _ in range(2):
            consumer, database = a_department(), make_database()
            grant = a_grant(entry, consumer, target=a_target(consumer, database), answer=answer)
            delivery = carried(grant)
            assert (delivery.status, delivery.error) == (DeliveryStatus.DONE, "")
            seen.append({value for (value,) in database.run("SELECT id_number FROM population")})
        assert len(seen[0]) == len(seen[1]) == 90
        assert not seen[0] & seen[1]


class TestQuality:
    @pytest.mark.clause("NAT2022-3.2d")
    def test_the_authority_sees_it_checked_before_during_and_after(self, grant: Grant, theirs: Database) -> None:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        before = resources_queries.compare(grant.entry_id, viewer=reviewer)
        assert {line.verdict for line in before} == {ColumnVerdict.SAME}
        delivery = carried(grant)
        (during,) = (one for one in history(delivery.number, viewer=reviewer) if one.kind == "delivery.done")
        assert (during.body["rows_rejected"], during.body["rejected"]["not_null(name)"]) == (10, 10)
        assert during.body["digest_source"] == during.body["digest_target"] != ""
        theirs.run("ALTER TABLE population RENAME COLUMN birth_date TO born; SELECT 1")
        after = resources_queries.compare(grant.entry_id, viewer=reviewer)
        assert ColumnVerdict.MISSING in {line.verdict for line in after}


class TestRejects:
    def test_the_provider_reads_the_rejected_values_and_the_consumer_only_why(self, grant: Grant) -> None:
        delivery = carried(grant)
        for side, reads in ((grant.provider, True), (grant.consumer, False)):
            viewer = an_actor(side)
            summary = queries.reject_summary(delivery, viewer=viewer)
            assert summary.reasons == (("not_null(name)", 10), ("pattern(id_number)", 1))
            assert (summary.rows, summary.kept, summary.capped, summary.values_shown) == (10, 10, False, reads)
            rows = list(queries.rejects(delivery, viewer=viewer, reason="pattern(id_number)"))
            (seen,) = queries.reveal(delivery, rows, viewer=viewer)
            assert set(seen.reasons) == {"not_null(name)", "pattern(id_number)"}
            if reads:
                assert seen.values is not None
                assert seen.values["id_number"] == "000000000000000100"
            else:
                assert seen.values is None

    def test_rejected_values_are_sealed_in_the_database(self, grant: Grant) -> None:
        delivery = carried(grant)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(r)::text FROM deliveries_rejectedrow AS r")
            stored = " ".join(text for (text,) in cursor.fetchall())
        assert stored
        assert "000000000000000100" not in stored
        for entry in history(delivery.number, viewer=SYSTEM):
            assert "000000000000000100" not in str(entry.body)

    def test_no_more_values_are_kept_than_there_is_room_for(
        self, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("services.keeping", "queries.carried"):
            monkeypatch.setattr(f"hefu.rooms.deliveries.{module}.MOST_REJECTS_KEPT", 4)
        delivery = carried(grant)
        assert (delivery.rows_rejected, delivery.rejects_kept) == (10, 4)
        assert RejectedRow.objects.filter(delivery=delivery).count() == 4
        assert queries.reject_summary(delivery, viewer=an_actor(grant.provider)).capped

    def test_another_try_keeps_each_rejected_row_once(self, grant: Grant) -> None:
        delivery = carried(grant)
        Delivery.objects.filter(pk=delivery.pk).update(status=DeliveryStatus.RUNNING, finished_at=None)
        carry(delivery.pk, clock=NOON)
        assert RejectedRow.objects.filter(delivery=delivery).count() == 10


class TestFile:
    @pytest.fixture
    def by_file(self, entry: Entry, consumer: Department) -> Grant:
        return a_grant(entry, consumer, channel=Channel.FILE)

    @pytest.mark.clause("GD2024-g")
    @pytest.mark.parametrize("file_format", list(FileFormat))
    def test_the_consumer_fetches_a_file_with_its_digest_and_that_goes_on_record(
        self, by_file: Grant, file_format: FileFormat
    ) -> None:
        services.cancel_delivery(number=the_delivery(by_file).number, actor=an_actor(by_file.consumer), clock=NOON)
        services.start_delivery(
            grant=by_file.number, file_format=file_format, actor=an_actor(by_file.consumer), clock=NOON
        )
        delivery = carried(by_file)
        assert (delivery.status, delivery.error, delivery.rows_written) == (DeliveryStatus.DONE, "", 90)
        fetched = services.fetch_file(number=delivery.number, actor=an_actor(by_file.consumer), clock=NOON)
        data = fetched.path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == fetched.sha256 == delivery.file_sha256
        assert (len(data), fetched.name.endswith(f".{file_format.value}")) == (fetched.bytes, True)
        assert [e.kind for e in history(delivery.number, viewer=SYSTEM)][-1] == "delivery.file_fetched"

    def test_nobody_but_the_consumer_fetches_it(self, by_file: Grant) -> None:
        delivery = carried(by_file)
        with pytest.raises(Forbidden):
            services.fetch_file(number=delivery.number, actor=an_actor(by_file.provider), clock=NOON)
        with pytest.raises(NotFound):
            services.fetch_file(number=delivery.number, actor=an_actor(a_department()), clock=NOON)

    def test_a_revoked_grants_file_is_fetched_no_more_and_deleted(self, by_file: Grant) -> None:
        delivery = carried(by_file)
        path = queries.files_folder() / delivery.file_name
        grants.revoke_grant(
            number=by_file.number, reason="用途不符", actor=an_actor(by_file.provider, Role.CHIEF), clock=NOON
        )
        with pytest.raises(errors.NoFile, match="not in force"):
            services.fetch_file(number=delivery.number, actor=an_actor(by_file.consumer), clock=NOON)
        assert services.forget_old(actor=SYSTEM, clock=NOON) == 1
        assert not path.exists()
        assert services.forget_old(actor=SYSTEM, clock=NOON) == 0


class TestTrouble:
    def test_what_a_person_must_mend_fails_in_plain_words_and_goes_on_afterwards(
        self, grant: Grant, theirs: Database
    ) -> None:
        theirs.run("ALTER TABLE population RENAME TO moved_away")
        delivery = carried(grant)
        assert delivery.status == DeliveryStatus.FAILED
        assert "population" in delivery.error
        told = requests.notices(viewer=SYSTEM, number=grant.request).filter(kind="delivery_failed")
        assert {notice.to_id for notice in told} == {grant.consumer_id, grant.provider_id}
        theirs.run("ALTER TABLE moved_away RENAME TO population")
        services.retry_delivery(number=delivery.number, actor=an_actor(grant.consumer), clock=NOON)
        assert carried(grant).status == DeliveryStatus.DONE

    def test_a_wrong_password_fails_without_showing_one(
        self, grant: Grant, provider: Department, theirs: Database
    ) -> None:
        source = resources_queries.sources(viewer=SYSTEM, department_id=provider.pk).get()
        resources.change_secret(place_id=source.pk, password="not the right one", actor=an_actor(provider), clock=NOON)
        delivery = carried(grant)
        if delivery.status == DeliveryStatus.DONE:
            pytest.skip("this server trusts every connection")
        assert delivery.status == DeliveryStatus.FAILED
        told = delivery.error + str([entry.body for entry in history(delivery.number, viewer=SYSTEM)])
        assert "not the right one" not in told
        assert theirs.password not in told

    def test_a_side_that_is_away_is_waited_for_and_tried_again(self, grant: Grant, ours: Database) -> None:
        def connections(allowed: bool) -> None:
            with psycopg.connect(ours.url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as server:
                server.execute(f'ALTER DATABASE "{ours.name}" ALLOW_CONNECTIONS {allowed}')

        connections(False)
        try:
            delivery = carried(grant)
            assert delivery.status == DeliveryStatus.WAITING, delivery.error
            assert (delivery.pauses, delivery.attempt) == (1, 1)
            assert delivery.next_try_at is not None
            assert delivery.error_code
        finally:
            connections(True)
        assert carried(grant).status == DeliveryStatus.DONE

    def test_the_jobs_and_the_record_hold_no_secret(self, grant: Grant, ours: Database) -> None:
        delivery = carried(grant)
        jobs = ProcrastinateJob.objects.filter(task_name="deliveries.run").values_list("args", flat=True)
        assert all(set(args) == {"delivery_id"} for args in jobs)
        told: list[Any] = [entry.body for entry in history(delivery.number, viewer=SYSTEM)]
        if ours.password:
            assert ours.password not in str(told)
        assert ours.host not in str(told)


@pytest.mark.slow
class TestInterference:
    @pytest.fixture
    def cable(self, theirs: Database) -> Iterator[Proxy]:
        proxy = Proxy(theirs.host, theirs.port)
        proxy.pace = PACE
        yield proxy
        proxy.close()

    @pytest.fixture
    def large(
        self, provider: Department, consumer: Department, theirs: Database, ours: Database, cable: Proxy
    ) -> Grant:
        a_population(theirs, rows=MANY)
        entry = a_mounted_entry(
            provider, theirs.behind(cable.port), checks=[NotNull("id_number"), Pattern("name", "张[0-9]+")]
        )
        return a_grant(entry, consumer, target=a_target(consumer, ours))

    def test_a_cancelled_run_ends_within_five_seconds_and_goes_on_when_asked(
        self, large: Grant, ours: Database, cable: Proxy
    ) -> None:
        delivery = the_delivery(large)
        with InBackground(delivery) as run:
            run.wait_for_rows()
            asked = time.monotonic()
            services.cancel_delivery(number=delivery.number, actor=an_actor(large.consumer), clock=SystemClock())
            run.thread.join(timeout=30)
            assert time.monotonic() - asked < 5
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.CANCELLED
        assert ours.run("SELECT to_regclass('public.population')") == [(None,)]
        services.retry_delivery(number=delivery.number, actor=an_actor(large.consumer), clock=SystemClock())
        cable.pace = None
        assert carried(large).status == DeliveryStatus.DONE
        assert ours.run("SELECT count(*), count(DISTINCT id_number) FROM population") == [(MANY, MANY)]

    def test_a_worker_that_is_told_to_end_hands_back_what_it_carries(
        self, large: Grant, ours: Database, cable: Proxy
    ) -> None:
        delivery = the_delivery(large)
        with InBackground(delivery) as run:
            run.wait_for_rows()
            leaving.set()
            try:
                run.thread.join(timeout=30)
            finally:
                leaving.clear()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempt) == (DeliveryStatus.WAITING, 1)
        cable.pace = None
        assert carried(large).status == DeliveryStatus.DONE
        assert queries.delivery(delivery.number, viewer=SYSTEM).takeovers == 0
        assert ours.run("SELECT count(*), count(DISTINCT id_number) FROM population") == [(MANY, MANY)]

    def test_a_suspended_grant_stops_a_running_delivery_at_once(self, large: Grant, ours: Database) -> None:
        delivery = the_delivery(large)
        with InBackground(delivery) as run:
            run.wait_for_rows()
            asked = time.monotonic()
            grants.suspend_grant(
                number=large.number,
                reason="疑似泄露",
                actor=an_actor(large.provider, Role.CHIEF),
                clock=SystemClock(),
            )
            run.thread.join(timeout=30)
            # Two seconds where the network is not slow as it is here: what is on the way has to come first.
            assert time.monotonic() - asked < 4
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.STOPPED
        assert ours.run("SELECT to_regclass('public.population')") == [(None,)]

    def test_a_running_delivery_shows_rows_rate_and_time_left(self, large: Grant) -> None:
        delivery = the_delivery(large)
        with InBackground(delivery) as run:
            run.wait_for_rows()
            consumer, looks = an_actor(large.consumer), []
            while not looks or looks[-1].is_open:
                looks.append(queries.progress(delivery.number, viewer=consumer, clock=SystemClock()))
                time.sleep(0.05)
        moving = [seen for seen in looks if seen.phase in ("examine", "copy")]
        assert {(seen.status, seen.quiet) for seen in moving} == {(DeliveryStatus.RUNNING, Quiet.MOVING)}
        assert all(seen.rows_expected for seen in moving)
        assert any(seen.rate > 0 and seen.time_left is not None for seen in moving)

    def test_the_nodes_own_database_may_restart_meanwhile(self, large: Grant, ours: Database) -> None:
        delivery = the_delivery(large)
        with InBackground(delivery) as run:
            run.wait_for_rows()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                assert cursor.fetchone()[0] >= 1
        delivery.refresh_from_db()
        assert (delivery.status, delivery.error) == (DeliveryStatus.DONE, "")
        assert ours.run("SELECT count(*) FROM population") == [(MANY,)]


def test_the_evidence_of_a_delivery_replays_to_where_its_row_is(grant: Grant) -> None:
    officer = an_actor(grant.consumer)
    services.cancel_delivery(number=the_delivery(grant).number, actor=officer, clock=NOON)
    services.retry_delivery(number=the_delivery(grant).number, actor=officer, clock=NOON)
    delivery = carried(grant)
    steps = [DeliveryStatus(e.body["status"]) for e in history(delivery.number, viewer=SYSTEM)]
    for old, new in pairwise(steps):
        assert old is new or new in MOVES[old]
    assert steps[-1] == delivery.status == DeliveryStatus.DONE


def test_values_and_files_go_after_their_time_and_counts_stay(grant: Grant) -> None:
    delivery = carried(grant)
    assert services.forget_old(actor=SYSTEM, clock=FixedClock(NOON.now() + KEEP_FOR)) == 0
    assert services.forget_old(actor=SYSTEM, clock=FixedClock(NOON.now() + KEEP_FOR * 1.01)) == 1
    delivery.refresh_from_db()
    assert (delivery.rejects_kept, delivery.rows_rejected) == (0, 10)
    assert not RejectedRow.objects.filter(delivery=delivery).exists()
