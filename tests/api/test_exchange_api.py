"""Alarms and the health of sources for programs, each caller within what it may see."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.deliveries.models import Delivery, News
from hefu.rooms.deliveries.terms import DeliveryStatus
from tests.api.test_catalog import Caller, a_token
from tests.builders import NOON, a_department, a_grant, a_mounted_entry, a_population, a_target, the_authority
from tests.conftest import Database

pytestmark = pytest.mark.django_db


def test_alarms_and_sources_are_read_page_by_page_within_what_the_caller_may_see(
    make_database: Callable[[], Database],
) -> None:
    theirs, now = make_database(), NOON.now()
    a_population(theirs, rows=1)
    police, relief = a_department("市公安局"), a_department("市民政局")
    entry, place = a_mounted_entry(police, theirs), a_target(relief, theirs)
    first = Delivery.objects.get(grant=a_grant(entry, relief, target=place))
    Delivery.objects.filter(pk=first.pk).update(
        status=DeliveryStatus.FAILED, finished_at=now, error_code="dataplane.too_few_rows", error_text="{rows}",
        error_facts={"rows": 3},
    )  # fmt: skip
    school = a_department("市教育局")
    second = Delivery.objects.get(grant=a_grant(entry, school, target=a_target(school, theirs)))
    News.objects.create(grant=second.grant, silent_since=now - timedelta(days=3))
    provider, consumer = Caller(a_token(police)), Caller(a_token(relief))
    stranger, keeper = Caller(a_token(a_department("市文旅局"))), Caller(a_token(the_authority(), Role.REVIEWER))

    page = provider.get("alarms?size=1")
    assert [(one["delivery"], one["causes"][0]["cause"]) for one in page["alarms"]] == [(second.number, "silent")]
    rest = provider.get(f"alarms?size=1&cursor={page['next']}")
    (held,) = rest["alarms"]
    assert (held["delivery"], held["causes"][0]["cause"], held["detail"]) == (first.number, "held", "3")
    assert rest["next"] == ""
    assert [one["delivery"] for one in consumer.get("alarms")["alarms"]] == [first.number]
    assert len(keeper.get("alarms")["alarms"]) == 2
    assert stranger.get("alarms") == {"alarms": [], "next": ""}
    provider.get("alarms?cursor=x", 422)

    (source,) = provider.get("sources")["sources"]
    assert (source["kind"], source["department"]) == ("postgres", "市公安局")
    assert not {"host", "username", "dbname"} & {*source}
    health = provider.get(f"sources/{source['id']}/health")
    assert (health["alarms"], health["running"], health["last_row_at"]) == (2, 0, None)
    assert health["silent_since"].startswith(f"{now - timedelta(days=3):%Y-%m-%d}")
    for caller in (consumer, stranger):
        assert caller.get("sources")["sources"] == []
        caller.get(f"sources/{source['id']}/health", 404)
    provider.get(f"sources/{uuid4()}/health", 404)
    provider.get("sources/x/health", 422)
