"""Conditions and masks as people write them: read into their types, written back the same."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.masks import (
    Bin,
    Code,
    Constant,
    Cover,
    DateShift,
    DateTrunc,
    Drop,
    FormatPreserving,
    Hash,
    Mask,
    Null,
    Round,
    Translate,
    Truncate,
)
from hefu.kernel.refusal import InputsRejected
from hefu.rooms.catalog.terms import ItemType, ShareType
from hefu.rooms.requests.decide.scope import row_fault
from hefu.rooms.requests.terms import Offer, OfferedItem
from hefu.rooms.requests.terms.written import read_condition, read_mask, write_condition, write_mask

TYPES = {
    "name": ItemType.TEXT,
    "born": ItemType.DATE,
    "seen": ItemType.MOMENT,
    "alive": ItemType.LOGICAL,
    "age": ItemType.INTEGER,
    "income": ItemType.MONEY,
    "remark": "",
}
OFFER = Offer(
    UUID(int=1),
    "101/000001",
    "人口",
    1,
    UUID(int=2),
    ShareType.CONDITIONAL,
    ("table",),
    tuple(OfferedItem(UUID(int=10 + place), code, code, kind) for place, (code, kind) in enumerate(TYPES.items())),
)


@pytest.mark.parametrize(
    ("code", "operator", "text", "condition"),
    [
        ("name", "=", " 张三 ", Equals("name", "张三")),
        ("remark", "=", "5", Equals("remark", "5")),
        ("name", "in", "张三，李四,\n王五", OneOf("name", ("张三", "李四", "王五"))),
        ("born", "between", "1940-01-01..", Between("born", date(1940, 1, 1), None)),
        ("born", "between", " 1940-01-01 .. 1959-12-31 ", Between("born", date(1940, 1, 1), date(1959, 12, 31))),
        ("seen", "=", "2026-03-11T09:30", Equals("seen", datetime(2026, 3, 11, 9, 30))),  # noqa: DTZ001
        ("alive", "=", "是", Equals("alive", True)),
        ("alive", "=", "no", Equals("alive", False)),
        ("age", "between", "..17", Between("age", None, 17)),
        ("income", "=", "1200.50", Equals("income", Decimal("1200.50"))),
        ("name", "starts", "张", StartsWith("name", "张")),
        ("born", "null", "", IsNull("born")),
    ],
)
def test_a_condition_is_read_in_the_items_own_type(code: str, operator: str, text: str, condition: Condition) -> None:
    read = read_condition(code, operator, text, offer=OFFER)
    assert read == condition
    assert row_fault(RowFilter((read,)), OFFER) == ""
    assert read_condition(*write_condition(read), offer=OFFER) == read


@pytest.mark.parametrize(
    ("code", "operator", "text"),
    [
        ("salary", "=", "1"),
        ("name", "like", "张%"),
        ("born", "=", "昨天"),
        ("born", "in", "1940-01-01, 1940-13-01"),
        ("seen", "=", "noon"),
        ("alive", "=", "maybe"),
        ("age", "=", "1.5"),
        ("income", "=", "NaN"),
        ("income", "=", "many"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(code: str, operator: str, text: str) -> None:
    with pytest.raises(InputsRejected) as caught:
        read_condition(code, operator, text, offer=OFFER)
    assert set(caught.value.problems) == {"rows"}


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("cover:6:4", Cover(6, 4)),
        ("cover:1", Cover(1, 0)),
        ("cover", Cover()),
        ("truncate:3", Truncate(3)),
        ("bin:1000", Bin(1000)),
        ("round:-2", Round(-2)),
        ("hash:dazhou", Hash("dazhou")),
        ("month", DateTrunc("month")),
        ("year", DateTrunc("year")),
        ("null", Null()),
        ("drop", Drop()),
        ("digits:dazhou", FormatPreserving("dazhou")),
        ("citizen_id:R2026-000001", FormatPreserving("R2026-000001", "citizen_id")),
        ("shift:a:b:180:id_number", DateShift("a:b", "id_number", 180)),
        ("translate:1=男; 2=女;9=a=b", Translate((Code("1", "男"), Code("2", "女"), Code("9", "a=b")))),
        ("translate-keep:1=；2=女", Translate((Code("1", ""), Code("2", "女")), "keep")),
        ("constant:不予提供: 见条件", Constant("不予提供: 见条件")),
    ],
)
def test_a_mask_is_read_and_written_back(text: str, mask: Mask) -> None:
    assert read_mask(text) == mask
    assert read_mask(write_mask(mask)) == mask


@pytest.mark.parametrize(
    "text",
    [
        "", "blur", "cover:x", "cover:-1", "truncate", "bin:0", "round:two", "hash:", "digits", "citizen_id:",
        "shift:180:id", "shift:s:0:id", "shift:s:9:", "translate", "translate:1;2", "translate-keep:;",
    ],
)  # fmt: skip
def test_a_mask_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(InputsRejected) as caught:
        read_mask(text)
    assert set(caught.value.problems) == {"masks"}
