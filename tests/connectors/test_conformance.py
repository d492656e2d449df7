"""Masks, filters and checks mean the same in PostgreSQL, DuckDB, Spark, in our kernels and in plain Python."""

import os
import string
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hefu.dataplane.checks import (
    Check,
    CitizenId,
    CodeSet,
    CreditCode,
    DateRange,
    NotNull,
    Pattern,
    UniqueKey,
)
from hefu.dataplane.checks.kernels import is_dear
from hefu.dataplane.checks.kernels import passes as kernel_passes
from hefu.dataplane.checks.sql import passes_sql
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideLost, SideRefused
from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.filters_sql import filter_sql
from hefu.dataplane.join import Joining, JoinKind, compile_join
from hefu.dataplane.join_sql import count_sql, join_sql
from hefu.dataplane.lanes.query import chunk_query
from hefu.dataplane.masks import (
    Bin,
    Code,
    Constant,
    Cover,
    DateShift,
    DateTrunc,
    FormatPreserving,
    Hash,
    Mask,
    Null,
    Round,
    Translate,
    Truncate,
)
from hefu.dataplane.masks.sql import mask_sql, masked_type
from hefu.dataplane.plan import compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.spark.session import SparkConnect
from hefu.dataplane.ticket import Item
from hefu.dataplane.types import Kind, SqlType, duckdb_type, parse
from hefu.kernel.identifiers import citizen_id, credit_code
from tests.conftest import Database
from tests.connectors import model
from tests.connectors.place import Place
from tests.connectors.spark import ADDRESS, a_session

SALTS = {"s": "盐 'salt' \\"}
BOTH = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW = settings(BOTH, max_examples=2)


class Engines:
    """A session of each engine, asked the same of the same values."""

    def __init__(self, spark: SparkConnect) -> None:
        self.spark = spark
        self.postgres = psycopg.connect(os.environ["HEFU_DATABASE_URL"], autocommit=True)
        self.postgres.execute("set timezone = 'UTC'")
        self.postgres.execute("set standard_conforming_strings = on")
        self.duck = duckdb.connect(config={"threads": 1})

    def ask(
        self, values: Sequence[Any], written: str, expression: dict[Dialect, str], *, whole: bool = False
    ) -> dict[Dialect, list[Any]]:
        """Return the value of an expression over column "v" for each value, per engine."""
        of = parse(written)
        self.postgres.execute(f"create temp table given (i int, v {written})")
        try:
            with self.postgres.cursor() as cursor:
                cursor.executemany("insert into given values (%s, %s)", list(enumerate(values)))
                cursor.execute(f"select {expression[Dialect.POSTGRES]} from given order by i".encode())
                first = [row[0] for row in cursor.fetchall()]
        finally:
            self.postgres.execute("drop table given")
        self.duck.execute(f"create or replace table given (i int, v {duckdb_type(of)})")
        if values:
            self.duck.executemany("insert into given values (?, ?)", [[i, v] for i, v in enumerate(values)])
        second = [
            row[0] for row in self.duck.execute(f"select {expression[Dialect.DUCKDB]} from given order by i").fetchall()
        ]
        if not whole and not self._asks_spark(values, expression):
            return {Dialect.POSTGRES: first, Dialect.DUCKDB: second}
        third = self._in_spark(values, Dialect.SPARK.cast("v", str(duckdb_type(of))), expression[Dialect.SPARK])
        return {Dialect.POSTGRES: first, Dialect.DUCKDB: second, Dialect.SPARK: third}

    @staticmethod
    def _asks_spark(values: Sequence[Any], expression: dict[Dialect, str]) -> bool:
        """Spark plans a long expression slowly: Apache Spark, when it is named, is asked all, Sail every sixth."""
        return ADDRESS in os.environ or zlib.crc32(repr((values, expression)).encode()) % 6 == 0

    def _in_spark(self, values: Sequence[Any], typed: str, expression: str) -> list[Any]:
        lines = [f"({place}, {_spark_literal(value)})" for place, value in enumerate(values)]
        given = f"select i, {typed} as v from values {', '.join(lines)} as given (i, v)"
        rows = self.spark.ask(f"select i, {expression} from ({given}) as typed") if values else []
        return [row[1] for row in sorted(rows, key=lambda row: row[0])]

    def close(self) -> None:
        self.postgres.close()
        self.duck.close()


