"""The catalogue's interface beyond single entries: search, life of an entry, files, wholeness, sending once."""

import json
from typing import Any, get_args
from uuid import UUID

import pytest
from django.test import Client

from hefu.api.finding import Countable
from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.errors import KeyReused, StillAtWork
from hefu.rooms.catalog.models import Answered, Entry
from hefu.rooms.catalog.services import answering
from hefu.rooms.catalog.terms import Status, UpdateCycle
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import services as upkeep
from hefu.search.terms import FACETS
from tests.api.test_catalog import Caller, a_row, a_token
from tests.builders import NOON, SYSTEM, a_department, a_draft, an_actor, an_entry, the_authority

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Department:
    return a_department("某市民政局")


@pytest.fixture
def caller(office: Department) -> Caller:
    return Caller(a_token(office))


class TestSearch:
    def test_words_and_facets_find_and_counts_come_where_they_are_asked_for(
        self, office: Department, caller: Caller
    ) -> None:
        an_entry(office, name="低保对象名单", update_cycle=UpdateCycle.DAILY)
        an_entry(office, name="低保金发放", update_cycle=UpdateCycle.YEARLY)
        an_entry(office, name="婚姻登记", update_cycle=UpdateCycle.DAILY)
        found = caller.get("catalog/search?q=低保&update_cycle=daily")
        assert [one["name"] for one in found["entries"]] == ["低保对象名单"]
        assert (found["total"], found["counts"]) == (1, {})
        counted = caller.get("catalog/search?q=低保&count=update_cycle&count=provider")["counts"]
        assert {one["value"]: one["count"] for one in counted["update_cycle"]} == {"daily": 1, "yearly": 1}
        assert counted["provider"][0]["label"] == office.name

    def test_the_answer_says_how_fresh_it_is(self, office: Department, caller: Caller) -> None:
        an_entry(office)
        fresh = caller.get("catalog/search")["freshness"]
        assert fresh["pending"] == 0
        assert fresh["source"] in ("index", "database")
        assert fresh["as_of"]

    def test_within_a_facet_one_value_suffices_and_an_unknown_department_has_nothing(
        self, office: Department, caller: Caller
    ) -> None:
        for cycle in (UpdateCycle.DAILY, UpdateCycle.MONTHLY, UpdateCycle.YEARLY):
            an_entry(office, update_cycle=cycle)
        assert caller.get("catalog/search?update_cycle=daily&update_cycle=yearly")["total"] == 2
        assert len(caller.get("catalog/entries?update_cycle=daily&update_cycle=yearly")["entries"]) == 2
        assert caller.get("catalog/search?provider=911100000000000000")["total"] == 0

    def test_pages_of_a_search_lead_through_all_hits_once(self, office: Department, caller: Caller) -> None:
        made = {an_entry(office, name=f"名单 {number}").code for number in range(5)}
        seen, cursor = [], ""
        while True:
            answer = caller.get(f"catalog/search?q=名单&size=2&sort=name&cursor={cursor}")
            seen += [one["code"] for one in answer["entries"]]
            cursor = answer["next"]
            if not cursor:
                break
        assert len(seen) == 5
        assert set(seen) == made

    @pytest.mark.parametrize(
        "asked",
        [
            "cursor=x",
            "cursor=e30",
            "cursor=eyJzb3J0IjogInJlbGV2YW5jZSIsICJiZWdpbiI6IC0xfQ",
            "cursor=eyJzb3J0IjogInJlbGV2YW5jZSIsICJiZWdpbiI6IHRydWV9",
            "sort=best",
            "count=words",
            "size=201",
            "size=x",
            "level=galaxy",
            "status=lost",
            "q=" + "x" * 201,
            "&".join(["theme=a"] * 21),
        ],
    )
    def test_what_cannot_be_asked_is_named_in_a_problem_document(self, caller: Caller, asked: str) -> None:
        answer = caller.client.get(f"/api/v1/catalog/search?{asked}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")

    @pytest.mark.parametrize("word", ["%00", "%ED%A0%80", "'\"\\", "%25%5F", "AND OR NOT (", "*", "名" * 200])
    def test_no_words_break_it(self, caller: Caller, word: str) -> None:
        for path in ("search", "entries", "facets"):
            answer = caller.client.get(f"/api/v1/catalog/{path}?q={word}&theme={word}&place={word}")
            assert answer.status_code in (200, 422), answer.content


