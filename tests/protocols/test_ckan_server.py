"""The open part of the catalogue by CKAN's Action API: what programs that know CKAN ask, and what they may not know."""

import json
from typing import Any

import pytest
from django.test import Client

from hefu.protocols.ckan import server
from hefu.rooms.catalog.terms import OpenType
from hefu.rooms.parties.models import Department
from tests.builders import a_department, a_draft, an_entry

pytestmark = pytest.mark.django_db
OPEN = {"open_type": OpenType.UNCONDITIONAL}


def ask(client: Client, action: str, status: int = 200, **asked: Any) -> Any:
    answer = client.get(f"/api/3/action/{action}", asked)
    assert answer.status_code == status, answer.content.decode()
    told = answer.json()
    assert told["success"] is (status == 200)
    return told["result"] if status == 200 else told["error"]


@pytest.fixture
def office() -> Department:
    return a_department("某市民政局")


def test_only_what_is_open_is_told_and_nothing_from_inside(client: Client, office: Department) -> None:
    shown = an_entry(office, name="养老机构", system_name="内部系统丙", share_scope="内部范围乙", **OPEN)
    closed = an_entry(office, name="低保对象", open_type=OpenType.CLOSED)
    a_draft(office, name="草稿名录", **OPEN)
    assert ask(client, "package_list") == [str(shown.pk)]
    text = json.dumps(ask(client, "package_search"), ensure_ascii=False)
    assert "养老机构" in text
    for word in ("低保对象", "草稿名录", "内部系统丙", "内部范围乙"):
        assert word not in text
    assert ask(client, "package_show", 404, id=str(closed.pk))["__type"] == "Not Found Error"


def test_a_dataset_has_the_fields_that_ckans_clients_read(client: Client, office: Department) -> None:
    entry = an_entry(office, name="养老机构", tags=("养老", "民政"), theme="社会保障", **OPEN)
    told = ask(client, "package_show", id=entry.code)
    assert told == ask(client, "package_show", id=str(entry.pk))
    assert (told["title"], told["organization"]["title"]) == ("养老机构", office.name)
    assert [tag["name"] for tag in told["tags"]] == ["养老", "民政"]
    assert told["groups"][0]["title"] == "社会保障"
    assert {one["key"] for one in told["extras"]} >= {"code", "update_cycle"}
    assert told["num_resources"] == len(told["resources"]) > 0
    assert told["resources"][0]["url"].endswith(f"/catalog/{entry.pk}/")


def test_pages_lead_through_all_datasets_once(client: Client, office: Department) -> None:
    made = {str(an_entry(office, name=f"名录 {number}", **OPEN).pk) for number in range(5)}
    seen: list[str] = []
    while True:
        found = ask(client, "package_search", start=len(seen), rows=2, sort="metadata_created asc, name asc")
        assert found["count"] == 5
        if not found["results"]:
            break
        seen += [one["id"] for one in found["results"]]
    assert len(seen) == 5
    assert set(seen) == made


def test_words_departments_and_themes_narrow_and_are_counted(client: Client, office: Department) -> None:
    other = a_department("某市教育局")
    an_entry(office, name="养老机构", theme="社会保障", **OPEN)
    an_entry(other, name="中小学名录", theme="教育", **OPEN)
    an_entry(other, name="教师名录", theme="教育", open_type=OpenType.CLOSED)
    assert [one["title"] for one in ask(client, "package_search", q="养老")["results"]] == ["养老机构"]
    counted = ask(client, "package_search", q="名录", **{"facet.field": '["organization"]'})
    assert (counted["count"], list(counted["facets"]["organization"].values())) == (1, [1])
    by_office = ask(client, "package_search", fq=f"organization:{other.credit_code.casefold()}")
    assert [one["title"] for one in by_office["results"]] == ["中小学名录"]
    by_theme = ask(client, "package_search", **{"fq": 'groups:"教育"', "facet.field": '["groups"]'})
    assert (by_theme["count"], by_theme["facets"]["groups"]["教育"]) == (1, 1)
    assert ask(client, "package_search", 409, fq="res_format:CSV OR x")["__type"] == "Validation Error"
    assert ask(client, "group_list") == ["教育", "社会保障"]


