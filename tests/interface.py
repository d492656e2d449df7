"""A server with interfaces for a test: real HTTP on loopback, every way of paging and of showing a key."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hefu.dataplane.connectors.interface.asking import HttpConnection
from hefu.dataplane.connectors.interface.stated import How, Signs

SECRET = "a key, 100% secret"


@dataclass
class InterfaceServer:
    """What the server answers, and what it was asked."""

    #: Name → rows, or the text of a CSV.
    tables: dict[str, Any] = field(default_factory=dict)
    #: Answers before the real ones: status and headers.
    first: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    #: Rows of a page at most, whatever is asked.
    most: int = 1_000_000
    port: int = 0

    @property
    def connection(self) -> HttpConnection:
        """Return how the data plane reaches it."""
        return HttpConnection("127.0.0.1", self.port, "disable", "rid-1", SECRET, Signs(How.HEADER, "X-Key", "Key "))

    def answer(self, path: str, told: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        if self.first:
            status, more = self.first.pop(0)
            return status, more, b"{}"
        if not _known(told, headers):
            return 401, {}, json.dumps({"message": f"who shows {headers.get('x-key')}?"}).encode()
        rows = self.tables[path.strip("/")]
        if isinstance(rows, bytes):
            return 200, {"Content-Type": "text/csv"}, rows
        size = min(int(told.get("size", 100)), self.most)
        start = int(told["page"]) * size - size if "page" in told else int(told.get("offset", 0))
        start = int(told["cursor"][1:]) if "cursor" in told else start
        end = start + size
        more_there = end < len(rows)
        data = {
            "list": rows[start:end], "count": str(len(rows)), "next": f"c{end}" if more_there else None,
            "address": f"{path}?offset={end}&size={size}" if more_there else "",
        }  # fmt: skip
        linked = {"Link": f'<{data["address"]}>; rel="next"'} if more_there else {}
        return 200, linked, json.dumps({"code": 200, "data": data}).encode()


def _known(told: dict[str, Any], headers: dict[str, str]) -> bool:
    if "p_sign" in headers:
        text = headers["p_sid"] + headers["p_rid"] + headers["p_rtime"]
        wanted = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
        return hmac.compare_digest(wanted, headers["p_sign"]) and headers["p_rid"] == "rid-1"
    if "authorization" in headers:
        return headers["authorization"] == "Basic " + base64.b64encode(f"rid-1:{SECRET}".encode()).decode()
    return told.get("appkey") == SECRET or headers.get("x-key") == f"Key {SECRET}"


@pytest.fixture
def interfaces() -> Iterator[InterfaceServer]:
    """Start the server for one test."""
    told = InterfaceServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append((self.path, headers, body))
            status, more, answer = told.answer(parts.path, asked | body, headers)
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join(5)
