"""Years without an official calendar: provisional dates, the notice that settles them, and what drifts."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import DatabaseError, transaction

from hefu.cli.law import command
from hefu.kernel import events
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.law.deadline import Deadline
from hefu.portal.clock_face import face
from hefu.rooms.clocks import errors, queries, services
from hefu.rooms.clocks.models import CaseClock, HolidayNotice
from hefu.rooms.clocks.terms import Cause, Change, ClockMoved, Imported, State
from hefu.rooms.evidence.queries import history
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from tests.builders import SYSTEM, TODAY, a_case, a_department, a_person, an_actor, the_authority

pytestmark = pytest.mark.django_db

RULE = "requests.answer_conditional"
#: A Monday in the last published year; ten working days later lies in a year without a notice.
RECEIVED = date(2026, 12, 28)
LATER: FixedClock = at_noon(date(2026, 12, 29))
#: Invented: the office closes on the Monday after New Year, too.
NOTICE = b"""
year: 2027
place: "00"
notice: invented notice for 2027
rest:
  new_year: ["01-01..01-04"]
"""
#: The same, corrected: one more day of rest.
CORRECTED = NOTICE.replace(b"01-01..01-04", b"01-01..01-05").replace(b"for 2027", b"for 2027, corrected")


@pytest.fixture
def moves() -> Iterator[list[ClockMoved]]:
    """What was announced of moved dates, besides what is wired."""
    found: list[ClockMoved] = []
    before = {event: list(calls) for event, calls in events._listeners.items()}
    events.wire({**before, ClockMoved: [*before.get(ClockMoved, []), found.append]})
    yield found
    events.wire(before)


def a_deadline(on: date = RECEIVED, place: str = "511700") -> Deadline:
    return queries.rules_at(place).period(RULE, on=on).count_from(on)


def a_clock(subject: str = "X2026-1", *, on: date = RECEIVED, place: str = "511700") -> CaseClock:
    return services.start(
        subject=subject,
        deadline=a_deadline(on, place),
        place=place,
        responsible_id=a_department().pk,
        actor=SYSTEM,
        clock=at_noon(on),
    )


def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


def take_in(text: bytes = NOTICE, *, clock: FixedClock = LATER, actor: Actor | None = None) -> Imported:
    return services.import_notice(text=text, file="2027.yaml", actor=actor or reviewer(), clock=clock)


def accept(subject: str = "X2026-1", *, clock: FixedClock = LATER) -> CaseClock:
    return services.accept_drift(subject=subject, rule=RULE, reason="公告更正", actor=reviewer(), clock=clock)


class TestTheNotice:
    def test_moves_a_provisional_date_with_evidence_and_is_told(self, moves: list[ClockMoved]) -> None:
        row = a_clock()
        assert (row.due_on, row.provisional) == (date(2027, 1, 12), True)
        done = take_in()
        row.refresh_from_db()
        assert (row.due_on, row.provisional) == (date(2027, 1, 13), False)
        assert (done.counted_again, done.moved, done.left) == (1, ("X2026-1",), ())
        entry = history("X2026-1", viewer=SYSTEM)[-1]
        assert entry.kind == "clock.recounted"
        assert (entry.body["due_before"], entry.body["due_on"]) == ("2027-01-12", "2027-01-13")
        assert entry.body["cause"] == Cause.NOTICE
        assert "+00:2027" in entry.body["calendar"]
        assert [(one.due_before, one.due_on) for one in moves] == [(date(2027, 1, 12), date(2027, 1, 13))]
        imported = history("calendar:00", viewer=SYSTEM)[-1]
        assert (imported.kind, imported.body["moved"]) == ("calendar.notice_imported", 1)

    def test_leaves_on_the_case_how_the_day_was_found_before_and_now(self) -> None:
        row = a_clock()
        take_in()
        row.refresh_from_db()
        told = queries.explained(row)
        assert told.counted.due_on == date(2027, 1, 12)
        (moved,) = told.moved
        assert (moved.change, moved.due_on, moved.reason) == (
            Change.RECOUNTED,
            date(2027, 1, 13),
            "invented notice for 2027",
        )
        assert moved.deadline is not None
        assert not moved.deadline.provisional
        assert date(2027, 1, 4) in {step.day for step in moved.deadline.steps if not step.counted}

    def test_takes_the_word_provisional_away_where_the_day_stays(self, moves: list[ClockMoved]) -> None:
        row = a_clock(on=date(2026, 12, 28))
        done = take_in(NOTICE.replace(b"01-01..01-04", b"01-01"))
        row.refresh_from_db()
        assert (row.due_on, row.provisional) == (date(2027, 1, 12), False)
        assert (done.counted_again, done.moved, moves) == (1, (), [])

    def test_leaves_alone_what_was_official_before(self) -> None:
        row = a_clock(on=date(2026, 3, 11))
        take_in()
        row.refresh_from_db()
        assert row.changes == []

    def test_counts_new_cases_and_days_left_from_then_on(self) -> None:
        row = a_clock()
        take_in()
        assert a_deadline().due_on == date(2027, 1, 13)
        assert not a_deadline().provisional
        fresh = queries.clock_of(row.subject, viewer=SYSTEM)
        assert queries.days_left(fresh, date(2026, 12, 31)) == 7
        assert queries.calendar_at("450000").published_until == date(2027, 12, 31)

    def test_keeps_pauses_and_the_extension_as_they_were(self) -> None:
        row = a_clock()
        services.pause(subject=row.subject, rule=RULE, reason="incomplete", actor=SYSTEM, clock=LATER)
        services.resume(subject=row.subject, rule=RULE, actor=SYSTEM, clock=at_noon(date(2026, 12, 31)))
        longer = queries.rules_at("511700").period("requests.extension", on=RECEIVED)
        row.refresh_from_db()
        before = row.due_on
        services.extend(
            subject=row.subject,
            rule=RULE,
            deadline=longer.count_from(before, amount=3),
            actor=SYSTEM,
            clock=at_noon(date(2026, 12, 31)),
        )
        take_in(clock=at_noon(date(2026, 12, 31)))
        row.refresh_from_db()
        assert before == date(2027, 1, 14), "two working days stood still"
        assert row.due_on == date(2027, 1, 20), "one day later by the notice, and three days longer"
        assert [change["change"] for change in row.changes] == ["paused", "resumed", "extended", "recounted"]

    def test_settles_a_date_once_however_often_it_is_imported(self, moves: list[ClockMoved]) -> None:
        row = a_clock()
        take_in()
        again = take_in()
        row.refresh_from_db()
        assert (again.counted_again, len(moves), len(row.changes)) == (0, 1, 1)
        assert queries.notices().count() == 2
        assert queries.notices().filter(replaced_at__isnull=True).count() == 1

    def test_reaches_both_sides_of_a_request(self) -> None:
        case = a_case(clock=at_noon(RECEIVED))
        take_in()
        told = requests.notices(viewer=SYSTEM, number=case.number).filter(kind=NoticeKind.DATE_MOVED)
        assert {notice.to_id for notice in told} == {case.consumer_id, case.provider_id}
        assert told[0].facts["due_on"] == "2027-01-13"
        received = history(case.number, viewer=SYSTEM)
        assert "clock.recounted" in {entry.kind for entry in received}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"\xff", "not text in UTF-8"),
            (NOTICE.replace(b"2027", b"2028"), "expected 2027"),
            (NOTICE.replace(b"2027", b"2026"), "expected a year that the calendar does not have yet"),
            (NOTICE.replace(b'"00"', b'"99"'), "expected one of"),
            (NOTICE.replace(b"new_year", b"old_year"), "a key of names"),
            (b"year: 2027", "place"),
        ],
    )
    def test_is_refused_whole_when_it_is_none(self, text: bytes, said: str) -> None:
        with pytest.raises(errors.NoticeRejected, match=said):
            take_in(text)
        assert not HolidayNotice.objects.exists()

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.OFFICER])
    def test_is_imported_by_the_authoritys_reviewer_alone(self, role: Role) -> None:
        with pytest.raises(Forbidden):
            take_in(actor=an_actor(the_authority(), role))

    def test_never_changes_and_never_goes(self) -> None:
        take_in()
        row = HolidayNotice.objects.get()
        for act in (lambda: HolidayNotice.objects.update(text="x"), row.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

    def test_of_a_region_settles_that_region_alone(self) -> None:
        text = b'year: 2026\nplace: "65"\nnotice: invented\nrest:\n  ' + _key() + b': ["05-27..05-29"]\n'
        take_in(text)
        assert not queries.calendar_at("650000").day(date(2026, 6, 1)).provisional
        assert queries.calendar_at("450000").day(date(2026, 6, 1)).provisional
        assert queries.calendar_at("511700").is_working(date(2026, 5, 27))
        assert not queries.calendar_at("650000").is_working(date(2026, 5, 27))


def _key() -> bytes:
    """Return a holiday that the calendar of Xinjiang names."""
    names = queries.calendar_at("650000").names.keys() - queries.calendar_at("00").names.keys()
    return sorted(names)[0].encode()


#: Invented: a change of the year that the software brings along; the day on which the clock below ends becomes rest.
CHANGED = b"""
year: 2026
place: "00"
corrects: true
notice: invented change of 2026
rest:
  new_year: ["01-01..01-03"]
  spring_festival: ["02-15..02-23"]
  qingming: ["03-25"]
