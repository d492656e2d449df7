"""`hefu law`: what a jurist, an officer and a program read about the law, without any database."""

import json
import shutil
import subprocess
import sys
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hefu.cli.law import command
from hefu.law.coverage import clauses, coverage


@pytest.fixture(autouse=True)
def english_without_a_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEFU_LANG", "en")
    monkeypatch.setenv("HEFU_HOME", str(tmp_path / "no-node"))
    monkeypatch.delenv("HEFU_DATABASE_URL", raising=False)


def law(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), standalone_mode=False, catch_exceptions=False)


def read(*arguments: str) -> Any:
    return json.loads(law(*arguments, "--json").stdout)


def test_a_year_is_printed_day_by_day_with_true_or_false() -> None:
    days = {row["day"]: row for row in read("workdays", "2026")}
    assert len(days) == 365
    assert {row["works"] for row in days.values()} == {True, False}
    assert days["2026-10-01"]["works"] is False
    assert days["2026-10-10"]["works"] is True, "a worked Saturday"
    lines = law("workdays", "2026").stdout.splitlines()
    assert lines[0].startswith("2026-01-01  false  New Year's Day")
    assert lines[9].startswith("2026-01-10  false  weekend")


def test_a_region_has_its_own_days_and_a_year_without_notice_says_so() -> None:
    assert {row["provisional"] for row in read("workdays", "2026")} == {False}
    assert {row["provisional"] for row in read("workdays", "2027")} == {True}
    national = {row["day"]: row["works"] for row in read("workdays", "2021")}
    guangxi = {row["day"]: row["works"] for row in read("workdays", "2021", "--place", "450000")}
    differ = {day for day in national if national[day] != guangxi[day]}
    assert {"2021-04-14", "2021-04-15", "2021-04-16", "2021-04-18"} == differ, (
        "the Third of March, and its worked Sunday"
    )


