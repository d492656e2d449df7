"""Files of catalogues as offices send them: encodings, headers, merged cells, envelopes, graphs, and bounds."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from hefu.kernel.refusal import InputsRejected
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing import table as bounds
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.reading import Table, read_table
from hefu.rooms.catalog.importing.rows import grouped, read
from hefu.rooms.catalog.importing.source import site_asked
from hefu.rooms.catalog.importing.terms import Defaults
from hefu.rooms.catalog.terms import ItemType, ShareType

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the real input is not here")


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [cells for _number, cells in table.rows]


def mapped(table: Table) -> dict[str, Field]:
    return {column: field for column, (field, _sure) in propose_mapping(table.columns, table.samples()).items()}


class TestText:
    @pytest.mark.parametrize("encoding", ["big5", "gb18030", "utf-8", "utf-16", "utf-16-le"])
    def test_traditional_and_simplified_chinese_in_their_encodings(self, encoding: str) -> None:
        text = "資料名稱,提供機關,更新頻率\n臺北市公車站牌位置圖,交通局,每年\n市民活動中心一覽表,民政局,不定期\n"
        if encoding == "gb18030":
            text = "数据名称,提供单位,更新频率\n公交站点位置,交通运输局,每年\n社区活动中心,民政局,不定期\n"
        table = read_table(text.encode(encoding), "list.csv")
        assert list(mapped(table).values()) == [Field.NAME, Field.PROVIDER, Field.UPDATE_CYCLE]
        assert len(table.rows) == 2

    def test_latin_text_of_old_windows(self) -> None:
        table = read_table("nom;organisme\nécoles;mairie\n".encode("cp1252"), "liste.csv")
        assert rows_of(table) == [{"nom": "écoles", "organisme": "mairie"}]

    def test_a_few_broken_bytes_do_not_spoil_a_file(self) -> None:
        text = "目录名称,提供单位\n" + "人口基本信息,市公安局\n" * 300
        data = text.encode("gb18030")[:-1] + b"\xff\n"
        assert len(read_table(data, "list.csv").rows) == 300

    def test_a_sheet_without_header_gets_numbered_columns_and_keeps_its_first_row(self) -> None:
        text = "停车场位置,公布停车场位置,/dataset/parking\n学校名单,公布学校名单,/dataset/schools\n"
        table = read_table(text.encode(), "list.csv")
        assert table.columns == ("column 1", "column 2", "column 3")
        assert table.rows[0] == (
            1,
            {"column 1": "停车场位置", "column 2": "公布停车场位置", "column 3": "/dataset/parking"},
        )
        assert "column 1" not in [column for column, field in mapped(table).items() if field is Field.ITEM_NAME]

    def test_cells_beyond_the_header_are_kept(self) -> None:
        table = read_table("名称,单位\n甲,局\n乙,局,多出来的\n".encode(), "list.csv")
        assert table.rows[1][1] == {"名称": "乙", "单位": "局", "column 3": "多出来的"}
        assert table.columns == ("名称", "单位", "column 3")

    def test_the_delimiter_is_the_even_one_not_the_frequent_one(self) -> None:
        text = "名称;单位\n人口, 户籍, 身份, 出生;公安局\n企业, 登记, 注销, 变更;市监局\n"
        assert read_table(text.encode(), "list.csv").columns == ("名称", "单位")

    def test_a_quote_too_many_swallows_nothing(self) -> None:
        text = '名称,摘要\n甲,说"明\n' + "".join(f"{place},摘要{place}\n" for place in range(50))
        assert len(read_table(text.replace("甲", '"甲').encode(), "list.csv").rows) >= 50


def template_of_1272() -> bytes:
    """Return a sheet as the guide's annex lays it out: title, two header lines, entries merged over item rows."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.add_worksheet("填报说明").write_column(0, 0, ["一、填报范围", "二、填报要求"])
    sheet = book.add_worksheet("政务信息资源目录")
    names = ["序号", "信息资源名称", "信息资源代码", "信息资源提供方", "信息资源摘要"]
    groups = [
        ("信息项信息", ["信息项名称", "数据类型", "数据长度"]),
        ("共享属性", ["共享类型", "共享条件", "共享方式类型"]),
    ]
    sheet.merge_range(0, 0, 0, 12, "某市政务信息资源目录")
    for place, name in enumerate(names):
        sheet.merge_range(1, place, 2, place, name)
    place = len(names)
    for group, inner in groups:
        sheet.merge_range(1, place, 1, place + len(inner) - 1, group)
        for offset, name in enumerate(inner):
            sheet.write(2, place + offset, name)
        place += len(inner)
    for offset, name in enumerate(["更新周期", "发布日期"]):
        sheet.merge_range(1, place + offset, 2, place + offset, name)
    entries = [
        (
            1,
            "常住人口信息",
            "307001/1",
            "市公安局",
            "常住人口",
            [("姓名", "C", 50), ("出生日期", "D", None), ("民族", "C", 20)],
        ),
        (2, "机动车信息", "307001/2", "市公安局", "机动车", [("号牌", "C", 10), ("登记日期", "D", None)]),
    ]
    line = 3
    for number, name, code, provider, abstract, items in entries:
        last = line + len(items) - 1
        for column, cell in enumerate([number, name, code, provider, abstract]):
            sheet.merge_range(line, column, last, column, cell)
        for offset, item in enumerate(items):
            sheet.write_row(line + offset, 5, [cell for cell in item if cell is not None])
        for column, cell in enumerate(["有条件共享", "仅用于核验", "接口", "每月", "2024-03-01"], start=8):
            sheet.merge_range(line, column, last, column, cell)
        line = last + 1
    book.close()
    return file.getvalue()


