"""The interface for programs: who may call, what comes back, and that sending again changes nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hefu.api.tempo import Tempo
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock, SystemClock
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import UpdateCycle
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.models import Department, Person, Token
from tests.builders import SYSTEM, a_content, a_department, a_draft, a_person, an_entry

pytestmark = pytest.mark.django_db
NOW = SystemClock()


def a_token(department: Department, *roles: Role, reads_only: bool = False, days: int = 30) -> str:
    person = a_person(seats={department.pk: list(roles or (Role.OFFICER,))})
    return a_token_of(person, department, reads_only=reads_only, days=days)[1]


def a_token_of(
    person: Person, department: Department, *, reads_only: bool = False, days: int = 30
) -> tuple[Token, str]:
    actor = parties.actor_for(person, department.pk)
    return party_services.issue_token(
        department_id=department.pk, name="夜间同步", days=days, reads_only=reads_only, actor=actor, clock=NOW
    )


class Caller:
    """A program with a token."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, address: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1/{address}")
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    def send(self, method: str, address: str, body: Any, status: int = 200) -> Any:
        answer = self.client.generic(method, f"/api/v1/{address}", json.dumps(body), "application/json")
        assert answer.status_code == status, answer.content.decode()
        return answer.json()


@pytest.fixture
def office() -> Department:
    return a_department("某市民政局")


@pytest.fixture
def caller(office: Department) -> Caller:
    return Caller(a_token(office))


def a_row(**changes: object) -> dict[str, Any]:
    content = to_json(a_content(**changes))
    content["items"] = [{name: value for name, value in item.items() if name != "id"} for item in content["items"]]
    return {"content": content}


