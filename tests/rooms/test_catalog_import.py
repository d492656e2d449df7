"""Importing catalogues: what goes in, what is listed as bad, and that doing it twice changes nothing."""

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from hefu.kernel.actor import Actor, Role
from hefu.kernel.hashing import digest
from hefu.kernel.refusal import Forbidden
from hefu.rooms.catalog import errors, queries, services
from hefu.rooms.catalog.importing.terms import Defaults, ImportReport, NewProvider
from hefu.rooms.catalog.models import BadRow, Entry, EntryVersion, ImportBatch
from hefu.rooms.catalog.terms import ShareType, Status, UpdateCycle
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.evidence.queries import history
from tests.builders import NOON, SYSTEM, a_content, a_credit_code, a_department, an_actor, publish, the_authority

pytestmark = pytest.mark.django_db

CATALOGS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "03-catalogs-cn"
MAPPING = {
    "目录名称": "name",
    "来源部门": "provider",
    "摘要": "abstract",
    "共享类型": "share_type",
    "更新频率": "update_cycle",
    "发布时间": "published_on",
    "网址": "detail_url",
}
STATED = Defaults(share_type=ShareType.CONDITIONAL, share_condition="依申请审核", share_scope="各部门履职所需")


def a_row(**changes: Any) -> dict[str, Any]:
    return {
        "目录名称": "企业名录",
        "来源部门": "市监局",
        "摘要": "登记在册企业",
        "共享类型": "无条件共享",
        "更新频率": "每天",
        "发布时间": "2023-6-16",
        "网址": "https://data.example/1",
    } | changes


def take(
    rows: list[dict[str, Any]], *, actor: Actor | None = None, mapping: dict[str, str] | None = None, **more: Any
) -> ImportReport:
    return services.import_entries(
        data=json.dumps(rows, ensure_ascii=False).encode(),
        file_name="catalog.json",
        mapping=MAPPING if mapping is None else mapping,
        actor=actor or an_actor(the_authority(), Role.REVIEWER),
        clock=NOON,
        **more,
    )


def everything() -> tuple[Any, ...]:
    return list(Entry.objects.order_by("pk").values()), Evidence.objects.count(), ImportBatch.objects.count()


