"""What reviewers send back is found before they read."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hefu.rooms.catalog.terms import Channel, Content, FormatClass, ItemContent, ItemType, ShareType
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.terms import CHECKS, Check, Neighbours

GOOD = Content(
    "户籍人口基本信息",
    abstract="本市户籍人口的姓名、性别、出生日期等基本情况。",
    class_code="306001",
    format_class=FormatClass.DATABASE,
    format_types=("postgresql",),
    share_type=ShareType.UNCONDITIONAL,
    channels=(Channel.TABLE,),
    system_name="人口管理系统",
    items=(ItemContent("姓名", "xm", ItemType.TEXT, 50), ItemContent("出生日期", "csrq", ItemType.DATE)),
)


def checks(content: Content, around: Neighbours = Neighbours()) -> set[Check]:  # noqa: B008 - it is frozen
    return {one.check for one in decide.findings(content, around)}


def test_a_good_entry_has_no_finding() -> None:
    around = Neighbours((("306001/000001", "流动人口信息"),), frozenset({"人口管理系统"}), {"存储总量/G": "12.5"})
    assert checks(GOOD, around) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: replace(c, name="人口管理 系统"), Check.NAME_IS_SYSTEM),
        (lambda c: replace(c, name="阳光养老平台"), Check.NAME_LIKE_SYSTEM),
        (lambda c: replace(c, class_code="306"), Check.CODE_SHORT),
        (lambda c: replace(c, abstract=" "), Check.NO_ABSTRACT),
        (lambda c: replace(c, abstract="户籍人口、基本信息"), Check.ABSTRACT_EMPTY_WORDS),
        (lambda c: replace(c, format_types=("XLSX",)), Check.FORMAT_TYPE),
        (
            lambda c: replace(c, format_class=FormatClass.SPREADSHEET, format_types=("xlsx",)),
            Check.CHANNEL,
        ),
        (lambda c: replace(c, items=()), Check.NO_ITEMS),
        (lambda c: replace(c, items=(ItemContent("姓名"),)), Check.ITEM_TYPE),
        (lambda c: replace(c, items=(ItemContent("姓名", type=ItemType.TEXT),)), Check.ITEM_LENGTH),
        (
            lambda c: replace(
                c, items=tuple(ItemContent(f"项{n}", type=ItemType.TEXT, length=50 + n) for n in range(4))
            ),
            Check.LENGTHS_COUNT_UP,
        ),
    ],
)
def test_each_fault_is_found_and_nothing_else(change: Callable[[Content], Content], expected: Check) -> None:
    assert checks(change(GOOD)) == {expected}


def test_a_name_that_differs_in_signs_only_is_found_with_the_other_code() -> None:
    [found] = decide.findings(GOOD, Neighbours((("306001/000009", "户籍人口（基本信息）"),)))
    assert (found.check, found.facts) == (Check.NAMESAKE, {"code": "306001/000009"})


def test_names_that_count_up_are_found_but_years_are_not() -> None:
    beside = Neighbours((("1", "低保对象信息11"), ("2", "统计年鉴2023")))
    assert checks(replace(GOOD, name="低保对象信息12"), beside) == {Check.COUNTS_UP}
    assert checks(replace(GOOD, name="低保对象信息14"), beside) == set()
    assert checks(replace(GOOD, name="统计年鉴2024"), beside) == set()


@pytest.mark.parametrize("cell", ["12G", "约3万条", "无"])
def test_a_census_column_takes_bare_numbers(cell: str) -> None:
    assert checks(GOOD, Neighbours(original={"结构化记录数（条）": cell})) == {Check.CENSUS}
    assert checks(GOOD, Neighbours(original={"结构化记录数（条）": 0, "备注": cell})) == set()


def test_every_check_has_its_sentence() -> None:
    assert set(CHECKS) == set(Check)


GUIZHOU = Neighbours(identifiers=frozenset({"citizen_id", "credit_code"}))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("姓名", "出生日期"), {Check.NO_CITIZEN_ID}, marks=pytest.mark.clause("GZ2020-12a")),
        pytest.param(("法定代表人姓名",), {Check.NO_CITIZEN_ID}, marks=pytest.mark.clause("GZ2020-12a")),
        pytest.param(("姓名", "公民身份号码"), set(), marks=pytest.mark.clause("GZ2020-12a")),
        pytest.param(("企业名称", "地址"), {Check.NO_CREDIT_CODE}, marks=pytest.mark.clause("GZ2020-12b")),
        pytest.param(("单位名称", "统一社会信用代码"), set(), marks=pytest.mark.clause("GZ2020-12b")),
        (("街道名称", "面积"), set()),
    ],
)
def test_whoever_is_named_is_named_by_the_number_that_the_law_of_the_place_wants(
    names: tuple[str, ...], expected: set[Check]
) -> None:
    content = replace(GOOD, items=tuple(ItemContent(name, "", ItemType.TEXT, 50) for name in names))
    assert checks(content, GUIZHOU) == expected
    assert checks(content) == set()
