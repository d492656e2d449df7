"""A plan is refused with everything that is wrong at once, before a row moves."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hefu.dataplane.checks import CitizenId, CodeSet, DateRange, NotNull, Pattern, UniqueKey
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.filters import Between, Equals, OneOf, RowFilter
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
    Translate,
)
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Item, Ticket
from hefu.dataplane.types import parse
from hefu.dataplane.wire import from_json, to_json
from tests.unit.test_dataplane_ticket import TICKET


def columns(**types: str) -> list[ColumnFacts]:
    return [ColumnFacts(name, parse(written.rstrip("!")), not written.endswith("!")) for name, written in types.items()]


SOURCE = columns(id="text!", name="varchar(40)", birth="date", score="integer", point="double precision")


def a_ticket(**changes: Any) -> Ticket:
    plain = {"items": (Item("id", "id"), Item("name", "name")), "key": ("id",), "filter": RowFilter(), "checks": ()}
    return replace(TICKET, **{**plain, **changes})


def problems(target: list[ColumnFacts] | None = None, **changes: Any) -> tuple[str, ...]:
    with pytest.raises(PlanRefused) as caught:
        compile_plan(a_ticket(**changes), SOURCE, target, {"known": "s"})
    return caught.value.problems


def test_every_misfit_is_named_at_once() -> None:
    found = problems(
        items=(
            Item("id", "id"),
            Item("absent", "absent"),
            Item("birth", "born", mask=Cover(1)),
            Item("score", "s", "text("),
        ),
        filter=RowFilter((Equals("town", "x"), Equals("birth", "1990"))),
        checks=(CitizenId("birth"), UniqueKey(("point",)), NotNull("gone")),
        key=("id", "name"),
    )
    text = "\n".join(found)
    for sign in ("'absent'", "covering", "'town'", "'birth' (date) with str", "citizen_id(birth)", "unique_key(point)",
                 "not_null(gone)", "key column 'name'", "is not a type"):  # fmt: skip
        assert sign in text
    assert len(found) == 9


def test_what_the_catalogue_promises_must_be_what_the_source_can_give() -> None:
    assert (
        "promised as date, but the source gives character varying(40)"
        in problems(items=(Item("id", "id"), Item("name", "name", "date")))[0]
    )


def test_a_mask_changes_the_type_that_must_fit() -> None:
    target = columns(id="text", born="date", score="integer")
    items = (Item("id", "id"), Item("birth", "born", mask=DateTrunc("year")), Item("score", "score", mask=Bin(10)))
    assert "item 'score' is bigint, the target's column is integer" in problems(target, items=items)


def test_a_dropped_item_is_no_column_and_names_no_row() -> None:
    kept = Item("name", "name")
    plan = compile_plan(a_ticket(items=(kept, Item("id", "name", mask=Drop())), key=("name",)), SOURCE, None, {})
    assert [output.name for output in plan.outputs] == ["name"]
    assert "not among the granted items" in problems(items=(kept, Item("id", "id", mask=Drop())))[0]
    assert "grants no items" in problems(items=(Item("id", "id", mask=Drop()),))[0]
    assert "does not have it" in problems(items=(Item("id", "id"), Item("gone", "x", mask=Drop())))[0]


@pytest.mark.parametrize(
    ("column", "mask", "problem"),
    [
        ("score", FormatPreserving("known"), "digits in text, not integer"),
        ("name", FormatPreserving("unknown"), "'unknown' is not known here"),
        ("birth", DateShift("unknown", "id", 9), "'unknown' is not known here"),
        ("name", DateShift("known", "id", 9), "not character varying(40)"),
        ("birth", DateShift("known", "gone", 9), "'gone' is to say whose row it is"),
        ("birth", DateShift("known", "point", 9), "no one text"),
        ("birth", DateShift("known", "id", 0), "1 to 3653 days"),
        ("birth", Translate((Code("1", "2"),)), "not date"),
        ("name", Translate(()), "1 to 1,000 lines"),
        ("name", Translate((Code("1", "2"), Code("1", "3"))), "each code once"),
        ("name", Translate((Code("1\0", "2"),)), "200 signs"),
    ],
)
def test_masks_that_hide_nothing_or_too_much_are_refused(column: str, mask: Mask, problem: str) -> None:
    assert problem in problems(items=(Item("id", "id"), Item(column, "x", mask=mask)))[0]


def test_a_code_table_rejects_what_it_does_not_know_unless_it_keeps_it() -> None:
    codes = (Code("1", "M"),)
    for unknown, checks in (("reject", (CodeSet("name", ("1",)),)), ("keep", ())):
        ticket = a_ticket(items=(Item("id", "id"), Item("name", "sex", mask=Translate(codes, unknown))))
        assert compile_plan(ticket, SOURCE, None, {}).checks == checks
        assert from_json(to_json(ticket), Ticket) == ticket


def test_a_row_that_two_lists_of_codes_reject_is_counted_once() -> None:
    ticket = a_ticket(
        items=(Item("id", "id"), Item("name", "sex", mask=Translate((Code("1", "M"),)))),
        checks=(CodeSet("name", ("1", "2")),),
    )
    assert reasons(0b11, compile_plan(ticket, SOURCE, None, {}).checks) == ("code_set(name)",)


def test_no_salt_is_written_into_a_query_of_a_permutation_or_a_shift() -> None:
    masks = (Item("id", "id", mask=FormatPreserving("known")), Item("birth", "b", mask=DateShift("known", "id", 9)))
    for dialect in Dialect:
        plan = compile_plan(a_ticket(items=masks), SOURCE, None, {"known": "a secret"}, engine=dialect)
        assert "a secret" not in SourceSql(plan, dialect, {"known": "a secret"}, "people").outputs


def test_a_target_that_refuses_null_needs_a_check_that_assures_a_value() -> None:
    target = columns(id="text!", name="text!", more="integer!")
    found = problems(target)
    assert len(found) == 2
    assert "'name' refuses NULL, but the source's may be NULL" in found[0]
    assert "'more' refuses NULL and no item is delivered to it" in found[1]
    assured = a_ticket(checks=(NotNull("name"),))
    assert compile_plan(assured, SOURCE, target[:2], {}).checks == (NotNull("name"),)
    covered = a_ticket(items=(Item("id", "id"), Item("name", "name", mask=Constant("x"))))
    assert compile_plan(covered, SOURCE, target[:2], {})
    hidden = (Item("id", "id"), Item("name", "name", mask=Null()))
    assert "'name' refuses NULL" in problems(target[:2], items=hidden, checks=(NotNull("name"),))[0]


def test_a_column_that_the_target_computes_is_not_written() -> None:
    target = [*columns(id="text"), ColumnFacts("name", parse("text"), generated=True)]
    assert "is computed there" in problems(target)[0]


def test_a_salt_must_be_known_when_rows_are_to_move_and_not_before() -> None:
    items = (Item("id", "id", mask=Hash("unknown")),)
    assert "the salt 'unknown' is not known here" in problems(items=items)[0]
    assert compile_plan(a_ticket(items=items), SOURCE, None, None)


def test_a_float_is_no_key_and_a_key_is_needed() -> None:
    items = (Item("point", "point"),)
    assert "has no one text" in problems(items=items, key=("point",))[0]
    assert "names no key" in problems(key=())[0]


def test_no_column_is_granted_or_delivered_twice() -> None:
    found = problems(items=(Item("id", "id"), Item("id", "other"), Item("name", "other")))
    assert found == ("two items are delivered as 'other'", "column 'id' is granted twice")


@pytest.mark.parametrize(
    "check",
    [CodeSet("id", ()), Pattern("id", "(a"), Pattern("score", "a"), DateRange("score"), CodeSet("birth", ("1",))],
)
def test_a_check_that_cannot_be_asked_is_refused(check: Any) -> None:
    assert len(problems(checks=(check,))) == 1


def a_plan(**changes: Any) -> Plan:
    return compile_plan(a_ticket(**changes), SOURCE, None, {"known": "se'cret"})


def test_names_and_values_are_quoted() -> None:
    source = [ColumnFacts('i"d', parse("text")), *SOURCE]
    ticket = a_ticket(
        items=(Item('i"d', 'o"ut'),), key=('i"d',), filter=RowFilter((OneOf('i"d', ("a' or true --", "\\")),))
    )
    sql = SourceSql(compile_plan(ticket, source, None, {}), Dialect.POSTGRES, {}, '"s"."t"')
    assert sql.outputs == '"i""d" as "o""ut"'
    assert sql.granted == "\"i\"\"d\" collate \"C\" in ('a'' or true --', '\\')"


def test_a_value_is_cast_to_the_type_it_has_there() -> None:
    plan = compile_plan(a_ticket(), SOURCE, columns(id="text", name="text"), {})
    sql = SourceSql(plan, Dialect.POSTGRES, {}, "t")
    assert sql.outputs == '"id" as "id", cast("name" as text) as "name"'


def test_a_closed_range_and_an_open_one_are_written_out() -> None:
    plan = a_plan(filter=RowFilter((Between("birth", date(1990, 1, 1), None), Between("score", None, 5))))
    sql = SourceSql(plan, Dialect.POSTGRES, {}, "t")
    assert sql.granted == '("birth" >= cast(\'1990-01-01\' as date)) and ("score" <= (5))'


def test_a_secret_stays_out_of_a_plans_repr() -> None:
    assert "cret" not in repr(a_plan(items=(Item("id", "id", mask=Hash("known")),)))
