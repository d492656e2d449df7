"""Every page of upkeep in a real browser, at an office screen's width and at a phone's: axe finds nothing."""

from datetime import date
from typing import Any

from hefu.kernel.actor import Role
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_draft,
    a_person,
    a_population,
    a_source,
    an_actor,
    an_entry,
    the_authority,
)
from tests.conftest import Database
from tests.portal.axe import against, browser, pytestmark
from tests.rooms.test_upkeep_overlap import FIRM, a_firms_table, allowed, mounted

__all__ = ["browser", "pytestmark"]


def test_axe_finds_nothing_on_the_pages_of_upkeep(browser: Any, live_server: Any, a_database: Database) -> None:
    from hefu.rooms.catalog import services as catalog_services
    from hefu.rooms.resources import services as resource_services
    from hefu.rooms.resources.terms import Network
    from hefu.rooms.upkeep import queries, services

    the_authority()
    office, other = a_department("市民政局", place="520100"), a_department("市残联")
    officer = an_actor(office)
    a_population(a_database, 5)
    scan = services.ask_scan(source_id=a_source(office, a_database).pk, actor=officer, clock=NOON)
    services.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)
    resource_services.register_system(
        department_id=office.pk, name="社会救助系统", network=Network.EXTRANET, actor=officer, clock=NOON
    )
    task = services.register_task(
        department_id=office.pk, duty="社会救助", business="低保审核", actor=officer, clock=NOON
    )
    entry = an_entry(office, name="救助对象信息")
    an_entry(other, name="救助对象信息")
    services.find_duplicates(actor=SYSTEM, clock=NOON)
    draft = a_draft(office, name="残疾人救助平台", format_types=("xlsx",))
    opened = services.open_round(entry_id=draft.pk, until=date(2026, 3, 20), actor=officer, clock=NOON)
    services.comment_publicly(
        round_id=opened.pk, text="建议公开等级", speaker="周女士", origin="192.0.2.1", actor=officer, clock=NOON
    )
    services.comment(round_id=opened.pk, text="建议增加残疾等级", actor=an_actor(other), clock=NOON)
    waiting = a_draft(other, format_types=("xlsx",))
    catalog_services.submit_entry(entry_id=waiting.pk, actor=an_actor(other, Role.CHIEF), clock=NOON)
    review = services.open_full_review(department_id=office.pk, actor=an_actor(office, Role.CHIEF), clock=NOON)
    need = services.ask_for_data(name="辅具适配信息", items="姓名、辅具", purpose="核发补贴", actor=officer, clock=NOON)
    pair = queries.pairs(viewer=SYSTEM).get()
    proposal = queries.proposals(viewer=SYSTEM).get()
    seats = {
        "office": a_person(seats={office.pk: [Role.OFFICER, Role.CHIEF]}),
        "authority": a_person(seats={the_authority().pk: [Role.REVIEWER]}),
        "other": a_person(seats={other.pk: [Role.OFFICER]}),
    }
    pages = {
        "office": (
            "/upkeep/",
            "/upkeep/gaps/entry_no_resource",
            "/upkeep/gaps/system_no_entry",
            "/upkeep/tasks/",
            "/upkeep/tasks/import",
            f"/upkeep/tasks/{task.pk}/",
            f"/upkeep/entries/{entry.pk}/ties",
            f"/upkeep/entries/{draft.pk}/assess",
            f"/catalog/{draft.pk}/",
            f"/catalog/{entry.pk}/",
            f"/upkeep/rounds/{opened.pk}/",
            "/upkeep/consultations/",
            f"/upkeep/consultations/{opened.pk}/",
            "/upkeep/yearly/",
            f"/upkeep/yearly/{review.pk}/",
            "/upkeep/needs/",
            "/upkeep/needs/new",
            f"/upkeep/needs/{need.number}/",
            "/upkeep/scans/",
            f"/upkeep/scans/{proposal.pk}/",
        ),
        "authority": (
            "/upkeep/",
            "/upkeep/desk",
            f"/catalog/{waiting.pk}/review",
            "/upkeep/duplicates/",
            f"/upkeep/duplicates/{pair.pk}/",
            f"/upkeep/needs/{need.number}/",
        ),
        "other": (
            "/upkeep/rounds/",
            f"/upkeep/rounds/{opened.pk}/",
            "/upkeep/negative",
            "/upkeep/responsibilities",
            "/upkeep/classes/",
        ),
    }
    wrong = against(browser, live_server.url, {seats[who]: paths for who, paths in pages.items()})
    browser.close()  # or a thread of the live server may still hold the database when it is taken away
    assert wrong == {}


def test_axe_finds_nothing_where_one_source_is_named_and_values_are_compared(
    browser: Any, live_server: Any, a_database: Database
) -> None:
    from hefu.rooms.upkeep import queries, services

    reviewer = an_actor(the_authority(), Role.REVIEWER)
    a_firms_table(a_database, "firms", tuple(code for _name, code in FIRM), 1, 1500)
    rows = [mounted(a_database, "firms", FIRM) for _side in range(2)]
    for row in rows:
        allowed(row, "qydm")
    office = rows[0].provider
    services.find_duplicates(actor=SYSTEM, clock=NOON)
    pair = queries.pairs(viewer=SYSTEM).get()
    named = {"pair_id": pair.pk, "department_id": office.pk, "actor": reviewer, "clock": NOON}
    services.name_source(reason="法定", **named)
    services.take_back(pair_id=pair.pk, reason="名称有误", actor=reviewer, clock=NOON)
    services.name_source(reason="法定登记", **named)
    source = a_source(office, a_database)
    scan = services.ask_scan(source_id=source.pk, actor=an_actor(office), clock=NOON)
    services.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)
    pages = {
        a_person(seats={the_authority().pk: [Role.REVIEWER]}): (f"/upkeep/duplicates/{pair.pk}/",),
        a_person(seats={office.pk: [Role.OFFICER, Role.CHIEF]}): (
            f"/upkeep/scans/sources/{source.pk}/system",
            f"/upkeep/entries/{rows[0].pk}/values",
        ),
    }
    wrong = against(browser, live_server.url, pages)
    browser.close()
    assert wrong == {}
