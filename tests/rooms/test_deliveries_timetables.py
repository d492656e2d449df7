"""Whole copies by the clock, and sources that are left alone at certain hours."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as Hour  # noqa: N812

import pytest
from django.db import connection, transaction

from hefu.dataplane.lake.table import Taking
from hefu.kernel.actor import Role
from hefu.kernel.clock import CHINA, FixedClock, SystemClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery, Timetable
from hefu.rooms.deliveries.services.after import on_refreshed
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.timetable import Closed
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import Way
from hefu.rooms.holdings import services as holdings
from hefu.rooms.holdings.carry import carry as collect
from hefu.rooms.holdings.models import Holding
from hefu.rooms.holdings.terms import Collected
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_target,
    an_actor,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
def ours(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
def grant(consumer: Department, theirs: Database, ours: Database) -> Grant:
    a_population(theirs, rows=50)
    made = a_grant(a_mounted_entry(a_department("市公安局"), theirs), consumer, target=a_target(consumer, ours))
    carry(queries.deliveries(viewer=SYSTEM, grant=made.number).get().pk, clock=NOON)
    return made


def at(hour: int, minute: int = 0, *, days: int = 0) -> FixedClock:
    here = NOON.now().astimezone(CHINA)
    return FixedClock(here.replace(hour=hour, minute=minute) + timedelta(days=days))


def set_to(grant: Grant, text: str) -> Timetable:
    return services.set_timetable(grant=grant.number, text=text, actor=an_actor(grant.consumer), clock=NOON)


def missed(department: Department) -> int:
    return requests.notices(viewer=an_actor(department)).filter(kind=NoticeKind.RUN_MISSED).count()


def the_newest(grant: Grant) -> Delivery:
    return queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")


class TestTimetables:
    def test_it_starts_what_is_due_once_and_shows_what_comes_next(self, grant: Grant) -> None:
        first = the_newest(grant).number
        set_to(grant, "每天 02:00")
        assert services.start_due(clock=at(1, 59, days=1)) == []
        due = at(2, 0, days=1)
        (number,) = services.start_due(clock=due)
        assert services.start_due(clock=due) == []
        assert number > first
        times = queries.times_of(grant, clock=due)
        assert times is not None
        assert (times.last_delivery, times.missed) == (number, 0)
        assert [one.astimezone(CHINA).strftime("%H:%M") for one in times.next_times] == ["02:00"] * 3
        assert times.next_times[0] == at(2, 0, days=2).now()

    def test_a_time_that_cannot_be_kept_is_on_record_and_told_to_both_sides(
        self, grant: Grant, consumer: Department
    ) -> None:
        set_to(grant, "每天 02:00")
        services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        assert services.start_due(clock=at(2, 0, days=1)) == []
        times = queries.times_of(grant, clock=NOON)
        assert times is not None
        assert (times.missed, "still under way" in times.missed_because) == (1, True)
        assert (missed(consumer), missed(grant.provider)) == (1, 1)
        assert [one.kind for one in history(grant.number, viewer=SYSTEM)][-1] == "grant.run_missed"

    def test_a_node_that_was_away_begins_when_it_is_back_and_says_so(self, grant: Grant, consumer: Department) -> None:
        set_to(grant, "每天 02:00")
        assert len(services.start_due(clock=at(9, 0, days=3))) == 1
        times = queries.times_of(grant, clock=at(9, 0, days=3))
        assert times is not None
        assert (times.missed, missed(consumer)) == (1, 1)
        assert times.next_times[0] == at(2, 0, days=4).now()

    def test_a_grant_that_is_over_ends_its_timetable(self, grant: Grant, consumer: Department) -> None:
        set_to(grant, "每天 02:00")
        grants.revoke_grant(number=grant.number, reason="撤", actor=an_actor(grant.provider, Role.CHIEF), clock=NOON)
        for day in (1, 2, 3):
            assert services.start_due(clock=at(2, 0, days=day)) == []
        times = queries.times_of(grant, clock=NOON)
        assert times is not None
        assert (times.missed, times.next_times, missed(consumer)) == (1, (), 0)

    def test_the_consumer_sets_and_drops_it_and_nobody_else(self, grant: Grant, consumer: Department) -> None:
        for text in ("* * * * *", "有空的时候", "0 0 31 2 *", "x" * 500, "\0"):
            with pytest.raises(InputsRejected) as refused:
                set_to(grant, text)
            assert list(refused.value.problems) == ["text"]
        with pytest.raises(Forbidden):
            services.set_timetable(
                grant=grant.number, text="每天 02:00", actor=an_actor(grant.provider, Role.CHIEF), clock=NOON
            )
        with pytest.raises(NotFound):
            services.drop_timetable(grant=grant.number, actor=an_actor(a_department()), clock=NOON)
        set_to(grant, "每个工作日 02:00")
        services.drop_timetable(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        assert queries.times_of(grant, clock=NOON) is None
        services.drop_timetable(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        kinds = [one.kind for one in history(grant.number, viewer=SYSTEM)]
        assert kinds[-2:] == ["grant.timetable_set", "grant.timetable_dropped"]
        grants.choose_way(number=grant.number, way=Way.FOLLOW, actor=an_actor(consumer), clock=NOON)
        with pytest.raises(errors.TimetableNeedsCopies):
            set_to(grant, "每天 02:00")


class TestSparing:
    def test_a_copy_waits_until_its_source_is_read_again(self, grant: Grant, consumer: Department) -> None:
        first = the_newest(grant)
        services.spare_source(
            number=first.number, closed=Closed(Hour(8), Hour(18)), actor=an_actor(grant.provider), clock=NOON
        )
        row = services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=at(12))
        carry(row.pk, clock=at(12))
        row.refresh_from_db()
        assert row.status == DeliveryStatus.WAITING
        assert row.next_try_at == at(18).now()
        assert history(row.number, viewer=SYSTEM)[-1].body["code"] == "deliveries.closed_hours"
        assert services.requeue_lost(clock=at(12, 30)) == []
        carry(row.pk, clock=at(18))
        row.refresh_from_db()
        assert row.status == DeliveryStatus.DONE

    def test_a_copy_under_way_rests_when_the_hours_begin_and_goes_on_where_it_was(
        self, grant: Grant, consumer: Department, theirs: Database, ours: Database
    ) -> None:
        theirs.run(
            "INSERT INTO population SELECT 'n' || n, repeat('长', 200), '2000-01-01' FROM generate_series(1, 60000) n"
        )
        first, closing = the_newest(grant), SystemClock().now() + timedelta(seconds=4)
        here = closing.astimezone(CHINA)
        services.spare_source(
            number=first.number,
            closed=Closed(here.time().replace(microsecond=0), (here + timedelta(hours=1)).time()),
            most_bytes_a_second=2 << 20,
            actor=an_actor(grant.provider),
            clock=NOON,
        )

        class Now:
            """Noon of the tests' day, from which real time goes on."""

            began = SystemClock().now()
            shift = NOON.now().replace(hour=began.hour, minute=began.minute, second=began.second) - began

            def now(self) -> datetime:
                return SystemClock().now() + self.shift

            def today(self, zone: object = CHINA) -> object:
                return self.now().astimezone(CHINA).date()

        row = services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        began = time.monotonic()
        carry(row.pk, clock=Now())  # type: ignore[arg-type]
        row.refresh_from_db()
        assert row.status == DeliveryStatus.WAITING, row.error
        assert time.monotonic() - began < 10  # at 2 MiB a second the copy alone would take twenty
        assert row.error_code == ""
        services.spare_source(number=first.number, actor=an_actor(grant.provider), clock=NOON)
        carry(row.pk, clock=NOON)
        row.refresh_from_db()
        assert (row.status, row.rows_written) == (DeliveryStatus.DONE, 60050)
        assert ours.run("SELECT count(*) FROM population") == [(60050,)]


