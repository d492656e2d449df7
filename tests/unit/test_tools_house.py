"""The house rules find what they are for, and leave the rest alone."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.house import breaches

LOCK = "click==8.5.1 \\\n    --hash=sha256:00\n"
PAGES = '{"packages": {"": {}, "node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"}}}'


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., list[str]]:
    """Put files into an otherwise sound repository and return the breaches found."""
    sound = {
        "requirements.lock": LOCK,
        "package-lock.json": PAGES,
        "changelog.d/2-node.added.md": "`hefu up`.\n",
    }
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)  # noqa: S607

    def look(files: dict[str, str] | None = None) -> list[str]:
        for name, text in (sound | (files or {})).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [f"{where}: {what}" for where, what in breaches(tmp_path)]

    return look


def test_a_sound_repository_has_no_breach(repository: Callable[..., list[str]]) -> None:
    assert repository() == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"requirements.lock": LOCK + "    # from https://mirror.example/\n"},
            "requirements.lock:3: names an address",
        ),
        ({"requirements.lock": "click==8.5.1\n"}, "requirements.lock: click==8.5.1 has no hash"),
        (
            {"package-lock.json": PAGES.replace('"integrity": "sha512-x"', '"x": 1')},
            "package-lock.json: node_modules/a",
        ),
        ({"package-lock.json": PAGES.replace('"1.0.0"', '"http://x"')}, "package-lock.json:1: names an address"),
        ({"src/a.py": "x = 1\n" * 601}, "src/a.py: has 601 lines"),
        ({"src/utils.py": ""}, "src/utils.py: has a name that says nothing"),
        ({"src/helpers/dates.py": ""}, "src/helpers/dates.py: has a name that says nothing"),
        ({"docs/a.md": "see /" + "root/x\n"}, "docs/a.md:1: names a path of one machine"),
        ({"docs/a.md": "one\nfrom pypi" + ".org\n"}, "docs/a.md:2: names a package registry"),
        ({"src/a.py": "# TO" + "DO later\n"}, "src/a.py:1: is not finished"),
        ({"tests/a.py": "pytest.sk" + "ip()\n"}, "tests/a.py: skips without a reason"),
        ({"changelog.d/new-things.md": "x\n"}, "changelog.d/new-things.md: is not named"),
        ({"changelog.d/2-node.added.md": "\n"}, "changelog.d/2-node.added.md: is empty"),
    ],
)
def test_each_rule_names_the_file_and_the_fault(
    repository: Callable[..., list[str]], files: dict[str, str], said: str
) -> None:
    found = repository(files)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_a_missing_changelog_is_a_breach(repository: Callable[..., list[str]], tmp_path: Path) -> None:
    repository()
    (tmp_path / "changelog.d/2-node.added.md").unlink()
    assert [where for where, _what in breaches(tmp_path)] == ["changelog.d"]


def test_what_git_ignores_is_not_looked_at(repository: Callable[..., list[str]]) -> None:
    assert repository({".gitignore": "build/\n", "build/utils.py": "# TO" + "DO\n"}) == []
