"""The way of a request: drafted, signed off, decided by whom the law names, delivered; and every way it can end."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from hefu.dataplane.filters import Equals, RowFilter, StartsWith
from hefu.dataplane.masks import Cover
from hefu.kernel import events
from hefu.kernel.actor import Role, system
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.law.errors import NoRuleInForce
from hefu.law.settings import Settings
from hefu.rooms.catalog import services as catalog
from hefu.rooms.catalog.terms import ItemContent, ItemType, ShareType
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.terms import ClockExpired, ClockWarned, State
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import errors, queries, services
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import (
    Answer,
    Application,
    ExtensionStatus,
    GrantedItem,
    NoticeKind,
    RequestGranted,
    RequestReceived,
    RequestRefused,
    RequestWithdrawn,
    Side,
    Status,
    Verdict,
)
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_case,
    a_department,
    an_actor,
    an_application,
    an_entry,
    the_authority,
)

pytestmark = pytest.mark.django_db

PLATFORM = system("test")
#: Ten working days after 11 March 2026.
DUE = date(2026, 3, 25)
GRANT = Answer(Verdict.GRANT)
REFUSAL = Answer(Verdict.REFUSE, "不属于贵单位职责", ground="not_needed_for_duties")
UNCONDITIONAL = {"share_type": ShareType.UNCONDITIONAL, "share_condition": "", "share_scope": ""}


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[Any]]:
    """What the room announced during the test; nobody else listens, so that no other room takes part."""
    found: list[Any] = []
    before = dict(events._listeners)
    said = (RequestReceived, RequestGranted, RequestRefused, RequestWithdrawn)
    events.wire(
        {kind: [found.append] for kind in said}
        | {ClockWarned: [services.on_clock_warned], ClockExpired: [services.on_clock_expired]}
    )
    yield found
    events.wire(before)


def decided(row: AccessRequest, answer: Answer = GRANT, *, on: date = TODAY) -> AccessRequest:
    """Let the chief of the provider answer."""
    chief = an_actor(row.provider, Role.CHIEF)
    return services.decide_request(number=row.number, answer=answer, actor=chief, clock=at_noon(on))


def reviewed(row: AccessRequest, answer: Answer = GRANT) -> AccessRequest:
    """Let the authority's reviewer answer."""
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    return services.decide_request(number=row.number, answer=answer, actor=reviewer, clock=NOON)


def clocks_of(row: AccessRequest) -> dict[str, tuple[str, date]]:
    """Return rule → state and last day."""
    return {one.rule: (one.state, one.due_on) for one in clock_queries.clocks_of(row.number, viewer=SYSTEM)}


def told(department: Department, row: AccessRequest) -> list[str]:
    """Return what kinds of notices the department reads on the case, first to last."""
    viewer = an_actor(department, Role.REVIEWER if department.is_authority else Role.OFFICER)
    found = [notice for notice in queries.notices(viewer=viewer, number=row.number) if notice.to_id == department.pk]
    return [notice.kind for notice in reversed(found)]


def kinds(row: AccessRequest) -> list[str]:
    return [entry.kind for entry in history(row.number, viewer=SYSTEM)]


