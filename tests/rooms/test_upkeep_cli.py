"""`hefu catalog coverage` prints what the dashboard shows."""

import json

import pytest
from click.testing import CliRunner

from hefu.cli.catalog import command
from hefu.kernel.actor import Role
from tests.builders import a_department, a_person, an_entry

pytestmark = pytest.mark.django_db


def test_coverage_is_printed_for_programs_by_department_and_by_place() -> None:
    office = a_department("市民政局", place="440300")
    an_entry(office)
    auditor = a_person(seats={office.pk: [Role.AUDITOR]})
    told = CliRunner().invoke(command, ["coverage", "--as", auditor.username, "--json", "--place", "440300"])
    assert told.exit_code == 0, told.output
    [line] = json.loads(told.output)
    assert (line["department"], line["entries"], line["entry_no_resource"]) == ("市民政局", 1, 1)
    told = CliRunner().invoke(command, ["coverage", "--as", auditor.username, "--json", "--by-place"])
    assert {line["place"]: line["entries"] for line in json.loads(told.output)}["440300"] == 1