work:
  new_year: ["01-04"]
  spring_festival: ["02-14", "02-28"]
"""


class TestCorrection:
    def test_of_a_shipped_year_moves_official_dates_with_evidence_and_is_told(self, moves: list[ClockMoved]) -> None:
        row, midway = a_clock(on=date(2026, 3, 11)), at_noon(date(2026, 3, 16))
        assert (row.due_on, row.provisional) == (date(2026, 3, 25), False)
        done = take_in(CHANGED, clock=midway)
        row.refresh_from_db()
        assert (row.due_on, done.moved, done.left) == (date(2026, 3, 26), ("X2026-1",), ())
        assert [(one.due_before, one.due_on, one.cause) for one in moves] == [
            (date(2026, 3, 25), date(2026, 3, 26), Cause.NOTICE)
        ]
        entry = history("X2026-1", viewer=SYSTEM)[-1]
        assert (entry.kind, entry.body["due_on"]) == ("clock.recounted", "2026-03-26")
        assert "+00:2026" in entry.body["calendar"]
        assert history("calendar:00", viewer=SYSTEM)[-1].body["corrects"] is True
        assert not queries.calendar_at("511700").is_working(date(2026, 3, 25))
        assert queries.drifting(viewer=SYSTEM) == []

    def test_leaves_a_date_that_would_fall_into_the_past_to_the_reviewer(self, moves: list[ClockMoved]) -> None:
        row = a_clock(on=date(2026, 3, 11))
        services.pause(subject=row.subject, rule=RULE, reason="incomplete", actor=SYSTEM, clock=at_noon(TODAY))
        worked = CHANGED.replace(b'qingming: ["03-25"]', b"").replace(b'"02-28"', b'"02-28", "03-14"')
        done = take_in(worked, clock=at_noon(date(2026, 3, 30)))
        row.refresh_from_db()
        assert (row.due_on, done.moved, done.left, moves) == (date(2026, 3, 25), (), ("X2026-1",), [])

    def test_leaves_what_had_drifted_before_to_the_reviewer(self, moves: list[ClockMoved]) -> None:
        row = a_clock(on=date(2026, 3, 11))
        CaseClock.objects.filter(pk=row.pk).update(due_on=date(2026, 3, 31))
        done = take_in(CHANGED, clock=at_noon(date(2026, 3, 16)))
        row.refresh_from_db()
        assert (row.due_on, done.left, moves) == (date(2026, 3, 31), ("X2026-1",), [])

    def test_of_a_notice_taken_in_here_replaces_it_and_moves_its_dates(self, moves: list[ClockMoved]) -> None:
        row = a_clock()
        take_in()
        done = take_in(CORRECTED + b"corrects: true\n")
        row.refresh_from_db()
        assert (row.due_on, done.moved, done.left) == (date(2027, 1, 14), ("X2026-1",), ())
        assert len(moves) == 2


class TestDrift:
    def test_a_corrected_notice_moves_no_official_date_by_itself(self, moves: list[ClockMoved]) -> None:
        row = a_clock()
        take_in()
        done = take_in(CORRECTED)
        row.refresh_from_db()
        assert row.due_on == date(2027, 1, 13)
        assert done.left == ("X2026-1",)
        (one,) = queries.drifting(viewer=SYSTEM)
        assert (one.due_before, one.due_on, one.days, one.same_law) == (
            date(2027, 1, 13),
            date(2027, 1, 14),
            1,
            True,
        )
        assert len(moves) == 1

    def test_the_reviewer_accepts_a_move_with_evidence_and_it_is_told(self, moves: list[ClockMoved]) -> None:
        a_clock()
        take_in()
        take_in(CORRECTED)
        row = accept()
        assert row.due_on == date(2027, 1, 14)
        assert queries.drifting(viewer=SYSTEM) == []
        assert moves[-1].cause is Cause.ACCEPTED
        entry = history("X2026-1", viewer=SYSTEM)[-1]
        assert (entry.kind, entry.body["cause"], entry.body["due_on"]) == ("clock.recounted", "accepted", "2027-01-14")
        assert "公告" not in json.dumps(entry.body), "what was typed stays out of the log"
        with pytest.raises(errors.NothingDrifted):
            accept()

    def test_a_value_that_the_pack_has_otherwise_by_now_is_drift_and_says_which_article(self) -> None:
        row = a_clock(on=date(2026, 3, 11))
        stored = row.deadline
        row.deadline = {**stored, "amount": 15, "source": {**stored["source"], "article": "14"}}
        row.due_on = date(2026, 4, 1)
        row.save()
        (one,) = queries.drifting(viewer=SYSTEM)
        assert (one.due_before, one.due_on, one.same_law) == (date(2026, 4, 1), date(2026, 3, 25), False)
        assert row.article.article == "14"
        moved = accept(clock=at_noon(date(2026, 3, 12)))
        assert (moved.due_on, moved.in_force.source.article) == (date(2026, 3, 25), "21")
        assert moved.article == moved.in_force.source
        assert face(moved, date(2026, 3, 12), soon=3).citation.article == "21"

    def test_a_case_whose_rule_is_gone_keeps_its_day_and_says_why(self) -> None:
        row = a_clock(on=date(2026, 3, 11))
        row.deadline = {**row.deadline, "starts_on": "2025-03-11"}
        row.save()
        (one,) = queries.drifting(viewer=SYSTEM)
        assert (one.due_on, one.days, one.why_none) == (None, None, "law.rule_ended")
        with pytest.raises(errors.NoDateNow):
            accept()

    def test_no_date_moves_into_the_past(self) -> None:
        row = a_clock(on=date(2026, 3, 11))
        row.due_on = date(2026, 4, 8)
        row.save()
        with pytest.raises(errors.DriftIntoPast):
            accept(clock=at_noon(date(2026, 4, 1)))
        assert accept(clock=at_noon(date(2026, 3, 25))).due_on == date(2026, 3, 25), "the last day is still in time"

    def test_an_expired_clock_stays_as_it_fell_due(self) -> None:
        row = a_clock()
        CaseClock.objects.filter(pk=row.pk).update(state=State.EXPIRED, expired_on=date(2027, 1, 13))
        take_in(clock=at_noon(date(2027, 1, 13)))
        row.refresh_from_db()
        assert row.due_on == date(2027, 1, 12)
        with pytest.raises(errors.NoOpenClock):
            accept()

    def test_accepting_needs_a_reason_and_the_authoritys_reviewer(self) -> None:
        a_clock()
        with pytest.raises(InputsRejected):
            services.accept_drift(subject="X2026-1", rule=RULE, reason=" ", actor=reviewer(), clock=LATER)
        for actor in (an_actor(a_department(), Role.CHIEF), an_actor(the_authority(), Role.SUPERVISOR)):
            with pytest.raises(Forbidden):
                services.accept_drift(subject="X2026-1", rule=RULE, reason="x", actor=actor, clock=LATER)

    def test_a_list_of_clocks_asks_for_notices_once(self, django_assert_num_queries: Any) -> None:
        for number in range(4):
            a_clock(f"X2026-{number}")
        take_in()
        queries.calendar_at("511700")
        with django_assert_num_queries(1):
            left = [queries.days_left(row, date(2026, 12, 31)) for row in queries.running(viewer=SYSTEM)]
        assert left == [7, 7, 7, 7]


class TestTheCommand:
    def test_imports_a_notice_and_shows_what_drifts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        a_clock()
        take_in()
        file = tmp_path / "corrected.yaml"
        file.write_bytes(CORRECTED)
        person = a_person(seats={the_authority().pk: [Role.REVIEWER]})
        run = CliRunner()
        done = run.invoke(command, ["notice", str(file), "--as", person.username, "--json"], catch_exceptions=False)
        assert json.loads(done.stdout)["left_for_review"] == ["X2026-1"]
        shown = run.invoke(command, ["drift", "--json"], catch_exceptions=False)
        (row,) = json.loads(shown.stdout)
        assert (row["subject"], row["due_before"], row["due_on"]) == ("X2026-1", "2027-01-13", "2027-01-14")