class TestLife:
    def test_an_entry_is_signed_off_reviewed_and_withdrawn(self, office: Department) -> None:
        draft = a_draft(office)
        chief = Caller(a_token(office, Role.CHIEF))
        reviewer = Caller(a_token(the_authority(), Role.REVIEWER))
        chief.send("POST", f"catalog/entries/{draft.pk}/submit", {})
        sent = {"verdict": "return", "reasons": ""}
        assert (
            reviewer.send("POST", f"catalog/entries/{draft.pk}/review", sent, 422)["code"] == "catalog.reasons_needed"
        )
        done = reviewer.send("POST", f"catalog/entries/{draft.pk}/review", {"verdict": "approve"})
        assert done["status"] == "published"
        gone = reviewer.send("POST", f"catalog/entries/{draft.pk}/withdraw", {"reason": "并入另一目录"})
        assert gone["status"] == "withdrawn"

    def test_a_draft_is_dropped_and_what_is_in_force_is_not(self, office: Department, caller: Caller) -> None:
        draft, entry = a_draft(office), an_entry(office)
        assert caller.client.delete(f"/api/v1/catalog/entries/{draft.pk}").status_code == 204
        assert not Entry.objects.filter(pk=draft.pk).exists()
        assert caller.client.delete(f"/api/v1/catalog/entries/{entry.pk}").status_code == 409
        assert caller.client.delete(f"/api/v1/catalog/entries/{draft.pk}").status_code == 404

    def test_nobody_reviews_what_is_another_roles(self, office: Department, caller: Caller) -> None:
        draft = a_draft(office)
        answer = caller.send("POST", f"catalog/entries/{draft.pk}/review", {"verdict": "approve"}, 403)
        assert answer["code"] == "access.forbidden"

    def test_what_an_entry_must_follow_is_noted(self, office: Department, caller: Caller) -> None:
        entry = an_entry(office)
        sent = {"cause": "law", "on": "2026-01-05", "note": "条例修订"}
        assert caller.send("POST", f"catalog/entries/{entry.pk}/cause", sent)["status"] == "published"
        assert "on" in str(caller.send("POST", f"catalog/entries/{entry.pk}/cause", sent | {"on": "x"}, 422))


class TestFiles:
    def bring(self, caller: Caller, data: bytes, name: str, status: int = 200) -> Any:
        answer = caller.client.generic(
            "POST", f"/api/v1/catalog/imports?file_name={name}", data, "application/octet-stream"
        )
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    def test_a_file_is_brought_mapped_compared_and_goes_in(self, office: Department, caller: Caller) -> None:
        data = f"目录名称,提供方,摘要\n低保名单,{office.name},一\n坏行,无名局,二\n".encode()
        brought = self.bring(caller, data, "a.csv")
        assert {column: one["to"] for column, one in brought["mapping"].items()} == {
            "目录名称": "title",
            "提供方": "department",
            "摘要": "description",
        }
        address = f"catalog/imports/{brought['id']}"
        mapping = {column: one["to"] for column, one in brought["mapping"].items()}
        assert caller.send("POST", f"{address}/mapping", {"mapping": mapping})["status"] == "comparing"
        services.carry_on(intake_id=UUID(brought["id"]), clock=NOON)
        plan = caller.get(address)["plan"]
        assert (plan["taken"], plan["refused"]) == (1, 1)
        assert caller.send("POST", f"{address}/apply", {})["status"] == "running"
        services.carry_on(intake_id=UUID(brought["id"]), clock=NOON)
        assert caller.get(address)["status"] == "done"
        assert Entry.objects.get().name == "低保名单"
        (refused,) = caller.get(f"{address}/refused")["rows"]
        assert refused["reasons"][0]["code"] == "provider_unknown"
        assert [one["id"] for one in caller.get("catalog/imports")] == [brought["id"]]

    def test_others_do_not_see_it_and_bad_files_are_refused(self, office: Department, caller: Caller) -> None:
        brought = self.bring(caller, f"目录名称,提供方\n名单,{office.name}\n".encode(), "a.csv")
        stranger = Caller(a_token(a_department()))
        assert stranger.get(f"catalog/imports/{brought['id']}", 404)["code"] == "access.not_found"
        assert self.bring(caller, b"", "a.csv", 422)["code"] == "inputs.rejected"
        assert self.bring(caller, b"\xff\xfe\x00{", "a.json", 422)["code"]
        sent = {"mapping": {"目录名称": "nonsense"}}
        assert caller.send("POST", f"catalog/imports/{brought['id']}/mapping", sent, 422)["code"]


