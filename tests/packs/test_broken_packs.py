"""A whole small pack, broken in one place at a time: the message names file, key, what was found, what was expected."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from hefu.law.calendar import calendar_for
from hefu.law.lint import Level, lint
from hefu.law.load import load_packs
from hefu.law.rules import chain
from hefu.law.terms import OnExpiry, Resume
from tests.packs.shelf import GOOD

TODAY = date(2026, 11, 22)
RETENTION = "parameters/records.retention.yaml"
DECIDERS = "parameters/requests.deciders.yaml"
GROUNDS = "grounds/requests.refusal_grounds.yaml"
CASES = "cases/all.yaml"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    shutil.copytree(GOOD, tmp_path / "packs")
    return tmp_path / "packs" / "xx"


def broken(pack: Path, file: str, old: str, new: str) -> str:
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    findings = lint(pack.parent, today=TODAY)
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0].text


def test_the_whole_pack_has_nothing_wrong(pack: Path) -> None:
    assert lint(pack.parent, today=TODAY) == ()


def test_an_amended_value_carries_its_amending_act_its_transition_and_its_pauses(pack: Path) -> None:
    rules = chain("99", load_packs(pack.parent), calendar_for("00"))
    period = rules.period("requests.answer_conditional", on=date(2025, 8, 1))
    assert [str(citation) for citation in period.citations] == ["some-act art. 14", "some-act-2 art. 3"]
    assert period.transition is not None
    assert period.transition.en == "Requests received earlier keep fifteen days."
    assert [(pause.event, pause.resume) for pause in period.pauses] == [("registration.resubmitted", Resume.CONTINUE)]
    assert period.on_expiry is OnExpiry.ESCALATE


MISTAKES: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))[
    "mistakes"
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake['file']}: {mistake['new'] or 'gone'}")
def test_one_mistake_is_named_with_its_place_and_what_was_expected(pack: Path, mistake: dict[str, str]) -> None:
    found = broken(pack, mistake["file"], mistake["old"], mistake["new"])
    assert found == mistake["message"]


def test_a_moved_case_fails_and_leaves_its_value_unhit(pack: Path) -> None:
    path = pack / CASES
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("rule: records.retention, on: 2022-03-01", "rule: records.retention, on: 2022-03-02"),
        encoding="utf-8",
    )
    texts = [finding.text for finding in lint(pack.parent, today=TODAY)]
    assert texts == [
        f"xx/{CASES}: h: expected due 2025-03-01, found 2025-03-02",
        f"xx/{RETENTION}: no case on 2022-03-01; add one to xx/cases",
    ]


def test_a_missing_sources_file_is_named(pack: Path) -> None:
    (pack / "sources.yaml").unlink()
    assert [finding.text for finding in lint(pack.parent, today=TODAY)] == [
        "xx/sources.yaml: (file): found None; expected this file"
    ]


def test_a_file_that_is_not_utf_8_is_named(pack: Path) -> None:
    (pack / DECIDERS).write_bytes("rule: requests.deciders # 决定".encode("gbk"))
    assert lint(pack.parent, today=TODAY)[0].text == (
        f"xx/{DECIDERS}: (file): found 'invalid start byte'; expected text in UTF-8"
    )


def test_grounds_do_not_belong_among_the_parameters(pack: Path) -> None:
    (pack / GROUNDS).rename(pack / "parameters" / "requests.refusal_grounds.yaml")
    assert lint(pack.parent, today=TODAY)[0].text == (
        "xx/parameters/requests.refusal_grounds.yaml: rule: found 'requests.refusal_grounds'; expected a rule whose "
        "kind belongs in this folder: period, choice, list, amount"
    )


def test_two_packs_may_not_claim_one_place(pack: Path) -> None:
    shutil.copytree(pack, pack.parent / "zz")
    toml = pack.parent / "zz" / "pack.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"xx"', '"zz"'), encoding="utf-8")
    assert lint(pack.parent, today=TODAY)[0].text == (
        "zz/pack.toml: place: found '99'; expected a place of its own; xx has this one"
    )


def test_two_packs_may_not_have_one_id(pack: Path) -> None:
    shutil.copytree(pack, pack.parent / "zz")
    assert lint(pack.parent, today=TODAY)[0].text == (
        "zz/pack.toml: id: found 'xx'; expected an id that no other pack has"
    )


def test_an_old_comparison_with_the_law_is_a_warning_and_no_error(pack: Path) -> None:
    path = pack / DECIDERS
    path.write_text(path.read_text(encoding="utf-8").replace("checked: 2026", "checked: 2024"), encoding="utf-8")
    findings = lint(pack.parent, today=TODAY)
    assert [(finding.level, finding.text) for finding in findings] == [
        (Level.WARNING, f"xx/{DECIDERS}: last compared with the law on 2024-11-22, 730 days ago")
    ]


def test_a_changed_byte_changes_the_digest_of_the_pack(pack: Path) -> None:
    before = load_packs(pack.parent)[0].ref
    path = pack / DECIDERS
    path.write_text(path.read_text(encoding="utf-8") + "# seen\n", encoding="utf-8")
    after = load_packs(pack.parent)[0].ref
    assert (before.id, before.release) == (after.id, after.release)
    assert before.digest != after.digest
