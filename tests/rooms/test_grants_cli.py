"""`hefu grants`, `hefu deliveries`, `hefu ledger`: the same services, from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.kernel.refusal import Refusal
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.evidence.services import sequence
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def grant(make_database: Callable[[], Database]) -> Grant:
    theirs, ours = make_database(), make_database()
    a_population(theirs, rows=20)
    consumer = a_department("市民政局")
    return a_grant(a_mounted_entry(a_department("市公安局"), theirs), consumer, target=a_target(consumer, ours))


@pytest.fixture
def delivery(grant: Grant) -> Delivery:
    return deliveries.deliveries(viewer=SYSTEM, grant=grant.number).get()


def who(department: Department, role: Role) -> str:
    return a_person(seats={department.pk: [role]}).username


def run(*arguments: str) -> Any:
    """Run a command with --json and return what it says."""
    result = CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, [*arguments, "--json"], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return json.loads(result.output)


def test_an_operator_lists_grants_and_reads_one(grant: Grant) -> None:
    assert [row["number"] for row in run("grants", "list")] == [grant.number]
    assert run("grants", "list", "--status", "revoked") == []
    shown = run("grants", "show", grant.number)
    assert (shown["status"], shown["items"]) == ("active", ["id_number", "name", "birth_date"])
    assert [ticket["serial"] for ticket in shown["tickets"]] == [1]


def test_the_chief_suspends_resumes_and_revokes(grant: Grant) -> None:
    chief = who(grant.provider, Role.CHIEF)
    for word, status in (("suspend", "suspended"), ("resume", "active"), ("revoke", "revoked")):
        said = run("grants", word, grant.number, "--reason", "检查", "--as", chief)
        assert said["status"] == status


def test_a_hold_takes_the_day_until_which_it_is_put_right(grant: Grant) -> None:
    chief = who(grant.provider, Role.CHIEF)
    run("grants", "suspend", grant.number, "--reason", "转给第三方", "--mend-by", "2099-01-01", "--as", chief)
    grant.refresh_from_db()
    assert str(grant.mend_by) == "2099-01-01"


def test_nobody_decides_anonymously(grant: Grant) -> None:
    result = CliRunner().invoke(hefu, ["grants", "revoke", grant.number, "--reason", "试试"])
    assert result.exit_code != 0
    grant.refresh_from_db()
    assert grant.status == "active"


def test_the_rules_are_those_of_the_pages(grant: Grant) -> None:
    officer = who(grant.consumer, Role.OFFICER)
    with pytest.raises(Refusal, match=r"grants\.revoke"):
        run("grants", "revoke", grant.number, "--reason", "试试", "--as", officer)
    stranger = who(a_department(), Role.CHIEF)
    with pytest.raises(Refusal, match="There is no grant"):
        run("grants", "show", grant.number, "--as", stranger)


def test_the_ticket_is_printed_as_it_was_signed(grant: Grant) -> None:
    said = CliRunner().invoke(hefu, ["grants", "ticket", grant.number], standalone_mode=False)
    assert said.output.strip() == grant.tickets.get().jws


def test_a_delivery_is_cancelled_retried_watched_and_proved(delivery: Delivery, grant: Grant, tmp_path: Path) -> None:
    officer = who(grant.consumer, Role.OFFICER)
    assert run("deliveries", "cancel", delivery.number, "--as", officer)["status"] == "cancelled"
    assert run("deliveries", "retry", delivery.number, "--as", officer)["status"] == "waiting"
    carry(delivery.pk, clock=NOON)
    assert run("deliveries", "show", delivery.number)["rows_written"] == 20
    assert run("deliveries", "watch", delivery.number)["status"] == "done"
    assert run("deliveries", "list", "--status", "done")[0]["rows_written"] == 20
    receipt = tmp_path / "receipt.json"
    run("deliveries", "receipt", delivery.number, str(receipt), "--as", officer)
    assert run("verify", str(receipt))["entry"]["subject"] == delivery.number
    assert run("deliveries", "start", grant.number, "--as", officer)["status"] == "waiting"


def test_the_whole_log_is_checked_and_copied_for_others(delivery: Delivery, tmp_path: Path) -> None:
    assert run("ledger", "fsck")["entries"] == 0
    carry(delivery.pk, clock=NOON)
    sequence(clock=NOON)
    checked = run("ledger", "fsck")
    assert checked["ok"]
    assert checked["entries"] == checked["signed"] > 10
    assert run("ledger", "checkpoint")["size"] == checked["signed"]
    exported = run("ledger", "export", str(tmp_path / "log"))
    assert exported["entries"] == checked["signed"]
    assert (tmp_path / "log" / "checkpoint").read_text() == run("ledger", "checkpoint")["note"]
