"""One GET to another site: to an address that was looked up and allowed, within bounds of time and size."""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from hefu import __version__
from hefu.protocols.ckan.errors import AddressRefused, NotCkan, SiteSilent

#: Host, its address, port → why it must not be reached, or None.
Policy = Callable[[str, str, int], str | None]

_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Bounds:
    """What a site may cost."""

    #: Seconds to connect, and between two pieces of an answer.
    timeout: float = 30.0
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
    """
    for _step in range(bounds.redirects + 1):
        status, moved, body = _once(address, policy, bounds)
        if status not in _MOVED or not moved:
            break
        address = urljoin(address, moved)
    else:
        raise SiteSilent(address=address, reason=f"it sends on more than {bounds.redirects} times")
    if status != 200:
        raise NotCkan(address=address, reason=f"HTTP {status}")
    return body


def _once(address: str, policy: Policy, bounds: Bounds) -> tuple[int, str, bytes]:
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused(address=address, reason=str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused(address=address, reason="no web address")
    connection = _connection(parts.scheme, parts.hostname, port, policy, bounds)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "application/json", "User-Agent": f"hefu/{__version__}"}
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read(bounds.largest + 1)
        if len(body) > bounds.largest:
            raise SiteSilent(address=address, reason=f"the answer is larger than {bounds.largest} octets")
        return answer.status, answer.headers.get("Location", ""), body
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise SiteSilent(address=address, reason=f"{type(error).__name__} {error}") from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int, policy: Policy, bounds: Bounds) -> http.client.HTTPConnection:
    address = f"{scheme}://{host}:{port}"
    try:
        found = list(dict.fromkeys(one[4][0] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise SiteSilent(address=address, reason=str(error)) from error
    reasons = [policy(host, str(one), port) for one in found]
    if any(reasons) or not found:
        raise AddressRefused(address=address, reason=next((one for one in reasons if one), "no address"))
    try:
        plain = socket.create_connection((str(found[0]), port), timeout=bounds.timeout)
    except OSError as error:
        raise SiteSilent(address=address, reason=str(error)) from error
    connection = http.client.HTTPConnection(host, port, timeout=bounds.timeout)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        )
    except (OSError, ssl.SSLError) as error:
        plain.close()
        raise SiteSilent(address=address, reason=str(error)) from error
    return connection
