"""The pages of a grant that nobody used: who sees it, and how the reviewer keeps it."""

from datetime import date

import pytest

from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.rooms.clocks import services as clocks
from hefu.rooms.grants import queries, services
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import SYSTEM, a_department, a_grant, a_mounted_entry, a_population
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db

PAST = at_noon(date(2026, 6, 12))


def test_the_reviewer_is_led_from_the_desk_to_the_unused_grant_and_keeps_it(
    a_database: Database, signed_in: SignIn
) -> None:
    authority = a_department("省数据局", DepartmentRole.AUTHORITY, place="230000")
    a_population(a_database, rows=3)
    entry = a_mounted_entry(a_department("省公安厅", place="230000"), a_database)
    grant = a_grant(entry, a_department("省民政厅", place="230000"), channel=Channel.FILE)
    services.watch_idle(actor=SYSTEM, clock=PAST)
    clocks.sweep(clock=PAST)
    reviewer = signed_in(authority, Role.REVIEWER)
    desk = reviewer.get("/").content.decode()
    assert "grants that nobody used for too long" in desk
    assert grant.number in reviewer.get("/grants/?scope=idle").content.decode()
    page = reviewer.get(f"/grants/{grant.number}/").content.decode()
    assert "Time without use" in page
    assert f"/grants/{grant.number}/keep" in page
    assert (
        f"/grants/{grant.number}/keep" not in signed_in(grant.consumer).get(f"/grants/{grant.number}/").content.decode()
    )
    sent = reviewer.post(f"/grants/{grant.number}/keep", {"reason": "年度核对仍需使用"})
    assert sent.status_code == 302
    assert list(queries.idle(viewer=SYSTEM)) == []
    assert grant.number not in reviewer.get("/grants/?scope=idle").content.decode()
