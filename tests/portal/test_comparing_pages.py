"""When both sides are compared and what is waited for, by forms alone; and a comparison that is stopped."""

from collections.abc import Callable

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Status
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.grants.models import Grant
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_mounted_entry, a_population, a_target, an_actor
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def grant(make_database: Callable[[], Database]) -> Grant:
    theirs, consumer = make_database(), a_department("市民政局")
    a_population(theirs, rows=20)
    made = a_grant(
        a_mounted_entry(a_department("市公安局"), theirs), consumer, target=a_target(consumer, make_database())
    )
    carry(queries.deliveries(viewer=SYSTEM, grant=made.number).get().pk, clock=NOON)
    return made


def test_times_of_comparing_are_set_and_dropped_by_either_side_and_a_comparison_is_stopped(
    grant: Grant, signed_in: SignIn
) -> None:
    address = f"/grants/{grant.number}/"
    provider: Client = signed_in(grant.provider, Role.OFFICER)
    officer: Client = signed_in(grant.consumer, Role.OFFICER)
    assert f"{address}comparing" in provider.get(address).content.decode()
    assert "in the five fields of cron" in provider.get(f"{address}comparing").content.decode()
    wrong = provider.post(f"{address}comparing", {"text": "whenever"})
    assert wrong.status_code == 422
    assert "whenever" in wrong.content.decode()
    assert provider.post(f"{address}comparing", {"text": "every Monday 03:00"}).status_code == 302
    assert "every Monday 03:00" in officer.get(address).content.decode()
    assert officer.post(f"{address}comparing/drop").status_code == 302
    assert "every Monday 03:00" not in officer.get(address).content.decode()
    stranger: Client = signed_in(a_department("市人社局"), Role.OFFICER)
    assert stranger.get(f"{address}comparing").status_code == 404

    row = queries.deliveries(viewer=SYSTEM, grant=grant.number).get()
    services.ask_comparison(number=row.number, mends=True, actor=an_actor(grant.consumer), clock=NOON)
    stop = f"/deliveries/{row.number}/compare/stop"
    assert stop not in provider.get(f"/deliveries/{row.number}/").content.decode()
    assert provider.post(stop).status_code == 403
    assert stop in officer.get(f"/deliveries/{row.number}/").content.decode()
    assert officer.post(stop).status_code == 302
    assert "stopped" in officer.get(f"/deliveries/{row.number}/").content.decode()
    assert officer.post(stop).status_code == 409


def test_a_timetable_names_what_it_waits_for_and_refuses_a_ring(grant: Grant, signed_in: SignIn) -> None:
    officer: Client = signed_in(grant.consumer, Role.OFFICER)
    address = f"/grants/{grant.number}/timetable"
    ring = officer.post(address, {"text": f"after {grant.number}"})
    assert ring.status_code == 422
    assert f"{grant.number} → {grant.number}" in ring.content.decode()
    assert "not collected" in officer.post(address, {"text": "after collection"}).content.decode()


def test_the_way_of_columns_is_offered_to_those_alone_who_may_see_the_entry(grant: Grant, signed_in: SignIn) -> None:
    address, way = f"/grants/{grant.number}/", f"/flows/entries/{grant.entry_id}/"
    officer: Client = signed_in(grant.consumer, Role.OFFICER)
    assert way in officer.get(address).content.decode()
    # Where the catalogue shows it to its own department alone, the way would lead nowhere.
    Entry.objects.filter(pk=grant.entry_id).update(status=Status.DRAFT)
    assert officer.get(way).status_code == 404
    assert way not in officer.get(address).content.decode()
