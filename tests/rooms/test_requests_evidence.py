"""What the evidence of a request holds: every move, and neither a person's words nor anybody's name."""

from datetime import date

import pytest

from hefu.dataplane.filters import OneOf, RowFilter
from hefu.kernel.actor import Role
from hefu.rooms.evidence.queries import history
from hefu.rooms.requests import services
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import MOVES, Answer, GrantedItem, Status, Verdict
from tests.builders import NOON, SYSTEM, a_case, a_department, an_actor, an_application, an_entry, the_authority
from tests.rooms import test_requests_flow as flow

pytestmark = pytest.mark.django_db

#: Nobody but the requests room listens here either.
heard = flow.heard


def replayed(row: AccessRequest) -> Status:
    """Run the evidence of a case through MOVES."""
    status = None
    for entry in history(row.number, viewer=SYSTEM):
        if "status" not in entry.body or not entry.kind.startswith("request."):
            continue
        after = Status(entry.body["status"])
        assert status is None or after in MOVES[status], (status, after)
        status = after
    assert status is not None
    return status


def test_the_evidence_of_a_case_run_through_the_moves_ends_where_the_row_is() -> None:
    the_authority()
    incomplete = flow.TestIncomplete()
    joint = a_case(an_entry(a_department(place="440100")))
    flow.decided(joint)
    taken_back = a_case()
    services.withdraw_request(
        number=taken_back.number, reason="取消", actor=an_actor(taken_back.consumer, Role.CHIEF), clock=NOON
    )
    extended = a_case()
    flow.TestExtension().asked(extended)
    flow.TestExtension().consented(extended)
    rows = [
        a_case(),
        a_case(an_entry(**flow.UNCONDITIONAL)),
        flow.decided(a_case()),
        flow.decided(a_case(), flow.REFUSAL),
        flow.decided(a_case(), Answer(Verdict.GRANT_PART, "最小必要", (GrantedItem("name"),))),
        incomplete.returned(a_case()),
        flow.decided(incomplete.completed(incomplete.returned(a_case())), on=date(2026, 3, 20)),
        flow.reviewed(joint),
        taken_back,
        extended,
        services.delivery_made(number=flow.decided(a_case()).number, actor=flow.PLATFORM, clock=NOON),
    ]
    for row in rows:
        row.refresh_from_db()
        assert replayed(row) == row.status, row.status
    assert {row.status for row in rows} == set(Status) - {Status.DRAFT}


def test_neither_what_people_wrote_nor_whom_the_rows_are_about_stands_in_the_evidence() -> None:
    entry = an_entry()
    rows = RowFilter((OneOf("name", ("王小明", "李小红")),))
    row = a_case(entry, application=an_application(entry, rows=rows))
    row = flow.decided(row, Answer(Verdict.GRANT_PART, "王小明的记录另行处理", (GrantedItem("name"),)))
    leaves = [bytes(one.leaf).decode() for one in history(row.number, viewer=SYSTEM)]
    for secret in ("王小明", "李小红", row.purpose, row.scenario):
        assert not any(secret in leaf for leaf in leaves)
    assert any(row.asked_items[0].code in leaf for leaf in leaves)