def _spark_literal(value: Any) -> str:
    if value is None:
        return "cast(null as string)"
    return Dialect.SPARK.text(repr(value) if isinstance(value, float) else str(value))


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    with a_session() as spark:
        three = Engines(spark)
        yield three
        three.close()


#: What PostgreSQL can hold as text; surrogates and NUL it cannot.
signs = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
texts = st.one_of(
    st.text(signs, max_size=12),
    st.text(string.digits + "０１２-X xab", max_size=20),
    st.sampled_from(["", "欧阳娜娜", "13812345678", "e\u0301a", "👨‍👩‍👧", "=1+1", "\\N", "'", "\n", "a\n"]),
)
ints = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-120, 120))
decimals = st.decimals(min_value=-99999, max_value=99999, places=2)
floats = st.floats(allow_nan=False, allow_infinity=False, width=64).filter(lambda x: abs(x) < 1e300)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
moments = st.datetimes(datetime.min, datetime(9999, 12, 31))  # noqa: DTZ001, DTZ901 - of no zone


def several(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(st.none(), of), min_size=1, max_size=30)


def check_mask(engines: Engines, mask: Mask, values: list[Any], written: str, *, whole: bool = False) -> None:
    of = parse(written)
    result = masked_type(mask, of)
    expression = {
        dialect: dialect.cast(
            mask_sql(mask, dialect.name_of("v"), of, dialect, SALTS, {"i": parse("integer"), "v": of}),
            str(result) if dialect is Dialect.POSTGRES else str(duckdb_type(result)),
        )
        for dialect in Dialect
    }
    wanted = [model.masked(mask, value, SALTS, subject=str(place)) for place, value in enumerate(values)]
    for dialect, got in engines.ask(values, written, expression, whole=whole).items():
        assert got == wanted, (dialect, mask, values)


@BOTH
@given(
    several(texts),
    st.one_of(
        st.builds(Cover, st.integers(0, 4), st.integers(0, 4), st.sampled_from("*×'#")),
        st.builds(Truncate, st.integers(0, 5)),
        st.builds(Hash, st.just("s"), st.integers(8, 64)),
        st.builds(
            Translate,
            st.lists(st.builds(Code, texts, texts), min_size=1, unique_by=lambda code: code.of).map(tuple),
            st.sampled_from(["reject", "keep"]),
        ),
        st.just(Null()),
        st.builds(Constant, texts),
    ),
)
@example(["欧阳娜娜", None, "", "王"], Cover(1, 1))
def test_text_masks_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "text")


@FEW
@given(
    several(st.one_of(texts, st.from_regex(r"[0-9]{5,25}[X\n]?", fullmatch=True))),
    st.builds(FormatPreserving, st.just("s"), st.sampled_from(["digits", "citizen_id"])),
)
@example(
    ["11010519491231002X", "13812345678", "000000", "9" * 24, "12345", None, "", "１１０１０５"], FormatPreserving("s")
)
@example(
    ["11010519491231002X", "110105194912310021", "0" * 17 + "X", "11010519491231002x"],
    FormatPreserving("s", "citizen_id"),
)
def test_permuted_digits_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "text", whole=True)


def test_a_mask_reads_no_column_for_a_part_of_its_own(engines: Engines) -> None:
    wanted = model.masked(FormatPreserving("s"), "13812345678", SALTS)
    ask = {
        Dialect.POSTGRES: lambda query: engines.postgres.execute(query.encode()).fetchall(),
        Dialect.DUCKDB: lambda query: engines.duck.execute(query).fetchall(),
        Dialect.SPARK: engines.spark.ask,
    }
    for dialect, names in ((Dialect.POSTGRES, "abuwr"), (Dialect.DUCKDB, "hr"), (Dialect.SPARK, "h")):
        for column in map(dialect.name_of, names):
            expression = mask_sql(FormatPreserving("s"), column, parse("text"), dialect, SALTS, {})
            given = f"select {dialect.cast(dialect.text('13812345678'), 'text')} as {column}"
            assert ask[dialect](f"select {expression} from ({given}) as t") == [(wanted,)], (dialect, column)