class TestWholeness:
    def test_near_duplicates_are_listed_and_settled(self, office: Department, caller: Caller) -> None:
        other = a_department("某市人社局")
        for department in (office, other):
            an_entry(department, name="残疾人基本信息")
        upkeep.find_duplicates(actor=SYSTEM, clock=NOON)
        (pair,) = caller.get("catalog/duplicates?status=open")["pairs"]
        assert {pair["first"]["provider"], pair["second"]["provider"]} == {office.name, other.name}
        said = {"source": office.credit_code, "reason": "职责所在"}
        assert caller.send("POST", f"catalog/duplicates/{pair['id']}", said, 403)["code"] == "access.forbidden"
        reviewer = Caller(a_token(the_authority(), Role.REVIEWER))
        assert reviewer.send("POST", f"catalog/duplicates/{pair['id']}", said)["source"] == office.credit_code
        assert caller.get("catalog/duplicates?status=open")["pairs"] == []
        whole = caller.get(f"catalog/duplicates/{pair['id']}")
        first = whole["alike"][0]
        assert (first["by"], first["sources"]) == (["name", "code"], [office.credit_code])
        ties = caller.get(f"catalog/entries/{whole['first']['id']}/ties")["sources"]
        assert {one["source"] for one in ties} == {office.credit_code}
        assert caller.send("POST", f"catalog/duplicates/{pair['id']}/take-back", {"reason": "x"}, 403)["code"]
        back = reviewer.send("POST", f"catalog/duplicates/{pair['id']}/take-back", {"reason": "有异议"})
        assert (back["status"], back["source"]) == ("open", None)
        each = [{"first": first["first"], "second": first["second"], "source": other.credit_code}]
        reviewer.send("POST", f"catalog/duplicates/{pair['id']}", {"items": each, "reason": "分项认定"})
        (tie,) = caller.get(f"catalog/entries/{whole['first']['id']}/ties")["sources"]
        assert (tie["item"], tie["source"]) == (first["first"], other.credit_code)

    def test_coverage_counts_what_lacks_its_ties(self, office: Department, caller: Caller) -> None:
        entry = an_entry(office)
        (told,) = caller.get("catalog/coverage")
        assert (told["name"], told["entries"]) == (office.name, 1)
        assert told["gaps"]["entry_no_resource"] == 1
        assert caller.get(f"catalog/entries/{entry.pk}/ties")["duties"] == []


