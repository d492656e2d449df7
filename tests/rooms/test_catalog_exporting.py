"""Exports: the guide's sheet with its merged cells, CSV without formulas, JSON with everything, and back again."""

import csv
import dataclasses
import io
import json
import random
import zipfile
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from python_calamine import CalamineWorkbook

from hefu.kernel.actor import Role
from hefu.protocols.exports import Form, export
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.exporting.columns import COLUMNS
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.terms import ImportReport
from hefu.rooms.catalog.models import Entry, Item
from hefu.rooms.catalog.terms import (
    BasisKind,
    Channel,
    Content,
    Extra,
    FormatClass,
    Grade,
    ItemContent,
    ItemType,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareMode,
    ShareType,
    UpdateCycle,
)
from hefu.rooms.parties.models import Department
from tests.builders import NOON, SYSTEM, a_content, a_department, an_actor, an_entry, the_authority

pytestmark = pytest.mark.django_db


def written(form: Form, found: Any = None) -> bytes:
    output = io.BytesIO()
    rows = queries.published(viewer=SYSTEM, order="code") if found is None else found
    export(rows, form, base="https://share.example.gov.cn", title="某市", viewer=SYSTEM, output=output)
    return output.getvalue()


@pytest.fixture
def office() -> Department:
    return a_department("某市民政局")


@pytest.fixture
def three(office: Department) -> list[Entry]:
    """Three entries that differ in all that the law lets differ."""
    kept = a_content(
        name="未成年人保护名单",
        share_type=ShareType.NONE,
        noshare_reason="法律规定不得提供",
        basis_kind=BasisKind.LAW,
        basis_title="未成年人保护法",
        basis_article="第四条",
        share_condition="",
        share_scope="",
        channels=(Channel.TABLE,),
        update_cycle=UpdateCycle.HALF_YEARLY,
        grade=Grade.IMPORTANT,
        class_code="101002",
        tags=("儿童", "保护"),
        related_codes=("101/000009",),
        phone="0818-2123456",
        internal_office="儿童福利科",
        extension=(Extra("network", "政务外网"), Extra("total_rows", "1200")),
    )
    opened = a_content(
        name="养老机构名录",
        format_class=FormatClass.SPREADSHEET,
        format_types=("xlsx", "csv"),
        share_type=ShareType.UNCONDITIONAL,
        share_condition="",
        share_scope="",
        channels=(Channel.FILE,),
        open_type=OpenType.CONDITIONAL,
        open_condition="实名登记后下载",
        update_cycle=UpdateCycle.QUARTERLY,
        theme="社会保障",
        items=(
            ItemContent("机构名称", "jgmc", ItemType.TEXT, 100, description="全称"),
            ItemContent("床位数", "cws", ItemType.INTEGER),
            ItemContent("负责人电话", "dh", ItemType.TEXT, 20, share_type=ShareType.CONDITIONAL, grade=Grade.IMPORTANT),
        ),
    )
    plain = a_content(name="低保对象名单")
    return [an_entry(office, **vars(content)) for content in (kept, opened, plain)]


def content(entry: Entry) -> Content:
    return queries.content_of(queries.entry(entry.pk, viewer=SYSTEM))


