"""Entries keep up with law and duties: the department's time to update, its extension, and what it mends."""

from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.catalog import command
from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.law.terms import Rank
from hefu.rooms.bases import services as bases
from hefu.rooms.bases.terms import TextFacts
from hefu.rooms.catalog import errors, services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import BasisKind, Cause, ShareType, Verdict
from hefu.rooms.clocks import errors as clock_errors
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.clocks.terms import State
from hefu.rooms.evidence.queries import history
from tests.builders import NOON, SYSTEM, TODAY, a_content, a_department, a_person, an_actor, an_entry, the_authority

pytestmark = pytest.mark.django_db

UPDATE = "catalog.update"
LATER: FixedClock = at_noon(date(2026, 3, 18))


def noted(row: Entry, *, cause: Cause = Cause.LAW, on: date = TODAY, clock: FixedClock = NOON) -> CaseClock | None:
    services.note_cause(entry_id=row.pk, cause=cause, on=on, note="新法施行", actor=an_actor(row.provider), clock=clock)
    return CaseClock.objects.filter(subject=row.code, rule__in=(UPDATE, "catalog.refresh_entry")).last()


def handed_in(row: Entry, clock: FixedClock = LATER) -> Entry:
    change = services.change_entry(
        entry_id=row.pk,
        content=a_content(name=row.name, abstract="依新法修订"),
        actor=an_actor(row.provider),
        clock=clock,
    )
    return services.submit_entry(entry_id=change.pk, actor=an_actor(row.provider, Role.CHIEF), clock=clock)


def extend(row: Entry, days: int = 5, reason: str = "系统改造", *, clock: FixedClock = LATER) -> Entry:
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    return services.extend_update(entry_id=row.pk, days=days, reason=reason, actor=reviewer, clock=clock)


class TestACause:
    @pytest.mark.clause("D809-17")
    def test_gives_the_department_ten_working_days_and_the_authority_two_after_it(self) -> None:
        the_authority()
        row = an_entry()
        clock = noted(row)
        assert clock is not None
        assert (clock.rule, clock.responsible_id, clock.due_on) == (UPDATE, row.provider_id, date(2026, 3, 25))
        assert (clock.counted.source.document, clock.counted.source.article) == ("decree-809", "17")
        handed_in(row)
        clock.refresh_from_db()
        assert (clock.state, clock.closed_on) == (State.MET, LATER.today())
        review = CaseClock.objects.get(subject=row.code, rule="catalog.review", state=State.RUNNING)
        assert (review.responsible_id, review.due_on) == (the_authority().pk, date(2026, 3, 20))
        kinds = [entry.kind for entry in history(row.code, viewer=SYSTEM)]
        assert "entry.cause_noted" in kinds

    @pytest.mark.parametrize(
        ("cause", "rule", "due_on"),
        [
            (Cause.LAW, UPDATE, date(2026, 3, 25)),
            (Cause.DECISION, UPDATE, date(2026, 3, 25)),
            (Cause.DUTIES, UPDATE, date(2026, 3, 25)),
            pytest.param(
                Cause.INFORMATION,
                "catalog.refresh_entry",
                date(2026, 4, 9),
                marks=pytest.mark.clause("NAT2022-2.3e"),
            ),
        ],
    )
    def test_has_the_time_that_its_kind_gives(self, cause: Cause, rule: str, due_on: date) -> None:
        clock = noted(an_entry(), cause=cause)
        assert clock is not None
        assert (clock.rule, clock.due_on) == (rule, due_on)

    @pytest.mark.clause("GD2018-09c")
    @pytest.mark.parametrize(
        ("place", "on", "due_on", "also"),
        [
            ("440100", date(2025, 7, 31), date(2025, 8, 21), ()),
            ("440100", TODAY, date(2026, 3, 25), ("cn-44",)),
            ("230000", TODAY, date(2026, 3, 16), ("cn",)),
        ],
    )
    def test_has_the_stricter_time_of_its_place_on_its_day(
        self, place: str, on: date, due_on: date, also: tuple[str, ...]
    ) -> None:
        clock = noted(an_entry(a_department(place=place)), on=on)
        assert clock is not None
        assert clock.due_on == due_on
        assert tuple(other.pack.id for other in clock.counted.also) == also

    def test_that_comes_while_another_is_owed_leaves_the_nearer_day(self) -> None:
        row = an_entry()
        first = noted(row)
        second = noted(row, on=LATER.today(), clock=LATER)
        assert first == second
        assert [entry.kind for entry in history(row.code, viewer=SYSTEM)].count("entry.cause_noted") == 2

    @pytest.mark.parametrize(("on", "note", "field"), [(date(2026, 3, 12), "x", "on"), (TODAY, " ", "note")])
    def test_says_what_it_is_and_has_happened(self, on: date, note: str, field: str) -> None:
        row = an_entry()
        with pytest.raises(InputsRejected) as refused:
            services.note_cause(
                entry_id=row.pk, cause=Cause.LAW, on=on, note=note, actor=an_actor(row.provider), clock=NOON
            )
        assert set(refused.value.problems) == {field}

    def test_concerns_only_what_is_in_force(self) -> None:
        row = an_entry()
        change = services.change_entry(
            entry_id=row.pk, content=a_content(name=row.name), actor=an_actor(row.provider), clock=NOON
        )
        with pytest.raises(errors.MoveNotAllowed):
            noted(change)

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.CHIEF])
    def test_is_not_noted_by_another_department(self, role: Role) -> None:
        row = an_entry()
        with pytest.raises(Forbidden):
            services.note_cause(
                entry_id=row.pk,
                cause=Cause.LAW,
                on=TODAY,
                note="x",
                actor=an_actor(a_department(), role),
                clock=NOON,
            )

    def test_is_met_by_withdrawing_the_entry(self) -> None:
        row = an_entry()
        clock = noted(row)
        assert clock is not None
        services.withdraw_entry(
            entry_id=row.pk, reason="职责取消", actor=an_actor(row.provider, Role.CHIEF), clock=LATER
        )
        clock.refresh_from_db()
        assert clock.state == State.MET

    def test_is_noted_from_the_command_line(self) -> None:
        row = an_entry()
        person = a_person(seats={row.provider_id: [Role.OFFICER]})
        done = CliRunner().invoke(
            command,
            [
                "cause",
                row.code,
                "--cause",
                "duties",
                "--on",
                "2026-03-10",
                "--note",
                "三定调整",
                "--as",
                person.username,
            ],
        )
        assert done.exit_code == 0, done.output
        assert CaseClock.objects.get(subject=row.code, rule=UPDATE).started_on == date(2026, 3, 10)


