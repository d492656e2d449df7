"""What PostgreSQL prints as literals of MySQL's statements."""

import pytest

from hefu.dataplane.connectors.mysql.literals import literals
from hefu.dataplane.connectors.mysql.types import KEY_BYTES, landing, made_key_bytes
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType, fits


@pytest.mark.parametrize(
    ("of", "printed", "literal"),
    [
        (SqlType("bigint"), b"-9223372036854775808", b"-9223372036854775808"),
        (SqlType("boolean"), b"t", b"1"),
        (SqlType("boolean"), b"false", b"0"),
        (SqlType("real"), b"0.1", b"0.10000000149011612e0"),
        (SqlType("double precision"), b"1e-300", b"1e-300"),
        (SqlType("timestamp with time zone"), b"2024-02-29 01:02:03.5+00", b"'2024-02-29 01:02:03.5'"),
        (SqlType("bytea"), b"\\x00ff", b"x'00ff'"),
        (SqlType("character", (5,)), b"a    ", b"'a'"),
        (SqlType("text"), "it's 龥\n".encode(), "'it''s 龥\n'".encode()),
        (SqlType("text"), b"\\', ''", b"_utf8mb4 x'5c272c202727'"),
        (SqlType("integer", array=True), b"{1,NULL}", b"'{1,NULL}'"),
    ],
    ids=str,
)
def test_a_value_is_written_as_a_copy_writes_it(of: SqlType, printed: bytes, literal: bytes) -> None:
    assert literals([printed], of) == [literal]
    assert literals([printed, None, printed], of) == [literal, b"null", literal]


def test_texts_of_a_column_stay_apart_and_none_escapes_its_quotes() -> None:
    values = [b"", b"'", b"a','b", b"--", b"/*", b"''"]
    assert literals(values, SqlType("text")) == [b"'" + value.replace(b"'", b"''") + b"'" for value in values]
    assert literals([*values, b"\\"], SqlType("text"))[-3:] == [b"'/*'", b"''''''", b"_utf8mb4 x'5c'"]
    assert literals([], SqlType("text")) == []


def test_what_is_no_number_of_mysql_is_refused() -> None:
    with pytest.raises(SideRefused, match="MySQL has no number for -Infinity"):
        literals([b"1", b"-Infinity"], SqlType("double precision"))


def test_a_uuid_is_a_key_there_and_fits_what_was_made_for_it() -> None:
    assert made_key_bytes(SqlType("uuid"), None) == 144
    assert fits(landing(SqlType("uuid")), SqlType("character varying", (36,)))
    assert made_key_bytes(SqlType("text"), None) > KEY_BYTES
