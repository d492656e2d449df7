"""Second looks, comments, full reviews and needs outside the catalogue: each a case with its people and its clock."""

from datetime import date, timedelta

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import errors, queries, services
from hefu.rooms.upkeep.terms.cases import NeedStatus, Word
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_content,
    a_department,
    a_draft,
    an_actor,
    an_entry,
    the_authority,
)

pytestmark = pytest.mark.django_db

NEXT_WEEK = TODAY + timedelta(days=7)
LATER = at_noon(NEXT_WEEK + timedelta(days=1))


def by_chief(office: Department) -> tuple[Entry, object]:
    chief = an_actor(office, Role.CHIEF)
    row = catalog_services.draft_entry(provider_id=office.pk, content=a_content(), actor=chief, clock=NOON)
    return row, chief


class TestSecondLook:
    @pytest.mark.clause("D809-13")
    def test_a_head_who_wrote_the_entry_needs_another_person_to_assess_it(self) -> None:
        office = a_department()
        row, chief = by_chief(office)
        with pytest.raises(errors.SecondPersonNeeded):
            catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        with pytest.raises(errors.OwnAssessment):
            services.assess_entry(entry_id=row.pk, agrees=True, actor=chief, clock=NOON)
        services.assess_entry(entry_id=row.pk, agrees=True, actor=an_actor(office), clock=NOON)
        catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        row.refresh_from_db()
        assert row.status == Status.IN_REVIEW

    def test_an_objection_holds_the_entry_until_what_it_concerns_is_rewritten(self) -> None:
        row = a_draft()
        chief, other = an_actor(row.provider, Role.CHIEF), an_actor(row.provider)
        with pytest.raises(InputsRejected):
            services.assess_entry(entry_id=row.pk, agrees=False, actor=other, clock=NOON)
        services.assess_entry(entry_id=row.pk, agrees=False, note="含敏感个人信息", actor=other, clock=NOON)
        with pytest.raises(errors.Objected, match="含敏感个人信息"):
            catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        content = a_content(name=row.name, impact_note="已重新评估：身份号码脱敏后共享。")
        catalog_services.change_entry(entry_id=row.pk, content=content, actor=an_actor(row.provider), clock=NOON)
        catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)

    def test_a_look_at_an_earlier_wording_does_not_count(self) -> None:
        office = a_department()
        row, chief = by_chief(office)
        services.assess_entry(entry_id=row.pk, agrees=True, actor=an_actor(office), clock=NOON)
        catalog_services.change_entry(entry_id=row.pk, content=a_content(name="新名称信息"), actor=chief, clock=NOON)
        with pytest.raises(errors.SecondPersonNeeded):
            catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)


class TestComments:
    @pytest.mark.clause("GZ2020-09d")
    def test_others_are_heard_on_a_draft_and_every_comment_gets_its_answer_before_it_is_handed_in(self) -> None:
        row = a_draft()
        officer, other = an_actor(row.provider), an_actor(a_department())
        opened = services.open_round(entry_id=row.pk, until=NEXT_WEEK, actor=officer, clock=NOON)
        with pytest.raises(errors.StillDiscussed):
            catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        said = services.comment(round_id=opened.pk, text="建议增加婚姻状况", actor=other, clock=NOON)
        with pytest.raises(errors.RoundRefused, match="until its last day"):
            services.close_round(round_id=opened.pk, actor=officer, clock=NOON)
        with pytest.raises(errors.RoundRefused, match="no answer"):
            services.close_round(round_id=opened.pk, actor=officer, clock=LATER)
        with pytest.raises(InputsRejected):
            services.answer_comment(comment_id=said.pk, taken=False, answer="", actor=officer, clock=LATER)
        with pytest.raises(Forbidden):
            services.answer_comment(comment_id=said.pk, taken=True, answer="", actor=other, clock=LATER)
        services.answer_comment(comment_id=said.pk, taken=False, answer="由民政提供", actor=officer, clock=LATER)
        services.close_round(round_id=opened.pk, actor=officer, clock=LATER)
        catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=LATER)

    def test_the_own_department_and_the_late_are_not_heard(self) -> None:
        row = a_draft()
        officer = an_actor(row.provider)
        opened = services.open_round(entry_id=row.pk, until=NEXT_WEEK, actor=officer, clock=NOON)
        with pytest.raises(errors.RoundRefused, match="own department"):
            services.comment(round_id=opened.pk, text="好", actor=officer, clock=NOON)
        with pytest.raises(errors.RoundRefused, match="over"):
            services.comment(round_id=opened.pk, text="好", actor=an_actor(a_department()), clock=LATER)
        with pytest.raises(errors.RoundRefused, match="open already"):
            services.open_round(entry_id=row.pk, until=NEXT_WEEK, actor=officer, clock=NOON)


