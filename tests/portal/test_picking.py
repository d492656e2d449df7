"""Long lists are searched by name, pinyin and initials; short ones and those without a script are plain lists."""

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.portal.picking import SHORT, found_among
from hefu.rooms.parties.models import Department
from tests.builders import a_department, the_authority
from tests.portal.types import SignIn

NAMES = ("市公安局", "市民政局", "市教育局", "市卫生健康委", "市医保局", "市税务局", "市交通局", "市水务局", "市林业局")
OFFERED = [("", "—"), *((str(at), name) for at, name in enumerate(NAMES))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("公安", ["市公安局"]),
        ("gaj", ["市公安局"]),
        ("gongan", ["市公安局"]),
        ("SWJ", ["市税务局", "市水务局"]),
        ("sgaj", ["市公安局"]),
        ("没有这个", []),
    ],
)
def test_a_choice_is_found_by_name_pinyin_and_initials(text: str, found: list[str]) -> None:
    assert [name for _value, name in found_among(OFFERED, text)] == found


def test_an_empty_search_finds_every_choice_but_the_blank() -> None:
    assert [name for _value, name in found_among(OFFERED, "  ")] == list(NAMES)


@pytest.mark.django_db
class TestOnAPage:
    @pytest.fixture
    def operator(self, signed_in: SignIn) -> Client:
        return signed_in(the_authority(), Role.OPERATOR)

    def test_a_long_list_has_a_box_that_asks_the_page_itself(self, operator: Client) -> None:
        made = [a_department(name) for name in NAMES]
        page = operator.get("/resources/systems/new").content.decode()
        assert page.count("<option") > SHORT
        assert "hx-get" in page
        answer = operator.get(
            "/resources/systems/new",
            {"pick": "department_id", "find": "mzj", "department_id": str(made[0].pk)},
            headers={"hx-request": "true"},
        )
        text = answer.content.decode()
        assert f'<option value="{made[1].pk}" selected>市民政局</option>' in text
        assert "市公安局" in text
        assert "市教育局" not in text
        assert "<html" not in text

    def test_only_what_the_form_offers_is_found(self, signed_in: SignIn) -> None:
        own, _other = a_department("市民政局"), a_department("市公安局")
        answer = signed_in(own).get(
            "/resources/systems/new", {"pick": "department_id", "find": "gaj"}, headers={"hx-request": "true"}
        )
        assert "市公安局" not in answer.content.decode()

    def test_a_short_list_has_no_box(self, operator: Client) -> None:
        assert Department.objects.count() < SHORT
        assert 'name="find"' not in operator.get("/resources/systems/new").content.decode()
