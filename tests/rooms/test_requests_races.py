"""Two people, two clicks, or a person and the sweep at one moment: a case is answered once, nobody waits in vain."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from hefu.kernel import events
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Refusal
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.terms import ClockExpired, State
from hefu.rooms.evidence.queries import history
from hefu.rooms.requests import errors, services
from hefu.rooms.requests.models import AccessRequest, Decision, Submission
from hefu.rooms.requests.terms import Answer, RequestGranted, RequestRefused, Status, Verdict
from tests.builders import NOON, SYSTEM, a_case, a_department, an_actor, an_application, an_entry, the_authority

pytestmark = pytest.mark.django_db(transaction=True)

GRANT = Answer(Verdict.GRANT)
REFUSAL = Answer(Verdict.REFUSE, "不属于贵单位职责", ground="not_needed_for_duties")
LATE = at_noon(date(2026, 3, 30))


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[Any]]:
    found: list[Any] = []
    before = dict(events._listeners)
    events.wire(
        {RequestGranted: [found.append], RequestRefused: [found.append], ClockExpired: [services.on_clock_expired]}
    )
    yield found
    events.wire(before)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run each in its own thread and connection, all let go together; return what they returned or refused."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            outcomes[number] = act()
        except Refusal as refusal:
            outcomes[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits in vain"
    return outcomes


def refusals(outcomes: list[Any]) -> list[type]:
    return [type(one) for one in outcomes if isinstance(one, Refusal)]


def deciding(row: AccessRequest, answer: Answer, actor: Actor, clock: Any = NOON) -> Callable[[], Any]:
    return lambda: services.decide_request(number=row.number, answer=answer, actor=actor, clock=clock)


def count(row: AccessRequest, kind: str) -> int:
    return sum(entry.kind == kind for entry in history(row.number, viewer=SYSTEM))


def test_two_chiefs_who_answer_at_once_answer_once(heard: list[Any]) -> None:
    for _ in range(3):
        row = a_case()
        chiefs = [an_actor(row.provider, Role.CHIEF) for _ in range(2)]
        outcomes = at_once(deciding(row, GRANT, chiefs[0]), deciding(row, REFUSAL, chiefs[1]))
        assert refusals(outcomes) == [errors.MoveNotAllowed]
        row.refresh_from_db()
        assert row.decision.status == row.status
        assert count(row, "request.decided") == 1
    assert len(heard) == Decision.objects.count() == 3


def test_two_clicks_hand_a_request_in_once() -> None:
    entry, office = an_entry(), a_department()
    row = services.draft_request(entry=entry.pk, application=an_application(entry), actor=an_actor(office), clock=NOON)
    chief = an_actor(office, Role.CHIEF)
    outcomes = at_once(*[lambda: services.submit_request(number=row.number, actor=chief, clock=NOON) for _ in range(2)])
    assert refusals(outcomes) == [errors.MoveNotAllowed]
    assert (Submission.objects.count(), count(row, "request.received"), count(row, "clock.started")) == (1, 1, 1)


def test_both_deciders_who_speak_at_once_make_one_decision(heard: list[Any]) -> None:
    the_authority()
    for _ in range(3):
        row = a_case(an_entry(a_department(place="440100")))
        chief, reviewer = an_actor(row.provider, Role.CHIEF), an_actor(the_authority(), Role.REVIEWER)
        assert refusals(at_once(deciding(row, GRANT, chief), deciding(row, GRANT, reviewer))) == []
        row.refresh_from_db()
        assert (row.status, count(row, "request.decided")) == (Status.GRANTED, 1)
    assert len(heard) == 3


def test_an_answer_and_a_withdrawal_at_once_leave_one_of_them() -> None:
    row = a_case()
    chief, consumer = an_actor(row.provider, Role.CHIEF), an_actor(row.consumer, Role.CHIEF)
    outcomes = at_once(
        deciding(row, GRANT, chief),
        lambda: services.withdraw_request(number=row.number, reason="取消", actor=consumer, clock=NOON),
    )
    assert refusals(outcomes) == [errors.MoveNotAllowed]
    row.refresh_from_db()
    assert (row.status == Status.GRANTED) == Decision.objects.filter(request=row).exists()


def test_an_answer_while_the_sweep_sends_the_case_up_waits_and_is_then_taken() -> None:
    row = a_case()
    chief = an_actor(row.provider, Role.CHIEF)
    sweep_holds, answer_waits = threading.Event(), threading.Event()

    def slow(event: ClockExpired) -> None:
        # The sweep holds the clock here; the answer takes the case and then has to wait for the clock.
        sweep_holds.set()
        answer_waits.wait(timeout=30)
        services.on_clock_expired(event)

    events.wire({ClockExpired: [slow]})

    def answer() -> Any:
        sweep_holds.wait(timeout=30)
        with transaction.atomic():
            AccessRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)
            answer_waits.set()
            return services.decide_request(number=row.number, answer=GRANT, actor=chief, clock=LATE)

    swept, answered = at_once(lambda: clocks.sweep(clock=LATE), answer)
    assert len(swept.expired) == 1
    assert answered.status == Status.GRANTED
    states = {one.rule: one.state for one in clock_queries.clocks_of(row.number, viewer=SYSTEM)}
    assert states["requests.answer_conditional"] == State.LATE_MET
    assert row.notices.filter(kind="overdue").count() >= 2


def test_a_sweep_passes_by_a_clock_that_is_being_answered() -> None:
    row = a_case()
    chief = an_actor(row.provider, Role.CHIEF)
    answered, swept = threading.Event(), threading.Event()

    def answer() -> None:
        with transaction.atomic():
            services.decide_request(number=row.number, answer=GRANT, actor=chief, clock=LATE)
            answered.set()
            swept.wait(timeout=30)

    def sweep() -> Any:
        answered.wait(timeout=30)
        try:
            return clocks.sweep(clock=LATE)
        finally:
            swept.set()

    _, done = at_once(answer, sweep)
    assert done.expired == ()
    assert count(row, "clock.expired") == 0


def test_two_wishes_for_more_time_at_once_are_one() -> None:
    the_authority()
    row = a_case()
    chiefs = [an_actor(row.provider, Role.CHIEF) for _ in range(2)]

    def asking(actor: Actor) -> Callable[[], Any]:
        return lambda: services.ask_extension(number=row.number, days=5, reason="数据量大", actor=actor, clock=NOON)

    assert refusals(at_once(*map(asking, chiefs))) == [errors.ExtensionAskedBefore]
    reviewers = [an_actor(the_authority(), Role.REVIEWER) for _ in range(2)]

    def consenting(actor: Actor) -> Callable[[], Any]:
        return lambda: services.consent_extension(number=row.number, consent=True, actor=actor, clock=NOON)

    assert refusals(at_once(*map(consenting, reviewers))) == [errors.NoExtensionAsked]
    assert clock_queries.clock_of(row.number, viewer=SYSTEM).due_on == date(2026, 4, 1)
    assert count(row, "clock.extended") == 1


def test_two_deliveries_that_end_at_once_are_noted_once() -> None:
    row = a_case()
    services.decide_request(number=row.number, answer=GRANT, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
    outcomes = at_once(*[lambda: services.delivery_made(number=row.number, actor=SYSTEM, clock=NOON) for _ in range(2)])
    assert refusals(outcomes) == []
    assert count(row, "request.delivered") == 1
