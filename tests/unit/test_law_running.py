"""The list of periods that run: every period once, what starts it is there, and what waits is started by nobody."""

import ast
import csv
from pathlib import Path

import pytest

from hefu.law import running
from hefu.law.coverage import SOURCE, code_exists
from hefu.law.errors import PackError
from hefu.law.register import register
from hefu.law.running import Running
from hefu.law.terms import Kind

ROWS = running.clocks()
TABLE = Path(__file__).parents[2].parent / "shared" / "standards" / "deadlines-national.csv"
#: Article of the table → rules that carry it. Events and dates without a length are not periods.
OF_TABLE = {
    "政务数据共享条例 第17条": {"catalog.update", "catalog.update_extension", "catalog.review"},
    "政务数据共享条例 第21条": {
        "requests.answer_unconditional",
        "requests.answer_conditional",
        "requests.extension",
    },
    "政务数据共享条例 第22条": {"requests.delivery"},
    "政务数据共享条例 第26条": {"corrections.answer"},
    "政务数据共享条例 第29条": {"records.retention"},
}


def test_every_period_of_the_register_is_listed_once_in_its_order() -> None:
    periods = [key for key, rule in register().rules.items() if rule.kind is Kind.PERIOD]
    assert [row.rule for row in ROWS] == periods


def test_what_starts_a_clock_is_in_the_source() -> None:
    paths = [path for row in ROWS for path in row.started_by]
    assert paths
    assert [path for path in paths if not code_exists(path)] == []


def test_what_does_not_run_says_why_and_what_waits_is_named_by_no_room() -> None:
    written = _texts_of_rooms()
    for row in ROWS:
        if row.state is Running.RUNS:
            assert row.reason is None
            assert row.rule in written, f"no room names {row.rule}"
        else:
            assert row.reason is not None
            assert row.reason.zh
            said = f"a room names {row.rule}, which is said to wait"
            assert row.state is Running.HELD or row.rule not in written, said


def _texts_of_rooms() -> set[str]:
    found = set()
    for file in sorted((SOURCE / "hefu" / "rooms").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}
    return found


def test_every_period_of_the_decree_in_the_table_is_listed() -> None:
    if not TABLE.is_file():
        pytest.skip("the shared table of deadlines is not beside the repository")
    with TABLE.open(encoding="utf-8") as file:
        articles = {
            row["article"].replace("(国令809)", "")
            for row in csv.DictReader(file)
            if ("条例" in row["article"] and "809" in row["article"]) or row["article"].startswith("政务数据共享条例")
            if row["deadline"].isdigit()
        }
    assert articles == set(OF_TABLE)
    states = {row.rule: row.state for row in ROWS}
    runs = {rule for rules in OF_TABLE.values() for rule in rules if states[rule] is Running.RUNS}
    assert runs == {rule for rules in OF_TABLE.values() for rule in rules} - {"corrections.answer", "records.retention"}


def test_a_row_names_the_packs_that_give_a_value() -> None:
    row = next(row for row in ROWS if row.rule == "catalog.update").as_json()
    assert {"cn", "cn-23", "cn-44", "cn-6101"} <= set(row["packs"])
    assert (row["state"], row["reason"]) == ("runs", None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("training: {waits: security}", "training: {waits: lazy}", "rules.security.training.waits: found 'lazy'"),
        ("retention: {held: use}", "retention: {}", "rules.records.retention.runs: found None; expected one of runs"),
        (
            "  records.retention: {held: use}\n",
            "",
            "rules.records.retention: found 'records.retention'; expected every period",
        ),
        ("records.retention:", "records.retentions:", "expected every period of register.yaml, once"),
    ],
)
def test_a_broken_list_is_named_with_its_place(old: str, new: str, message: str) -> None:
    text = (SOURCE / "hefu" / "law" / running.FILE).read_text(encoding="utf-8")
    with pytest.raises(PackError) as caught:
        running.read_clocks(text.replace(old, new), "r.yaml")
    assert message in str(caught.value)
