"""Lines to type departments and classes into, with suggestions by sound; and names that no department goes by."""

from collections.abc import Callable
from typing import Any

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.catalog import services
from hefu.rooms.catalog.models import Entry
from tests.builders import NOON, a_department, an_actor, an_entry, the_authority

pytestmark = pytest.mark.django_db


def suggested(client: Any, address: str, field: str, typed: str, offers: str) -> str:
    asks = {"HX-Request": "true", "HX-Trigger-Name": field}
    answer = client.get(address, {field: typed, "suggest": offers}, headers=asks)
    assert answer.status_code == 200
    return str(answer.content.decode())


def brought(*names: str) -> Any:
    rows = "".join(f"一{at},{name},无条件共享\n" for at, name in enumerate(names))
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    found = services.bring_file(
        data=f"目录名称,来源部门,共享类型\n{rows}".encode(), file_name="目录.csv", actor=reviewer, clock=NOON
    )
    mapping = {"目录名称": "name", "来源部门": "provider", "共享类型": "share_type"}
    services.map_intake(intake_id=found.pk, mapping=mapping, actor=reviewer, clock=NOON)
    services.carry_on(intake_id=found.pk, clock=NOON)
    return found


def test_a_department_is_suggested_by_initials_and_the_list_alone_does_without_a_script(
    signed_in: Callable[..., Any],
) -> None:
    a_department("合肥市公安局")
    a_department("合肥市民政局")
    client = signed_in(the_authority(), Role.REVIEWER)
    address = f"/catalog/imports/files/{brought('不认识的单位').pk}/offices"
    page = client.get(address).content.decode()
    assert '<option value="合肥市公安局">' in page
    assert 'hx-get=""' in page
    found = suggested(client, address, "office_0", "hfsga", "departments")
    assert found == '<option value="合肥市公安局" label="合肥市公安局 · hfsga"></option>'
    assert suggested(client, address, "office_0", "民政", "departments").count("<option") == 1
    assert "<html" in suggested(client, address, "office_0", "x", "of another page")


def test_a_class_is_typed_by_name_suggested_by_sound_and_shown_with_its_names(signed_in: Callable[..., Any]) -> None:
    office = a_department("市民政局")
    client = signed_in(office, Role.OFFICER, language="zh-hans")
    assert "101 人口" in suggested(client, "/catalog/new", "class_code", "renk", "own-class_code")
    client.post("/catalog/new", {"name": "社保", "class_code": "社会保障", "share_mode": "platform", "deed": "save"})
    assert Entry.objects.get().class_code == "203"
    entry = an_entry(office, class_code="101002")
    assert "基础信息资源 › 人口" in client.get(f"/catalog/{entry.pk}/").content.decode()
    tree = client.get("/upkeep/classes/").content.decode()
    assert "101 人口" in tree
    assert "人口" in client.get("/upkeep/classes/101/").content.decode()


def test_a_name_that_no_department_goes_by_says_what_to_do(signed_in: Callable[..., Any]) -> None:
    a_department("合肥市公安局")
    client = signed_in(the_authority(), Role.REVIEWER)
    page = client.get(f"/catalog/imports/files/{brought('市公安', '火星事务办').pk}/offices").content.decode()
    assert "1 name is like no department" in page
    assert "<li>火星事务办</li>" in page
    assert "operator to register" in page
    assert 'href="/departments/"' in page
