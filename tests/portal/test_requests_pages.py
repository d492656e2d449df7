"""Pages of requests: asked, signed off, answered, all by links and forms alone."""

from datetime import date

import pytest
from django.test import Client

from hefu.dataplane.filters import Between, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.masks import Code, Constant, Cover, DateShift, DateTrunc, FormatPreserving, Hash, Translate
from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.portal import middleware
from hefu.portal.scope import make_mask, mask_kind
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Status
from tests.builders import SYSTEM, a_case, a_department, an_entry, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Department:
    return a_department("市公安局")


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def entry(provider: Department) -> Entry:
    the_authority()
    return an_entry(provider)


@pytest.fixture
def officer(consumer: Department, signed_in: SignIn) -> Client:
    return signed_in(consumer)


@pytest.fixture
def chief(consumer: Department, signed_in: SignIn) -> Client:
    return signed_in(consumer, Role.CHIEF)


@pytest.fixture
def deciding(provider: Department, signed_in: SignIn) -> Client:
    return signed_in(provider, Role.CHIEF)


def begun(client: Client, entry: Entry) -> AccessRequest:
    client.post("/requests/begin", {"entry": str(entry.pk)})
    return AccessRequest.objects.latest("drafted_at")


def typed(entry: Entry, **changes: object) -> dict[str, object]:
    """Return what somebody fills in: all items, all rows."""
    return {
        "items": [str(item.pk) for item in entry.items.all()],
        "rows_item": [""],
        "rows_way": ["equals"],
        "rows_value": [""],
        "rows_upper": [""],
        "purpose": "核对救助对象",
        "scenario": "办理低保时核对",
        "basis_kind": "administrative_regulation",
        "basis_title": "社会救助暂行办法",
        "basis_article": "61",
        "channel": "table",
        "target": "",
        "term_from": "2026-03-11",
        "term_until": "2026-12-31",
        "deed": "save",
    } | changes


def answered(row: AccessRequest, **changes: object) -> dict[str, object]:
    return {
        "verdict": "grant",
        "items": [item.code for item in row.asked_items],
        "rows_item": [""],
        "rows_way": ["equals"],
        "rows_value": [""],
        "rows_upper": [""],
        "ground": "",
        "document_rank": "",
        "document_title": "",
        "document_article": "",
        "reason": "",
        "deed": "decide",
    } | changes