class TestWhatGoesIn:
    def test_values_are_normalised_and_the_row_is_kept_as_it_was(self) -> None:
        a_department("市监局")
        report = take([a_row()])
        assert (report.taken, report.refused) == (1, 0)
        entry = Entry.objects.get()
        assert entry.update_cycle == UpdateCycle.DAILY
        assert date.fromisoformat(entry.more["published_on"]) == date(2023, 6, 16)
        assert entry.original["发布时间"] == "2023-6-16"
        assert entry.status == Status.DRAFT

    def test_bad_rows_are_listed_with_number_reasons_and_values_and_the_rest_goes_in(self) -> None:
        a_department("市监局")
        rows = [
            a_row(),
            a_row(目录名称="", 来源部门="无名局", 网址="2"),
            a_row(共享类型="不予共享", 网址="3"),
            a_row(来源部门="", 网址="4"),
            a_row(摘要="另一说法"),
            a_row(),
        ]
        report = take(rows)
        assert (report.rows, report.taken, report.refused, report.repeated) == (6, 1, 4, 1)
        assert report.unknown_providers == {"无名局": 1}
        bad = list(queries.bad_rows(report.batch_id, viewer=SYSTEM))
        assert [(one.row, [reason["code"] for reason in one.reasons]) for one in bad] == [
            (2, ["no_name", "provider_unknown"]),
            (3, ["basis_missing"]),
            (4, ["no_provider"]),
            (5, ["same_key"]),
        ]
        assert bad[0].original == rows[1]
        assert bad[3].reasons[0]["facts"] == {"row": 1}

    def test_not_shared_by_a_local_rule_is_refused_with_the_article(self) -> None:
        a_department("市监局")
        mapping = MAPPING | {"依据": "basis_title", "种类": "basis_kind", "理由": "noshare_reason"}
        kept = a_row(共享类型="不予共享", 依据="某市办法", 种类="规章", 理由="办法规定")
        assert take([kept, kept | {"网址": "2", "种类": "法律", "依据": "统计法"}], mapping=mapping).taken == 1
        bad = BadRow.objects.get()
        assert bad.reasons == [
            {"code": "basis_not_enough", "facts": {"basis": "某市办法", "source": "decree-809 art. 15"}}
        ]

    def test_a_catalogue_in_force_is_carried_over_as_published_with_its_gaps_named(self) -> None:
        office = a_department("市监局")
        report = take([a_row()], publish=True)
        entry = queries.published(viewer=an_actor(a_department())).get()
        assert (entry.version, entry.carried_over, entry.provider_id) == (1, True, office.pk)
        assert {"items", "grade", "assessed_on"} <= set(entry.gaps)
        (version,) = queries.versions(queries.entry(entry.pk, viewer=SYSTEM))
        assert version.batch_id == report.batch_id
        assert queries.version(entry.pk, 1, viewer=SYSTEM) == queries.content_of(entry)

    def test_nothing_is_published_whose_sharing_nobody_stated(self) -> None:
        a_department("市监局")
        rows = [a_row(共享类型="")]
        assert take(rows, publish=True).refused == 1
        assert BadRow.objects.get().reasons[0]["code"] == "share_type_missing"
        report = take(rows, publish=True, defaults=STATED)
        assert report.taken == 1
        assert Entry.objects.get().share_scope == "各部门履职所需"
        assert queries.batch(report.batch_id, viewer=SYSTEM).defaults["share_scope"] == "各部门履职所需"

    def test_a_carried_over_entry_becomes_whole_by_a_reviewed_change(self) -> None:
        office = a_department("市监局")
        take([a_row()], publish=True)
        entry = Entry.objects.get()
        change = services.change_entry(
            entry_id=entry.pk, content=a_content(class_code="3"), actor=an_actor(office), clock=NOON
        )
        done = publish(change)
        assert (done.version, done.carried_over, done.gaps) == (2, False, [])

    def test_items_come_with_the_entry_whose_rows_they_fill(self) -> None:
        a_department("市监局")
        mapping = MAPPING | {"信息项": "item_name", "类型": "item_type", "长度": "item_length"}
        rows = [
            a_row(信息项="企业名称", 类型="C", 长度="200"),
            {"信息项": "成立日期", "类型": "日期型", "长度": ""},
            a_row(目录名称="个体名录", 网址="2", 信息项="字号", 类型="C", 长度="100"),
        ]
        assert take(rows, mapping=mapping).taken == 2
        entry = Entry.objects.get(name="企业名录")
        assert [(item.name, item.code, item.type) for item in queries.items_of(entry)] == [
            ("企业名称", "qymc", "C"),
            ("成立日期", "clrq", "D"),
        ]

    def test_one_entry_of_evidence_covers_the_batch_and_commits_to_every_entry(self) -> None:
        a_department("市监局")
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        before = Evidence.objects.count()
        report = take([a_row(网址=str(number)) for number in range(5)], actor=reviewer, publish=True)
        (line,) = history(f"import:{report.batch_id}", viewer=SYSTEM)
        versions = EntryVersion.objects.filter(batch_id=report.batch_id).select_related("entry")
        told = sorted([version.entry.code, version.number, version.digest] for version in versions)
        assert line.body["entries_digest"] == digest(told)
        assert line.body["taken"] == 5
        assert Evidence.objects.filter(kind="catalog.imported").count() == 1
        assert Evidence.objects.exclude(kind__in=["catalog.imported"]).filter(kind__startswith="entry.").count() == 0
        assert Evidence.objects.count() == before + 1

    def test_rows_that_come_in_by_the_thousand_have_their_history_too(self) -> None:
        a_department("市监局")
        take([a_row(网址=str(number)) for number in range(1100)], publish=True)
        kept = apps.get_model("catalog", "EntryEvent").objects.values_list("pgh_obj_id", flat=True)
        assert sorted(kept) == sorted(Entry.objects.values_list("pk", flat=True))
        assert EntryVersion.objects.count() == 1100