class TestUnconditional:
    @pytest.mark.clause("D809-21")
    def test_it_is_granted_on_receipt_without_a_queue_and_its_clock_is_met(self, heard: list[Any]) -> None:
        provider = a_department()
        row = a_case(an_entry(provider, **UNCONDITIONAL))
        assert (row.status, row.deciders, row.decision.sides) == (Status.GRANTED, [], [])
        assert clocks_of(row)["requests.answer_unconditional"] == (State.MET, date(2026, 3, 12))
        assert not queries.to_decide(viewer=an_actor(provider, Role.CHIEF)).exists()
        answered = next(entry for entry in history(row.number, viewer=SYSTEM) if entry.kind == "request.decided")
        assert (answered.by, answered.body["by"]) == ("system:platform", ["platform"])
        assert [type(event) for event in heard] == [RequestReceived, RequestGranted]
        assert [item.code for item in heard[1].items] == ["id_number", "name", "birth_date"]

    def test_it_is_granted_on_a_rest_day_too(self) -> None:
        saturday = date(2026, 3, 14)
        row = a_case(an_entry(**UNCONDITIONAL), clock=at_noon(saturday))
        assert row.decision.decided_on == saturday
        assert clocks_of(row)["requests.answer_unconditional"] == (State.MET, date(2026, 3, 16))

    def test_the_rows_asked_for_are_the_rows_granted(self, heard: list[Any]) -> None:
        entry = an_entry(**UNCONDITIONAL)
        rows = RowFilter((StartsWith("id_number", "5117"),))
        row = a_case(entry, application=an_application(entry, "name", rows=rows))
        assert row.decision.row_filter == heard[-1].rows == rows

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"item_ids": (UUID(int=7),)}, "items"),
            ({"rows": RowFilter((Equals("salary", 1),))}, "rows"),
        ],
    )
    def test_items_and_rows_outside_the_entry_are_refused(self, changes: dict[str, Any], field: str) -> None:
        entry = an_entry(**UNCONDITIONAL)
        with pytest.raises(InputsRejected) as caught:
            a_case(entry, application=an_application(entry, **changes))
        assert set(caught.value.problems) == {field}

    def test_one_conditional_item_sends_the_whole_request_to_the_provider(self) -> None:
        items = (
            ItemContent("姓名", "name", ItemType.TEXT, 50),
            ItemContent("电话", "phone", ItemType.TEXT, 20, ShareType.CONDITIONAL),
        )
        entry = an_entry(**UNCONDITIONAL, items=items)
        assert a_case(entry, application=an_application(entry, "name")).status == Status.GRANTED
        row = a_case(entry)
        assert (row.status, row.share_type, row.deciders) == (Status.RECEIVED, ShareType.CONDITIONAL, [Side.PROVIDER])

    @pytest.mark.clause("GD2018-19a")
    def test_before_the_decree_guangdong_lets_it_be_taken_and_sets_no_time(self, heard: list[Any]) -> None:
        entry = an_entry(a_department(place="440100"), **UNCONDITIONAL)
        then = date(2024, 3, 4)
        row = a_case(entry, application=an_application(entry, term_from=then), clock=at_noon(then))
        assert row.status == Status.GRANTED
        assert clocks_of(row) == {}
        assert heard[0].due_on is None

    @pytest.mark.clause("DZ-18a")
    def test_under_dazhous_old_measures_it_is_taken_directly(self) -> None:
        entry, then = an_entry(**UNCONDITIONAL), date(2024, 9, 2)
        row = a_case(entry, application=an_application(entry, term_from=then), clock=at_noon(then))
        assert (row.status, row.decision.basis[0]["document"]) == (Status.GRANTED, "dazhou-old")

    def test_where_the_law_wants_a_review_the_authority_decides(self) -> None:
        authority = the_authority()
        row = a_case(an_entry(a_department(place="230000"), **UNCONDITIONAL))
        assert (row.status, row.deciders) == (Status.RECEIVED, [Side.AUTHORITY])
        assert clock_queries.clock_of(row.number, viewer=SYSTEM).responsible_id == authority.pk
        with pytest.raises(errors.NotADecider):
            decided(row)
        assert reviewed(row).status == Status.GRANTED


