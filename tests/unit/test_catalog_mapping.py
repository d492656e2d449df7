"""What the columns of foreign catalogues mean: by names in several languages, by sounds, by what cells look like."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.mapping import held_back, portals, share
from hefu.cli.catalog import command
from hefu.rooms.catalog.importing.assignment import assigned
from hefu.rooms.catalog.importing.mapping import propose, propose_mapping
from hefu.rooms.catalog.importing.names import bare, general, words
from hefu.rooms.catalog.importing.notions import Field, field_named, portal_name
from hefu.rooms.catalog.importing.own import GRAPH, RECORD, SHEET, own_mapping

CATALOGS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "03-catalogs-cn"


def proposed(*columns: str, rows: list[dict[str, Any]] | None = None) -> dict[str, str | None]:
    guesses = propose(columns, rows or [])
    return {column: guess.field and guess.field.value for column, guess in guesses.items()}


class TestNames:
    def test_words_of_programs_are_spelled_in_full(self) -> None:
        assert words("lastUpdTm") == words("last_update_time") == ("last", "update", "time")
        assert words("ORG_NM") == ("organization", "name")
        assert words("publishdate") == ("publish", "date")

    @pytest.mark.parametrize(
        ("columns", "fields"),
        [
            (("zymc", "tgdw", "gxpl", "fbsj", "gxsj"), "name provider update_cycle published_on updated_on"),
            (("mingcheng", "tigongdanwei", "gengxinzhouqi"), "name provider update_cycle"),
            (("cataTitle", "orgName", "updateCycle", "openType"), "name provider update_cycle open_type"),
            (("ds_nm", "dept_nm", "ds_desc", "pub_dt"), "name provider abstract published_on"),
            (("資料名稱", "提供機關", "更新頻率", "標籤"), "name provider update_cycle tags"),
            (("title", "publisher.name", "accrualPeriodicity"), "name provider update_cycle"),
            (("Titre", "Organisme", "Fréquence", "Mots-clés"), "name provider update_cycle tags"),
            (("Название", "Ведомство", "Дата обновления"), "name provider updated_on"),
        ],
    )
    def test_names_in_other_languages_by_initials_and_in_pinyin(self, columns: tuple[str, ...], fields: str) -> None:
        assert list(proposed(*columns).values()) == fields.split()

    def test_clicks_licences_and_line_numbers_are_nothing(self) -> None:
        made = proposed("标题", "数据量", "浏览量", "下载次数", "序号", "评分", "viewCount", "license")
        assert [column for column, field in made.items() if field] == ["标题", "数据量"]

    @pytest.mark.parametrize(
        ("columns", "fields"),
        [
            ("目录名 所属部门 数据领域 数据条目数 下载量", "name provider theme row_count None"),
            ("数据集中文名称 数源单位 更新频次 开放等级", "name provider update_cycle open_type"),
            (
                "cata_title org_name group_name released_time conf_update_cycle down_count",
                "name provider theme published_on update_cycle None",
            ),
            ("datasetTitle deptName keyWords contactPhone", "name provider tags phone"),
        ],
    )
    def test_layouts_that_were_not_at_hand_are_understood(self, columns: str, fields: str) -> None:
        assert [str(field) for field in proposed(*columns.split()).values()] == fields.split()

    def test_our_own_layouts_are_known_whole(self) -> None:
        for layout in (SHEET, RECORD, GRAPH):
            assert own_mapping(list(layout)) == {column: field for column, field in layout.items() if field}
            assert own_mapping(list(layout)[3:9]) is None

    def test_a_struck_name_is_not_known_any_more(self) -> None:
        from hefu.rooms.catalog.importing.names import Lexicon

        assert general().likeness("机构分类", Field.PROVIDER) > 0.9
        assert Lexicon(without=["机构分类"]).likeness("机构分类", Field.PROVIDER) < 0.9

    def test_both_vocabularies_name_a_field(self) -> None:
        assert field_named("department") is field_named("provider") is Field.PROVIDER
        assert field_named("nonsense") is None
        assert {field_named(portal_name(field)) for field in Field} == set(Field)


class TestValues:
    ROWS = [
        {
            "a": f"企业登记信息第{place}批",
            "b": ["市公安局", "市统计局", "住房和城乡建设局"][place % 3],
            "c": ["每年", "每月"][place % 2],
            "d": "['xls', 'csv']",
            "e": "有条件开放",
            "f": f"2021-03-{place % 27 + 1:02d}",
            "g": f"2023-05-{place % 27 + 1:02d}",
            "h": f"https://data.example.org/{place}",
            "i": f"本数据说明了第{place}批企业登记的全部内容，包括名称、地址、法定代表人和经营范围等",
        }
        for place in range(40)
    ]

    def test_cells_alone_tell_most_columns(self) -> None:
        assert proposed(*"abcdefghi", rows=self.ROWS) == {
            "a": "name",
            "b": "provider",
            "c": "update_cycle",
            "d": "format",
            "e": "open_type",
            "f": "published_on",
            "g": "updated_on",
            "h": "detail_url",
            "i": "abstract",
        }

    def test_a_name_does_not_win_over_cells_that_cannot_be_so(self) -> None:
        rows = [{"更新时间": "每年", "标题": f"甲{place}信息"} for place in range(20)]
        assert proposed("标题", "更新时间", rows=rows)["更新时间"] != "updated_on"

    def test_an_empty_column_waits_for_one_with_cells(self) -> None:
        rows = [{"title": f"Street trees {n}", "groups": [], "theme-primary": "Transport"} for n in range(12)]
        assert proposed("title", "groups", "theme-primary", rows=rows)["theme-primary"] == "theme"
        assert proposed("title", "groups")["groups"] == "theme"

    def test_the_surer_column_gets_the_field_and_says_so(self) -> None:
        guesses = propose(["标题", "c7"], [{"标题": f"甲{place}号信息", "c7": "每年"} for place in range(30)])
        assert guesses["标题"].confidence > guesses["c7"].confidence > 0.5

    def test_what_people_mapped_before_counts(self) -> None:
        assert proposed("某某栏")["某某栏"] is None
        made = propose_mapping(["某某栏"], [], learned={"某某栏*": Field.THEME})
        assert made["某某栏"][0] is Field.THEME


class TestAssignment:
    @given(
        st.integers(1, 5).flatmap(
            lambda width: st.lists(st.lists(st.floats(0, 1), min_size=width, max_size=width), min_size=1, max_size=5)
        )
    )
    def test_no_other_matching_gains_more(self, gains: list[list[float]]) -> None:
        made = assigned(gains)
        taken = [place for place in made if place is not None]
        assert len(taken) == len(set(taken))
        total = sum(row[place] for row, place in zip(gains, made, strict=True) if place is not None)
        assert total == pytest.approx(_most(gains, 0, frozenset()))


def _most(gains: list[list[float]], row: int, taken: frozenset[int]) -> float:
    if row == len(gains):
        return 0.0
    free = [place for place in range(len(gains[0])) if place not in taken]
    with_one = [gains[row][place] + _most(gains, row + 1, taken | {place}) for place in free]
    return max([_most(gains, row + 1, taken), *with_one])


class TestCommand:
    def test_map_prints_what_columns_mean_without_a_database(self, tmp_path: Path) -> None:
        file = tmp_path / "目录.csv"
        file.write_bytes("目录名称,提供单位,怪栏\n人口信息,市公安局,☃\n".encode("gb18030", errors="replace"))
        done = CliRunner().invoke(command, ["map", str(file), "--json"])
        assert done.exit_code == 0, done.output
        told = json.loads(done.output)
        assert told["目录名称"]["to"] == "title"
        assert told["提供单位"]["to"] == "department"
        assert told["怪栏"]["to"] is None
        assert all(0 <= one["confidence"] <= 1 for one in told.values())
        assert "目录名称" in CliRunner().invoke(command, ["map", str(file)]).output


def test_names_lose_their_decorations() -> None:
    assert bare("*信息資源名稱（必填）") == bare("3. 信息资源名称") == "信息资源名称"


@pytest.mark.skipif(not CATALOGS.exists(), reason="real catalogues are not here")
def test_a_portal_held_back_is_understood_all_the_same() -> None:
    """Each portal in turn: names only its layout uses are struck, other layouts are learned from."""
    found = portals(CATALOGS)
    assert len(found) >= 14
    right = total = 0
    for portal in found:
        lexicon, learned = held_back(portal, found)
        understood, wrong = share(portal, lexicon=lexicon, learned=learned)
        assert understood / len(portal.right) >= 0.85, (portal.name, wrong)
        right, total = right + understood, total + len(portal.right)
    assert right / total >= 0.98
