"""Bounds of what is new: never above the last row that came, and the same day for every engine."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.plan import Output
from hefu.dataplane.since import Range, Since, bound_literal, bound_value, lower
from hefu.dataplane.types import parse

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def an_output(of: str) -> Output:
    return Output("n", parse(of), None, "n", parse(of))


@pytest.mark.parametrize("of", ["bigint", "numeric(6,1)", "numeric(38,10)", "numeric(38,0)"])
def test_the_highest_number_is_found_in_duckdb_whatever_digits_follow_the_point(of: str) -> None:
    wanted = Range(an_output(of), Dialect.DUCKDB, Decimal("10"), NOW)
    rows = f"(select unnest([12, 7, null])::{of} as n)"
    with duckdb.connect() as engine:
        highest, without = engine.execute(f"select {wanted.seen} from {rows}").fetchall()[0]
        assert (Decimal(highest), without) == (Decimal(12), 1)
        assert engine.execute(f"select count(*) from {rows} where {wanted.condition}").fetchall() == [(2,)]


def test_a_bound_is_never_above_the_number_it_is_made_of() -> None:
    mark = Decimal("12345678901234567890123456789.99")
    assert lower(mark, Since("n", 0), an_output("numeric(38,2)")) == mark
    endless = Decimal("0." + "9" * 200)
    assert (lower(endless, Since("n", 0), an_output("numeric")) or 1) <= endless


def test_a_day_is_bounded_by_a_day_in_every_engine() -> None:
    day = an_output("date")
    bound = lower(Decimal(int(timedelta(days=20_000).total_seconds()) * 1_000_000), Since("n", 3600), day)
    assert bound is not None
    assert bound_value(day, bound) == date(2024, 10, 3)
    assert type(bound_value(day, bound)) is date
    assert bound_literal(day, bound, Dialect.POSTGRES) == "cast('2024-10-03' as date)"