def carried(grant: Grant) -> Delivery:
    """Carry what waits of a grant."""
    row = the_newest(grant)
    carry(row.pk, clock=NOON)
    row.refresh_from_db()
    assert row.status == DeliveryStatus.DONE
    return row


class TestStartsAfter:
    def test_it_starts_after_what_it_waits_for_also_when_no_worker_was_there(
        self, grant: Grant, make_database: Callable[[], Database]
    ) -> None:
        consumer, entry = grant.consumer, grant.entry
        second = a_grant(entry, consumer, target=a_target(consumer, make_database()))
        carried(second)
        row = set_to(second, f"{grant.number} 之后")
        assert (row.after, row.next_at) == (grant.number, None)
        assert services.start_due(clock=at(23)) == []

        # Both go wrong at once: nobody starts what is due, and the one before has not ended.
        services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        carried(grant)
        times = queries.times_of(second, clock=NOON)
        assert times is not None
        assert times.next_times == (NOON.now(),)
        waiting = services.start_delivery(grant=second.number, actor=an_actor(consumer), clock=NOON)
        assert services.start_due(clock=NOON) == []
        carried(second)
        (number,) = services.start_due(clock=NOON)
        assert number > waiting.number
        carried(second)
        assert services.start_due(clock=at(23)) == []
        assert missed(consumer) == 0

        # What would wait for itself is refused, and says along which way.
        with pytest.raises(InputsRejected) as caught:
            set_to(grant, f"after {second.number}")
        ring = str(caught.value.problems["text"])
        assert f"{grant.number} → {second.number} → {grant.number}" in ring
        with pytest.raises(InputsRejected):
            set_to(grant, f"after {grant.number}")

        # Nobody learns of grants that he may not see, and nothing waits for what is over.
        stranger = a_grant(entry, a_department("市人社局"), target=a_target(a_department("市人社局"), make_database()))
        for unseen in (stranger.number, "G2020-000001", "H2020-000001", "L2020-000001", "X2020-000001"):
            with pytest.raises(InputsRejected):
                set_to(second, f"after {unseen}")

    def test_what_happens_while_the_one_before_is_just_being_started_makes_it_due_again(self, grant: Grant) -> None:
        officer = an_actor(grant.provider)
        held = holdings.open_holding(entry=grant.entry_code, taking=Taking.SNAPSHOT, actor=officer, clock=NOON)
        set_to(grant, "归集之后")
        Holding.objects.filter(pk=held.pk).update(timetable="after H2020-000001")
        event = Collected(held.pk, grant.entry_id, 2, NOON.now(), held.number)

        def happens() -> None:
            with transaction.atomic():
                on_refreshed(event)
                holdings.collections_follow("H2020-000001", clock=NOON)
            connection.close()

        due = [Timetable.objects.filter(pk=grant.pk), Holding.objects.filter(pk=held.pk)]
        for rows in due:
            rows.update(next_at=NOON.now())
        thread = threading.Thread(target=happens)
        with transaction.atomic():
            for rows in due:
                rows.update(next_at=None)
            thread.start()
            thread.join(0.5)
        thread.join()
        assert [rows.get().next_at for rows in due] == [NOON.now(), NOON.now()]

    def test_it_starts_after_its_entry_was_collected_of_which_the_consumer_sees_nothing(self, grant: Grant) -> None:
        with pytest.raises(InputsRejected, match="text"):
            set_to(grant, "归集之后")
        officer = an_actor(grant.provider)
        held = holdings.open_holding(entry=grant.entry_code, taking=Taking.SNAPSHOT, actor=officer, clock=NOON)
        row = set_to(grant, "归集之后")
        assert row.after == held.number
        run = holdings.start_run(number=held.number, actor=officer, clock=NOON)
        assert services.start_due(clock=NOON) == []
        collect(run.pk, holding_id=held.pk, clock=NOON)
        (number,) = services.start_due(clock=NOON)
        assert carried(grant).number == number
