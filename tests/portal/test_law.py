"""The law pages: what an officer reads about the law, what a reviewer does there, and that settings are never law."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.law.coverage import clauses
from hefu.law.settings import Settings
from hefu.law.tables import packs
from hefu.law.terms import Rank
from hefu.rooms.bases import queries as bases
from hefu.rooms.bases import services as base_services
from hefu.rooms.bases.terms import Cited, Resting, TextFacts
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks import services as clock_services
from tests.builders import NOON, SYSTEM, TODAY, a_department, an_actor, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db

PAGES = [
    "/law/",
    "/law/packs/cn/",
    "/law/packs/cn-44/",
    "/law/rules/?place=440000&on=2026-03-11",
    "/law/rules/requests.answer_conditional/?place=610100&on=2026-04-28",
    "/law/rules/requests.refusal_grounds/?place=440000&on=2026-03-11",
    "/law/compare?left=440000&right=230000&on=2026-03-11",
    "/law/calendar/2026/",
    "/law/calendar/2027/?place=65",
    "/law/coverage",
    "/law/notices/",
    "/law/drift/",
    "/law/texts/",
    "/law/texts/reviews",
    "/law/office",
]
RULE = "requests.answer_conditional"
NOTICE = b'year: 2027\nplace: "00"\nnotice: invented\nrest:\n  new_year: ["01-01..01-04"]\n'


@pytest.fixture
def officer(signed_in: SignIn) -> Client:
    return signed_in(a_department())


@pytest.fixture
def reviewer(signed_in: SignIn) -> Client:
    return signed_in(the_authority(), Role.REVIEWER)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_everybody_who_signed_in_may_read_the_law(officer: Client) -> None:
    for address in PAGES:
        text = read(officer, address)
        assert 'aria-current="true"' in text, address
        assert "style=" not in text, address


def test_no_english_word_of_ours_is_left_on_a_chinese_page(signed_in: SignIn) -> None:
    client = signed_in(the_authority(), Role.REVIEWER, language="zh-hans")
    for address in PAGES:
        text = read(client, address)
        for word in ("Working", "Last day", "Article", "Value", "Place", "Rule", "Legal", "Show<", "Office"):
            assert f">{word}" not in text, (address, word)


def test_every_pack_is_listed_with_what_it_says_and_where_it_doubts(officer: Client) -> None:
    text = read(officer, "/law/")
    assert all(f"/law/packs/{row['id']}/" in text for row in packs())
    one = read(officer, "/law/packs/cn-44/")
    assert "2019-01-01" in one
    assert "no amendment has been seen" in one
    assert "art. 10-19" in one
    assert "2026-11-22" in one
    assert officer.get("/law/packs/cn-99/").status_code == 404


def test_a_rule_is_explained_day_by_day_with_another_places_answer(officer: Client) -> None:
    text = read(officer, "/law/rules/requests.answer_conditional/?place=610100&on=2026-04-28&against=00")
    assert "5 working days" in text
    assert "2026-05-08" in text or "8 May 2026" in text
    assert "Labour Day" in text
    assert "14 May 2026" in text, "what decree 809 alone would give"
    assert "cn-6101@" in text


def test_where_a_text_is_lost_the_page_says_so(officer: Client) -> None:
    text = read(officer, "/law/rules/requests.answer_conditional/?place=00&on=2025-07-31")
    assert "law.rule_lost" in text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/law/rules/no.such/", 404),
        ("/law/rules/?place=abc", 422),
        ("/law/rules/?on=yesterday", 422),
        ("/law/calendar/2099/", 409),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_right_form(address: str, status: int, officer: Client) -> None:
    assert officer.get(address).status_code == status


def test_two_places_show_first_where_they_differ(officer: Client) -> None:
    few = read(officer, "/law/compare?left=440000&right=230000&on=2026-03-11")
    every = read(officer, "/law/compare?left=440000&right=230000&on=2026-03-11&all=1")
    assert "requests.answer_conditional" in few
    assert "disputes.ladder" not in few
    assert "disputes.ladder" in every


def test_a_year_shows_rest_days_worked_weekends_and_says_when_it_is_provisional(officer: Client) -> None:
    text = read(officer, "/law/calendar/2026/?place=00")
    assert text.count('class="law-month"') == 12
    assert '<td class="make_up" title="National Day">10' in text
    assert "No official notice covers" not in text
    assert "No official notice covers" in read(officer, "/law/calendar/2027/?place=00")


class TestCoverage:
    def test_every_clause_can_be_found_narrowed_and_taken_out(self, officer: Client) -> None:
        rows = list(csv.reader(io.StringIO(b"".join(officer.get("/law/coverage?format=csv")).decode("utf-8-sig"))))
        assert len(rows) == len(clauses()) + 1
        assert rows[0][:5] == ["Clause", "Regulation", "State", "Code that does it", "Tests that name it"]
        text = read(officer, "/law/coverage?state=timed&document=decree-809")
        assert "D809-21" in text
        assert "hefu.rooms.clocks.services.start" in text
        assert "D809-20" not in text
        assert "tests/rooms/test_clocks.py" in read(officer, "/law/coverage?q=D809-21")
        book = officer.get("/law/coverage?format=xlsx&state=timed")
        assert b"".join(book).startswith(b"PK")
        book.close()

    def test_pages_turn_and_columns_sort(self, officer: Client) -> None:
        first = officer.get("/law/coverage?sort=-id").context["list"]
        assert [row.clause.id for row in first.page] == sorted((c.id for c in clauses()), reverse=True)[:25]
        second = officer.get(first.next_address).context["list"]
        assert second.page[0].clause.id < first.page[-1].clause.id
        assert officer.get(second.previous_address).context["list"].page[0].clause.id == first.page[0].clause.id
        assert officer.get("/law/coverage?after=-3").context["list"].page

    def test_counts_beside_the_states_are_those_of_the_other_filters(self, officer: Client) -> None:
        listing = officer.get("/law/coverage?document=decree-809").context["list"]
        (tabs,) = listing.tabs
        assert sum(option.count for option, _address in tabs[2]) == 44
        assert read(officer, "/law/coverage?q=nothing-like-it").count("Nothing passes these filters")


def a_drift() -> None:
    """Start a clock whose date a corrected notice moves."""
    start, later = date(2026, 12, 28), at_noon(date(2026, 12, 29))
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    for text in (None, NOTICE, NOTICE.replace(b"01-04", b"01-05")):
        if text:
            clock_services.import_notice(text=text, file="n.yaml", actor=reviewer, clock=later)
        else:
            clock_services.start(
                subject="R2026-000009",
                deadline=clocks.rules_at("511700").period(RULE, on=start).count_from(start),
                place="511700",
                responsible_id=a_department("市民政局").pk,
                actor=SYSTEM,
                clock=at_noon(start),
            )


class TestDrift:
    ADDRESS = f"/law/drift/R2026-000009/{RULE}/"

    def test_shows_both_counts_and_the_reviewer_accepts(self, reviewer: Client) -> None:
        assert "Every running period ends" in read(reviewer, "/law/drift/")
        a_drift()
        assert self.ADDRESS in read(reviewer, "/law/drift/")
        text = read(reviewer, self.ADDRESS)
        assert "13 January 2027" in text or "2027-01-13" in text
        assert "Accept the new last day" in text
        assert reviewer.post(self.ADDRESS, {"reason": ""}).status_code == 422
        assert reviewer.post(self.ADDRESS, {"reason": "公告更正"}).status_code == 302
        assert clocks.clock_of("R2026-000009", viewer=SYSTEM).due_on == date(2027, 1, 14)
        assert reviewer.get(self.ADDRESS).status_code == 404

    def test_is_not_seen_by_strangers_nor_accepted_by_a_supervisor(self, officer: Client, signed_in: SignIn) -> None:
        a_drift()
        assert "R2026-000009" not in read(officer, "/law/drift/")
        assert officer.get(self.ADDRESS).status_code == 404
        supervisor = signed_in(the_authority(), Role.SUPERVISOR)
        assert "Accept the new last day" not in read(supervisor, self.ADDRESS)
        assert supervisor.post(self.ADDRESS, {"reason": "x"}).status_code == 403


class TestNotices:
    def test_a_notice_is_taken_in_by_upload_and_settles_the_calendar(self, reviewer: Client) -> None:
        def upload(text: bytes) -> Any:
            return reviewer.post("/law/notices/new", {"notice": io.BytesIO(text)})

        assert "clocks.notice_rejected" in upload(b"year: 2027").content.decode()
        assert upload(b"x" * 70_000).status_code == 422
        assert upload(NOTICE).status_code == 302
        assert "invented" in read(reviewer, "/law/notices/")
        assert "No official notice covers" not in read(reviewer, "/law/calendar/2027/?place=00")

    def test_nobody_else_may(self, officer: Client) -> None:
        assert officer.get("/law/notices/new").status_code == 403


class TestTexts:
    def test_the_register_narrows_by_kind_and_state(self, officer: Client) -> None:
        assert "Regulations on Government Data Sharing" in read(
            officer, "/law/texts/?q=%E5%9B%BD%E5%8A%A1%E9%99%A2%E4%BB%A4%E7%AC%AC809"
        )
        ended = officer.get("/law/texts/?state=ended").context["list"]
        assert {row.document for row in ended.page} >= {"guangdong-2008-64"}
        assert "decree-809" not in {row.document for row in ended.page}
        assert officer.get("/law/texts/?format=csv").status_code == 200

    def test_a_repeal_is_noted_and_what_rests_on_the_text_is_reviewed(self, reviewer: Client, officer: Client) -> None:
        made = reviewer.post("/law/texts/new", {"title": "社会救助暂行办法", "rank": "administrative-regulation"})
        assert made.status_code == 302
        address = made["Location"]
        base_services.rest(
            resting=Resting.REFUSAL,
            subject="R2026-000007",
            cited=[Cited("社会救助暂行办法", "61")],
            concerns=[],
            actor=SYSTEM,
            clock=NOON,
        )
        assert "R2026-000007" in read(reviewer, address)
        assert "R2026-000007" not in read(officer, address)
        assert officer.get(f"{address}repeal").status_code == 403
        assert "1 things rest" in read(reviewer, f"{address}repeal")
        faulty = reviewer.post(f"{address}repeal", {"on": "", "by": ""})
        assert faulty.status_code == 422
        sent = reviewer.post(f"{address}repeal", {"on": TODAY.isoformat(), "by": "社会救助法", "reason": ""})
        assert sent.status_code == 302
        (row,) = bases.to_review(viewer=SYSTEM)
        assert "R2026-000007" in read(reviewer, "/law/texts/reviews")
        assert reviewer.post(f"/law/texts/reviews/{row.pk}", {"note": "仍不得提供"}).status_code == 302
        assert "仍不得提供" in read(reviewer, address)
        assert "Note a repeal" not in read(reviewer, address)

    def test_a_text_already_there_keeps_what_was_typed(self, reviewer: Client) -> None:
        base_services.register_text(
            facts=TextFacts("某办法", Rank.RULE), actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON
        )
        answer = reviewer.post("/law/texts/new", {"title": "某办法", "rank": "rule"})
        assert answer.status_code == 409
        assert 'value="某办法"' in answer.content.decode()

    def test_what_nobody_has_is_not_found(self, officer: Client, reviewer: Client) -> None:
        nothing = a_department().pk
        assert officer.get(f"/law/texts/{nothing}/").status_code == 404
        assert reviewer.get(f"/law/texts/reviews/{nothing}").status_code == 404


class TestOffice:
    TYPED = {
        "reminder_days": "5, 2",
        "promptly_days": "4",
        "at_once_hours": "3",
        "set_time_days": "9",
        "cut_off": "17:30",
        "pause_while_incomplete": "on",
        "on_expiry": "escalate",
    }

    def test_settings_are_shown_as_settings_and_changed_by_the_reviewer(self, reviewer: Client) -> None:
        assert "not law" in read(reviewer, "/law/office")
        assert reviewer.post("/law/office/change", self.TYPED).status_code == 302
        found = clocks.office()
        assert found == Settings(
            reminder_days=(5, 2),
            cut_off=found.cut_off,
            promptly_days=4,
            at_once_hours=3,
            set_time_days=9,
            pause_while_incomplete=True,
        )
        assert "17:30" in read(reviewer, "/law/office")
        assert 'value="17:30"' in read(reviewer, "/law/office/change")

    @pytest.mark.parametrize("typed", ["2, 5", "3, 3", "a", "-1", "99"])
    def test_reminders_that_no_office_can_mean_are_named(self, typed: str, reviewer: Client) -> None:
        answer = reviewer.post("/law/office/change", self.TYPED | {"reminder_days": typed})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.content.decode()

    def test_nobody_else_changes_them(self, officer: Client) -> None:
        assert officer.get("/law/office/change").status_code == 403
        assert officer.post("/law/office/change", self.TYPED).status_code == 403


def test_the_calendar_of_a_year_stands_a_day_apart_in_no_row(officer: Client) -> None:
    months = officer.get("/law/calendar/2026/?place=00").context["months"]
    days = [day.day for month in months for week in month["weeks"] for day in week if day]
    assert days == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert all(
        week[at] is None or week[at].day.isoweekday() == at + 1
        for m in months
        for week in m["weeks"]
        for at in range(7)
    )