class TestAgain:
    def test_importing_the_same_file_again_changes_nothing(self) -> None:
        a_department("市监局")
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        rows = [a_row(网址=str(number)) for number in range(3)] + [a_row(来源部门="无名局", 网址="9")]
        first = take(rows, actor=reviewer, publish=True)
        before = everything()
        again = take(rows, actor=reviewer, publish=True)
        assert (again.taken, again.changed, again.unchanged, again.refused) == (0, 0, 3, 1)
        assert again.batch_id == first.batch_id
        assert before == (
            list(Entry.objects.order_by("pk").values()),
            Evidence.objects.count(),
            ImportBatch.objects.count(),
        )

    def test_a_row_that_says_something_else_makes_a_new_version(self) -> None:
        a_department("市监局")
        take([a_row(), a_row(网址="2")], publish=True)
        report = take([a_row(摘要="新摘要"), a_row(网址="2")], publish=True)
        assert (report.changed, report.unchanged) == (1, 1)
        entry = Entry.objects.get(abstract="新摘要")
        (told,) = queries.difference(entry.pk, 1, 2, viewer=SYSTEM)
        assert (told.field, told.old, told.new) == ("abstract", "登记在册企业", "新摘要")

    def test_what_people_wrote_since_stays_where_the_file_is_silent(self) -> None:
        office = a_department("市监局")
        take([a_row()])
        entry = Entry.objects.get()
        written = dataclasses.replace(queries.content_of(entry), use_condition="仅限履职", abstract="人写的摘要")
        services.change_entry(entry_id=entry.pk, content=written, actor=an_actor(office), clock=NOON)
        assert take([a_row()]).unchanged == 1
        assert take([a_row(更新频率="每月")]).changed == 1
        entry.refresh_from_db()
        assert (entry.update_cycle, entry.use_condition) == (UpdateCycle.MONTHLY, "仅限履职")
        assert entry.abstract == "登记在册企业"

    def test_drafts_of_a_published_entry_become_its_change(self) -> None:
        office = a_department("市监局")
        take([a_row()], publish=True)
        assert take([a_row(摘要="新摘要")], actor=an_actor(office)).changed == 1
        entry = Entry.objects.get(changes_to__isnull=True)
        assert entry.abstract == "登记在册企业"
        assert queries.change_of(entry.pk, viewer=an_actor(office)).abstract == "新摘要"

    def test_rows_that_waited_for_their_provider_go_in_after_its_registration(self) -> None:
        operator = an_actor(a_department(), Role.OPERATOR)
        rows = [a_row()]
        assert take(rows).unknown_providers == {"市监局": 1}
        new = NewProvider(name="市监局", credit_code=a_credit_code(), place="511700")
        with pytest.raises(Forbidden):
            services.register_providers(providers=[new], actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON)
        made = services.register_providers(providers=[new], actor=operator, clock=NOON)
        assert services.register_providers(providers=[new], actor=operator, clock=NOON) == made
        report = take(rows)
        assert (report.taken, report.refused) == (1, 0)
        assert Entry.objects.get().provider_id == made["市监局"]


class TestWhoseRows:
    def test_names_match_but_for_width_and_punctuation_and_by_short_name(self) -> None:
        office = a_department("达州市市场监督管理局（知识产权局）")
        report = take([a_row(来源部门="达州市市场监督管理局(知识产权局)")])
        assert report.taken == 1
        assert Entry.objects.get().provider_id == office.pk

    def test_a_short_name_of_two_departments_is_left_to_a_person(self) -> None:
        one, _other = a_department("市监局", place="511700"), a_department("市监局", place="510100")
        report = take([a_row()])
        assert report.unknown_providers == {"市监局": 1}
        assert BadRow.objects.get().reasons[0]["code"] == "provider_ambiguous"
        assert take([a_row()], providers={"市监局": one.pk}).taken == 1
        assert Entry.objects.get().provider_id == one.pk

    def test_an_officer_imports_drafts_of_the_own_department_alone(self) -> None:
        office = a_department("市监局")
        a_department("市公安局")
        officer = an_actor(office)
        report = take([a_row(), a_row(来源部门="市公安局", 网址="2")], actor=officer)
        assert (report.taken, report.refused) == (1, 1)
        assert BadRow.objects.get().reasons[0]["code"] == "not_yours"
        for actor in (officer, an_actor(office, Role.CHIEF), an_actor(office, Role.OPERATOR)):
            with pytest.raises(Forbidden):
                take([a_row()], actor=actor, publish=True)

    def test_a_batch_is_read_by_its_department_and_the_authority(self) -> None:
        office = a_department("市监局")
        report = take([a_row(目录名称="")], actor=an_actor(office))
        assert queries.bad_rows(report.batch_id, viewer=an_actor(office)).count() == 1
        assert queries.bad_rows(report.batch_id, viewer=an_actor(the_authority(), Role.REVIEWER)).count() == 1
        assert not queries.bad_rows(report.batch_id, viewer=an_actor(a_department())).exists()


