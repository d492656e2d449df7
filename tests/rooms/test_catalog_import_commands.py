"""Imports and the quarantine, typed: compare, apply, incoming, stop, mend, set-aside."""

from pathlib import Path

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Status
from tests.builders import a_department, the_authority
from tests.rooms.test_catalog_commands import a_name, run, told

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "目录名称,来源部门,摘要,共享类型\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    office = a_department("市民政局")
    made = tmp_path / "目录.csv"
    made.write_bytes(
        (
            HEAD
            + f"低保对象,{office.name},一,无条件共享\n婚姻登记,{office.name},二,看情况\n海洋,市海洋局,三,无条件共享\n"
        ).encode("gb18030")
    )
    return made


class TestImporting:
    def test_a_file_is_compared_applied_and_its_bad_rows_are_mended(self, file: Path) -> None:
        who = ("--as", a_name(the_authority(), Role.REVIEWER))
        plan = told("catalog", "import", file, "--compare", "--publish", *who)
        assert (plan["status"], plan["taken"], plan["refused"]) == ("compared", 1, 2)
        assert not Entry.objects.exists()
        assert [one["status"] for one in told("catalog", "incoming")] == ["compared"]
        done = told("catalog", "apply", plan["id"], "--now", *who)
        assert (done["status"], done["done"]) == ("done", 1)
        rows = told("catalog", "bad-rows", done["batch"])
        assert [one["codes"] for one in rows] == [["value_unknown"], ["provider_unknown"]]
        mended = told("catalog", "mend", done["batch"], "--row", rows[0]["id"], "--set", "共享类型=无条件共享", *who)
        assert mended == {"taken": 1, "waiting": 0}
        meant = a_department("自然资源部门")
        named = f"市海洋局={meant.credit_code}"
        assert told("catalog", "mend", done["batch"], "--provider", named, *who) == {"taken": 1, "waiting": 0}
        assert Entry.objects.filter(status=Status.PUBLISHED).count() == 3
        assert {one["settled"] for one in told("catalog", "bad-rows", done["batch"])} == {"taken"}

    def test_a_row_is_set_aside_and_a_file_is_left(self, file: Path) -> None:
        who = ("--as", a_name(the_authority(), Role.REVIEWER))
        report = told("catalog", "import", file, "--publish", *who)
        (first, _second) = told("catalog", "bad-rows", report["batch_id"])
        assert told("catalog", "set-aside", report["batch_id"], "--row", first["id"], *who) == {"set_aside": 1}
        plan = told("catalog", "import", file, "--compare", "--publish", *who)
        assert told("catalog", "stop", plan["id"], *who)["status"] == "stopped"
        assert run("catalog", "apply", plan["id"], *who).exit_code != 0

    def test_what_map_printed_is_taken_as_the_mapping(self, file: Path, tmp_path: Path) -> None:
        mapping = tmp_path / "mapping.json"
        mapping.write_text(run("catalog", "map", file, "--json").output, encoding="utf-8")
        who = ("--as", a_name(the_authority(), Role.REVIEWER))
        report = told("catalog", "import", file, "--mapping", mapping, "--publish", *who)
        assert report["taken"] == 1
        assert report["mapping"]["来源部门"] == "department"