class TestSheets:
    @pytest.mark.clause("D809-13")
    def test_the_guides_template_with_merged_cells_and_item_rows(self) -> None:
        table = read_table(template_of_1272(), "目录.xlsx")
        fields = mapped(table)
        assert {column: fields.get(column) for column in table.columns} == {
            "序号": None,
            "信息资源名称": Field.NAME,
            "信息资源代码": Field.OUTSIDE_CODE,
            "信息资源提供方": Field.PROVIDER,
            "信息资源摘要": Field.ABSTRACT,
            "信息项名称": Field.ITEM_NAME,
            "数据类型": Field.ITEM_TYPE,
            "数据长度": Field.ITEM_LENGTH,
            "共享类型": Field.SHARE_TYPE,
            "共享条件": Field.SHARE_CONDITION,
            "共享方式类型": Field.CHANNELS,
            "更新周期": Field.UPDATE_CYCLE,
            "发布日期": Field.PUBLISHED_ON,
        }
        made = [read(group, Defaults()) for group in grouped(table.rows, fields)]
        assert [(one.content.name, one.provider) for one in made] == [
            ("常住人口信息", "市公安局"),
            ("机动车信息", "市公安局"),
        ]
        assert [(item.name, item.type) for item in made[0].content.items] == [
            ("姓名", ItemType.TEXT),
            ("出生日期", ItemType.DATE),
            ("民族", ItemType.TEXT),
        ]
        assert made[1].content.share_type is ShareType.CONDITIONAL
        assert made[1].group.row == 7

    def test_a_provider_merged_over_many_entries_holds_for_each(self) -> None:
        file = io.BytesIO()
        book = xlsxwriter.Workbook(file, {"in_memory": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["提供单位", "目录名称"])
        sheet.merge_range(1, 0, 3, 0, "市教育局")
        sheet.write_column(1, 1, ["学校名单", "学区划分", "教师名册"])
        book.close()
        assert [row["提供单位"] for row in rows_of(read_table(file.getvalue(), "a.xlsx"))] == ["市教育局"] * 3

    def test_line_breaks_inside_a_header_are_no_part_of_the_name(self) -> None:
        text = '"目录\n名称","更新\n周期"\n甲,每年\n'
        assert read_table(text.encode(), "a.csv").columns == ("目录名称", "更新周期")

    def test_the_header_repeated_on_each_printed_page_is_no_row(self) -> None:
        text = "目录名称,提供单位\n甲,局\n目录名称,提供单位\n乙,局\n"
        assert [row["目录名称"] for row in rows_of(read_table(text.encode(), "a.csv"))] == ["甲", "乙"]


class TestJson:
    ENTRIES = [{"title": f"t{place}", "publisher": {"name": "office"}} for place in range(3)]

    @pytest.mark.parametrize(
        "envelope",
        [
            {"code": 200, "data": {"page": {"total": 3, "records": ENTRIES}}},
            {"hits": {"total": 3, "hits": [{"_id": one["title"], "_source": one} for one in ENTRIES]}},
            {f"id-{place}": one for place, one in enumerate(ENTRIES)},
            {"success": True, "result": {"count": 3, "results": ENTRIES, "facets": {}}},
        ],
    )
    def test_envelopes_of_any_depth_are_taken_off(self, envelope: dict[str, Any]) -> None:
        table = read_table(json.dumps(envelope).encode(), "answer.json")
        assert [(row["title"], row["publisher.name"]) for row in rows_of(table)] == [
            (f"t{place}", "office") for place in range(3)
        ]

    def test_columns_beside_rows_and_columns_as_lists(self) -> None:
        beside = {"columns": ["标题", "提供单位"], "data": [["甲", "局"], ["乙", "局"]]}
        lists = {"标题": ["甲", "乙"], "提供单位": ["局", "局"]}
        arrays = [["标题", "提供单位"], ["甲", "局"], ["乙", "局"]]
        for document in (beside, lists, arrays):
            table = read_table(json.dumps(document).encode(), "a.json")
            assert rows_of(table) == [{"标题": "甲", "提供单位": "局"}, {"标题": "乙", "提供单位": "局"}]

    def test_what_programs_wrap_around_json_is_passed_over(self) -> None:
        for text in ('callback([{"标题": "甲"}]);', 'var list = [{"标题": "甲"}];', '\ufeff[{"标题": "甲"}]'):
            assert rows_of(read_table(text.encode(), "a.json")) == [{"标题": "甲"}]

    def test_a_saved_answer_of_a_ckan_site(self) -> None:
        package = {
            "title": "Budget",
            "name": "budget-2024",
            "notes": "Spending by office",
            "organization": {"title": "Treasury", "name": "treasury"},
            "metadata_modified": "2024-05-01T10:00:00",
            "tags": [{"name": "money"}, {"name": "budget"}],
            "resources": [{"format": "CSV", "url": "https://example.org/b.csv"}, {"format": "XLSX", "url": "b.xlsx"}],
            "extras": [{"key": "frequency", "value": "annual"}],
        }
        other = package | {"title": "Schools", "name": "schools"}
        answer = {"success": True, "result": {"count": 2, "results": [package, other]}}
        table = read_table(gzip.compress(json.dumps(answer).encode()), "package_search.json.gz")
        fields = mapped(table)
        assert fields["title"] is Field.NAME
        assert fields["organization.title"] is Field.PROVIDER
        assert fields["extras.frequency"] is Field.UPDATE_CYCLE
        assert fields["resources.format"] is Field.FORMAT
        assert rows_of(table)[0]["resources.format"] == ["CSV", "XLSX"]


TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://example.org/1> a dcat:Dataset ;
  dct:title "常住人口"@zh, "Residents"@en ;
  dct:description "Residents by district"@en ;
  dct:publisher [ a foaf:Agent ; foaf:name "Police" ] ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:keyword "people", "count" ;
  dcat:distribution [ a dcat:Distribution ; dct:format "CSV" ; dcat:accessURL <https://example.org/1.csv> ] .
"""


class TestGraphs:
    def test_turtle_gives_a_row_for_each_dataset(self) -> None:
        table = read_table(TURTLE.encode(), "catalogue.ttl")
        (row,) = rows_of(table)
        assert (row["title"], row["publisher.name"], row["accrualPeriodicity"]) == ("常住人口", "Police", "ANNUAL")
        assert mapped(table)["distribution.format"] is Field.FORMAT

    def test_json_ld_is_read_without_fetching_its_context(self) -> None:
        document = {
            "@context": "https://example.org/context.jsonld",
            "@graph": [
                {"@id": "https://example.org/1", "@type": "dcat:Dataset", "dct:title": "Budget"},
                {"@id": "https://example.org/2", "@type": "dcat:Dataset", "dct:title": "Schools"},
            ],
        }
        table = read_table(json.dumps(document).encode(), "catalogue.jsonld")
        assert [row["title"] for row in rows_of(table)] == ["Budget", "Schools"]

    def test_entities_that_multiply_are_refused(self) -> None:
        text = (
            '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;</rdf:RDF>'
        )
        with pytest.raises(FileUnreadable, match="entities"):
            read_table(text.encode(), "bomb.rdf")

    @needs_data
    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("udata-dcat/catalog.xml", 5),
            ("udata-dcat/flat.jsonld", 3),
            ("ckanext-dcat/dcat/catalog.rdf", 2),
            ("us-data-json/fda.json", 86),
            ("us-data-json/gsa.json.gz", 339),
        ],
    )
    def test_real_catalogues_of_other_countries(self, name: str, count: int) -> None:
        table = read_table((DATA / "09-interop" / name).read_bytes(), name)
        assert len(table.rows) == count
        assert {Field.NAME, Field.ABSTRACT, Field.PROVIDER} <= set(mapped(table).values())


class TestBounds:
    def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hefu.rooms.catalog.importing.reading.LARGEST_UNPACKED", 100_000)
        with pytest.raises(FileUnreadable, match="unpacks"):
            read_table(gzip.compress(b"0" * 200_000), "bomb.csv.gz")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/workbook.xml", "0" * 200_000)
        with pytest.raises(FileUnreadable, match="unpacks"):
            read_table(file.getvalue(), "bomb.xlsx")

    def test_too_many_rows_or_columns_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bounds, "MOST_ROWS", 5)
        with pytest.raises(FileUnreadable, match="rows"):
            read_table("名称,单位\n".encode() + "甲,局\n".encode() * 6, "long.csv")
        monkeypatch.setattr(bounds, "MOST_COLUMNS", 5)
        with pytest.raises(FileUnreadable, match="columns"):
            read_table("名称,单位,摘要,a,b,c\n甲,乙,丙,丁,戊,己\n".encode(), "wide.csv")

    def test_json_nested_without_end_is_refused(self) -> None:
        with pytest.raises(FileUnreadable, match="JSON"):
            read_table(b"[" * 100_000, "deep.json")

    @needs_data
    @pytest.mark.parametrize(
        "file", sorted((DATA / "10-mess").glob("*")) if DATA.exists() else [], ids=lambda one: one.name
    )
    def test_messy_files_are_read_or_refused_with_a_reason(self, file: Path) -> None:
        unreadable = {"leading-zeros.csv", "number-format-multicode.xlsx"}  # one column, so no list of entries
        if file.name in unreadable:
            with pytest.raises(FileUnreadable, match=file.name):
                read_table(file.read_bytes(), file.name)
        else:
            assert read_table(file.read_bytes(), file.name).rows


class TestSites:
    @pytest.mark.parametrize(
        "typed",
        [
            "https://data.example.org",
            "https://data.example.org/",
            " HTTPS://Data.Example.org/dataset?q=x#top ",
            "https://data.example.org/zh_Hans_CN/organization/mzj",
            "https://data.example.org/api/3/action/package_search",
            "https://data.example.org/en/datasets",
        ],
    )
    def test_whatever_page_of_a_site_is_pasted_its_own_address_is_found(self, typed: str) -> None:
        assert site_asked(typed).site == "https://data.example.org"

    def test_a_site_below_a_path_and_a_port_keeps_both(self) -> None:
        assert site_asked("http://10.1.2.3:5000/opendata/dataset/x").site == "http://10.1.2.3:5000/opendata"

    @pytest.mark.parametrize(
        "typed",
        [
            *("", "data.example.org", "ftp://x", "file:///etc/passwd", "http://", "http://[::1", "http://x:99999"),
            *("http://x:0", "http://a:b@x/", "http://a@x/", "http://x y/", "http://x\r\nHost: y/"),
            "https://" + "x" * 600,
        ],
    )
    def test_what_is_no_open_web_address_is_named(self, typed: str) -> None:
        with pytest.raises(InputsRejected) as refused:
            site_asked(typed)
        assert set(refused.value.problems) == {"site"}

    def test_an_organization_cannot_carry_a_query_of_its_own(self) -> None:
        with pytest.raises(InputsRejected) as refused:
            site_asked("https://x.example", 'a" OR "b', "w" * 201)
        assert set(refused.value.problems) == {"organization", "words"}
