"""Interfaces over HTTP beyond the shared suite: paging, keys, busy servers, answers that are not what was stated."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from hefu.dataplane.connectors.address import default_policy
from hefu.dataplane.connectors.interface.asking import Asker
from hefu.dataplane.connectors.interface.paging import Row, rows_of
from hefu.dataplane.connectors.interface.stated import How, Interface, Pages, Paging, Signs, Stated
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.dataplane.types import parse
from tests.interface import SECRET, InterfaceServer

BASE = Interface("t", "/t", (Stated("n", parse("integer")),), rows="data.list")
PAGED = Pages(Paging.PAGE, "page", "size", 10)


def read(server: InterfaceServer, interface: Interface, signs: Signs | None = None) -> list[Row]:
    there = server.connection if signs is None else replace(server.connection, signs=signs)
    with closing(Asker(there, interface, "source", default_policy, pause=0.01)) as asker:
        return [row for page in rows_of(asker, "utf-8-sig") for row in page]


@pytest.fixture
def numbers(interfaces: InterfaceServer) -> InterfaceServer:
    interfaces.tables["t"] = [{"n": number} for number in range(95)]
    return interfaces


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "pages",
    [
        PAGED,
        Pages(Paging.OFFSET, "offset", "size", 10, 0),
        Pages(Paging.CURSOR, "cursor", "size", 10, at="data.next"),
        Pages(Paging.LINK, "", "size", 10),
        Pages(Paging.LINK, "", "size", 10, at="data.address"),
    ],
)
def test_every_row_comes_once_however_pages_follow(numbers: InterfaceServer, pages: Pages, method: str) -> None:
    wanted = [[str(number)] for number in range(95)]
    numbers.most = 7  # the server gives fewer rows than asked for; a short page is not the last
    if pages.by is Paging.PAGE:
        numbers.most = 10
    asked = replace(BASE, pages=pages, method=method)
    assert read(numbers, asked) == wanted
    assert read(numbers, replace(asked, total="data.count")) == wanted
    assert all((path.startswith("/t"), headers["host"]) for path, headers, _ in numbers.asked)


def test_a_key_is_shown_as_the_interface_wants_it(numbers: InterfaceServer) -> None:
    pages = replace(BASE, pages=PAGED, sid="sid-9")
    for signs in (
        Signs(How.HEADER, "X-Key", "Key "), Signs(How.QUERY, "appkey"), Signs(How.BASIC),
        Signs(How.NATIONAL, prefix="p_"),
    ):  # fmt: skip
        assert len(read(numbers, pages, signs)) == 95
    with pytest.raises(SideRefused, match="refuses the key: 401") as caught:
        read(numbers, pages, Signs())
    assert SECRET not in str(caught.value)
    with pytest.raises(SideRefused, match="does not carry") as caught:
        read(numbers, pages, Signs(How.HEADER, "X-Key", "龙"))
    assert SECRET not in str(caught.value)


def test_a_busy_interface_is_asked_again_and_then_left_for_later(numbers: InterfaceServer) -> None:
    numbers.first = [(429, {"Retry-After": "0"}), (503, {}), (500, {})]
    assert len(read(numbers, replace(BASE, pages=PAGED))) == 95
    numbers.first = [(503, {})] * 9
    with pytest.raises(SideLost, match="503") as caught:
        read(numbers, BASE)
    assert caught.value.transient
    assert len(numbers.first) == 4


def test_a_redirect_is_not_followed(numbers: InterfaceServer) -> None:
    numbers.first = [(302, {"Location": "http://169.254.169.254/"})]
    with pytest.raises(SideRefused, match="leads elsewhere"):
        read(numbers, BASE)
    assert len(numbers.asked) == 1


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"rows": "data.rows"}, "not have what was stated at data.rows"),
        ({"rows": "data"}, "not have what was stated at data"),
        ({"columns": (Stated("m", parse("text")),)}, "no row of the interface has m"),
        ({"well_at": "code", "well": "0"}, "code is not 0"),
        ({"total": "data.next", "pages": PAGED}, "not have what was stated"),
        ({"pages": Pages(Paging.PAGE, "number", "size", 10)}, "same page again"),
        ({"path": "/t", "answer": "csv", "rows": ""}, "no row of the interface has n"),
    ],
)
def test_an_answer_that_is_not_what_was_stated_ends_it(
    numbers: InterfaceServer, changes: dict[str, Any], match: str
) -> None:
    with pytest.raises(DataPlaneRefusal, match=match):
        read(numbers, replace(BASE, **changes))


def test_rows_that_come_or_go_meanwhile_are_noticed_by_their_number(numbers: InterfaceServer) -> None:
    with pytest.raises(SideLost, match="95 rows and gave 10"):
        read(numbers, replace(BASE, pages=replace(PAGED, by=Paging.NONE), total="data.count", query={"size": "10"}))


def test_csv_is_read_by_its_header(interfaces: InterfaceServer) -> None:
    interfaces.tables["t"] = 'a,n\r\n"x,\n",1\r\n,\r\n'.encode("gb18030")
    asked = replace(
        BASE, answer="csv", rows="", columns=(Stated("n", parse("integer")), Stated("b", parse("text"), "a"))
    )
    assert read(interfaces, asked) == [["1", "x,\n"], [None, None]]
    for broken in (b'n\n"1', b"m,n\n1\n", b"name,n\nZhang, San,1\n"):
        interfaces.tables["t"] = broken
        with pytest.raises(SideRefused, match="no CSV"):
            read(interfaces, replace(BASE, answer="csv"))


def test_strange_values_are_texts_of_their_own(interfaces: InterfaceServer) -> None:
    interfaces.tables["t"] = (
        b'{"data": {"list": [{"n": 1.50}, {"n": "\\ud800"}, {"n": "a\\u0000"}, {"n": true}, {"n": {"b": [1]}},'
        b' {"n": null}, {}, {"n": ' + b"9" * 5000 + b"}]}}"
    )
    found = read(interfaces, BASE)
    assert found[:-1] == [["1.50"], ["\0"], ["a\0"], ["true"], ['{"b": [1]}'], [None], [None]]
    assert found[-1] == ["9" * 5000]
    interfaces.tables["t"] = b"[" * 100_000
    with pytest.raises(SideRefused, match="no JSON"):
        read(interfaces, BASE)
