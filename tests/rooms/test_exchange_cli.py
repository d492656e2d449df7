"""`hefu exchange`: what the pages of tables that are kept in step do, from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.evidence.queries import public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from tests.builders import a_department, a_person
from tests.conftest import Database
from tests.followers import a_grant_to_follow, following, in_step, slots, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def run(*arguments: str, status: int = 0) -> Any:
    """Run a command with --json and return what it says."""
    result = CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, ["exchange", *arguments, "--json"], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert (result.return_value or 0) == status
    return json.loads(result.output)


def test_an_officer_keeps_a_table_in_step_from_the_command_line(
    make_database: Callable[[], Database], tmp_path: Path
) -> None:
    theirs, ours, consumer = make_database(), make_database(), a_department("市民政局")
    grant = a_grant_to_follow(consumer, theirs, ours)
    me = ("--as", a_person(seats={consumer.pk: [Role.OFFICER]}).username)
    assert run("timetable", grant.number, "每个工作日 02:00", *me)["text"] == "每个工作日 02:00"
    assert run("timetable", grant.number, "--drop", *me)["timetable"] is None
    number = run("follow", grant.number, *me)["number"]
    row = Delivery.objects.get(number=number)
    with following():
        until(lambda: in_step(row))
        assert [one["pulse"] for one in run("list", *me)] == ["in_step"]
        theirs.run("DELETE FROM population WHERE id_number = lpad('8', 18, '0')")
        until(lambda: run("show", number, *me)["deleted"] == 1)
        assert run("compare", number, *me)["agrees"] is True
        assert run("pause", number, *me)["number"] == number
        until(lambda: run("show", number, *me)["status"] == "paused")
        (window,) = run("windows", number, *me)
        assert (window["deleted"], window["inserted"]) == (1, 0)
        file = tmp_path / "window.json"
        run("receipt", number, "1", str(file), *me)
        assert verify_receipt(file.read_bytes(), trusted=public_keys(KeyPurpose.LOG)).entry["body"]["window"] == 1
        ours.run("DELETE FROM population WHERE id_number = lpad('9', 18, '0')")
        assert run("compare", number, *me, status=1)["missing"] == 1
        assert run("compare", number, "--mend", *me)["inserted"] == 1
        run("resume", number, *me)
        until(lambda: in_step(row))
        theirs.run("TRUNCATE population; INSERT INTO population VALUES ('1', '张', '2000-01-01')")
        until(lambda: Delivery.objects.get(pk=row.pk).status == "failed")
        row.refresh_from_db()
        assert (row.error_code, row.error_facts) == ("dataplane.too_few_rows", {"rows": 1, "least": 45})
        assert ours.run("SELECT count(*) FROM population") == [(89,)]
        run("resume", number, "--take-fewer", *me)
        until(lambda: in_step(row))
        assert ours.run("SELECT id_number FROM population") == [("1",)]
        until(lambda: Delivery.objects.filter(pk=row.pk, fewer_taken=False))  # the next one is held again
        assert len(run("processes")) == 1
        assert [(one["consumer"], one["grants"]) for one in run("flows", "--days", "3660", *me)] == [("市民政局", 1)]
        (name, *_rest) = run("ways", grant.entry_code, *me)
        assert (name["grant"], name["source_column"], name["column"]) == (grant.number, "id_number", "id_number")
        assert run("stop", number, *me)["number"] == number
        until(lambda: slots(theirs) == 0)
        assert run("list", *me) == []
        assert [one["status"] for one in run("list", "--all", *me)] == ["cancelled"]
