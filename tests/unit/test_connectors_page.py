"""docs/reference/connectors.md says what the connectors declare, and nothing else."""

from hefu.dataplane.connectors.mysql.types import (
    LINES,
    NOT_CARRIED,
    NativeColumn,
    house_type,
    landing,
    made_type,
    made_types,
)
from hefu.dataplane.sides import CAPABILITIES, KINDS
from hefu.dataplane.types import SqlType, fits, parse
from tools.reference import REFERENCE, connectors_page


def test_the_page_is_what_the_code_declares() -> None:
    assert (REFERENCE / "connectors.md").read_text(encoding="utf-8") == connectors_page()


def test_each_connector_declares_itself_once_and_has_a_kind_in_tickets() -> None:
    names = [one.name for one in CAPABILITIES]
    assert len(names) == len(set(names)) == len(KINDS)
    assert all(one.reads and one.tested and bool(one.publishes) == one.writes for one in CAPABILITIES)


def test_a_type_that_is_not_in_the_table_is_not_guessed() -> None:
    for native in (*NOT_CARRIED, "something new"):
        assert native not in LINES
        assert house_type(NativeColumn(native, native)) is None


def test_what_lands_in_mysql_fits_the_column_that_was_made_for_it() -> None:
    """Else a second delivery would be refused by the table that the first one made."""
    for written in (
        "smallint", "integer", "bigint", "numeric(20,4)", "numeric(80,2)", "numeric", "real", "double precision",
        "boolean", "date", "timestamp without time zone", "timestamp with time zone", "character varying(40)",
        "character varying(4000)", "character(9)", "text", "bytea", "uuid", "json", "interval", "inet", "integer[]",
    ):  # fmt: skip
        native = made_type(parse(written)).split(" character set")[0]
        name, _, rest = native.partition("(")
        sizes = [int(part) for part in rest.rstrip(")").split(",") if part]
        length = sizes[0] if name == "varchar" else None
        precision, scale = (*sizes, 0)[:2] if name == "decimal" else (None, None)
        back = house_type(NativeColumn(name, native, length, precision, scale))
        assert back is not None
        assert fits(landing(parse(written)), back), (written, native, back)


def test_a_time_with_more_digits_of_a_second_does_not_fit_and_a_day_fits_any() -> None:
    kept = {
        native: house_type(NativeColumn("datetime", native)) for native in ("datetime", "datetime(3)", "datetime(6)")
    }
    arrives = [landing(parse(f"timestamp{digits} without time zone")) for digits in ("(0)", "(3)", "")]
    assert [[fits(of, column) for of in arrives] for column in kept.values() if column] == [
        [True, False, False], [True, True, False], [True, True, True],
    ]  # fmt: skip
    assert all(fits(parse("date"), column) for column in kept.values() if column)


def test_texts_with_a_length_fit_a_row_of_mysql_together() -> None:
    many = [SqlType("character varying", (255,))] * 60
    assert all(made.startswith("longtext") for made in made_types(many))
    assert made_types(many[:4])[0].startswith("varchar(255)")
