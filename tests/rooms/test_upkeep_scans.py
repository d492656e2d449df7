"""A source is scanned and proposes entries; no value of it is kept anywhere."""

import json

import pytest

from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Grade, ItemType, PersonalInfo
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.models import Source, System
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.models import Proposal
from hefu.rooms.upkeep.terms import Gap
from hefu.rooms.upkeep.terms.cases import ProposalStatus, ScanStatus
from hefu.rooms.upkeep.terms.systems import BelongingStatus, Clue
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_department,
    a_mounted_entry,
    a_population,
    a_source,
    an_actor,
    publish,
)
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


def a_system(department: Department, name: str) -> System:
    return resource_services.register_system(
        department_id=department.pk, name=name, network=Network.EXTRANET, actor=an_actor(department), clock=NOON
    )


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


def test_several_are_drafted_or_left_out_at_once_and_what_is_refused_does_not_stop_the_others(source: Source) -> None:
    officer, found = an_actor(source.department), scanned(source)
    services.ignore_proposal(proposal_id=found["streets"].pk, actor=officer, clock=NOON)
    chosen = [found["streets"].pk, found["people"].pk, found["people"].pk, None]
    with pytest.raises(InputsRejected):
        services.settle_together(proposal_ids=[None], status=ProposalStatus.TAKEN, actor=officer, clock=NOON)
    others = an_actor(a_department())
    strange = services.settle_together(proposal_ids=chosen, status=ProposalStatus.TAKEN, actor=others, clock=NOON)
    # Settled in the order of their ids, so that two who settle the same tables never wait for each other.
    assert [one.name for one in strange] == sorted(str(found[one].pk) for one in ("streets", "people")), (
        "nothing is told of them"
    )
    assert all(one.refused for one in strange)
    done = services.settle_together(proposal_ids=chosen, status=ProposalStatus.TAKEN, actor=officer, clock=NOON)
    assert {one.proposal_id: bool(one.refused) for one in done} == {
        found["streets"].pk: True, found["people"].pk: False,
    }  # fmt: skip
    assert Entry.objects.get().name == "救助对象信息"


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


class TestSystems:
    """Which information system a scanned source belongs to."""

    def test_the_likeliest_system_is_proposed_and_confirming_it_ties_what_was_drafted_and_counts(
        self, source: Source
    ) -> None:
        officer = an_actor(source.department)
        other = a_system(source.department, "车辆调度平台")
        wanted = a_system(source.department, "救助管理系统")
        found = scanned(source)["people"]
        taken = services.take_proposal(proposal_id=found.pk, actor=officer, clock=NOON)
        assert queries.systems_of(Entry.objects.get(pk=taken.entry_id), viewer=officer) == []
        row = queries.belonging(source.pk, viewer=officer)
        assert row is not None
        [best] = queries.systems_proposed(row, viewer=officer)
        assert (best.system, [clue for clue, _facts in best.fit.clues]) == (wanted, [Clue.TABLES])
        services.choose_system(source_id=source.pk, system_id=other.pk, actor=officer, clock=NOON)
        services.choose_system(source_id=source.pk, system_id=wanted.pk, actor=officer, clock=NOON)
        assert queries.systems_of(Entry.objects.get(pk=taken.entry_id), viewer=officer) == [wanted]
        told = [one.body for one in history(f"source:{source.pk}", viewer=SYSTEM) if one.kind == "source.system_chosen"]
        assert {(one["system"], one["entries"]) for one in told} == {(str(other.pk), 1), (str(wanted.pk), 1)}
        [line] = queries.coverage(viewer=officer)
        assert line.gap(Gap.SYSTEM_NO_ENTRY) == 2, "the entry is a draft"
        scanned(source)
        again = queries.belonging(source.pk, viewer=officer)
        assert again is not None
        assert again.status == BelongingStatus.CHOSEN

    @pytest.mark.clause("NAT2022-1.1c")
    def test_a_system_that_was_missing_is_registered_and_later_drafts_are_tied_in_one_step(
        self, source: Source
    ) -> None:
        officer = an_actor(source.department)
        found = scanned(source)
        services.choose_new_system(
            source_id=source.pk, name="救助系统", network=Network.EXTRANET, actor=officer, clock=NOON
        )
        taken = services.take_proposal(proposal_id=found["people"].pk, actor=officer, clock=NOON)
        row = Entry.objects.get(pk=taken.entry_id)
        assert [one.name for one in queries.systems_of(row, viewer=officer)] == [row.system_name] == ["救助系统"]
        complete = a_content(system_name="救助系统")
        catalog_services.change_entry(entry_id=row.pk, content=complete, actor=officer, clock=NOON)
        publish(row)
        [line] = queries.coverage(viewer=officer)
        assert (line.systems, line.gap(Gap.SYSTEM_NO_ENTRY), line.gap(Gap.ENTRY_NO_SYSTEM)) == (1, 0, 0)

    def test_a_table_of_another_system_is_tied_to_that_and_stays_when_the_source_moves(self, source: Source) -> None:
        officer, streets = an_actor(source.department), a_system(source.department, "街道系统")
        found = scanned(source)
        taken = services.take_proposal(proposal_id=found["streets"].pk, system_id=streets.pk, actor=officer, clock=NOON)
        wanted = a_system(source.department, "救助系统")
        services.choose_system(source_id=source.pk, system_id=wanted.pk, actor=officer, clock=NOON)
        assert queries.systems_of(Entry.objects.get(pk=taken.entry_id), viewer=officer) == [streets]

    def test_a_source_may_belong_to_none_and_another_departments_system_is_not_there(self, source: Source) -> None:
        officer, foreign = an_actor(source.department), a_system(a_department(), "救助管理系统")
        found = scanned(source)
        for wrong in (
            lambda: services.choose_system(source_id=source.pk, system_id=foreign.pk, actor=officer, clock=NOON),
            lambda: services.take_proposal(
                proposal_id=found["people"].pk, system_id=foreign.pk, actor=officer, clock=NOON
            ),
            lambda: services.choose_system(
                source_id=source.pk, system_id=foreign.pk, actor=an_actor(foreign.department), clock=NOON
            ),
        ):
            with pytest.raises(NotFound):
                wrong()
        services.leave_without_system(source_id=source.pk, actor=officer, clock=NOON)
        assert queries.belongings(viewer=officer).get().status == BelongingStatus.LEFT_OUT
        assert not queries.belongings(viewer=an_actor(foreign.department)).exists()
        with pytest.raises(Forbidden):
            services.propose_system(source_id=source.pk, tables=[], actor=officer, clock=NOON)

    def test_what_is_mounted_follows_its_source(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = a_mounted_entry(a_department(), a_database)
        source, officer = Source.objects.get(department=row.provider), an_actor(row.provider)
        wanted = a_system(row.provider, "人口系统")
        services.choose_system(source_id=source.pk, system_id=wanted.pk, actor=officer, clock=NOON)
        [line] = queries.coverage(viewer=officer)
        assert (line.gap(Gap.SYSTEM_NO_ENTRY), line.gap(Gap.ENTRY_NO_SYSTEM)) == (0, 0)