@BOTH
@given(several(ints), st.lists(ints.map(str), min_size=1, unique=True))
def test_translated_numbers_have_one_meaning(engines: Engines, values: list[Any], codes: list[str]) -> None:
    check_mask(engines, Translate(tuple(Code(code, f"→{code}") for code in codes), "keep"), values, "integer")


@BOTH
@given(several(ints), st.one_of(st.builds(Bin, st.integers(1, 10**9)), st.builds(Round, st.integers(-9, 3))))
@example([-5, 5, -15, 15, 25, None, 0, -1], Round(-1))
@example([-(2**31), 2**31 - 1], Bin(10**9))
def test_integer_masks_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "integer")


@BOTH
@given(several(st.integers(-(2**63), 2**63 - 1)), st.builds(Bin, st.integers(1, 10**9)))
@example([-(2**63), 2**63 - 1], Bin(1000))
def test_bins_of_the_largest_integers_still_have_room(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "bigint")


@BOTH
@given(several(decimals), st.one_of(st.builds(Bin, st.integers(1, 10**6)), st.builds(Round, st.integers(-3, 2))))
@example([Decimal("0.05"), Decimal("-0.05"), Decimal("2.50"), Decimal("-2.50"), None], Round(0))
@example([Decimal("99999.95"), Decimal("-99999.95")], Round(1))
def test_decimal_masks_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "numeric(8,2)")


@BOTH
@given(several(floats), st.builds(Bin, st.integers(1, 1000)))
def test_float_bins_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    of = parse("double precision")
    expression = {dialect: mask_sql(mask, dialect.name_of("v"), of, dialect, SALTS, {}) for dialect in Dialect}
    answers = engines.ask(values, "double precision", expression)
    assert all(answer == answers[Dialect.POSTGRES] for answer in answers.values())


@BOTH
@given(
    several(days.filter(lambda day: 10 < day.year < 9980)),
    st.one_of(
        st.sampled_from([DateTrunc("month"), DateTrunc("year"), Hash("s", 16)]),
        st.builds(DateShift, st.just("s"), st.just("i"), st.integers(1, 3653)),
    ),
)
def test_date_masks_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "date")


@BOTH
@given(
    several(moments.filter(lambda moment: 10 < moment.year < 9980)),
    st.sampled_from([DateTrunc("month"), DateTrunc("year"), DateShift("s", "i", 180)]),
)
def test_timestamp_masks_have_one_meaning(engines: Engines, values: list[Any], mask: Mask) -> None:
    check_mask(engines, mask, values, "timestamp")


def check_filter(engines: Engines, condition: Condition, values: list[Any], written: str) -> None:
    of = {"v": parse(written)}
    expression = {dialect: filter_sql(RowFilter((condition,)), of, dialect) for dialect in Dialect}
    wanted = [model.opens(condition, value) for value in values]
    for dialect, got in engines.ask(values, written, expression).items():
        # In a WHERE clause NULL closes the row, so it counts as false.
        assert [bool(each) for each in got] == wanted, (dialect, condition, values)


@BOTH
@given(
    several(texts),
    st.one_of(
        st.builds(Equals, st.just("v"), texts),
        st.builds(OneOf, st.just("v"), st.lists(texts, min_size=1, max_size=12).map(tuple)),
        st.builds(Between, st.just("v"), st.none() | texts, st.none() | texts),
        st.builds(StartsWith, st.just("v"), texts),
        st.just(IsNull("v")),
    ),
)
def test_text_conditions_have_one_meaning(engines: Engines, values: list[Any], condition: Condition) -> None:
    check_filter(engines, condition, values, "text")


@BOTH
@given(
    several(ints),
    st.one_of(
        st.builds(Equals, st.just("v"), ints),
        st.builds(OneOf, st.just("v"), st.lists(ints, min_size=1, max_size=12).map(tuple)),
        st.builds(Between, st.just("v"), st.none() | ints, st.none() | ints),
        st.builds(Between, st.just("v"), decimals, decimals),
    ),
)
def test_number_conditions_have_one_meaning(engines: Engines, values: list[Any], condition: Condition) -> None:
    check_filter(engines, condition, values, "integer")


@BOTH
@given(several(days), st.builds(Between, st.just("v"), st.none() | days, st.none() | days))
def test_date_conditions_have_one_meaning(engines: Engines, values: list[Any], condition: Condition) -> None:
    check_filter(engines, condition, values, "date")


