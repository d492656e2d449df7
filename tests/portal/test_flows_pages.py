"""The map of flows and the ways of columns, each as far as the reader may know."""

import dataclasses
from collections.abc import Callable

import pytest

from hefu.dataplane import wire
from hefu.dataplane.masks import Drop
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.grants.models import Grant
from tests.builders import NOON, a_department, a_grant, a_mounted_entry, a_population, the_authority
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant(make_database: Callable[[], Database]) -> Grant:
    the_authority()
    source = make_database()
    a_population(source)
    entry = a_mounted_entry(a_department("市公安局"), source)
    return a_grant(entry, a_department("市民政局"), channel=Channel.FILE)


def test_the_map_tells_each_reader_of_its_own_flows(signed_in: SignIn, grant: Grant) -> None:
    done = Delivery.objects.get(grant=grant)
    carry(done.pk, clock=NOON)
    done.refresh_from_db()
    assert done.rows_written
    reader = signed_in(the_authority(), Role.REVIEWER)
    page = reader.get("/deliveries/flows/?days=365").content.decode()
    told = f"市公安局 to 市民政局: {done.rows_written} rows, 1 grants"
    assert told in page
    assert 'aria-current="true">the last year' in page
    sheet = b"".join(reader.get("/deliveries/flows/?days=365&format=csv")).decode()  # type: ignore[arg-type]
    assert "市公安局,市民政局,1,1" in sheet.replace('"', "")
    assert told in signed_in(grant.consumer).get("/deliveries/flows/?days=365").content.decode()
    # Whoever runs the node sees no grant, so the page counts none.
    running = signed_in(a_department("市大数据中心"), Role.OPERATOR).get("/deliveries/flows/?days=365").content.decode()
    assert "rows</title>" in running
    assert "Grants in force" not in running
    nothing = signed_in(a_department("市教育局")).get("/deliveries/flows/?days=365").content.decode()
    assert "市公安局" not in nothing
    assert "Nothing went from department to department" in nothing
    for strange in ("x", "9" * 5000, "٣", "0007" + "9" * 12):
        assert reader.get("/deliveries/flows/", {"days": strange, "provider": "\x00"}).status_code == 200


def test_ways_lead_from_the_source_to_the_consumer_and_strangers_see_no_consumer(
    signed_in: SignIn, grant: Grant
) -> None:
    where = f"/deliveries/flows/entries/{grant.entry_id}/"
    for department in (grant.provider, grant.consumer):
        page = signed_in(department).get(where).content.decode()
        assert "public.population" in page
        assert grant.number in page
        assert all(item.name in page for item in grant.granted_items)
    first, *rest = grant.granted_items
    Grant.objects.filter(pk=grant.pk).update(
        items=wire.to_json((dataclasses.replace(first, mask=Drop(), delivered_as="kept_back"), *rest))
    )
    page = signed_in(grant.consumer).get(where).content.decode()
    assert "kept_back" not in page  # checked, but not delivered: it goes nowhere
    assert rest[0].code in page
    page = signed_in(a_department("市教育局")).get(where).content.decode()
    assert grant.number not in page
    assert "population" not in page
    assert "No grant that you may read" in page
