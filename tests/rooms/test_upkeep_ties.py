"""Duties, systems and entries hang together, and whatever hangs loose is counted and listed."""

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.models import System
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.errors import ListUnreadable, OtherDepartments
from hefu.rooms.upkeep.models import Task
from hefu.rooms.upkeep.queries import covering
from hefu.rooms.upkeep.terms import Coverage, Gap, TaskKind
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_department,
    a_mounted_entry,
    a_population,
    an_actor,
    an_entry,
    publish,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

DUTIES = (
    "职责,业务事项,编号,依据\n户籍管理,户口登记,A-1,三定规定\n,居民身份证办理,A-2,居民身份证法\n交通管理,,B,\n".encode(
        "gb18030"
    )
)


def a_system(office: Department, name: str = "人口管理信息系统") -> System:
    return resource_services.register_system(
        department_id=office.pk, name=name, network=Network.EXTRANET, actor=an_actor(office), clock=NOON
    )


def covered(office: Department) -> Coverage:
    [found] = queries.coverage(viewer=SYSTEM, department_id=office.pk)
    return found


class TestDuties:
    def test_a_list_is_read_with_merged_cells_and_twice_changes_nothing(self) -> None:
        office = a_department()
        officer = an_actor(office)
        read = services.import_tasks(
            department_id=office.pk, data=DUTIES, file_name="职责.csv", actor=officer, clock=NOON
        )
        assert (read.lines, read.added, read.refused) == (3, 4, {})
        rows = {task.name: task for task in queries.tasks(viewer=officer)}
        assert rows["居民身份证办理"].under == rows["户籍管理"]
        assert rows["居民身份证办理"].basis == "居民身份证法"
        again = services.import_tasks(
            department_id=office.pk, data=DUTIES, file_name="职责.csv", actor=officer, clock=NOON
        )
        assert (again.added, again.known) == (0, 3)
        assert [entry.kind for entry in history(office.credit_code, viewer=SYSTEM)].count("tasks.registered") == 1

    def test_a_file_without_a_column_of_duties_is_refused_and_says_what_to_send(self) -> None:
        office = a_department()
        with pytest.raises(ListUnreadable, match="职责"):
            services.import_tasks(
                department_id=office.pk, data=b"a,b\n1,2\n", file_name="x.csv", actor=an_actor(office), clock=NOON
            )

    def test_another_department_neither_reads_nor_writes_them(self) -> None:
        office, other = a_department(), an_actor(a_department())
        with pytest.raises(Forbidden):
            services.register_task(department_id=office.pk, duty="户籍管理", actor=other, clock=NOON)
        task = services.register_task(department_id=office.pk, duty="户籍管理", actor=an_actor(office), clock=NOON)
        with pytest.raises(NotFound):
            queries.task(task.pk, viewer=other)

    def test_a_duty_that_ends_takes_its_business_items_along_and_says_why(self) -> None:
        office = a_department()
        chief = an_actor(office, Role.CHIEF)
        item = services.register_task(
            department_id=office.pk, duty="户籍管理", business="户口登记", actor=chief, clock=NOON
        )
        assert item.kind == TaskKind.BUSINESS
        with pytest.raises(InputsRejected):
            services.end_task(task_id=item.under_id, reason=" ", actor=chief, clock=NOON)
        services.end_task(task_id=item.under_id, reason="机构改革", actor=chief, clock=NOON)
        assert list(queries.tasks(viewer=chief)) == []

    def test_business_items_move_under_another_duty_of_their_own_department_with_their_ties(self) -> None:
        row, other = an_entry(), a_department()
        office, chief = row.provider, an_actor(row.provider, Role.CHIEF)

        def registered(duty: str, business: str = "", of: Department = office) -> Task:
            return services.register_task(
                department_id=of.pk, duty=duty, business=business, actor=an_actor(of, Role.CHIEF), clock=NOON
            )

        item, duty = registered("户籍管理", "居住证办理"), registered("人口服务")
        foreign = registered("统计", "普查", of=other)
        services.tie_task(entry_id=row.pk, task_id=item.pk, actor=chief, clock=NOON)
        for wrong in ([foreign.pk], [duty.pk]):
            with pytest.raises(NotFound):
                services.move_tasks(task_ids=wrong, under_id=duty.pk, actor=chief, clock=NOON)
        with pytest.raises(NotFound):
            services.move_tasks(task_ids=[item.pk], under_id=foreign.under_id, actor=chief, clock=NOON)
        with pytest.raises(InputsRejected):
            services.move_tasks(task_ids=[], under_id=duty.pk, actor=chief, clock=NOON)
        assert services.move_tasks(task_ids=[item.pk], under_id=duty.pk, actor=chief, clock=NOON) == 1
        assert services.move_tasks(task_ids=[item.pk], under_id=duty.pk, actor=chief, clock=NOON) == 0
        assert [task.under_id for task in queries.tasks_of(row)] == [duty.pk]
        kinds = [one.kind for one in history(office.credit_code, viewer=SYSTEM)]
        assert kinds.count("tasks.moved") == 1


