"""`hefu catalog search` and `hefu catalog reindex`."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.rooms.catalog.jobs import keep_index, look_for_people
from hefu.rooms.catalog.models import SearchChange
from hefu.rooms.catalog.searching.shelf import shelf
from hefu.rooms.catalog.terms import ShareType
from tests.builders import a_department, a_draft, a_person, an_entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HEFU = dataclasses.replace(settings.HEFU, home=tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(hefu, ["catalog", *words])


def told(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output + repr(result.exception)
    return json.loads(result.stdout)


def test_entries_are_found_counted_and_narrowed() -> None:
    office = a_department("市民政局")
    an_entry(office, name="低保对象", share_type=ShareType.UNCONDITIONAL)
    an_entry(office, name="低保资金发放")
    found = told("search", "低保", "--facets", "--sort", "name")
    assert [entry["name"] for entry in found["entries"]] == ["低保对象", "低保资金发放"]
    assert found["facets"]["share_type"] == {"conditional": 1, "unconditional": 1}
    assert (found["pending"], found["from_database"]) == (0, "")
    narrowed = told("search", "dbdx", "--where", "share_type=unconditional", "--where", "level=city")
    assert narrowed["total"] == 1
    assert told("search", "低宝")["did_you_mean"] == "低保"
    assert "低保对象" in run("search", "低保").output
    assert run("search", "--where", "colour=red").exit_code == 2


def test_a_draft_is_found_by_who_may_read_it() -> None:
    office, other = a_department("市民政局"), a_department("市公安局")
    a_draft(office, name="低保草稿")
    own = a_person(seats={office.pk: [Role.OFFICER]}).username
    foreign = a_person(seats={other.pk: [Role.OFFICER]}).username
    assert told("search", "低保", "--where", "status=draft", "--as", own)["total"] == 1
    assert told("search", "低保", "--where", "status=draft", "--as", foreign)["total"] == 0


def test_the_index_is_made_anew() -> None:
    an_entry()
    assert told("reindex") == {"indexed": 1, "already_running": False}
    standing = shelf().standing()
    assert standing is not None
    assert standing.index.searcher().num_docs == 1


def test_the_periodic_tasks_may_run_twice_and_leave_nothing_pending() -> None:
    an_entry()
    for _ in range(2):
        keep_index(0)
        look_for_people(0)
    an_entry()
    keep_index(0)
    answer = told("search", "")
    assert (answer["total"], answer["pending"]) == (2, 0)
    assert SearchChange.objects.exists()


def test_an_export_follows_the_facets_of_a_search(tmp_path: Path) -> None:
    office = a_department("市民政局")
    an_entry(office, name="低保对象", share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
    an_entry(office, name="低保资金发放")
    an_entry(office, name="婚姻登记", share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
    file = tmp_path / "目录.json"
    narrowed = ("--search", "低保", "--where", "share_type=unconditional", "--where", "level=city")
    assert run("export", str(file), *narrowed, "--department", office.credit_code).exit_code == 0
    assert [one["name"] for one in json.loads(file.read_text(encoding="utf-8"))["entries"]] == ["低保对象"]
    assert told("search", "低保", *narrowed[2:])["total"] == 1
    assert run("export", str(file), "--where", "colour=red").exit_code == 2