class TestFullReview:
    @pytest.mark.clause("GZ2020-09g")
    def test_a_whole_catalogue_is_gone_through_within_the_year_and_the_clock_shows_it(self) -> None:
        office = a_department(place="520100")
        rows = [an_entry(office) for _one in range(2)]
        later = at_noon(TODAY + timedelta(days=1))
        [number] = services.open_due_reviews(actor=SYSTEM, clock=later)
        assert services.open_due_reviews(actor=SYSTEM, clock=later) == []
        review = queries.full_reviews(viewer=SYSTEM).get(number=number)
        assert clocks.clock_of(number, viewer=SYSTEM).due_on == review.due_on == date(2027, 3, 12)
        chief = an_actor(office, Role.CHIEF)
        services.say_of_entries(
            review_id=review.pk, entry_ids=[rows[0].pk], word=Word.CONFIRMED, actor=chief, clock=later
        )
        with pytest.raises(errors.ReviewRefused, match="left"):
            services.close_full_review(review_id=review.pk, actor=chief, clock=later)
        with pytest.raises(errors.ReviewRefused, match="next version first"):
            services.say_of_entries(
                review_id=review.pk, entry_ids=[rows[1].pk], word=Word.CHANGED, actor=chief, clock=later
            )
        catalog_services.withdraw_entry(entry_id=rows[1].pk, reason="停用", actor=chief, clock=later)
        services.close_full_review(review_id=review.pk, actor=chief, clock=later)
        assert clocks.clock_of(number, viewer=SYSTEM).state == State.MET

    def test_where_the_law_names_no_period_the_last_day_is_set(self) -> None:
        office = a_department(place="510100")
        an_entry(office)
        assert services.open_due_reviews(actor=SYSTEM, clock=NOON) == []
        chief = an_actor(office, Role.CHIEF)
        with pytest.raises(InputsRejected):
            services.open_full_review(department_id=office.pk, actor=chief, clock=NOON)
        review = services.open_full_review(department_id=office.pk, due_on=date(2026, 6, 30), actor=chief, clock=NOON)
        assert review.due_on == date(2026, 6, 30)
        with pytest.raises(NotFound):
            queries.full_review(review.pk, viewer=an_actor(a_department()))


class TestNeeds:
    def asked(self, office: Department) -> str:
        the_authority()
        return services.ask_for_data(
            name="残疾人辅具适配信息",
            items="姓名、适配日期、辅具名称",
            purpose="核发补贴",
            actor=an_actor(office),
            clock=NOON,
        ).number

    @pytest.mark.clause("GD2008-21b")
    @pytest.mark.clause("NAT2022-1.2b")
    def test_a_need_goes_to_the_department_the_authority_names_and_ends_with_an_entry(self) -> None:
        asking, source = a_department(), a_department(place="610100")
        number = self.asked(asking)
        reviewer, chief = an_actor(the_authority(), Role.REVIEWER), an_actor(source, Role.CHIEF)
        with pytest.raises(NotFound):
            queries.need(number, viewer=chief)
        services.name_provider(number=number, department_id=source.pk, actor=reviewer, clock=NOON)
        owed = clocks.clock_of(number, viewer=SYSTEM, rule="needs.answer")
        assert (owed.responsible_id, owed.due_on) == (source.pk, date(2026, 3, 16))
        services.answer_need(number=number, agrees=True, actor=chief, clock=NOON)
        assert clocks.clock_of(number, viewer=SYSTEM, rule="needs.answer").state == State.MET
        assert clocks.clock_of(number, viewer=SYSTEM, rule="needs.publish").is_open
        row = an_entry(source)
        services.meet_need(number=number, entry_id=row.pk, actor=an_actor(source), clock=NOON)
        found = queries.need(number, viewer=an_actor(asking))
        assert (found.status, found.entry_id) == (NeedStatus.MET, row.pk)
        assert not clocks.clock_of(number, viewer=SYSTEM, rule="needs.publish").is_open

    def test_a_department_that_does_not_have_it_sends_it_back_with_a_reason(self) -> None:
        source = a_department()
        number = self.asked(a_department())
        reviewer, chief = an_actor(the_authority(), Role.REVIEWER), an_actor(source, Role.CHIEF)
        services.name_provider(number=number, department_id=source.pk, actor=reviewer, clock=NOON)
        with pytest.raises(InputsRejected):
            services.answer_need(number=number, agrees=False, actor=chief, clock=NOON)
        services.answer_need(number=number, agrees=False, reason="不是我局职责", actor=chief, clock=NOON)
        assert queries.need(number, viewer=reviewer).status == NeedStatus.RECEIVED
        with pytest.raises(NotFound):
            queries.need(number, viewer=chief)
        services.refuse_need(number=number, reason="全市无此数据", actor=reviewer, clock=NOON)
        with pytest.raises(errors.NeedRefused):
            services.name_provider(number=number, department_id=source.pk, actor=reviewer, clock=NOON)

    def test_everything_missing_is_named_and_only_offices_ask(self) -> None:
        with pytest.raises(InputsRejected) as refused:
            services.ask_for_data(name="", items=" ", purpose="", actor=an_actor(a_department()), clock=NOON)
        assert set(refused.value.problems) == {"name", "items", "purpose"}
        with pytest.raises(Forbidden):
            services.ask_for_data(
                name="x", items="y", purpose="z", actor=an_actor(a_department(), Role.AUDITOR), clock=NOON
            )