def test_no_condition_opens_every_row(engines: Engines) -> None:
    of = {"v": parse("text")}
    expression = {dialect: filter_sql(RowFilter(), of, dialect) for dialect in Dialect}
    assert engines.ask([None, "a"], "text", expression, whole=True) == {dialect: [True, True] for dialect in Dialect}


def check_check(engines: Engines, check: Check, values: list[Any], written: str) -> None:
    of = parse(written)
    expression = {dialect: passes_sql(check, {"v": of}, dialect) for dialect in Dialect}
    wanted = [model.passes(check, value) for value in values]
    for dialect, got in engines.ask(values, written, expression).items():
        assert got == wanted, (dialect, check, values)
    if is_dear(check, of):
        assert kernel_passes(check, pa.array(values, pa.string())).tolist() == wanted, (check, values)


@st.composite
def citizen_numbers(draw: st.DrawFn) -> str:
    """A citizen number, right or damaged in one place."""
    born = draw(st.dates(date(1900, 1, 1), date(2030, 12, 31)))
    body = f"{draw(st.integers(110000, 659999))}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    number = body + citizen_id.check_digit(body)
    match draw(st.integers(0, 6)):
        case 0:
            place = draw(st.integers(0, 17))
            return number[:place] + draw(st.sampled_from("0123456789Xx０１ a")) + number[place + 1 :]
        case 1:
            odd = body[:10] + draw(st.sampled_from(["0230", "0229", "1301", "0431", "0000", "1232"])) + body[14:]
            return odd + citizen_id.check_digit(odd)
        case 2:
            return number + draw(st.sampled_from(["", " ", "\n"]))
        case 3:
            odd = body[:6] + "0000" + body[10:]
            return odd + citizen_id.check_digit(odd)
        case _:
            return number


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    """A credit code, right or damaged in one place."""
    body = draw(st.sampled_from(["91", "11", "52", "Y1"])) + f"{draw(st.integers(110000, 659999))}"
    body += draw(st.text(credit_code.ALPHABET, min_size=9, max_size=9))
    code = body + credit_code.check_digit(body)
    match draw(st.integers(0, 3)):
        case 0:
            place = draw(st.integers(0, 17))
            return code[:place] + draw(st.sampled_from("0123456789ABIOSVZa９ ")) + code[place + 1 :]
        case 1:
            return code.lower()
        case _:
            return code


@BOTH
@given(several(citizen_numbers() | texts))
@example(["11010519491231002X", "11010519491231002x", "１1010519491231002X", None, ""])
def test_citizen_numbers_have_one_meaning(engines: Engines, values: list[Any]) -> None:
    check_check(engines, CitizenId("v"), values, "text")


@BOTH
@given(several(credit_codes() | texts))
@example(["91110000600037341L", "91110000600037341l", None, ""])
def test_credit_codes_have_one_meaning(engines: Engines, values: list[Any]) -> None:
    check_check(engines, CreditCode("v"), values, "text")


@BOTH
@given(several(texts), st.lists(texts, min_size=1, max_size=15).map(tuple))
def test_code_sets_have_one_meaning(engines: Engines, values: list[Any], codes: tuple[str, ...]) -> None:
    check_check(engines, CodeSet("v", codes), values, "text")


@BOTH
@given(several(ints), st.lists(ints.map(str), min_size=1, max_size=15).map(tuple))
def test_code_sets_of_numbers_have_one_meaning(engines: Engines, values: list[Any], codes: tuple[str, ...]) -> None:
    check_check(engines, CodeSet("v", codes), values, "integer")


limits = st.none() | st.dates(date(1, 1, 1), date(9998, 12, 31))
written_days = st.one_of(
    days.map(lambda day: day.isoformat()),
    days.map(lambda day: day.isoformat().replace("-", "")),
    st.builds(
        "{:04d}-{:02d}-{:02d}".format,
        st.sampled_from([0, 1, 1900, 2000, 2023, 2024]),
        st.integers(0, 13),
        st.integers(0, 32),
    ),
    texts,
)


