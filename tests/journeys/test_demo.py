"""`hefu demo --once` in an empty folder, as a newcomer runs it: the figures add up and the receipts hold."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hefu.demo.dirt import Dirt
from hefu.demo.firms import firms
from hefu.kernel.identifiers import credit_code

REASONS = {"credit_code(credit_code)", "unique_key(credit_code)", "citizen_id(citizen_id)", "unique_key(citizen_id)"}


def hefu(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HEFU_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "hefu", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.mark.slow
def test_the_demonstration_runs_in_an_empty_folder_and_its_receipts_hold(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # the database's own user has to pass when root runs the tests
    told = hefu(tmp_path, "demo", "--once", "--json", "summary.json")
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    assert summary["rows_delivered"] < summary["rows_read"]
    assert summary["rows_read"] - summary["rows_delivered"] <= sum(summary["rows_rejected"].values())
    assert {reason for reason, rows in summary["rows_rejected"].items() if rows} >= REASONS
    assert summary["receipts_verified"] == len(summary["receipts"]) >= 6

    assert "sources differ: name" in told.stdout  # a theme library over two holdings, one of them collected twice

    key = tmp_path / "hefu-home" / "receipts" / "node.key"
    receipt = Path(summary["receipts"][0])
    assert hefu(tmp_path, "verify", str(receipt), "--key", str(key)).returncode == 0
    receipt.write_bytes(receipt.read_bytes().replace(b'"rows_written":', b'"rows_written": '))
    assert hefu(tmp_path, "verify", str(receipt), "--key", str(key)).returncode != 0

    again = hefu(tmp_path, "demo", "--once")
    assert "told before" in again.stdout


def test_the_generated_firms_hold_as_many_faults_as_were_counted() -> None:
    dirt = Dirt()
    codes = [row[0] for row in firms(5_000, city="某市", divisions=("449901",), seed=7, dirt=dirt)]
    assert sum(code is None for code in codes) == dirt.counts["missing key"]
    wrong = sum(code is not None and str(code).isascii() and not credit_code.is_valid(str(code)) for code in codes)
    # a copied key may be one that is itself wrong
    assert 0 <= wrong - dirt.counts["wrong check character"] <= dirt.counts["duplicate key"]
