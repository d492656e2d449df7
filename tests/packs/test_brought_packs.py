"""Packs that another installed distribution brings, found by its entry point."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packs.shelf import GOOD

SOURCE = Path(__file__).parents[2] / "src"
DESCRIPTION = """[hefu.packs]
somewhere = {package}
"""


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """Return a folder of installed things with one that brings the small whole pack of these tests."""
    shutil.copytree(GOOD, tmp_path / "somewhere_packs")
    (tmp_path / "somewhere_packs" / "__init__.py").touch()
    _describe(tmp_path, "somewhere_packs")
    return tmp_path


def _describe(installed: Path, package: str) -> None:
    about = installed / "somewhere_packs-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somewhere-packs\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(DESCRIPTION.format(package=package), encoding="utf-8")


def hefu(installed: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line as it is where `installed` is on the path."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join((str(SOURCE), str(installed)))}
    return subprocess.run(
        [sys.executable, "-m", "hefu", "law", *arguments], capture_output=True, text=True, env=told, check=False
    )


def test_a_distribution_brings_a_pack_which_is_listed_and_answers(distribution: Path) -> None:
    listed = json.loads(hefu(distribution, "packs", "--json").stdout)
    assert {"cn", "xx"} <= {row["id"] for row in listed}
    (own,) = (row for row in listed if row["id"] == "xx")
    answers = json.loads(hefu(distribution, "rules", "--place", own["place"], "--on", "2026-03-11", "--json").stdout)
    assert any("xx@" in row.get("pack", "") for row in answers)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("nowhere_packs", "somewhere: found 'nowhere_packs'; expected an importable package with pack folders"),
        ("hefu.law.packs", "pack.toml: id: found 'cn'; expected an id that no other pack has"),
    ],
)
def test_what_is_wrong_with_a_brought_pack_is_said_with_its_place(distribution: Path, package: str, said: str) -> None:
    _describe(distribution, package)
    done = hefu(distribution, "lint")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
