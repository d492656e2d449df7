"""Pages of a delivery that keeps a table in step: by links and forms alone, live, and only for whom they concern."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.clock import SystemClock
from hefu.portal import middleware
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.models import Delivery, Following
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.grants.models import Grant
from tests.builders import SYSTEM, a_department, a_person, the_authority
from tests.conftest import Database
from tests.followers import NOW, a_grant_to_follow, following, in_step, slots, until
from tests.portal.axe import AXE, CHROMIUM, against, browser
from tests.portal.types import SignIn

__all__ = ["browser"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def now(noon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lags are about real time."""
    monkeypatch.setattr(middleware, "CLOCK", SystemClock())


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
def grant(theirs: Database, make_database: Callable[[], Database]) -> Grant:
    the_authority()
    return a_grant_to_follow(a_department("市民政局"), theirs, make_database())


@pytest.fixture
def carried(grant: Grant, theirs: Database) -> Iterator[Grant]:
    """A grant, while a process carries followers; nothing stays at the source."""
    with following():
        yield grant
        for row in Delivery.objects.filter(mode="follow", status__in=["waiting", "running", "paused", "failed"]):
            services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        until(lambda: slots(theirs) == 0)


def the_delivery(grant: Grant) -> Delivery:
    return queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")


def test_an_officer_begins_looks_pauses_goes_on_and_ends_by_forms_alone(
    carried: Grant, theirs: Database, signed_in: SignIn
) -> None:
    officer: Client = signed_in(carried.consumer, Role.OFFICER)
    provider: Client = signed_in(carried.provider, Role.OFFICER)
    assert f"/grants/{carried.number}/follow" in officer.get(f"/grants/{carried.number}/").content.decode()
    assert f"/grants/{carried.number}/follow" not in provider.get(f"/grants/{carried.number}/").content.decode()
    assert provider.post(f"/grants/{carried.number}/follow").status_code == 403
    assert officer.post(f"/grants/{carried.number}/follow").status_code == 302
    row = the_delivery(carried)
    address = f"/deliveries/{row.number}/"
    until(lambda: in_step(row))
    theirs.run("UPDATE population SET name = '李四' WHERE id_number = lpad('7', 18, '0')")
    until(lambda: queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).updated == 1)
    page = officer.get(address).content.decode()
    assert "in step" in page
    assert "<rect" in page
    assert f'hx-get="{address}now?was=running"' in page
    assert "in step" in officer.get("/deliveries/").content.decode()

    part = officer.get(f"{address}now?was=running")
    assert "HX-Refresh" not in part.headers
    assert "<html" not in part.content.decode()
    assert officer.get(f"{address}now?was=waiting").headers["HX-Refresh"] == "true"

    assert "rest" in officer.get(f"{address}pause").content.decode()
    assert officer.post(f"{address}pause", {"reason": "维护"}).status_code == 302
    until(lambda: Delivery.objects.get(pk=row.pk).status == DeliveryStatus.PAUSED)
    page = officer.get(address).content.decode()
    assert "Let it go on" in page
    assert "hx-get" not in page.split('id="follow-now"')[1].split("</section>")[0]
    receipt = officer.get(f"{address}windows/1/receipt")
    assert receipt.status_code == 200
    assert officer.get(f"{address}windows/9/receipt").status_code == 404
    assert officer.get(f"{address}?before=1\x00").status_code == 200
    assert provider.get(f"{address}limits").status_code == 200
    assert officer.get(f"{address}limits").status_code == 403
    assert provider.post(f"{address}limits", {"most_followers": "2", "most_held_mib": "0"}).status_code == 422
    assert provider.post(f"{address}limits", {"most_followers": "2", "most_held_mib": "512"}).status_code == 302
    assert queries.sparing(Following.objects.get(pk=row.pk).source_id).most_held_bytes == 512 << 20

    assert provider.get(f"{address}mend").status_code == 403
    assert officer.post(f"{address}compare").status_code == 302
    assert "waiting to run" in officer.get(address).content.decode()
    carry_comparison(queries.comparisons(row).get().pk, clock=NOW)
    assert "both sides agree" in officer.get(address).content.decode()
    assert "Compare now" in provider.get(address).content.decode()

    assert officer.post(f"{address}retry").status_code == 302
    until(lambda: in_step(row))
    assert officer.post(f"{address}end").status_code == 302
    until(lambda: Delivery.objects.get(pk=row.pk).status == DeliveryStatus.CANCELLED)
    assert "Keep in step again" in officer.get(address).content.decode()
    assert "Keep in step again" not in provider.get(address).content.decode()
    assert provider.post(f"{address}retry").status_code == 403

    stranger: Client = signed_in(a_department("市教育局"), Role.OFFICER, Role.CHIEF)
    assert stranger.post(f"{address}compare").status_code == 404
    for path in ("", "mend", "now", "pause", "end", "limits", "windows/1/receipt", "receipt"):
        assert stranger.get(address + path).status_code == 404
    assert stranger.post(f"{address}pause").status_code == 404


def test_what_the_source_cannot_do_is_said_in_the_form_in_chinese(
    grant: Grant, theirs: Database, signed_in: SignIn
) -> None:
    theirs.run("ALTER TABLE population DROP CONSTRAINT population_pkey")
    officer = signed_in(grant.consumer, Role.OFFICER, language="zh-hans")
    answer = officer.post(f"/grants/{grant.number}/follow")
    assert answer.status_code == 422
    assert "主键" in answer.content.decode()
    assert Delivery.objects.filter(mode="follow").count() == 0


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None or not AXE.exists(), reason="Chromium or axe-core is not installed")
def test_axe_finds_nothing_on_them(carried: Grant, theirs: Database, browser: Any, live_server: Any) -> None:
    person = a_person(seats={carried.consumer_id: [Role.OFFICER, Role.CHIEF]})
    owner = a_person(seats={carried.provider_id: [Role.OFFICER, Role.CHIEF]})
    row = services.follow_grant(grant=carried.number, actor=SYSTEM, clock=NOW)
    until(lambda: in_step(row))
    theirs.run("UPDATE population SET name = '李四' WHERE id_number < lpad('40', 18, '0')")
    until(lambda: queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).updated > 20)
    address = f"/deliveries/{row.number}/"
    live = {person: (f"/grants/{carried.number}/", "/deliveries/", address, f"{address}pause", f"{address}end")}
    assert against(browser, live_server.url, live | {owner: (address, f"{address}limits")}) == {}
    services.pause_delivery(number=row.number, actor=SYSTEM, clock=NOW)
    until(lambda: Delivery.objects.get(pk=row.pk).status == DeliveryStatus.PAUSED)
    assert against(browser, live_server.url, {person: (address,)}) == {}
