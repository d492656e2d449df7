"""Foreign catalogues: reading files, guessing columns, normalising values. No database."""

import gzip
import io
import json
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from hefu.kernel.hashing import digest
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.names import bare
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.rows import Reading, grouped, read
from hefu.rooms.catalog.importing.terms import Defaults
from hefu.rooms.catalog.profiles import profile
from hefu.rooms.catalog.snapshots import digest_of, to_json
from hefu.rooms.catalog.terms import (
    BasisKind,
    Channel,
    FormatClass,
    ItemType,
    OpenType,
    Secrecy,
    ShareType,
    UpdateCycle,
)


def a_workbook(*sheets: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for rows in sheets:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    book.close()
    return file.getvalue()


class TestReading:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_csv_in_any_usual_encoding_and_delimiter(self, encoding: str, delimiter: str) -> None:
        text = delimiter.join(["目录名称", "提供单位"]) + "\n" + delimiter.join(["人口信息", "市公安局"]) + "\n"
        table = read_table(text.encode(encoding), "catalog.csv")
        assert table.columns == ("目录名称", "提供单位")
        assert table.rows == ((2, {"目录名称": "人口信息", "提供单位": "市公安局"}),)

    def test_the_header_may_stand_below_titles_and_notes(self) -> None:
        text = "某市政务数据目录,,\n填报说明：请如实填写,,\n,,\n序号,信息资源名称,信息资源提供方\n1,企业登记,市监局\n"
        table = read_table(text.encode(), "catalog.csv")
        assert table.columns == ("序号", "信息资源名称", "信息资源提供方")
        assert table.rows[0] == (5, {"序号": "1", "信息资源名称": "企业登记", "信息资源提供方": "市监局"})

    def test_several_json_documents_follow_each_other_in_one_file(self) -> None:
        first, second = [{"标题": "甲"}, {"标题": "乙"}], [{"标题": "丙", "提供单位": "局"}]
        data = (json.dumps(first) + "\n" + json.dumps(second)).encode()
        table = read_table(gzip.compress(data), "catalog.json.gz")
        assert [row["标题"] for _number, row in table.rows] == ["甲", "乙", "丙"]
        assert table.columns == ("标题", "提供单位")

    def test_json_lines_and_enveloped_lists_are_rows_too(self) -> None:
        lines = b'{"title": "a"}\n{"title": "b"}\n'
        assert len(read_table(lines, "catalog.jsonl").rows) == 2
        envelope = json.dumps({"code": 200, "data": {"list": [{"title": "a"}, {"title": "b"}, {"title": "c"}]}})
        assert len(read_table(envelope.encode(), "catalog.json").rows) == 3

    def test_one_json_entry_with_its_items_is_one_row(self) -> None:
        one = json.dumps({"名称": "人口", "items": [{"name": "姓名"}, {"name": "性别"}]})
        assert len(read_table(one.encode(), "entry.json").rows) == 1

    def test_a_workbook_gives_its_catalogue_sheet(self) -> None:
        day = datetime(2024, 3, 5)  # noqa: DTZ001 - a spreadsheet knows no zone
        cover = [["填报单位", "市局"], ["日期", "2024"]]
        sheet = [
            ["政务信息资源目录"],
            ["名称*", "提供方（必填）", "发布日期"],
            ["企业", "市监局", day],
        ]
        table = read_table(a_workbook(cover, sheet), "catalog.xlsx")
        assert table.columns == ("名称*", "提供方（必填）", "发布日期")
        assert table.rows[0][0] == 3
        assert values.day(table.rows[0][1]["发布日期"]) == date(2024, 3, 5)

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (b"", "empty.csv"),
            (b"only one word", "word.csv"),
            (b"[{]", "broken.json"),
            (b"\x1f\x8b\x08broken", "broken.json.gz"),
            (b"PK\x03\x04 no workbook", "broken.xlsx"),
            (b"\xff\xff\xff\xff\x80", "noise.csv"),
        ],
    )
    def test_what_is_no_table_is_refused_with_the_reason(self, data: bytes, name: str) -> None:
        with pytest.raises(FileUnreadable, match=name):
            read_table(data, name)

    def test_columns_of_the_same_name_are_told_apart(self) -> None:
        table = read_table("名称,摘要,摘要\n甲,一,二\n".encode(), "catalog.csv")
        assert table.columns == ("名称", "摘要", "摘要 (2)")