class TestConditional:
    @pytest.mark.clause("D809-22")
    def test_the_provider_agrees_and_the_time_to_deliver_begins(self, heard: list[Any]) -> None:
        row = decided(a_case(), on=date(2026, 3, 12))
        assert row.status == Status.GRANTED
        assert clocks_of(row) == {
            "requests.answer_conditional": (State.MET, DUE),
            "requests.delivery": (State.RUNNING, date(2026, 4, 10)),
        }
        granted = heard[-1]
        assert isinstance(granted, RequestGranted)
        assert granted.number == row.number
        assert (granted.entry_code, granted.entry_version) == (row.entry_code, 1)
        assert {(one.document, one.article) for one in granted.basis} == {("decree-809", "20"), ("decree-809", "21")}
        assert told(row.consumer, row) == [NoticeKind.DECIDED]
        assert kinds(row) == [
            "request.drafted",
            "request.received",
            "clock.started",
            "request.vote_given",
            "clock.met",
            "request.decided",
            "clock.started",
        ]

    def test_a_part_is_granted_with_fewer_items_fewer_rows_and_a_mask(self, heard: list[Any]) -> None:
        entry = an_entry()
        asked, added = StartsWith("id_number", "51"), StartsWith("id_number", "5117")
        row = a_case(entry, application=an_application(entry, rows=RowFilter((asked,))))
        items = (GrantedItem("name"), GrantedItem("id_number", mask=Cover(first=6)))
        row = decided(row, Answer(Verdict.GRANT_PART, "最小必要", items, RowFilter((added,))))
        assert row.status == Status.PARTLY_GRANTED
        expected = (GrantedItem("id_number", "公民身份号码", Cover(first=6)), GrantedItem("name", "姓名"))
        assert row.decision.granted_items == heard[-1].items == expected
        assert heard[-1].rows == RowFilter((asked, added))

    @pytest.mark.clause("D809-21")
    def test_it_is_refused_on_a_listed_ground_and_nothing_is_owed(self, heard: list[Any]) -> None:
        row = decided(a_case(), REFUSAL)
        assert (row.status, row.decision.ground) == (Status.REFUSED, "not_needed_for_duties")
        assert clocks_of(row) == {"requests.answer_conditional": (State.MET, DUE)}
        assert isinstance(heard[-1], RequestRefused)
        assert row.decision.reason == REFUSAL.reason
        assert row.decision.basis[-1]["article"] == "21"

    @pytest.mark.parametrize(("on", "state"), [(DUE, State.MET), (DUE + timedelta(days=1), State.LATE_MET)])
    def test_the_last_day_is_in_time_and_a_later_answer_counts_but_is_late(self, on: date, state: State) -> None:
        row = decided(a_case(), on=on)
        assert row.status == Status.GRANTED
        assert clocks_of(row)["requests.answer_conditional"][0] == state

    def test_an_expired_clock_goes_up_to_the_authority_and_never_grants(self) -> None:
        authority, row = the_authority(), a_case()
        for days in (1, 2, 400):
            clocks.sweep(clock=at_noon(DUE + timedelta(days=days)))
        row.refresh_from_db()
        assert row.status == Status.RECEIVED
        assert clocks_of(row)["requests.answer_conditional"][0] == State.EXPIRED
        for department in (row.provider, row.consumer, authority):
            assert told(department, row) == [NoticeKind.OVERDUE]
        reviewer = an_actor(authority, Role.REVIEWER)
        assert [one.number for one in queries.requests(viewer=reviewer, overdue=True)] == [row.number]
        assert decided(row, on=DUE + timedelta(days=401)).status == Status.GRANTED

    def test_the_office_reminds_the_provider(self) -> None:
        row = a_case()
        clocks.sweep(clock=at_noon(date(2026, 3, 24)))
        assert (told(row.provider, row), told(row.consumer, row)) == ([NoticeKind.DUE_SOON], [])

    @pytest.mark.clause("DZ-18d")
    @pytest.mark.clause("DZ-18c")
    def test_dazhous_old_measures_gave_the_provider_ten_working_days(self) -> None:
        entry, then = an_entry(), date(2024, 9, 2)
        row = a_case(entry, application=an_application(entry, term_from=then), clock=at_noon(then))
        clock = clock_queries.clock_of(row.number, viewer=SYSTEM)
        assert row.deciders == [Side.PROVIDER]
        # The Mid-Autumn days of 2024 do not count, the Saturday before them does.
        assert (clock.due_on, clock.counted.source.document) == (date(2024, 9, 14), "dazhou-old")

    def test_where_no_law_is_in_force_nothing_can_be_handed_in_and_the_draft_stays(self) -> None:
        entry, then = an_entry(), at_noon(date(2025, 3, 4))
        office = a_department()
        application = an_application(entry, term_from=date(2025, 3, 4))
        row = services.draft_request(entry=entry.code, application=application, actor=an_actor(office), clock=then)
        with pytest.raises(NoRuleInForce):
            services.submit_request(number=row.number, actor=an_actor(office, Role.CHIEF), clock=then)
        row.refresh_from_db()
        assert (row.status, kinds(row)) == (Status.DRAFT, ["request.drafted"])

    def test_what_arrives_after_the_offices_hour_is_received_the_next_working_day(self) -> None:
        settings = Settings(cut_off=time(11))
        clocks.change_office(settings=settings, actor=an_actor(the_authority(), Role.CHIEF), clock=NOON)
        row = a_case(clock=at_noon(date(2026, 3, 13)))
        assert row.received_on == date(2026, 3, 16)
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, date(2026, 3, 30))

    def test_data_of_an_entry_that_left_the_catalogue_is_not_granted_any_more(self) -> None:
        entry = an_entry()
        row = a_case(entry)
        catalog.withdraw_entry(
            entry_id=entry.pk, reason="职责调整", actor=an_actor(entry.provider, Role.CHIEF), clock=NOON
        )
        with pytest.raises(errors.EntryNotInForce):
            decided(row)
        assert decided(row, REFUSAL).status == Status.REFUSED

    def test_an_opinion_is_the_chiefs_to_use_and_binds_nobody(self) -> None:
        row = a_case()
        officer = an_actor(row.provider)
        services.give_opinion(number=row.number, answer=REFUSAL, actor=officer, clock=NOON)
        voice = services.give_opinion(number=row.number, answer=GRANT, actor=officer, clock=NOON)
        assert queries.voices(row, viewer=an_actor(row.provider, Role.CHIEF)) == [voice]
        assert queries.voices(row, viewer=an_actor(row.consumer)) == []
        row.refresh_from_db()
        assert row.status == Status.RECEIVED
        assert decided(row, REFUSAL).status == Status.REFUSED