class TestSheet:
    def rows(self) -> list[list[Any]]:
        return CalamineWorkbook.from_filelike(io.BytesIO(written(Form.XLSX))).get_sheet_by_index(0).to_python()

    def test_there_is_a_line_for_each_item_and_two_of_heads(self, three: list[Entry]) -> None:
        rows = self.rows()
        assert len(rows) == 2 + 3 + 3 + 3
        heads = rows[1]
        assert heads[:6] == ["序号", "类", "项", "目", "细目", "信息资源分类代码"]
        assert [head for head in heads if head] == heads
        first = dict(zip(heads, rows[2], strict=True))
        assert (first["类"], first["项"], first["目"]) == ("1", "01", "") or first["信息资源分类代码"] == "101002"

    def test_what_all_items_share_is_one_merged_cell_and_groups_of_heads_are_merged(self, three: list[Entry]) -> None:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(written(Form.XLSX))).get_sheet_by_index(0)
        merged = {tuple(area) for area in sheet.merged_cell_ranges or []}
        heads = sheet.to_python()[1]
        name, item = heads.index("信息资源名称"), heads.index("信息项名称")
        assert ((2, name), (4, name)) in merged
        assert not any(left[1] == item for left, _right in merged if left[0] > 1)
        sharing = [at for at, column in enumerate(COLUMNS, start=1) if column.group == "共享属性"]
        assert ((0, sharing[0]), (0, sharing[-1])) in merged

    def test_an_item_that_is_shared_otherwise_says_so_in_its_line(self, three: list[Entry]) -> None:
        rows = self.rows()
        heads = rows[1]
        found = [dict(zip(heads, row, strict=True)) for row in rows[2:]]
        by_item = {
            row["信息项名称"]: row["信息项共享类型"] for row in found if row["信息项代码"] in ("jgmc", "cws", "dh")
        }
        assert by_item == {"机构名称": "", "床位数": "", "负责人电话": "有条件共享"}

    def test_values_are_words_of_the_nodes_profile(self, three: list[Entry]) -> None:
        rows = self.rows()
        line = next(dict(zip(rows[1], row, strict=True)) for row in rows if "养老机构名录" in row)
        assert line["更新周期"] == "每季度"
        assert line["信息资源格式分类"] == "电子表格"
        assert line["信息项数据类型"] == "字符型C"
        assert line["共享方式类型"] == "文件下载"
        assert line["是否向社会开放"] == "是"

    def test_text_that_looks_like_a_formula_stays_text(self, office: Department) -> None:
        an_entry(office, name="=1+1", abstract='=HYPERLINK("http://x","y")')
        row = self.rows()[2]
        assert "=1+1" in row
        book = written(Form.XLSX)
        sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet


class TestCsv:
    def test_every_item_has_a_row_and_the_entry_is_said_again(self, three: list[Entry]) -> None:
        text = written(Form.CSV).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 9
        assert {row["信息资源名称"] for row in rows} == {"未成年人保护名单", "养老机构名录", "低保对象名单"}
        assert all(row["信息资源提供方"] == "某市民政局" for row in rows)

    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "|", "%"])
    def test_no_cell_begins_a_formula(self, office: Department, sign: str) -> None:
        an_entry(office, name=f"{sign}cmd 名录", abstract=f"{sign}1")
        rows = list(csv.reader(io.StringIO(written(Form.CSV).decode("utf-8-sig"))))
        assert not any(cell[:1] in "=+-@＝|%" and cell for row in rows for cell in row)


class TestJson:
    def test_it_is_one_document_with_all_that_an_entry_says(self, three: list[Entry]) -> None:
        told = json.loads(written(Form.JSON))
        assert (told["format"], told["profile"]) == ("hefu-catalog", "guide-2017")
        kept = next(one for one in told["entries"] if one["name"] == "未成年人保护名单")
        assert kept["share_type"] == "not_shared"
        assert kept["extension"] == {"network": "政务外网", "total_rows": "1200"}
        assert {field.name for field in dataclasses.fields(Content)} <= set(kept)

    def test_an_empty_catalogue_is_a_document_too(self) -> None:
        assert json.loads(written(Form.JSON))["entries"] == []


FORMS = [(form, f"目录.{form}") for form in Form]


