"""Every page of the main job in a real browser, at an office screen's width and at a phone's: axe finds nothing."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
from tests.portal.conftest import BACKEND

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTHS = {"office": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: run make setup"),
]


@pytest.fixture(params=list(WIDTHS))
def browser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A fresh browser context of one width; axe is put in beside the pages' own content security policy."""
    from django.db import connection
    from playwright.sync_api import sync_playwright

    # Playwright's own loop runs in this thread; Django's guard against that is for servers.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The live server's threads must not keep connections that would hold the test's database.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium.new_context(viewport=WIDTHS[request.param], locale="zh-CN", bypass_csp=True)
        chromium.close()
        # Beside Playwright's loop the test had a connection of its own; it would hold the test's database.
        connection.close()


def violations(context: Any, address: str, *, status: int = 200) -> list[str]:
    """Open a page and return what axe says against it, and what the browser's console says."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    answer = page.goto(address, wait_until="load")
    page.add_script_tag(path=str(AXE))
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    page.close()
    told = [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
    if answer.status != status:
        told.append(f"status {answer.status}")
    if status != 200:  # the console only repeats the answer's status
        said.clear()
    if wide:
        told.append("wider than the window")
    return told + said


def sign_in(context: Any, address: str, person: Any) -> None:
    """Give the context the session of a signed-in person."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person, backend=BACKEND)
    context.clear_cookies()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": address}])


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
            "/resources/",
            "/departments/",
            f"/departments/{provider.pk}/",
        ),
        "consumer": ("/", f"/requests/{draft.number}/write", f"/requests/{case.number}/"),
        "authority": ("/", "/catalog/", f"/requests/{case.number}/"),
        "security": ("/people/",),
        "auditor": ("/evidence/", "/evidence/keys", "/evidence/verify"),
    }
    address = live_server.url
    wrong = {"/signin/": violations(browser, f"{address}/signin/")}
    for who, paths in pages.items():
        sign_in(browser, address, seats[who])
        for path in paths:
            wrong[f"{who} {path}"] = violations(browser, address + path)
    assert {path: found for path, found in wrong.items() if found} == {}


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
            "/catalog/imports/new",
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
            "/law/office",
        ),
    }
    wrong = {}
    for person, paths in pages.items():
        sign_in(browser, live_server.url, person)
        for path in paths:
            wrong[path] = violations(browser, live_server.url + path)
    wrong["nowhere"] = violations(browser, f"{live_server.url}/grants/G2026-999999/", status=404)
    assert {path: found for path, found in wrong.items() if found} == {}
