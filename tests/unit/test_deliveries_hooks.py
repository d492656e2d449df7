"""Where alarms may be sent, how they are signed, and when they are sent again."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from hefu.rooms.deliveries.decide.hooks import Address, NoAddress, address, next_pause, signature, taken
from hefu.rooms.deliveries.terms.hooks import CALL_PAUSES


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("https://desk.example/alarms", Address("desk.example", 443, True, "/alarms")),
        ("http://10.0.0.5:8080", Address("10.0.0.5", 8080, False, "/")),
        ("https://desk.example/a b?".replace(" ", "%20"), Address("desk.example", 443, True, "/a%20b")),
        (
            "https://desk.example/告警?科=一",
            Address("desk.example", 443, True, "/%E5%91%8A%E8%AD%A6?%E7%A7%91=%E4%B8%80"),
        ),
        ("https://[::1]:9/x", Address("::1", 9, True, "/x")),
    ],
)
def test_an_address_is_taken_apart(url: str, means: Address) -> None:
    assert address(url) == means


@pytest.mark.parametrize(
    "url",
    [
        "", "desk.example", "ftp://desk.example/", "file:///etc/passwd", "https://", "https://a:b@desk.example/",
        "https://desk.example/\r\nHost: other", "https://desk.example/\0", "https://desk.example/ x",
        "https://desk.example:99999/", "https://desk.example:x/", "https://desk.example/#part", "https://" + "a" * 600,
        "http://[::1", "https://" + "a" * 64 + ".example/", "https://desk..example/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(NoAddress):
        address(url)


def test_the_signature_is_over_the_time_and_the_body() -> None:
    at = datetime(2026, 3, 2, 4, tzinfo=UTC)
    moment, signed = signature("geheim", at=at, body=b'{"a":1}')
    assert moment == str(int(at.timestamp()))
    assert signed == "v1=" + hmac.new(b"geheim", f"{moment}.".encode() + b'{"a":1}', hashlib.sha256).hexdigest()
    assert signed != signature("geheim", at=at, body=b'{"a":2}')[1]


def test_only_an_answer_of_success_is_taken_and_tries_end() -> None:
    assert [status for status in (200, 204, 299, 199, 301, 302, 404, 500) if taken(status)] == [200, 204, 299]
    assert [next_pause(tries) for tries in range(1, len(CALL_PAUSES) + 2)] == [*CALL_PAUSES, None]
