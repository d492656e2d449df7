"""Pages of upkeep: coverage with its drill-down, duties, ties; all by links and forms alone."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hefu.kernel.actor import Role
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import BasisKind, ShareType
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms import Gap
from tests.builders import NOON, SYSTEM, a_department, a_draft, an_actor, an_entry, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


class TestCoverage:
    def test_the_authority_reads_every_department_and_follows_a_count_to_its_rows(self, signed_in: SignIn) -> None:
        office, other = a_department("市民政局"), a_department("市文旅局")
        row = an_entry(office)
        an_entry(other)
        client = signed_in(the_authority(), Role.REVIEWER)
        page = client.get("/upkeep/").content.decode()
        assert "市民政局" in page
        assert f"/upkeep/gaps/entry_no_resource?department={office.pk}" in page
        rows = client.get(f"/upkeep/gaps/entry_no_resource?department={office.pk}").content.decode()
        assert row.name in rows
        assert client.get("/upkeep/gaps/no_such_gap").status_code == 404

    def test_every_gap_has_a_page_that_exports(self, signed_in: SignIn) -> None:
        office = a_department()
        an_entry(office)
        client = signed_in(office)
        for gap in Gap:
            assert client.get(f"/upkeep/gaps/{gap}").status_code == 200
        told = client.get("/upkeep/?format=csv").getvalue().decode()
        assert told.count(office.name) == 1
        told = client.get("/upkeep/gaps/entry_no_system?format=csv").getvalue().decode()
        assert len(told.strip().splitlines()) == 2

    def test_an_officer_reads_the_own_line_only(self, signed_in: SignIn) -> None:
        office, other = a_department("甲局"), a_department("乙局")
        an_entry(other)
        page = signed_in(office).get("/upkeep/").content.decode()
        assert "甲局" in page
        assert "乙局" not in page

    def test_one_button_ties_what_entries_name(self, signed_in: SignIn) -> None:
        row = an_entry(system_name="人口管理信息系统")
        system = resource_services.register_system(
            department_id=row.provider_id,
            name="人口管理信息系统",
            network=Network.EXTRANET,
            actor=an_actor(row.provider),
            clock=NOON,
        )
        client = signed_in(row.provider)
        assert "1 tie was made" in client.post("/upkeep/tie", follow=True).content.decode()
        assert queries.systems_of(row, viewer=SYSTEM) == [system]


class TestDuties:
    def test_a_list_is_taken_in_shown_and_a_duty_is_tied_and_ended(self, signed_in: SignIn) -> None:
        row = an_entry()
        client = signed_in(row.provider)
        file = SimpleUploadedFile("职责.csv", "职责,业务事项\n户籍管理,户口登记\n".encode())
        said = client.post("/upkeep/tasks/import", {"file": file}, follow=True).content.decode()
        assert "2 new" in said
        item = queries.tasks(viewer=SYSTEM, search="户口").get()
        client.post(f"/upkeep/entries/{row.pk}/ties", {"tasks": [str(item.pk)]})
        assert [task.pk for task in queries.tasks_of(row)] == [item.pk]
        assert row.name in client.get(f"/upkeep/tasks/{item.pk}/").content.decode()
        assert row.name in client.get(f"/upkeep/tasks/{item.under_id}/").content.decode()
        client.post("/upkeep/tasks/new", {"duty": "人口服务"})
        other = queries.tasks(viewer=SYSTEM, search="人口服务").get()
        where = f"/upkeep/tasks/{item.under_id}/move"
        assert where in client.get(f"/upkeep/tasks/{item.under_id}/").content.decode()
        assert client.post(where, {"items": [], "duty": str(other.pk)}).status_code == 422
        assert client.post(where, {"items": [str(item.pk)], "duty": ""}).status_code == 422
        page = client.post(where, {"items": [str(item.pk)], "duty": str(other.pk)}, follow=True).content.decode()
        assert "stand under the other duty" in page
        assert item.name in client.get(f"/upkeep/tasks/{other.pk}/").content.decode()
        client.post(f"/upkeep/entries/{row.pk}/ties", {})
        assert queries.tasks_of(row) == []
        client.post(f"/upkeep/tasks/{item.pk}/end", {"reason": "划转"})
        assert client.get(f"/upkeep/tasks/{item.pk}/").status_code == 404

    def test_a_file_that_is_no_list_is_refused_on_the_form(self, signed_in: SignIn) -> None:
        client = signed_in(a_department())
        answer = client.post("/upkeep/tasks/import", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
        assert answer.status_code == 422
        assert "职责" in answer.content.decode()

    def test_one_duty_is_registered_by_hand(self, signed_in: SignIn) -> None:
        client = signed_in(a_department())
        client.post("/upkeep/tasks/new", {"duty": "统计调查", "business": "", "code": "", "basis": "统计法"})
        assert queries.tasks(viewer=SYSTEM).get().basis == "统计法"
        assert client.post("/upkeep/tasks/new", {"duty": " "}).status_code == 422


class TestDesk:
    def test_the_reviewer_reads_what_the_machine_found_and_gives_one_word_on_many(self, signed_in: SignIn) -> None:
        rows = [a_draft(format_types=("xlsx",)), a_draft()]
        for row in rows:
            catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        client = signed_in(the_authority(), Role.REVIEWER)
        page = client.get("/upkeep/desk").content.decode()
        assert "The type xlsx does not belong to the format class." in page
        assert 'form="together"' in page
        sent = {"pick": [str(rows[0].pk)], "deed": "return", "reasons": ""}
        assert "Say why entry" in client.post("/upkeep/desk/together", sent, follow=True).content.decode()
        sent["reasons"] = "格式类型不符"
        assert "1 entry is returned" in client.post("/upkeep/desk/together", sent, follow=True).content.decode()
        sent = {"pick": [str(rows[1].pk)], "deed": "approve"}
        assert "1 entry is in force" in client.post("/upkeep/desk/together", sent, follow=True).content.decode()
        told = client.get("/upkeep/desk?format=csv").getvalue().decode()
        assert len(told.strip().splitlines()) == 1

    def test_an_office_reads_on_its_draft_what_it_would_be_sent_back_for(self, signed_in: SignIn) -> None:
        row = a_draft(name="阳光养老平台")
        page = signed_in(row.provider).get(f"/catalog/{row.pk}/").content.decode()
        assert "reads like the name of a system" in page
        assert "tied to none" in page

    def test_others_have_no_desk(self, signed_in: SignIn) -> None:
        row = a_draft()
        catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        client = signed_in(a_department())
        assert row.name not in client.get("/upkeep/desk").content.decode()
        assert client.post("/upkeep/desk/together", {"pick": [str(row.pk)]}).status_code == 403


class TestDuplicates:
    def test_the_authority_settles_a_pair_and_the_entry_says_its_source(self, signed_in: SignIn) -> None:
        registry, tax = a_department("市市场监管局"), a_department("市税务局")
        row = an_entry(registry, name="企业登记信息")
        an_entry(tax, name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        pair = queries.pairs(viewer=SYSTEM).get()
        client = signed_in(the_authority(), Role.REVIEWER)
        assert "市税务局" in client.get("/upkeep/duplicates/").content.decode()
        where = f"/upkeep/duplicates/{pair.pk}/"
        page = client.get(where).content.decode()
        assert "Items that are alike" in page
        assert "same name" in page
        assert client.post(where, {"finding": str(registry.pk), "reason": ""}).status_code == 422
        client.post(where, {"finding": str(registry.pk), "reason": "法定登记部门"})
        assert "市市场监管局" in client.get("/upkeep/duplicates/?format=csv").getvalue().decode()
        for side in (registry, tax):
            found = client.get(f"/upkeep/duplicates/?provider={side.pk}").content.decode()
            assert where in found
            assert "(1)" in found or ">1<" in found
        assert where not in client.get(f"/upkeep/duplicates/?provider={the_authority().pk}").content.decode()
        page = client.get(f"/catalog/{row.pk}/").content.decode()
        assert "Source department" in page
        assert "source of this datum" in page
        theirs = signed_in(tax)
        other = pair.first if pair.second_id == row.pk else pair.second
        assert "comes from 市市场监管局" in theirs.get(f"/catalog/{other.pk}/").content.decode()
        assert "市市场监管局 is the source of" in theirs.get("/").content.decode()

    def test_each_item_gets_its_own_source_and_the_finding_is_taken_back(self, signed_in: SignIn) -> None:
        registry, tax = a_department("市市场监管局"), a_department("市税务局")
        for office in (registry, tax):
            an_entry(office, name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        pair = queries.pairs(viewer=SYSTEM).get()
        client, where = signed_in(the_authority(), Role.REVIEWER), f"/upkeep/duplicates/{pair.pk}/"
        one, two, three = re.findall(r'<select name="(item-[^"]+)"', client.get(where).content.decode())
        sent = {"finding": "each", "reason": "各有职责", one: str(registry.pk), two: str(tax.pk), three: ""}
        for wrong in ({one: str(the_authority().pk)}, {one: "\x00"}, {one: "", two: ""}):
            assert client.post(where, sent | wrong).status_code == 422
        assert client.post(where, sent).status_code == 302
        named = {one.item.name: one.department for one in queries.item_sources(pair.first_id).values()}
        assert sorted(named.values(), key=str) == sorted((registry, tax), key=str)
        assert "市税务局" in client.get("/upkeep/duplicates/?status=one_source").content.decode()
        again = client.get(where).content.decode()
        assert f'<option value="{tax.pk}" selected>' in again
        assert client.post(where, {"deed": "back", "back-reason": " "}).status_code == 422
        assert signed_in(tax).post(where, {"deed": "back", "back-reason": "x"}).status_code == 403
        client.post(where, {"deed": "back", "back-reason": "登记机关有异议"})
        assert queries.item_sources(pair.first_id) == {}
        assert "登记机关有异议" in client.get(where).content.decode()
        assert "was taken back: 登记机关有异议" in signed_in(registry).get("/").content.decode()

    def test_a_choice_stays_with_its_items_when_another_goes_while_the_page_is_read(self, signed_in: SignIn) -> None:
        registry, tax = a_department("市市场监管局"), a_department("市税务局")
        for office in (registry, tax):
            an_entry(office, name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        pair = queries.pairs(viewer=SYSTEM).get()
        client, where = signed_in(the_authority(), Role.REVIEWER), f"/upkeep/duplicates/{pair.pk}/"
        fields = re.findall(r'<select name="(item-[^"]+)"', client.get(where).content.decode())
        meant = queries.alike(pair)[1].first
        queries.alike(pair)[0].first.delete()
        sent = {"finding": "each", "reason": "各有职责"} | dict.fromkeys(fields, "") | {fields[1]: str(tax.pk)}
        assert client.post(where, sent).status_code == 302
        assert list(queries.item_sources(pair.first_id)) == [meant.pk]

    def test_who_drafts_an_item_of_another_source_is_warned_by_name_and_entry(self, signed_in: SignIn) -> None:
        registry, tax = a_department("市市场监管局"), a_department("市税务局")
        for office in (registry, tax):
            an_entry(office, name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        pair = queries.pairs(viewer=SYSTEM).get()
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定", actor=reviewer, clock=NOON)
        draft = a_draft(name="古树名木信息")
        page = signed_in(draft.provider).get(f"/catalog/{draft.pk}/edit").content.decode()
        assert "source is 市市场监管局" in page
        assert "企业登记信息" in page

    def test_an_office_that_drafts_what_another_holds_is_warned_on_the_form_and_not_held_up(
        self, signed_in: SignIn
    ) -> None:
        held = an_entry(a_department("市市场监管局"), name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        row = a_draft(name="企业登记情况")
        client = signed_in(row.provider)
        for where in (f"/catalog/{row.pk}/", f"/catalog/{row.pk}/edit"):
            page = client.get(where).content.decode()
            assert "Another department holds this already" in page
            assert held.name in page

    def test_an_office_reads_its_pairs_and_settles_none(self, signed_in: SignIn) -> None:
        office = a_department()
        for one in (office, a_department()):
            an_entry(one, name="企业登记信息")
        services.find_duplicates(actor=SYSTEM, clock=NOON)
        pair = queries.pairs(viewer=SYSTEM).get()
        client = signed_in(office)
        page = client.get(f"/upkeep/duplicates/{pair.pk}/")
        assert "Put it on record" not in page.content.decode()
        sent = {"finding": str(office.pk), "reason": "x"}
        assert client.post(f"/upkeep/duplicates/{pair.pk}/", sent).status_code == 403
        assert signed_in(a_department()).get(f"/upkeep/duplicates/{pair.pk}/").status_code == 404


class TestLedgers:
    @pytest.mark.clause("DZ-18e")
    def test_what_is_not_shared_stands_on_the_negative_list_with_reason_and_basis(self, signed_in: SignIn) -> None:
        row = an_entry(
            share_type=ShareType.NONE,
            share_condition="",
            share_scope="",
            channels=(),
            basis_kind=BasisKind.LAW,
            basis_title="中华人民共和国统计法",
            basis_article="第九条",
            noshare_reason="原始统计资料不得提供",
        )
        shared = an_entry()
        told = signed_in(a_department()).get("/upkeep/negative?format=csv").getvalue().decode()
        assert row.name in told
        assert "原始统计资料不得提供" in told
        assert "第九条" in told
        assert shared.name not in told

    @pytest.mark.clause("GZ2020-09b")
    def test_the_responsibility_list_names_who_supplies_what_how_often_and_on_what_terms(
        self, signed_in: SignIn
    ) -> None:
        row = an_entry(a_department("市公安局"))
        told = signed_in(a_department()).get("/upkeep/responsibilities?format=csv").getvalue().decode()
        [line] = [line for line in told.splitlines() if row.name in line]
        assert line.count("市公安局") == 2
        assert "daily" in line
        assert "户籍登记" in line

    def test_the_tree_counts_classes_and_leads_to_their_entries(self, signed_in: SignIn) -> None:
        row = an_entry(class_code="101001")
        an_entry(class_code="306")
        client = signed_in(a_department())
        page = client.get("/upkeep/classes/").content.decode()
        assert 'href="/upkeep/classes/101001/"' in page
        assert row.name in client.get("/upkeep/classes/101/").content.decode()
        assert row.name not in client.get("/upkeep/classes/3/").content.decode()
        assert client.get("/upkeep/classes/x/").status_code == 404