def test_departments_are_organizations_with_their_open_entries_counted(client: Client, office: Department) -> None:
    an_entry(office, **OPEN)
    an_entry(a_department("某市公安局"), open_type=OpenType.CLOSED)
    assert ask(client, "organization_list") == [office.credit_code.casefold()]
    (told,) = ask(client, "organization_list", all_fields="true")
    assert (told["title"], told["package_count"]) == (office.name, 1)
    assert ask(client, "organization_show", id=office.credit_code.casefold())["title"] == office.name
    ask(client, "organization_show", 404, id="none")


def test_parameters_by_post_and_wrong_ones_are_answered_as_ckan_does(client: Client, office: Department) -> None:
    an_entry(office, name="养老机构", **OPEN)
    sent = client.post("/api/3/action/package_search", json.dumps({"q": "养老", "rows": 1}), "application/json")
    assert sent.json()["result"]["count"] == 1
    assert client.post("/api/action/package_search", "[", "application/json").json()["success"] is False
    assert ask(client, "package_search", 409, rows="many")["rows"] == ["Invalid integer"]
    assert ask(client, "package_search", 409, start=-1)["__type"] == "Validation Error"
    assert ask(client, "package_show", 409)["__type"] == "Validation Error"
    assert "not known" in ask(client, "package_create", 400)["message"]
    assert ask(client, "site_read") is True
    assert ask(client, "status_show")["site_url"] == "http://testserver"
    assert client.delete("/api/3/action/package_list").status_code == 405
    assert server.MOST == 1000


@pytest.mark.parametrize("action", ["package_search", "package_show"])
@pytest.mark.parametrize(
    "body",
    [
        '{"id": "x", "rows": 1e999}',
        '{"id": "\\ud800", "sort": "\\ud800"}',
        '{"id": "x", "fq": "groups:\\ud800"}',
        '{"id": "x", "fq_list": ["groups:a\\u0000b"]}',
        '{"id": "x", "fq_list": ["organization:a\\u0000b", "groups:\\ud800"]}',
        '{"id": "x", "facet.field": "' + "[" * 100_000 + '"}',
    ],
)
def test_what_no_database_takes_is_no_fault_of_ours(client: Client, office: Department, action: str, body: str) -> None:
    an_entry(office, name="养老机构", **OPEN)
    answer = client.post(f"/api/3/action/{action}", body, content_type="application/json")
    assert answer.status_code in (200, 404, 409)
    assert answer.json()["success"] is (answer.status_code == 200)


