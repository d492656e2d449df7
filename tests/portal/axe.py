"""Pages in a real browser, at an office screen's width and at a phone's, with what axe says against them.

A page is loaded once and looked at in both widths: loading costs more than looking.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.portal.conftest import BACKEND

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTHS = {"office": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
#: Only what is wrong is told in full; what passes would be carried over for nothing.
ASKED = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: run make setup"),
]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A browser context; axe is put in beside the pages' own content security policy."""
    from django.db import connection
    from playwright.sync_api import sync_playwright

    # Playwright's own loop runs in this thread; Django's guard against that is for servers.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The live server's threads must not keep connections that would hold the test's database.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = chromium.new_context(locale="zh-CN", bypass_csp=True)
        context.add_init_script(path=AXE)
        yield context
        chromium.close()
        # Beside Playwright's loop the test had a connection of its own; it would hold the test's database.
        connection.close()


def violations(context: Any, address: str, *, status: int = 200) -> list[str]:
    """Open a page and return what axe says against it in either width, and what the browser's console says."""
    page = context.pages[0] if context.pages else context.new_page()
    said: list[str] = []

    def listen(message: Any) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", listen)
    page.set_viewport_size(WIDTHS["office"])
    answer = page.goto(address, wait_until="load")
    told = [] if answer.status == status else [f"status {answer.status}"]
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        for one in page.evaluate("asked => axe.run(document, asked)", ASKED)["violations"]:
            told.extend(f"{width} {one['id']}: {node['target']} {node['failureSummary']}" for node in one["nodes"])
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
            told.append(f"{width}: wider than the window")
    page.remove_listener("console", listen)
    return told + (said if status == 200 else [])  # else the console only repeats the answer's status


def sign_in(context: Any, address: str, person: Any) -> None:
    """Give the context the session of a signed-in person."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person, backend=BACKEND)
    context.clear_cookies()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": address}])


def against(context: Any, address: str, pages: Mapping[Any, Sequence[str]]) -> dict[str, list[str]]:
    """Return each path, by the person who opens it, against which there is something to say."""
    wrong: dict[str, list[str]] = {}
    for person, paths in pages.items():
        sign_in(context, address, person)
        for path in paths:
            if found := violations(context, address + path):
                wrong[f"{person} {path}"] = found
    return wrong
