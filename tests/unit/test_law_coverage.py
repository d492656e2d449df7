"""The list of clauses: its form, its proof, and how a claim without a proof is shown."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from hefu.law import coverage
from hefu.law.coverage import Clause, ClauseState, Covered
from hefu.law.errors import PackError

CLAUSES = Path(__file__).parents[2].parent / "shared" / "regulations" / "clauses.csv"
ROWS = coverage.coverage()


def test_every_claim_has_its_code_and_a_test_that_names_the_clause() -> None:
    assert [(row.clause.id, row.faults) for row in ROWS if row.faults] == []


def test_no_test_names_a_clause_that_does_not_exist() -> None:
    assert coverage.unknown() == ()


def test_the_list_has_the_articles_of_the_decree_and_every_clause_of_the_table() -> None:
    decree = [row.clause.id for row in ROWS if row.clause.document == "decree-809"]
    assert decree == [f"D809-{number:02}" for number in range(1, 45)]
    assert len(ROWS) == 666
    if not CLAUSES.is_file():
        pytest.skip("the shared table of clauses is not beside the repository")
    with CLAUSES.open(encoding="utf-8") as file:
        table = {(row["id"], row["document"]) for row in csv.DictReader(file)}
    assert {(row.clause.id, row.clause.document) for row in ROWS if row.clause.document != "decree-809"} == table


def test_what_lies_outside_says_why_in_both_languages_and_claims_no_code() -> None:
    outside = [row for row in ROWS if row.state is ClauseState.OUTSIDE]
    assert outside
    for row in outside:
        assert row.clause.reason is not None
        assert row.clause.reason.zh
        assert row.clause.reason.en
        assert row.clause.code == ()


def test_the_summary_counts_every_clause_once_by_document_and_state() -> None:
    counts = coverage.summary(ROWS)
    assert sum(counts["all"].values()) == len(ROWS)
    assert list(counts)[-1] == "all"
    for document, found in counts.items():
        if document != "all":
            assert sum(found.values()) == sum(row.clause.document == document for row in ROWS)
    assert counts["drafting-explanation"] == {"outside": 5}


def test_a_row_is_plain_data() -> None:
    row = next(row for row in ROWS if row.clause.id == "GD2018-16c").as_json()
    assert row["state"] == "enforced"
    assert row["code"] == ["hefu.rooms.requests.decide.check_answer"]
    assert row["rules"] == ["requests.refusal_grounds"]
    assert all(test.startswith("tests/") and "::" in test for test in row["tests"])


LIST = """
reasons:
  definition: {zh: 定义, en: A definition.}
documents:
  some-act:
    A-1: {state: enforced, code: [pkg.room.decide.check]}
    A-2: {state: outside, reason: definition}
    A-3: {state: open, rules: [corrections.answer]}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("state: open", "state: done", "documents.some-act.A-3.state: found 'done'; expected one of enforced, timed"),
        (", code: [pkg.room.decide.check]", "", "A-1.code: found None; expected dotted paths for a claim, and none"),
        ("reason: definition", "code: [a.b]", "A-2.reason: found None; expected one of definition"),
        ("reason: definition", "reason: lazy", "A-2.reason: found 'lazy'; expected one of definition"),
        (
            "corrections.answer",
            "corrections.answers",
            "A-3.rules: found ['corrections.answers']; expected ids of rules",
        ),
        ("A-3:", "A-1:", "expected well-formed YAML"),
        ("state: open,", "state: open, note: x,", "A-3.note: found 'x'; expected"),
    ],
)
def test_a_broken_list_is_named_with_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(PackError) as caught:
        coverage.read_clauses(LIST.replace(old, new), "c.yaml")
    assert message in str(caught.value)


def test_a_clause_stands_under_one_document_only() -> None:
    twice = LIST + "  another-act:\n    A-1: {state: open}\n"
    with pytest.raises(PackError, match="found 'A-1'; expected each clause under one document only"):
        coverage.read_clauses(twice, "c.yaml")


