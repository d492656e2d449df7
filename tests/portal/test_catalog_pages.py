"""Pages of the catalogue: finding, reading, writing, reviewing, importing."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.portal.catalog.forms import EntryForm
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of
from hefu.rooms.catalog.terms import BasisKind, Content, ShareType, Status, UpdateCycle
from hefu.rooms.parties.models import Department
from hefu.rooms.resources.services import register_system
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep.services import register_task
from tests.builders import NOON, SYSTEM, a_content, a_department, a_draft, an_actor, an_entry, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Department:
    the_authority()
    return a_department("市公安局")


@pytest.fixture
def officer(provider: Department, signed_in: SignIn) -> Client:
    return signed_in(provider)


@pytest.fixture
def chief(provider: Department, signed_in: SignIn) -> Client:
    return signed_in(provider, Role.CHIEF)


@pytest.fixture
def reviewer(provider: Department, signed_in: SignIn) -> Client:
    return signed_in(the_authority(), Role.REVIEWER)


def typed(content: Content, **changes: object) -> dict[str, object]:
    """Return what somebody fills in to say `content`."""
    found = {name: value for name, value in EntryForm.present(content).items() if name != "items"}
    found["assessed_on"] = content.assessed_on.isoformat() if content.assessed_on else ""
    parts: dict[str, list[str]] = {
        "id": [str(item.id or "") for item in content.items],
        "name": [item.name for item in content.items],
        "code": [item.code for item in content.items],
        "type": [item.type or "" for item in content.items],
        "length": [str(item.length or "") for item in content.items],
        "share_type": [item.share_type or "" for item in content.items],
        "grade": [item.grade or "" for item in content.items],
        "description": [item.description for item in content.items],
    }
    return found | {f"items_{part}": values for part, values in parts.items()} | {"deed": "save"} | changes


class TestFinding:
    def test_entries_in_force_are_found_by_name_item_and_facet(self, provider: Department, officer: Client) -> None:
        wanted = an_entry(provider, name="常住人口信息")
        other = an_entry(provider, name="养老机构名录", share_type=ShareType.UNCONDITIONAL)
        a_draft(provider, name="常住人口草稿")
        found = officer.get("/catalog/", {"q": "常住人口信息"}).context["list"]
        assert next(iter(found.page)).pk == wanted.pk
        assert "常住人口草稿" not in officer.get("/catalog/").content.decode()
        found = officer.get("/catalog/", {"q": "birth_date", "share": "unconditional"}).context["list"]
        assert [row.pk for row in found.page] == [other.pk]

    def test_facets_beside_the_list_count_and_choose(self, provider: Department, officer: Client) -> None:
        an_entry(provider)
        an_entry(a_department("市民政局"))
        listing = officer.get("/catalog/").context["list"]
        facets = {state.key: options for state, options in listing.beside}
        assert {option.word: option.count for option, _address in facets["provider"]} == {"市公安局": 1, "市民政局": 1}
        address = next(address for option, address in facets["provider"] if option.word == "市公安局")
        narrowed = officer.get(address).context["list"]
        assert narrowed.count == 1
        assert [chip.word for chip in narrowed.chips] == ["市公安局"]

    def test_a_provider_that_cannot_be_one_finds_nothing(self, officer: Client) -> None:
        assert officer.get("/catalog/?provider=nonsense").context["list"].count == 0


class TestReading:
    def test_an_entry_says_what_it_is_and_how_to_get_it(self, provider: Department, signed_in: SignIn) -> None:
        entry = an_entry(provider)
        text = signed_in(a_department("市民政局")).get(f"/catalog/{entry.pk}/").content.decode()
        for said in ("公民身份号码", "救助对象核对", "Ask for this data", "10 working days", "art. 21", entry.code):
            assert said in text
        assert "What it is mounted on" not in text

    def test_an_entry_says_beforehand_what_the_law_of_its_place_wants_a_request_to_state(
        self, signed_in: SignIn
    ) -> None:
        reader = signed_in(a_department("市民政局"))
        here, in_shanghai = an_entry(a_department(place="511700")), an_entry(a_department(place="310000"))
        texts = {row.pk: reader.get(f"/catalog/{row.pk}/").content.decode() for row in (here, in_shanghai)}
        for text in texts.values():
            assert "The law wants a request to state" in text
            assert "art. 20" in text
        assert ["art. 39" in texts[row.pk] for row in (here, in_shanghai)] == [False, True]

    def test_an_entry_shows_for_whom_the_resource_is_held(self, provider: Department, officer: Client) -> None:
        base, own = an_entry(provider), an_entry(provider, class_code="302")
        assert "base resource" in officer.get(f"/catalog/{base.pk}/").content.decode()
        assert "department resource" in officer.get(f"/catalog/{own.pk}/").content.decode()

    def test_its_own_department_does_not_ask_itself(self, provider: Department, officer: Client) -> None:
        entry = an_entry(provider)
        assert "Ask for this data" not in officer.get(f"/catalog/{entry.pk}/").content.decode()

    def test_what_is_not_shared_says_so_and_offers_no_request(self, provider: Department, signed_in: SignIn) -> None:
        entry = an_entry(
            provider,
            share_type=ShareType.NONE,
            noshare_reason="法律禁止",
            basis_kind=BasisKind.LAW,
            basis_title="中华人民共和国统计法",
            basis_article="28",
            channels=(),
        )
        text = signed_in(a_department()).get(f"/catalog/{entry.pk}/").content.decode()
        assert "It is not shared" in text
        assert "中华人民共和国统计法" in text
        assert "Ask for this data" not in text

    def test_a_draft_is_not_there_for_others(self, provider: Department, signed_in: SignIn, officer: Client) -> None:
        draft = a_draft(provider)
        stranger = signed_in(a_department())
        for address in ("", "edit", "review", "withdraw", "versions/1"):
            assert stranger.get(f"/catalog/{draft.pk}/{address}").status_code == 404
        assert officer.get(f"/catalog/{draft.pk}/").status_code == 200


class TestWriting:
    def test_a_department_drafts_hands_in_and_the_authority_publishes(
        self, provider: Department, officer: Client, chief: Client, reviewer: Client
    ) -> None:
        content = a_content(name="驾驶证信息")
        answer = officer.post("/catalog/new", typed(content))
        draft = Entry.objects.get(name="驾驶证信息")
        assert answer["Location"] == f"/catalog/{draft.pk}/"
        assert draft.provider_id == provider.pk
        assert [item.code for item in draft.items.all()] == ["id_number", "name", "birth_date"]
        assert "Sign off and hand in" in chief.get(f"/catalog/{draft.pk}/").content.decode()
        chief.post(f"/catalog/{draft.pk}/submit")
        assert "驾驶证信息" in reviewer.get("/upkeep/desk").content.decode()
        reviewer.post(f"/catalog/{draft.pk}/review", {"verdict": "approve", "reasons": ""})
        draft.refresh_from_db()
        assert draft.status == Status.PUBLISHED

    def test_the_form_gives_back_what_the_entry_says(self, provider: Department, officer: Client) -> None:
        draft = a_draft(provider)
        before = content_of(draft)
        officer.post(f"/catalog/{draft.pk}/edit", typed(before))
        assert content_of(Entry.objects.get(pk=draft.pk)) == before

    def test_everything_missing_is_named_at_once_and_the_draft_is_kept(
        self, provider: Department, chief: Client
    ) -> None:
        answer = chief.post("/catalog/new", typed(Content(name="空目录"), deed="submit"))
        text = answer.content.decode()
        assert answer.status_code == 422
        for field in ("abstract", "share_type", "update_cycle", "grade", "secrecy", "items"):
            assert f'href="#id_{field}"' in text
        draft = Entry.objects.get(name="空目录")
        assert f'action="/catalog/{draft.pk}/edit"' in text

    def test_what_the_law_of_the_place_asks_of_an_entry_is_shown_before_it_is_handed_in(
        self, provider: Department, signed_in: SignIn
    ) -> None:
        office = a_department(place="440100")
        row = a_draft(office, basis_kind=None, basis_title="", basis_article="")
        writer = signed_in(office)
        text = writer.get(f"/catalog/{row.pk}/edit").content.decode()
        assert "art. 8" in text
        missing = text.split("Still missing")[1]
        assert "title of the legal basis" in missing
        assert "title of the legal basis" in writer.get(f"/catalog/{row.pk}/").content.decode()
        assert "art. 8" in writer.get("/catalog/new").content.decode()
        elsewhere = a_draft(provider, basis_kind=None, basis_title="", basis_article="")
        assert "Still missing" not in signed_in(provider).get(f"/catalog/{elsewhere.pk}/edit").content.decode()

    def test_a_secret_is_refused_with_its_article(self, officer: Client) -> None:
        answer = officer.post("/catalog/new", typed(a_content(name="涉密"), secrecy="state_secret"))
        text = answer.content.decode()
        assert answer.status_code in (409, 422)
        assert "catalog.secret_refused" in text
        assert "art. 3" in text
        assert not Entry.objects.filter(name="涉密").exists()

    def test_what_was_typed_in_items_stays_when_it_cannot_be_taken(self, officer: Client) -> None:
        content = typed(a_content(), items_length=["many", "", ""])
        text = officer.post("/catalog/new", content).content.decode()
        assert 'value="many"' in text
        assert "A length is a whole number" in text

    def test_the_next_version_is_drafted_compared_and_published(
        self, provider: Department, officer: Client, chief: Client, reviewer: Client
    ) -> None:
        entry = an_entry(provider)
        changed = typed(content_of(entry), update_cycle="weekly", abstract="改过的摘要")
        answer = officer.post(f"/catalog/{entry.pk}/edit", changed)
        change = queries.change_of(entry.pk, viewer=SYSTEM)
        assert change
        assert answer["Location"] == f"/catalog/{change.pk}/"
        assert officer.get(f"/catalog/{entry.pk}/edit")["Location"] == f"/catalog/{change.pk}/edit"
        chief.post(f"/catalog/{change.pk}/submit")
        text = reviewer.get(f"/catalog/{change.pk}/review").content.decode()
        assert "<del>daily</del>" in text
        assert "<ins>weekly</ins>" in text
        reviewer.post(f"/catalog/{change.pk}/review", {"verdict": "approve"})
        versions = officer.get(f"/catalog/{entry.pk}/versions/2").content.decode()
        assert "改过的摘要" in versions

    def test_it_is_returned_with_reasons_that_the_department_reads(
        self, provider: Department, chief: Client, officer: Client, reviewer: Client
    ) -> None:
        draft = a_draft(provider)
        chief.post(f"/catalog/{draft.pk}/submit")
        bare = reviewer.post(f"/catalog/{draft.pk}/review", {"verdict": "return", "reasons": ""})
        assert bare.status_code in (409, 422)
        reviewer.post(f"/catalog/{draft.pk}/review", {"verdict": "return", "reasons": "摘要过简"})
        assert "摘要过简" in officer.get(f"/catalog/{draft.pk}/").content.decode()
        assert "摘要过简" in officer.get(f"/catalog/{draft.pk}/edit").content.decode()

    def test_an_officer_does_not_hand_in_and_a_reviewer_does_not_write(
        self, provider: Department, officer: Client, reviewer: Client
    ) -> None:
        draft = a_draft(provider)
        assert officer.post(f"/catalog/{draft.pk}/submit").status_code == 403
        assert reviewer.get(f"/catalog/{draft.pk}/edit").status_code == 403
        assert officer.get(f"/catalog/{draft.pk}/review").status_code == 403

    def test_the_names_that_the_department_registered_are_offered_beside_the_fields(
        self, provider: Department, officer: Client
    ) -> None:
        for office, name in ((provider, "人口系统"), (a_department(), "别家系统")):
            register_system(
                department_id=office.pk, name=name, network=Network.EXTRANET, actor=an_actor(office), clock=NOON
            )
        register_task(department_id=provider.pk, duty="户籍管理", actor=an_actor(provider), clock=NOON)
        page = officer.get("/catalog/new")
        known = page.context["known"]
        assert (known["system_name"], known["business_item"]) == (["人口系统"], ["户籍管理"])
        assert 'list="own-system_name"' in page.content.decode()

    def test_a_draft_is_thrown_away_and_an_entry_withdrawn_with_a_reason(
        self, provider: Department, officer: Client, chief: Client
    ) -> None:
        draft = a_draft(provider)
        officer.post(f"/catalog/{draft.pk}/drop")
        assert not Entry.objects.filter(pk=draft.pk).exists()
        entry = an_entry(provider)
        assert chief.post(f"/catalog/{entry.pk}/withdraw", {"reason": ""}).status_code in (409, 422)
        chief.post(f"/catalog/{entry.pk}/withdraw", {"reason": "系统下线"})
        assert "系统下线" in officer.get(f"/catalog/{entry.pk}/").content.decode()


CSV = (
    "目录名称,摘要,提供单位,共享类型,共享条件,更新周期\n"
    "低保对象信息,低保对象名单,市公安局,无条件共享,,每月\n"
    "婚姻登记信息,婚姻登记情况,市公安局,有条件共享,办理业务时,每日\n"
    ",没有名称,市公安局,无条件共享,,每日\n"
    "海洋信息,别家的,市海洋局,无条件共享,,每日\n"
)


class TestImporting:
    def bring(self, client: Client, text: str = CSV, name: str = "catalogue.csv") -> str:
        file = io.BytesIO(text.encode())
        file.name = name
        answer = client.post("/catalog/imports/new", {"file": file, "sheet": ""})
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def mapped(self, client: Client, address: str, **changes: object) -> dict[str, object]:
        form = client.get(address).context["form"]
        proposed = {name: form[name].initial for name in form.fields if name.startswith("column_")}
        return proposed | {"class_code": "3", "secrecy": "none", "channels": ["file"]} | changes

    def taken_in(self, client: Client, text: str = CSV, **changes: object) -> Any:
        address = self.bring(client, text)
        client.post(address, self.mapped(client, address, **changes))
        return client.post(address.replace("/map", "/apply"), follow=True)

    def test_a_file_is_brought_mapped_compared_and_taken_in(self, reviewer: Client, officer: Client) -> None:
        address = self.bring(reviewer)
        assert "低保对象信息" in reviewer.get(address).content.decode()
        page = reviewer.post(address, self.mapped(reviewer, address, publish="on"), follow=True).content.decode()
        assert "This is what the file would change" in page
        assert "市海洋局 is not registered here" in page
        assert Entry.objects.count() == 0
        answer = reviewer.post(address.replace("/map", "/apply"), follow=True)
        text = answer.content.decode()
        assert "The file is taken in" in text
        assert answer.context["batch"].taken == 2
        assert answer.context["batch"].refused == 2
        assert "The row has no name" in text
        assert "低保对象信息" in officer.get("/catalog/own").content.decode()

    def test_the_same_file_again_changes_nothing_and_a_newer_one_shows_what_it_would_change(
        self, reviewer: Client
    ) -> None:
        self.taken_in(reviewer, publish="on")
        assert "says nothing new" in self.taken_in(reviewer, publish="on").content.decode()
        assert Entry.objects.count() == 2
        address = self.bring(reviewer, CSV.replace("低保对象名单", "低保对象的名单"))
        page = reviewer.post(address, self.mapped(reviewer, address, publish="on"), follow=True).content.decode()
        assert "<del>低保对象名单</del>" in page
        assert "<ins>低保对象的名单</ins>" in page

    def test_a_mapping_is_remembered_for_the_next_file(self, reviewer: Client) -> None:
        self.taken_in(reviewer, publish="on", column_1="")
        page = reviewer.get(self.bring(reviewer))
        assert "was mapped here before" in page.content.decode()
        assert page.context["form"]["column_1"].initial == ""

    def test_a_column_is_corrected_before_anything_is_taken_in(self, reviewer: Client) -> None:
        address = self.bring(reviewer)
        answer = reviewer.post(address, self.mapped(reviewer, address, column_0=""))
        assert answer.status_code in (409, 422)
        assert Entry.objects.count() == 0

    def test_an_officer_imports_only_drafts_of_the_own_department(self, officer: Client) -> None:
        address = self.bring(officer)
        assert "publish" not in officer.get(address).context["form"].fields
        answer = self.taken_in(officer, publish="on")
        assert set(Entry.objects.values_list("status", flat=True)) == {Status.DRAFT}
        assert answer.context["batch"].published is False

    def test_the_file_of_one_department_is_not_there_for_another(self, reviewer: Client, officer: Client) -> None:
        address = self.bring(reviewer)
        for way in ("map", "apply", "stop", "progress", ""):
            other = address.replace("/map", f"/{way}")
            answer = officer.post(other) if way in ("apply", "stop") else officer.get(other)
            assert answer.status_code == 404, way

    def test_a_file_is_left_without_anything_going_in(self, reviewer: Client) -> None:
        address = self.bring(reviewer)
        reviewer.post(address, self.mapped(reviewer, address, publish="on"))
        page = reviewer.post(address.replace("/map", "/stop"), follow=True).content.decode()
        assert "Nothing of it went in" in page
        assert not Entry.objects.exists()

    def test_a_long_file_waits_for_the_worker_and_shows_how_far_it_is(
        self, reviewer: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hefu.portal.catalog.importing.AT_ONCE", 1)
        address = self.bring(reviewer)
        page = reviewer.post(address, self.mapped(reviewer, address, publish="on"), follow=True).content.decode()
        assert "being compared" in page
        assert "You may leave this page" in page
        progress = address.replace("/map", "/progress")
        assert "HX-Refresh" not in reviewer.get(progress)
        services.carry_on(intake_id=queries.intakes(viewer=SYSTEM).get().pk, clock=NOON)
        assert reviewer.get(progress)["HX-Refresh"] == "true"

    @pytest.mark.parametrize("content", [b"", b"\x00\xff\x00", b"PK\x03\x04broken"])
    def test_what_is_no_table_is_refused_in_the_form(self, reviewer: Client, content: bytes) -> None:
        file = io.BytesIO(content)
        file.name = "x.xlsx"
        answer = reviewer.post("/catalog/imports/new", {"file": file, "sheet": ""})
        assert answer.status_code in (409, 415, 422)
        assert "<form" in answer.content.decode()

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.SECURITY, Role.AUDITOR, Role.SUPERVISOR])
    def test_others_do_not_import(self, role: Role, signed_in: SignIn) -> None:
        client = signed_in(the_authority(), role)
        assert client.get("/catalog/imports/new").status_code == 403


class TestQuarantine:
    taken_in, bring, mapped = TestImporting.taken_in, TestImporting.bring, TestImporting.mapped

    def test_a_row_is_put_right_on_its_page(self, reviewer: Client) -> None:
        batch = self.taken_in(reviewer, publish="on").context["batch"]
        row = next(one for one in queries.bad_rows(batch.pk, viewer=SYSTEM) if not one.original["目录名称"])
        address = f"/catalog/imports/{batch.pk}/rows/{row.pk}"
        form = reviewer.get(address).context["form"]
        typed = {name: form[name].initial for name in form.fields}
        page = reviewer.post(address, typed)
        assert "The row has no name" in page.content.decode()
        (named,) = (name for name, field in form.fields.items() if field.label == "目录名称")
        page = reviewer.post(address, typed | {named: "补上的名称"}, follow=True)
        assert "Rows that went in: 1" in page.content.decode()
        assert Entry.objects.filter(name="补上的名称", status=Status.PUBLISHED).exists()
        assert "mended and taken in" in reviewer.get(address).content.decode()

    def test_many_rows_are_put_right_at_once(self, reviewer: Client) -> None:
        batch = self.taken_in(reviewer, publish="on").context["batch"]
        answer = reviewer.post(
            f"/catalog/imports/{batch.pk}/",
            {"reason": "provider_unknown", "column": "提供单位", "cell": "市公安局"},
            follow=True,
        )
        assert "Rows that went in: 1" in answer.content.decode()
        assert Entry.objects.get(name="海洋信息").provider.name == "市公安局"

    def test_a_row_is_set_aside_and_a_stranger_sees_none(self, reviewer: Client, officer: Client) -> None:
        batch = self.taken_in(reviewer, publish="on").context["batch"]
        row = queries.bad_rows(batch.pk, viewer=SYSTEM)[0]
        address = f"/catalog/imports/{batch.pk}/rows/{row.pk}"
        assert officer.get(address).status_code == 404
        reviewer.post(address, {"aside": "1"})
        assert queries.bad_row(row.pk, viewer=SYSTEM).settled == "set_aside"


class TestUnknownProviders:
    taken_in, bring, mapped = TestImporting.taken_in, TestImporting.bring, TestImporting.mapped

    def test_an_officer_says_once_which_departments_they_are(self, reviewer: Client) -> None:
        meant = a_department(name="市自然资源局")
        address = self.bring(reviewer)
        page = reviewer.post(address, self.mapped(reviewer, address, publish="on"), follow=True)
        ask = address.replace("/map", "/offices")
        assert ask in page.content.decode()
        assert [(str(bound.label), rows) for bound, rows in reviewer.get(ask).context["lines"]] == [("市海洋局", 1)]
        wrong = reviewer.post(ask, {"office_0": "没有这个局"})
        assert wrong.status_code == 422
        assert "Choose one of the list" in wrong.content.decode()
        assert reviewer.post(ask, {"office_0": ""}).status_code == 422
        page = reviewer.post(ask, {"office_0": "市自然资源局"}, follow=True)
        assert page.context["plan"]["taken"] == 3
        reviewer.post(address.replace("/map", "/apply"))
        assert Entry.objects.get(name="海洋信息").provider_id == meant.pk
        newer = self.bring(reviewer, CSV.replace("海洋信息", "海岛信息"))
        page = reviewer.post(newer, self.mapped(reviewer, newer, publish="on"), follow=True)
        assert page.context["plan"]["unknown_providers"] == {}
        assert "1 provider name is read as an officer said" in page.content.decode()

    def test_rows_that_wait_in_quarantine_for_it_go_in(self, reviewer: Client, officer: Client) -> None:
        batch = self.taken_in(reviewer, publish="on").context["batch"]
        meant = a_department(name="市自然资源局")
        ask = f"/catalog/imports/{batch.pk}/offices"
        assert ask in reviewer.get(f"/catalog/imports/{batch.pk}/").content.decode()
        assert officer.get(ask).status_code == 404
        assert reviewer.post(ask, {"office_0": ""}).status_code == 422
        page = reviewer.post(ask, {"office_0": meant.credit_code}, follow=True).content.decode()
        assert "1 row went in." in page
        assert Entry.objects.get(name="海洋信息").provider_id == meant.pk
        assert ask not in page
        assert reviewer.get(ask).status_code == 302


class TestNoLongerNamed:
    taken_in, bring, mapped = TestImporting.taken_in, TestImporting.bring, TestImporting.mapped

    def test_entries_that_a_newer_file_leaves_out_are_withdrawn_together(self, reviewer: Client) -> None:
        self.taken_in(reviewer, publish="on")
        head = CSV.splitlines(keepends=True)[0]
        newer = f"{head}低保对象信息,名单有变,市公安局,无条件共享,,说不清\n户籍信息,新增,市公安局,无条件共享,,每日\n"
        batch = self.taken_in(reviewer, newer, publish="on").context["batch"]
        where = f"/catalog/imports/{batch.pk}/gone"
        assert where in reviewer.get(f"/catalog/imports/{batch.pk}/").content.decode()
        assert [row.name for row in reviewer.get(where).context["list"].page] == ["婚姻登记信息"]
        left = Entry.objects.get(name="婚姻登记信息")
        refused = reviewer.post(where, {"pick": [str(left.pk)], "reason": ""})
        assert refused.status_code == 422
        assert f'value="{left.pk}" form="leaving" checked' in refused.content.decode(), "what was chosen stays chosen"
        assert reviewer.post(where, {"reason": "系统停用"}).status_code == 422
        answer = reviewer.post(where, {"every": "on", "reason": "系统停用"}, follow=True)
        assert "1 entry is withdrawn." in answer.content.decode()
        left.refresh_from_db()
        assert (left.status, left.reasons) == (Status.WITHDRAWN, "系统停用")
        assert "names everything in force" in reviewer.get(where).content.decode()

    def test_a_row_in_quarantine_counts_as_named_and_strangers_see_no_list(
        self, reviewer: Client, officer: Client
    ) -> None:
        self.taken_in(reviewer, publish="on")
        newer = CSV.replace("低保对象名单,市公安局,无条件共享", "低保对象名单,市公安局,看情况")
        batch = self.taken_in(reviewer, newer, publish="on").context["batch"]
        assert reviewer.get(f"/catalog/imports/{batch.pk}/gone").context["list"].count == 0
        assert officer.get(f"/catalog/imports/{batch.pk}/gone").status_code == 404


def test_every_list_of_the_catalogue_exports(
    provider: Department, officer: Client, reviewer: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _ in range(3):
        an_entry(provider)
    a_draft(provider)
    for client, address in ((officer, "/catalog/"), (officer, "/catalog/own"), (reviewer, "/catalog/")):
        answer = client.get(address, {"format": "csv"})
        assert b"".join(answer.streaming_content).decode().count("\n") >= 4  # type: ignore[attr-defined]
    officer.get("/catalog/")
    with django_assert_max_num_queries(32):  # type: ignore[attr-defined]
        officer.get("/catalog/")


def test_a_catalogue_file_holds_what_the_search_page_shows(provider: Department, officer: Client) -> None:
    for name, cycle in (
        ("低保对象", UpdateCycle.DAILY),
        ("低保资金", UpdateCycle.YEARLY),
        ("婚姻登记", UpdateCycle.DAILY),
    ):
        an_entry(provider, name=name, update_cycle=cycle)
    asked = {"q": "低保", "cycle": "daily", "level": "city"}
    page = officer.get("/catalog/", asked)
    assert [entry.name for entry in page.context["list"].page] == ["低保对象"]
    assert f"/catalog/export?{page.context['list'].keep_value}".replace("&", "&amp;") in page.content.decode()
    form = officer.get("/catalog/export", asked).content.decode()
    assert 'name="cycle" value="daily"' in form
    answer = officer.get("/catalog/export", asked | {"file": "csv"})
    rows = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "低保对象" in rows
    assert "低保资金" not in rows
    assert "婚姻登记" not in rows
