"""Writes both locks again: exact versions with hashes, and no address of any registry in them."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.assets import npm_command  # noqa: E402 - run as a file, so the folder above must be put on the path first


def lock_python() -> None:
    """Resolve pyproject.toml for every Python and system we support."""
    uv = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "dev", "--universal"]
    uv += ["--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    subprocess.run([*uv, "--output-file", "requirements.lock"], cwd=ROOT, check=True)


def lock_pages() -> None:
    """Resolve package.json; the funding notes go, because they are addresses too."""
    with tempfile.TemporaryDirectory(prefix="hefu-npm-") as folder:
        shutil.copy(ROOT / "package.json", folder)
        command = [*npm_command(), "install", "--package-lock-only", "--omit-lockfile-registry-resolved=true"]
        subprocess.run([*command, "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
        lock = json.loads(Path(folder, "package-lock.json").read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    (ROOT / "package-lock.json").write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    lock_python()
    lock_pages()