@pytest.mark.clause("GD2018-19c")
class TestJoint:
    @pytest.fixture
    def row(self) -> AccessRequest:
        the_authority()
        return a_case(an_entry(a_department(place="440100")))

    def test_both_must_agree_in_either_order(self, row: AccessRequest, heard: list[Any]) -> None:
        assert row.deciders == [Side.PROVIDER, Side.AUTHORITY]
        assert decided(row).status == Status.RECEIVED
        assert not any(isinstance(event, RequestGranted) for event in heard)
        assert not queries.to_decide(viewer=an_actor(row.provider, Role.CHIEF)).exists()
        assert queries.to_decide(viewer=an_actor(the_authority(), Role.REVIEWER)).count() == 1
        row = reviewed(row)
        assert (row.status, row.decision.sides) == (Status.GRANTED, [Side.PROVIDER, Side.AUTHORITY])
        assert sum(isinstance(event, RequestGranted) for event in heard) == 1

    def test_the_authority_may_speak_first_and_narrow(self, row: AccessRequest) -> None:
        reviewed(row, Answer(Verdict.GRANT_PART, "最小必要", (GrantedItem("name"), GrantedItem("birth_date"))))
        row = decided(
            row, Answer(Verdict.GRANT_PART, "保护隐私", (GrantedItem("name", mask=Cover(1)), GrantedItem("id_number")))
        )
        assert row.status == Status.PARTLY_GRANTED
        assert row.decision.granted_items == (GrantedItem("name", "姓名", Cover(1)),)

    def test_either_refusal_refuses_at_once_with_its_ground(self, row: AccessRequest) -> None:
        row = reviewed(row, REFUSAL)
        assert (row.status, row.decision.ground) == (Status.REFUSED, "not_needed_for_duties")
        with pytest.raises(errors.MoveNotAllowed):
            decided(row)

    def test_a_side_speaks_once_and_nobody_speaks_for_two(self, row: AccessRequest) -> None:
        decided(row)
        with pytest.raises(errors.VotedBefore):
            decided(row)

    def test_on_a_node_without_an_authority_nothing_is_taken_in_that_nobody_could_answer(self) -> None:
        entry = an_entry(a_department(place="440100"))
        Department.objects.filter(pk=the_authority().pk).update(closed_at=NOON.now())
        with pytest.raises(NotFound, match="data authority"):
            a_case(entry)

    def test_an_authority_that_is_itself_the_provider_decides_once(self) -> None:
        authority = a_department("市数据局", DepartmentRole.AUTHORITY, DepartmentRole.PROVIDER, place="440100")
        row = a_case(an_entry(authority))
        assert row.deciders == [Side.PROVIDER]
        assert decided(row).status == Status.GRANTED


