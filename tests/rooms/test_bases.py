"""The register of legal texts: what rests on a text is known, and its end reaches it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.law.documents import registry
from hefu.law.terms import Rank
from hefu.rooms.bases import errors, queries, services
from hefu.rooms.bases.jobs import sweep_texts
from hefu.rooms.bases.models import LegalText, Reliance
from hefu.rooms.bases.terms import Cited, Holding, Resting, TextFacts
from hefu.rooms.catalog.terms import BasisKind, ShareType
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.errors import HoldIsAnothers
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.errors import DocumentEnded, Incomplete
from hefu.rooms.requests.terms import Answer, GroundDocument, Verdict
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_case,
    a_department,
    a_grant,
    an_actor,
    an_application,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

#: What `an_application` names as the consumer's need.
NEED = "社会救助暂行办法"
LATER: FixedClock = at_noon(TODAY + timedelta(days=1))


def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


def a_text(title: str = NEED, **facts: object) -> LegalText:
    stated = TextFacts(title=title, rank=Rank.ADMINISTRATIVE_REGULATION, **facts)  # type: ignore[arg-type]
    return services.register_text(facts=stated, actor=reviewer(), clock=NOON)


def repeal(text: LegalText, on: date = TODAY, *, clock: FixedClock = NOON) -> LegalText:
    return services.repeal_text(text_id=text.pk, on=on, by="社会救助法", actor=reviewer(), clock=clock)


@pytest.fixture
def grant() -> Grant:
    """A waiting grant: nothing is mounted."""
    return a_grant(an_entry(), a_department())


@pytest.fixture
def delivered(make_database: object) -> Grant:
    """A grant in force, its rows mounted and its target named."""
    from tests.builders import a_mounted_entry, a_population, a_target

    source: Database = make_database()  # type: ignore[operator]
    target: Database = make_database()  # type: ignore[operator]
    a_population(source, 3)
    consumer = a_department()
    return a_grant(a_mounted_entry(a_department(), source), consumer, target=a_target(consumer, target))


def status_of(grant: Grant) -> GrantStatus:
    return GrantStatus(grants.grant(grant.number, viewer=SYSTEM).status)


class TestTheRegister:
    def test_holds_every_document_of_the_packs_with_rank_and_days(self) -> None:
        rows = {row.document: row for row in LegalText.objects.exclude(document="")}
        assert rows.keys() == registry().keys()
        decree = rows["decree-809"]
        assert (decree.title, decree.number, decree.rank) == (
            "政务数据共享条例",
            "国务院令第809号",
            "administrative-regulation",
        )
        assert decree.holding(date(2025, 7, 31)) is Holding.NOT_YET
        assert decree.holding(date(2025, 8, 1)) is Holding.IN_FORCE
        assert rows["guangdong-2008-64"].holding(date(2019, 1, 1)) is Holding.ENDED

    def test_is_filled_again_without_change_and_keeps_a_noted_repeal(self) -> None:
        text = queries.text("decree-809", viewer=SYSTEM)
        repeal(text, date(2026, 9, 1))
        count = LegalText.objects.count()
        assert services.bring_in(actor=SYSTEM, clock=NOON) == 0
        text.refresh_from_db()
        assert (LegalText.objects.count(), text.holds_until) == (count, date(2026, 8, 31))

    def test_takes_a_text_of_the_authority_once(self) -> None:
        row = a_text("《社会救助 暂行办法》", number="国务院令第649号")
        assert row.title == "社会救助 暂行办法"
        assert history(f"text:{row.pk}", viewer=SYSTEM)[-1].kind == "text.registered"
        with pytest.raises(errors.RegisteredBefore):
            a_text(NEED, number="国务院令第649号")

    def test_names_everything_that_is_wrong_with_a_text(self) -> None:
        with pytest.raises(InputsRejected) as refused:
            a_text(" ", holds_from=date(2026, 2, 1), holds_until=date(2026, 1, 1))
        assert set(refused.value.problems) == {"title", "holds_until"}

    def test_is_read_by_rank_day_and_words(self) -> None:
        found = queries.texts(viewer=SYSTEM, search="数据共享条例", ranks=[Rank.ADMINISTRATIVE_REGULATION])
        assert "decree-809" in {row.document for row in found}
        ended = queries.texts(viewer=SYSTEM).filter(queries.holding_on(TODAY, Holding.ENDED))
        assert "guangdong-2008-64" in {row.document for row in ended}
        assert "decree-809" not in {row.document for row in ended}
        with pytest.raises(NotFound):
            queries.text("no-such-text", viewer=SYSTEM)

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR])
    def test_is_kept_by_the_authoritys_reviewers_alone(self, role: Role) -> None:
        text = a_text()
        outsider = an_actor(the_authority(), role)
        with pytest.raises(Forbidden):
            services.repeal_text(text_id=text.pk, on=TODAY, by="x", actor=outsider, clock=NOON)
        with pytest.raises(Forbidden):
            services.register_text(facts=TextFacts("甲", Rank.RULE), actor=outsider, clock=NOON)
        with pytest.raises(Forbidden):
            services.review(reliance_id=text.pk, note="x", actor=outsider, clock=NOON)


class TestWhatRests:
    def test_a_grant_rests_on_the_articles_of_its_decision_and_on_the_consumers_basis(self, grant: Grant) -> None:
        found = queries.resting(viewer=SYSTEM, subject=grant.number)
        assert {row.resting for row in found} == {Resting.GRANT}
        assert {"decree-809", ""} == {row.document for row in found}
        own = found.get(document="")
        assert (own.title, own.article, own.text) == (NEED, "第六十一条", None)
        decree = found.filter(document="decree-809").first()
        assert decree is not None
        assert decree.text is not None
        assert decree.text.number == "国务院令第809号"

    def test_a_title_that_no_pack_knows_is_linked_once_the_text_is_registered(self, grant: Grant) -> None:
        text = a_text(f"《{NEED}》")
        (row,) = queries.resting(viewer=SYSTEM, text_id=text.pk)
        assert row.subject == grant.number
        assert queries.text(text.pk, viewer=SYSTEM).resting == 1  # type: ignore[attr-defined]

    def test_a_refusal_rests_on_the_text_it_names(self) -> None:
        entry = an_entry()
        case = a_case(entry)
        answer = Answer(
            Verdict.REFUSE,
            reason="法律不允许提供",
            ground="barred_by_law",
            document=GroundDocument(Rank.LAW, "中华人民共和国统计法", "第九条"),
        )
        chief = an_actor(entry.provider, Role.CHIEF)
        requests.decide_request(number=case.number, answer=answer, actor=chief, clock=NOON)
        found = queries.resting(viewer=SYSTEM, subject=case.number)
        assert {row.resting for row in found} == {Resting.REFUSAL}
        assert found.get(title="中华人民共和国统计法").article == "第九条"
        assert found.filter(document="decree-809").exists()

    def test_an_entry_that_is_not_shared_rests_on_the_text_that_bars_it(self) -> None:
        entry = an_entry(
            share_type=ShareType.NONE,
            share_condition="",
            share_scope="",
            channels=(),
            basis_kind=BasisKind.LAW,
            basis_title="中华人民共和国统计法",
            basis_article="第九条",
            noshare_reason="原始统计资料不得提供",
        )
        (row,) = queries.resting(viewer=SYSTEM, subject=entry.code)
        assert (row.resting, row.title, row.article) == (Resting.ENTRY, "中华人民共和国统计法", "第九条")

    def test_what_is_noted_twice_stands_once_and_what_is_not_named_any_more_is_over(self) -> None:
        def note(*cited: Cited) -> None:
            services.rest(resting=Resting.ENTRY, subject="E1", cited=cited, concerns=[], actor=SYSTEM, clock=NOON)

        note(Cited("统计法", "9"), Cited("", ""))
        note(Cited("《统计法》", "9"))
        assert Reliance.objects.filter(subject="E1").count() == 1
        note(Cited("档案法"))
        standing = Reliance.objects.filter(subject="E1", over_at__isnull=True)
        assert [row.title for row in standing] == ["档案法"]

    def test_it_is_seen_by_both_sides_the_authority_and_the_auditor(self, grant: Grant) -> None:
        seats = [
            (grant.consumer, Role.OFFICER, True),
            (grant.provider, Role.CHIEF, True),
            (the_authority(), Role.REVIEWER, True),
            (a_department("审计局", DepartmentRole.AUDITOR), Role.AUDITOR, True),
            (a_department(), Role.CHIEF, False),
            (the_authority(), Role.OPERATOR, False),
        ]
        for department, role, sees in seats:
            viewer = an_actor(department, role)
            assert queries.resting(viewer=viewer, subject=grant.number).exists() is sees, (department.name, role)


class TestTheEnd:
    def test_of_a_text_holds_the_grants_that_rest_on_it(self, delivered: Grant) -> None:
        assert status_of(delivered) is GrantStatus.ACTIVE
        text = repeal(a_text())
        held = grants.grant(delivered.number, viewer=SYSTEM)
        assert (held.status, held.held_by) == (GrantStatus.SUSPENDED, "platform")
        assert NEED in held.reason
        assert grants.ticket_in_force(held.pk) is None
        assert [row.subject for row in queries.to_review(viewer=reviewer())] == [delivered.number]
        kinds = [entry.kind for entry in history(f"text:{text.pk}", viewer=SYSTEM)]
        assert kinds == ["text.registered", "text.repealed", "text.ended"]
        assert history(f"text:{text.pk}", viewer=SYSTEM)[-1].body["grants_held"] == 1

    def test_is_lifted_by_the_authority_alone_which_signs_anew_and_closes_the_review(self, delivered: Grant) -> None:
        before = {ticket.pk for ticket in grants.tickets(delivered.number, viewer=SYSTEM)}
        repeal(a_text())
        with pytest.raises(HoldIsAnothers):
            grant_services.resume_grant(
                number=delivered.number, reason="x", actor=an_actor(delivered.provider, Role.CHIEF), clock=NOON
            )
        grant_services.resume_grant(
            number=delivered.number, reason="依据社会救助法重新签发", actor=reviewer(), clock=LATER
        )
        assert status_of(delivered) is GrantStatus.ACTIVE
        assert len({ticket.pk for ticket in grants.tickets(delivered.number, viewer=SYSTEM)} - before) == 1
        assert not queries.to_review(viewer=SYSTEM).exists()
        assert "text.resting_reviewed" in {entry.kind for entry in history(delivered.number, viewer=SYSTEM)}

    def test_holds_a_waiting_grant_too_so_that_no_mount_opens_it(self, grant: Grant) -> None:
        repeal(a_text())
        assert status_of(grant) is GrantStatus.SUSPENDED
        assert grant_services.open_waiting(actor=SYSTEM, clock=NOON) == []

    def test_takes_over_a_hold_that_the_provider_put_on(self, delivered: Grant) -> None:
        chief = an_actor(delivered.provider, Role.CHIEF)
        grant_services.suspend_grant(number=delivered.number, reason="x", actor=chief, clock=NOON)
        repeal(a_text())
        with pytest.raises(HoldIsAnothers):
            grant_services.resume_grant(number=delivered.number, reason="x", actor=chief, clock=NOON)

    def test_in_the_future_takes_effect_on_its_day_by_the_hourly_look(self, grant: Grant) -> None:
        text = repeal(a_text(), TODAY + timedelta(days=2))
        assert status_of(grant) is GrantStatus.WAITING
        assert services.end_due(actor=SYSTEM, clock=LATER) == [], "the last day is still a day in force"
        on_the_day = at_noon(TODAY + timedelta(days=2))
        assert services.end_due(actor=SYSTEM, clock=on_the_day) == [text.title]
        assert services.end_due(actor=SYSTEM, clock=on_the_day) == []
        assert status_of(grant) is GrantStatus.SUSPENDED

    def test_reaches_what_comes_to_rest_on_it_afterwards(self) -> None:
        case = a_case()
        repeal(a_text())
        chief = an_actor(case.provider, Role.CHIEF)
        requests.decide_request(number=case.number, answer=Answer(Verdict.GRANT), actor=chief, clock=NOON)
        late = grants.grant_of_request(case.number, viewer=SYSTEM)
        (row,) = queries.to_review(viewer=reviewer())
        assert late is not None
        assert row.subject == late.number

    def test_leaves_what_is_over_alone(self, grant: Grant) -> None:
        chief = an_actor(grant.provider, Role.CHIEF)
        grant_services.revoke_grant(number=grant.number, reason="x", actor=chief, clock=NOON)
        repeal(a_text())
        assert not queries.to_review(viewer=SYSTEM).exists()
        assert status_of(grant) is GrantStatus.REVOKED

    def test_a_refusal_is_looked_at_with_a_note_but_a_grant_must_be_signed(self, grant: Grant) -> None:
        services.rest(
            resting=Resting.REFUSAL, subject="R2026-9", cited=[Cited(NEED)], concerns=[], actor=SYSTEM, clock=NOON
        )
        repeal(a_text())
        rows = {row.resting: row for row in queries.to_review(viewer=SYSTEM)}
        with pytest.raises(errors.GrantMustBeSigned):
            services.review(reliance_id=rows[Resting.GRANT].pk, note="x", actor=reviewer(), clock=NOON)
        with pytest.raises(InputsRejected):
            services.review(reliance_id=rows[Resting.REFUSAL].pk, note=" ", actor=reviewer(), clock=NOON)
        done = services.review(
            reliance_id=rows[Resting.REFUSAL].pk, note="新法同样不允许", actor=reviewer(), clock=NOON
        )
        assert not done.waits_for_review
        assert history("R2026-9", viewer=SYSTEM)[-1].kind == "text.resting_reviewed"
        with pytest.raises(NotFound):
            services.review(reliance_id=done.pk, note="x", actor=reviewer(), clock=NOON)

    @pytest.mark.parametrize(
        ("on", "refusal"), [(date(2026, 3, 1), errors.RepealedBefore), (date(2026, 1, 1), InputsRejected)]
    )
    def test_is_refused_where_it_makes_no_sense(self, on: date, refusal: type[Exception]) -> None:
        text = a_text(holds_from=date(2026, 1, 1), holds_until=date(2026, 2, 28))
        with pytest.raises(refusal):
            repeal(text, on)

    def test_must_name_what_repealed_the_text(self) -> None:
        with pytest.raises(InputsRejected):
            services.repeal_text(text_id=a_text().pk, on=TODAY, by=" ", actor=reviewer(), clock=NOON)

    def test_the_job_may_run_twice(self) -> None:
        sweep_texts(timestamp=0)
        sweep_texts(timestamp=0)
        assert not LegalText.objects.filter(holds_until__lt=TODAY, ended_told_at__isnull=True).exists()


class TestAnEndedText:
    def test_is_no_basis_of_a_new_request_until_another_one_is_named(self) -> None:
        row = a_text(NEED)
        entry, consumer = an_entry(), a_department()
        drafted = requests.draft_request(
            entry=entry.pk, application=an_application(entry), actor=an_actor(consumer), clock=NOON
        )
        chief = an_actor(consumer, Role.CHIEF)
        repeal(row)
        with pytest.raises(Incomplete) as refused:
            requests.submit_request(number=drafted.number, actor=chief, clock=NOON)
        assert set(refused.value.problems) == {"basis_title"}
        a_text(NEED, number="新令", holds_from=TODAY)
        received = requests.submit_request(number=drafted.number, actor=chief, clock=NOON)
        assert received.status == "received"

    def test_is_no_document_for_a_refusal(self) -> None:
        case = a_case()
        repeal(a_text("中华人民共和国旧法"))
        chief = an_actor(case.provider, Role.CHIEF)
        old = GroundDocument(Rank.LAW, "中华人民共和国旧法")
        barred = Answer(Verdict.REFUSE, "法律禁止", ground="barred_by_law", document=old)
        with pytest.raises(DocumentEnded):
            requests.decide_request(number=case.number, answer=barred, actor=chief, clock=NOON)
        other = replace(barred, document=GroundDocument(Rank.LAW, "中华人民共和国统计法"))
        assert requests.decide_request(number=case.number, answer=other, actor=chief, clock=NOON).status == "refused"
