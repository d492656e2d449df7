"""The law as plain data, as the command line, the API and the pages take it."""

import json
from datetime import date

import pytest

from hefu.law import load, tables
from hefu.law.notices import read_notice

ON = date(2026, 3, 2)


def test_every_table_is_json_as_it_stands() -> None:
    whole = [
        tables.workdays(2026, "00"),
        tables.packs(),
        [tables.pack(pack.ref.id) for pack in load.shipped()],
        tables.rules("440100", ON),
        tables.explain_rule("requests.answer_conditional", place="440000", on=ON, against="610100"),
        tables.compare("440000", "230000", ON),
    ]
    assert json.loads(json.dumps(whole)) == whole


def test_the_workdays_of_a_year_name_each_day_with_its_reason() -> None:
    days = {row["day"]: row for row in tables.workdays(2026, "00")}
    assert len(days) == 365
    assert days["2026-02-14"] == {
        "day": "2026-02-14",
        "works": True,
        "kind": "make_up",
        "why": {"zh": "春节调休上班", "en": "worked weekend (Spring Festival)"},
        "provisional": False,
    }
    assert sum(row["works"] for row in days.values()) == 248


def test_a_pack_is_shown_with_its_documents_lost_parts_and_values() -> None:
    found = tables.pack("cn-52")
    assert found is not None
    assert found["documents"][0]["lost"] == ["all after art. 13: sharing, opening, supervision, liability"]
    answers = {row["rule"]: row["values"] for row in found["parameters"]}
    assert answers["requests.answer_conditional"][0]["state"] == "lost"
    assert "value" not in answers["requests.answer_conditional"][0]
    assert answers["catalog.update"][0]["value"]["amount"] == 15


def test_there_is_no_pack_of_an_unknown_id() -> None:
    assert tables.pack("cn-99") is None


def test_an_explanation_shows_what_another_place_would_say() -> None:
    found = tables.explain_rule("requests.answer_conditional", place="440000", on=ON, against="610100")
    assert found["deadline"]["due_on"] == "2026-03-16"
    assert found["explanation"]["en"].startswith("decree-809 art. 21: 10 working days")
    assert found["against"]["deadline"]["due_on"] == "2026-03-09"
    assert found["against"]["also"][0]["value"]["amount"] == 10


def test_an_explanation_without_a_rule_in_force_gives_the_refusal() -> None:
    found = tables.explain_rule("requests.delivery", place="00", on=date(2025, 7, 31))
    assert (found["found"], found["code"]) == (False, "law.rule_not_yet_in_force")
    assert "deadline" not in found


def test_two_places_side_by_side_say_where_they_differ() -> None:
    rows = {row["rule"]: row for row in tables.compare("440000", "230000", ON)}
    assert not rows["requests.answer_conditional"]["same"]
    assert rows["requests.answer_conditional"]["right"]["value"]["amount"] == 1
    assert rows["requests.delivery"]["same"]
    assert rows["grants.idle"]["left"] is None


def test_an_unknown_rule_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError, match=r"no rule of register\.yaml"):
        tables.explain_rule("requests.coffee", place="00", on=ON)


def test_a_nodes_notice_is_laid_over_the_shipped_calendar_and_makes_its_year_official() -> None:
    text = 'year: 2027\nplace: "00"\nnotice: invented\nrest:\n  new_year: ["01-01..01-04"]\n'
    notices = (read_notice(text, "2027.yaml"),)
    shipped, laid = ({row["day"]: row for row in tables.workdays(2027, "00", given)} for given in ((), notices))
    assert (shipped["2027-01-04"]["works"], laid["2027-01-04"]["works"]) == (True, False)
    assert {row["provisional"] for row in laid.values()} == {False}
    asked = {"place": "511700", "on": date(2026, 12, 28), "against": "610100"}
    before = tables.explain_rule("requests.answer_conditional", **asked)  # type: ignore[arg-type]
    after = tables.explain_rule("requests.answer_conditional", **asked, notices=notices)  # type: ignore[arg-type]
    assert before["deadline"]["provisional"] is True
    assert after["deadline"]["provisional"] is False
    assert after["deadline"]["due_on"] > before["deadline"]["due_on"]
    assert after["against"]["deadline"]["due_on"] > before["against"]["deadline"]["due_on"]
