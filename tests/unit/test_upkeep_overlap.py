"""Which columns may be compared by their values, and what an overlap does to a pair's score."""

import pytest

from hefu.dataplane.sketch import Overlap, Share
from hefu.rooms.catalog.terms import Grade
from hefu.rooms.upkeep.decide import alike_by_values, left_out, likeness, matches, says_something, weighed
from hefu.rooms.upkeep.terms.cases import Likeness, Side
from hefu.rooms.upkeep.terms.naming import By, Match
from hefu.rooms.upkeep.terms.overlap import Column, LeftOut

FIRST = Side("企业登记信息", ("企业代码", "注册资本", "成立日期"), ("qydm", "zczb", "clrq"))
OTHER = Side("税源清册", ("纳税人编码", "实缴资本", "开业日期"), ("nsrbm", "sjzb", "kyrq"))


def seen(share: float, low: float, sample: int) -> Overlap:
    one = Share(share, low, 1.0, sample)
    return Overlap(one, one, one)


@pytest.mark.parametrize(
    ("column", "why", "permitted"),
    [
        (Column("企业代码", "qydm", "qydm", "text"), None, None),
        (Column("注册资本", "zczb", "zczb", "numeric(12,2)", grade=Grade.GENERAL), None, None),
        (Column("企业代码", "qydm", "qydm", "text", grade=Grade.IMPORTANT), LeftOut.GRADED, LeftOut.GRADED),
        (Column("企业代码", "qydm", "qydm", "text", grade=Grade.CORE), LeftOut.GRADED, LeftOut.GRADED),
        (Column("银行账号", "yhzh", "c7", "text"), LeftOut.SENSITIVE, LeftOut.SENSITIVE),
        (Column("诊断", "x", "c7", "text"), LeftOut.SENSITIVE, LeftOut.SENSITIVE),
        (Column("编号", "bh", "bh", "text", personal_info="sensitive"), LeftOut.SENSITIVE, LeftOut.SENSITIVE),
        (Column("企业代码", "qydm", "qydm", "text", personal_info="personal"), None, None),
        (Column("身份证号码", "sfzh", "c7", "text"), LeftOut.PERSONAL, None),
        (Column("编号", "c7", "sfzh", "text"), LeftOut.PERSONAL, None),
        (Column("编号", "sfzhm", "c7", "text"), LeftOut.PERSONAL, None),
        (Column("编号", "c7", "c7", "text", pattern="citizen_id"), LeftOut.LOOKS_PERSONAL, None),
        (Column("照片", "zp", "zp", "bytea"), LeftOut.TYPE, LeftOut.TYPE),
        (Column("在用", "zy", "zy", "boolean"), LeftOut.TYPE, LeftOut.TYPE),
        (Column("更新时间", "gxsj", "gxsj", "timestamp without time zone"), LeftOut.TYPE, LeftOut.TYPE),
    ],
)
def test_what_is_graded_sensitive_or_personal_is_left_out_and_a_law_permits_personal_alone(
    column: Column, why: LeftOut | None, permitted: LeftOut | None
) -> None:
    assert left_out(column, personal_permitted=False) is why
    assert left_out(column, personal_permitted=True) is permitted


def test_columns_are_alike_from_half_on_where_enough_was_seen() -> None:
    assert alike_by_values(seen(0.9, 0.5, 30))
    assert not alike_by_values(seen(0.9, 0.49, 30))
    assert not alike_by_values(seen(1.0, 1.0, 29))
    assert not says_something(seen(0.0, 0.0, 29))


def test_items_of_the_same_values_count_like_items_of_one_name() -> None:
    everything = [(0, 0), (1, 1), (2, 2)]
    assert likeness(FIRST, OTHER).items == 0
    assert likeness(FIRST, OTHER, everything).items == 100
    assert likeness(FIRST, FIRST, everything) == likeness(FIRST, FIRST), "what is alike already counts once"
    found = matches(FIRST, OTHER, [(0, 0), (0, 1), (1, 0)])
    assert [(one.first, one.second, one.by) for one in found] == [(0, 0, (By.VALUES,))], "each item once"
    assert matches(FIRST, FIRST, [(0, 0)])[0].by == (By.NAME, By.CODE, By.VALUES)


@pytest.mark.parametrize(("contained", "score"), [(100, 86), (95, 86), (80, 80), (50, 71), (0, 56), (4, 56)])
def test_values_raise_and_lower_a_score_by_tenths(contained: int, score: int) -> None:
    words = Likeness(80, 80, 80, 80)
    like = [Match(0, 0, (By.NAME,)), Match(1, 1, (By.NAME,))]
    assert weighed(words, like, {(0, 0): contained, (7, 7): 1}) == (score, contained)
    assert weighed(words, like, {}) == (80, None)
