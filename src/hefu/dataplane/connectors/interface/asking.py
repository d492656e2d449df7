"""Asking an interface for one page: signed, tried again with pauses while it is busy, never beyond its bounds."""

import base64
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from hefu.dataplane.connectors.address import AddressPolicy, both, default_policy, nothing_more
from hefu.dataplane.connectors.interface.stated import How, Interface, Signs
from hefu.dataplane.connectors.web import Answer, WebServer, WebSession
from hefu.dataplane.errors import SideLost, SideRefused
from hefu.kernel.clock import SystemClock
from hefu.kernel.words import Sentence, _

#: Bytes of one answer: JSON is held in memory while it is read.
MOST_BYTES = 16 << 20
#: Tries of one page, seconds of the first pause (twice as long each time), and the longest that a server may ask for.
TRIES, PAUSE, LONGEST_PAUSE = 5, 0.5, 60.0
#: What a busy server says.
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class HttpConnection:
    """A server with interfaces, and the key that it knows us by; its repr never shows the key."""

    host: str
    port: int
    #: As for `WebServer`.
    tls: str
    #: Account, or the requester's number (rid) of the national platform.
    user: str = ""
    password: str = field(default="", repr=False)
    signs: Signs = field(default_factory=Signs)
    #: What the server may not be, whatever the run's policy allows: a request of ours would be heard there.
    closed: AddressPolicy = field(default=nothing_more, repr=False, compare=False)

    @property
    def key(self) -> str:
        """What is the same for two connections to one server."""
        return f"http {self.host}:{self.port}"

    @property
    def server(self) -> WebServer:
        """Return the server."""
        return WebServer(self.host, self.port, self.tls)


class Asker:
    """Asks one interface."""

    def __init__(
        self,
        connection: HttpConnection,
        interface: Interface,
        side: str,
        policy: AddressPolicy = default_policy,
        pause: float = PAUSE,
    ) -> None:
        """Ask `interface`; messages call the server `side`. The first pause lasts `pause` seconds."""
        self.connection, self.interface, self.side, self._pause = connection, interface, side, pause
        self._web = WebSession(connection.server, side, both(policy, connection.closed))
        self.ended = threading.Event()

    def page(self, target: str, body: Mapping[str, Any] | None) -> Answer:
        """Return an answer that says yes.

        Args:
            target: Path and query.
            body: Of a POST.

        Raises:
            AddressRefused: The address policy says no.
            SideLost: The server cannot be reached or is busy, also after some tries.
            SideRefused: It says no.
        """
        answer = self._twice(target, body)
        for attempt in range(TRIES - 1):
            if answer.status not in _BUSY:
                break
            pause = max(self._pause * 2**attempt, _wanted_pause(answer.headers.get("retry-after", "")))
            if self.ended.wait(pause):
                raise SideLost(self.side, Sentence(_("the asking was ended"), code="side.http_ended"))
            answer = self._twice(target, body)
        return self._granted(answer)

    def _twice(self, target: str, body: Mapping[str, Any] | None) -> Answer:
        """Ask; where the connection is lost, ask once more. What lasts longer is for a later try of the whole run."""
        try:
            return self._asked(target, body)
        except SideLost:
            if self.ended.wait(self._pause):
                raise
            return self._asked(target, body)

    def _asked(self, target: str, body: Mapping[str, Any] | None) -> Answer:
        told, shown = self._shown()
        headers = {"Accept": "application/json, text/csv", **self.interface.headers, **told}
        sent = b""
        if body is not None:
            sent = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json; charset=utf-8"
        if shown:
            target += ("&" if "?" in target else "?") + shown
        return self._web.ask(self.interface.method, target, headers, sent, most=MOST_BYTES)

    def _shown(self) -> tuple[dict[str, str], str]:
        """Return the headers that show the key, and what of the query does."""
        signs, there = self.connection.signs, self.connection
        match signs.how:
            case How.HEADER:
                return {signs.name: signs.prefix + there.password}, ""
            case How.QUERY:
                return {}, urlencode({signs.name: there.password})
            case How.BASIC:
                pair = base64.b64encode(f"{there.user}:{there.password}".encode()).decode()
                return {"Authorization": f"Basic {pair}"}, ""
            case How.NATIONAL:
                stamp = str(int(SystemClock().now().timestamp() * 1000))
                return national(self.interface.sid, there.user, stamp, there.password, signs.prefix), ""
        return {}, ""

    def _granted(self, answer: Answer) -> Answer:
        if answer.status in _BUSY:
            raise SideLost(self.side, _status(_("the interface is busy: it answers {status}"), answer.status))
        if 300 <= answer.status < 400:
            # Whoever answers there would be shown the key.
            text = _("the interface leads elsewhere ({status}), which is not followed; state the address it leads to")
            raise SideRefused(self.side, _status(text, answer.status))
        if answer.status in (401, 403):
            raise SideRefused(self.side, _status(_("the interface refuses the key: {status}"), answer.status))
        if not 200 <= answer.status < 300:
            raise SideRefused(self.side, _status(_("the interface answers {status}"), answer.status))
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            text = _("the interface answers packed, though it was asked not to")
            raise SideRefused(self.side, Sentence(text, code="side.http_packed"))
        return answer

    def beside(self, target: str, link: str) -> str:
        """Return the path and query that a link in an answer means.

        Raises:
            SideRefused: It leads to another server.
        """
        server = self.connection.server
        base = f"{'http' if server.tls == 'disable' else 'https'}://{server.named}"
        try:
            parts, own = urlsplit(urljoin(base + target, link)), urlsplit(base)
            same = (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.hostname, own.port)
        except ValueError:
            same = False
        if not same or parts.username or parts.password:
            text = _("the next page would be at another server, which is not asked")
            raise SideRefused(self.side, Sentence(text, code="side.http_elsewhere"))
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        return f"{path}?{quote(parts.query, safe='%=&?/:@!$()*+,;~-._')}" if parts.query else path

    def cut(self) -> None:
        """End what is under way, from another thread."""
        self.ended.set()
        self._web.cut()

    def close(self) -> None:
        """Close; may be called twice."""
        self._web.close()


def national(sid: str, rid: str, stamp: str, secret: str, prefix: str) -> dict[str, str]:
    """Return the four headers that the national sharing platform asks for.

    Args:
        sid: Number of the interface.
        rid: Number of the requester.
        stamp: Milliseconds since 1970.
        secret: Shared with the platform.
        prefix: Of the headers' names, such as `gjgxjhpt_`.
    """
    sign = base64.b64encode(hmac.digest(secret.encode(), f"{sid}{rid}{stamp}".encode(), "sha256")).decode()
    return {f"{prefix}rid": rid, f"{prefix}sid": sid, f"{prefix}rtime": stamp, f"{prefix}sign": sign}


def _status(text: str, status: int) -> Sentence:
    return Sentence(text, code="side.http_status", status=status)


def _wanted_pause(said: str) -> float:
    """Return the seconds that a server asks us to wait; a date is not read, the pause doubles anyway."""
    return min(float(said), LONGEST_PAUSE) if said.isascii() and said.isdigit() and len(said) < 6 else 0.0
