"""Where alarms may be sent, how they are signed, and when they are sent again. Pure."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from hefu.rooms.deliveries.terms.hooks import CALL_PAUSES, LONGEST_URL


class NoAddress(ValueError):
    """A text that is no address of the web that alarms could be sent to."""


@dataclass(frozen=True)
class Address:
    """An address taken apart."""

    host: str
    port: int
    encrypted: bool
    #: Path and query, percent-encoded.
    target: str


def address(url: str) -> Address:
    """Return an address that a person typed, taken apart.

    Raises:
        NoAddress: It is none, is too long, or carries a name and password.
    """
    if len(url) > LONGEST_URL or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise NoAddress
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NoAddress from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise NoAddress
    try:
        host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    except UnicodeError:
        raise NoAddress from None
    if len(host) > 253 or not all(0 < len(label) <= 63 for label in host.rstrip(".").split(".")):
        raise NoAddress
    encrypted = parts.scheme == "https"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    return Address(host, port or (443 if encrypted else 80), encrypted, path + query)


def signature(secret: str, *, at: datetime, body: bytes) -> tuple[str, str]:
    """Return the time and the signature that go with a body: HMAC-SHA256 over the time, a full stop and the body."""
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return moment, f"v1={digest}"


def taken(status: int) -> bool:
    """Return whether an answer says that the alarm was taken; one that points elsewhere does not."""
    return 200 <= status < 300


def next_pause(tries: int) -> timedelta | None:
    """Return the pause before an alarm is sent again after so many tries; None when it is given up."""
    return CALL_PAUSES[tries - 1] if tries <= len(CALL_PAUSES) else None
