"""Files on their way into the catalogue: remembered mappings, differences, long runs, and the quarantine."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import errors, queries, services
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.terms import Defaults, IntakeStatus, Settled
from hefu.rooms.catalog.models import BadRow, Entry, EntryVersion, ImportBatch, Intake
from hefu.rooms.catalog.services import _taking
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.evidence.queries import history
from tests.builders import NOON, SYSTEM, a_department, an_actor, the_authority

pytestmark = pytest.mark.django_db(transaction=True)

MAPPING = {"目录名称": "name", "来源部门": "provider", "摘要": "abstract", "共享类型": "share_type"}
STATED = Defaults(share_condition="依职责申请", share_scope="各政务部门")


def a_sheet(*rows: tuple[str, str, str, str]) -> bytes:
    lines = [",".join(MAPPING), *(",".join(row) for row in rows)]
    return "\n".join(lines).encode()


def brought(data: bytes, actor: Actor, **more: Any) -> Intake:
    return services.bring_file(data=data, file_name="目录.csv", actor=actor, clock=NOON, **more)


def compared(data: bytes, actor: Actor, **more: Any) -> Intake:
    intake = brought(data, actor)
    said: dict[str, Any] = {"mapping": MAPPING, "defaults": STATED, "publish": True} | more
    services.map_intake(intake_id=intake.pk, actor=actor, clock=NOON, **said)
    services.carry_on(intake_id=intake.pk, clock=NOON)
    return queries.intake(intake.pk, viewer=actor)


def taken_in(data: bytes, actor: Actor, **more: Any) -> Intake:
    intake = compared(data, actor, **more)
    services.apply_intake(intake_id=intake.pk, actor=actor, clock=NOON)
    services.carry_on(intake_id=intake.pk, clock=NOON)
    return queries.intake(intake.pk, viewer=actor)


@pytest.fixture
def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


@pytest.fixture
def office() -> str:
    return a_department(name="合肥市公安局").name


class TestSteps:
    @pytest.mark.clause("GZ2020-09f")
    @pytest.mark.clause("NAT2022-2.1c")
    def test_catalogues_of_several_offices_are_merged_once_they_were_compared(
        self, reviewer: Actor, office: str
    ) -> None:
        other = a_department(name="芜湖市教育局").name
        data = a_sheet(("人口", office, "一", "有条件共享"), ("学校", other, "二", "有条件共享"))
        intake = compared(data, reviewer)
        assert (intake.status, intake.plan["taken"], intake.plan["refused"]) == (IntakeStatus.COMPARED, 2, 0)
        assert not Entry.objects.exists()
        services.apply_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        services.carry_on(intake_id=intake.pk, clock=NOON)
        over = Intake.objects.get(pk=intake.pk)
        assert (over.status, over.done, over.data) == (IntakeStatus.DONE, 2, None)
        found = Entry.objects.filter(status=Status.PUBLISHED, import_batch=over.batch)
        assert set(found.values_list("provider__name", flat=True)) == {office, other}
        assert over.batch is not None
        (said,) = history(f"import:{over.batch_id}", viewer=SYSTEM)
        assert said.body["taken"] == 2

    def test_a_newer_sheet_shows_what_is_new_changed_and_gone(self, reviewer: Actor, office: str) -> None:
        taken_in(a_sheet(("人口", office, "旧", "有条件共享"), ("车辆", office, "二", "有条件共享")), reviewer)
        newer = a_sheet(("人口", office, "新", "有条件共享"), ("案件", office, "三", "有条件共享"))
        plan = compared(newer, reviewer).plan
        assert (plan["taken"], plan["changed"], plan["gone"]) == (1, 1, 1)
        (changed,) = plan["first"]["changed"]
        assert changed["fields"] == [{"field": "abstract", "item": "", "old": "旧", "new": "新"}]
        assert [one["name"] for one in plan["first"]["gone"]] == ["车辆"]
        assert Entry.objects.get(name="人口").abstract == "旧"

    def test_taking_the_same_file_in_twice_changes_nothing(self, reviewer: Actor, office: str) -> None:
        data = a_sheet(("人口", office, "一", "有条件共享"), ("坏", office, "二", "看情况"))
        taken_in(data, reviewer)
        before = list(Entry.objects.values_list("version", "changed_at"))
        plan = compared(data, reviewer).plan
        assert (plan["taken"], plan["changed"], plan["unchanged"]) == (0, 0, 1)
        taken_in(data, reviewer)
        assert list(Entry.objects.values_list("version", "changed_at")) == before
        assert EntryVersion.objects.count() == 1
        assert BadRow.objects.filter(settled="").count() == 1

    def test_an_officer_brings_drafts_of_the_own_department_and_nobody_else_sees_the_file(self, office: str) -> None:
        own = a_department(name="芜湖市教育局")
        officer, stranger = an_actor(own, Role.OFFICER), an_actor(a_department(), Role.OFFICER)
        intake = brought(a_sheet(("学校", own.name, "一", "")), officer)
        with pytest.raises(NotFound):
            queries.intake(intake.pk, viewer=stranger)
        with pytest.raises(NotFound):
            services.map_intake(intake_id=intake.pk, mapping=MAPPING, actor=stranger, clock=NOON)
        with pytest.raises(Forbidden):
            services.map_intake(intake_id=intake.pk, mapping=MAPPING, publish=True, actor=officer, clock=NOON)
        services.map_intake(intake_id=intake.pk, mapping=MAPPING, actor=officer, clock=NOON)
        services.carry_on(intake_id=intake.pk, clock=NOON)
        services.apply_intake(intake_id=intake.pk, actor=officer, clock=NOON)
        services.carry_on(intake_id=intake.pk, clock=NOON)
        assert Entry.objects.get().status == Status.DRAFT

    def test_a_step_out_of_turn_is_refused(self, reviewer: Actor, office: str) -> None:
        intake = brought(a_sheet(("人口", office, "一", "有条件共享")), reviewer)
        with pytest.raises(errors.IntakeNotReady):
            services.apply_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        services.stop_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        assert Intake.objects.get().data is None
        with pytest.raises(errors.IntakeNotReady):
            services.stop_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)


class TestLongRuns:
    @pytest.fixture(autouse=True)
    def small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_taking, "AT_ONCE", 10)

    def sheet(self, office: str) -> bytes:
        return a_sheet(*((f"目录{place}", office, f"第{place}条", "有条件共享") for place in range(35)))

    def test_a_run_that_died_is_taken_up_and_ends_as_if_it_had_not(
        self, reviewer: Actor, office: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = compared(self.sheet(office), reviewer)
        services.apply_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        write, calls = _taking.Taking.write, []

        def dying(taking: _taking.Taking, rows: Any, *, changed: bool) -> Any:
            calls.append(len(rows))
            if len(calls) == 3:
                raise KeyboardInterrupt
            return write(taking, rows, changed=changed)

        monkeypatch.setattr(_taking.Taking, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            services.carry_on(intake_id=intake.pk, clock=NOON)
        half = queries.intake(intake.pk, viewer=reviewer)
        assert (half.status, half.done, Entry.objects.count()) == (IntakeStatus.RUNNING, 20, 20)
        monkeypatch.setattr(_taking.Taking, "write", write)
        services.carry_on(intake_id=intake.pk, clock=NOON)
        over = queries.intake(intake.pk, viewer=reviewer)
        assert (over.status, over.done) == (IntakeStatus.DONE, 35)
        batch = ImportBatch.objects.get()
        assert (batch.taken, batch.changed, batch.refused) == (35, 0, 0)
        assert Entry.objects.count() == EntryVersion.objects.count() == 35
        lines = sorted([v.entry.code, v.number, v.digest] for v in EntryVersion.objects.select_related("entry"))
        from hefu.kernel.hashing import digest

        assert batch.entries_digest == digest(lines)

    def test_a_stopped_run_keeps_what_went_in_and_says_so_in_the_evidence(
        self, reviewer: Actor, office: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = compared(self.sheet(office), reviewer)
        services.apply_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        write = _taking.Taking.write

        def stopping(taking: _taking.Taking, rows: Any, *, changed: bool) -> Any:
            Intake.objects.filter(pk=intake.pk).update(stop=True)
            return write(taking, rows, changed=changed)

        monkeypatch.setattr(_taking.Taking, "write", stopping)
        services.carry_on(intake_id=intake.pk, clock=NOON)
        over = queries.intake(intake.pk, viewer=reviewer)
        assert (over.status, Entry.objects.count()) == (IntakeStatus.STOPPED, 10)
        (said,) = history(f"import:{over.batch_id}", viewer=SYSTEM)
        assert said.body["taken"] == 10

    def test_a_silent_worker_is_noticed_and_only_one_works_at_a_time(self, reviewer: Actor, office: str) -> None:
        intake = compared(self.sheet(office), reviewer)
        services.apply_intake(intake_id=intake.pk, actor=reviewer, clock=NOON)
        Intake.objects.filter(pk=intake.pk).update(beat_at=NOON.now() - services.intakes.SILENT * 2)
        assert services.take_up_lost(clock=NOON) == [intake.pk]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'catalog.intake' AND status = 'todo'"
            )
            assert cursor.fetchone()[0] >= 1


class TestMemory:
    def test_a_corrected_mapping_is_offered_again_for_the_same_layout(self, reviewer: Actor, office: str) -> None:
        data = "目录名称,来源部门,怪栏\n人口,局,甲\n".encode()
        first = brought(data, reviewer)
        seen = queries.preview_intake(Intake.objects.get(pk=first.pk), viewer=reviewer)
        assert not seen.remembered
        assert "怪栏" not in seen.mapping
        said = {"目录名称": "name", "来源部门": "provider", "怪栏": "business_item"}
        services.map_intake(intake_id=first.pk, mapping=said, actor=reviewer, clock=NOON)
        again = brought(data.replace("人口".encode(), "车辆".encode()), reviewer)
        seen = queries.preview_intake(Intake.objects.get(pk=again.pk), viewer=reviewer)
        assert seen.remembered
        assert seen.mapping["怪栏"] == (Field.BUSINESS_ITEM, 1.0)

    def test_what_one_department_corrected_is_proposed_to_another(self, reviewer: Actor, office: str) -> None:
        first = brought("目录名称,来源部门,怪栏\n人口,局,甲\n".encode(), reviewer)
        said = {"目录名称": "name", "来源部门": "provider", "怪栏": "business_item"}
        services.map_intake(intake_id=first.pk, mapping=said, actor=reviewer, clock=NOON)
        officer = an_actor(a_department(), Role.OFFICER)
        other = brought("名称,怪栏,摘要\n人口,甲,说明\n".encode(), officer)
        seen = queries.preview_intake(Intake.objects.get(pk=other.pk), viewer=officer)
        assert seen.mapping["怪栏"][0] is Field.BUSINESS_ITEM


class TestQuarantine:
    @pytest.fixture
    def batch_id(self, reviewer: Actor, office: str) -> UUID:
        data = a_sheet(
            ("人口", office, "一", "有条件共享"),
            ("案件", office, "二", "看情况"),
            ("车辆", "没有的局", "三", "有条件共享"),
            ("证照", "没有的局", "四", "说不清"),
        )
        batch_id = taken_in(data, reviewer).batch_id
        assert batch_id is not None
        return batch_id

    def rows(self, batch_id: UUID) -> dict[str, BadRow]:
        return {row.original["目录名称"]: row for row in queries.bad_rows(batch_id, viewer=SYSTEM)}

    def test_one_row_is_put_right_and_goes_in(self, reviewer: Actor, batch_id: UUID) -> None:
        row = self.rows(batch_id)["案件"]
        done = services.mend_rows(
            batch_id=batch_id, rows=[row.pk], cells={"共享类型": "有条件共享"}, actor=reviewer, clock=NOON
        )
        assert (done.taken, done.waiting) == (1, 0)
        after = self.rows(batch_id)["案件"]
        assert after.settled == Settled.TAKEN
        assert after.original["共享类型"] == "看情况"
        assert after.entry is not None
        assert (after.entry.status, after.entry.share_type) == (Status.PUBLISHED, ShareType.CONDITIONAL)
        assert [one.kind for one in history(f"import:{batch_id}", viewer=SYSTEM)] == [
            "catalog.imported",
            "catalog.mended",
        ]
        with pytest.raises(errors.RowSettled):
            services.mend_rows(batch_id=batch_id, rows=[row.pk], actor=reviewer, clock=NOON)

    def test_a_provider_is_named_once_for_all_its_rows(self, reviewer: Actor, office: str, batch_id: UUID) -> None:
        meant = a_department(name="另一个局")
        done = services.mend_rows(batch_id=batch_id, providers={"没有的局": meant.pk}, actor=reviewer, clock=NOON)
        assert (done.taken, done.waiting) == (1, 2)
        rows = self.rows(batch_id)
        assert rows["车辆"].entry is not None
        assert rows["车辆"].entry.provider_id == meant.pk
        assert [one["code"] for one in rows["证照"].reasons] == ["value_unknown"]
        newer = a_sheet(("船舶", "没有的局", "五", "有条件共享"))
        assert compared(newer, reviewer).plan["unknown_providers"] == {}
        report = services.import_entries(
            data=newer, file_name="目录.csv", mapping=MAPPING, defaults=STATED, actor=reviewer, clock=NOON
        )
        assert (report.taken, report.unknown_providers) == (1, {})
        other = an_actor(a_department("另一个主管部门"))
        assert compared(newer, other, publish=False).plan["unknown_providers"] == {"没有的局": 1}, (
            "remembered by source"
        )

    def test_rows_wait_until_their_department_is_registered(self, reviewer: Actor, batch_id: UUID) -> None:
        assert services.mend_rows(batch_id=batch_id, actor=reviewer, clock=NOON).taken == 0
        a_department(name="没有的局")
        assert services.mend_rows(batch_id=batch_id, actor=reviewer, clock=NOON).taken == 1

    def test_rows_set_aside_stay_readable_and_wait_no_more(self, reviewer: Actor, batch_id: UUID) -> None:
        row = self.rows(batch_id)["证照"]
        assert services.set_aside_rows(batch_id=batch_id, rows=[row.pk], actor=reviewer, clock=NOON) == 1
        assert self.rows(batch_id)["证照"].original["摘要"] == "四"
        assert row.pk not in [one.pk for one in queries.waiting_rows(viewer=reviewer)]

    def test_a_mended_row_of_the_same_file_is_not_refused_again(
        self, reviewer: Actor, office: str, batch_id: UUID
    ) -> None:
        row = self.rows(batch_id)["案件"]
        services.mend_rows(
            batch_id=batch_id, rows=[row.pk], cells={"共享类型": "有条件共享"}, actor=reviewer, clock=NOON
        )
        plan = compared(a_sheet(("案件", office, "二", "看情况"), ("人口", office, "一", "有条件共享")), reviewer).plan
        assert (plan["refused"], plan["unchanged"]) == (0, 2)

    def test_strangers_neither_see_nor_mend_and_columns_must_exist(self, reviewer: Actor, batch_id: UUID) -> None:
        stranger = an_actor(a_department(), Role.OFFICER)
        with pytest.raises(NotFound):
            services.mend_rows(batch_id=batch_id, actor=stranger, clock=NOON)
        with pytest.raises(InputsRejected):
            services.mend_rows(batch_id=batch_id, cells={"没有的栏": "甲"}, actor=reviewer, clock=NOON)

    def test_item_rows_of_a_refused_entry_are_kept_and_go_in_with_it(self, reviewer: Actor, office: str) -> None:
        mapping = MAPPING | {"信息项名称": "item_name"}
        text = f"目录名称,来源部门,摘要,共享类型,信息项名称\n人口,{office},一,不明,姓名\n,,,,性别\n,,,,民族\n"
        intake = taken_in(text.encode(), reviewer, mapping=mapping)
        assert intake.batch_id is not None
        (row,) = queries.bad_rows(intake.batch_id, viewer=reviewer)
        assert len(row.rest) == 2
        services.mend_rows(
            batch_id=intake.batch_id, rows=[row.pk], cells={"共享类型": "有条件共享"}, actor=reviewer, clock=NOON
        )
        assert [item.name for item in Entry.objects.get().items.all()] == ["姓名", "性别", "民族"]


class TestProviders:
    @pytest.mark.parametrize("written", ["合肥市公安局", "市公安局", "公安局", "合肥市 公安局", "合肥公安局"])
    def test_short_forms_of_one_department_are_found(self, reviewer: Actor, office: str, written: str) -> None:
        a_department(name="合肥市教育局")
        plan = compared(a_sheet(("人口", written, "一", "有条件共享")), reviewer).plan
        assert plan["taken"] == 1, plan["first"]["refused"]

    def test_official_abbreviations_are_found(self, reviewer: Actor) -> None:
        a_department(name="合肥市人力资源和社会保障局")
        a_department(name="合肥市住房和城乡建设局")
        rows = [("社保", "市人社局", "一", "有条件共享"), ("房屋", "市住建局", "二", "有条件共享")]
        assert compared(a_sheet(*rows), reviewer).plan["taken"] == 2

    def test_a_short_form_of_two_departments_is_left_to_a_person(self, reviewer: Actor, office: str) -> None:
        a_department(name="芜湖市公安局")
        plan = compared(a_sheet(("人口", "市公安局", "一", "有条件共享")), reviewer).plan
        assert plan["first"]["refused"][0]["reasons"][0]["code"] == "provider_ambiguous"
