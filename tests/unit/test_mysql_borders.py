"""Ranges of a key of MySQL as they are written: borders are values and never more, and what cannot be cut says why."""

import pytest

from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.inspection import NativeTable
from hefu.dataplane.connectors.mysql.ranges import SplitKey, bounds_of, literal, split_key
from hefu.dataplane.connectors.mysql.types import KEY_BYTES, NativeColumn, key_bytes
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts
from hefu.dataplane.lanes.range_run import chained
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence


class Asked(MysqlSession):
    """A session that nobody opened: to ask it anything fails."""

    def __init__(self) -> None:
        pass


def a_table(key: tuple[str, ...], kinds: dict[str, str], engine: str = "InnoDB", nullable: bool = False) -> NativeTable:
    columns = tuple(ColumnFacts(name, SqlType("integer"), nullable) for name in kinds)
    facts = TableFacts("d", "t", "table" if engine else "view", columns=columns, unique_keys=(key,) if key else ())
    return NativeTable(facts, engine, {name: NativeColumn(kind, kind) for name, kind in kinds.items()}, {})


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (a_table((), {"k": "int"}), "range.no_key"),
        (a_table(("k",), {"k": "int"}, nullable=True), "range.no_key"),
        (a_table(("k",), {"k": "double"}), "range.key_type"),
        (a_table(("k", "e"), {"k": "int", "e": "enum"}), "range.key_type"),
        (a_table(("k",), {"k": "int"}, engine="MyISAM"), "range.engine"),
        (a_table(("k",), {"k": "int"}, engine=""), "range.engine"),
    ],
)
def test_a_table_that_cannot_be_cut_says_why(table: NativeTable, code: str) -> None:
    found = split_key(Asked(), table)
    assert isinstance(found, Sentence)
    assert found.code == code


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bigint", "1) or (1"), ("bigint", ""), ("decimal", "1e9"), ("binary", "x'"), ("datetime", "now()"),
     ("date", "2024-01-01' or '"), ("int", "１")],
)  # fmt: skip
def test_a_border_that_is_no_value_is_never_written(kind: str, value: str) -> None:
    with pytest.raises(ValueError, match=kind):
        literal(kind, value)


def test_borders_are_literals_of_their_type() -> None:
    assert literal("bigint", "-18446744073709551615") == "(-18446744073709551615)"
    assert literal("varchar", "' or 1") == "_utf8mb4 x'27206f722031'"
    assert literal("binary", "00ff") == "x'00ff'"
    key = SplitKey(("a", "b"), ("int", "varchar"), "")
    assert key.within((("1", ""), None)) == (
        "(`a` >= (1) and ((`a` > (1)) or (`a` = (1) and `b` > _utf8mb4 '')))"
    )  # fmt: skip
    assert key.within((None, None)) == "true"


def test_ranges_that_were_kept_are_believed_only_when_each_begins_where_one_ends() -> None:
    key = SplitKey(("k",), ("int",), "")
    whole = bounds_of([("5",), ("9",)])
    assert chained(key, whole)
    for broken in (
        whole[1:],
        whole[:-1],
        (whole[0], whole[2]),
        (*whole[:2], (("8",), None)),
        ((None, ("5 or 1",)), (("5 or 1",), None)),
        ((None, ("5", "6")), (("5", "6"), None)),
        (),
    ):
        assert not chained(key, broken)


@pytest.mark.parametrize(
    ("column", "octets", "size"),
    # Each beside the longest text with which MariaDB 10.11 still made a tree of both and no hash.
    [("int(11)", None, 4), ("bigint(20) unsigned", None, 8), ("tinyint(1)", None, 1), ("date", None, 3),
     ("datetime", None, 5), ("datetime(6)", None, 8), ("timestamp(3)", None, 6), ("decimal(38,10)", None, 18),
     ("decimal(9,0) unsigned", None, 4), ("double", None, 8), ("bit(9)", None, 2), ("varchar(768)", 3072, 3072),
     ("varbinary(40)", 40, 40), ("enum('a(1)','b')", 4, 2), ("tinytext", 255, KEY_BYTES + 1),
     ("longtext", 4294967295, KEY_BYTES + 1), ("geometry", None, KEY_BYTES + 1)],
)  # fmt: skip
def test_a_column_takes_its_bytes_of_a_key(column: str, octets: int | None, size: int) -> None:
    assert key_bytes(column, octets) == size