class TestAsking:
    def test_a_department_asks_and_its_chief_hands_in_without_any_script(
        self, entry: Entry, officer: Client, chief: Client
    ) -> None:
        page = officer.get(f"/catalog/{entry.pk}/").content.decode()
        assert 'action="/requests/begin"' in page
        row = begun(officer, entry)
        write = f"/requests/{row.number}/write"
        assert "Still missing" in officer.get(write).content.decode()
        assert officer.post(write, typed(entry))["Location"] == f"/requests/{row.number}/"
        assert "signs it off" in officer.get(f"/requests/{row.number}/").content.decode()
        case = chief.get(f"/requests/{row.number}/").content.decode()
        assert f'action="/requests/{row.number}/submit"' in case
        chief.post(f"/requests/{row.number}/submit")
        row.refresh_from_db()
        assert row.status == Status.RECEIVED
        after = officer.get(f"/requests/{row.number}/").content.decode()
        assert "working days left" in after
        assert "How this day was found" in after

    def test_asking_twice_goes_on_with_the_same_draft(self, entry: Entry, officer: Client) -> None:
        assert begun(officer, entry).pk == begun(officer, entry).pk
        assert AccessRequest.objects.count() == 1

    def test_everything_missing_is_named_at_once_at_its_field_with_the_article(
        self, entry: Entry, chief: Client
    ) -> None:
        row = begun(chief, entry)
        empty = dict.fromkeys(typed(entry), "") | {"items": [], "deed": "submit"}
        answer = chief.post(f"/requests/{row.number}/write", empty)
        text = answer.content.decode()
        assert answer.status_code == 422
        for field in ("items", "purpose", "scenario", "basis_kind", "channel", "term_from", "term_until"):
            assert f'href="#id_{field}' in text
        assert "art. 20" in text

    def test_what_the_law_of_the_place_wants_stated_stands_beside_the_form_from_the_start(
        self, officer: Client, entry: Entry
    ) -> None:
        in_shanghai = begun(officer, an_entry(a_department(place="310000")))
        texts = {
            row.number: officer.get(f"/requests/{row.number}/write").content.decode()
            for row in (in_shanghai, begun(officer, entry))
        }
        for number, text in texts.items():
            asked = text.split("The law wants it to state")[1]
            assert "art. 20" in asked
            assert ("art. 39" in asked) is (number == in_shanghai.number)

    def test_what_was_typed_stays_when_it_cannot_be_taken(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        wrong = typed(entry, term_until="2026-01-01", purpose="写了很久的用途")
        answer = officer.post(f"/requests/{row.number}/write", wrong)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "写了很久的用途" in text
        assert "lies before the first" in text

    def test_it_saves_itself_while_somebody_types(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        answer = officer.post(
            f"/requests/{row.number}/write",
            typed(entry, scenario="", deed="autosave"),
            headers={"hx-request": "true"},
        )
        text = answer.content.decode()
        assert "<html" not in text
        assert "Saved" in text
        assert "scenario" in text
        row.refresh_from_db()
        assert row.purpose == "核对救助对象"

    def test_row_scopes_are_stated_in_lines(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        lines = {
            "rows_item": ["name", "birth_date", "id_number", "name", "birth_date", ""],
            "rows_way": ["one_of", "between", "starts", "equals", "empty", "equals"],
            "rows_value": ["张三，李四", "1990-01-01", "5117", "张三", "", ""],
            "rows_upper": ["", "", "", "", "", ""],
        }
        del lines["rows_item"][4], lines["rows_way"][4], lines["rows_value"][4], lines["rows_upper"][4]
        officer.post(f"/requests/{row.number}/write", typed(entry, **lines))
        row.refresh_from_db()
        assert row.row_filter == RowFilter(
            (
                OneOf("name", ("张三", "李四")),
                Between("birth_date", date(1990, 1, 1), None),
                StartsWith("id_number", "5117"),
                Equals("name", "张三"),
            )
        )
        page = officer.get(f"/requests/{row.number}/write").content.decode()
        assert 'value="张三, 李四"' in page
        case = officer.get(f"/requests/{row.number}/").content.decode()
        assert "出生日期 is at least 1990-01-01" in case

    def test_an_empty_value_can_be_asked_for(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        lines = {"rows_item": ["name"], "rows_way": ["empty"], "rows_value": [""], "rows_upper": [""]}
        officer.post(f"/requests/{row.number}/write", typed(entry, **lines))
        row.refresh_from_db()
        assert row.row_filter == RowFilter((IsNull("name"),))

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (("birth_date", "equals", "yesterday"), "does not fit 出生日期"),
            (("", "equals", "x"), "names no item"),
            (("name", "equals", ""), "compares with nothing"),
        ],
    )
    def test_a_half_done_condition_is_named_and_kept(
        self, entry: Entry, officer: Client, line: tuple[str, str, str], said: str
    ) -> None:
        row = begun(officer, entry)
        item, way, value = line
        lines = {"rows_item": [item], "rows_way": [way], "rows_value": [value], "rows_upper": [""]}
        answer = officer.post(f"/requests/{row.number}/write", typed(entry, **lines))
        assert answer.status_code == 422
        assert said in answer.content.decode()

    def test_another_line_comes_with_a_button_and_nothing_is_saved_by_it(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        lines = {"rows_item": ["name"], "rows_way": ["equals"], "rows_value": ["张三"], "rows_upper": [""]}
        answer = officer.post(f"/requests/{row.number}/write", typed(entry, deed="more", **lines))
        assert answer.content.decode().count("data-line>") == 2
        row.refresh_from_db()
        assert row.row_filter == RowFilter()

    def test_unconditional_data_is_granted_when_it_is_handed_in(self, provider: Department, chief: Client) -> None:
        the_authority()
        entry = an_entry(provider, share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
        row = begun(chief, entry)
        answer = chief.post(f"/requests/{row.number}/write", typed(entry, deed="submit"), follow=True)
        text = answer.content.decode()
        assert "shared unconditionally: the request is granted" in text
        assert "the platform, on receipt" in text

    def test_a_draft_is_thrown_away(self, entry: Entry, officer: Client) -> None:
        row = begun(officer, entry)
        officer.post(f"/requests/{row.number}/discard")
        row.refresh_from_db()
        assert row.status == Status.WITHDRAWN

    def test_a_handed_in_request_is_taken_back_only_with_a_reason(
        self, entry: Entry, consumer: Department, chief: Client
    ) -> None:
        row = a_case(entry, consumer)
        address = f"/requests/{row.number}/withdraw"
        assert chief.post(address, {"reason": ""}).status_code == 422
        chief.post(address, {"reason": "不再需要"})
        assert "不再需要" in chief.get(f"/requests/{row.number}/").content.decode()


class TestWhoSees:
    def test_a_draft_is_the_consumers_alone(self, entry: Entry, officer: Client, deciding: Client) -> None:
        row = begun(officer, entry)
        for address in ("", "write", "answer", "withdraw"):
            assert deciding.get(f"/requests/{row.number}/{address}").status_code == 404

    def test_a_guessed_number_of_others_is_not_there(
        self, entry: Entry, consumer: Department, signed_in: SignIn
    ) -> None:
        row = a_case(entry, consumer)
        stranger = signed_in(a_department(), Role.CHIEF)
        for address in ("", "write", "answer", "send-back", "more-time", "consent", "withdraw"):
            assert stranger.get(f"/requests/{row.number}/{address}").status_code == 404
            assert stranger.post(f"/requests/{row.number}/{address}", {"reason": "x"}).status_code in (404, 405)
        assert row.number not in stranger.get("/requests/").content.decode()

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.SECURITY])
    def test_administrators_do_not_read_cases(
        self, entry: Entry, consumer: Department, signed_in: SignIn, role: Role
    ) -> None:
        row = a_case(entry, consumer)
        assert signed_in(the_authority(), role).get(f"/requests/{row.number}/").status_code == 404


class TestAnswering:
    @pytest.fixture
    def row(self, entry: Entry, consumer: Department) -> AccessRequest:
        return a_case(entry, consumer)

    def test_the_chief_grants_a_part_with_masks_and_fewer_rows(
        self, row: AccessRequest, deciding: Client, officer: Client
    ) -> None:
        answer = deciding.post(
            f"/requests/{row.number}/answer",
            answered(
                row,
                verdict="grant_part",
                items=["id_number", "birth_date"],
                mask_id_number="cover",
                with_id_number="6,4",
                mask_birth_date="year",
                rows_item=["id_number"],
                rows_way=["starts"],
                rows_value=["5117"],
                reason="只需本市",
            ),
        )
        assert answer["Location"] == f"/requests/{row.number}/"
        row.refresh_from_db()
        granted = {item.code: item.mask for item in row.decision.granted_items}
        assert granted == {"id_number": Cover(6, 4), "birth_date": DateTrunc("year")}
        text = officer.get(f"/requests/{row.number}/").content.decode()
        assert "first 6 and last 4 shown" in text
        assert "not granted" in text
        assert "公民身份号码 starts with “5117”" in text
        assert "/grants/G2026-" in text

    def test_masks_with_a_salt_take_the_cases_own_and_come_back_into_the_form(
        self, row: AccessRequest, deciding: Client
    ) -> None:
        answer = deciding.post(
            f"/requests/{row.number}/answer",
            answered(
                row,
                verdict="grant_part",
                items=["id_number", "birth_date"],
                mask_id_number="citizen_id",
                as_id_number="证号",
                mask_birth_date="shift",
                with_birth_date="180，id_number",
                reason="只需本市",
            ),
        )
        assert answer.status_code == 302
        row.refresh_from_db()
        numbers, born = row.decision.granted_items
        assert (numbers.mask, numbers.delivered_as) == (FormatPreserving(row.number, "citizen_id"), "证号")
        assert born.mask == DateShift(row.number, "id_number", 180)
        for mask in (numbers.mask, born.mask, Hash("shared"), Constant("a,b"), Translate((Code("1", "男"),), "keep")):
            assert make_mask(*mask_kind(mask, row.number), row.number) == mask

    def test_less_than_asked_needs_a_reason_and_the_right_word(self, row: AccessRequest, deciding: Client) -> None:
        answer = deciding.post(f"/requests/{row.number}/answer", answered(row, items=["name"]))
        assert answer.status_code == 422
        assert "Less than asked is given" in answer.content.decode()

    def test_a_refusal_needs_a_listed_ground(self, row: AccessRequest, deciding: Client) -> None:
        page = deciding.get(f"/requests/{row.number}/answer")
        grounds = [value for value, _word in page.context["form"].fields["ground"].choices if value]
        assert grounds
        bare = deciding.post(f"/requests/{row.number}/answer", answered(row, verdict="refuse", reason="不便提供"))
        assert bare.status_code in (409, 422)
        assert row.number in bare.content.decode()

    def test_an_officer_prepares_and_the_chief_finds_it_filled_in(
        self, row: AccessRequest, provider: Department, signed_in: SignIn, deciding: Client
    ) -> None:
        signed_in(provider).post(
            f"/requests/{row.number}/answer",
            answered(row, verdict="grant_part", items=["name"], reason="其余不需要", deed="opinion"),
        )
        page = deciding.get(f"/requests/{row.number}/answer")
        assert "其余不需要" in page.content.decode()
        assert page.context["form"].initial["items"] == ["name"]
        row.refresh_from_db()
        assert row.status == Status.RECEIVED

    def test_an_officer_cannot_decide_however_the_form_is_sent(
        self, row: AccessRequest, provider: Department, signed_in: SignIn
    ) -> None:
        answer = signed_in(provider).post(f"/requests/{row.number}/answer", answered(row))
        assert answer.status_code == 403
        row.refresh_from_db()
        assert row.status == Status.RECEIVED

    @pytest.mark.parametrize("wrong", ["a,b", "x", ""])
    def test_a_mask_that_cannot_be_made_is_named(self, row: AccessRequest, deciding: Client, wrong: str) -> None:
        answer = deciding.post(
            f"/requests/{row.number}/answer",
            answered(row, verdict="grant_part", mask_name="bin", with_name=wrong or "no", reason="r"),
        )
        assert answer.status_code == 422
        assert "needs whole numbers" in answer.content.decode()

    def test_it_is_sent_back_once_with_everything_named(
        self, row: AccessRequest, deciding: Client, officer: Client
    ) -> None:
        address = f"/requests/{row.number}/send-back"
        assert deciding.post(address, {}).status_code == 422
        deciding.post(address, {"about_scenario": "请写明业务环节", "about_basis_article": "请补条款"})
        text = officer.get(f"/requests/{row.number}/").content.decode()
        assert "请写明业务环节" in text
        assert "请补条款" in text
        officer.get(f"/requests/{row.number}/write")
        assert queries.actions(AccessRequest.objects.get(pk=row.pk), viewer=SYSTEM)

    def test_more_time_is_asked_for_and_consented_to(
        self, row: AccessRequest, deciding: Client, officer: Client, signed_in: SignIn
    ) -> None:
        page = deciding.get(f"/requests/{row.number}/more-time").content.decode()
        assert "at most 10 working days" in page
        deciding.post(f"/requests/{row.number}/more-time", {"days": "5", "reason": "涉及三个系统"})
        reviewer = signed_in(the_authority(), Role.REVIEWER)
        assert "涉及三个系统" in reviewer.get(f"/requests/{row.number}/consent").content.decode()
        reviewer.post(f"/requests/{row.number}/consent", {"consent": "yes", "note": "同意"})
        text = officer.get(f"/requests/{row.number}/").content.decode()
        assert "consented" in text
        assert "→" in text

    def test_no_more_time_than_the_law_gives(self, row: AccessRequest, deciding: Client) -> None:
        answer = deciding.post(f"/requests/{row.number}/more-time", {"days": "11", "reason": "x"})
        assert answer.status_code == 422


class TestTheClock:
    def test_the_case_says_how_many_working_days_are_left_and_why(
        self, entry: Entry, consumer: Department, officer: Client
    ) -> None:
        row = a_case(entry, consumer)
        text = officer.get(f"/requests/{row.number}/").content.decode()
        assert "2026-03-25" in text
        assert "<b>10</b> working days left" in text
        assert "art. 21" in text
        assert "weekend" in text

    @pytest.mark.parametrize(
        ("today", "said"),
        [
            (date(2026, 3, 25), "<b>0</b> working days left"),
            (date(2026, 3, 24), "<b>1</b> working day left"),
            (date(2026, 3, 27), "<b>2</b> working days over"),
        ],
    )
    def test_the_days_follow_the_calendar(
        self,
        entry: Entry,
        consumer: Department,
        officer: Client,
        monkeypatch: pytest.MonkeyPatch,
        today: date,
        said: str,
    ) -> None:
        row = a_case(entry, consumer)
        monkeypatch.setattr(middleware, "CLOCK", at_noon(today))
        assert said in officer.get(f"/requests/{row.number}/").content.decode()

    def test_the_list_shows_the_same_clock(self, entry: Entry, consumer: Department, officer: Client) -> None:
        a_case(entry, consumer)
        text = officer.get("/requests/").content.decode()
        assert "2026-03-25" in text
        assert "<b>10</b> working days left" in text


class TestTheDesk:
    @pytest.mark.clause("AH-02a")
    def test_it_counts_what_waits_and_leads_there(
        self, entry: Entry, consumer: Department, deciding: Client, officer: Client, signed_in: SignIn
    ) -> None:
        row = a_case(entry, consumer)
        desk = deciding.get("/")
        (line,) = [one for one in desk.context["todo"] if one.words == "requests to answer"]
        assert line.count == 1
        assert row.number in deciding.get(line.address).content.decode()
        assert row.number in desk.content.decode()
        waits = officer.get("/")
        assert [one["number"] for one in waits.context["awaited"]] == [row.number]
        assert signed_in(a_department()).get("/").context["cases"] == []

    def test_the_top_bar_shows_the_nearest_last_day(self, entry: Entry, consumer: Department, deciding: Client) -> None:
        a_case(entry, consumer)
        text = deciding.get("/departments/").content.decode()
        assert "1 case" in text
        assert "10 left" in text

    def test_a_full_number_leads_to_its_case(self, entry: Entry, consumer: Department, officer: Client) -> None:
        row = a_case(entry, consumer)
        assert officer.get("/search", {"q": row.number.lower()})["Location"] == f"/requests/{row.number}/"
        assert row.number in officer.get("/search", {"q": entry.name}).content.decode()

    @pytest.mark.parametrize("role", list(Role))
    def test_every_role_has_a_desk(self, role: Role, signed_in: SignIn) -> None:
        assert signed_in(the_authority(), role).get("/").status_code == 200