class TestValues:
    @pytest.mark.parametrize(
        "cell",
        [
            "2023-06-16",
            "2023-6-16",
            "2023/6/16",
            "2023.06.16",
            "2023年6月16日",
            "20230616",
            "2023-06-16\n09:45",
            "２０２３-０６-１６",
        ],
    )
    def test_days_in_every_usual_writing(self, cell: str) -> None:
        assert values.day(cell) == date(2023, 6, 16)

    @pytest.mark.parametrize("cell", ["2023-13-01", "2023-02-30", "暂无", "长期", "", None])
    def test_what_is_no_day_is_none(self, cell: str | None) -> None:
        assert values.day(cell) is None

    @pytest.mark.parametrize(
        ("cell", "cycle"),
        [
            ("每天", UpdateCycle.DAILY),
            ("每日", UpdateCycle.DAILY),
            ("年", UpdateCycle.YEARLY),
            ("季度", UpdateCycle.QUARTERLY),
            ("每半年", UpdateCycle.HALF_YEARLY),
            ("每两年", UpdateCycle.TWO_YEARLY),
            ("006", UpdateCycle.HALF_YEARLY),
            ("6", UpdateCycle.YEARLY),
            (6.0, UpdateCycle.YEARLY),
            ("自定义", None),
        ],
    )
    def test_update_cycles(self, cell: Any, cycle: UpdateCycle | None) -> None:
        assert values.update_cycle(cell) is cycle

    @pytest.mark.parametrize("cell", [["xls", "xml", "xls"], "['xls', 'xml']", "XLS,xml", "xls、xml", "xls\nxml"])
    def test_formats_as_a_list_or_as_text(self, cell: Any) -> None:
        assert values.formats(cell) == ("xls", "xml")
        assert values.class_of(values.formats(cell)) is FormatClass.SPREADSHEET

    @pytest.mark.parametrize("cell", ["", None, "无", "暂无", "-", "none", "None", "null"])
    def test_nothing_never_means_something(self, cell: str | None) -> None:
        readers = (values.share_type, values.open_type, values.update_cycle, values.secrecy, values.basis_kind)
        assert [reader(cell) for reader in readers] == [None] * 5

    @pytest.mark.parametrize("cell", [None, [], "[]", "", "暂无"])
    def test_missing_formats_are_empty(self, cell: Any) -> None:
        assert values.formats(cell) == ()

    def test_text_loses_marks_for_nothing_and_keeps_its_lines(self) -> None:
        assert values.block("邮政局所\\n年份,邮路 \r\n\t 总数") == "邮政局所\n年份,邮路\n总数"
        assert values.line("\ufeff 人口\u200b\n信息 ") == "人口 信息"
        assert values.line("暂无") == values.line(None) == values.line("--") == ""
        assert values.number("21,626") == 21626

    def test_share_and_open_types_in_words_and_codes(self) -> None:
        assert [values.share_type(cell) for cell in ("无条件共享", "2", 3.0, "也许")] == [
            ShareType.UNCONDITIONAL,
            ShareType.CONDITIONAL,
            ShareType.NONE,
            None,
        ]
        assert values.open_type("依申请开放") is OpenType.CONDITIONAL
        assert values.open_type("否") is OpenType.CLOSED

    def test_item_types_by_letter_name_and_database_word(self) -> None:
        cells = ("C", "字符型C", "字符型", "VARCHAR2(50)", "数值型", "日期型", "int", "timestamp")
        assert [values.item_type(cell) for cell in cells] == [
            ItemType.TEXT,
            ItemType.TEXT,
            ItemType.TEXT,
            ItemType.TEXT,
            ItemType.NUMBER,
            ItemType.DATE,
            ItemType.INTEGER,
            ItemType.MOMENT,
        ]


