"""Reading a CKAN site: a real server on this machine, with what such sites do wrong."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hefu.dataplane.connectors.postgres.connection import default_policy
from hefu.protocols.ckan import client
from hefu.protocols.ckan.client import as_record, document, packages
from hefu.protocols.ckan.errors import AddressRefused, NotCkan, SiteSilent
from hefu.protocols.ckan.fetch import Bounds
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.source import SiteAsked

Answer = Callable[[dict[str, list[str]]], tuple[int, dict[str, str], bytes]]
QUICK = Bounds(timeout=2, largest=2_000_000)


def at(site: str) -> SiteAsked:
    return SiteAsked(site)


def anywhere(host: str, address: str, port: int) -> str | None:
    return None


def a_package(number: int) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "name": f"dataset-{number}",
        "title": f"养老机构名录{number}",
        "notes": "全市养老机构。",
        "organization": {"name": "mzj", "title": "某市民政局"},
        "tags": [{"name": "养老", "display_name": "养老"}, {"name": "民政"}],
        "groups": [{"title": "社会保障"}],
        "resources": [{"format": "CSV"}, {"format": "XLSX"}, {"format": ""}, {"format": "csv"}],
        "metadata_created": "2024-03-01T08:00:00.000000",
        "extras": [{"key": "更新频率", "value": "每月"}, {"key": "title", "value": "x"}, {"key": "坏", "value": None}],
    }


def searched(count: int, most: int = 1000) -> Answer:
    def answer(query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        start, rows = int(query["start"][0]), min(most, int(query["rows"][0]))
        found = [a_package(number) for number in range(start, min(count, start + rows))]
        return 200, {}, json.dumps({"success": True, "result": {"count": count, "results": found}}).encode()

    return answer


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    servers = []

    def start(answer: Answer) -> str:
        class Site(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert urlsplit(self.path).path.endswith("/api/3/action/package_search"), self.path
                status, headers, body = answer(parse_qs(urlsplit(self.path).query))
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


class TestReading:
    @pytest.mark.parametrize(("count", "most"), [(0, 1000), (1, 1000), (1200, 1000), (1000, 100), (7, 3)])
    def test_every_dataset_is_read_once_however_few_a_page_gives(
        self, serve: Callable[[Answer], str], count: int, most: int
    ) -> None:
        found = [one["id"] for one in packages(at(serve(searched(count, most))), policy=anywhere, bounds=QUICK)]
        assert found == [f"id-{number}" for number in range(count)]

    def test_a_dataset_that_slips_to_the_next_page_is_not_read_twice(
        self, serve: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "PAGE", 3)

        def answer(query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
            start = int(query["start"][0])
            numbers = range(start, start + 3) if start == 0 else range(start - 1, min(6, start + 2))
            found = [a_package(number) for number in numbers] if start < 7 else []
            return 200, {}, json.dumps({"success": True, "result": {"results": found}}).encode()

        found = [one["id"] for one in packages(at(serve(answer)), policy=anywhere, bounds=QUICK)]
        assert len(found) == len(set(found)) == 6

    def test_a_dataset_becomes_a_record_that_importing_maps_by_itself(self, serve: Callable[[Answer], str]) -> None:
        site = serve(searched(30))
        record = as_record(a_package(1), site)
        assert record["format"] == ["csv", "xlsx"]
        assert record["tags"] == ["养老", "民政"]
        assert (record["title"], record["更新频率"], record["url"]) == (
            "养老机构名录1",
            "每月",
            f"{site}/dataset/dataset-1",
        )
        table = read_table(document(at(site), policy=anywhere, bounds=QUICK), "site.json")
        mapping = {
            column: field.value for column, (field, _s) in propose_mapping(table.columns, table.samples()).items()
        }
        wanted = {
            "title": "name",
            "notes": "abstract",
            "organization": "provider",
            "tags": "tags",
            "format": "format",
            "更新频率": "update_cycle",
            "theme": "theme",
        }
        assert {column: mapping.get(column) for column in wanted} == wanted

    def test_odd_datasets_do_not_stop_the_others(self, serve: Callable[[Answer], str]) -> None:
        odd: list[Any] = [None, "x", {"id": "1"}, {"id": "2", "tags": "a", "resources": None, "organization": []}, {}]

        def answer(query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
            found = odd if query["start"] == ["0"] else []
            return 200, {}, json.dumps({"success": True, "result": {"results": found}}).encode()

        told = json.loads(document(at(serve(answer)), policy=anywhere, bounds=QUICK))
        assert [one["identifier"] for one in told] == ["1", "2"]

    def test_what_a_site_says_in_a_kind_that_ckan_has_not_there_counts_as_not_said(self) -> None:
        odd = {
            name: {"a": [1]} for name in ("title", "notes", "resources", "extras", "tags", "groups", "license_title")
        }
        assert as_record({"id": "1", "name": [2], **odd}, "http://a.example")["title"] == "1"
        assert as_record({"id": {"a": 1}, "name": "n"}, "http://a.example")["identifier"] == "n"
        for strange in (7, True, "x", [None, 3, ["x"], {}], None):
            told = dict.fromkeys(("resources", "extras", "tags", "groups", "organization", "author"), strange)
            made = as_record({"id": 5} | told, "http://a.example")
            assert (made["identifier"], made["format"], made["theme"]) == ("5", [], "")


class TestRefusing:
    def test_addresses_of_the_machine_itself_are_not_reached_without_being_allowed(
        self, serve: Callable[[Answer], str]
    ) -> None:
        site = serve(searched(1))

        def closed(host: str, address: str, port: int) -> str | None:
            return default_policy(host, address, port) or ("not on the list" if address == "127.0.0.1" else None)

        with pytest.raises(AddressRefused):
            list(packages(at(site), policy=closed, bounds=QUICK))

    def test_where_a_site_sends_us_is_asked_of_the_policy_as_well(self, serve: Callable[[Answer], str]) -> None:
        inner = serve(searched(1))
        outer = serve(lambda _query: (302, {"Location": inner + "/api/3/action/package_search?start=0&rows=1"}, b""))
        port = int(inner.rpartition(":")[2])
        with pytest.raises(AddressRefused, match="inner"):
            list(packages(at(outer), policy=lambda _h, _a, p: "inner" if p == port else None, bounds=QUICK))

    @pytest.mark.parametrize(
        "address", ["file:///etc/passwd", "ftp://x/", "//x", "", "http://", "http://[::1", "http://x:99999"]
    )
    def test_what_is_no_web_address_is_refused(self, address: str) -> None:
        with pytest.raises((AddressRefused, SiteSilent)):
            list(packages(at(address), policy=anywhere, bounds=QUICK))

    def test_a_site_that_sends_round_in_circles_is_left(self, serve: Callable[[Answer], str]) -> None:
        site = serve(lambda _query: (302, {"Location": "/api/3/action/package_search?start=0"}, b""))
        with pytest.raises(SiteSilent, match="sends on"):
            list(packages(at(site), policy=anywhere, bounds=QUICK))

    def test_a_site_that_does_not_answer_in_time_is_left(self, serve: Callable[[Answer], str]) -> None:
        def answer(_query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
            time.sleep(1.5)
            return 200, {}, b"{}"

        start = time.monotonic()
        with pytest.raises(SiteSilent):
            list(packages(at(serve(answer)), policy=anywhere, bounds=Bounds(timeout=0.3)))
        assert time.monotonic() - start < 1.4

    def test_an_answer_larger_than_the_bound_is_not_taken(self, serve: Callable[[Answer], str]) -> None:
        site = serve(lambda _query: (200, {}, b" " * 5000))
        with pytest.raises(SiteSilent, match="larger"):
            list(packages(at(site), policy=anywhere, bounds=Bounds(timeout=2, largest=1000)))

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>",
            b"[]",
            b'{"success": false, "error": {"message": "Access denied"}}',
            b'{"success": true}',
            b'{"success": true, "result": {"results": 3}}',
            b"\xff\xfe",
        ],
    )
    def test_what_is_not_ckans_answer_is_said_to_be_none(self, serve: Callable[[Answer], str], body: bytes) -> None:
        with pytest.raises(NotCkan):
            list(packages(at(serve(lambda _query: (200, {}, body))), policy=anywhere, bounds=QUICK))

    def test_a_wait_of_thousands_of_digits_is_no_wait(self, serve: Callable[[Answer], str]) -> None:
        with pytest.raises(NotCkan) as refused:
            document(at(serve(lambda query: (503, {"Retry-After": "9" * 5000}, b""))), policy=anywhere, bounds=QUICK)
        assert refused.value.facts["wait"] == 0

    @pytest.mark.parametrize("status", [404, 403, 500, 409])
    def test_an_error_of_the_site_is_named(self, serve: Callable[[Answer], str], status: int) -> None:
        with pytest.raises(NotCkan, match=f"HTTP {status}"):
            list(packages(at(serve(lambda _query: (status, {}, b""))), policy=anywhere, bounds=QUICK))