HOMES, SCHOOLS = "养老机构", "中小学名录"
NEITHER: tuple[str, ...] = ()
UNDERSTOOD: dict[str, tuple[str, ...]] = {
    "": (HOMES, SCHOOLS),
    "*:*": (HOMES, SCHOOLS),
    "tags:养老": (HOMES,),
    'tags:"民 政"': (HOMES,),
    "tags:民\\ 政": (HOMES,),
    "tags:*": (HOMES, SCHOOLS),
    "tags:(养老 OR 教育)": (HOMES, SCHOOLS),
    "tags:(养老 AND 教育)": NEITHER,
    "tags:养老 OR tags:教育": (HOMES, SCHOOLS),
    "+tags:养老 +res_format:CSV": (HOMES,),
    "res_format:JSON": (SCHOOLS,),
    "-res_format:JSON": (HOMES,),
    "!tags:养老 && res_format:json": (SCHOOLS,),
    "organization:OFFICE": (HOMES,),
    "organization:(OFFICE)": (HOMES,),
    "-organization:OFFICE": (SCHOOLS,),
    "+state:active +dataset_type:dataset -groups:教育": (HOMES,),
    "NOT groups:教育": (HOMES,),
    "groups:社会*": (HOMES,),
    '(groups:"教育" OR groups:"社会保障") AND isopen:true': (HOMES,),
    "title:养老机构": (HOMES,),
    "license_id:*": (HOMES, SCHOOLS),
    "license_id:notspecified": (HOMES, SCHOOLS),
    "license_id:cc-by": NEITHER,
    "-license_id:cc-by": (HOMES, SCHOOLS),
    "license_id:* OR tags:x": (HOMES, SCHOOLS),
    "metadata_modified:[2020-01-01T00:00:00Z TO *]": (HOMES, SCHOOLS),
    "metadata_modified:[* TO 2020-01-01]": NEITHER,
}
REFUSED = (
    *("vocab_x:1", "养老", "tags:", "tags:(养老", "tags:养老)", '"tags:养老', "AND", "tags:a OR", "+", "-"),
    *("tags:养*", "res_format:c?v", "metadata_modified:[x TO *]", "metadata_modified:2020", "isopen:maybe"),
    *("tags:[a TO b]", "tags:~x", "{!join from=a to=b}tags:x", "tags:a\\", "metadata_modified:[99999-01-01 TO *]"),
    *("(" * 30 + "tags:a" + ")" * 30, "tags:" + "x" * 5000, "!" * 50 + "tags:a", "tags:a " * 500),
)


class TestFilters:
    @pytest.fixture
    def office_with_two(self, office: Department) -> Department:
        first = {"tags": ("养老", "民 政"), "theme": "社会保障", "format_types": ("csv", "xlsx")}
        an_entry(office, name=HOMES, **first, **OPEN)
        more = {"format_types": ("json",), "open_condition": "实名", "open_type": OpenType.CONDITIONAL}
        an_entry(a_department("某市教育局"), name=SCHOOLS, tags=("教育",), theme="教育", **more)
        return office

    def titles(self, client: Client, fq: str, **more: Any) -> set[str]:
        told = ask(client, "package_search", fq=fq, **more)
        assert told["count"] == len(told["results"])
        return {one["title"] for one in told["results"]}

    @pytest.mark.parametrize("q", ["", "户籍人口"])
    def test_what_ckans_own_clients_send_is_understood(
        self, client: Client, office_with_two: Department, q: str
    ) -> None:
        code = office_with_two.credit_code.casefold()
        every = self.titles(client, "", q=q)
        for fq, wanted in UNDERSTOOD.items():
            assert self.titles(client, fq.replace("OFFICE", code), q=q) == set(wanted) & every, fq
        assert every == {HOMES, SCHOOLS}

    def test_several_filter_queries_all_hold_and_facets_count_what_they_leave(
        self, client: Client, office_with_two: Department
    ) -> None:
        assert self.titles(client, "tags:*", fq_list='["isopen:true", "res_format:csv"]') == {HOMES}
        assert self.titles(client, "tags:*", fq_list="res_format:json") == {SCHOOLS}
        told = ask(client, "package_search", fq="res_format:json", **{"facet.field": '["groups"]'})
        assert told["facets"]["groups"] == {"教育": 1}

    def test_what_is_not_understood_is_a_validation_error_and_never_passed_over(
        self, client: Client, office: Department
    ) -> None:
        for fq in REFUSED:
            refused = ask(client, "package_search", 409, fq=fq)
            assert refused["__type"] == "Validation Error", fq
            assert refused["fq"][0].startswith("Not understood: ")

    def test_filters_narrow_what_is_open_and_never_widen_it(self, client: Client, office: Department) -> None:
        closed = an_entry(office, name="低保对象", tags=("低保",), open_type=OpenType.CLOSED)
        for fq in ("tags:低保", f"id:{closed.pk}", "-tags:别的", "private:true OR tags:低保", "*:* OR tags:低保"):
            assert ask(client, "package_search", fq=fq)["count"] == 0, fq