class TestNotShared:
    @pytest.mark.clause("D809-15")
    @pytest.mark.clause("DZ-18e")
    def test_it_cannot_even_be_drafted_and_the_basis_is_told(self) -> None:
        entry = an_entry(
            share_type=ShareType.NONE,
            share_condition="",
            share_scope="",
            noshare_reason="涉及统计调查对象",
            basis_kind="law",
            basis_title="统计法",
            basis_article="第二十五条",
            channels=(),
        )
        with pytest.raises(errors.NotShared, match="统计法"):
            a_case(entry, application=Application())
        assert not AccessRequest.objects.exists()

    def test_an_item_kept_back_is_refused_and_the_others_can_be_asked_for(self) -> None:
        items = (
            ItemContent("姓名", "name", ItemType.TEXT, 50),
            ItemContent("收入", "income", ItemType.MONEY, None, ShareType.NONE),
        )
        entry = an_entry(items=items, basis_kind="law", basis_title="统计法", basis_article="第二十五条")
        with pytest.raises(errors.NotShared, match="收入"):
            a_case(entry)
        assert a_case(entry, application=an_application(entry, "name")).status == Status.RECEIVED

    def test_ones_own_data_and_a_department_that_is_no_consumer_are_refused(self) -> None:
        entry = an_entry()
        with pytest.raises(errors.OwnData):
            a_case(entry, entry.provider)
        with pytest.raises(errors.NotAConsumer, match="市档案馆"):
            a_case(entry, a_department("市档案馆", DepartmentRole.PROVIDER))


class TestIncomplete:
    @pytest.mark.clause("D809-21")
    def test_it_is_refused_with_the_whole_list_and_nothing_is_lost(self) -> None:
        entry, office = an_entry(), a_department()
        officer, chief = an_actor(office), an_actor(office, Role.CHIEF)
        row = services.draft_request(
            entry=entry.code, application=Application(purpose="核对"), actor=officer, clock=NOON
        )
        with pytest.raises(errors.Incomplete) as caught:
            services.submit_request(number=row.number, actor=chief, clock=NOON)
        expected = {"items", "basis_kind", "basis_title", "scenario", "channel", "term_from", "term_until"}
        assert set(caught.value.problems) == expected == set(queries.lacking(row, today=TODAY))
        row.refresh_from_db()
        assert (row.status, row.purpose, kinds(row)) == (Status.DRAFT, "核对", ["request.drafted"])
        services.change_request(number=row.number, application=an_application(entry), actor=officer, clock=NOON)
        assert services.submit_request(number=row.number, actor=chief, clock=NOON).status == Status.RECEIVED

    def returned(self, row: AccessRequest, on: date = date(2026, 3, 16)) -> AccessRequest:
        return services.return_incomplete(
            number=row.number, problems={"scenario": "请写明业务环节"}, actor=an_actor(row.provider), clock=at_noon(on)
        )

    def completed(self, row: AccessRequest, on: date = date(2026, 3, 19), **changes: Any) -> AccessRequest:
        application = an_application(row.entry, scenario="低保复核环节", **changes)
        officer, chief = an_actor(row.consumer), an_actor(row.consumer, Role.CHIEF)
        services.change_request(number=row.number, application=application, actor=officer, clock=at_noon(on))
        return services.submit_request(number=row.number, actor=chief, clock=at_noon(on))

    def test_a_received_case_is_sent_back_once_and_its_clock_runs_on(self) -> None:
        row = self.returned(a_case())
        assert (row.status, row.missing) == (Status.INCOMPLETE, {"scenario": "请写明业务环节"})
        assert told(row.consumer, row) == [NoticeKind.RETURNED]
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, DUE)
        with pytest.raises(errors.MoveNotAllowed):
            decided(row)
        row = self.completed(row)
        assert (row.status, row.received_on) == (Status.RECEIVED, TODAY)
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, DUE)
        with pytest.raises(errors.ReturnedBefore):
            self.returned(row)
        assert decided(row).status == Status.GRANTED

    def test_where_the_office_says_so_the_clock_stands_still_meanwhile(self) -> None:
        clocks.change_office(
            settings=Settings(pause_while_incomplete=True), actor=an_actor(the_authority(), Role.CHIEF), clock=NOON
        )
        row = self.returned(a_case())
        assert clocks_of(row)["requests.answer_conditional"] == (State.PAUSED, DUE)
        row = self.completed(row)
        # Seven working days were left on 16 March; they are counted again from the 19th.
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, date(2026, 3, 30))

    def test_what_the_chief_signed_stays_as_it_was_signed(self) -> None:
        row = self.completed(self.returned(a_case()))
        first, second = queries.submissions(row)
        assert (first.content["scenario"], second.content["scenario"]) == (
            "办理最低生活保障时核对申请人信息",
            "低保复核环节",
        )
        assert first.digest != second.digest
        with pytest.raises(DatabaseError), transaction.atomic():
            row.submissions.update(by_name="别人")

    def test_completed_down_to_unconditional_items_it_is_granted_at_once(self) -> None:
        items = (
            ItemContent("姓名", "name", ItemType.TEXT, 50),
            ItemContent("电话", "phone", ItemType.TEXT, 20, ShareType.CONDITIONAL),
        )
        row = self.returned(a_case(an_entry(**UNCONDITIONAL, items=items)))
        wanted = (row.asked_items[0].item_id,)
        row = self.completed(row, item_ids=wanted)
        assert (row.status, row.share_type) == (Status.GRANTED, ShareType.UNCONDITIONAL)
        assert clocks_of(row)["requests.answer_conditional"][0] == State.MET

    def test_only_drafts_and_returned_requests_are_rewritten_and_saying_the_same_records_nothing(self) -> None:
        row = a_case()
        with pytest.raises(errors.NotWritable):
            services.change_request(
                number=row.number, application=row.application, actor=an_actor(row.consumer), clock=NOON
            )
        row = self.returned(row)
        before = kinds(row)
        services.change_request(
            number=row.number, application=row.application, actor=an_actor(row.consumer), clock=NOON
        )
        assert kinds(row) == before