class TestMapping:
    def test_template_decorations_do_not_hide_a_name(self) -> None:
        assert bare("*信息资源名称（必填）") == bare("3. 信息资源名称") == "信息资源名称"

    def test_a_condition_is_told_from_a_type_by_its_cells(self) -> None:
        types = [{"标题": "甲", "开放条件": "有条件开放"}] * 3
        assert propose_mapping(["标题", "开放条件"], types)["开放条件"][0] is Field.OPEN_TYPE
        texts = [{"标题": "甲", "是否向社会开放": "是", "开放条件": "须签订协议后使用"}] * 3
        made = propose_mapping(["标题", "是否向社会开放", "开放条件"], texts)
        assert made["是否向社会开放"][0] is Field.OPEN_TYPE
        assert made["开放条件"][0] is Field.OPEN_CONDITION

    def test_a_field_gets_one_column_and_a_column_one_field(self) -> None:
        columns = ["名称", "信息资源名称", "目录名称"]
        made = propose_mapping(columns, [dict.fromkeys(columns, "甲")])
        assert [field for field, _sure in made.values()].count(Field.NAME) == 1

    def test_names_never_seen_are_left_to_a_person_or_found_by_their_end(self) -> None:
        made = propose_mapping(
            ["政务数据目录名称", "咨询热线备注说明"], [{"政务数据目录名称": "甲", "咨询热线备注说明": "x"}]
        )
        assert made["政务数据目录名称"][0] is Field.NAME
        assert made["政务数据目录名称"][1] < 1
        assert "热线备注说明" not in made

    def test_the_guides_template_is_understood(self) -> None:
        columns = [
            *("序号", "关联业务事项", "信息资源名称", "信息资源代码", "下设机构", "信息资源摘要", "信息资源格式分类"),
            *("信息项名称", "数据类型", "数据长度", "共享类型", "共享条件/不予共享依据", "共享方式类型"),
            *("是否向社会开放", "开放条件", "更新周期", "发布日期"),
        ]
        row = dict.fromkeys(columns, "") | {
            "共享类型": "有条件共享",
            "是否向社会开放": "否",
            "更新周期": "每年",
            "数据类型": "C",
        }
        made = {column: field for column, (field, _sure) in propose_mapping(columns, [row]).items()}
        assert made == {
            "关联业务事项": Field.BUSINESS_ITEM,
            "信息资源名称": Field.NAME,
            "信息资源代码": Field.OUTSIDE_CODE,
            "下设机构": Field.INTERNAL_OFFICE,
            "信息资源摘要": Field.ABSTRACT,
            "信息资源格式分类": Field.FORMAT_CLASS,
            "信息项名称": Field.ITEM_NAME,
            "数据类型": Field.ITEM_TYPE,
            "数据长度": Field.ITEM_LENGTH,
            "共享类型": Field.SHARE_TYPE,
            "共享条件/不予共享依据": Field.SHARE_CONDITION,
            "共享方式类型": Field.CHANNELS,
            "是否向社会开放": Field.OPEN_TYPE,
            "开放条件": Field.OPEN_CONDITION,
            "更新周期": Field.UPDATE_CYCLE,
            "发布日期": Field.PUBLISHED_ON,
        }


MAPPING = {
    "名称": Field.NAME,
    "单位": Field.PROVIDER,
    "共享": Field.SHARE_TYPE,
    "条件": Field.SHARE_CONDITION,
    "依据类型": Field.BASIS_KIND,
    "理由": Field.NOSHARE_REASON,
    "格式": Field.FORMAT,
    "周期": Field.UPDATE_CYCLE,
    "密级": Field.SECRECY,
    "项": Field.ITEM_NAME,
    "型": Field.ITEM_TYPE,
    "长": Field.ITEM_LENGTH,
}


SILENT = Defaults()


def readings(*rows: dict[str, Any], defaults: Defaults = SILENT) -> list[Any]:
    return [read(group, defaults) for group in grouped(enumerate(rows, start=2), MAPPING)]


