"""Pages of second looks, comments, full reviews and needs; all by links and forms alone."""

from datetime import date
from typing import Any

import pytest
from django.test import Client, RequestFactory

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.portal import middleware
from hefu.protocols.origin import origin
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.cases import NeedStatus
from tests.builders import NOON, SYSTEM, a_department, a_draft, an_actor, an_entry, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


def test_a_second_person_gives_a_word_on_the_assessments_and_the_draft_shows_it(signed_in: SignIn) -> None:
    row = a_draft()
    client = signed_in(row.provider)
    where = f"/upkeep/entries/{row.pk}/assess"
    assert where in client.get(f"/catalog/{row.pk}/").content.decode()
    assert client.post(where, {"agrees": "no", "note": ""}).status_code == 422
    client.post(where, {"agrees": "no", "note": "遗漏敏感个人信息"})
    assert "遗漏敏感个人信息" in client.get(f"/catalog/{row.pk}/").content.decode()
    refused = signed_in(row.provider, Role.CHIEF).post(f"/catalog/{row.pk}/submit")
    assert "遗漏敏感个人信息" in refused.content.decode()


def test_a_draft_is_put_before_all_commented_on_answered_and_closed(
    signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = a_draft()
    client, other = signed_in(row.provider), signed_in(a_department("市民政局"))
    client.post(f"/upkeep/entries/{row.pk}/comments", {"until": "2026-03-20"})
    found = queries.rounds(viewer=SYSTEM).get()
    where = f"/upkeep/rounds/{found.pk}/"
    assert row.name in other.get("/upkeep/rounds/").content.decode()
    other.post(where, {"text": "建议增加婚姻状况"})
    [said] = queries.comments(found, viewer=SYSTEM)
    assert "市民政局" in client.get(where).content.decode()
    client.post(f"{where}comments/{said.pk}", {"deed": "not", "answer": "由民政提供"})
    assert "由民政提供" in other.get(where).content.decode()
    monkeypatch.setattr(middleware, "CLOCK", at_noon(date(2026, 3, 23)))
    client.post(f"{where}close")
    assert "closed" in client.get(where).content.decode()


def test_everybody_reads_a_draft_that_is_put_before_the_public_and_comments_without_an_account(
    signed_in: SignIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.cookies["django_language"] = "en"
    row = a_draft(a_department("贵阳市民政局", place="520100"))
    officer = signed_in(row.provider)
    assert "wants the public heard" in officer.get(f"/upkeep/entries/{row.pk}/comments").content.decode()
    assert client.get("/signin/").content.decode().count("/upkeep/consultations/") == 1
    assert "No draft is put before the public now" in client.get("/upkeep/consultations/").content.decode()
    officer.post(f"/upkeep/entries/{row.pk}/comments", {"until": "2026-03-20"})
    found = queries.rounds(viewer=SYSTEM).get()
    public = f"/upkeep/consultations/{found.pk}/"
    assert public in client.get("/upkeep/consultations/").content.decode()
    page = client.get(public).content.decode()
    assert "身份证号码" in page or row.abstract in page
    assert row.secrecy_note not in page or not row.secrecy_note
    assert client.post(public, {"text": ""}).status_code == 422
    sent = client.post(public, {"text": "<b>建议公开</b>", "speaker": "周女士"}, follow=True).content.decode()
    assert "somebody has looked at it" in sent
    assert "建议公开" not in sent
    where = f"/upkeep/rounds/{found.pk}/"
    [said] = queries.comments(found, viewer=SYSTEM)
    assert "Show it" in officer.get(where).content.decode()
    assert "comments on your drafts to look at or answer" in officer.get("/").content.decode()
    assert client.post(f"{where}comments/{said.pk}/look", {"deed": "show"}).status_code == 302, "to sign in"
    assert officer.post(f"{where}comments/{said.pk}/look", {"deed": "keep", "reason": "\x00"}).status_code == 422
    officer.post(f"{where}comments/{said.pk}/look", {"deed": "show"})
    shown = client.get(public).content.decode()
    assert "&lt;b&gt;建议公开&lt;/b&gt;" in shown
    assert "周女士" in shown
    for _one in range(4):
        client.post(public, {"text": "再说一次"})
    assert client.post(public, {"text": "再说一次"}).status_code == 429
    assert client.get("/upkeep/rounds/").status_code == 302
    monkeypatch.setattr(middleware, "CLOCK", at_noon(date(2026, 3, 21)))
    over = client.get(public).content.decode()
    assert "周女士" in over
    for told in (over, client.get("/upkeep/consultations/").content.decode()):
        assert row.abstract not in told, "what the department writes from now on is its own again"


def test_a_full_review_is_begun_gone_through_and_closed(signed_in: SignIn) -> None:
    office = a_department(place="520100")
    row = an_entry(office)
    later = at_noon(date(2026, 3, 12))
    services.open_due_reviews(actor=SYSTEM, clock=later)
    review = queries.full_reviews(viewer=SYSTEM).get()
    client = signed_in(office, Role.CHIEF)
    assert review.number in client.get("/upkeep/yearly/").content.decode()
    where = f"/upkeep/yearly/{review.pk}/"
    page = client.get(where).content.decode()
    assert row.name in page
    assert "2027-03-12" in page
    assert client.post(f"{where}close").status_code == 409
    client.post(f"{where}words", {"pick": [str(row.pk)], "deed": "confirmed"})
    assert "has been gone through" in client.get(where).content.decode()
    client.post(f"{where}close")
    assert queries.full_review(review.pk, viewer=SYSTEM).closed_at is not None


def test_a_chief_sets_the_last_day_where_no_law_does(signed_in: SignIn) -> None:
    office = a_department(place="510100")
    client = signed_in(office, Role.CHIEF)
    assert client.post("/upkeep/yearly/new", {"due_on": ""}).status_code == 422
    client.post("/upkeep/yearly/new", {"due_on": "2026-06-30"})
    assert queries.full_reviews(viewer=SYSTEM).get().due_on == date(2026, 6, 30)


def test_a_need_is_asked_given_to_its_source_taken_over_and_met(signed_in: SignIn) -> None:
    the_authority()
    source = a_department("市残联", place="610100")
    asking = signed_in(a_department("市民政局"))
    assert asking.post("/upkeep/needs/new", {"name": "", "items": "", "purpose": ""}).status_code == 422
    asking.post(
        "/upkeep/needs/new", {"name": "辅具适配信息", "items": "姓名、辅具", "purpose": "核发补贴", "basis": ""}
    )
    need = queries.needs(viewer=SYSTEM).get()
    where = f"/upkeep/needs/{need.number}/"
    reviewer = signed_in(the_authority(), Role.REVIEWER)
    assert '<option value="市残联">' in reviewer.get(where).content.decode()
    answer = reviewer.post(where, {"deed": "assign", "department": "没有这个局", "entry": "", "reason": ""})
    assert answer.status_code == 422
    reviewer.post(where, {"deed": "assign", "department": "市残联", "entry": "", "reason": ""})
    chief = signed_in(source, Role.CHIEF)
    assert "2026-03-16" in chief.get(where).content.decode()
    chief.post(where, {"deed": "take", "reason": ""})
    row = an_entry(source)
    chief.post(where, {"deed": "meet", "entry": row.code, "reason": ""})
    assert queries.need(need.number, viewer=SYSTEM).status == NeedStatus.MET
    assert row.name in asking.get(where).content.decode()
    assert "met by an entry" in asking.get("/upkeep/needs/").content.decode()
    assert signed_in(a_department()).get(where).status_code == 404


def test_no_list_is_shown_to_who_has_no_seat_in_it(signed_in: SignIn) -> None:
    row = a_draft()
    services.open_round(entry_id=row.pk, until=date(2026, 3, 20), actor=an_actor(row.provider), clock=NOON)
    client = signed_in(a_department(), Role.OPERATOR)
    for where in ("/upkeep/", "/upkeep/yearly/", "/upkeep/needs/", "/upkeep/tasks/", "/upkeep/duplicates/"):
        assert client.get(where).status_code == 200
        assert row.name not in client.get(where).content.decode()


def test_behind_a_proxy_the_last_address_is_believed_and_without_one_none_is(rf: RequestFactory, settings: Any) -> None:
    asked = rf.get("/", headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"}, REMOTE_ADDR="127.0.0.1")
    settings.SECURE_PROXY_SSL_HEADER = None
    assert origin(asked) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert origin(asked) == "192.0.2.7"
    assert origin(rf.get("/", REMOTE_ADDR="127.0.0.1")) == "127.0.0.1"
