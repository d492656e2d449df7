"""One GET to another site: to an address that was looked up and allowed, within bounds of time and size."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from hefu import __version__
from hefu.kernel.words import Sentence, _
from hefu.protocols.ckan.errors import AddressRefused, NotCkan, SiteSilent

#: Host, its address, port → why it must not be reached, or None.
Policy = Callable[[str, str, int], str | None]

_MOVED = frozenset({301, 302, 303, 307, 308})
#: Statuses with which a site says that it may answer later.
_LATER = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Bounds:
    """What a site may cost."""

    #: Seconds to connect, and between two pieces of an answer.
    timeout: float = 30.0
    #: Seconds that one answer may take in all, however steadily it drips.
    whole: float = 300.0
    #: Octets of one answer.
    largest: int = 32 * 1024 * 1024
    redirects: int = 3


def get(address: str, *, policy: Policy, bounds: Bounds) -> bytes:
    """Return what a web address answers.

    The name is looked up once, every address of it is asked of the policy, and the connection goes to an
    address that was allowed: a name that points elsewhere a moment later leads nowhere. Where the site
    sends us on, the same holds again.

    Raises:
        AddressRefused: Not a web address, or the policy says no.
        SiteSilent: No connection, no answer in time, or more of it than we take.
        NotCkan: It answers with an error.

    What may be otherwise a moment later is marked so: its fact `passing` is true, and `wait` says for how
    many seconds the site asked.
    """
    until = time.monotonic() + bounds.whole
    for _step in range(bounds.redirects + 1):
        status, headers, body = _once(address, policy, bounds, until)
        moved = headers.get("Location", "")
        if status not in _MOVED or not moved:
            break
        address = urljoin(address, moved)
    else:
        raise SiteSilent(
            address=address, reason=Sentence(_("it sends on more than {times} times"), times=bounds.redirects)
        )
    if status != 200:
        asked = headers.get("Retry-After", "")
        wait = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
        raise NotCkan(address=address, reason=f"HTTP {status}", passing=status in _LATER, wait=wait)
    return body


def _once(address: str, policy: Policy, bounds: Bounds, until: float) -> tuple[int, http.client.HTTPMessage, bytes]:
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused(address=address, reason=str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused(address=address, reason=_("no web address"))
    connection = _connection(parts.scheme, parts.hostname, port, policy, bounds)
    # Time limits of a socket hold between two pieces only; this one ends an answer that drips for ever.
    end = threading.Timer(max(0.0, until - time.monotonic()), _hang_up, [connection.sock])
    end.daemon = True
    end.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "application/json", "User-Agent": f"hefu/{__version__}", "Connection": "close"}
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read(bounds.largest + 1)
        if len(body) > bounds.largest:
            raise SiteSilent(
                address=address, reason=Sentence(_("the answer is larger than {octets} octets"), octets=bounds.largest)
            )
        if answer.length or time.monotonic() > until:  # what it promised and did not send
            raise SiteSilent(address=address, reason=_("the answer broke off, or took too long"), passing=True)
        return answer.status, answer.headers, body
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise SiteSilent(address=address, reason=_unreached(error), passing=True) from error
    finally:
        end.cancel()
        connection.close()


def _hang_up(plain: socket.socket) -> None:
    with suppress(OSError):
        plain.shutdown(socket.SHUT_RDWR)


def _connection(scheme: str, host: str, port: int, policy: Policy, bounds: Bounds) -> http.client.HTTPConnection:
    address = f"{scheme}://{host}:{port}"
    try:
        found = list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise SiteSilent(address=address, reason=_unreached(error), passing=True) from error
    reasons = [policy(host, one, port) for one in found]
    if any(reasons) or not found:
        raise AddressRefused(address=address, reason=next((one for one in reasons if one), _("no address")))
    plain = _reached(found, port, address, bounds)
    connection = http.client.HTTPConnection(host, port, timeout=bounds.timeout)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        )
    except (OSError, ssl.SSLError) as error:
        plain.close()
        raise SiteSilent(address=address, reason=_unreached(error)) from error
    return connection


def _reached(found: list[str], port: int, address: str, bounds: Bounds) -> socket.socket:
    """Return a connection to the first of the allowed addresses that takes one."""
    failed: OSError | None = None
    for one in found:
        try:
            return socket.create_connection((one, port), timeout=bounds.timeout)
        except OSError as error:
            failed = error
    raise SiteSilent(address=address, reason=_unreached(failed), passing=True)


def _unreached(error: Exception | None) -> Sentence:
    return Sentence(_("no connection ({detail})"), detail=f"{type(error).__name__} {error}"[:200])