TESTS = """
import pytest


@pytest.mark.clause("A-1")
def test_plain() -> None: ...


@pytest.mark.clause("A-2")
class TestGroup:
    @pytest.mark.clause("A-3")
    def test_inside(self) -> None: ...

    def helper(self) -> None: ...


@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.clause("A-4"))])
def test_with_parameters(x: int) -> None: ...


@pytest.mark.skip(reason="not yet")
@pytest.mark.clause("A-5")
def test_skipped() -> None: ...


@pytest.mark.xfail
@pytest.mark.clause("A-6")
def test_expected_to_fail() -> None: ...


@pytest.mark.clause("A-7")
def no_test() -> None: ...


@other.mark.clause("A-8")
def test_of_another_tool() -> None: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    unit = tmp_path / "tests" / "unit"
    unit.mkdir(parents=True)
    (unit / "test_x.py").write_text(TESTS, encoding="utf-8")
    (unit / "helper.py").write_text('@pytest.mark.clause("A-9")\ndef test_x(): ...\n', encoding="utf-8")
    return tmp_path / "tests"


def test_markers_are_found_on_tests_classes_and_parameters_and_nowhere_else(folder: Path) -> None:
    assert coverage.tests_by_clause(folder) == {
        "A-1": ("tests/unit/test_x.py::test_plain",),
        "A-2": ("tests/unit/test_x.py::TestGroup::test_inside",),
        "A-3": ("tests/unit/test_x.py::TestGroup::test_inside",),
        "A-4": ("tests/unit/test_x.py::test_with_parameters",),
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    room = tmp_path / "src" / "pkg" / "room"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text('"""A room."""\n', encoding="utf-8")
    code = "LIMIT = 3\nNAMES: dict[str, str] = {}\n\n\nclass Case:\n    def close(self): ...\n\n\ndef check(): ...\n"
    (room / "decide.py").write_text(code, encoding="utf-8")
    return tmp_path / "src"


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("pkg.room", True),
        ("pkg.room.decide", True),
        ("pkg.room.decide.check", True),
        ("pkg.room.decide.LIMIT", True),
        ("pkg.room.decide.NAMES", True),
        ("pkg.room.decide.Case.close", True),
        ("pkg.room.decide.Case.open", False),
        ("pkg.room.decide.check.inner", False),
        ("pkg.room.decide.checks", False),
        ("pkg.rom", False),
        ("other", False),
    ],
)
def test_a_reference_to_code_is_looked_up_in_the_source(source: Path, path: str, there: bool) -> None:
    assert coverage.code_exists(path, source) is there


@pytest.mark.parametrize(
    ("clause", "state", "faults"),
    [
        (Clause("A-1", "act", ClauseState.ENFORCED, ("pkg.room.decide.check",)), ClauseState.ENFORCED, 0),
        (Clause("A-9", "act", ClauseState.TIMED, ("pkg.room.decide.check",)), ClauseState.OPEN, 1),
        (Clause("A-1", "act", ClauseState.RECORDED, ("pkg.room.decide.gone",)), ClauseState.OPEN, 1),
        (Clause("A-9", "act", ClauseState.SETTING, ("pkg.room.decide.gone",)), ClauseState.OPEN, 2),
        (Clause("A-9", "act", ClauseState.OPEN), ClauseState.OPEN, 0),
    ],
)
def test_a_claim_without_its_test_or_its_code_is_shown_as_open(
    folder: Path, source: Path, clause: Clause, state: ClauseState, faults: int
) -> None:
    named = coverage.tests_by_clause(folder)
    row = coverage.covered(clause, named, source)
    assert (row.state, len(row.faults)) == (state, faults)


def test_an_installed_copy_without_tests_shows_the_claims_as_written(tmp_path: Path) -> None:
    rows = coverage.coverage(tmp_path / "absent")
    assert Counter(row.state for row in rows) == Counter(row.clause.state for row in ROWS)
    assert all(row.tests == () for row in rows)


def test_an_open_clause_that_a_test_names_is_offered_for_a_decision(folder: Path) -> None:
    assert coverage.unclaimed(folder) == ()
    (folder / "test_more.py").write_text(
        'import pytest\n\n\n@pytest.mark.clause("DZ-22b")\ndef test_y() -> None: ...\n', encoding="utf-8"
    )
    assert coverage.unclaimed(folder) == ("DZ-22b",)
    assert "A-1" in coverage.unknown(folder)


def test_the_state_of_an_outside_clause_is_never_open() -> None:
    clause = Clause("A-2", "act", ClauseState.OUTSIDE)
    assert Covered(clause, ()).state is ClauseState.OUTSIDE
