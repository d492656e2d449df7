"""Every page of the main job in a real browser, at an office screen's width and at a phone's: axe finds nothing."""

from collections.abc import Callable
from typing import Any

from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from tests.builders import (
    a_case,
    a_department,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
    an_actor,
    an_application,
    the_authority,
)
from tests.conftest import Database
from tests.portal.axe import against, browser, pytestmark, violations

__all__ = ["browser", "pytestmark"]


def test_axe_finds_nothing_on_the_pages_of_the_main_job(
    browser: Any, live_server: Any, make_database: Callable[[], Database]
) -> None:
    from hefu.rooms.deliveries.queries import deliveries
    from hefu.rooms.requests import services as requests
    from tests.builders import NOON, SYSTEM

    provider, consumer = a_department("市公安局"), a_department("市民政局")
    source, arriving = make_database(), make_database()
    a_population(source)
    entry = a_mounted_entry(provider, source)
    grant = a_grant(entry, consumer, target=a_target(consumer, arriving))
    case = a_case(entry, consumer)
    draft = requests.draft_request(
        entry=entry.pk, application=an_application(entry), actor=an_actor(consumer), clock=NOON
    )
    delivery = deliveries(viewer=SYSTEM).filter(grant=grant).get()
    seats = {
        "provider": a_person(seats={provider.pk: [Role.OFFICER, Role.CHIEF]}),
        "consumer": a_person(seats={consumer.pk: [Role.OFFICER, Role.CHIEF]}),
        "authority": a_person(seats={the_authority().pk: [Role.REVIEWER, Role.CHIEF]}),
        "security": a_person(seats={consumer.pk: [Role.SECURITY]}),
        "auditor": a_person(seats={consumer.pk: [Role.AUDITOR]}),
    }
    pages = {
        "provider": (
            "/",
            "/catalog/",
            "/catalog/?q=人口&share=conditional",
            "/catalog/?q=火星",
            "/catalog/searches/",
            f"/catalog/{entry.pk}/",
            "/requests/",
            f"/requests/{case.number}/",
            f"/requests/{case.number}/answer",
            "/grants/",
            f"/grants/{grant.number}/",
            "/deliveries/",
            f"/deliveries/{delivery.number}/",
            f"/deliveries/{delivery.number}/rejects",
            "/resources/",
            "/departments/",
            f"/departments/{provider.pk}/",
        ),
        "consumer": (
            "/",
            f"/requests/{draft.number}/write",
            f"/requests/{case.number}/",
            f"/grants/{grant.number}/increments",
            f"/grants/{grant.number}/least",
            "/deliveries/alarms/",
        ),
        "authority": ("/", "/catalog/", f"/requests/{case.number}/"),
        "security": ("/people/",),
        "auditor": ("/evidence/", "/evidence/keys", "/evidence/verify"),
    }
    assert violations(browser, f"{live_server.url}/signin/") == []
    assert against(browser, live_server.url, {seats[who]: paths for who, paths in pages.items()}) == {}


def test_axe_finds_nothing_on_the_forms_and_the_pages_around_them(
    browser: Any, live_server: Any, make_database: Callable[[], Database]
) -> None:
    from hefu.rooms.evidence.models import Entry as Record
    from hefu.rooms.resources import queries as resources
    from tests.builders import SYSTEM

    provider, consumer = a_department("市公安局"), a_department("市民政局")
    source = make_database()
    a_population(source)
    entry = a_mounted_entry(provider, source)
    grant = a_grant(entry, consumer, channel=Channel.FILE)
    place = resources.sources(viewer=SYSTEM).get()
    record = Record.objects.latest("id")
    pages = {
        a_person(seats={provider.pk: [Role.OFFICER, Role.CHIEF]}): (
            f"/resources/mount/{entry.pk}?source={place.pk}",
            f"/resources/columns/{entry.pk}",
            f"/resources/rules/{entry.pk}",
            f"/resources/unmount/{entry.pk}",
            "/resources/source/new",
            f"/resources/source/{place.pk}/?look=1",
            f"/resources/source/{place.pk}/change",
            "/resources/targets/",
            f"/grants/{grant.number}/narrow",
            f"/grants/{grant.number}/revoke",
            "/catalog/new",
            f"/catalog/{entry.pk}/edit",
            "/catalog/export",
            "/tokens/",
            "/api/",
            "/search?q=人口",
        ),
        a_person(seats={consumer.pk: [Role.AUDITOR]}): (f"/evidence/{record.uid}/",),
        a_person(seats={the_authority().pk: [Role.OPERATOR]}): (
            "/resources/allowances/",
            "/resources/allowances/new",
            "/resources/systems/new",
        ),
        a_person(seats={the_authority().pk: [Role.REVIEWER, Role.CHIEF]}): (
            "/law/",
            "/law/rules/",
            "/law/rules/requests.deciders/",
            "/law/calendar/",
            "/law/coverage",
            "/law/texts/",
            "/law/texts/new",
            "/law/texts/reviews",
            "/law/office",
        ),
    }
    assert against(browser, live_server.url, pages) == {}
    assert violations(browser, f"{live_server.url}/grants/G2026-999999/", status=404) == []