@BOTH
@given(several(written_days), limits, limits)
@example(["2024-02-29", "2023-02-29", "20240230", "2024-2-9", "２０２４-01-01", "0000-01-01", None], None, None)
def test_days_in_text_have_one_meaning(
    engines: Engines, values: list[Any], low: date | None, high: date | None
) -> None:
    check_check(engines, DateRange("v", low, high), values, "text")


@BOTH
@given(several(days), limits, limits)
def test_day_ranges_have_one_meaning(engines: Engines, values: list[Any], low: date | None, high: date | None) -> None:
    check_check(engines, DateRange("v", low, high), values, "date")


@BOTH
@given(several(moments), limits, limits)
@example([datetime(2025, 8, 1, 23, 59, 59, 999999), datetime(2025, 8, 2)], None, date(2025, 8, 1))  # noqa: DTZ001
def test_moments_of_the_last_day_are_within_the_range(
    engines: Engines, values: list[Any], low: date | None, high: date | None
) -> None:
    check_check(engines, DateRange("v", low, high), values, "timestamp")


@BOTH
@given(
    several(st.one_of(texts, st.from_regex(r"1[3-9][0-9]{9}\n?", fullmatch=True))),
    st.sampled_from(
        [
            "1[3-9][0-9]{9}", "a|b", "(?:ab)*", ".", ".{2,3}", "[^0-9]+", r"\+?[0-9]*", "[一-龥]{2,4}", r"[\]\-a]+",
            "(a|b)?c", "[A-Z]?[0-9]{1,12}",
        ]
    ),
)  # fmt: skip
@example(["\n", "a\n", "aa", "欧阳"], ".")
def test_patterns_have_one_meaning(engines: Engines, values: list[Any], pattern: str) -> None:
    check_check(engines, Pattern("v", pattern), values, "text")


@BOTH
@given(several(texts))
def test_not_null_has_one_meaning(engines: Engines, values: list[Any]) -> None:
    check_check(engines, NotNull("v"), values, "text")


@BOTH
@given(several(st.sampled_from(["a", "A", "b", "", " ", "a "])))
def test_all_copies_of_a_key_fail_and_null_is_no_key(engines: Engines, values: list[Any]) -> None:
    check = UniqueKey(("v",))
    expression = {dialect: passes_sql(check, {"v": parse("text")}, dialect) for dialect in Dialect}
    wanted = [value is None or values.count(value) == 1 for value in values]
    for dialect, got in engines.ask(values, "text", expression).items():
        assert got == wanted, dialect


@BOTH
@given(several(st.sampled_from([Decimal("1.0"), Decimal("1.00"), Decimal("1"), Decimal("10"), Decimal("0")])))
def test_equal_numbers_are_one_key_however_they_are_written(engines: Engines, values: list[Any]) -> None:
    expression = passes_sql(UniqueKey(("v",)), {"v": parse("numeric")}, Dialect.POSTGRES)
    wanted = [value is None or values.count(value) == 1 for value in values]
    quiet = {Dialect.POSTGRES: expression, Dialect.DUCKDB: "true", Dialect.SPARK: "true"}
    engines_type = "numeric(30,10)"
    assert engines.ask(values, engines_type, quiet)[Dialect.POSTGRES] == wanted


def test_every_dear_check_has_a_kernel() -> None:
    dear = [check for check in (CitizenId("v"), CreditCode("v"), Pattern("v", "a")) if is_dear(check, parse("text"))]
    assert len(dear) == 3
    assert is_dear(DateRange("v"), parse("text"))
    assert not is_dear(DateRange("v"), parse("date"))
    assert parse("text").kind is Kind.TEXT


def test_a_refusal_of_spark_tells_neither_statement_nor_value(
    engines: Engines, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SideRefused) as caught:
        engines.spark.ask("select cast('a secret' as int) as v from values (1), (2) as t (n)")
    told = f"{caught.value}{caught.value.facts}{caplog.text}{''.join(capfd.readouterr())}"
    assert "secret" not in told
    with pytest.raises(SideLost):
        SparkConnect("sc://127.0.0.1:1")
    with pytest.raises(SideRefused, match=r"sc://spark\.example"):
        SparkConnect("https://127.0.0.1:1")


