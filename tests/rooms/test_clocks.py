"""The clocks room: a period that explains itself, is watched by the sweep, and is seen by its parties alone."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hefu.kernel import events
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal
from hefu.law.deadline import Deadline
from hefu.law.rules import rules_for
from hefu.law.settings import DEFAULTS, Settings
from hefu.rooms.clocks import errors, queries, services
from hefu.rooms.clocks.jobs import sweep_clocks
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.clocks.terms import Change, ClockExpired, ClockWarned, State, SweepResult
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import NOON, SYSTEM, TODAY, a_department, an_actor, the_authority

pytestmark = pytest.mark.django_db

RULE = "requests.answer_conditional"
#: Ten working days after 11 March 2026.
DUE = date(2026, 3, 25)


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """What the sweep announced during the test."""
    found: list[Any] = []
    before = dict(events._listeners)
    events.wire({ClockWarned: [found.append], ClockExpired: [found.append]})
    yield found
    events.wire(before)


def a_deadline(on: date = TODAY, place: str = "511700") -> Deadline:
    return rules_for(place).period(RULE, on=on).count_from(on)


def a_clock(
    subject: str = "X2026-1",
    responsible: Department | None = None,
    *,
    concerns: tuple[Department, ...] = (),
    on: date = TODAY,
    place: str = "511700",
) -> CaseClock:
    return services.start(
        subject=subject,
        deadline=a_deadline(on, place),
        place=place,
        responsible_id=(responsible or a_department()).pk,
        concerns=[department.pk for department in concerns],
        actor=SYSTEM,
        clock=at_noon(on),
    )


def kinds(subject: str = "X2026-1") -> list[str]:
    return [entry.kind for entry in history(subject, viewer=SYSTEM)]


class TestExplains:
    @pytest.mark.clause("D809-21")
    def test_it_keeps_every_step_and_article_and_the_packs_hash(self) -> None:
        row = a_clock()
        row.refresh_from_db()
        told = queries.explained(row)
        assert row.due_on == told.due_on == DUE
        assert told.counted == a_deadline()
        assert [str(one) for one in told.counted.citations] == ["decree-809 art. 21"]
        assert len([step for step in told.counted.steps if step.counted]) == 10
        assert len(told.counted.pack.digest) == 64
        assert not told.provisional

    @pytest.mark.clause("GD2018-19d")
    def test_where_two_levels_set_a_time_the_other_answer_is_kept_too(self) -> None:
        row = a_clock(place="440100")
        assert {other.pack.id for other in row.counted.also} == {"cn-44"}
        entry = history("X2026-1", viewer=SYSTEM)[0]
        assert [other["due_on"] for other in entry.body["also"]] == ["2026-03-25"]

    def test_a_date_that_rests_on_an_unpublished_calendar_says_so(self) -> None:
        row = a_clock(on=date(2026, 12, 28))
        assert row.provisional
        assert queries.explained(row).provisional

    def test_starting_twice_is_starting_once_and_the_table_allows_no_second(self) -> None:
        office = a_department()
        row = a_clock(responsible=office)
        assert a_clock(responsible=office).pk == row.pk
        assert kinds() == ["clock.started"]
        with pytest.raises(IntegrityError), transaction.atomic():
            CaseClock.objects.create(
                id=office.pk,
                subject=row.subject,
                rule=row.rule,
                place=row.place,
                responsible=office,
                started_on=TODAY,
                due_on=DUE,
                provisional=False,
                deadline=row.deadline,
            )


class TestSeen:
    def test_the_responsible_the_concerned_and_the_authority_see_it_and_nobody_else(self) -> None:
        responsible, concerned, stranger, authority = a_department(), a_department(), a_department(), the_authority()
        a_clock(responsible=responsible, concerns=(concerned,))
        seats: list[tuple[Department, Role, bool]] = [
            (responsible, Role.OFFICER, True),
            (responsible, Role.CHIEF, True),
            (concerned, Role.OFFICER, True),
            (stranger, Role.CHIEF, False),
            (authority, Role.REVIEWER, True),
            (authority, Role.SUPERVISOR, True),
            (authority, Role.CHIEF, True),
            (authority, Role.OPERATOR, False),
            (authority, Role.SECURITY, False),
            (a_department("审计", DepartmentRole.AUDITOR), Role.AUDITOR, False),
        ]
        for department, role, sees in seats:
            viewer = an_actor(department, role)
            assert queries.running(viewer=viewer).exists() is sees, (department.name, role)
            if sees:
                assert queries.clock_of("X2026-1", viewer=viewer).due_on == DUE
            else:
                with pytest.raises(NotFound):
                    queries.clock_of("X2026-1", viewer=viewer)

    def test_a_person_without_a_seat_sees_nothing(self) -> None:
        a_clock()
        assert not queries.running(viewer=Actor(id="person:1", name="无席位")).exists()

    def test_the_desk_has_the_nearest_day_first_and_the_authority_finds_there_what_expired(self) -> None:
        office, other = a_department(), a_department()
        a_clock("X2026-1", office, on=date(2026, 3, 12))
        a_clock("X2026-2", office, on=date(2026, 3, 10))
        a_clock("X2026-3", other, concerns=(office,), on=date(2026, 2, 2))
        services.sweep(clock=NOON)
        assert [row.subject for row in queries.desk(viewer=an_actor(office))] == ["X2026-2", "X2026-1"]
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        assert [row.subject for row in queries.desk(viewer=reviewer)] == ["X2026-3"]
        assert [row.subject for row in queries.running(viewer=reviewer)] == ["X2026-3", "X2026-2", "X2026-1"]
        assert [row.subject for row in queries.due_before(TODAY, viewer=reviewer)] == ["X2026-3"]

    def test_days_left_count_down_to_zero_and_below(self) -> None:
        row = a_clock()
        expected = {date(2026, 3, 11): 10, date(2026, 3, 14): 8, date(2026, 3, 24): 1, DUE: 0, date(2026, 3, 27): -2}
        assert {day: queries.days_left(row, day) for day in expected} == expected
        assert queries.days_left(row, date(2099, 1, 1)) is None


class TestSweep:
    def test_it_warns_as_the_office_set_then_sends_up_and_never_twice(self, heard: list[Any]) -> None:
        row = a_clock()
        days = [date(2026, 3, 19), date(2026, 3, 20), date(2026, 3, 20), date(2026, 3, 24), DUE]
        done = [services.sweep(clock=at_noon(day)) for day in days]
        assert [len(one.warned) for one in done] == [0, 1, 0, 1, 0]
        assert [event.days_left for event in heard] == [3, 1]
        first, second = (services.sweep(clock=at_noon(date(2026, 3, 26))) for _ in range(2))
        assert (first.expired, second.expired) == ((row.pk,), ())
        row.refresh_from_db()
        assert (row.state, row.expired_on) == (State.EXPIRED, date(2026, 3, 26))
        assert heard[-1] == ClockExpired(row.subject, RULE, row.responsible_id, DUE, at_noon(date(2026, 3, 26)).now())
        assert kinds() == ["clock.started", "clock.warned", "clock.warned", "clock.expired"]

    def test_a_machine_whose_date_falls_back_says_nothing_twice_and_undoes_nothing(self, heard: list[Any]) -> None:
        row = a_clock()
        for day in (date(2026, 3, 24), date(2026, 3, 26)):
            services.sweep(clock=at_noon(day))
        said = len(heard)
        for day in (date(2026, 3, 20), date(2026, 3, 9), date(2019, 1, 2), date(2026, 3, 26)):
            done = services.sweep(clock=at_noon(day))
            assert done == SweepResult()
        row.refresh_from_db()
        assert row.state == State.EXPIRED
        assert len(heard) == said

    def test_a_machine_whose_date_ran_ahead_costs_nobody_their_time(self) -> None:
        row = a_clock()
        services.sweep(clock=at_noon(date(2030, 1, 2)))
        met = services.meet(subject=row.subject, rule=RULE, actor=SYSTEM, clock=at_noon(DUE))
        assert met is not None
        assert met.state == State.MET

    def test_one_clock_that_cannot_be_looked_at_does_not_hold_up_the_others(self) -> None:
        class Full(Refusal):
            code = "test.full"
            text = "The queue is full. Try again."

        def refuse_the_first(event: ClockExpired) -> None:
            if event.subject == "X2026-1":
                raise Full

        a_clock("X2026-1"), a_clock("X2026-2")
        before = dict(events._listeners)
        events.wire({ClockExpired: [refuse_the_first]})
        try:
            done = services.sweep(clock=at_noon(date(2026, 4, 1)))
        finally:
            events.wire(before)
        assert [sentence for _pk, sentence in done.refused] == [Full.text]
        states = dict(CaseClock.objects.values_list("subject", "state"))
        assert states == {"X2026-1": State.RUNNING, "X2026-2": State.EXPIRED}
        assert kinds("X2026-1") == ["clock.started"]

    def test_an_expired_clock_can_still_be_met_and_the_delay_is_on_record(self) -> None:
        row = a_clock()
        late = at_noon(date(2026, 3, 27))
        services.sweep(clock=late)
        met = services.meet(subject=row.subject, rule=RULE, actor=SYSTEM, clock=late)
        assert met is not None
        assert met.state == State.LATE_MET
        assert history(row.subject, viewer=SYSTEM)[-1].body["in_time"] is False
        assert services.meet(subject=row.subject, rule=RULE, actor=SYSTEM, clock=late) is None

    def test_the_job_sweeps_by_the_machines_clock(self) -> None:
        row = a_clock(on=date(2025, 9, 1))
        sweep_clocks(timestamp=0)
        row.refresh_from_db()
        assert row.state == State.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_sweep_at_once_say_everything_once(heard: list[Any]) -> None:
    office = a_department()
    for number in range(20):
        a_clock(f"X2026-{number}", office)
    start = threading.Barrier(2)
    done = []

    def work() -> None:
        start.wait()
        done.append(services.sweep(clock=at_noon(date(2026, 3, 30))))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expired = [pk for one in done for pk in one.expired]
    assert len(expired) == len(set(expired)) == 20
    assert len(heard) == 20
    assert all(kinds(f"X2026-{number}") == ["clock.started", "clock.expired"] for number in range(20))


class TestMoves:
    def test_a_pause_and_its_end_are_kept_with_their_days(self) -> None:
        row = a_clock()
        stopped, back = at_noon(date(2026, 3, 23)), at_noon(date(2026, 4, 3))
        services.pause(subject=row.subject, rule=RULE, reason="incomplete", actor=SYSTEM, clock=stopped)
        services.pause(subject=row.subject, rule=RULE, reason="incomplete", actor=SYSTEM, clock=back)
        assert not services.sweep(clock=at_noon(date(2026, 3, 30))).expired
        row.refresh_from_db()
        assert queries.days_left(row, date(2026, 4, 2)) == 2
        services.resume(subject=row.subject, rule=RULE, actor=SYSTEM, clock=back)
        row = services.resume(subject=row.subject, rule=RULE, actor=SYSTEM, clock=at_noon(date(2026, 4, 7)))
        assert (row.state, row.due_on) == (State.RUNNING, date(2026, 4, 8))
        moved = queries.explained(row).moved
        assert [(one.change, one.on) for one in moved] == [
            (Change.PAUSED, date(2026, 3, 23)),
            (Change.RESUMED, date(2026, 4, 3)),
        ]
        assert kinds() == ["clock.started", "clock.paused", "clock.resumed"]

    def test_an_extension_keeps_its_own_count_and_reminders_come_anew(self) -> None:
        row = a_clock()
        services.sweep(clock=at_noon(date(2026, 3, 24)))
        more = rules_for("511700").period("requests.extension", on=TODAY).count_from(row.due_on, amount=5)
        row = services.extend(
            subject=row.subject, rule=RULE, deadline=more, reason="数据量大", actor=SYSTEM, clock=at_noon(DUE)
        )
        assert row.due_on == date(2026, 4, 1)
        (moved,) = queries.explained(row).moved
        assert (moved.due_before, moved.due_on, moved.reason) == (DUE, row.due_on, "数据量大")
        assert moved.deadline == more
        assert services.sweep(clock=at_noon(date(2026, 3, 31))).warned == (row.pk,)
        with pytest.raises(errors.ExtendedBefore):
            services.extend(subject=row.subject, rule=RULE, deadline=more, actor=SYSTEM, clock=at_noon(DUE))

    def test_cancelled_it_is_closed_and_a_new_one_may_begin(self) -> None:
        row = a_clock()
        services.cancel(subject=row.subject, rule=RULE, reason="withdrawn", actor=SYSTEM, clock=NOON)
        assert services.cancel(subject=row.subject, rule=RULE, reason="again", actor=SYSTEM, clock=NOON) is None
        with pytest.raises(errors.NoOpenClock):
            services.pause(subject=row.subject, rule=RULE, reason="late", actor=SYSTEM, clock=NOON)
        assert a_clock(on=date(2026, 3, 16)).pk != row.pk
        newest = queries.clock_of(row.subject, viewer=SYSTEM)
        assert (newest.state, newest.due_on) == (State.RUNNING, date(2026, 3, 30))


class TestOffice:
    def change(self, settings: Settings, *roles: Role, clock: FixedClock = NOON) -> Settings:
        return services.change_office(settings=settings, actor=an_actor(the_authority(), *roles), clock=clock)

    def test_until_the_authority_sets_anything_the_defaults_hold(self) -> None:
        assert queries.office() == DEFAULTS

    def test_the_authority_sets_the_reminders_and_the_next_sweep_follows(self) -> None:
        row = a_clock()
        self.change(Settings(reminder_days=(7, 5)), Role.REVIEWER)
        assert queries.office().reminder_days == (7, 5)
        assert services.sweep(clock=at_noon(date(2026, 3, 16))).warned == (row.pk,)
        assert history("office", viewer=SYSTEM)[0].body["reminder_days"] == [7, 5]

    def test_only_the_authoritys_reviewer_or_chief_sets_them(self) -> None:
        the_authority()
        for actor in (an_actor(a_department(), Role.CHIEF), an_actor(the_authority(), Role.OPERATOR)):
            with pytest.raises(Forbidden):
                services.change_office(settings=DEFAULTS, actor=actor, clock=NOON)

    def test_a_reminder_a_season_ahead_is_refused(self) -> None:
        with pytest.raises(InputsRejected):
            self.change(Settings(reminder_days=(90,)), Role.CHIEF)
