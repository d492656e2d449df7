"""`hefu requests` and `hefu clocks`: the same services by command, with the same rules."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.clocks import command as clocks
from hefu.cli.requests import command as requests
from hefu.kernel import events
from hefu.kernel.actor import Role
from hefu.kernel.clock import SystemClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog.models import Entry
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import errors
from tests.builders import a_department, a_person, an_entry, the_authority

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = dict(events._listeners)
    events.wire({})
    yield
    events.wire(before)


def run(group: Any, *arguments: str) -> Any:
    """Run one command as a program would and return what it printed."""
    done = CliRunner().invoke(group, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def seat(department: Department, *roles: Role) -> str:
    return a_person(seats={department.pk: list(roles)}).username


def drafted(entry: Entry, officer: str) -> str:
    year = SystemClock().today().year
    stated = ("--purpose", "核对", "--scenario", "办理低保", "--basis", "duties", "三定规定", "")
    scope = ("--item", "id_number", "--item", "name", "--where", "birth_date", "between", "1940-01-01..")
    use = ("--channel", "table", "--from", f"{year}-01-01", "--until", f"{year + 1}-12-31")
    number: str = run(requests, "draft", entry.code, *stated, *scope, *use, "--as", officer)["number"]
    return number


def test_a_request_goes_its_way_by_command() -> None:
    entry, office = an_entry(), a_department()
    officer, chief = seat(office, Role.OFFICER), seat(office, Role.CHIEF)
    answering = seat(entry.provider, Role.CHIEF)
    number = drafted(entry, officer)
    assert run(requests, "submit", number, "--as", chief)["status"] == "received"
    assert [row["number"] for row in run(requests, "list", "--waiting", "--as", answering)] == [number]
    assert run(requests, "list", "--waiting", "--as", chief) == []
    (clock,) = run(clocks, "list", "--mine", "--as", answering)
    assert (clock["subject"], clock["days_left"]) == (number, 10)
    (told,) = run(clocks, "show", number, "--as", answering)
    assert len([step for step in told["steps"] if step["number"]]) == 10
    granted = (
        "--verdict",
        "grant_part",
        "--reason",
        "最小必要",
        "--item",
        "id_number",
        "--mask",
        "id_number",
        "cover:6:4",
    )
    answered = run(requests, "decide", number, *granted, "--as", answering)
    assert answered["decision"]["items"] == {"id_number": "cover:6:4"}
    assert answered["decision"]["rows"] == ["birth_date between 1940-01-01.."]
    shown = run(requests, "show", number, "--as", officer)
    assert (shown["status"], shown["possible"]) == ("partly_granted", [])
    assert [one["state"] for one in shown["clocks"]] == ["met", "running"]


def test_it_is_sent_back_completed_extended_and_withdrawn_by_command() -> None:
    entry, office, authority = an_entry(), a_department(), the_authority()
    officer, chief = seat(office, Role.OFFICER), seat(office, Role.CHIEF)
    provider, reviewer = seat(entry.provider, Role.OFFICER, Role.CHIEF), seat(authority, Role.REVIEWER)
    number = drafted(entry, officer)
    run(requests, "submit", number, "--as", chief)
    returned = run(requests, "return", number, "--missing", "scenario", "太笼统", "--as", provider)
    assert returned["status"] == "incomplete"
    changed = run(requests, "change", number, "--scenario", "复核", "--purpose", "核对", "--as", officer)
    assert set(changed["lacking"]) == {"basis_kind", "basis_title", "channel", "term_from", "term_until"}
    with pytest.raises(errors.Incomplete):
        run(requests, "submit", number, "--as", chief)
    other = drafted(entry, officer)
    run(requests, "submit", other, "--as", chief)
    assert run(requests, "opinion", other, "--verdict", "grant", "--as", provider)["verdict"] == "grant"
    assert run(requests, "extend", other, "--days", "5", "--reason", "数据量大", "--as", provider)["status"] == "asked"
    assert run(requests, "consent", other, "--yes", "--as", reviewer)["status"] == "consented"
    assert {row["ground"] for row in run(requests, "grounds", other, "--as", provider)} >= {"barred_by_law"}
    assert run(requests, "withdraw", other, "--reason", "取消", "--as", chief)["status"] == "withdrawn"


def test_a_command_has_no_more_rights_than_its_seat() -> None:
    entry, office = an_entry(), a_department()
    officer = seat(office, Role.OFFICER)
    number = drafted(entry, officer)
    with pytest.raises(Forbidden):
        run(requests, "submit", number, "--as", officer)
    with pytest.raises(NotFound):
        run(requests, "show", number, "--as", seat(a_department(), Role.CHIEF))
    with pytest.raises(InputsRejected):
        run(requests, "draft", entry.code, "--where", "birth_date", "=", "昨天", "--as", officer)
    unknown = CliRunner().invoke(requests, ["draft", entry.code, "--item", "salary", "--as", officer])
    assert unknown.exit_code == 2
    assert "salary" in unknown.output


def test_the_office_is_set_and_the_sweep_run_by_command() -> None:
    reviewer = seat(the_authority(), Role.REVIEWER)
    changed = run(clocks, "set", "--remind", "2", "--remind", "5", "--cut-off", "17:30", "--as", reviewer)
    assert (changed["reminder_days"], changed["cut_off"]) == ([5, 2], "17:30")
    assert run(clocks, "set", "--no-cut-off", "--pause-incomplete", "--as", reviewer)["reminder_days"] == [5, 2]
    now = run(clocks, "settings")
    assert (now["cut_off"], now["pause_while_incomplete"]) == (None, True)
    with pytest.raises(Forbidden):
        run(clocks, "set", "--promptly", "3", "--as", seat(a_department(), Role.CHIEF))
    wrong = CliRunner().invoke(clocks, ["set", "--promptly", "0", "--as", reviewer])
    assert wrong.exit_code == 2
    assert run(clocks, "sweep") == {"warned": 0, "expired": 0, "refused": []}


def test_people_get_columns_and_the_days_behind_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEFU_LANG", "zh")
    entry, office = an_entry(), a_department()
    officer, chief = seat(office, Role.OFFICER), seat(office, Role.CHIEF)
    number = drafted(entry, officer)
    run(requests, "submit", number, "--as", chief)
    listed = CliRunner().invoke(requests, ["list", "--as", officer]).output.splitlines()
    assert listed[0].split() == ["number", "status", "consumer", "provider", "entry", "due_on"]
    assert number in listed[1]
    assert "政务数据共享条例" in CliRunner().invoke(clocks, ["show", number, "--as", officer]).output