class TestMappings:
    @pytest.mark.parametrize(
        ("mapping", "complaint"),
        [
            ({"目录名称": "name", "没有": "abstract"}, "no column 没有"),
            ({"目录名称": "nonsense"}, "no field nonsense"),
            ({"目录名称": "name", "摘要": "name"}, "more than one column"),
            ({"摘要": "abstract"}, "no column for name"),
            ({"目录名称": "name", "摘要": "item_type"}, "none for item_name"),
        ],
    )
    def test_a_mapping_that_cannot_be_used_takes_nothing_in(self, mapping: dict[str, str], complaint: str) -> None:
        with pytest.raises(errors.MappingRefused, match=complaint):
            take([a_row()], mapping=mapping)
        assert not ImportBatch.objects.exists()


@pytest.mark.skipif(not CATALOGS.is_dir(), reason="the collected catalogues are not beside this repository")
class TestRealCatalogues:
    ANSWERS = {
        "title": "name",
        "department": "provider",
        "category": "theme",
        "is_open": "open_type",
        "description": "abstract",
        "publish_time": "published_on",
        "update_time": "updated_on",
        "data_formats": "format",
        "data_volume": "row_count",
        "telephone": "phone",
        "url": "detail_url",
        "update_frequency": "update_cycle",
    }

    def test_columns_are_understood_as_their_harvesters_did(self) -> None:
        right = total = 0
        differ = []
        for answer in sorted((CATALOGS / "mapping").glob("*.json")):
            file = CATALOGS / answer.name
            file = file if file.exists() else file.with_suffix(".json.gz")
            seen = queries.preview_import(file.read_bytes(), file.name, viewer=SYSTEM).mapping
            for column, meaning in json.loads(answer.read_text()).items():
                wanted = self.ANSWERS.get(meaning, meaning)
                total += 1
                right += column in seen and seen[column][0] == wanted
                if column not in seen or seen[column][0] != wanted:
                    differ.append((file.stem, column))
        assert total == 171
        # 所属主题 is a theme; its harvesters called it an industry.
        assert differ == [("hainan_hainan.json", "所属主题")]
        assert right == total - 1

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("file", "rows", "repeated", "unread_cycles"),
        [
            ("ningxia_ningxia.json", 1987, 140, 0),
            ("guizhou_guiyang.json", 2469, 0, 0),
            ("hainan_hainan.json.gz", 3947, 40, 274),  # 其他 says nothing of when
        ],
    )
    def test_a_whole_portal_goes_in_and_going_again_changes_nothing(
        self, file: str, rows: int, repeated: int, unread_cycles: int
    ) -> None:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        operator = an_actor(a_department(), Role.OPERATOR)
        data = (CATALOGS / file).read_bytes()
        mapping = {
            column: field.value
            for column, (field, _sure) in queries.preview_import(data, file, viewer=reviewer).mapping.items()
        }
        facts: dict[str, Any] = {
            "data": data,
            "file_name": file,
            "mapping": mapping,
            "defaults": STATED,
            "publish": True,
            "actor": reviewer,
            "clock": NOON,
        }
        waiting = services.import_entries(**facts)
        assert (waiting.taken, sum(waiting.unknown_providers.values())) == (0, waiting.refused)
        new = [
            NewProvider(name=name, credit_code=a_credit_code(), place="640000") for name in waiting.unknown_providers
        ]
        services.register_providers(providers=new, actor=operator, clock=NOON)
        first = services.import_entries(**facts)
        assert first.rows == rows
        assert first.taken + first.repeated + first.refused == rows
        assert first.repeated == repeated
        assert first.refused <= 5
        assert Entry.objects.filter(status=Status.PUBLISHED).count() == first.taken
        assert first.notes.get("update_cycle", 0) == unread_cycles
        again = services.import_entries(**facts)
        assert (again.taken, again.changed, again.unchanged) == (0, 0, first.taken)
