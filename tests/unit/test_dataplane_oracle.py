"""Oracle and Dameng without a server: what they are asked, what becomes of their types, how cells are read."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import sqlglot

from hefu.dataplane.connectors.dameng import dialect as dameng
from hefu.dataplane.connectors.oracle import dialect as oracle
from hefu.dataplane.connectors.oracle.inspection import COLUMNS, KEYS, NativeTable, listing, profile_query
from hefu.dataplane.connectors.oracle.source import as_text, coarse_filter, rows_query
from hefu.dataplane.connectors.oracle.tongue import Connection, Native, Tongue, base, text
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.filters import Between, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.types import parse

ORACLE, DAMENG = oracle.TONGUE, dameng.TONGUE
BOTH = pytest.mark.parametrize("tongue", [ORACLE, DAMENG], ids=["oracle", "dameng"])


@BOTH
@pytest.mark.parametrize("name", ["ORDER", "Level", "level", "户籍 编号", "a.b", "DATE", "ROWNUM", "x'y", "a--b", "/*"])
def test_a_name_is_quoted_as_the_catalogue_spells_it(tongue: Tongue, name: str) -> None:
    assert tongue.name_of("S", name) == f'"S"."{name}"'
    parsed = sqlglot.parse_one(f"select {tongue.name_of(name)} from {tongue.name_of('S', name)}", read="oracle")
    assert [column.name for column in parsed.find_all(sqlglot.exp.Column)] == [name]


def test_a_double_quote_is_no_part_of_a_name_in_oracle_and_doubled_in_dameng() -> None:
    assert DAMENG.name_of('a"b') == '"a""b"'
    for tongue, name in ((ORACLE, 'a"b'), (ORACLE, ""), (DAMENG, ""), (ORACLE, "a\0"), (DAMENG, "a\0")):
        with pytest.raises(SideRefused, match="no name"):
            tongue.name_of(name)


@pytest.mark.parametrize(
    "value", ["", "'", "''", "\\", "\\'", "a'; drop table x --", "&name", ":1", "?", "{}", "欧阳", "\n"]
)
def test_a_literal_is_one_literal_whatever_it_holds(value: str) -> None:
    assert sqlglot.parse_one(f"select {text(value)}", read="oracle").expressions[0].this == value
    with pytest.raises(ValueError, match="NUL"):
        text(value + "\0")


@pytest.mark.parametrize(
    ("native", "becomes"),
    [
        (Native("NUMBER"), "numeric"),
        (Native("NUMBER", scale=0), "numeric(38,0)"),
        (Native("NUMBER", precision=4, scale=0), "smallint"),
        (Native("NUMBER", precision=9, scale=0), "integer"),
        (Native("NUMBER", precision=10, scale=0), "bigint"),
        (Native("NUMBER", precision=18, scale=0), "bigint"),
        (Native("NUMBER", precision=19, scale=0), "numeric(19,0)"),
        (Native("NUMBER", precision=12, scale=2), "numeric(12,2)"),
        (Native("NUMBER", precision=5, scale=-2), "integer"),
        (Native("NUMBER", precision=2, scale=5), "numeric(5,5)"),
        (Native("NUMBER", precision=38, scale=-84), "numeric"),
        (Native("FLOAT", precision=126), "numeric"),
        (Native("BINARY_DOUBLE"), "double precision"),
        (Native("DATE"), "timestamp without time zone"),
        (Native("TIMESTAMP(6)", scale=6), "timestamp without time zone"),
        (Native("TIMESTAMP(9)", scale=9), None),
        (Native("TIMESTAMP(6) WITH TIME ZONE", scale=6), "timestamp with time zone"),
        (Native("TIMESTAMP(3) WITH LOCAL TIME ZONE", scale=3), "timestamp with time zone"),
        (Native("VARCHAR2", length=40), "character varying(40)"),
        (Native("NCLOB"), "text"),
        (Native("RAW", length=16), "bytea"),
        *((Native(name), None) for name in oracle.NOT_CARRIED),
        (Native("INTERVAL DAY(2) TO SECOND(6)"), None),
        (Native("MY_TYPE"), None),
    ],
    ids=str,
)
def test_each_type_of_oracle_becomes_one_of_ours_or_is_refused(native: Native, becomes: str | None) -> None:
    assert ORACLE.house_type(native) == (parse(becomes) if becomes else None)


@pytest.mark.parametrize(
    ("native", "becomes"),
    [
        (Native("INT"), "integer"),
        (Native("TINYINT"), "smallint"),
        (Native("DECIMAL", precision=20, scale=4), "numeric(20,4)"),
        (Native("NUMBER", precision=0), "numeric"),
        (Native("FLOAT", precision=53), "double precision"),
        (Native("DATE"), "date"),
        (Native("DATETIME(6)", scale=6), "timestamp without time zone"),
        (Native("TIMESTAMP(9)", scale=9), None),
        (Native("BIT"), "boolean"),
        (Native("VARCHAR", length=10), "character varying(10)"),
        *((Native(name), None) for name in dameng.NOT_CARRIED),
    ],
    ids=str,
)
def test_each_type_of_dameng_becomes_one_of_ours_or_is_refused(native: Native, becomes: str | None) -> None:
    assert DAMENG.house_type(native) == (parse(becomes) if becomes else None)


def test_the_sizes_in_a_types_name_are_left_out() -> None:
    assert base("TIMESTAMP(6) WITH TIME ZONE") == "TIMESTAMP WITH TIME ZONE"
    assert base("interval day(2) to second(6)") == "INTERVAL DAY TO SECOND"


@pytest.mark.parametrize(
    ("native", "cell", "told"),
    [
        ("NUMBER", ".5", "0.5"),
        ("NUMBER", "-.05", "-0.05"),
        ("NUMBER", "1000000", "1000000"),
        ("DECIMAL", Decimal("0E-2"), "0.00"),
        ("BINARY_DOUBLE", 0.1, "0.1"),
        ("DATE", " 2024-02-29 00:00:00", "2024-02-29 00:00:00"),
        ("DATE", "-0044-03-15 00:00:00", "-0044-03-15 00:00:00"),
        ("CHAR", "ab  ", "ab"),
        ("CHAR", "   ", ""),
        ("VARCHAR2", "ab  ", "ab  "),
        ("VARCHAR2", " .5", " .5"),
        ("VARCHAR2", None, None),
        ("VARCHAR", "", ""),
        ("BLOB", b"\x00\xff", "\\x00ff"),
        ("CLOB", SimpleNamespace(read=lambda: "长"), "长"),
        ("CLOB", SimpleNamespace(read=lambda: None), None),
    ],
)
def test_a_fetched_cell_is_the_text_of_its_value(native: str, cell: object, told: str | None) -> None:
    assert as_text(cell, Native(native)) == told


EIGHT = datetime.fromisoformat("2024-02-29T08:00:00")
TYPES = {
    "NAME": parse("varchar(40)"), "NOTE": parse("text"), "BORN": parse("date"), "AT": parse("timestamp"),
    "SEEN": parse("timestamptz"), "INCOME": parse("numeric(12,2)"), "RATE": parse("numeric"), "SHARE": parse("double"),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (Equals("NAME", "O'Brien"), "\"NAME\" = 'O''Brien'"),
        (Equals("NAME", ""), ""),  # NULL in one, a text in the other
        (Equals("NAME", "长" * 400), ""),
        (Equals("NOTE", "x"), ""),
        (OneOf("NAME", ("a", "b")), "\"NAME\" in ('a', 'b')"),
        (OneOf("NAME", ("a", "")), ""),
        (OneOf("INCOME", tuple(range(1001))), ""),
        (StartsWith("NAME", "欧阳"), "substr(\"NAME\", 1, 2) = '欧阳'"),
        (Between("NAME", "a", "b"), ""),  # in the order of which alphabet
        (Between("BORN", date(1990, 1, 2), None), "\"BORN\" >= date '1990-01-02'"),
        (
            Equals("AT", datetime.fromisoformat("2024-02-29T08:00:00")),
            "\"AT\" = timestamp '2024-02-29 08:00:00.000000'",
        ),
        (Equals("SEEN", datetime(2024, 2, 29, 8, tzinfo=UTC)), ""),
        (Equals("INCOME", Decimal("1E+3")), '"INCOME" = (1000)'),
        (Equals("INCOME", -5), '"INCOME" = (-5)'),
        (Equals("RATE", 5), ""),
        (Equals("SHARE", 5), ""),
        (IsNull("NAME"), ""),
    ],
    ids=repr,
)
def test_a_filter_is_asked_of_the_source_only_where_it_is_sure(tongue: Tongue, condition: Any, asked: str) -> None:
    assert coarse_filter(tongue, RowFilter((condition,)), TYPES) == asked
    if asked:
        sqlglot.parse_one(f"select 1 from t where {asked}", read="oracle")


def a_table(tongue: Tongue, *columns: tuple[str, str], key: tuple[str, ...] = ()) -> NativeTable:
    natives = {name: Native(of, length=10, scale=None) for name, of in columns}
    facts = tuple(ColumnFacts(name, tongue.house_type(native) or parse("text")) for name, native in natives.items())
    return NativeTable(TableFacts("HR", "ORDER", "table", columns=facts, primary_key=key), natives)


@BOTH
def test_the_statement_of_rows_reads_every_type_in_a_form_that_no_session_changes(tongue: Tongue) -> None:
    carried = [(f"C{place}", name) for place, name in enumerate(tongue.lines)]
    table = a_table(tongue, *carried, key=("C0",))
    types = {column.name: column.type for column in table.facts.columns}
    query = rows_query(tongue, table, types, RowFilter())
    parsed = sqlglot.parse_one(query, read="oracle")
    assert len(parsed.expressions) == len(carried)
    assert query.endswith('from "HR"."ORDER" order by "C0"')
    # What prints by the session's settings has its format written beside it.
    assert not re.search(r"to_char\([^,()]*\)", query)
    assert rows_query(tongue, table, {}, RowFilter()).startswith('select 1 from "HR"."ORDER"')
    assert profile_query(tongue, table, ["C0"]).endswith("where rownum <= 20000")


def test_the_spaces_of_a_char_are_left_to_the_exact_filter() -> None:
    table = a_table(ORACLE, ("CODE", "CHAR"), ("NAME", "VARCHAR2"))
    types = {column.name: column.type for column in table.facts.columns}
    rows = RowFilter((Equals("CODE", "a"), Equals("NAME", "b")))
    assert rows_query(ORACLE, table, types, rows).endswith("where \"NAME\" = 'b'")


def test_a_day_and_a_number_are_told_in_each_ones_own_way() -> None:
    read = {name: tongue.read(Native("DATE"), '"D"') for name, tongue in (("oracle", ORACLE), ("dameng", DAMENG))}
    assert read == {
        "oracle": "to_char(\"D\", 'SYYYY-MM-DD HH24:MI:SS')",
        "dameng": "to_char(\"D\", 'YYYY-MM-DD')",
    }
    assert ORACLE.read(Native("NUMBER"), '"N"') == "to_char(\"N\", 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
    assert ORACLE.read(Native("TIMESTAMP(6) WITH TIME ZONE"), '"T"').startswith("to_char(sys_extract_utc")


@BOTH
def test_the_catalogue_is_asked_by_names_as_they_are_spelled(tongue: Tongue) -> None:
    for query in (COLUMNS, KEYS):
        asked = query.format(schema=text("Hr'"), table=text("order"))
        parsed = sqlglot.parse_one(asked, read="oracle")
        assert {"Hr'", "order"} <= {found.this for found in parsed.find_all(sqlglot.exp.Literal)}
    assert "'SYS'" in listing(tongue)
    sqlglot.parse_one(listing(tongue), read="oracle")


@BOTH
def test_a_missing_driver_is_told_with_what_to_install(tongue: Tongue, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("oracledb", "dmPython"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(SideRefused, match=r"pip install (oracledb|dmPython)"):
        tongue.driver()


@BOTH
@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_what_is_to_be_encrypted_is_not_sent_plain(tongue: Tongue, mode: str) -> None:
    connection = Connection("h", 1521, "d", "u", "geheim", mode, tongue.product)
    assert "geheim" not in repr(connection)
    with pytest.raises(SideRefused, match="encrypted"):
        tongue.connect(None, connection, "192.0.2.1")


def test_bytes_may_come_as_a_view() -> None:
    assert as_text(memoryview(b"\x01"), Native("RAW")) == "\\x01"