class TestSendingOnce:
    def send(self, caller: Caller, rows: Any, key: str) -> Any:
        return caller.client.generic(
            "POST",
            "/api/v1/catalog/entries/bulk",
            json.dumps({"rows": rows}),
            "application/json",
            headers={"Idempotency-Key": key},
        )

    def test_the_same_key_and_rows_are_answered_as_the_first_time(self, caller: Caller) -> None:
        rows = [a_row(outside_code="1"), a_row(outside_code="")]
        first, again = self.send(caller, rows, "nacht-17"), self.send(caller, rows, "nacht-17")
        assert first.json() == again.json()
        assert first.json()["created"] == 1
        assert (first["Idempotency-Replayed"], again["Idempotency-Replayed"]) == ("false", "true")
        assert Entry.objects.count() == 1

    def test_a_key_stands_for_one_body_and_one_sender(self, office: Department, caller: Caller) -> None:
        self.send(caller, [a_row(outside_code="1")], "k")
        refused = self.send(caller, [a_row(outside_code="2")], "k")
        assert (refused.status_code, refused.json()["code"]) == (422, "catalog.key_reused")
        other = Caller(a_token(a_department()))
        assert self.send(other, [a_row(outside_code="2")], "k").json()["created"] == 1

    @pytest.mark.parametrize("key", ["k" * 81, "ein Schlüssel", "a b"])
    def test_a_key_of_another_form_is_refused(self, caller: Caller, key: str) -> None:
        answer = self.send(caller, [], key)
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")

    def test_a_request_at_work_is_not_begun_twice_but_taken_over_when_it_died(self, office: Department) -> None:
        officer = an_actor(office, Role.OFFICER)

        def once(clock: FixedClock, body: str = "b") -> tuple[dict[str, Any], bool]:
            return services.answer_once(key="k", digest=body, work=lambda: {"n": 1}, actor=officer, clock=clock)

        def died() -> dict[str, Any]:
            raise ConnectionError

        with pytest.raises(ConnectionError):
            services.answer_once(key="k", digest="b", work=died, actor=officer, clock=NOON)
        assert not Answered.objects.exists()
        Answered.objects.create(
            id=office.pk, by=officer.id, department=office, key="k", digest="b", answer=None, at=NOON.now()
        )
        with pytest.raises(StillAtWork):
            once(NOON)
        later = FixedClock(NOON.now() + answering.AT_WORK * 2)
        assert once(later) == ({"n": 1}, False)
        assert once(later) == ({"n": 1}, True)
        with pytest.raises(KeyReused):
            once(later, "other")
        day_after = FixedClock(later.now() + answering.KEPT * 2)
        assert once(day_after, "other") == ({"n": 1}, False)


def test_a_wrong_address_or_method_is_answered_as_a_problem(caller: Caller) -> None:
    nowhere = caller.client.get("/api/v1/catalog/nothing")
    assert (nowhere.status_code, nowhere.headers["Content-Type"]) == (404, "application/problem+json")
    method = caller.client.patch("/api/v1/catalog/entries", "{}", "application/json")
    assert (method.status_code, method.headers["Content-Type"]) == (405, "application/problem+json")
    assert set(method.headers["Allow"].replace(" ", "").split(",")) >= {"GET", "PUT"}


def test_the_description_names_every_facet_and_the_key(client: Client) -> None:
    told = client.get("/api/openapi.json").json()
    named = {one["name"] for one in told["paths"]["/api/v1/catalog/search"]["get"]["parameters"]}
    assert {"q", "place", "level", "kind", "quality", "format", "count", "sort", "cursor"} <= named
    sent = told["paths"]["/api/v1/catalog/entries/bulk"]["post"]["parameters"]
    assert [one["name"].casefold() for one in sent] == ["idempotency-key"]


def test_a_withdrawn_or_drafted_entry_is_found_by_its_status_alone(office: Department, caller: Caller) -> None:
    draft = a_draft(office, name="草稿名单")
    assert caller.get("catalog/search?q=草稿名单")["total"] == 0
    found = caller.get("catalog/search?q=草稿名单&status=draft")
    assert [one["code"] for one in found["entries"]] == [draft.code]
    assert queries.entry(draft.pk, viewer=SYSTEM).status == Status.DRAFT


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_a_text_that_no_database_keeps_is_refused_before_anything_is_done(
    office: Department, caller: Caller, bad: str
) -> None:
    entry = an_entry(office)
    for method, address, body in (
        ("PUT", "catalog/entries", a_row(name="名录") | {"provider": bad}),
        ("PUT", "catalog/entries", a_row(name="名录") | {"code": bad}),
        ("POST", "catalog/entries/bulk", {"rows": [a_row(name="名录"), a_row() | {"provider": bad}]}),
        ("POST", f"catalog/entries/{entry.pk}/withdraw", {"reason": bad}),
        ("POST", f"catalog/imports/{entry.pk}/mapping", {"mapping": {}, "providers": {"甲": bad}}),
    ):
        assert caller.send(method, address, body, 400)["code"] == "api.unreadable"
    assert Entry.objects.count() == 1
    assert caller.get("catalog/entries/by-code?code=a%00b", 404)
    row = a_row(name="名\U00020bb7录", outside_code="MZ-9")
    assert caller.send("PUT", "catalog/entries", row)["outcome"] == "created"


def test_whatever_the_index_counts_can_be_counted_through_the_interface() -> None:
    assert get_args(Countable) == tuple(facet for facet in FACETS if facet != "status")
