"""What may be stated of an interface, what is refused, and the national platform's headers."""

import json
from typing import Any

import pytest

from hefu.dataplane.connectors.interface.asking import Asker, HttpConnection, national
from hefu.dataplane.connectors.interface.stated import How, Interface, Misstated, Paging, Stated, read
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import parse

COLUMN = {"name": "身份证号", "type": "varchar(18)", "at": "person.idNumber"}
GOOD: dict[str, Any] = {
    "key": {"how": "header", "name": "X-Key", "prefix": "Bearer "},
    "interfaces": [
        {
            "name": "人口", "path": "/api/people", "rows": "data.list", "columns": [COLUMN], "key": ["身份证号"],
            "paging": {"by": "page", "name": "pageNum", "size": "pageSize", "rows": 200},
        }
    ],
}  # fmt: skip


def stated(**changes: Any) -> str:
    return json.dumps(GOOD | {"interfaces": [GOOD["interfaces"][0] | changes]})


def test_what_is_stated_is_read_whole() -> None:
    found = read(json.dumps(GOOD))
    (one,) = found.interfaces
    assert (found.signs.how, found.signs.prefix, one.pages.by, one.pages.rows) == (
        How.HEADER, "Bearer ", Paging.PAGE, 200,
    )  # fmt: skip
    assert (str(one.columns[0].type), one.columns[0].at) == ("character varying(18)", "person.idNumber")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "no JSON"),
        ("[]", "object"),
        ('{"interfaces": []}', "at least"),
        (json.dumps(GOOD | {"colour": 1}), "colour"),
        (stated(colour=1), r"interfaces\[0\].colour"),
        (stated(columns=[COLUMN | {"type": "blob"}]), "blob is no type"),
        (stated(columns=[COLUMN | {"type": "numeric"}]), "numeric is no type"),
        (stated(columns=[COLUMN, COLUMN]), "columns"),
        (stated(key=["x"]), "not stated"),
        (stated(path="//elsewhere/api"), "path"),
        (stated(path="api"), "path"),
        (stated(path="/api?page=1"), "path"),
        (stated(path="/a b\r\nHost: x"), "path"),
        (stated(headers={"Host": "elsewhere"}), "headers"),
        (stated(headers={"X-A": "a\r\nX-B: b"}), "headers"),
        (stated(method="DELETE"), "method"),
        (stated(paging={"by": "cursor", "name": "c"}), "paging.at"),
        (stated(paging={"by": "page", "name": "p", "rows": 0}), "paging.rows"),
        (json.dumps(GOOD | {"key": {"how": "national"}}), "sid"),
        (json.dumps(GOOD | {"key": {"how": "header"}}), "key.name"),
        (json.dumps(GOOD | {"key": {"how": "header", "name": "Content-Length"}}), "key.name"),
        ("[" * 50_000, "no JSON"),
        (" " * 100_001, "too long"),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_stands(text: str, where: str) -> None:
    with pytest.raises(Misstated, match=where):
        read(text)


def test_the_national_headers_are_signed_over_service_requester_and_time() -> None:
    found = national("s_1", "r_1", "1700000000000", "secret", "gjgxjhpt_")
    assert found == {
        "gjgxjhpt_rid": "r_1", "gjgxjhpt_sid": "s_1", "gjgxjhpt_rtime": "1700000000000",
        # printf '%s' s_1r_11700000000000 | openssl dgst -sha256 -hmac secret -binary | base64
        "gjgxjhpt_sign": "h7I3342lMI2CF/2BNGp4C103n9bme5AkfE+9fxkZFqs=",
    }  # fmt: skip


def test_a_link_leads_nowhere_but_to_the_same_server() -> None:
    asker = Asker(
        HttpConnection("data.gov", 443, "verify-full"), Interface("a", "/a", (Stated("b", parse("text")),)), "s"
    )
    assert asker.beside("/api/list?page=1", "?page=2&名=一") == "/api/list?page=2&%E5%90%8D=%E4%B8%80"
    assert asker.beside("/api/list", "https://data.gov/next") == "/next"
    assert asker.beside("/api/list", "/a b\r\nX: y") == "/a%20bX:%20y"
    for elsewhere in (
        "https://elsewhere/a", "//elsewhere/a", "http://data.gov/a", "https://data.gov:8443/a", "https://data.gov@b/a",
        "https://u:p@data.gov/a", "file:///etc/passwd", "https://[/a",
    ):  # fmt: skip
        with pytest.raises(SideRefused, match="another server"):
            asker.beside("/api/list", elsewhere)


def test_the_key_is_never_shown() -> None:
    assert "a secret" not in repr(HttpConnection("a", 1, "disable", "u", "a secret"))
