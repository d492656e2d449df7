"""Both sides of a delivery held against each other: asked for, found, mended, on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from time import monotonic

import pytest
from django.db import connection

from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.models import Comparison, Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.comparing import HEARS_WITHIN, LOST_AFTER, Comparing
from hefu.rooms.deliveries.terms.timetable import Closed
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from tests.builders import SYSTEM, a_department, an_actor
from tests.conftest import Database
from tests.followers import NOW, a_grant_to_follow, begun, following, in_step, slots, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


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
    return a_grant_to_follow(consumer, theirs, ours)


def in_a_worker(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def compared(row: Delivery, *, mends: bool = False) -> Comparison:
    asked = services.ask_comparison(number=row.number, mends=mends, actor=an_actor(row.consumer), clock=NOW)
    carry_comparison(asked.pk, clock=NOW)
    carry_comparison(asked.pk, clock=NOW)  # a second run finds nothing to do
    asked.refresh_from_db()
    return asked


def test_a_whole_copy_is_compared_and_only_what_differs_is_mended(
    grant: Grant, consumer: Department, theirs: Database, ours: Database
) -> None:
    row = services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOW)
    with pytest.raises(errors.NothingToCompare):
        compared(row)
    carry(row.pk, clock=NOW)
    assert compared(row).agrees
    ours.run("UPDATE population SET name = '假' WHERE id_number = lpad('7', 18, '0')")
    ours.run("DELETE FROM population WHERE id_number = lpad('8', 18, '0')")
    ours.run("INSERT INTO population VALUES ('x', '多', NULL)")
    found = compared(row)
    assert (found.state, found.agrees) == (Comparing.DONE, False)
    assert (found.rows_source, found.rows_target) == (90, 90)
    assert (found.missing, found.extra, found.different) == (1, 1, 1)
    mended = compared(row, mends=True)
    assert (mended.inserted, mended.updated, mended.deleted) == (1, 1, 1)
    assert compared(row).agrees
    bodies = [one.body for one in history(row.number, viewer=SYSTEM) if one.kind == "delivery.compared"]
    assert [body["missing"] for body in bodies] == [0, 1, 1, 0]
    assert bodies[2]["mended_deleted"] == 1
    assert bodies[3]["digest_source"] == bodies[3]["digest_target"]
    assert "000000" not in str(bodies).replace(row.number, "")  # no key of a row goes on record
    lost = services.ask_comparison(number=row.number, actor=an_actor(consumer), clock=NOW)
    with pytest.raises(errors.ComparisonOpen):
        services.ask_comparison(number=row.number, actor=an_actor(consumer), clock=NOW)
    assert services.take_comparison(comparison_id=lost.pk) is not None  # by a worker that dies
    later = FixedClock(NOW.now() + LOST_AFTER)
    assert services.give_up_comparisons(clock=later) == 1
    assert services.give_up_comparisons(clock=later) == 0
    lost.refresh_from_db()
    assert (lost.state, "worker" in lost.error) == (Comparing.FAILED, True)
    assert compared(row).agrees


def test_who_may_compare_and_who_may_mend(grant: Grant, consumer: Department) -> None:
    row = services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOW)
    carry(row.pk, clock=NOW)
    provider = an_actor(grant.provider)
    with pytest.raises(Forbidden):
        services.ask_comparison(number=row.number, mends=True, actor=provider, clock=NOW)
    with pytest.raises(NotFound):
        services.ask_comparison(number=row.number, actor=an_actor(a_department()), clock=NOW)
    closed = Closed(time(0), time(23, 59, 59))
    services.spare_source(number=row.number, closed=closed, actor=provider, clock=NOW)
    with pytest.raises(errors.SourceClosed):
        services.ask_comparison(number=row.number, actor=provider, clock=NOW)
    services.spare_source(number=row.number, actor=provider, clock=NOW)
    services.ask_comparison(number=row.number, actor=provider, clock=NOW)
    chief = an_actor(grant.provider, Role.CHIEF)
    grants.suspend_grant(number=grant.number, reason="查", actor=chief, clock=NOW)
    Comparison.objects.update(state=Comparing.DONE)
    with pytest.raises(errors.NothingToCompare):
        services.ask_comparison(number=row.number, actor=provider, clock=NOW)


def test_a_table_that_is_kept_in_step_is_compared_while_it_moves_and_mended_while_it_rests(
    grant: Grant, theirs: Database, ours: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hefu.rooms.deliveries.comparing.time.sleep", lambda seconds: None)
    row = begun(grant)
    with following():
        until(lambda: in_step(row))
        assert compared(row).agrees
        ours.run("DELETE FROM population WHERE id_number = lpad('8', 18, '0')")
        found = compared(row)
        assert (found.missing, found.extra, found.different) == (1, 0, 0)
        with pytest.raises(errors.RestFirst):
            compared(row, mends=True)
        services.pause_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        until(lambda: Delivery.objects.get(pk=row.pk).status == DeliveryStatus.PAUSED)
        assert compared(row, mends=True).inserted == 1
        services.retry_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        until(lambda: in_step(row))
        theirs.run("UPDATE population SET name = '新' WHERE id_number = lpad('8', 18, '0')")
        until(lambda: ours.run("SELECT 1 FROM population WHERE name = '新'"))
        assert compared(row).agrees
        assert queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).copies == 1
        services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        until(lambda: slots(theirs) == 0)


def test_a_comparison_is_stopped_and_comes_by_the_clock(
    grant: Grant, consumer: Department, theirs: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, provider = an_actor(consumer), an_actor(grant.provider)
    row = services.start_delivery(grant=grant.number, actor=officer, clock=NOW)
    carry(row.pk, clock=NOW)

    def stop() -> Comparison:
        return services.stop_comparison(number=row.number, actor=provider, clock=NOW)

    with pytest.raises(errors.NothingCompares):
        stop()
    services.ask_comparison(number=row.number, actor=officer, clock=NOW)
    assert stop().state == Comparing.STOPPED  # nobody had begun it
    services.ask_comparison(number=row.number, mends=True, actor=officer, clock=NOW)
    with pytest.raises(Forbidden):
        stop()  # it writes the consumer's table, and is the consumer's to stop
    services.stop_comparison(number=row.number, actor=officer, clock=NOW)

    # One that stands before a lock of the source hears of it within seconds.
    asked = services.ask_comparison(number=row.number, actor=officer, clock=NOW)
    monkeypatch.setattr("hefu.rooms.deliveries.comparing.LOOK_SECONDS", 0.1)
    with theirs.connect() as other, ThreadPoolExecutor(1) as beside:
        other.autocommit = False
        other.execute("lock table population in access exclusive mode")
        carrying = beside.submit(in_a_worker, lambda: carry_comparison(asked.pk, clock=NOW))
        until(lambda: Comparison.objects.get(pk=asked.pk).state == Comparing.RUNNING)
        stop()
        began = monotonic()
        carrying.result(20)
        assert monotonic() - began < 5
        other.rollback()
    asked.refresh_from_db()
    assert (asked.state, asked.error) == (Comparing.STOPPED, "")
    kinds = [one.kind for one in history(row.number, viewer=SYSTEM)]
    assert (kinds.count("delivery.comparing_stopped"), kinds.count("delivery.compared")) == (3, 0)

    # A worker that died hears of nothing.
    dead = services.ask_comparison(number=row.number, actor=officer, clock=NOW)
    services.take_comparison(comparison_id=dead.pk)
    stop()
    assert services.give_up_comparisons(clock=FixedClock(NOW.now() + HEARS_WITHIN)) == 1
    assert compared(row).agrees

    with pytest.raises(NotFound):
        services.set_comparing_times(grant=grant.number, text="每天 03:00", actor=an_actor(a_department()), clock=NOW)
    for wrong in ("有空的时候", f"after {grant.number}"):
        with pytest.raises(InputsRejected):
            services.set_comparing_times(grant=grant.number, text=wrong, actor=provider, clock=NOW)
    services.set_comparing_times(grant=grant.number, text="每天 03:00", actor=provider, clock=NOW)
    times = queries.comparing_times_of(grant, clock=NOW)
    assert times is not None
    due = FixedClock(times.next_times[0])
    assert services.start_due_comparisons(clock=NOW) == []
    assert services.start_due_comparisons(clock=due) == [row.number]
    assert services.start_due_comparisons(clock=due) == []
    tomorrow = FixedClock(times.next_times[1])
    assert services.start_due_comparisons(clock=tomorrow) == []  # that one has not ended
    told = queries.comparing_times_of(grant, clock=tomorrow)
    assert told is not None
    assert (told.missed, "already" in told.missed_because) == (1, True)
    services.drop_comparing_times(grant=grant.number, actor=officer, clock=NOW)
    assert queries.comparing_times_of(grant, clock=NOW) is None
