"""What people and grants ask of deliveries; the worker is not yet in play."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from hefu.dataplane.formats import FileFormat
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.rooms.catalog.models import Entry
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import LATE_AFTER, DeliveryStatus
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
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

pytestmark = pytest.mark.django_db


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def entry(a_database: Database) -> Entry:
    a_population(a_database, rows=20)
    return a_mounted_entry(a_department("市公安局"), a_database)


@pytest.fixture
def grant(entry: Entry, consumer: Department, make_database: Callable[[], Database]) -> Grant:
    return a_grant(entry, consumer, target=a_target(consumer, make_database()))


def the_delivery(grant: Grant) -> Delivery:
    return queries.deliveries(viewer=SYSTEM, grant=grant.number).get()


def jobs_of(delivery: Delivery) -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name="deliveries.run", args__delivery_id=str(delivery.pk)))


class TestStarting:
    def test_a_signed_ticket_starts_its_first_delivery_and_the_job_knows_only_the_id(self, grant: Grant) -> None:
        delivery = the_delivery(grant)
        assert delivery.status == DeliveryStatus.WAITING
        assert delivery.channel == Channel.TABLE
        assert [job.args for job in jobs_of(delivery)] == [{"delivery_id": str(delivery.pk)}]

    def test_one_delivery_of_a_grant_at_a_time(self, grant: Grant, consumer: Department) -> None:
        with pytest.raises(errors.DeliveryOpen, match=the_delivery(grant).number):
            services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)

    def test_the_database_too_keeps_a_second_one_out(self, grant: Grant) -> None:
        twin = the_delivery(grant)
        twin.pk, twin.number = grant.pk, "D2026-999999"
        with pytest.raises(IntegrityError, match="delivery_one_open"), transaction.atomic():
            twin.save(force_insert=True)

    def test_either_side_starts_it_again_and_nobody_else(self, grant: Grant, consumer: Department) -> None:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        for side in (consumer, grant.provider):
            open_one = queries.deliveries(viewer=SYSTEM, grant=grant.number, status=DeliveryStatus.WAITING).get()
            services.cancel_delivery(number=open_one.number, actor=an_actor(side), clock=NOON)
            with pytest.raises(Forbidden):
                services.start_delivery(grant=grant.number, actor=reviewer, clock=NOON)
            with pytest.raises(NotFound):
                services.start_delivery(grant=grant.number, actor=an_actor(a_department()), clock=NOON)
            again = services.start_delivery(grant=grant.number, actor=an_actor(side), clock=NOON)
            assert again.status == DeliveryStatus.WAITING

    def test_before_its_term_nothing_moves_and_on_its_first_day_it_starts_by_itself(
        self, entry: Entry, consumer: Department, make_database: Callable[[], Database]
    ) -> None:
        grant = a_grant(entry, consumer, target=a_target(consumer, make_database()), term_from=date(2026, 4, 1))
        assert not queries.deliveries(viewer=SYSTEM, grant=grant.number).exists()
        with pytest.raises(errors.TermNotBegun):
            services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        assert services.begin_terms(actor=SYSTEM, clock=at_noon(date(2026, 3, 31))) == []
        begun = services.begin_terms(actor=SYSTEM, clock=at_noon(date(2026, 4, 1)))
        assert begun == [the_delivery(grant).number]
        assert services.begin_terms(actor=SYSTEM, clock=at_noon(date(2026, 4, 1))) == []

    def test_the_quota_of_deliveries_holds(self, grant: Grant, consumer: Department) -> None:
        chief = an_actor(grant.provider, Role.CHIEF)
        services.cancel_delivery(number=the_delivery(grant).number, actor=chief, clock=NOON)
        grants.narrow_grant(
            number=grant.number, wanted=Wanted(quota_deliveries=1), reason="一次足够", actor=chief, clock=NOON
        )
        Delivery.objects.filter(status=DeliveryStatus.WAITING).update(
            status=DeliveryStatus.FAILED, error_code="x", finished_at=NOON.now()
        )
        with pytest.raises(errors.QuotaUsed):
            services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)

    def test_a_file_has_the_format_that_was_asked_for(self, entry: Entry, consumer: Department) -> None:
        grant = a_grant(entry, consumer, channel=Channel.FILE)
        first = the_delivery(grant)
        assert (first.file_format, first.target_id) == ("csv", None)
        services.cancel_delivery(number=first.number, actor=an_actor(consumer), clock=NOON)
        second = services.start_delivery(
            grant=grant.number, file_format=FileFormat.PARQUET, actor=an_actor(consumer), clock=NOON
        )
        assert second.file_format == "parquet"


class TestEnding:
    def test_a_waiting_delivery_is_cancelled_at_once_and_goes_on_when_asked(self, grant: Grant) -> None:
        officer = an_actor(grant.consumer)
        delivery = services.cancel_delivery(number=the_delivery(grant).number, actor=officer, clock=NOON)
        assert delivery.status == DeliveryStatus.CANCELLED
        delivery = services.retry_delivery(number=delivery.number, actor=officer, clock=NOON)
        assert (delivery.status, delivery.cancel_asked_at) == (DeliveryStatus.WAITING, None)

    def test_a_held_grant_ends_what_waits_under_it_for_good(self, grant: Grant) -> None:
        chief = an_actor(grant.provider, Role.CHIEF)
        grants.suspend_grant(number=grant.number, reason="检查", actor=chief, clock=NOON)
        delivery = the_delivery(grant)
        assert delivery.status == DeliveryStatus.STOPPED
        with pytest.raises(errors.DeliveryMoveRefused):
            services.retry_delivery(number=delivery.number, actor=chief, clock=NOON)

    def test_a_lifted_hold_starts_what_never_arrived(self, grant: Grant) -> None:
        chief = an_actor(grant.provider, Role.CHIEF)
        grants.suspend_grant(number=grant.number, reason="检查", actor=chief, clock=NOON)
        grants.resume_grant(number=grant.number, reason="无事", actor=chief, clock=NOON)
        statuses = queries.deliveries(viewer=SYSTEM, grant=grant.number).values_list("status", flat=True)
        assert sorted(statuses) == [DeliveryStatus.STOPPED, DeliveryStatus.WAITING]


class TestLost:
    def test_a_delivery_whose_job_got_lost_is_enqueued_again_once(self, grant: Grant) -> None:
        delivery = the_delivery(grant)
        later = FixedClock(NOON.now() + LATE_AFTER + timedelta(seconds=1))
        assert services.requeue_lost(clock=NOON) == []
        assert services.requeue_lost(clock=later) == [delivery.number]
        assert services.requeue_lost(clock=later) == [delivery.number]
        assert len(jobs_of(delivery)) == 2

    def test_a_running_delivery_that_nobody_holds_is_enqueued_again(self, grant: Grant) -> None:
        delivery = the_delivery(grant)
        assert services.take_up(delivery_id=delivery.pk, clock=NOON) is not None
        assert services.requeue_lost(clock=NOON) == [delivery.number]
        again = services.take_up(delivery_id=delivery.pk, clock=NOON)
        assert again is not None
        assert again.attempt == 2
        delivery.refresh_from_db()
        assert delivery.takeovers == 1


class TestAccess:
    def test_another_department_finds_no_delivery_even_by_its_number(self, grant: Grant) -> None:
        number = the_delivery(grant).number
        stranger = an_actor(a_department(), Role.OFFICER, Role.CHIEF)
        for ask in (
            lambda: queries.delivery(number, viewer=stranger),
            lambda: queries.progress(number, viewer=stranger, clock=NOON),
            lambda: services.cancel_delivery(number=number, actor=stranger, clock=NOON),
            lambda: services.retry_delivery(number=number, actor=stranger, clock=NOON),
            lambda: services.fetch_file(number=number, actor=stranger, clock=NOON),
            lambda: services.receipt_of(number=number, viewer=stranger, clock=NOON),
        ):
            with pytest.raises(NotFound):
                ask()
        assert not queries.deliveries(viewer=stranger).exists()

    def test_the_system_administrator_keeps_it_running_but_sees_no_rejected_row(self, grant: Grant) -> None:
        operator = an_actor(a_department(), Role.OPERATOR)
        delivery = queries.delivery(the_delivery(grant).number, viewer=operator)
        with pytest.raises(Forbidden):
            queries.rejects(delivery, viewer=operator)
        services.cancel_delivery(number=delivery.number, actor=operator, clock=NOON)
        with pytest.raises(NotFound):  # grants are not the operator's to see
            services.start_delivery(grant=grant.number, actor=operator, clock=NOON)

    def test_no_receipt_before_it_arrived(self, grant: Grant) -> None:
        with pytest.raises(errors.NoReceipt):
            services.receipt_of(number=the_delivery(grant).number, viewer=an_actor(grant.consumer), clock=NOON)
