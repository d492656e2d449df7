"""The import wizard and the quarantine in a real browser, at an office screen's width and at a phone's."""

from typing import Any

from hefu.kernel.actor import Role
from tests.builders import NOON, SYSTEM, a_department, a_person, an_actor, the_authority
from tests.portal.axe import against, browser, pytestmark

__all__ = ["browser", "pytestmark"]

HEAD = "目录名称,来源部门,摘要,共享类型,更新周期\n"
MAPPING = {
    "目录名称": "name",
    "来源部门": "provider",
    "摘要": "abstract",
    "共享类型": "share_type",
    "更新周期": "update_cycle",
}


def test_axe_finds_nothing_on_the_way_of_a_file_into_the_catalogue(browser: Any, live_server: Any) -> None:
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults

    office = a_department("市民政局")
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    stated = Defaults(share_condition="依职责申请", share_scope="各政务部门")

    def brought(*rows: str) -> Any:
        data = (HEAD + "\n".join(rows)).encode()
        return services.bring_file(data=data, file_name="民政目录.csv", actor=reviewer, clock=NOON)

    def mapped(found: Any) -> Any:
        services.map_intake(
            intake_id=found.pk, mapping=MAPPING, defaults=stated, publish=True, actor=reviewer, clock=NOON
        )
        return found

    def compared(found: Any) -> Any:
        services.carry_on(intake_id=mapped(found).pk, clock=NOON)
        return found

    first = compared(
        brought(
            f"低保对象信息,{office.name},旧的摘要,有条件共享,每月",
            f"婚姻登记信息,{office.name},登记情况,看情况,每日",
            f"殡葬服务信息,{office.name},服务机构,有条件共享,每年",
            "海洋信息,市海洋局,海洋,有条件共享,每年",
        )
    )
    services.apply_intake(intake_id=first.pk, actor=reviewer, clock=NOON)
    services.carry_on(intake_id=first.pk, clock=NOON)
    batch = queries.intake(first.pk, viewer=reviewer).batch_id
    assert batch is not None
    bad, settled = queries.bad_rows(batch, viewer=SYSTEM)
    services.set_aside_rows(batch_id=batch, rows=[settled.pk], actor=reviewer, clock=NOON)
    newer = compared(
        brought(f"低保对象信息,{office.name},新的摘要,有条件共享,每月", "海洋,市海洋局,无,有条件共享,每年")
    )
    fresh = brought(f"收养登记信息,{office.name},登记,有条件共享,每年")
    waiting = mapped(brought(f"孤儿信息,{office.name},信息,有条件共享,每年"))
    paths = (
        "/catalog/imports/",
        "/catalog/imports/new",
        f"/catalog/imports/files/{fresh.pk}/map",
        f"/catalog/imports/files/{newer.pk}/",
        f"/catalog/imports/files/{newer.pk}/offices",
        f"/catalog/imports/files/{waiting.pk}/",
        f"/catalog/imports/{batch}/",
        f"/catalog/imports/{batch}/offices",
        f"/catalog/imports/{batch}/gone",
        f"/catalog/imports/{batch}/rows/{bad.pk}",
        f"/catalog/imports/{batch}/rows/{settled.pk}",
    )
    person = a_person(seats={the_authority().pk: [Role.REVIEWER]})
    assert against(browser, live_server.url, {person: paths}) == {}