#: Values that an engine could take for one another, with the types under which they stand on the left and the right.
COMPARED: dict[str, tuple[str, str, Mask | None, list[Any]]] = {
    "texts": ("text", "text", None, ["a", "A", "a ", "", "\u00e9", "e\u0301", "1", "１", None]),
    "whole numbers": ("integer", "bigint", None, [0, 1, -1, 2**31 - 1, None]),
    "decimals": ("numeric(8,2)", "numeric(9,3)", None, [Decimal("1.00"), Decimal("-0.50"), Decimal("99.99"), None]),
    "days": ("date", "date", None, [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31), None]),
    "hashes": ("text", "text", Hash("s"), ["a", "a ", "", None]),
    "permuted digits": ("text", "text", FormatPreserving("s"), ["000000", "000001", "12", "x1", "", None]),
}
few_places = st.lists(st.integers(0, 8), min_size=5, max_size=9)


@pytest.mark.parametrize("of", COMPARED)
@settings(BOTH, max_examples=1)
@given(st.just(JoinKind.INNER), few_places, few_places)
@example(JoinKind.LEFT, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1], [8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0])
def test_joins_have_one_meaning(engines: Engines, of: str, kind: JoinKind, left: list[int], right: list[int]) -> None:
    ours, theirs, mask, values = COMPARED[of]
    rows = [[(place, values[n % len(values)]) for place, n in enumerate(side)] for side in (left, right)]
    plans = []
    for kinds, names in ((ours, ("i", "v")), (theirs, ("j", "w"))):
        columns = [ColumnFacts(names[0], parse("integer")), ColumnFacts(names[1], parse(kinds))]
        items = (Item(names[0], names[0]), Item(names[1], names[1], mask=mask))
        # What the key promises is not kept here: each copy of a key meets its partners, and is counted.
        ticket = replace(Place(Database(""), Database("")).ticket(items=items, checks=()), key=(names[1],))
        plans.append(compile_plan(replace(ticket, filter=RowFilter()), columns, None, SALTS))
    join = compile_join(plans[0], plans[1], Joining(kind, (("v", "w"),), "joined"))

    def shown(value: Any) -> Any:
        return value if mask is None or value is None else model.masked(mask, value, SALTS)

    def meets(one: Any, other: Any) -> bool:
        # What is not of the form of permuted digits is covered, and such values are not one because they look alike.
        covered = isinstance(mask, FormatPreserving) and (one or "*").startswith("*")
        return one is not None and not covered and bool(one == other)

    wanted = []
    for i, one in rows[0]:
        partners = [j for j, other in rows[1] if meets(shown(one), shown(other))]
        alone = [None] if kind is JoinKind.LEFT and not partners else []
        wanted += [(i, shown(one), j) for j in [*partners, *alone]]
    ask = {
        Dialect.POSTGRES: lambda query: engines.postgres.execute(query.encode()).fetchall(),
        Dialect.DUCKDB: lambda query: engines.duck.execute(query).fetchall(),
        Dialect.SPARK: engines.spark.ask,
    }
    if isinstance(mask, FormatPreserving) and ADDRESS not in os.environ:
        del ask[Dialect.SPARK]  # Sail takes seconds to plan it twice; that it is the same there is shown above
    for dialect, answer in ask.items():
        sides = []
        for plan, lines in zip(plans, rows, strict=True):
            facts = plan.read.columns
            selects = (
                ", ".join(
                    f"{_typed(value, column.type, dialect)} as {dialect.name_of(column.name)}"
                    for value, column in zip(line, facts, strict=True)
                )
                for line in lines
            )
            relation = f"({' union all '.join(f'select {select}' for select in selects)}) as given"
            sides.append(chunk_query(SourceSql(plan, dialect, SALTS, relation), Chunk(0, whole=True), None))
        one, other = sides
        got = answer(join_sql(join, one, other, dialect))
        assert sorted(map(tuple, got), key=repr) == sorted(wanted, key=repr), (dialect, rows)
        counted = answer(count_sql(join, one, other, dialect))[0]
        assert [int(n) for n in counted] == [len(rows[0]), len(rows[1]), len(wanted)], (dialect, rows)


def _typed(value: Any, of: SqlType, dialect: Dialect) -> str:
    written = "null" if value is None else dialect.text(str(value))
    return dialect.cast(written, str(of) if dialect is Dialect.POSTGRES else str(duckdb_type(of)))