class TestTies:
    def test_an_entry_is_tied_only_to_things_of_its_own_department(self) -> None:
        row, other = an_entry(), a_department()
        foreign = services.register_task(department_id=other.pk, duty="统计", actor=an_actor(other), clock=NOON)
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        with pytest.raises(OtherDepartments):
            services.tie_task(entry_id=row.pk, task_id=foreign.pk, actor=reviewer, clock=NOON)
        with pytest.raises(OtherDepartments):
            services.tie_system(entry_id=row.pk, system_id=a_system(other).pk, actor=reviewer, clock=NOON)

    def test_ties_are_made_once_taken_off_again_and_both_stand_in_the_record(self) -> None:
        row = an_entry()
        officer, system = an_actor(row.provider), a_system(row.provider)
        for _time in range(2):
            services.tie_system(entry_id=row.pk, system_id=system.pk, actor=officer, clock=NOON)
        assert queries.systems_of(row, viewer=officer) == [system]
        services.untie_system(entry_id=row.pk, system_id=system.pk, actor=officer, clock=NOON)
        assert queries.systems_of(row, viewer=officer) == []
        kinds = [entry.kind for entry in history(row.code, viewer=SYSTEM)]
        assert (kinds.count("entry.tied"), kinds.count("entry.untied")) == (1, 1)

    def test_entries_are_tied_by_the_names_they_state_however_written(self) -> None:
        office = a_department()
        system = a_system(office, "人口管理（信息）系统")
        services.register_task(
            department_id=office.pk, duty="户籍", business="户籍登记", actor=an_actor(office), clock=NOON
        )
        row = an_entry(office, system_name="人口管理(信息)系统", business_item="身份证办理；户籍登记")
        an_entry(office, system_name="别的系统", business_item="别的事项")
        made = services.tie_by_names(department_id=office.pk, actor=SYSTEM, clock=NOON)
        assert (made.systems, made.tasks) == (1, 1)
        assert queries.systems_of(row, viewer=SYSTEM) == [system]
        assert [task.name for task in queries.tasks_of(row)] == ["户籍登记"]
        again = services.tie_by_names(department_id=office.pk, actor=SYSTEM, clock=NOON)
        assert (again.systems, again.tasks) == (0, 0)