class TestBackAgain:
    """What was exported and is imported again says the same, here and on another node."""

    def imported(self, data: bytes, name: str, *, publish: bool = True) -> ImportReport:
        table = read_table(data, name)
        proposed = propose_mapping(table.columns, table.samples())
        report = services.import_entries(
            data=data,
            file_name=name,
            mapping={column: field.value for column, (field, _sure) in proposed.items()},
            publish=publish,
            actor=an_actor(the_authority(), Role.REVIEWER),
            clock=NOON,
        )
        assert report.refused == 0, [
            (one.reasons, one.original) for one in queries.bad_rows(report.batch_id, viewer=SYSTEM)
        ]
        return report

    @pytest.mark.parametrize(("form", "name"), FORMS)
    def test_another_node_reads_every_field(
        self, form: Form, name: str, three: list[Entry], office: Department
    ) -> None:
        before = {entry.name: content(entry) for entry in Entry.objects.all()}
        data = written(form)
        with transaction.atomic():
            # Here as on a node that has none of them.
            Entry.objects.update(code=Concat(Value("0"), "code"))
            report = self.imported(data, name)
            assert (report.taken, report.changed) == (3, 0)
            for entry in Entry.objects.exclude(import_key=""):
                old, new = before[entry.name], content(entry)
                assert bare(new, outside_code="") == bare(old, outside_code=""), (form, new.theme, old.theme)
                assert new.outside_code

    @pytest.mark.parametrize(("form", "name"), FORMS)
    def test_our_own_files_change_nothing_whatever_entries_say(self, form: Form, name: str, office: Department) -> None:
        chance, officer = random.Random(1272), an_actor(office, Role.OFFICER)
        for number in range(15):
            services.draft_entry(provider_id=office.pk, content=any_content(chance, number), actor=officer, clock=NOON)
        before = {entry.code: content(entry) for entry in Entry.objects.all()}
        report = self.imported(written(form, Entry.objects.select_related("provider")), name, publish=False)
        said = {entry.code: content(entry) for entry in Entry.objects.all()}
        for code, old in before.items():
            assert said[code] == old, form
        assert (report.taken, report.changed, report.unchanged) == (0, 0, 15)

    def test_a_cell_that_somebody_changed_in_our_sheet_is_the_only_change(
        self, three: list[Entry], office: Department
    ) -> None:
        before = {entry.code: content(entry) for entry in three}
        text = written(Form.CSV).decode("utf-8-sig").replace("实名登记后下载", "签订协议后下载")
        report = self.imported(text.encode(), "目录.csv")
        assert (report.taken, report.changed, report.unchanged) == (0, 1, 2)
        for entry in three:
            old, new = before[entry.code], content(entry)
            if old.name == "养老机构名录":
                assert new == dataclasses.replace(old, open_condition="签订协议后下载")
            else:
                assert new == old

    @pytest.mark.parametrize(("form", "name"), FORMS[:4])
    def test_an_entry_under_a_new_name_is_the_same_entry_and_its_name_has_changed(
        self, form: Form, name: str, three: list[Entry]
    ) -> None:
        data = written(form)
        for entry in three:  # what was exported bears the new names then
            Entry.objects.filter(pk=entry.pk).update(name=f"{entry.name}（旧）")
        report = self.imported(data, name)
        assert (report.taken, report.changed, report.unchanged) == (0, 3, 0)
        assert Entry.objects.count() == 3
        assert {entry.pk: entry.name for entry in Entry.objects.all()} == {entry.pk: entry.name for entry in three}
        assert self.imported(data, name).unchanged == 3

    def test_another_nodes_entry_of_the_same_code_is_another_entry(self, office: Department) -> None:
        ours = an_entry(office, name="养老机构", abstract="机构与床位", theme="社会保障")
        data = written(Form.CSV)
        Entry.objects.filter(pk=ours.pk).update(
            name="校车路线",
            abstract="路线与站点",
            theme="教育",
            system_name="校车",
            business_item="许可",
            phone="1",
            tags=[],
        )
        Item.objects.filter(entry=ours).update(name="站点")
        report = self.imported(data, "目录.csv")
        assert (report.taken, report.changed) == (1, 0)
        assert set(Entry.objects.values_list("name", flat=True)) == {"养老机构", "校车路线"}
        again = self.imported(data, "目录.csv")
        assert (again.taken, again.changed, again.unchanged) == (0, 0, 1)

    def test_our_file_finds_the_entry_of_its_code_though_another_came_with_that_code_from_elsewhere(
        self, office: Department
    ) -> None:
        ours = an_entry(office, name="养老机构")
        foreign = (
            f"目录名称,来源部门,目录编码,摘要,共享类型\n校车路线,{office.name},{ours.code},路线,无条件共享\n".encode()
        )
        self.imported(foreign, "门户.csv")
        other = Entry.objects.get(name="校车路线")
        found = Entry.objects.filter(pk=ours.pk).select_related("provider").order_by("code")
        text = written(Form.CSV, found).decode("utf-8-sig").replace("养老机构", "养老服务机构")
        report = self.imported(text.encode(), "目录.csv")
        assert (report.taken, report.changed) == (0, 1)
        ours.refresh_from_db()
        other.refresh_from_db()
        assert (ours.name, other.name) == ("养老服务机构", "校车路线")
        assert self.imported(foreign, "门户.csv").unchanged == 1

    def test_an_entry_that_went_out_and_came_back_is_still_found_by_the_file_that_first_brought_it(
        self, office: Department
    ) -> None:
        foreign = f"目录名称,来源部门,目录编码,摘要,共享类型\n校车路线,{office.name},A-1,路线,无条件共享\n"
        self.imported(foreign.encode(), "门户.csv")
        text = written(Form.CSV).decode("utf-8-sig").replace("校车路线", "校车线路")
        assert self.imported(text.encode(), "目录.csv").changed == 1
        newer = foreign.replace("路线,无", "路线与站点,无")
        report = self.imported(newer.encode(), "门户.csv")
        assert (report.taken, report.changed) == (0, 1)
        assert Entry.objects.get().abstract == "路线与站点"

    @pytest.mark.parametrize(("form", "name"), FORMS[:4])
    def test_members_of_lists_that_hold_the_sign_between_members_come_back(
        self, form: Form, name: str, office: Department
    ) -> None:
        tags = ("住房、公积金", '"甲"类', "、", "养老", '"', "a,b；c|d/e f")
        entry = an_entry(office, name="一", tags=tags, format_types=("xls、et", "csv"), related_codes=("甲、乙", "丙"))
        data = written(form)
        Entry.objects.filter(pk=entry.pk).update(tags=["别的"], format_types=["xml"], related_codes=["丁"])
        self.imported(data, name)
        entry.refresh_from_db()
        assert set(entry.tags) == set(tags)
        assert set(entry.format_types) == {"xls、et", "csv"}
        assert set(entry.related_codes) == {"甲、乙", "丙"}