class TestWithdrawn:
    def test_a_draft_is_thrown_away_by_its_officer_without_a_word(self, heard: list[Any]) -> None:
        entry, officer = an_entry(), an_actor(a_department())
        row = services.draft_request(entry=entry.pk, application=Application(), actor=officer, clock=NOON)
        assert services.withdraw_request(number=row.number, actor=officer, clock=NOON).status == Status.WITHDRAWN
        assert heard == []
        assert not queries.requests(viewer=an_actor(entry.provider)).exists()

    def test_what_was_handed_in_is_taken_back_by_the_chief_with_a_reason(self, heard: list[Any]) -> None:
        row = a_case()
        chief = an_actor(row.consumer, Role.CHIEF)
        with pytest.raises(InputsRejected):
            services.withdraw_request(number=row.number, actor=chief, clock=NOON)
        row = services.withdraw_request(number=row.number, reason="业务取消", actor=chief, clock=NOON)
        assert clocks_of(row)["requests.answer_conditional"][0] == State.CANCELLED
        assert told(row.provider, row) == [NoticeKind.WITHDRAWN]
        assert isinstance(heard[-1], RequestWithdrawn)
        with pytest.raises(errors.MoveNotAllowed):
            decided(row)


@pytest.mark.clause("D809-21")
class TestExtension:
    def asked(self, row: AccessRequest, *, days: int = 5, on: date = DUE) -> Any:
        chief = an_actor(row.provider, Role.CHIEF)
        return services.ask_extension(number=row.number, days=days, reason="数据量大", actor=chief, clock=at_noon(on))

    def consented(self, row: AccessRequest, *, consent: bool = True, note: str = "", on: date = DUE) -> Any:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        return services.consent_extension(
            number=row.number, consent=consent, note=note, actor=reviewer, clock=at_noon(on)
        )

    def test_the_authority_consents_the_last_day_moves_and_the_requester_is_told(self) -> None:
        authority, row = the_authority(), a_case()
        self.asked(row)
        assert told(authority, row) == [NoticeKind.EXTENSION_ASKED]
        assert queries.to_consent(viewer=an_actor(authority, Role.REVIEWER)).count() == 1
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, DUE)
        wish = self.consented(row)
        assert (wish.status, wish.due_on) == (ExtensionStatus.CONSENTED, date(2026, 4, 1))
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, date(2026, 4, 1))
        assert told(row.consumer, row) == told(row.provider, row) == [NoticeKind.EXTENDED]
        answered = next(one for one in history(row.number, viewer=SYSTEM) if one.kind == "request.extension_answered")
        assert (answered.body["requester_told"], answered.body["due_on"]) == (True, "2026-04-01")
        assert decided(row, on=date(2026, 4, 1)).status == Status.GRANTED
        assert clocks_of(row)["requests.answer_conditional"][0] == State.MET

    def test_it_is_asked_once_even_when_it_was_declined(self) -> None:
        the_authority()
        row = a_case()
        self.asked(row)
        assert self.consented(row, consent=False, note="理由不足").status == ExtensionStatus.DECLINED
        assert clocks_of(row)["requests.answer_conditional"] == (State.RUNNING, DUE)
        assert told(row.provider, row) == [NoticeKind.EXTENSION_DECLINED]
        with pytest.raises(errors.ExtensionAskedBefore, match="declined"):
            self.asked(row)
        with pytest.raises(errors.NoExtensionAsked):
            self.consented(row)

    def test_after_the_last_day_it_is_neither_asked_for_nor_consented_to(self) -> None:
        the_authority()
        late = DUE + timedelta(days=1)
        with pytest.raises(errors.AnswerOverdue):
            self.asked(a_case(), on=late)
        row = a_case()
        self.asked(row)
        clocks.sweep(clock=at_noon(late))
        with pytest.raises(errors.AnswerOverdue):
            self.consented(row, on=late)

    def test_a_law_without_an_extension_refuses_it(self) -> None:
        the_authority()
        entry, then = an_entry(), date(2024, 9, 2)
        row = a_case(entry, application=an_application(entry, term_from=then), clock=at_noon(then))
        with pytest.raises(NoRuleInForce):
            self.asked(row, on=then)

    def test_who_asked_does_not_consent(self) -> None:
        authority = a_department("市数据局", DepartmentRole.AUTHORITY, DepartmentRole.PROVIDER)
        row = a_case(an_entry(authority))
        both = an_actor(authority, Role.CHIEF, Role.REVIEWER)
        services.ask_extension(number=row.number, days=5, reason="数据量大", actor=both, clock=NOON)
        with pytest.raises(errors.SamePerson):
            services.consent_extension(number=row.number, consent=True, actor=both, clock=NOON)


