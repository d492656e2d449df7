"""`hefu parties`: a new node is founded once; its administrators do the rest."""

import json

import pytest
from click.testing import CliRunner

from hefu.cli.parties import command
from hefu.rooms.parties.models import Person, Seat
from tests.builders import PASSWORD, a_credit_code

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    found = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def found_node() -> None:
    run(
        "found",
        "--authority=某市数据局",
        f"--credit-code={a_credit_code()}",
        "--place=511700",
        "--operator=yunwei:张三",
        "--security=anquan:李四",
        "--auditor=shenji:王五",
        f"--password={PASSWORD}",
        "--json",
    )


def test_a_new_node_gets_its_authority_and_three_administrators() -> None:
    found_node()
    assert {seat.role for seat in Seat.objects.all()} == {"operator", "security", "auditor"}
    assert Person.objects.count() == 3


def test_a_node_is_founded_once() -> None:
    found_node()
    with pytest.raises(Exception, match="already has people"):
        found_node()


def test_the_administrators_register_departments_and_people() -> None:
    found_node()
    code = a_credit_code()
    run("register", code, "市民政局", "--place=511700", "--role=consumer", "--as=yunwei", "--json")
    run("add-person", "gu", "顾", f"--password={PASSWORD}", "--as=anquan", "--json")
    run("seat", "gu", code, "officer", "--as=anquan")
    listed = json.loads(run("people", "--search=gu", "--as=anquan", "--json"))
    assert listed[0]["seats"] == ["市民政局: officer"]


def test_the_security_administrator_registers_no_department() -> None:
    found_node()
    with pytest.raises(Exception, match="may not do this"):
        run("register", a_credit_code(), "市民政局", "--place=511700", "--role=consumer", "--as=anquan")
