"""Folders of runs: gone with the run, gone with the next one when it was killed, never taken from one that lives."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hefu.dataplane.scratch import FRESH, Scratch

KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
from hefu.dataplane.scratch import Scratch
tempfile.tempdir = sys.argv[1]
held = Scratch("stage")
Path(held.name, "rows").write_text("511502198001010011")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def age(*paths: Path) -> None:
    for path in paths:
        then = path.stat().st_mtime - FRESH - 1
        os.utime(path, (then, then))


def test_a_folder_is_its_accounts_alone_and_goes_with_the_run(place: Path) -> None:
    with Scratch("stage") as name:
        assert Path(name).stat().st_mode & 0o077 == 0
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_when_another_run_begins_and_what_lives_stays(place: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(place)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = place.iterdir()
    with Scratch("stage") as lives:
        assert left.exists()  # it may be a moment before its process holds it
        (place / "hefu-stage-elsewhere").symlink_to(place.parent)
        other = place / "hefu-keys-1"
        other.mkdir()
        age(left, Path(lives), other)
        with Scratch("stage"):
            assert not left.exists()
            assert Path(lives).exists()
            assert other.exists()
    assert place.parent.exists()
