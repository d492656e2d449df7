"""Decisions on places and columns, without a database."""

from uuid import UUID, uuid4

import pytest

from hefu.rooms.resources import decide
from hefu.rooms.resources.terms import Allowed, ColumnSide, ColumnVerdict, ItemSide, PlaceFacts, PlaceKind


def an_item(name: str, code: str, kind: str = "C") -> ItemSide:
    return ItemSide(uuid4(), name, code, kind)


class TestColumns:
    def test_columns_are_proposed_by_code_then_comment_then_name(self) -> None:
        items = [
            an_item("公民身份号码", "id_number"),
            an_item("姓名", "full_name"),
            an_item("出生日期", "csrq"),
            an_item("住址", "zz"),
            an_item("备注", "bz"),
        ]
        columns = [
            ColumnSide("birth", "date", comment="出生日期"),
            ColumnSide("FullName", "text"),
            ColumnSide("id_number", "text"),
            ColumnSide("住址", "text"),
            ColumnSide("etl_time", "text"),
        ]
        made = decide.propose_columns(items, columns)
        assert [made.get(item.id) for item in items] == ["id_number", "FullName", "birth", "住址", None]

    def test_a_column_is_given_to_one_item(self) -> None:
        first, second = an_item("姓名", "name"), an_item("名称", "NAME")
        assert decide.propose_columns([first, second], [ColumnSide("name", "text")]) == {first.id: "name"}

    @pytest.mark.parametrize(
        ("item", "column", "agrees"),
        [
            ("C", "character varying(18)", True),
            ("C", "character(1)", True),
            ("C", "bigint", False),
            ("N", "numeric(12,2)", True),
            ("N", "character varying(20)", False),
            ("I", "numeric(12,2)", False),
            ("D", "date", True),
            ("D", "timestamp without time zone", False),
            ("T", "timestamp(6) without time zone", True),
            ("T", "timestamp with time zone", True),
            ("L", "boolean", True),
            ("G", "bytea", True),
            ("C", "text[]", False),
            ("", "text", True),
            ("D", "", True),
        ],
    )
    def test_types_agree_or_differ(self, item: str, column: str, agrees: bool) -> None:
        assert decide.holds(column, item) is agrees

    def test_the_comparison_names_each_of_the_four_cases(self) -> None:
        items = [an_item("号码", "a"), an_item("日期", "b", "D"), an_item("金额", "c", "Y"), an_item("状态", "d")]
        held_in: dict[UUID, str] = {items[0].id: "a", items[1].id: "b", items[2].id: "gone"}
        columns = [ColumnSide("a", "text"), ColumnSide("b", "text"), ColumnSide("extra", "integer")]
        found = [(one.item_name or one.column, one.verdict) for one in decide.compare(items, columns, held_in)]
        assert found == [
            ("号码", ColumnVerdict.SAME),
            ("日期", ColumnVerdict.TYPE_DIFFERS),
            ("金额", ColumnVerdict.MISSING),
            ("状态", ColumnVerdict.MISSING),
            ("extra", ColumnVerdict.NOT_CATALOGUED),
        ]


class TestWhatMayBeReached:
    @pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1"])
    def test_without_a_list_private_addresses_are_open(self, address: str) -> None:
        assert decide.host_refusal("db", address, Allowed()) is None

    @pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
    def test_without_a_list_the_internet_is_closed(self, address: str) -> None:
        assert decide.host_refusal("db", address, Allowed())

    def test_with_a_list_only_what_it_names_is_open(self) -> None:
        listed = Allowed(networks=("10.20.0.0/16", "fd12::/32"), hosts=("*.data.example.cn", "one.example.cn"))
        for host, address in (
            ("db", "10.20.3.4"),
            ("db", "::ffff:10.20.3.4"),
            ("a.data.example.cn", "8.8.8.8"),
            ("One.Example.CN.", "9.9.9.9"),
            ("db", "fd12::9"),
        ):
            assert decide.host_refusal(host, address, listed) is None, host
        for host, address in (("db", "10.21.0.1"), ("data.example.cn", "8.8.8.8"), ("xdata.example.cn", "8.8.8.8")):
            assert decide.host_refusal(host, address, listed), host

    def test_folders_are_open_below_their_roots_alone(self) -> None:
        roots = ["/srv/exchange", "/data"]
        assert decide.folder_refusal("/srv/exchange", roots) is None
        assert decide.folder_refusal("/srv/exchange/a/b", roots) is None
        assert decide.folder_refusal("/srv/exchange2", roots)
        assert decide.folder_refusal("/etc", roots)

    @pytest.mark.parametrize(
        ("kind", "pattern", "good"),
        [
            ("network", "10.0.0.0/8", True),
            ("network", "10.0.0.1/8", False),
            ("network", "example.cn", False),
            ("host", "*.example.cn", True),
            ("host", "ex*mple.cn", False),
            ("host", "example.cn/x", False),
            ("folder", "/srv/x", True),
            ("folder", "/", False),
            ("folder", "/srv/../etc", False),
            ("folder", "srv", False),
        ],
    )
    def test_allowances_have_a_form(self, kind: str, pattern: str, good: bool) -> None:
        assert (decide.allowance_fault(kind, pattern) == "") is good

    def test_a_place_says_all_that_it_lacks_at_once(self) -> None:
        empty = PlaceFacts(name=" ", kind=PlaceKind.POSTGRES, port=0)
        assert set(decide.place_faults(empty)) == {"name", "host", "dbname", "username", "port"}
        listed = PlaceFacts(name="x", kind=PlaceKind.POSTGRES, host="a,b", dbname="d", username="u")
        assert set(decide.place_faults(listed)) == {"host"}
        assert set(decide.place_faults(PlaceFacts(name="x", kind=PlaceKind.FOLDER, folder="relative"))) == {"folder"}


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
)
def test_a_web_site_on_this_machine_itself_is_read_only_once_an_operator_named_it(address: str) -> None:
    assert decide.own_machine_refusal("portal", address, Allowed(), here=False)
    assert decide.own_machine_refusal("portal", address, Allowed(networks=("10.0.0.0/8",)), here=False)
    assert decide.own_machine_refusal("portal", address, Allowed(hosts=("portal",)), here=False) is None
    whole_domain = Allowed(hosts=("*.gov.example",))
    assert decide.own_machine_refusal("anything.gov.example", address, whole_domain, here=False), (
        "its keeper names what he likes"
    )
    assert decide.own_machine_refusal("portal", "10.0.0.1", Allowed(), here=False) is None
    own = Allowed(networks=("10.0.0.0/8",))
    assert decide.own_machine_refusal("portal", "10.0.0.1", Allowed(), here=True), "its own address elsewhere"
    assert decide.own_machine_refusal("portal", "10.0.0.1", own, here=True) is None