class TestWhoMayCall:
    def test_nobody_without_a_token_or_a_session(self, client: Client) -> None:
        answer = client.get("/api/v1/catalog/entries")
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "api.not_signed_in"

    @pytest.mark.parametrize("token", ["hefu_wrong", "wrong", "", "hefu_" + "x" * 500, "hefu_\u4e2d"])
    def test_nobody_with_a_token_that_was_never_issued(self, token: str) -> None:
        answer = Client().get(
            "/api/v1/catalog/entries", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        )
        assert answer.status_code == 401

    def test_a_token_that_is_revoked_or_over_acts_no_more(self, office: Department) -> None:
        person = a_person(seats={office.pk: [Role.OFFICER]})
        token, secret = a_token_of(person, office, days=1)
        assert parties.bearer(secret, clock=NOW)
        assert parties.bearer(secret, clock=FixedClock(NOW.now() + timedelta(days=1))) is None
        actor = parties.actor_for(person, office.pk)
        party_services.revoke_token(token_id=token.pk, reason="不再使用", actor=actor, clock=NOW)
        assert parties.bearer(secret, clock=NOW) is None

    def test_a_token_loses_what_its_seat_loses(self, office: Department) -> None:
        person = a_person(seats={office.pk: [Role.OFFICER]})
        _token, secret = a_token_of(person, office)
        (seat,) = parties.seats_of(person)
        party_services.end_seat(seat_id=seat.pk, reason="调离", actor=SYSTEM, clock=NOW)
        assert parties.bearer(secret, clock=NOW) is None

    def test_only_the_digest_is_kept(self, office: Department) -> None:
        secret = a_token(office)
        row = Token.objects.get()
        assert secret not in [str(value) for value in vars(row).values()]
        assert len(secret) > 40

    def test_a_token_that_only_reads_writes_nothing(self, office: Department) -> None:
        reader = Caller(a_token(office, reads_only=True))
        assert reader.get("catalog/entries")["entries"] == []
        assert reader.send("PUT", "catalog/entries", a_row(outside_code="1"), 403)["code"] == "api.reads_only"

    def test_a_person_who_is_signed_in_reads_and_writes_only_with_the_csrf_token(self, office: Department) -> None:
        person = a_person(seats={office.pk: [Role.OFFICER]})
        client = Client(enforce_csrf_checks=True)
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/api/v1/catalog/entries").status_code == 200
        body = json.dumps(a_row(outside_code="1"))
        answer = client.put("/api/v1/catalog/entries", body, "application/json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
        assert Entry.objects.count() == 0

    def test_a_caller_who_asks_too_fast_is_told_how_long_to_wait(self) -> None:
        tempo = Tempo(per_minute=60)
        assert [tempo.wait("a", now=0.0) for _time in range(61)] == [0] * 60 + [2]
        assert tempo.wait("b", now=0.0) == 0
        assert tempo.wait("a", now=1.5) == 0


class TestReading:
    def test_pages_lead_through_all_entries_once_in_every_order(self, office: Department, caller: Caller) -> None:
        made = {an_entry(office).code for _number in range(5)}
        for order in ("code", "changed", "name"):
            seen, cursor = [], ""
            while True:
                answer = caller.get(f"catalog/entries?size=2&order={order}&cursor={cursor}")
                seen += [one["code"] for one in answer["entries"]]
                cursor = answer["next"]
                if not cursor:
                    break
            assert len(seen) == 5, order
            assert set(seen) == made

    @pytest.mark.parametrize("cursor", ["x", "e30", "eyJvcmRlciI6IFsiY29kZSIsICJwayJdLCAiYXQiOiBbIjEiLCAibm9wZSJdfQ"])
    def test_a_cursor_that_no_page_gave_is_refused(self, caller: Caller, cursor: str) -> None:
        assert caller.get(f"catalog/entries?cursor={cursor}", 422)["code"] == "api.cursor_unknown"

    def test_filters_narrow_and_wrong_values_are_named(self, office: Department, caller: Caller) -> None:
        daily = an_entry(office, update_cycle=UpdateCycle.DAILY)
        an_entry(office, update_cycle=UpdateCycle.YEARLY)
        found = caller.get(f"catalog/entries?update_cycle=daily&provider={office.credit_code}")["entries"]
        assert [one["code"] for one in found] == [daily.code]
        refused = caller.get("catalog/entries?update_cycle=dayly&size=0", 422)
        assert set(refused["problems"]) >= {"update_cycle", "size"} or len(refused["problems"]) == 2

    def test_what_one_may_not_see_does_not_exist(self, caller: Caller) -> None:
        draft = a_draft(a_department())
        assert caller.get(f"catalog/entries/{draft.pk}", 404)["code"] == "access.not_found"
        assert caller.get(f"catalog/entries/by-code?code={draft.code}", 404)["code"] == "access.not_found"
        assert caller.get("catalog/entries?status=draft")["entries"] == []

    def test_an_entry_is_read_with_all_it_says_and_its_versions(self, office: Department, caller: Caller) -> None:
        entry = an_entry(office)
        told = caller.get(f"catalog/entries/{entry.pk}")
        assert told["name"] == entry.name
        assert [item["code"] for item in told["items"]] == ["id_number", "name", "birth_date"]
        assert caller.get(f"catalog/entries/by-code?code={entry.code}") == told
        assert [one["number"] for one in caller.get(f"catalog/entries/{entry.pk}/versions")] == [1]
        assert caller.get(f"catalog/entries/{entry.pk}/versions/1")["name"] == entry.name
        assert caller.get("catalog/facets")["share_type"] == [
            {"value": "conditional", "label": "conditional", "count": 1}
        ]


class TestWriting:
    def test_sending_again_changes_nothing(self, caller: Caller) -> None:
        row = a_row(outside_code="MZ-001", name="低保对象名单")
        first = caller.send("PUT", "catalog/entries", row)
        again = caller.send("PUT", "catalog/entries", row)
        assert (first["outcome"], again["outcome"]) == ("created", "unchanged")
        assert first["id"] == again["id"]
        row["content"]["abstract"] = "新的摘要"
        assert caller.send("PUT", "catalog/entries", row)["outcome"] == "changed"
        assert Entry.objects.get().abstract == "新的摘要"

    def test_an_entry_in_force_gets_a_change_that_is_written_over_the_next_time(
        self, office: Department, caller: Caller
    ) -> None:
        entry = an_entry(office, outside_code="MZ-002")
        row = a_row(outside_code="MZ-002", name=entry.name, abstract="改")
        first = caller.send("PUT", "catalog/entries", row | {"code": entry.code})
        again = caller.send("PUT", "catalog/entries", row)
        assert (first["outcome"], again["outcome"]) == ("changed", "unchanged")
        assert first["id"] == again["id"] != str(entry.pk)
        assert queries.entry(entry.pk, viewer=SYSTEM).abstract != "改"

    def test_of_many_rows_each_is_answered_and_bad_ones_keep_none_out(self, caller: Caller) -> None:
        rows = [
            a_row(outside_code="1"),
            a_row(outside_code=""),
            a_row(outside_code="2", class_code="9"),
            {"content": {"name": "名录", "outside_code": "3", "update_cycle": "hourly"}},
            {"content": {"name": "名录", "outside_code": "4", "label": "x"}},
            a_row(outside_code="5") | {"provider": a_department().credit_code},
            a_row(outside_code="6"),
            a_row(outside_code="1") | {"code": "101/999999"},
        ]
        answer = caller.send("POST", "catalog/entries/bulk", {"rows": rows})
        assert (answer["created"], answer["refused"]) == (2, 6)
        told = [one["problem"]["code"] if one["problem"] else one["outcome"] for one in answer["rows"]]
        assert told == [
            "created",
            "inputs.rejected",
            "inputs.rejected",
            "inputs.rejected",
            "inputs.rejected",
            "access.forbidden",
            "created",
            "access.not_found",
        ]
        assert "update_cycle" in next(iter(answer["rows"][3]["problem"]["problems"]))
        assert "label" in next(iter(answer["rows"][4]["problem"]["problems"]))
        assert Entry.objects.count() == 2
        again = caller.send("POST", "catalog/entries/bulk", {"rows": rows})
        assert (again["created"], again["changed"], again["unchanged"]) == (0, 2, 0) or again["unchanged"] == 2

    def test_secrets_are_refused_with_the_article(self, caller: Caller) -> None:
        refused = caller.send("PUT", "catalog/entries", a_row(outside_code="9", secrecy="state_secret"), 422)
        assert refused["code"] == "catalog.secret_refused"
        assert refused["rule"] == {"document": "decree-809", "article": "3"}

    def test_only_the_chief_signs_off(self, office: Department, caller: Caller) -> None:
        draft = a_draft(office)
        assert caller.send("POST", f"catalog/entries/{draft.pk}/submit", {}, 403)["code"] == "access.forbidden"
        chief = Caller(a_token(office, Role.CHIEF))
        assert chief.send("POST", f"catalog/entries/{draft.pk}/submit", {})["status"] == "in_review"

    def test_too_many_rows_and_bodies_that_are_no_json_are_refused(self, caller: Caller) -> None:
        assert caller.send("POST", "catalog/entries/bulk", {"rows": [{}] * 501}, 422)["code"] == "api.too_many"
        answer = caller.client.put("/api/v1/catalog/entries", "{", "application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "api.unreadable")


class TestDescription:
    def test_every_operation_is_described_and_the_page_fetches_nothing_from_elsewhere(self, client: Client) -> None:
        told = client.get("/api/openapi.json").json()
        operations = [one for methods in told["paths"].values() for one in methods.values()]
        assert len(operations) > 12
        assert all(one["summary"] and one["description"] for one in operations)
        text = client.get("/api/").content.decode()
        for one in operations:
            assert one["operationId"] in text
        assert "http://" not in text
        assert "https://" not in text
        assert "<script" not in text

    def test_refusals_are_said_in_the_callers_language(self, client: Client) -> None:
        said = client.get("/api/v1/catalog/entries", headers={"Accept-Language": "en"}).json()["detail"]
        assert said.startswith("Say who asks")


def test_nobody_is_no_actor_of_a_room() -> None:
    assert queries.entries(viewer=Actor(id="nobody", name="")).count() == 0
