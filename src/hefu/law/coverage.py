"""Coverage: for every clause of the regulations, what the platform does about it and which test shows it.

The states stand in `coverage.yaml`. A claim counts only while a test names the clause with
`@pytest.mark.clause("DZ-22b")` and the code it points to is there; otherwise the clause is shown as open.
Both are read from the source text, so nothing is imported and nothing needs a database.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from hefu.law.errors import PackError
from hefu.law.reading import Reader, read_yaml
from hefu.law.register import register
from hefu.law.terms import Words

FILE = "coverage.yaml"
#: Where the tests stand in a checkout; absent in an installed copy.
TESTS = Path(str(resources.files("hefu"))).parents[1] / "tests"
#: Where the code stands.
SOURCE = Path(str(resources.files("hefu"))).parent
#: Marks with which a test does not show anything.
IDLE_MARKS = ("skip", "xfail")


class ClauseState(StrEnum):
    """What the platform does about a clause."""

    #: What breaks it is refused.
    ENFORCED = "enforced"
    #: Its period runs as a clock.
    TIMED = "timed"
    #: The fact is kept and can be looked up.
    RECORDED = "recorded"
    #: The fact goes into the evidence log.
    EVIDENCED = "evidenced"
    #: The office sets it.
    SETTING = "setting"
    #: No software can do it; the reason says why.
    OUTSIDE = "outside"
    #: Not shown yet.
    OPEN = "open"


#: States that need code and a test.
CLAIMS = frozenset(ClauseState) - {ClauseState.OUTSIDE, ClauseState.OPEN}


@dataclass(frozen=True)
class Clause:
    """One duty of a regulation and our claim about it."""

    id: str
    document: str
    state: ClauseState
    #: Dotted paths of the functions, classes or constants that do it.
    code: tuple[str, ...] = ()
    #: Rules of the packs that carry it; in an open clause they wait there for their room.
    rules: tuple[str, ...] = ()
    #: Why it lies outside; None for other states.
    reason: Words | None = None


@dataclass(frozen=True)
class Covered:
    """A clause with the tests that name it, and the state that these allow."""

    clause: Clause
    #: As pytest names them: `tests/unit/test_x.py::test_y`.
    tests: tuple[str, ...]
    #: Why the claim does not count; empty when it does or when nothing is claimed.
    faults: tuple[str, ...] = ()

    @property
    def state(self) -> ClauseState:
        """Return the claimed state, or open when the claim does not count."""
        return ClauseState.OPEN if self.faults else self.clause.state

    def as_json(self) -> dict[str, Any]:
        """Return the row that the command line, the API and the page show."""
        reason = self.clause.reason
        return {
            "id": self.clause.id,
            "document": self.clause.document,
            "state": self.state.value,
            "code": list(self.clause.code),
            "tests": list(self.tests),
            "rules": list(self.clause.rules),
            "reason": {"zh": reason.zh, "en": reason.en} if reason else None,
            "faults": list(self.faults),
        }


@cache
def clauses() -> tuple[Clause, ...]:
    """Return every clause in the order of the file.

    Raises:
        PackError: `coverage.yaml` does not hold together.
    """
    return read_clauses((resources.files("hefu.law") / FILE).read_text(encoding="utf-8"), FILE)


def read_clauses(text: str, file: str) -> tuple[Clause, ...]:
    """Return the clauses written in `text`.

    Raises:
        PackError: A key is missing, unknown or of another form; an outside clause has no reason, a claim no code.
    """
    reader = read_yaml(text, file)
    reasons = {key: _reason(entry) for key, entry in reader.inner("reasons").entries()}
    found = [
        _clause(key, document, entry, reasons)
        for document, block in reader.inner("documents").entries()
        for key, entry in block.entries()
    ]
    reader.done()
    twice = [key for key, count in Counter(clause.id for clause in found).items() if count > 1]
    if twice:
        raise PackError(file=file, key="documents", found=twice[0], expected="each clause under one document only")
    return tuple(found)


def _reason(entry: Reader) -> Words:
    name = entry.name()
    entry.done()
    return name


def _clause(key: str, document: str, entry: Reader, reasons: dict[str, Words]) -> Clause:
    state = entry.member("state", ClauseState)
    code, rules = entry.texts("code"), entry.texts("rules")
    reason = None
    if state is ClauseState.OUTSIDE:
        named = entry.text("reason", "one of " + ", ".join(sorted(reasons)))
        if named not in reasons:
            raise entry.fault("reason", "one of " + ", ".join(sorted(reasons)))
        reason = reasons[named]
    if bool(code) != (state in CLAIMS):
        raise entry.fault("code", "dotted paths for a claim, and none for an outside or open clause")
    for rule in rules:
        if rule not in register().rules:
            raise entry.fault("rules", "ids of rules of register.yaml")
    entry.done()
    return Clause(key, document, state, code, rules, reason)


def coverage(tests: Path = TESTS, source: Path = SOURCE) -> tuple[Covered, ...]:
    """Return every clause with its tests and the state that counts.

    Without a folder of tests (an installed copy) the claims are shown as they are written, with no tests.

    Raises:
        PackError: `coverage.yaml` does not hold together.
    """
    named = tests_by_clause(tests) if tests.is_dir() else None
    return tuple(covered(clause, named, source) for clause in clauses())


def covered(clause: Clause, named: dict[str, tuple[str, ...]] | None, source: Path = SOURCE) -> Covered:
    """Return the clause with the tests that name it and what is wrong with its claim.

    Args:
        clause: The clause and our claim.
        named: What `tests_by_clause` found; None where there are no tests to read.
        source: Where the code stands.
    """
    if named is None:
        return Covered(clause, ())
    found = named.get(clause.id, ())
    if clause.state not in CLAIMS:
        return Covered(clause, found)
    faults = [f"{path} is not in the source" for path in clause.code if not code_exists(path, source)]
    if not found:
        faults.append(f"no test names it with @pytest.mark.clause({clause.id!r})")
    return Covered(clause, found, tuple(faults))


def summary(rows: Iterable[Covered]) -> dict[str, dict[str, int]]:
    """Return the number of clauses by document and state, with the whole under `all` at the end."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for document in (row.clause.document, "all"):
            counts[document][row.state.value] += 1
    counts["all"] = counts.pop("all", Counter())
    return {
        document: {state.value: found[state.value] for state in ClauseState if found[state.value]}
        for document, found in counts.items()
    }


