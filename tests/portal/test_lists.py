"""The furniture of lists, seen on the list of departments: sorting, pages by key, filters, search, columns, files."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from hefu.kernel.actor import Role
from hefu.portal.lists import export
from hefu.portal.lists.keyset import Mark, Order
from hefu.rooms.parties import services
from hefu.rooms.parties.models import Department, Person
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import NOON, SYSTEM, a_credit_code, a_department
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Department:
    return a_department("甲局")


@pytest.fixture
def client(office: Department, signed_in: SignIn) -> Client:
    return signed_in(office)


def many(count: int, *, name: str = "同名局") -> list[Department]:
    return [a_department(name) for _ in range(count)]


def names(client: Client, address: str) -> list[str]:
    return [row.name for row in client.get(address).context["list"].page]


def walk(client: Client, address: str, way: str = "next_address") -> list[list[str]]:
    """Return the ids on every page from `address` on."""
    pages = []
    while address:
        listing = client.get(address).context["list"]
        pages.append([str(row.pk) for row in listing.page])
        address = getattr(listing, way)
    return pages


class TestPagesByKey:
    def test_every_row_stands_on_exactly_one_page_though_all_have_the_same_name(self, client: Client) -> None:
        many(60)
        pages = walk(client, "/departments/?sort=name")
        seen = [pk for page in pages for pk in page]
        assert [len(page) for page in pages] == [25, 25, 11]
        assert len(set(seen)) == len(seen) == Department.objects.count()

    def test_the_way_back_shows_the_same_pages(self, client: Client) -> None:
        many(60)
        pages = walk(client, "/departments/?sort=-name")
        last = client.get("/departments/?sort=-name").context["list"].next_address
        last = client.get(last).context["list"].next_address
        assert walk(client, last, "previous_address") == pages[::-1]

    def test_rows_without_a_value_come_last_in_both_directions(self, client: Client) -> None:
        top = a_department("上级")
        below = [a_department(parent=top) for _ in range(3)]
        for sort in ("parent", "-parent"):
            page = client.get(f"/departments/?sort={sort}").context["list"].page
            assert {row.pk for row in page[:3]} == {row.pk for row in below}
        many(30)
        for sort in ("parent", "-parent"):
            seen = {pk for page in walk(client, f"/departments/?sort={sort}") for pk in page}
            assert len(seen) == Department.objects.count()

    def test_a_row_that_comes_meanwhile_shifts_nothing(self, client: Client) -> None:
        many(30, name="乙局")
        first = client.get("/departments/?sort=name").context["list"]
        seen = {row.pk for row in first.page}
        a_department("一局")  # would push a row over the page's edge if pages were counted
        second = {row.pk for row in client.get(first.next_address).context["list"].page}
        assert not seen & second

    @pytest.mark.parametrize("mark", ["nonsense", "", "a:b:c", "\x00", "W10:1:x"])
    def test_a_forged_place_is_the_first_page(self, client: Client, mark: str) -> None:
        many(3)
        assert len(client.get("/departments/", {"after": mark}).context["list"].page) == 4

    def test_a_place_of_another_order_is_not_taken(self, client: Client) -> None:
        row = a_department()
        text = Mark.of(row, Order("name")).write(Order("name"))
        assert Mark.read(text, Order("credit_code")) is None
        assert Mark.read(text, Order("name")) == Mark(row.name, str(row.pk))

    def test_more_rows_a_page_when_asked_and_no_other_number(self, client: Client) -> None:
        many(60)
        assert len(names(client, "/departments/?rows=50")) == 50
        assert len(names(client, "/departments/?rows=1000000")) == 25


class TestNarrowing:
    def test_facets_count_what_the_other_filters_leave(self, client: Client) -> None:
        a_department("审计甲", DepartmentRole.AUDITOR)
        a_department("审计乙", DepartmentRole.AUDITOR)
        a_department("运行", DepartmentRole.OPERATOR)
        state = client.get("/departments/?role=auditor&q=甲").context["list"].states[0]
        assert {option.value: option.count for option in state.options} == {
            "authority": 0,
            "provider": 1,
            "consumer": 1,
            "operator": 0,
            "auditor": 1,
        }
        assert names(client, "/departments/?role=auditor&q=甲") == ["审计甲"]

    def test_each_filter_in_force_is_a_chip_that_takes_it_off(self, client: Client) -> None:
        answer = client.get("/departments/?role=provider&q=甲")
        with override("en"):
            chips = answer.context["list"].chips
        assert [(chip.label, chip.word) for chip in chips] == [("Search", "甲"), ("Role", "provider")]
        assert chips[0].without == "/departments/?role=provider"
        assert "Search: 甲" in answer.content.decode()

    def test_an_unknown_value_filters_nothing_and_breaks_nothing(self, client: Client) -> None:
        assert names(client, "/departments/?role=nonsense&sort=nonsense") == ["甲局"]
        assert client.get("/evidence/?at_from=2026-02-31&at_until=x&kind=%00").status_code == 200

    def test_nothing_found_offers_to_clear_the_filters(self, client: Client) -> None:
        assert "Clear all filters" in client.get("/departments/?q=nothing").content.decode()

    def test_htmx_gets_only_the_list(self, client: Client) -> None:
        answer = client.get("/departments/", headers={"hx-request": "true", "hx-target": "list-departments"})
        text = answer.content.decode()
        assert "<html" not in text
        assert "甲局" in text


class TestColumns:
    def test_the_choice_is_remembered_and_the_first_column_stays(self, client: Client) -> None:
        client.post("/choose/columns", {"list": "departments", "column": ["phone"], "next": "/departments/"})
        listing = client.get("/departments/").context["list"]
        assert [column.key for column in listing.shown] == ["name", "phone"]

    def test_exports_hold_the_columns_shown(self, client: Client) -> None:
        client.post("/choose/columns", {"list": "departments", "column": ["code"], "next": "/departments/"})
        header = read(client, "/departments/?format=csv").splitlines()[0]
        assert header == "\ufeffDepartment,Credit code"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "|cmd", "%0a=1"]


class TestFiles:
    @pytest.fixture(autouse=True)
    def dangerous(self) -> None:
        for name in DANGEROUS:
            services.register_department(
                credit_code=a_credit_code(),
                name=f"{name} x",
                short_name=name,
                place="511700",
                roles=frozenset({DepartmentRole.CONSUMER}),
                actor=SYSTEM,
                clock=NOON,
            )

    def test_no_cell_of_a_csv_is_a_formula(self, client: Client) -> None:
        text = read(client, "/departments/?format=csv&role=consumer")
        cells = [cell.strip('"') for line in text.splitlines()[1:] for cell in line.split(",")]
        assert len([cell for cell in cells if cell.startswith("'")]) >= len(DANGEROUS)
        assert not [cell for cell in cells if cell[:1] in "=+-@\t|%＝" and cell]

    def test_a_workbook_holds_the_same_rows_as_text(self, client: Client) -> None:
        answer = client.get("/departments/?format=xlsx&sort=name")
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        assert rows[0][:3] == ["Department", "Short name", "Credit code"]
        assert len(rows) == 1 + Department.objects.count()
        assert not [cell for row in rows[1:] for cell in row if isinstance(cell, str) and cell[:1] in "=+-@|%" and cell]

    def test_what_is_filtered_is_what_is_exported(self, client: Client) -> None:
        lines = read(client, "/departments/?format=csv&q=甲局").splitlines()
        assert len(lines) == 2

    def test_a_file_speaks_the_readers_language_and_has_its_name(self, office: Department, signed_in: SignIn) -> None:
        answer = signed_in(office, language="zh-hans").get("/departments/?format=csv")
        assert "%E9%83%A8%E9%97%A8-20260311.csv" in answer["Content-Disposition"]
        assert b"".join(answer.streaming_content).decode().startswith("\ufeff部门,简称")  # type: ignore[attr-defined]

    def test_a_list_too_long_for_a_sheet_is_refused_with_the_way_on(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "SHEET_ROWS", 3)
        answer = client.get("/departments/?format=xlsx")
        assert answer.status_code == 422
        assert "take it as CSV" in answer.content.decode()


def test_lists_ask_the_database_as_often_for_many_rows_as_for_few(
    office: Department,
    as_person: Callable[..., Client],
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    client = signed_in(office, Role.SECURITY)
    client.get("/people/")
    for at in range(30):
        Person.objects.create(
            id=f"00000000-0000-4000-8000-{at:012}", username=f"x{at}", name="x", registered_at=NOON.at
        )
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        client.get("/people/")