def bare(said: Content, **more: Any) -> Content:
    """Return a content without its items' ids, which each node gives anew, and lists in one order: graphs have none."""
    lists: dict[str, Any] = {
        name: tuple(sorted(getattr(said, name))) for name in ("format_types", "tags", "related_codes")
    }
    items = tuple(dataclasses.replace(one, id=None) for one in said.items)
    return dataclasses.replace(said, **{**lists, "items": items, **more})


def any_content(chance: random.Random, number: int) -> Content:
    """Return a content that says whatever the law and the tables allow."""

    def text(most: int = 40) -> str:
        signs = "人口车辆学校 abcXYZ019（）,，;/-=+'\"|%。"
        return "".join(chance.choice(signs) for _ in range(chance.randrange(most))).strip()

    def one_of(kind: type[StrEnum]) -> Any:
        return chance.choice([None, *kind])

    def some(kind: type[StrEnum]) -> tuple[Any, ...]:
        return tuple(chance.sample(list(kind), chance.randrange(len(kind) + 1)))

    def words() -> tuple[str, ...]:
        some = ["表", "open data", "a/b", "x,y", "甲、乙", "“丙”", '"']
        return tuple(dict.fromkeys(f"{chance.choice(some)}{n}" for n in range(chance.randrange(4))))

    kept = chance.choice(list(ShareType))
    return Content(
        name=f"目录 {number}（{chance.choice(['市', '县'])}）",
        abstract=chance.choice(["", "一行", "第一行\n第二行", text(80)]),
        class_code=chance.choice(["1", "201", "301002", "3010020001"]),
        internal_office=text(),
        format_class=one_of(FormatClass),
        format_types=tuple(
            dict.fromkeys(chance.choice(["xlsx", "postgresql", "某种 格式"]) for _ in range(chance.randrange(3)))
        ),
        format_other=text(),
        share_type=kept,
        share_condition=text() or "条件",
        share_scope=text() or "范围",
        noshare_reason=text() or "理由",
        basis_kind=BasisKind.LAW if kept is ShareType.NONE else one_of(BasisKind),
        basis_title="某法",
        basis_article=text(20),
        share_mode=chance.choice(list(ShareMode)),
        channels=some(Channel),
        open_type=one_of(OpenType),
        open_condition=text(),
        update_cycle=one_of(UpdateCycle),
        grade=one_of(Grade),
        use_condition=text(),
        secrecy=chance.choice([None, Secrecy.NONE]),
        secrecy_note=text(),
        personal_info=one_of(PersonalInfo),
        impact_note=text(),
        assessed_on=chance.choice([None, date(2026, 2, 28)]),
        system_name=text(),
        business_item=text(),
        theme=text(),
        tags=words(),
        phone=chance.choice(["", "0818-2123456 转 8"]),
        outside_code=chance.choice(["", f"OLD-{number}"]),
        related_codes=tuple(f"3/{n:06d}" for n in range(chance.randrange(3))),
        extension=tuple(
            Extra(key, value) for key, value in (("network", "互联网"), ("total_rows", "12")) if chance.random() < 0.5
        ),
        items=tuple(
            ItemContent(
                f"信息项 {n}{text(10)}",
                f"code_{n}",
                one_of(ItemType),
                chance.choice([None, 20]),
                one_of(ShareType) if kept is ShareType.NONE else chance.choice([None, ShareType.CONDITIONAL]),
                one_of(Grade),
                one_of(OpenType),
                text(),
            )
            for n in range(chance.randrange(4))
        ),
    )
