"""A CKAN site in the import wizard: our own interface as the real peer, and sites that break off, stall and lie."""

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.protocols.ckan import client, jobs
from hefu.protocols.ckan.errors import AddressRefused, NotCkan, SiteSilent
from hefu.protocols.ckan.fetch import Bounds
from hefu.rooms.catalog import errors, queries, services
from hefu.rooms.catalog.importing.source import SiteAsked
from hefu.rooms.catalog.importing.terms import Defaults, IntakeStatus, SitePage
from hefu.rooms.catalog.models import Entry, FetchedPage, Intake
from hefu.rooms.catalog.services import fetching
from hefu.rooms.catalog.terms import OpenType, ShareType
from hefu.rooms.resources import services as resources
from hefu.rooms.resources.terms import AllowanceKind
from tests.builders import NOON, SYSTEM, a_department, a_draft, a_person, an_actor, an_entry, publish, the_authority

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = {"open_type": OpenType.UNCONDITIONAL}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Answer = Callable[[int], tuple[int, dict[str, str], bytes]]


def anywhere(host: str, address: str, port: int) -> str | None:
    return None


def a_page(start: int, count: int, total: int) -> tuple[int, dict[str, str], bytes]:
    found = [{"id": f"id-{at}", "title": f"名录{at}"} for at in range(start, min(total, start + count))]
    return 200, {}, json.dumps({"success": True, "result": {"count": total, "results": found}}).encode()


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """A site that answers as told, by where its page begins."""
    servers = []

    def start(answer: Answer) -> str:
        class Site(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answer(int(parse_qs(urlsplit(self.path).query).get("start", ["0"])[0]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


def allow_this_machine() -> None:
    resources.allow(kind=AllowanceKind.NETWORK, pattern="127.0.0.0/8", note="本机门户", actor=SYSTEM, clock=NOON)


def begun(site: str, actor: Actor, **more: str) -> Intake:
    return services.begin_fetch(asked=SiteAsked(site, **more), actor=actor, clock=NOON)


def fetched(row: Intake, bounds: Bounds = Bounds(timeout=2)) -> Intake:  # noqa: B008 - frozen
    services.fetch_site(intake_id=row.pk, read=jobs.reader(anywhere, bounds), clock=NOON)
    return Intake.objects.get(pk=row.pk)


class TestOurOwnInterfaceAsPeer:
    def test_a_portal_is_fetched_mapped_taken_in_and_a_second_fetch_shows_the_difference(
        self, live_server: Any, reviewer: Actor, client: Client
    ) -> None:
        site = f"http://127.0.0.1:{live_server.thread.port}"
        office = a_department("某市民政局")
        stays, goes = an_entry(office, name="养老机构", **OPEN), an_entry(office, name="福利彩票站点", **OPEN)
        person = a_person(seats={reviewer.department_id: [Role.REVIEWER]})  # type: ignore[dict-item]
        client.force_login(person, backend=BACKEND)

        answer = client.post("/catalog/imports/fetch", {"site": f"{site}/dataset?q=x", "organization": "", "words": ""})
        row = Intake.objects.get()
        assert answer.headers["Location"] == f"/catalog/imports/files/{row.pk}/"
        assert site in client.get(f"/catalog/imports/files/{row.pk}/").content.decode()
        jobs.fetch(str(row.pk))
        row.refresh_from_db()
        assert (row.status, row.fault["code"]) == (IntakeStatus.FAILED, "ckan.address_refused")
        assert "本机" in client.get(f"/catalog/imports/files/{row.pk}/").content.decode()

        allow_this_machine()
        client.post(f"/catalog/imports/files/{row.pk}/go-on")
        jobs.fetch(str(row.pk))
        row.refresh_from_db()
        assert (row.status, row.total, row.site["site"]) == (IntakeStatus.BROUGHT, 2, site)
        assert not FetchedPage.objects.exists()
        assert "养老机构" in client.get(f"/catalog/imports/files/{row.pk}/map").content.decode()
        plan = self.compared(row, reviewer).plan
        assert (plan["taken"], plan["refused"]) == (2, 0)
        services.apply_intake(intake_id=row.pk, actor=reviewer, clock=NOON)
        services.carry_on(intake_id=row.pk, clock=NOON)
        assert Entry.objects.filter(import_batch__isnull=False, provider=office).count() == 2
        batch = queries.intake(row.pk, viewer=reviewer).batch_id
        page = client.get(f"/catalog/imports/{batch}/").content.decode()
        assert f"/catalog/imports/fetch?site={site.replace(':', '%3A').replace('/', '%2F')}" in page

        said = dataclasses.replace(
            queries.version(stays.pk, 1, viewer=SYSTEM), name="养老服务机构", abstract="机构与床位"
        )
        officer = an_actor(office, Role.OFFICER)
        publish(services.change_entry(entry_id=stays.pk, content=said, actor=officer, clock=NOON))
        services.withdraw_entry(entry_id=goes.pk, reason="不再归集", actor=reviewer, clock=NOON)
        again = begun(site, reviewer)
        jobs.fetch(str(again.pk))
        again.refresh_from_db()
        preview = queries.preview_intake(again, viewer=reviewer)
        assert preview.remembered
        plan = self.compared(again, reviewer).plan
        assert (plan["taken"], plan["changed"], plan["gone"]) == (0, 1, 1)
        (changed,) = plan["first"]["changed"]
        told = {one["field"]: (one["old"], one["new"]) for one in changed["fields"]}
        assert told["name"] == ("养老机构", "养老服务机构")
        assert told["abstract"][1] == "机构与床位"

    def compared(self, row: Intake, actor: Actor) -> Intake:
        row.refresh_from_db()
        seen = queries.preview_intake(row, viewer=actor)
        mapping = {column: field.value for column, (field, _sure) in seen.mapping.items()}
        stated = Defaults(share_type=ShareType.UNCONDITIONAL)
        services.map_intake(intake_id=row.pk, mapping=mapping, defaults=stated, actor=actor, clock=NOON)
        services.carry_on(intake_id=row.pk, clock=NOON)
        return queries.intake(row.pk, viewer=actor)

    def test_one_organization_or_some_words_are_all_that_comes(self, live_server: Any, reviewer: Actor) -> None:
        site = f"http://127.0.0.1:{live_server.thread.port}"
        office, other = a_department("某市民政局"), a_department("某市教育局")
        an_entry(office, name="养老机构", **OPEN)
        an_entry(other, name="中小学名录", **OPEN)
        an_entry(other, name="校车路线", **OPEN)
        a_draft(other, name="草稿")
        by_office = fetched(begun(site, reviewer, organization=office.credit_code.casefold()))
        assert by_office.total == 1
        assert fetched(begun(site, reviewer, words="校车")).total == 1
        nothing = fetched(begun(site, reviewer, words="没有这样的词"))
        assert (nothing.status, nothing.fault["code"]) == (IntakeStatus.FAILED, "catalog.nothing_fetched")


class TestWhatGoesWrong:
    def test_a_fetch_that_broke_off_goes_on_behind_the_last_page(
        self, serve: Callable[[Answer], str], reviewer: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "TRIES", ())
        asked: list[int] = []
        ill = threading.Event()
        ill.set()

        def answer(start: int) -> tuple[int, dict[str, str], bytes]:
            asked.append(start)
            return (503, {}, b"") if ill.is_set() and start >= 6 else a_page(start, 3, 10)

        row = fetched(begun(serve(answer), reviewer))
        assert (row.status, row.done, row.total, row.fault["code"]) == (IntakeStatus.FAILED, 6, 10, "ckan.not_ckan")
        ill.clear()
        asked.clear()
        services.fetch_on(intake_id=row.pk, actor=reviewer, clock=NOON)
        row = fetched(row)
        assert (row.status, row.total, asked[0]) == (IntakeStatus.BROUGHT, 10, 6)

    def test_the_same_datasets_make_the_same_file_in_whatever_order_they_come(
        self, serve: Callable[[Answer], str], reviewer: Actor
    ) -> None:
        def backwards(start: int) -> tuple[int, dict[str, str], bytes]:
            found = [{"id": f"id-{at}", "title": f"名录{at}"} for at in range(4, -1, -1)][start : start + 2]
            return 200, {}, json.dumps({"success": True, "result": {"results": found}}).encode()

        site = serve(lambda start: a_page(start, 3, 5))
        first = fetched(begun(site, reviewer))
        again = fetched(begun(site, reviewer))
        assert first.file_digest == again.file_digest != ""
        other = fetched(begun(serve(backwards), reviewer))
        assert other.total == 5
        assert other.source != first.source == again.source

    def test_a_site_that_answers_every_page_alike_is_left_after_the_second(
        self, serve: Callable[[Answer], str], reviewer: Actor
    ) -> None:
        asked: list[int] = []
        row = fetched(begun(serve(lambda start: (asked.append(start), a_page(0, 3, 900))[1]), reviewer))
        assert (row.status, row.total, asked) == (IntakeStatus.BROUGHT, 3, [0, 3])

    def test_a_site_with_more_than_goes_in_at_once_is_refused(
        self, serve: Callable[[Answer], str], reviewer: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetching, "MOST_ROWS", 5)
        row = fetched(begun(serve(lambda start: a_page(start, 3, 10**9)), reviewer))
        assert (row.status, row.fault["code"]) == (IntakeStatus.FAILED, "catalog.site_too_large")

    def test_somebody_stops_a_fetch_between_two_pages_and_nothing_is_left(
        self, serve: Callable[[Answer], str], reviewer: Actor
    ) -> None:
        row = begun(serve(lambda start: a_page(start, 3, 1000)), reviewer)
        real = jobs.reader(anywhere)

        def read(asked: SiteAsked, start: int, pause: fetching.Pause) -> SitePage:
            if start == 6:
                services.stop_intake(intake_id=row.pk, actor=reviewer, clock=NOON)
            return real(asked, start, pause)

        services.fetch_site(intake_id=row.pk, read=read, clock=NOON)
        row.refresh_from_db()
        assert (row.status, row.data) == (IntakeStatus.STOPPED, None)
        assert not FetchedPage.objects.exists()

    def test_somebody_stops_a_fetch_that_waits_for_its_next_try(self, reviewer: Actor) -> None:
        row = begun("http://127.0.0.1:9", reviewer)

        def read(_asked: SiteAsked, _start: int, pause: fetching.Pause) -> SitePage:
            services.stop_intake(intake_id=row.pk, actor=reviewer, clock=NOON)
            pause(30)
            raise AssertionError

        start = time.monotonic()
        services.fetch_site(intake_id=row.pk, read=read, clock=NOON)
        assert Intake.objects.get(pk=row.pk).status == IntakeStatus.STOPPED
        assert time.monotonic() - start < 5

    def test_a_fetch_whose_worker_died_is_taken_up_by_the_task_that_fetches(self, reviewer: Actor) -> None:
        from procrastinate.contrib.django.models import ProcrastinateJob

        row = begun("http://127.0.0.1:9", reviewer)
        ProcrastinateJob.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
        Intake.objects.filter(pk=row.pk).update(beat_at="2020-01-01T00:00:00Z")
        assert services.take_up_lost(clock=NOON) == [row.pk]
        assert ProcrastinateJob.objects.get(queueing_lock=f"catalog.fetch:{row.pk}").task_name == "catalog.fetch"

    def test_one_department_fetches_one_site_at_a_time_and_others_may_not_see_it(self, reviewer: Actor) -> None:
        row = begun("http://127.0.0.1:9", reviewer)
        with pytest.raises(errors.FetchingAlready):
            begun("http://127.0.0.1:10", reviewer)
        with mock.patch("hefu.rooms.catalog.services.fetching._one_at_a_time"), pytest.raises(errors.FetchingAlready):
            begun("http://127.0.0.1:10", reviewer)  # as who asked at the same instant, and saw none
        with pytest.raises(NotFound):
            services.fetch_on(intake_id=row.pk, actor=an_actor(a_department(), Role.OFFICER), clock=NOON)
        with pytest.raises(Forbidden):
            begun("http://127.0.0.1:9", an_actor(a_department(), Role.AUDITOR))


class TestTryingAgain:
    def test_a_busy_site_is_asked_again_after_the_time_that_it_named(self, serve: Callable[[Answer], str]) -> None:
        busy = [(429, {"Retry-After": "7"}, b""), (503, {}, b"")]
        waited: list[float] = []
        site = serve(lambda start: busy.pop(0) if busy else a_page(start, 3, 2))
        found = client.page(SiteAsked(site), 0, policy=anywhere, bounds=Bounds(timeout=2), pause=waited.append)
        assert (len(found.packages), waited[0]) == (2, 7)
        assert 1 < waited[1] < 3

    @pytest.mark.parametrize("answer", [(404, {}, b""), (200, {}, b"<html>"), (302, {"Location": "/"}, b"")])
    def test_what_will_not_change_is_not_asked_again(
        self, serve: Callable[[Answer], str], answer: tuple[int, dict[str, str], bytes]
    ) -> None:
        waited: list[float] = []
        with pytest.raises((NotCkan, SiteSilent)):
            client.page(
                SiteAsked(serve(lambda _start: answer)),
                0,
                policy=anywhere,
                bounds=Bounds(timeout=2),
                pause=waited.append,
            )
        assert waited == []

    def test_an_answer_that_drips_for_ever_is_ended(self) -> None:
        class Drip(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                for _ in range(200):
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(0.05)

            def log_message(self, *_args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Drip)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = SiteAsked(f"http://127.0.0.1:{server.server_port}")
        start = time.monotonic()
        try:
            with pytest.raises(SiteSilent):
                client.page(site, 0, policy=anywhere, bounds=Bounds(timeout=2, whole=0.4))
        finally:
            server.shutdown()
            server.server_close()
        assert time.monotonic() - start < 3

    def test_a_site_that_sends_us_to_where_clouds_keep_their_secrets_is_refused(
        self, serve: Callable[[Answer], str], reviewer: Actor
    ) -> None:
        allow_this_machine()
        row = begun(serve(lambda _start: (302, {"Location": "http://169.254.169.254/latest/"}, b"")), reviewer)
        jobs.fetch(str(row.pk))
        row.refresh_from_db()
        assert (row.status, row.fault["code"]) == (IntakeStatus.FAILED, AddressRefused.code)
        assert "169.254.169.254" in row.fault["sentence"]
