"""The house rules that no linter knows. Prints each breach as `file: what`, and ends with 1 when there is one.

python tools/house.py
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LONGEST = 600
#: Names that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base"}
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")

_ADDRESS = re.compile(r"\w+://")
# Written apart, so that this file does not break its own rule.
_REGISTRIES = re.compile(
    "|".join(["registry" + r"\.npm", "pypi" + r"\.org", "python" + "hosted", "npm" + "js", "yarn" + r"pkg\.com"])
)
_MACHINE_PATHS = re.compile(r"(?<![\w./-])(?:/" + r"work/(?:main|shared)|/" + r"root/|/home/[a-z])")
_UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X|HA" + r"CK)\b")
_BARE_SKIP = re.compile(r"pytest\.skip\(\s*\)|mark\.skip\b(?!\()")
_FRAGMENT = re.compile(r"^\d+-[a-z0-9-]+\.(?:" + "|".join(KINDS) + r")\.md$")

Breach = tuple[str, str]


def tracked(root: Path) -> list[Path]:
    """Return every file that git knows or would add, relative to `root`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted(Path(name) for name in set(listed.split("\0")) if name and (root / name).is_file())


def locks(root: Path, files: list[Path]) -> Iterator[Breach]:
    """Both locks hold hashes for everything, and no address."""
    for name in ("requirements.lock", "package-lock.json"):
        if Path(name) not in files:
            yield name, "is missing; run: make lock"
            continue
        text = (root / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if _ADDRESS.search(line):
                yield f"{name}:{number}", "names an address; run: make lock"
    if Path("requirements.lock") in files:
        entries = re.split(r"^(?=\S)", (root / "requirements.lock").read_text(encoding="utf-8"), flags=re.MULTILINE)
        for entry in entries:
            if entry.strip() and "--hash=sha256:" not in entry:
                yield "requirements.lock", f"{entry.split()[0]} has no hash"
    if Path("package-lock.json") in files:
        packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for name, package in packages.items():
            if name and "integrity" not in package:
                yield "package-lock.json", f"{name} has no hash"
            if "resolved" in package:
                yield "package-lock.json", f"{name} says where it came from"


def length(root: Path, files: list[Path]) -> Iterator[Breach]:
    """No file of code is longer than a person reads in one sitting."""
    for file in files:
        if file.suffix in (".py", ".html", ".css", ".js") and "migrations" not in file.parts:
            lines = (root / file).read_text(encoding="utf-8").count("\n")
            if lines > LONGEST:
                yield str(file), f"has {lines} lines; at most {LONGEST}. Find the part that has a name of its own"


def names(root: Path, files: list[Path]) -> Iterator[Breach]:
    """A file's name says what is inside."""
    for file in files:
        if file.suffix == ".py" and not EMPTY_NAMES.isdisjoint((*file.parts[:-1], file.stem)):
            yield str(file), "has a name that says nothing"


def words(root: Path, files: list[Path]) -> Iterator[Breach]:
    """No path of somebody's machine, no registry, nothing unfinished; a skipped test says why."""
    for file in files:
        if file.name in ("requirements.lock", "package-lock.json") or file == Path("LICENSE"):
            continue
        try:
            text = (root / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in (
                (_MACHINE_PATHS, "names a path of one machine"),
                (_REGISTRIES, "names a package registry"),
                (_UNFINISHED, "is not finished"),
            ):
                if found := pattern.search(line):
                    yield f"{file}:{number}", f"{what}: {found[0]}"
        if file.parts[0] == "tests" and file.suffix == ".py" and (found := _BARE_SKIP.search(text)):
            yield str(file), f"skips without a reason: {found[0]}"


def changelog(root: Path, files: list[Path]) -> Iterator[Breach]:
    """Every change that somebody can notice has a fragment."""
    fragments = [file for file in files if file.parts[0] == "changelog.d" and file.name != "README.md"]
    if not fragments:
        yield "changelog.d", f"has no fragment: write one, <issue>-<slug>.<{'|'.join(KINDS)}>.md"
    for file in fragments:
        if not _FRAGMENT.match(file.name):
            yield str(file), f"is not named <issue>-<slug>.<{'|'.join(KINDS)}>.md"
        if not (root / file).read_text(encoding="utf-8").strip():
            yield str(file), "is empty"


RULES: tuple[Callable[[Path, list[Path]], Iterator[Breach]], ...] = (locks, length, names, words, changelog)


def breaches(root: Path) -> list[Breach]:
    """Return every breach of every rule."""
    files = tracked(root)
    return [breach for rule in RULES for breach in rule(root, files)]


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = breaches(ROOT)
    for where, what in found:
        print(f"{where}: {what}")
    sys.exit(1 if found else 0)
