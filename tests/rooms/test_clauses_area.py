"""Clauses about an area as a whole: one platform, one catalogue, its parts. The ids are those of the list of duties."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import Grade, OpenType, ShareType, Status, Verdict
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import services as parties
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.terms import Answer
from hefu.rooms.requests.terms import Verdict as Word
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries as upkeep
from tests.builders import (
    NOON,
    SYSTEM,
    a_case,
    a_credit_code,
    a_department,
    a_draft,
    a_grant,
    a_mounted_entry,
    a_population,
    an_actor,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

NOT_SHARED = {
    "share_type": ShareType.NONE,
    "share_condition": "",
    "share_scope": "",
    "channels": (),
    "noshare_reason": "法律禁止",
    "basis_title": "中华人民共和国统计法",
    "basis_article": "九",
    "basis_kind": "law",
}


class TestOnePlatform:
    @pytest.mark.clause("GZP-1a")
    @pytest.mark.clause("GZ2020-10d")
    def test_in_guizhou_the_province_its_cities_and_counties_catalogue_find_and_ask_in_one_place(self) -> None:
        offices = [a_department(place=place) for place in ("520000", "520100", "520102")]
        rows = [an_entry(office, class_code="302") for office in offices]
        for asking in offices:
            officer = an_actor(asking)
            assert {row.pk for row in rows} <= set(catalog.published(viewer=officer).values_list("pk", flat=True))
            for row in rows:
                if row.provider_id != asking.pk:
                    assert a_case(row, asking).status == "received"

    @pytest.mark.clause("NAT2022-3.1b")
    def test_data_stays_in_the_stores_of_its_departments_and_is_reached_from_one_catalogue(
        self, make_database: Callable[[], Database]
    ) -> None:
        stores = [make_database(), make_database()]
        for store in stores:
            a_population(store, 3)
        rows = [a_mounted_entry(a_department(), store) for store in stores]
        found = catalog.published(viewer=an_actor(a_department()))
        assert {row.pk for row in rows} <= set(found.values_list("pk", flat=True))
        mounted = [resources.resource_for_entry(row.pk, viewer=SYSTEM) for row in rows]
        assert [one.source.dbname for one in mounted if one] == [store.name for store in stores]
        assert "population" not in connection.introspection.table_names()

    @pytest.mark.clause("GDTAX-04b")
    @pytest.mark.clause("GDTAX-05a")
    @pytest.mark.clause("GDTAX-02b")
    def test_the_tax_office_gets_data_and_gives_what_the_law_lets_it_give(self) -> None:
        tax, planning = a_department("市税务局", place="440100"), a_department("市发展改革委", place="440100")
        for giver, taker in ((planning, tax), (tax, planning)):
            case = a_case(an_entry(giver, class_code="302"), taker)
            for actor in (an_actor(giver, Role.CHIEF), an_actor(the_authority(), Role.REVIEWER)):
                done = requests.decide_request(number=case.number, answer=Answer(Word.GRANT), actor=actor, clock=NOON)
            assert done.status == "granted"
            assert case.provider.place == case.consumer.place

    @pytest.mark.clause("AH-04a")
    def test_what_one_department_holds_serves_many(self) -> None:
        row = an_entry(a_department(place="340000"))
        grants = [a_grant(row, a_department()) for _consumer in range(2)]
        assert {grant.entry_id for grant in grants} == {row.pk}
        assert len({grant.consumer_id for grant in grants}) == 2

    @pytest.mark.clause("D809-30")
    @pytest.mark.parametrize("place", ["511702001", "511702001001"])
    def test_towns_and_villages_ask_like_departments_of_the_county(self, place: str) -> None:
        town = a_department("西城街道办事处", place=place)
        county = a_department(place="511702")
        assert a_case(an_entry(county), town).status == "received"
        assert a_grant(an_entry(county), town).consumer_id == town.pk


class TestOneCatalogue:
    @pytest.mark.clause("GD2018-10c")
    def test_base_theme_and_department_resources_stand_in_one_tree(self) -> None:
        for code in ("101", "101", "203", "302"):
            an_entry(class_code=code)
        counts = {node.code: node.count for node in upkeep.class_tree(viewer=an_actor(a_department()))}
        assert counts == {"1": 2, "2": 1, "3": 1}

    @pytest.mark.clause("TJ2018-10b")
    @pytest.mark.clause("DZ-25a")
    @pytest.mark.clause("DZ-25b")
    def test_of_all_departments_one_catalogue_one_of_what_is_shared_and_one_of_what_is_open(
        self, client: Client
    ) -> None:
        offices = [a_department(place="120000"), a_department(place="511700")]
        open_rows = [an_entry(office, open_type=OpenType.UNCONDITIONAL) for office in offices]
        shared = an_entry(offices[0])
        kept = an_entry(offices[1], **NOT_SHARED)
        whole = catalog.published(viewer=an_actor(a_department()))
        assert set(whole.values_list("pk", flat=True)) == {row.pk for row in (*open_rows, shared, kept)}
        to_share = whole.exclude(share_type=ShareType.NONE)
        assert set(to_share.values_list("pk", flat=True)) == {row.pk for row in (*open_rows, shared)}
        public = client.get("/catalog.ttl").content.decode()
        assert [row.name in public for row in (*open_rows, shared, kept)] == [True, True, False, False]

    @pytest.mark.clause("NAT2022-2.1b")
    def test_every_entry_is_classed_and_graded_and_what_is_important_makes_a_list(self) -> None:
        rows = [an_entry(grade=grade) for grade in (Grade.IMPORTANT, Grade.GENERAL, Grade.IMPORTANT)]
        whole = catalog.published(viewer=an_actor(the_authority(), Role.REVIEWER))
        assert {facet.value: facet.count for facet in catalog.facets(whole, ["grade"])["grade"]} == {
            "important": 2,
            "general": 1,
        }
        important = whole.filter(grade=Grade.IMPORTANT)
        assert set(important.values_list("pk", flat=True)) == {rows[0].pk, rows[2].pk}
        assert all(row.class_code for row in rows)


class TestWhoLeads:
    @pytest.mark.clause("GD2018-10b")
    @pytest.mark.clause("DZ-12c")
    @pytest.mark.parametrize("code", ["102", "203"])
    def test_the_department_that_leads_a_base_or_theme_library_compiles_its_entries_and_no_other_does(
        self, code: str
    ) -> None:
        lead, other = a_department(), a_department()
        row = an_entry(lead, class_code=code)
        assert (row.status, row.code[:3]) == (Status.PUBLISHED, code)
        for role in (Role.OFFICER, Role.CHIEF):
            with pytest.raises(Forbidden):
                catalog_services.change_entry(
                    entry_id=row.pk, content=catalog.content_of(row), actor=an_actor(other, role), clock=NOON
                )

    @pytest.mark.clause("GD2018-28d")
    def test_an_auditor_from_outside_follows_what_the_operator_did(self) -> None:
        operator = an_actor(a_department("运营中心"), Role.OPERATOR)
        made = parties.register_department(
            credit_code=a_credit_code(),
            name="市档案局",
            short_name="档案局",
            place="440100",
            roles=frozenset({DepartmentRole.CONSUMER}),
            actor=operator,
            clock=NOON,
        )
        auditor = an_actor(a_department("第三方审计机构"), Role.AUDITOR)
        (told,) = history(made.credit_code, viewer=auditor)
        assert (told.kind, told.by) == ("department.registered", operator.id)
        with pytest.raises(Forbidden):
            parties.change_department(
                department_id=made.pk,
                name="改名",
                short_name="",
                place="440100",
                roles=frozenset({DepartmentRole.CONSUMER}),
                parent_id=None,
                phone="",
                actor=auditor,
                clock=NOON,
            )


class TestReviewedByRule:
    @pytest.fixture
    def office(self) -> Department:
        return a_department()

    @pytest.mark.clause("NAT2022-2.2e")
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"class_code": "3"}, "class_code"),
            ({"format_types": ("xlsx",)}, "format_types"),
            ({"name": "人口管理系统"}, "name"),
        ],
    )
    def test_a_wrong_code_wrong_metadata_or_a_system_s_name_is_found_and_sent_back_to_be_put_right(
        self, office: Department, changes: dict[str, object], field: str
    ) -> None:
        row = a_draft(office, **({"class_code": "1010010001"} | changes))
        catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(office, Role.CHIEF), clock=NOON)
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        assert [one.at for one in upkeep.findings_of(row.pk, viewer=reviewer)] == [field]
        back = catalog_services.review_entry(
            entry_id=row.pk, verdict=Verdict.RETURN, reasons=f"{field} 不合规范", actor=reviewer, clock=NOON
        )
        assert (back.status, back.reasons) == (Status.RETURNED, f"{field} 不合规范")

    @pytest.mark.clause("NAT2022-2.2e")
    def test_an_entry_by_the_rules_has_no_finding(self, office: Department) -> None:
        row = a_draft(office, class_code="1010010001")
        assert list(upkeep.findings_of(row.pk, viewer=an_actor(office))) == []
