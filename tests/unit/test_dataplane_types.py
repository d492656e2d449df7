"""Types are read as they are written, and only what loses nothing fits."""

import pytest

from hefu.dataplane.types import Kind, duckdb_type, fits, parse


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("varchar(18)", "character varying(18)"),
        ("NUMERIC (12, 2)", "numeric(12,2)"),
        ("timestamp(3) without time zone", "timestamp(3) without time zone"),
        ("timestamptz", "timestamp with time zone"),
        ("int[]", "integer[]"),
        ('public."My Mood"', 'public."My Mood"'),
    ],
)
def test_a_type_is_understood_as_people_write_it(written: str, means: str) -> None:
    assert str(parse(written)) == means
    assert parse(means) == parse(written)


def test_what_is_no_type_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="is not a type"):
        parse("numeric(2")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("smallint", "bigint"), ("integer", "numeric"), ("integer", "numeric(10,0)"), ("bigint", "numeric(21,2)"),
        ("numeric(8,2)", "numeric(10,3)"), ("numeric(8,2)", "numeric"), ("varchar(10)", "varchar(20)"),
        ("varchar(10)", "text"), ("char(6)", "text"), ("integer", "text"), ("date", "timestamp"), ("real", "float8"),
        ("uuid", "text"), ("json", "jsonb"), ("public.mood", "public.mood"), ("timestamp(3)", "timestamp"),
    ],
)  # fmt: skip
def test_what_loses_nothing_fits(source: str, target: str) -> None:
    assert fits(parse(source), parse(target))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("bigint", "integer"), ("integer", "numeric(9,0)"), ("numeric", "numeric(10,2)"),
        ("numeric(8,2)", "numeric(8,3)"),
        ("numeric(8,2)", "numeric(8,1)"), ("text", "varchar(20)"), ("varchar(20)", "varchar(10)"), ("text", "date"),
        ("timestamp", "date"), ("timestamp", "timestamptz"), ("float8", "numeric"), ("integer", "float8"),
        ("integer[]", "text"), ("integer", "varchar(3)"), ("text", "char(9)"), ("timestamp", "timestamp(3)"),
    ],
)  # fmt: skip
def test_what_could_lose_something_does_not_fit(source: str, target: str) -> None:
    assert not fits(parse(source), parse(target))


def test_text_in_a_file_becomes_only_types_that_the_engine_holds() -> None:
    assert duckdb_type(parse("numeric(12,2)")) == "DECIMAL(12,2)"
    assert duckdb_type(parse("numeric")) is None
    assert duckdb_type(parse("integer[]")) is None
    assert duckdb_type(parse("uuid")) is None


def test_kinds_are_those_that_masks_and_checks_ask_for() -> None:
    assert [parse(name).kind for name in ("varchar", "int", "date", "uuid", "text[]")] == [
        Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.OTHER, Kind.OTHER,
    ]  # fmt: skip
