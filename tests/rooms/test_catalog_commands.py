"""`hefu catalog` and `hefu resources`: the same services, typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.rooms.catalog.models import Entry
from hefu.rooms.parties.models import Department
from tests.builders import (
    a_credit_code,
    a_department,
    a_draft,
    a_mounted_entry,
    a_person,
    a_population,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

SECRET = "typed-in-secret-77Q"


def run(*words: object, typed: str = "") -> Result:
    return CliRunner().invoke(hefu, [str(word) for word in words], input=typed)


def told(*words: object, typed: str = "") -> Any:
    result = run(*words, "--json", typed=typed)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return json.loads(result.output)


def a_name(office: Department, *roles: Role) -> str:
    return a_person(seats={office.pk: list(roles)}).username


class TestCatalog:
    def test_entries_are_listed_shown_and_compared(self) -> None:
        entry = an_entry(name="企业名录")
        a_draft()
        (listed,) = told("catalog", "list", "--search", "企业")
        assert (listed["code"], listed["provider"]) == (entry.code, entry.provider.name)
        assert len(told("catalog", "list", "--status", "all")) == 2
        shown = told("catalog", "show", entry.code)
        assert [item["code"] for item in shown["items"]] == ["id_number", "name", "birth_date"]
        assert [one["version"] for one in told("catalog", "versions", entry.code)] == [1]
        assert "企业名录" in run("catalog", "list").output

    def test_an_entry_goes_through_review(self) -> None:
        row = a_draft()
        chief, reviewer = a_name(row.provider, Role.CHIEF), a_name(the_authority(), Role.REVIEWER)
        assert told("catalog", "submit", row.code, "--as", chief)["status"] == "in_review"
        back = told("catalog", "return", row.code, "--reasons", "摘要过短", "--as", reviewer)
        assert back["status"] == "returned"
        told("catalog", "submit", row.code, "--as", chief)
        assert told("catalog", "approve", row.code, "--as", reviewer)["version"] == 1
        assert told("catalog", "withdraw", row.code, "--reason", "停用", "--as", chief)["status"] == "withdrawn"

    def test_a_catalogue_comes_in_with_its_providers(self, tmp_path: Path) -> None:
        reviewer = a_name(the_authority(), Role.REVIEWER)
        operator = a_name(a_department(), Role.OPERATOR)
        file = tmp_path / "目录.csv"
        file.write_text("目录名称,来源部门,更新频率\n公交线路,市交通局,每年\n,市交通局,每年\n", encoding="gb18030")
        mapping = told("catalog", "columns", file)
        assert mapping == {"目录名称": "name", "来源部门": "provider", "更新频率": "update_cycle"}
        words = ("catalog", "import", file, "--publish", "--share-type", "unconditional", "--as", reviewer)
        assert told(*words)["unknown_providers"] == {"市交通局": 2}
        providers = tmp_path / "providers.json"
        providers.write_text(
            json.dumps([{"name": "市交通局", "credit_code": a_credit_code(), "place": "511700"}]), encoding="utf-8"
        )
        told("catalog", "register-providers", providers, "--as", operator)
        report = told(*words)
        assert (report["taken"], report["refused"]) == (1, 1)
        assert told(*words)["unchanged"] == 1
        (bad,) = told("catalog", "bad-rows", report["batch_id"])
        assert (bad["row"], bad["codes"]) == (3, ["no_name"])
        assert len(told("catalog", "imports")) == 2
        assert Entry.objects.get().update_cycle == "yearly"

    def test_nobody_decides_without_a_name(self) -> None:
        row = a_draft()
        assert run("catalog", "submit", row.code).exit_code == 2


class TestResources:
    def test_a_source_is_registered_tested_and_mounted(self, a_database: Database) -> None:
        a_population(a_database)
        office = a_department()
        officer = a_name(office, Role.OFFICER)
        told("resources", "add-system", "--department", office.credit_code, "--name", "人口系统", "--as", officer)
        place = ("--host", a_database.host, "--port", a_database.port, "--database", a_database.name)
        words = ("--department", office.credit_code, "--name", "前置库", "--user", a_database.user, "--as", officer)
        made = run("resources", "add-source", *words, *place, "--json", typed=a_database.password + "\n")
        assert made.exit_code == 0, made.output
        source = json.loads(made.output)["id"]
        assert told("resources", "test", source, "--as", officer)["reached"] is True
        assert [one["table"] for one in told("resources", "tables", source)] == ["population"]
        entry = an_entry(office)
        mounted = told("resources", "mount", entry.code, "--source", source, "--table", "population", "--as", officer)
        assert mounted["columns"] == {"id_number": "id_number", "name": "name", "birth_date": "birth_date"}
        assert {one["verdict"] for one in told("resources", "compare", entry.code)} == {"same"}
        run("resources", "unmount", entry.code, "--reason", "换库", "--as", officer)
        again = told(
            *("resources", "mount", entry.code, "--source", source, "--table", "population"),
            *("--column", "name=name", "--as", officer),
        )
        assert again["columns"] == {"name": "name"}
        assert told("resources", "systems")[0]["name"] == "人口系统"

    def test_a_typed_password_is_never_printed(self, a_database: Database) -> None:
        office = a_department()
        officer = a_name(office, Role.OFFICER)
        place = ("--host", a_database.host, "--port", a_database.port, "--database", a_database.name)
        words = ("--department", office.credit_code, "--name", "接收库", *place, "--user", "x", "--as", officer)
        made = run("resources", "add-target", *words, "--json", typed=SECRET + "\n")
        target = json.loads(made.output)["id"]
        tried = run("resources", "test", target, "--as", officer)
        listed = run("resources", "targets", "--json")
        changed = run("resources", "change-secret", target, "--as", officer, typed=SECRET + "2\n")
        for result in (made, tried, listed, changed):
            assert result.exit_code == 0, result.output
            assert SECRET not in result.output

    def test_rules_are_set_from_what_was_printed(self, a_database: Database, tmp_path: Path) -> None:
        a_population(a_database)
        office = a_department()
        entry = a_mounted_entry(office, a_database)
        officer = a_name(office, Role.OFFICER)
        rules = [{"is": "not_null", "column": "name"}, {"is": "unique_key", "columns": ["id_number"]}]
        file = tmp_path / "rules.json"
        file.write_text(json.dumps(rules), encoding="utf-8")
        assert told("resources", "rules", entry.code, file, "--as", officer) == rules
        assert told("resources", "rules", entry.code, "--as", officer) == rules
        file.write_text('[{"is": "drop_table"}]', encoding="utf-8")
        refused = run("resources", "rules", entry.code, file, "--as", officer)
        assert type(refused.exception).__name__ == "RulesRefused"

    def test_the_operator_says_what_may_be_reached(self) -> None:
        operator = a_name(a_department(), Role.OPERATOR)
        run("resources", "allow", "network", "10.0.0.0/8", "--note", "政务外网", "--as", operator)
        (listed,) = told("resources", "allowances", "--as", operator)
        assert (listed["pattern"], listed["note"]) == ("10.0.0.0/8", "政务外网")
        run("resources", "disallow", listed["id"], "--as", operator)
        assert told("resources", "allowances") == []
