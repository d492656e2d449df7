"""`hefu verify`: a receipt checked offline, in plain words, with nothing else at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.kernel.canonical import canonical
from hefu.ledger.receipt import issue_receipt
from tests.unit.ledger_model import LOG_KEY, OTHER_KEY, grown

ENTRY = {
    "at": "2026-03-11T04:00:00+00:00",
    "basis": [{"document": "decree-809", "article": "22", "title": "政务数据共享条例"}],
    "body": {"rows_read": 200000, "rows_rejected": 1203, "rows_written": 198797, "rejected": {"not_null(name)": 1203}},
    "by": "system:worker",
    "department": None,
    "kind": "delivery.done",
    "subject": "D2026-000001",
    "uid": "0197",
    "version": 1,
}


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    log, _ = grown([canonical({"kind": "other", "number": n}) for n in range(3)] + [canonical(ENTRY)])
    note = log.checkpoint()
    assert note is not None
    path = tmp_path / "receipt.json"
    path.write_bytes(issue_receipt(log, 3, checkpoint=note, key=LOG_KEY.public))
    return path


def verify(*arguments: object, language: str = "en") -> tuple[int, str]:
    result = CliRunner(env={"HEFU_LANG": language}).invoke(
        hefu, ["verify", *map(str, arguments)], standalone_mode=False
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return (result.return_value if isinstance(result.return_value, int) else result.exit_code), result.output


def test_a_genuine_receipt_is_told_in_plain_words(receipt: Path) -> None:
    code, said = verify(receipt, "--key", LOG_KEY.public.as_text())
    assert code == 0
    assert "VERIFIED" in said
    assert "D2026-000001" in said
    assert "rows that arrived: 198,797" in said
    assert "not_null(name): 1,203" in said
    assert "Signed by the key you named" in said


def test_without_a_key_the_reader_is_told_to_compare_the_fingerprint(receipt: Path) -> None:
    code, said = verify(receipt)
    assert code == 0
    assert f"Signed by the key {LOG_KEY.public.fingerprint}, which came with the receipt. Compare it" in said


def test_the_key_may_stand_in_a_file(receipt: Path, tmp_path: Path) -> None:
    key = tmp_path / "log.key"
    key.write_text(LOG_KEY.public.as_text() + "\n")
    assert verify(receipt, "--key", key)[0] == 0


def test_a_receipt_of_another_key_is_refused(receipt: Path) -> None:
    code, said = verify(receipt, "--key", OTHER_KEY.public.as_text())
    assert code == 1
    assert said.startswith("NOT VERIFIED")
    assert "receipt.key_not_trusted" in said


@pytest.mark.parametrize("place", [0, 100, 300, -2, -1])
def test_a_changed_byte_is_refused(receipt: Path, place: int) -> None:
    data = bytearray(receipt.read_bytes())
    data[place] ^= 1
    receipt.write_bytes(bytes(data))
    code, said = verify(receipt, "--key", LOG_KEY.public.as_text())
    assert code == 1
    assert said.startswith("NOT VERIFIED")


def test_programs_get_one_document_either_way(receipt: Path) -> None:
    code, said = verify(receipt, "--json")
    found = json.loads(said)
    assert (code, found["verified"], found["entry"], found["key_pinned"]) == (0, True, ENTRY, False)
    receipt.write_bytes(receipt.read_bytes()[:-1])
    code, said = verify(receipt, "--json")
    assert (code, json.loads(said)["verified"], json.loads(said)["refused"]) == (1, False, "receipt.not_canonical")


def test_a_key_that_is_none_is_a_wrong_command_line(receipt: Path) -> None:
    result = CliRunner().invoke(hefu, ["verify", str(receipt), "--key", "nonsense"])
    assert result.exit_code == 2
    assert "nonsense" in result.output


def test_it_needs_no_django_no_settings_and_no_home(receipt: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from hefu.cli.main import hefu;"
        f"code = hefu.main(['verify', {str(receipt)!r}], standalone_mode=False);"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'django'], 'django';"
        "sys.exit(code)"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HEFU", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [receipt]
