"""What is done beside entries, for programs: quarantine, comments, scans, needs, kept searches."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock, SystemClock
from hefu.rooms.catalog import services as catalog
from hefu.rooms.catalog.models import Entry
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import services as upkeep
from hefu.rooms.upkeep.models import Comment, Need, Proposal
from tests.api.test_catalog import Caller, a_token
from tests.builders import NOON, SYSTEM, a_department, a_draft, a_source, an_actor, an_entry, the_authority
from tests.conftest import Database

pytestmark = pytest.mark.django_db
NOW = SystemClock()


@pytest.fixture
def office() -> Department:
    return a_department("某市民政局")


@pytest.fixture
def caller(office: Department) -> Caller:
    return Caller(a_token(office))


@pytest.fixture
def reviewer() -> Caller:
    return Caller(a_token(the_authority(), Role.REVIEWER))


@pytest.fixture
def stranger() -> Caller:
    return Caller(a_token(a_department("某市教育局")))


class TestQuarantine:
    @pytest.fixture
    def batch(self, office: Department) -> str:
        rows = "".join(
            f"名单{at},{office.name},{how}\n" for at, how in enumerate(["看情况", "看情况", "随便", "无条件共享"])
        )
        report = catalog.import_entries(
            data=f"目录名称,来源部门,共享类型\n{rows}".encode(),
            file_name="目录.csv",
            mapping={"目录名称": "name", "来源部门": "provider", "共享类型": "share_type"},
            actor=an_actor(office, Role.OFFICER),
            clock=NOON,
        )
        return str(report.batch_id)

    def test_rows_are_listed_page_by_page_mended_and_set_aside(self, caller: Caller, batch: str) -> None:
        (told,) = caller.get("catalog/batches")["batches"]
        assert (told["id"], told["taken"], told["refused"]) == (batch, 1, 3)
        seen, cursor = [], ""
        while True:
            page = caller.get(f"catalog/batches/{batch}/rows?size=2&cursor={cursor}")
            seen += page["rows"]
            cursor = page["next"]
            if not cursor:
                break
        assert [one["row"] for one in seen] == [2, 3, 4]
        assert seen[0]["reasons"][0]["code"] == "value_unknown"
        assert len(caller.get("catalog/quarantine?size=2")["rows"]) == 2
        first, second, third = (one["id"] for one in seen)
        mend = {"rows": [first, second], "cells": {"共享类型": "无条件共享"}}
        done = caller.send("POST", f"catalog/batches/{batch}/mend", mend)
        assert (done["taken"], done["waiting"], [one["settled"] for one in done["rows"]]) == (2, 0, ["taken", "taken"])
        assert Entry.objects.filter(pk__in=[one["entry"] for one in done["rows"]]).count() == 2
        assert caller.send("POST", f"catalog/batches/{batch}/drop", {"rows": [third]}) == {"set_aside": 1}
        assert caller.get("catalog/quarantine")["rows"] == []
        assert len(caller.get(f"catalog/batches/{batch}/rows?waiting=false")["rows"]) == 3

    def test_a_key_makes_sending_twice_one_mending_and_without_it_a_settled_row_is_refused(
        self, office: Department, caller: Caller, batch: str
    ) -> None:
        (first, *_rest) = (one["id"] for one in caller.get("catalog/quarantine")["rows"])
        body = json.dumps({"rows": [first], "cells": {"共享类型": "无条件共享"}})
        address, headers = f"/api/v1/catalog/batches/{batch}/mend", {"Idempotency-Key": "一夜".encode().hex()}
        told = [caller.client.post(address, body, "application/json", headers=headers) for _ in range(2)]
        assert told[0].json() == told[1].json()
        assert [one["Idempotency-Replayed"] for one in told] == ["false", "true"]
        elsewhere = caller.client.post(f"{address[:-5]}/drop", body, "application/json", headers=headers)
        assert elsewhere.json()["code"] == "catalog.key_reused"
        again = caller.client.post(address, body, "application/json")
        assert (again.status_code, again.json()["code"]) == (409, "catalog.row_settled")

    @pytest.mark.parametrize("row", [0, -1, 2**53, 10**30, "x", None])
    def test_a_row_that_cannot_be_is_named_with_a_key_as_without(self, caller: Caller, batch: str, row: Any) -> None:
        for headers in ({}, {"Idempotency-Key": "k"}):
            for deed in ("drop", "mend"):
                address, body = f"/api/v1/catalog/batches/{batch}/{deed}", json.dumps({"rows": [row]})
                answer = caller.client.post(address, body, "application/json", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (422, "inputs.rejected")
        caller.send("POST", f"catalog/batches/{batch}/drop", {"rows": [2**53 - 1]}, 404)

    def test_others_see_nothing_of_it(self, stranger: Caller, reviewer: Caller, batch: str) -> None:
        assert stranger.get("catalog/batches")["batches"] == []
        assert stranger.get("catalog/quarantine")["rows"] == []
        stranger.get(f"catalog/batches/{batch}/rows", 404)
        stranger.send("POST", f"catalog/batches/{batch}/mend", {}, 404)
        assert len(reviewer.get(f"catalog/batches/{batch}/rows")["rows"]) == 3

    def test_a_site_is_fetched_on_the_programs_word(self, caller: Caller, stranger: Caller) -> None:
        made = caller.send("POST", "catalog/imports/sites", {"site": "https://data.example.org/dataset"})
        assert (made["status"], made["file_name"]) == ("fetching", "data.example.org.json")
        assert caller.get(f"catalog/imports/{made['id']}/mapping", 409)["code"] == "catalog.intake_not_ready"
        assert caller.send("POST", "catalog/imports/sites", {"site": "x"}, 422)["problems"]
        stranger.send("POST", f"catalog/imports/{made['id']}/fetch", {}, 404)


class TestComments:
    @pytest.fixture
    def draft(self, office: Department) -> Entry:
        return a_draft(office, name="低保对象")

    def opened(self, caller: Caller, draft: Entry, *, public: bool = False) -> str:
        until = (NOW.today() + timedelta(days=10)).isoformat()
        return str(caller.send("POST", f"catalog/entries/{draft.pk}/rounds", {"until": until, "public": public})["id"])

    def test_departments_comment_and_the_drafts_department_answers(
        self, caller: Caller, stranger: Caller, draft: Entry
    ) -> None:
        found = self.opened(caller, draft)
        said = stranger.send("POST", f"catalog/rounds/{found}/comments", {"text": "请加上街道。"})
        assert (said["department"], said["taken"]) == ("某市教育局", None)
        assert caller.send("POST", f"catalog/rounds/{found}/comments", {"text": "自己的"}, 409)["code"]
        stranger.send("POST", f"catalog/comments/{said['id']}/answer", {"taken": True}, 403)
        assert caller.send("POST", f"catalog/comments/{said['id']}/answer", {"taken": False}, 422)["problems"]
        done = caller.send("POST", f"catalog/comments/{said['id']}/answer", {"taken": True})
        assert done["taken"] is True
        assert [one["text"] for one in stranger.get(f"catalog/rounds/{found}/comments")["comments"]] == ["请加上街道。"]
        assert stranger.get("catalog/rounds")["rounds"][0]["comments"] == 1
        assert caller.send("POST", f"catalog/rounds/{found}/close", {}, 409)["code"]

    def test_everybody_has_a_say_that_is_looked_at_before_anybody_reads_it(self, caller: Caller, draft: Entry) -> None:
        found, anybody = self.opened(caller, draft, public=True), Client()
        shown = anybody.get(f"/api/v1/public/rounds/{found}").json()
        assert (shown["open"], shown["entry_name"]) == (True, "低保对象")
        assert shown["items"]
        sent = {"text": "希望公开。", "speaker": "老王"}
        assert anybody.post(f"/api/v1/public/rounds/{found}/comments", sent, "application/json").status_code == 202
        address = f"/api/v1/public/rounds/{found}/comments"
        assert anybody.get(address).json()["comments"] == []
        (waiting,) = caller.get(f"catalog/rounds/{found}/comments")["comments"]
        assert waiting["shown"] is None
        caller.send("POST", f"catalog/comments/{waiting['id']}/look", {"shown": True})
        (told,) = anybody.get(address).json()["comments"]
        assert (told["speaker"], told["department"], told["kept_back"]) == ("老王", None, "")
        assert not set(told) & {"by", "origin"}

    def test_what_is_for_departments_alone_the_public_does_not_find(self, caller: Caller, draft: Entry) -> None:
        found, anybody = self.opened(caller, draft), Client()
        assert anybody.get("/api/v1/public/rounds").json()["rounds"] == []
        for way in ("", "/comments"):
            assert anybody.get(f"/api/v1/public/rounds/{found}{way}").status_code == 404
        assert anybody.get(f"/api/v1/catalog/rounds/{found}").status_code == 401

    def test_a_draft_that_nobody_is_asked_about_any_more_is_its_departments_own_again(
        self, office: Department, draft: Entry
    ) -> None:
        before = FixedClock(NOW.now() - timedelta(days=20))
        found = upkeep.open_round(
            entry_id=draft.pk,
            until=before.today() + timedelta(days=10),
            public=True,
            actor=an_actor(office, Role.OFFICER),
            clock=before,
        )
        told = Client().get(f"/api/v1/public/rounds/{found.pk}").json()
        assert (told["open"], told["abstract"], told["items"]) == (False, "", [])
        sent = Client().post(f"/api/v1/public/rounds/{found.pk}/comments", {"text": "晚了"}, "application/json")
        assert (sent.status_code, Comment.objects.count()) == (409, 0)


class TestScans:
    def test_a_source_is_scanned_and_what_it_proposes_taken_or_left(
        self, office: Department, caller: Caller, stranger: Caller, make_database: Callable[[], Database]
    ) -> None:
        theirs = make_database()
        theirs.run("CREATE TABLE a (id int); COMMENT ON TABLE a IS '低保对象'; CREATE TABLE b (id int)")
        source = a_source(office, theirs)
        scan = caller.send("POST", f"catalog/sources/{source.pk}/scan", {})
        assert scan == caller.send("POST", f"catalog/sources/{source.pk}/scan", {})
        stranger.send("POST", f"catalog/sources/{source.pk}/scan", {}, 404)
        upkeep.scan_source(scan_id=scan["id"], actor=SYSTEM, clock=NOON)
        told = caller.get(f"catalog/scans/{scan['id']}")
        assert (told["status"], told["done"], told["total"]) == ("done", 2, 2)
        page = caller.get("catalog/proposals?size=1")
        (first,), (second,) = page["proposals"], caller.get(f"catalog/proposals?cursor={page['next']}")["proposals"]
        taken = caller.send("POST", f"catalog/proposals/{first['id']}/take", {"name": "低保对象名单"})
        assert (taken["status"], Entry.objects.get(pk=taken["entry"]).name) == ("taken", "低保对象名单")
        assert caller.send("POST", f"catalog/proposals/{second['id']}/ignore", {})["status"] == "ignored"
        caller.send("POST", f"catalog/proposals/{second['id']}/take", {}, 404)
        assert caller.get("catalog/proposals?status=open")["proposals"] == []
        assert stranger.get("catalog/proposals")["proposals"] == stranger.get("catalog/scans")["scans"] == []
        stranger.get(f"catalog/proposals/{first['id']}", 404)
        stranger.get(f"catalog/scans/{scan['id']}", 404)
        assert Proposal.objects.count() == 2


class TestNeeds:
    ASKED = {"name": "殡葬信息", "items": "死亡日期", "purpose": "停发养老金"}

    def test_a_need_goes_its_way_and_who_has_no_part_in_it_finds_none(
        self, office: Department, caller: Caller, reviewer: Caller, stranger: Caller
    ) -> None:
        chief = Caller(a_token(office, Role.CHIEF))
        asker = Caller(a_token(a_department("某市人社局")))
        number = asker.send("POST", "catalog/needs", self.ASKED)["number"]
        assert asker.send("POST", "catalog/needs", {**self.ASKED, "items": " "}, 422)["problems"]
        stranger.get(f"catalog/needs/{number}", 404)
        asker.send("POST", f"catalog/needs/{number}/assign", {"source": office.credit_code}, 403)
        told = reviewer.send("POST", f"catalog/needs/{number}/assign", {"source": office.credit_code})
        assert (told["status"], told["source"]) == ("assigned", office.credit_code)
        assert chief.send("POST", f"catalog/needs/{number}/answer", {"agrees": True})["status"] == "confirmed"
        entry = an_entry(office, name="殡葬信息")
        met = chief.send("POST", f"catalog/needs/{number}/meet", {"entry": str(entry.pk)})
        assert (met["status"], met["entry"]) == ("met", str(entry.pk))
        assert [one["number"] for one in reviewer.get("catalog/needs?status=met")["needs"]] == [number]
        refused = reviewer.send("POST", f"catalog/needs/{number}/refuse", {"reason": "晚了"}, 409)
        assert refused["code"] == "upkeep.need_refused"

    def test_asking_twice_with_one_key_is_one_need(self, reviewer: Caller, caller: Caller) -> None:
        assert reviewer.get("catalog/needs")["needs"] == []
        told = [
            caller.client.post(
                "/api/v1/catalog/needs", json.dumps(self.ASKED), "application/json", headers={"Idempotency-Key": "n1"}
            ).json()
            for _ in range(2)
        ]
        assert told[0] == told[1]
        assert Need.objects.count() == 1


class TestKeptSearches:
    def test_a_search_is_kept_run_told_of_and_dropped_by_its_person_alone(
        self, office: Department, caller: Caller, stranger: Caller
    ) -> None:
        kept = {"name": "低保", "asked": {"q": "低保", "provider": [office.credit_code]}}
        made = caller.send("PUT", "catalog/searches", kept)
        assert caller.send("PUT", "catalog/searches", kept)["id"] == made["id"]
        an_entry(office, name="低保对象名单")
        found = caller.get(f"catalog/searches/{made['id']}/run?count=theme")
        assert ([one["name"] for one in found["entries"]], found["total"]) == (["低保对象名单"], 1)
        catalog.look_for_people(clock=FixedClock(NOW.now() + timedelta(minutes=5)))
        Entry.objects.update(published_at=NOW.now() + timedelta(minutes=1))
        catalog.look_for_people(clock=FixedClock(NOW.now() + timedelta(minutes=10)))
        (notice,) = caller.get("catalog/searches/notices")["notices"]
        assert (notice["search"], notice["entry_name"]) == (made["id"], "低保对象名单")
        assert [one["unread"] for one in caller.get("catalog/searches")] == [1]
        assert caller.send("POST", f"catalog/searches/{made['id']}/read", {})["unread"] == 0
        for way in ("", "/run"):
            stranger.get(f"catalog/searches/{made['id']}{way}", 404)
        assert stranger.client.delete(f"/api/v1/catalog/searches/{made['id']}").status_code == 404
        assert stranger.get("catalog/searches") == []
        assert caller.client.delete(f"/api/v1/catalog/searches/{made['id']}").status_code == 204
        caller.get(f"catalog/searches/{made['id']}", 404)


def test_every_new_address_is_described_and_takes_no_token_that_only_reads(office: Department) -> None:
    reads = Caller(a_token(office, reads_only=True))
    described = Client().get("/api/openapi.json").json()["paths"]
    written = [
        path
        for path, methods in described.items()
        if path.startswith(("/api/v1/catalog/needs", "/api/v1/catalog/batches", "/api/v1/catalog/searches"))
        and "post" in methods
    ]
    assert len(written) == 8
    for path in written:
        address = path.replace("{number}", "X-1")
        for name in ("batch_id", "search_id"):
            address = address.replace(f"{{{name}}}", str(uuid4()))
        answer = reads.client.post(address, "{}", "application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "api.reads_only"), path
    for path in (
        "/api/v1/catalog/scans",
        "/api/v1/catalog/proposals",
        "/api/v1/public/rounds",
        "/api/v1/catalog/rounds",
    ):
        assert described[path]["get"]["summary"]
