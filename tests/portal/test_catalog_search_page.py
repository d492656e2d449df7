"""The catalogue's search page: words, facets, spelling, freshness, kept searches, in a client that runs no script."""

import dataclasses
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock
from hefu.rooms.catalog import services
from hefu.rooms.catalog.models import Entry, SavedSearch
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.parties.models import Department
from tests.builders import NOON, a_department, an_entry
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HEFU = dataclasses.replace(settings.HEFU, home=tmp_path)


@pytest.fixture
def civil() -> Department:
    office = a_department("通川区民政局", place="511702")
    an_entry(office, name="最低生活保障对象", share_type=ShareType.UNCONDITIONAL, theme="救助")
    an_entry(office, name="婚姻登记信息", theme="婚姻")
    return office


@pytest.fixture
def client(civil: Department, signed_in: SignIn) -> Client:
    return signed_in(civil, Role.OFFICER)


def listing(client: Client, address: str) -> Any:
    return client.get(address).context["list"]


def names(client: Client, address: str) -> list[str]:
    return [row.name for row in listing(client, address).page]


class TestFinding:
    def test_short_names_and_initials_find_and_the_words_are_marked(self, client: Client) -> None:
        assert names(client, "/catalog/?q=低保") == ["最低生活保障对象"]
        assert names(client, "/catalog/?q=hydj") == ["婚姻登记信息"]
        assert "<mark>最低生活保障</mark>对象" in client.get("/catalog/?q=低保").content.decode()

    def test_marks_do_not_open_a_way_for_markup(self, civil: Department, client: Client) -> None:
        an_entry(civil, name="<script>alert(1)</script>人口")
        text = client.get("/catalog/", {"q": "alert 人口<b>"}).content.decode()
        assert "<script>alert(1)" not in text
        assert "人口<b>" not in text

    def test_the_items_in_which_the_words_stand_are_shown(self, client: Client) -> None:
        assert "Items: <mark>公民身份号码</mark>" in client.get("/catalog/?q=身份证号").content.decode()

    def test_a_mistyped_word_is_offered_as_it_was_meant(self, client: Client) -> None:
        found = listing(client, "/catalog/?q=婚因登记")
        assert found.count == 0
        text, address = found.meant
        assert names(client, address) == ["婚姻登记信息"]
        assert text == "婚姻登记"

    def test_the_answer_says_how_fresh_it_is(self, client: Client) -> None:
        assert "up to date; last change taken in" in client.get("/catalog/").content.decode()

    def test_nothing_found_teaches_how_to_find(self, client: Client) -> None:
        assert "Pinyin and initials find as well" in client.get("/catalog/?q=火星").content.decode()


class TestFacets:
    def test_values_of_a_facet_add_up_and_each_is_a_chip(self, client: Client) -> None:
        found = listing(client, "/catalog/?theme=救助&theme=婚姻")
        assert found.count == 2
        assert {chip.word for chip in found.chips} == {"救助", "婚姻"}
        without = next(chip.without for chip in found.chips if chip.word == "婚姻")
        assert names(client, without) == ["最低生活保障对象"]

    def test_every_facet_counts_and_its_link_narrows_to_that_count(self, client: Client) -> None:
        beside = listing(client, "/catalog/").beside
        assert {state.key for state, _options in beside} >= {"share", "place", "theme"}
        for _state, options in beside:
            for option, address in options:
                assert listing(client, address).count == option.count, (option, address)

    def test_a_place_holds_the_places_below_it(self, client: Client) -> None:
        assert listing(client, "/catalog/?place=51").count == 2
        assert listing(client, "/catalog/?place=52").count == 0

    @pytest.mark.parametrize(
        "asked", ["share=nonsense", "q=%00", "sort=nonsense", "after=-1", "after=999999999", "place=x", "level=&theme="]
    )
    def test_what_cannot_be_asked_breaks_nothing(self, client: Client, asked: str) -> None:
        assert client.get(f"/catalog/?{asked}").status_code == 200


class TestOrderAndPages:
    def test_every_order_shows_all_and_pages_do_not_repeat(self, civil: Department, client: Client) -> None:
        for number in range(28):
            an_entry(civil, name=f"表{number}")
        for sort in ("relevance", "newest", "name", "uses"):
            seen: list[str] = []
            address = f"/catalog/?sort={sort}"
            while address:
                found = listing(client, address)
                seen += [row.name for row in found.page]
                address = found.next_address
            assert len(seen) == len(set(seen)) == 30

    def test_files_hold_what_is_found(self, client: Client) -> None:
        answer = client.get("/catalog/?q=低保&format=csv")
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert "最低生活保障对象" in text
        assert "婚姻" not in text
        answer = client.get("/catalog/?format=xlsx")
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert len(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()) == 3

    def test_htmx_gets_only_the_part(self, client: Client) -> None:
        text = client.get(
            "/catalog/?q=低保", headers={"hx-request": "true", "hx-target": "list-catalog"}
        ).content.decode()
        assert "<html" not in text
        assert "最低生活保障" in text


class TestKeptSearches:
    def test_a_search_is_kept_told_of_on_the_desk_read_and_dropped(self, civil: Department, client: Client) -> None:
        kept = client.post("/catalog/searches/keep", {"name": "低保的", "asked": "q=低保&theme=救助"}, follow=True)
        assert "The search is kept" in kept.content.decode()
        row = SavedSearch.objects.get()
        assert row.asked == {"text": "低保", "chosen": {"theme": ["救助"]}}
        fresh = an_entry(civil, name="低保边缘对象", theme="救助")
        later = NOON.now() + timedelta(minutes=5)
        Entry.objects.filter(pk=fresh.pk).update(published_at=later)
        assert services.look_for_people(clock=FixedClock(later)) == 1
        assert "new in “低保的”" in client.get("/").content.decode()
        page = client.get("/catalog/searches/").content.decode()
        assert "低保边缘对象" in page
        assert names(client, client.get("/catalog/searches/").context["searches"][0]["address"]) != []
        client.post(f"/catalog/searches/{row.pk}/", {"deed": "read"})
        assert "nothing new" in client.get("/catalog/searches/").content.decode()
        client.post(f"/catalog/searches/{row.pk}/", {"deed": "drop"})
        assert not SavedSearch.objects.exists()

    def test_of_another_person_nothing_is_seen_or_dropped(
        self, civil: Department, client: Client, signed_in: SignIn
    ) -> None:
        client.post("/catalog/searches/keep", {"name": "我的", "asked": "q=低保"})
        row = SavedSearch.objects.get()
        other = signed_in(civil)
        assert "我的" not in other.get("/catalog/searches/").content.decode()
        assert other.post(f"/catalog/searches/{row.pk}/", {"deed": "drop"}).status_code == 404
        assert SavedSearch.objects.exists()


def test_the_search_of_the_whole_node_finds_entries_the_same_way(client: Client) -> None:
    assert "婚姻登记信息" in client.get("/search?q=hydj").content.decode()