def unknown(tests: Path = TESTS) -> tuple[str, ...]:
    """Return the clause ids that tests name and `coverage.yaml` does not have: misspelt, most likely."""
    known = {clause.id for clause in clauses()}
    return tuple(sorted(key for key in tests_by_clause(tests) if key not in known))


def unclaimed(tests: Path = TESTS) -> tuple[str, ...]:
    """Return the open clauses that a test names: a person decides whether the test shows the whole duty."""
    named = tests_by_clause(tests)
    return tuple(clause.id for clause in clauses() if clause.state is ClauseState.OPEN and clause.id in named)


def tests_by_clause(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return clause id → tests that carry its marker and are neither skipped nor expected to fail."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.rglob("test_*.py")):
        label = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        for name, clause in _named_in(file, file.stat().st_mtime_ns):
            found[clause].append(f"{label}::{name}")
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}


@cache
def _named_in(file: Path, changed_ns: int) -> tuple[tuple[str, str], ...]:
    """Return (test, clause) for each marker in a file; it is read again only after it changed."""
    del changed_ns
    text = file.read_text(encoding="utf-8")
    if "clause" not in text:
        return ()
    return tuple(
        (name, argument)
        for name, decorators in _tests(ast.parse(text, str(file)).body)
        if not any(mark in IDLE_MARKS for mark, _ in _marks(decorators))
        for mark, argument in _marks(decorators)
        if mark == "clause" and argument
    )


def _tests(
    body: list[ast.stmt], inside: str = "", above: tuple[ast.expr, ...] = ()
) -> Iterator[tuple[str, list[ast.expr]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield f"{inside}{node.name}", [*above, *node.decorator_list]
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{inside}{node.name}::", (*above, *node.decorator_list))


def _marks(decorators: list[ast.expr]) -> Iterator[tuple[str, str]]:
    """Yield (mark, first text argument) for every `pytest.mark.…` in the decorators, also inside parameters."""
    for decorator in decorators:
        for node in ast.walk(decorator):
            call = node if isinstance(node, ast.Call) else None
            mark = _mark_name(call.func if call else node)
            if mark:
                first = call.args[0] if call and call.args else None
                text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
                yield mark, text


def _mark_name(node: ast.AST) -> str:
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
        return ""
    above = node.value
    is_mark = above.attr == "mark" and isinstance(above.value, ast.Name) and above.value.id == "pytest"
    return node.attr if is_mark else ""


def code_exists(path: str, source: Path = SOURCE) -> bool:
    """Return whether the dotted path names a module, or something that a module or a class of it defines."""
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        base = source.joinpath(*parts[:cut])
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if file.is_file():
            return _defines(_body_of(file, file.stat().st_mtime_ns), parts[cut:])
    return False


@cache
def _body_of(file: Path, changed_ns: int) -> list[ast.stmt]:
    """Return what a module says at its top; it is read again only after it changed."""
    del changed_ns
    return ast.parse(file.read_text(encoding="utf-8")).body


def _defines(body: list[ast.stmt], names: list[str]) -> bool:
    if not names:
        return True
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == names[0]:
            return _defines(node.body, names[1:]) if isinstance(node, ast.ClassDef) else len(names) == 1
        if len(names) == 1 and names[0] in _assigned(node):
            return True
    return False


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