def test_a_year_beyond_the_calendar_is_refused_with_what_it_covers() -> None:
    done = hefu("law", "workdays", "2099", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["refused"] == "law.calendar_not_published"


def test_a_rule_is_explained_with_value_article_days_and_another_packs_answer() -> None:
    found = read("explain", "--rule", "requests.answer_conditional", "--on", "2026-04-28", "--at", "610100")
    assert (found["value"]["amount"], found["value"]["unit"]) == (5, "working_day")
    assert found["source"]["document"] == "xian-2025-82"
    assert found["deadline"]["due_on"] == "2026-05-08"
    assert [step["day"] for step in found["deadline"]["steps"] if step.get("number")][-1] == "2026-05-08"
    assert found["against"]["deadline"]["due_on"] == "2026-05-14", "decree 809 alone gives ten days"
    text = law("explain", "--rule", "requests.answer_conditional", "--on", "2026-04-28", "--at", "610100").stdout
    assert "Set by: cn-6101@" in text
    assert "Labour Day" in text
    assert "   5  Fri 8 May 2026" in text
    assert "Another level: 10 working days, decree-809 art. 21" in text


def test_an_explanation_speaks_chinese_to_a_chinese_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEFU_LANG", "zh_CN")
    text = law("explain", "--rule", "requests.answer_conditional", "--on", "2026-03-11", "--at", "00").stdout
    assert "《政务数据共享条例》第21条" in text
    assert "10个工作日" in text


def test_where_a_text_is_lost_no_value_is_made_up() -> None:
    found = read("explain", "--rule", "requests.answer_conditional", "--on", "2025-07-31", "--at", "00")
    assert found["found"] is False
    assert found["code"] == "law.rule_lost"
    assert (
        "(law.rule_lost)"
        in law("explain", "--rule", "requests.answer_conditional", "--on", "2025-07-31", "--at", "00").stdout
    )


@pytest.mark.parametrize(
    "rule", ["requests.must_state", "requests.refusal_grounds", "requests.deciders", "operation.term"]
)
def test_every_kind_of_rule_is_explained_in_words(rule: str) -> None:
    text = law("explain", "--rule", rule, "--on", "2026-03-11", "--at", "440000").stdout
    assert "Value: " in text
    assert "Value: —" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "--rule", "no.such", "--on", "2026-03-11", "--at", "00"), "There is no rule no.such"),
        (("workdays", "2026", "--place", "abc"), "abc is no division code"),
        (("rules", "--on", "yesterday"), "yesterday is no day"),
        (("coverage", "--document", "dazho"), "There is no regulation dazho; there are: decree-809"),
    ],
)
def test_what_was_typed_wrongly_is_named_with_the_right_form(arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(command, list(arguments))
    assert result.exit_code == 2
    assert said in result.output


def test_packs_and_rules_are_listed() -> None:
    packs = {row["id"]: row for row in read("packs")}
    assert {"cn", "cn-44", "cn-5117", "cn-6101"} <= set(packs)
    assert all(row["checked"] and row["rules"] for row in packs.values())
    rules = {row["rule"]: row for row in read("rules", "--place", "230000", "--on", "2026-03-11")}
    assert rules["requests.answer_conditional"]["value"]["amount"] == 1
    assert "requests.answer_conditional" in law("rules", "--place", "230000", "--on", "2026-03-11").stdout


def test_two_places_are_set_side_by_side() -> None:
    rows = {row["rule"]: row for row in read("compare", "440000", "230000", "--on", "2026-03-11")}
    row = rows["requests.answer_conditional"]
    assert (row["left"]["value"]["amount"], row["right"]["value"]["amount"], row["same"]) == (10, 1, False)
    text = law("compare", "440000", "230000", "--on", "2026-03-11").stdout
    assert "requests.answer_conditional" in text
    assert "disputes.ladder" not in text, "both agree, so people do not read it"
    assert "disputes.ladder" in law("compare", "440000", "230000", "--on", "2026-03-11", "--all").stdout


def test_coverage_is_a_list_of_every_clause_with_state_code_and_tests() -> None:
    rows = read("coverage")
    assert [row["id"] for row in rows] == [clause.id for clause in clauses()]
    assert all({"id", "document", "state", "code", "tests"} <= set(row) for row in rows)
    claimed = next(row for row in rows if row["id"] == "D809-21")
    assert claimed["state"] == "timed"
    assert claimed["code"]
    assert claimed["tests"]
    narrowed = read("coverage", "--document", "dazhou", "--state", "open")
    assert {(row["document"], row["state"]) for row in narrowed} == {("dazhou", "open")}


def test_coverage_figures_add_up() -> None:
    figures = read("coverage", "--summary")
    assert sum(figures["all"].values()) == len(coverage()) == 666
    assert "decree-809" in law("coverage", "--summary").stdout


def test_the_shipped_packs_have_no_error() -> None:
    result = law("lint")
    assert result.return_value == 0
    assert "error:" not in result.stdout


def test_a_broken_pack_is_named_by_file_key_value_and_form(tmp_path: Path) -> None:
    shutil.copytree(str(resources.files("hefu.law") / "packs" / "cn"), tmp_path / "cn")
    broken = tmp_path / "cn" / "parameters" / "requests.answer_conditional.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("amount: 10", "amount: ten"), encoding="utf-8")
    result = law("lint", str(tmp_path), "--json")
    assert result.return_value == 1
    (finding,) = json.loads(result.stdout)
    assert finding["file"].endswith("requests.answer_conditional.yaml")
    assert "amount" in finding["text"]
    assert "ten" in finding["text"]


def hefu(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command_line = [sys.executable, "-m", "hefu", *arguments]
    return subprocess.run(command_line, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin"})


def test_the_real_command_counts_a_year_without_a_database() -> None:
    done = hefu("law", "workdays", "2026", "--json")
    assert done.returncode == 0, done.stderr
    works = sum(row["works"] for row in json.loads(done.stdout))
    weekdays = sum(date(2026, 1, 1).replace(month=m, day=d).isoweekday() < 6 for m, d in _days(2026))
    assert 240 < works < weekdays


def _days(year: int) -> list[tuple[int, int]]:
    first = date(year, 1, 1).toordinal()
    return [(day.month, day.day) for day in (date.fromordinal(first + n) for n in range(365))]


def test_without_a_nodes_database_the_shipped_calendar_answers_and_it_is_said() -> None:
    asked = ("explain", "--rule", "requests.answer_conditional", "--on", "2026-03-11", "--at", "610100")
    for told in (law(*asked), law("workdays", "2026")):
        assert "Calendar: as shipped" in told.stderr
        assert "Calendar" not in told.stdout
    assert read(*asked)["notices"] is None
