"""Grants that nobody uses, where the law of the place gives a time for that: Heilongjiang does, three months."""

from collections.abc import Callable
from datetime import date

import pytest

from hefu.dataplane.ticket import Channel
from hefu.kernel import events
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.clocks.terms import State
from hefu.rooms.deliveries.terms import DeliveryDone
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries, services
from hefu.rooms.grants.errors import NotIdle
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import queries as requests
from tests.builders import SYSTEM, a_department, a_grant, a_mounted_entry, a_population, an_actor
from tests.conftest import Database

pytestmark = pytest.mark.django_db

#: Issued on 11 March 2026; three months later are 11 June.
NEAR, LAST, PAST = at_noon(date(2026, 5, 20)), at_noon(date(2026, 6, 11)), at_noon(date(2026, 6, 12))


@pytest.fixture
def authority() -> Department:
    return a_department("省数据局", DepartmentRole.AUTHORITY, place="230000")


@pytest.fixture
def reviewer(authority: Department) -> Actor:
    return an_actor(authority, Role.REVIEWER)


@pytest.fixture
def make_grant(a_database: Database) -> Callable[[], Grant]:
    def make() -> Grant:
        a_population(a_database, rows=3)
        entry = a_mounted_entry(a_department("省公安厅", place="230000"), a_database)
        return a_grant(entry, a_department("省民政厅", place="230000"), channel=Channel.FILE)

    return make


@pytest.fixture
def grant(authority: Department, make_grant: Callable[[], Grant]) -> Grant:
    del authority
    return make_grant()


def look(clock: FixedClock) -> list[str]:
    started = services.watch_idle(actor=SYSTEM, clock=clock)
    clocks.sweep(clock=clock)
    return started


def the_clock(grant: Grant) -> CaseClock:
    return clock_queries.clock_of(grant.number, viewer=SYSTEM, rule="grants.idle")


def told(grant: Grant) -> list[tuple[str, str]]:
    found = requests.notices(viewer=SYSTEM).filter(request__number=grant.request, kind__startswith="grant_idle")
    return sorted((one.kind, one.to.name) for one in found)


def test_a_grant_gone_unused_gets_a_clock_goes_to_the_reviewers_and_stays_in_force(
    grant: Grant, reviewer: Actor
) -> None:
    assert look(at_noon(date(2026, 5, 10))) == []
    assert look(NEAR) == [grant.number]
    assert look(NEAR) == []
    clock = the_clock(grant)
    assert (clock.started_on, clock.due_on) == (date(2026, 3, 11), date(2026, 6, 11))
    assert (clock.article.document, clock.responsible_id) == ("heilongjiang-2025-1", grant.consumer_id)
    look(LAST)
    assert told(grant) == [("grant_idle_soon", "省公安厅"), ("grant_idle_soon", "省民政厅")]
    assert list(queries.idle(viewer=reviewer)) == []
    look(PAST)
    assert [row.number for row in queries.idle(viewer=reviewer)] == [grant.number]
    assert the_clock(grant) in clock_queries.desk(viewer=reviewer)
    assert {name for kind, name in told(grant) if kind == "grant_idle"} == {"省公安厅", "省民政厅", "省数据局"}
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ACTIVE


def test_the_reviewer_keeps_it_with_a_reason_and_it_has_its_whole_time_again(grant: Grant, reviewer: Actor) -> None:
    look(NEAR)
    with pytest.raises(NotIdle):
        services.keep_idle(number=grant.number, reason="仍需使用", actor=reviewer, clock=NEAR)
    look(PAST)
    with pytest.raises(Forbidden):
        services.keep_idle(
            number=grant.number, reason="仍需使用", actor=an_actor(grant.consumer, Role.CHIEF), clock=PAST
        )
    with pytest.raises(InputsRejected):
        services.keep_idle(number=grant.number, reason=" ", actor=reviewer, clock=PAST)
    services.keep_idle(number=grant.number, reason="年度核对仍需使用", actor=reviewer, clock=PAST)
    assert list(queries.idle(viewer=reviewer)) == []
    (kept,) = [entry for entry in history(grant.number, viewer=SYSTEM) if entry.kind == "grant.kept"]
    assert (kept.body["unused_since"], kept.body["due_on"]) == ("2026-03-11", "2026-06-11")
    assert "年度" not in str(kept.body)
    assert look(at_noon(date(2026, 8, 1))) == []
    assert look(at_noon(date(2026, 8, 20))) == [grant.number]
    assert the_clock(grant).due_on == date(2026, 9, 12)


def test_rows_that_arrive_stop_the_clock_and_it_counts_from_then(grant: Grant) -> None:
    look(NEAR)
    events.announce(DeliveryDone("D2026-000001", grant.number, grant.request, 3, NEAR.now()))
    assert the_clock(grant).state == State.MET
    assert queries.last_use(grant) == NEAR.now()
    assert look(PAST) == []
    look(at_noon(date(2026, 8, 1)))
    assert the_clock(grant).started_on == date(2026, 5, 20)


def test_a_grant_taken_back_owes_no_use(grant: Grant, reviewer: Actor) -> None:
    look(PAST)
    chief = an_actor(grant.provider, Role.CHIEF)
    services.revoke_grant(number=grant.number, reason="长期未用", actor=chief, clock=PAST)
    look(PAST)
    assert the_clock(grant).state == State.CANCELLED
    assert list(queries.idle(viewer=reviewer)) == []


def test_where_the_law_gives_no_such_time_no_clock_runs(make_grant: Callable[[], Grant]) -> None:
    a_department("市数据局", DepartmentRole.AUTHORITY, place="511700")
    make_grant()
    assert look(PAST) == []
    assert not CaseClock.objects.filter(rule="grants.idle").exists()
