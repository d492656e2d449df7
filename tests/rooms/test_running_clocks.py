"""Each period that is said to run does: what happens in an office starts, or extends, a clock under its rule."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.law import running
from hefu.law.running import Running
from hefu.rooms.catalog import services as catalog
from hefu.rooms.catalog.terms import Cause, ShareType, Verdict
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.terms import Answer
from hefu.rooms.requests.terms import Verdict as Word
from hefu.rooms.upkeep import services as upkeep
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_case,
    a_department,
    a_draft,
    a_grant,
    an_actor,
    an_entry,
    the_authority,
)

pytestmark = pytest.mark.django_db


def asked(**terms: Any) -> None:
    a_case(an_entry(**terms))


def granted() -> None:
    case = a_case()
    requests.decide_request(
        number=case.number, answer=Answer(Word.GRANT), actor=an_actor(case.provider, Role.CHIEF), clock=NOON
    )


def answer_extended() -> None:
    case = a_case()
    requests.ask_extension(
        number=case.number, days=3, reason="数据量大", actor=an_actor(case.provider, Role.CHIEF), clock=NOON
    )
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    requests.consent_extension(number=case.number, consent=True, actor=reviewer, clock=NOON)


def changed(cause: Cause) -> None:
    row = an_entry()
    catalog.note_cause(entry_id=row.pk, cause=cause, on=TODAY, note="x", actor=an_actor(row.provider), clock=NOON)
    if cause is Cause.DUTIES:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        catalog.extend_update(entry_id=row.pk, days=2, reason="x", actor=reviewer, clock=NOON)


def handed_in(place: str = "511700") -> None:
    authority = the_authority()
    row = a_draft(a_department(place=place))
    catalog.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
    if place == "230000":
        reviewer = an_actor(authority, Role.REVIEWER)
        catalog.review_entry(entry_id=row.pk, verdict=Verdict.RETURN, reasons="x", actor=reviewer, clock=NOON)


def needed() -> None:
    a_department("市数据局", DepartmentRole.AUTHORITY, place="610100")
    asking, source = a_department(place="610100"), a_department(place="610100")
    number = upkeep.ask_for_data(
        name="辅具适配信息", items="姓名、日期", purpose="核发补贴", actor=an_actor(asking), clock=NOON
    ).number
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    upkeep.name_provider(number=number, department_id=source.pk, actor=reviewer, clock=NOON)
    upkeep.answer_need(number=number, agrees=True, actor=an_actor(source, Role.CHIEF), clock=NOON)


def gone_through() -> None:
    office = a_department(place="520000")
    upkeep.open_full_review(department_id=office.pk, actor=an_actor(office, Role.CHIEF), clock=NOON)


def unused() -> None:
    a_department("省数据局", DepartmentRole.AUTHORITY, place="230000")
    grant = a_grant(an_entry(), a_department(), channel=Channel.FILE)
    Grant.objects.filter(pk=grant.pk).update(status=GrantStatus.ACTIVE, missing=[])
    grants.watch_idle(actor=SYSTEM, clock=at_noon(date(2026, 5, 20)))


def withdrawn() -> None:
    a_department("市数据局", DepartmentRole.AUTHORITY, place="610100")
    row = an_entry()
    catalog.withdraw_entry(entry_id=row.pk, reason="x", actor=an_actor(row.provider, Role.CHIEF), clock=NOON)


#: Rule → what happens in an office.
HAPPENS: dict[str, Callable[[], object]] = {
    "requests.answer_unconditional": lambda: asked(
        share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope=""
    ),
    "requests.answer_conditional": asked,
    "requests.extension": answer_extended,
    "requests.delivery": granted,
    "catalog.update": lambda: changed(Cause.LAW),
    "catalog.update_extension": lambda: changed(Cause.DUTIES),
    "catalog.refresh_entry": lambda: changed(Cause.INFORMATION),
    "catalog.review": handed_in,
    "catalog.full_review": gone_through,
    "catalog.withdrawal_review": withdrawn,
    "grants.idle": unused,
    "needs.review": needed,
    "needs.answer": needed,
    "needs.publish": needed,
    "catalog.fix_comments": lambda: handed_in("230000"),
}


@pytest.mark.parametrize("rule", [row.rule for row in running.clocks() if row.state is Running.RUNS])
def test_a_period_that_is_said_to_run_runs(rule: str) -> None:
    HAPPENS[rule]()
    started = set(CaseClock.objects.values_list("rule", flat=True))
    changes = [one for changes in CaseClock.objects.values_list("changes", flat=True) for one in changes]
    assert rule in started | {one["deadline"]["rule"] for one in changes if one["deadline"]}


def test_no_period_happens_that_is_said_not_to_run() -> None:
    assert set(HAPPENS) == {row.rule for row in running.clocks() if row.state is Running.RUNS}


@pytest.mark.clause("GZ2020-09g")
def test_in_guizhou_a_whole_catalogue_is_gone_through_within_a_year() -> None:
    gone_through()
    (clock,) = CaseClock.objects.filter(rule="catalog.full_review")
    assert (clock.due_on, clock.counted.source.document) == (date(2027, 3, 11), "guizhou-2020")