class TestAnEndedText:
    @pytest.mark.clause("D809-17")
    def test_starts_the_update_of_every_entry_that_rests_on_it_and_of_no_other(self) -> None:
        law = bases.register_text(
            facts=TextFacts(title="某旧法", rank=Rank.LAW), actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON
        )
        kept: dict[str, Any] = {
            "share_type": ShareType.NONE,
            "share_condition": "",
            "share_scope": "",
            "channels": (),
            "basis_kind": BasisKind.LAW,
            "basis_title": "某旧法",
            "basis_article": "第九条",
            "noshare_reason": "法律不允许",
        }
        resting, other = an_entry(**kept), an_entry()
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        bases.repeal_text(text_id=law.pk, on=TODAY, by="新法", actor=reviewer, clock=NOON)
        (clock,) = CaseClock.objects.filter(rule=UPDATE)
        assert (clock.subject, clock.started_on, clock.due_on) == (resting.code, TODAY, date(2026, 3, 25))
        assert other.code != clock.subject


class TestMoreTime:
    @pytest.mark.clause("D809-17")
    def test_is_five_working_days_at_most_once_and_consented_to_by_the_authority(self) -> None:
        row = an_entry()
        clock = noted(row)
        assert clock is not None
        with pytest.raises(InputsRejected):
            extend(row, 6)
        with pytest.raises(InputsRejected):
            extend(row, 5, " ")
        chief = an_actor(row.provider, Role.CHIEF)
        with pytest.raises(Forbidden):
            services.extend_update(entry_id=row.pk, days=5, reason="x", actor=chief, clock=LATER)
        extend(row, 5)
        clock.refresh_from_db()
        assert clock.due_on == date(2026, 4, 1)
        with pytest.raises(clock_errors.ExtendedBefore):
            extend(row, 1)
        assert history(row.code, viewer=SYSTEM)[-1].body["due_on"] == "2026-04-01"

    def test_is_not_given_after_the_last_day_nor_where_nothing_is_owed(self) -> None:
        row = an_entry()
        with pytest.raises(clock_errors.NoOpenClock):
            extend(row)
        noted(row)
        with pytest.raises(clock_errors.PeriodOver):
            extend(row, clock=at_noon(date(2026, 3, 26)))


class TestWhatIsSentBack:
    def test_is_mended_in_five_working_days_in_heilongjiang(self) -> None:
        authority = the_authority()
        row = services.draft_entry(
            provider_id=(office := a_department(place="230000")).pk,
            content=a_content(),
            actor=an_actor(office),
            clock=NOON,
        )
        chief, reviewer = an_actor(office, Role.CHIEF), an_actor(authority, Role.REVIEWER)
        services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        services.review_entry(entry_id=row.pk, verdict=Verdict.RETURN, reasons="口径不清", actor=reviewer, clock=NOON)
        clock = CaseClock.objects.get(subject=row.code, rule="catalog.fix_comments")
        assert (clock.responsible_id, clock.due_on) == (office.pk, date(2026, 3, 18))
        services.submit_entry(entry_id=row.pk, actor=chief, clock=LATER)
        clock.refresh_from_db()
        assert clock.state == State.MET

    def test_is_owed_no_more_once_the_draft_is_dropped(self) -> None:
        office = a_department(place="230000")
        row = services.draft_entry(provider_id=office.pk, content=a_content(), actor=an_actor(office), clock=NOON)
        services.submit_entry(entry_id=row.pk, actor=an_actor(office, Role.CHIEF), clock=NOON)
        services.review_entry(
            entry_id=row.pk,
            verdict=Verdict.RETURN,
            reasons="口径不清",
            actor=an_actor(the_authority(), Role.REVIEWER),
            clock=NOON,
        )
        services.drop_draft(entry_id=row.pk, actor=an_actor(office), clock=NOON)
        assert CaseClock.objects.get(subject=row.code, rule="catalog.fix_comments").state == State.CANCELLED
