"""A request that was sent back: what each side reads while the consumer writes on."""

from datetime import date

import pytest

from hefu.dataplane.filters import Equals, RowFilter
from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.rooms.requests import queries, services
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Status
from tests.builders import NOON, a_case, an_actor, an_application, the_authority

pytestmark = pytest.mark.django_db


@pytest.fixture
def returned() -> AccessRequest:
    row = a_case()
    return services.return_incomplete(
        number=row.number,
        problems={"scenario": "请写明业务环节"},
        actor=an_actor(row.provider),
        clock=at_noon(date(2026, 3, 16)),
    )


def test_the_provider_reads_what_was_handed_in_until_it_is_handed_in_again(returned: AccessRequest) -> None:
    row = returned
    signed = row.application
    wanted = an_application(
        row.entry, purpose="还没有想好", rows=RowFilter((Equals("name", "张三"),)), item_ids=signed.item_ids[:1]
    )
    officer, chief = an_actor(row.consumer), an_actor(row.consumer, Role.CHIEF)
    services.change_request(number=row.number, application=wanted, actor=officer, clock=at_noon(date(2026, 3, 17)))
    assert queries.request(row.number, viewer=officer).application == wanted
    for other in (an_actor(row.provider), an_actor(the_authority(), Role.REVIEWER)):
        read = queries.request(row.number, viewer=other)
        assert read.application == signed
        assert [item.name for item in read.asked_items] == [item.name for item in row.asked_items]
    services.submit_request(number=row.number, actor=chief, clock=at_noon(date(2026, 3, 19)))
    assert queries.request(row.number, viewer=an_actor(row.provider)).application == wanted


def test_what_was_written_before_it_is_taken_back_stays_with_the_consumer(returned: AccessRequest) -> None:
    row = returned
    wanted, chief = an_application(row.entry, purpose="还没有想好"), an_actor(row.consumer, Role.CHIEF)
    services.change_request(number=row.number, application=wanted, actor=chief, clock=NOON)
    services.withdraw_request(number=row.number, reason="不再需要", actor=chief, clock=NOON)
    read = queries.request(row.number, viewer=an_actor(row.provider))
    assert (read.status, read.purpose) == (Status.WITHDRAWN, "核对救助对象的户籍情况")
