"""The law for programs: what the command line answers, the interface answers."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.law import coverage, running, tables
from hefu.rooms.clocks import services as clocks
from tests.builders import a_department, a_person, an_actor, the_authority

pytest.importorskip("hefu.api.root", reason="the interface is not built in")
pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def client() -> Client:
    signed_in = Client()
    signed_in.force_login(a_person(seats={a_department().pk: [Role.OFFICER]}), backend=BACKEND)
    return signed_in


def got(client: Client, address: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/law/{address}")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_a_rule_is_explained_day_by_day_with_another_packs_answer(client: Client) -> None:
    found = got(client, "explain/requests.answer_conditional?on=2026-03-11&at=610100&against=44")
    assert (found["value"]["amount"], found["deadline"]["due_on"]) == (5, "2026-03-18")
    assert found["against"]["deadline"]["due_on"] == "2026-03-25"
    assert found["explanation"]["zh"]
    assert found["explanation"]["en"]


def test_working_days_rules_packs_clauses_and_clocks_are_those_of_the_command_line(client: Client) -> None:
    assert got(client, "workdays/2026?at=65") == tables.workdays(2026, "65")
    assert {row["id"] for row in got(client, "packs")} == {row["id"] for row in tables.packs()}
    assert {row["rule"] for row in got(client, "rules?on=2026-03-11&at=44")} >= {"requests.deciders"}
    rows = got(client, "coverage?document=decree-809")
    assert [row["id"] for row in rows] == [f"D809-{number:02}" for number in range(1, 45)]
    timed = {row.clause.id for row in coverage.coverage() if row.state is coverage.ClauseState.TIMED}
    assert {row["id"] for row in got(client, "coverage?state=timed")} == timed
    assert [row["rule"] for row in got(client, "clocks")] == [one.rule for one in running.clocks()]


def test_a_notice_that_the_node_took_in_counts_and_is_named(client: Client) -> None:
    text = 'year: 2027\nplace: "00"\nnotice: invented\nrest:\n  new_year: ["01-01..01-04"]\n'
    asked = "explain/requests.answer_conditional?on=2026-12-28&at=511700"
    before = got(client, asked)
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    clocks.import_notice(text=text.encode(), file="2027.yaml", actor=reviewer, clock=at_noon(date(2026, 12, 29)))
    after = got(client, asked)
    assert (before["notices"], after["notices"]) == ([], ["invented"])
    assert after["deadline"]["due_on"] > before["deadline"]["due_on"]
    assert {row["day"]: row["works"] for row in got(client, "workdays/2027")}["2027-01-04"] is False


@pytest.mark.parametrize(
    "address", ["explain/no.rule?on=2026-03-11", "explain/requests.deciders?on=2026-03-11&at=x1", "workdays/2026?at=9"]
)
def test_what_is_not_there_is_said_so(client: Client, address: str) -> None:
    assert got(client, address, 404)["code"] == "access.not_found"


def test_nobody_asks_without_signing_in() -> None:
    assert Client().get("/api/v1/law/packs").status_code == 401
