"""A source is scanned and proposes entries; no value of it is kept anywhere."""

import json

import pytest

from hefu.kernel.refusal import Forbidden, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Grade, ItemType, PersonalInfo
from hefu.rooms.resources.models import Source
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.models import Proposal
from hefu.rooms.upkeep.terms.cases import ProposalStatus, ScanStatus
from tests.builders import NOON, SYSTEM, a_department, a_mounted_entry, a_population, a_source, an_actor
from tests.conftest import Database

pytestmark = pytest.mark.django_db

SECRET = "13812345678"


@pytest.fixture
def source(a_database: Database) -> Source:
    a_database.run(
        "CREATE TABLE people (id bigint, xm varchar(50), lxdh text, bank_card text, born date, note text);"
        "COMMENT ON TABLE people IS '救助对象信息';"
        "COMMENT ON COLUMN people.xm IS '姓名';"
        f"INSERT INTO people SELECT n, '张三', '{SECRET}', '62220' || n, date '1980-01-01' + n, NULL"
        " FROM generate_series(1, 50) n;"
        "CREATE TABLE streets (code text, name text);"
        "ANALYZE"
    )
    return a_source(a_department(), a_database)


def scanned(source: Source) -> dict[str, Proposal]:
    scan = services.ask_scan(source_id=source.pk, actor=an_actor(source.department), clock=NOON)
    done = services.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)
    assert (done.status, done.done) == (ScanStatus.DONE, done.total)
    return {one.table: one for one in queries.proposals(viewer=SYSTEM)}


def test_each_table_is_proposed_with_types_profiles_and_suggestions(source: Source) -> None:
    found = scanned(source)["people"]
    assert found.name == "救助对象信息"
    items = {item["column"]: item for item in found.items}
    assert items["xm"]["name"] == "姓名"
    assert (items["xm"]["type"], items["xm"]["length"]) == (ItemType.TEXT, 50)
    assert (items["born"]["type"], items["id"]["type"]) == (ItemType.DATE, ItemType.INTEGER)
    assert (items["lxdh"]["pattern"], items["lxdh"]["distinct"], items["note"]["empty"]) == ("mobile", 1, 100)
    assert items["lxdh"]["personal_info"] == PersonalInfo.PERSONAL
    assert items["bank_card"]["personal_info"] == PersonalInfo.SENSITIVE
    assert (found.personal_info, found.grade) == (PersonalInfo.SENSITIVE, Grade.GENERAL)


def test_no_value_is_kept(source: Source) -> None:
    kept = json.dumps([one.items for one in scanned(source).values()], ensure_ascii=False)
    assert SECRET not in kept
    assert "张三" not in kept


@pytest.mark.clause("NAT2022-1.1c")
def test_a_proposal_is_drafted_or_ignored_and_a_later_scan_leaves_it_so(source: Source) -> None:
    officer = an_actor(source.department)
    found = scanned(source)
    taken = services.take_proposal(proposal_id=found["people"].pk, name="救助对象名单", actor=officer, clock=NOON)
    services.ignore_proposal(proposal_id=found["streets"].pk, actor=officer, clock=NOON)
    row = Entry.objects.get(pk=taken.entry_id)
    content = catalog.content_of(row)
    assert content.name == "救助对象名单"
    assert [item.code for item in content.items][:2] == ["id", "xm"]
    assert content.personal_info is PersonalInfo.SENSITIVE
    again = scanned(source)
    assert {one.status for one in again.values()} == {ProposalStatus.TAKEN, ProposalStatus.IGNORED}
    with pytest.raises(NotFound):
        services.take_proposal(proposal_id=found["people"].pk, actor=officer, clock=NOON)


def test_what_an_entry_is_mounted_on_is_not_proposed(a_database: Database) -> None:
    a_population(a_database, 3)
    row = a_mounted_entry(a_department(), a_database)
    source = Source.objects.get(department=row.provider)
    assert scanned(source) == {}


def test_a_source_out_of_reach_is_a_scan_that_failed_and_says_why(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(dbname="gone")
    scan = services.ask_scan(source_id=source.pk, actor=an_actor(source.department), clock=NOON)
    done = services.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)
    assert done.status == ScanStatus.FAILED
    assert done.fault


def test_only_the_own_sources_are_scanned_and_only_the_platform_scans(source: Source) -> None:
    with pytest.raises(NotFound):
        services.ask_scan(source_id=source.pk, actor=an_actor(a_department()), clock=NOON)
    officer = an_actor(source.department)
    scan = services.ask_scan(source_id=source.pk, actor=officer, clock=NOON)
    assert services.ask_scan(source_id=source.pk, actor=officer, clock=NOON).pk == scan.pk
    with pytest.raises(Forbidden):
        services.scan_source(scan_id=scan.pk, actor=officer, clock=NOON)