class TestDelivered:
    @pytest.mark.clause("D809-22")
    @pytest.mark.parametrize(("on", "state"), [(date(2026, 4, 9), State.MET), (date(2026, 4, 10), State.LATE_MET)])
    def test_the_first_delivery_meets_the_time_to_deliver_and_later_ones_change_nothing(
        self, on: date, state: State
    ) -> None:
        row = decided(a_case())
        for day in (on, on + timedelta(days=9)):
            row = services.delivery_made(number=row.number, actor=PLATFORM, clock=at_noon(day))
        assert row.delivered_on == on
        assert clocks_of(row)["requests.delivery"] == (state, date(2026, 4, 9))
        assert told(row.consumer, row)[-1] == NoticeKind.DELIVERED
        assert kinds(row).count("request.delivered") == 1

    def test_of_a_case_that_is_done_the_last_clock_is_shown(self) -> None:
        for _ in range(5):
            row = decided(a_case())
            services.delivery_made(number=row.number, actor=PLATFORM, clock=NOON)
            assert clock_queries.clock_of(row.number, viewer=SYSTEM).rule == "requests.delivery"

    def test_nothing_is_delivered_before_it_is_granted(self) -> None:
        row = a_case()
        with pytest.raises(errors.MoveNotAllowed):
            services.delivery_made(number=row.number, actor=PLATFORM, clock=NOON)

    def test_a_grant_that_ended_before_any_delivery_stops_the_time_once(self) -> None:
        row = decided(a_case())
        for _ in range(2):
            services.delivery_off(number=row.number, reason="grant revoked", actor=PLATFORM, clock=NOON)
        assert clocks_of(row)["requests.delivery"][0] == State.CANCELLED
        assert kinds(row).count("request.delivery_off") == 1
