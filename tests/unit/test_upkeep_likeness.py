"""Entries that are alike meet in a bucket, others do not; and the score says how alike they are."""

import random

import pytest

from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.decide import matches, telling
from hefu.rooms.upkeep.terms.cases import Side
from hefu.rooms.upkeep.terms.naming import By, Match

FIRM = Side("企业登记基本信息", ("企业名称", "统一社会信用代码", "法定代表人", "注册资本", "成立日期", "住所"))
TAX = Side("纳税人企业登记信息", ("企业名称", "统一社会信用代码", "法定代表人", "注册资本", "成立日期", "税务登记日期"))
TREES = Side("古树名木信息", ("树种", "树龄", "胸径", "树高", "养护单位"))


def test_the_same_data_under_two_names_is_near_and_names_what_both_hold() -> None:
    found = decide.likeness(FIRM, TAX)
    assert found.score >= decide.NEAR
    assert set(found.shared) == set(FIRM.items) & set(TAX.items)
    assert set(decide.bands(FIRM)) & set(decide.bands(TAX))


def test_other_data_is_far_and_meets_nowhere() -> None:
    assert decide.likeness(FIRM, TREES).score < decide.WARNS
    assert not set(decide.bands(FIRM)) & set(decide.bands(TREES))


def test_items_of_other_names_are_known_by_their_codes_but_not_by_initials() -> None:
    codes = ("entname", "uniscid", "lerep", "regcap", "estdate")
    ours = Side("企业登记信息", ("企业名称", "统一社会信用代码", "法定代表人", "注册资本", "成立日期"), codes)
    theirs = Side("市场主体名录", ("主体名称", "信用代码", "负责人", "出资额", "设立日"), codes)
    found = decide.likeness(ours, theirs)
    assert found.score >= decide.NEAR
    assert set(found.shared) == set(ours.items)
    assert set(decide.bands(ours)) & set(decide.bands(theirs))
    initials = ("xm", "bh", "rq", "dz", "lx")
    first = Side("人员名册", ("姓名", "编号", "日期", "地址", "类型"), initials)
    second = Side("工程台账", ("项目", "标号", "容器", "段子", "路线"), initials)
    assert decide.likeness(first, second).score < decide.WARNS
    assert not set(decide.bands(first)) & set(decide.bands(second))


def test_without_items_only_nearly_equal_names_count() -> None:
    assert decide.likeness(Side("低保对象信息"), Side("低保对象（信息）")).score == 100
    assert decide.likeness(Side("低保对象信息"), Side("低保家庭信息")).score < decide.WARNS


def test_an_entry_contained_in_a_larger_one_is_near() -> None:
    small = Side("法人名录", FIRM.items[:4])
    large = Side("市场主体全量信息", FIRM.items + tuple(f"字段{n}" for n in range(20)))
    assert decide.likeness(small, large).contained == 100
    assert decide.likeness(small, large).score >= decide.NEAR


def test_order_width_and_signs_of_items_make_no_difference() -> None:
    other = Side(FIRM.name, tuple(reversed([f" {name}（）" for name in FIRM.items])))
    assert decide.likeness(FIRM, other).score == 100
    assert decide.bands(FIRM) == decide.bands(other)


@pytest.mark.parametrize(("kept", "least"), [(9, 0.97), (7, 0.7)])
def test_entries_with_most_items_in_common_nearly_always_meet(kept: int, least: float) -> None:
    """Of items in common 9 of 11 meet with probability above .99, 7 of 13 with about .85."""
    chance = random.Random(4)
    met = 0
    for _try in range(200):
        words = [f"{chance.randrange(10**9)}" for _one in range(13)]
        first = Side("甲", tuple(words[:10]))
        second = Side("乙", tuple(words[:kept] + [f"x{word}" for word in words[kept:10]]))
        met += bool(set(decide.bands(first)) & set(decide.bands(second)))
    assert met / 200 >= least


class TestMatches:
    """Which items of two entries are alike."""

    def test_items_are_alike_by_name_then_by_code_and_each_once(self) -> None:
        first = Side("甲", ("姓名", "证件号", "备注"), ("xm", "sfzhm", "bz"), ("C", "C", "C"))
        second = Side("乙", ("公民身份号码", "姓 名", "电话"), ("SFZHM", "mz", "bz"), ("C", "N", ""))
        assert matches(first, second) == (
            Match(0, 1, (By.NAME,), same_type=False),
            Match(1, 0, (By.CODE,), same_type=True),
        ), "initials of two letters say nothing"

    def test_two_items_of_one_name_or_code_are_not_both_matched_to_one(self) -> None:
        first = Side("甲", ("电话", "电话", "号码"), ("dianhua", "lxdh2", "lxdh2"))
        second = Side("乙", ("电话", "住址"), ("lxdh2", "zhuzhi"))
        assert [(one.first, one.second) for one in matches(first, second)] == [(0, 0)]

    def test_what_is_alike_one_way_is_alike_the_other(self) -> None:
        first = Side("甲", ("姓名", "证件号", "住址"), ("xm", "sfzhm", "address"))
        second = Side("乙", ("住址", "公民身份号码"), ("zz", "sfzhm"))
        there = {(one.second, one.first) for one in matches(second, first)}
        assert {(one.first, one.second) for one in matches(first, second)} == there

    def test_items_that_every_table_has_tell_no_datum(self) -> None:
        assert telling("备 注", "remark_of_case") == ("", "")
        assert telling("企业名称", "name") == ("企业名称", "")
        assert telling("信用代码", "TYSHXYDM") == ("信用代码", "tyshxydm")