class TestCoverage:
    @pytest.mark.clause("NAT2022-2.1d")
    @pytest.mark.clause("GZ2020-09c")
    def test_a_duty_counts_as_open_until_an_entry_in_force_holds_its_data(self) -> None:
        office = a_department()
        item = services.register_task(
            department_id=office.pk, duty="户籍管理", business="户口登记", actor=an_actor(office), clock=NOON
        )
        assert covered(office).gap(Gap.DUTY_NO_ENTRY) == 1
        assert [task.name for task in queries.offending(Gap.DUTY_NO_ENTRY, viewer=SYSTEM)] == ["户籍管理"]
        row = an_entry(office)
        services.tie_task(entry_id=row.pk, task_id=item.pk, actor=an_actor(office), clock=NOON)
        assert covered(office).gap(Gap.DUTY_NO_ENTRY) == 0
        catalog_services.withdraw_entry(entry_id=row.pk, reason="停用", actor=an_actor(office, Role.CHIEF), clock=NOON)
        assert covered(office).gap(Gap.DUTY_NO_ENTRY) == 1

    @pytest.mark.clause("NAT2022-2.2d")
    @pytest.mark.clause("HN2019-11b")
    def test_a_system_without_an_entry_and_an_entry_without_a_system_are_both_named(self) -> None:
        office = a_department()
        system, row = a_system(office), an_entry(office)
        found = covered(office)
        assert (found.systems, found.entries) == (1, 1)
        assert found.gap(Gap.SYSTEM_NO_ENTRY) == found.gap(Gap.ENTRY_NO_SYSTEM) == 1
        assert list(queries.offending(Gap.SYSTEM_NO_ENTRY, viewer=SYSTEM, department_id=office.pk)) == [system]
        services.tie_system(entry_id=row.pk, system_id=system.pk, actor=an_actor(office), clock=NOON)
        found = covered(office)
        assert found.gap(Gap.SYSTEM_NO_ENTRY) == found.gap(Gap.ENTRY_NO_SYSTEM) == 0
        assert found.share(Gap.SYSTEM_NO_ENTRY) == 1.0

    def test_every_count_is_as_long_as_its_list(self, a_database: Database) -> None:
        a_population(a_database, 3)
        office = a_department()
        a_mounted_entry(office, a_database)
        an_entry(office, share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
        a_system(office, "空系统")
        services.register_task(department_id=office.pk, duty="无目录的职责", actor=an_actor(office), clock=NOON)
        found = covered(office)
        assert found.gap(Gap.ENTRY_NO_RESOURCE) == 1
        assert found.total > 0
        for gap in Gap:
            assert found.gap(gap) == queries.offending(gap, viewer=SYSTEM, department_id=office.pk).count(), gap

    def test_a_department_reads_its_own_line_and_the_authority_all(self) -> None:
        office, other = a_department(), a_department()
        an_entry(other)
        assert [one.department_id for one in queries.coverage(viewer=an_actor(office))] == [office.pk]
        assert queries.offending(Gap.ENTRY_NO_RESOURCE, viewer=an_actor(office)).count() == 0
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        assert {office.pk, other.pk} <= {one.department_id for one in queries.coverage(viewer=reviewer)}

    def test_places_sum_their_departments(self) -> None:
        for _one in range(2):
            an_entry(a_department(place="440300"))
        found = queries.by_place(queries.coverage(viewer=SYSTEM))["440300"]
        assert (found.entries, found.gap(Gap.ENTRY_NO_RESOURCE)) == (2, 2)

    def test_a_large_node_shows_the_counts_of_the_last_run_with_their_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office = a_department()
        an_entry(office)
        services.count_coverage(actor=SYSTEM, clock=NOON)
        an_entry(office)
        monkeypatch.setattr(covering, "COUNTED_NOW", 1)
        kept = {one.department_id: one for one in queries.coverage(viewer=SYSTEM)}[office.pk]
        assert (kept.entries, kept.counted_at, kept.gap(Gap.ENTRY_NO_RESOURCE)) == (1, NOON.now(), 1)
        assert covered(office).entries == 2
        now = {one.department_id: one for one in queries.coverage(viewer=SYSTEM, now=True)}[office.pk]
        assert now.entries == 2
        with pytest.raises(Forbidden):
            services.count_coverage(actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON)


class TestDrift:
    @pytest.mark.clause("NAT2022-2.3c")
    def test_a_column_that_goes_away_is_seen_by_the_next_look_and_gone_when_mended(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = a_mounted_entry(a_department(), a_database)
        services.look_at(entry_id=row.pk, actor=SYSTEM, clock=NOON)
        assert covered(row.provider).gap(Gap.ENTRY_DRIFTED) == 0
        a_database.run("ALTER TABLE population RENAME name TO full_name")
        look = services.look_at(entry_id=row.pk, actor=SYSTEM, clock=NOON)
        assert (look.missing, look.not_catalogued) == (1, 1)
        assert covered(row.provider).gap(Gap.ENTRY_DRIFTED) == 1
        a_database.run("ALTER TABLE population RENAME full_name TO name")
        services.look_at(entry_id=row.pk, actor=SYSTEM, clock=NOON)
        assert covered(row.provider).gap(Gap.ENTRY_DRIFTED) == 0

    def test_a_table_out_of_reach_is_a_finding_and_no_fault_of_the_job(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = a_mounted_entry(a_department(), a_database)
        a_database.run("DROP TABLE population")
        assert services.look_at(entry_id=row.pk, actor=SYSTEM, clock=NOON).fault
        assert queries.stale_looks(5, viewer=SYSTEM) == [row.pk]

    def test_a_next_version_keeps_the_ties_of_its_entry(self) -> None:
        row = an_entry()
        system = a_system(row.provider)
        officer = an_actor(row.provider)
        services.tie_system(entry_id=row.pk, system_id=system.pk, actor=officer, clock=NOON)
        change = catalog_services.change_entry(
            entry_id=row.pk, content=a_content(name=row.name, abstract="新摘要"), actor=officer, clock=NOON
        )
        publish(change)
        assert queries.systems_of(row, viewer=officer) == [system]
