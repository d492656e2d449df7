"""How an entry leaves the catalogue where the law has the authority review it first: Xi'an, one working day."""

from datetime import date

import pytest

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.errors import NoWithdrawalAsked, OwnWork, ReasonsNeeded, WithdrawalOpen
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.clocks.terms import State
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import queries as requests
from tests.builders import NOON, SYSTEM, a_case, a_department, an_actor, an_entry

pytestmark = pytest.mark.django_db

NEXT_DAY = at_noon(date(2026, 3, 12))


@pytest.fixture
def authority() -> Department:
    return a_department("市数据局", DepartmentRole.AUTHORITY, place="610100")


@pytest.fixture
def entry(authority: Department) -> Entry:
    del authority
    return an_entry(a_department("市民政局", place="610100"))


@pytest.fixture
def reviewer(authority: Department) -> Actor:
    return an_actor(authority, Role.REVIEWER)


def ask(entry: Entry) -> Entry:
    chief = an_actor(entry.provider, Role.CHIEF)
    return services.withdraw_entry(entry_id=entry.pk, reason="系统停用", actor=chief, clock=NOON)


def the_clock(entry: Entry) -> CaseClock:
    return clocks.clock_of(entry.code, viewer=SYSTEM, rule="catalog.withdrawal_review")


def kinds(entry: Entry) -> list[str]:
    return [one.kind for one in history(entry.code, viewer=SYSTEM)]


def test_a_department_asks_and_the_entry_stays_in_force_while_the_authoritys_time_runs(
    entry: Entry, authority: Department, reviewer: Actor
) -> None:
    assert ask(entry).status == Status.PUBLISHED
    clock = the_clock(entry)
    assert (clock.due_on, clock.responsible_id) == (date(2026, 3, 12), authority.pk)
    assert clock.article.document == "xian-2025-82"
    assert [one.entry_id for one in queries.withdrawals_to_review(viewer=reviewer)] == [entry.pk]
    assert "entry.withdrawn" not in kinds(entry)
    assert "系统停用" not in str([one.body for one in history(entry.code, viewer=SYSTEM)])
    with pytest.raises(WithdrawalOpen):
        ask(entry)


def test_agreed_to_it_leaves_the_catalogue_and_its_users_are_told(entry: Entry, reviewer: Actor) -> None:
    case = a_case(entry)
    ask(entry)
    with pytest.raises(Forbidden):
        services.review_withdrawal(
            entry_id=entry.pk, agrees=True, actor=an_actor(entry.provider, Role.CHIEF), clock=NEXT_DAY
        )
    row = services.review_withdrawal(entry_id=entry.pk, agrees=True, actor=reviewer, clock=NEXT_DAY)
    assert (row.status, row.reasons) == (Status.WITHDRAWN, "系统停用")
    assert the_clock(entry).state == State.MET
    assert "entry.withdrawn" in kinds(entry)
    told = requests.notices(viewer=SYSTEM).filter(request__number=case.number, kind="entry_withdrawn")
    assert told.exists()


def test_declined_it_stays_with_the_reason_and_may_be_asked_for_again(entry: Entry, reviewer: Actor) -> None:
    ask(entry)
    with pytest.raises(ReasonsNeeded):
        services.review_withdrawal(entry_id=entry.pk, agrees=False, actor=reviewer, clock=NEXT_DAY)
    row = services.review_withdrawal(
        entry_id=entry.pk, agrees=False, reasons="仍有部门使用", actor=reviewer, clock=NEXT_DAY
    )
    assert row.status == Status.PUBLISHED
    found = queries.last_withdrawal(queries.entry(entry.pk, viewer=reviewer))
    assert found is not None
    assert (found.agreed, found.note) == (False, "仍有部门使用")
    assert "entry.withdrawal_declined" in kinds(entry)
    with pytest.raises(NoWithdrawalAsked):
        services.review_withdrawal(entry_id=entry.pk, agrees=True, actor=reviewer, clock=NEXT_DAY)
    ask(entry)
    assert queries.withdrawals_to_review(viewer=reviewer).count() == 1


def test_nobody_reviews_what_they_asked_for(authority: Department) -> None:
    own = an_entry(authority)
    both = an_actor(authority, Role.CHIEF, Role.REVIEWER)
    chief = Actor(both.id, both.name, authority.pk, frozenset({Role.CHIEF}), of_authority=True)
    services.withdraw_entry(entry_id=own.pk, reason="系统停用", actor=chief, clock=NOON)
    with pytest.raises(OwnWork):
        services.review_withdrawal(entry_id=own.pk, agrees=True, actor=both, clock=NOON)


def test_where_the_law_has_no_such_review_it_takes_effect_at_once() -> None:
    a_department("市数据局", DepartmentRole.AUTHORITY, place="511700")
    entry = an_entry()
    assert ask(entry).status == Status.WITHDRAWN
    assert not CaseClock.objects.filter(rule="catalog.withdrawal_review").exists()


def test_several_leave_for_one_reason_each_by_its_own_way(entry: Entry, authority: Department) -> None:
    elsewhere = an_entry(a_department("贵阳市民政局", place="520100"))
    chief = an_actor(entry.provider, Role.CHIEF)
    ids = [entry.pk, elsewhere.pk, entry.pk]
    made = services.withdraw_entries(entry_ids=ids, reason="新目录不再列出", actor=chief, clock=NOON)
    assert [(one.entry_id, one.over) for one in made] == [(entry.pk, False), (elsewhere.pk, False)]
    assert made[0].refused is None, "the authority of Xi'an is asked first"
    assert isinstance(made[1].refused, Forbidden)
    with pytest.raises(InputsRejected) as nothing:
        services.withdraw_entries(entry_ids=[], reason=" ", actor=chief, clock=NOON)
    assert set(nothing.value.problems) == {"pick", "reason"}