class TestRows:
    def test_rows_of_items_gather_into_one_entry_also_below_merged_cells(self) -> None:
        made = readings(
            {"名称": "人口", "单位": "公安局", "项": "姓名", "型": "C", "长": "50"},
            {"名称": "", "单位": "", "项": "身高", "型": "N", "长": "5,2"},
            {"名称": "人口", "单位": "公安局", "项": "生日", "型": "D"},
            {"名称": "车辆", "单位": "公安局", "项": "号牌", "型": "字符型", "长": 10.0},
        )
        assert [(one.group.row, one.content.name, len(one.content.items)) for one in made] == [
            (2, "人口", 3),
            (5, "车辆", 1),
        ]
        assert [(item.name, item.type, item.length) for item in made[0].content.items] == [
            ("姓名", ItemType.TEXT, 50),
            ("身高", ItemType.NUMBER, 5),
            ("生日", ItemType.DATE, None),
        ]

    def test_what_nobody_can_read_is_left_empty_and_noted(self) -> None:
        (made,) = readings({"名称": "人口", "单位": "局", "周期": "自定义"})
        assert made.content.update_cycle is None
        assert made.notes == ("update_cycle",)
        assert not made.reasons

    def test_how_it_is_shared_is_never_guessed(self) -> None:
        (made,) = readings({"名称": "人口", "单位": "局", "共享": "看情况"})
        assert [(reason.code, reason.facts["value"]) for reason in made.reasons] == [("value_unknown", "看情况")]

    def test_not_shared_needs_its_basis_in_an_import_too(self) -> None:
        row = {"名称": "案件", "单位": "局", "共享": "不予共享"}
        assert [reason.code for reason in readings(row)[0].reasons] == ["basis_missing"]
        row |= {"条件": "保守国家秘密法第九条", "理由": "法律禁止", "依据类型": "法律"}
        (made,) = readings(row)
        assert not made.reasons
        assert (made.content.basis_kind, made.content.basis_title) == (BasisKind.LAW, "保守国家秘密法第九条")

    def test_secrets_are_refused_row_by_row(self) -> None:
        (made,) = readings({"名称": "布防", "单位": "局", "密级": "机密"})
        assert "secret" in [reason.code for reason in made.reasons]
        assert readings({"名称": "人口", "单位": "局", "密级": "非涉密"})[0].content.secrecy is Secrecy.NONE

    def test_defaults_hold_where_the_file_is_silent_and_only_there(self) -> None:
        stated = Defaults(share_type=ShareType.CONDITIONAL, share_condition="依申请", share_scope="各部门履职")
        silent, speaking = readings(
            {"名称": "甲", "单位": "局"}, {"名称": "乙", "单位": "局", "共享": "无条件共享"}, defaults=stated
        )
        assert (silent.content.share_type, silent.content.share_scope) == (ShareType.CONDITIONAL, "各部门履职")
        assert (speaking.content.share_type, speaking.content.share_scope) == (ShareType.UNCONDITIONAL, "")

    def test_the_channel_follows_from_the_format(self) -> None:
        made = readings(
            {"名称": "甲", "单位": "局", "格式": "['xls', 'api']"},
            {"名称": "乙", "单位": "局", "格式": ["api"]},
            {"名称": "丙", "单位": "局", "格式": "mysql"},
        )
        assert [one.content.channels for one in made] == [(Channel.FILE,), (Channel.INTERFACE,), (Channel.TABLE,)]

    def test_items_that_share_a_name_are_told_apart(self) -> None:
        (made,) = readings(
            {"名称": "甲", "单位": "局", "项": "状态", "型": "C"},
            {"名称": "", "项": "状态", "型": "C"},
            {"名称": "", "项": "状态", "型": "N"},
        )
        assert [item.name for item in made.content.items] == ["状态", "状态 (2)"]


def test_the_quick_digest_of_a_snapshot_is_the_canonical_one() -> None:
    (made,) = readings({"名称": "人口\u2028“\U0001f600”", "单位": "局", "项": "姓名", "型": "C", "长": "50"})
    snapshot = to_json(made.content)
    assert digest_of(snapshot) == digest(snapshot)


class TestClassOfARow:
    def content(self, mapping: dict[str, Field], **row: str) -> Reading:
        (group,) = grouped([(2, {"名称": "人口", **row})], {"名称": Field.NAME, **mapping})
        return read(group, Defaults(class_code="2"), classes=profile("guide-2017").classes)

    @pytest.mark.parametrize(("said", "code"), [("人口", "101"), ("1-01", "101"), ("部门信息资源类", "3"), ("", "2")])
    def test_a_class_may_be_said_by_name_or_by_code(self, said: str, code: str) -> None:
        reading = self.content({"分类": Field.CLASS_CODE}, 分类=said)
        assert (reading.content.class_code, reading.notes, reading.reasons) == (code, (), ())

    def test_a_name_that_nobody_knows_is_noted_and_a_code_of_another_form_refused(self) -> None:
        unknown = self.content({"分类": Field.CLASS_CODE}, 分类="天气")
        assert (unknown.content.class_code, unknown.notes, unknown.reasons) == ("2", ("class_code",), ())
        assert self.content({"分类": Field.CLASS_CODE}, 分类="9/000001").reasons[0].facts == {"field": "class_code"}

    def test_the_templates_own_columns_say_it_part_by_part(self) -> None:
        assert self.content({}, 类="基础信息资源", 项="法人单位", 目="", 细目="").content.class_code == "102"
        assert self.content({}, 类="1", 项="01", 目="002").content.class_code == "101002"
