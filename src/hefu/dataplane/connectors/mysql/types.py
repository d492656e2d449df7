"""Which type of MySQL becomes which here, which type here becomes which of MySQL's, and how a value is read.

What is not in the tables is not carried: such a column can stand in a source, and whoever grants it is told at
design time. docs/reference/connectors.md is made from these tables.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from hefu.dataplane.masks import Hash, Mask
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _


@dataclass(frozen=True)
class NativeColumn:
    """A column as information_schema describes it."""

    #: Such as `int`, in small letters.
    data_type: str
    #: Such as `int(10) unsigned zerofill`.
    column_type: str
    #: Characters of a text, or None.
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    #: Character set of a text; empty for what is none.
    charset: str = ""

    @property
    def unsigned(self) -> bool:
        """Return whether there are no negative values."""
        return "unsigned" in self.column_type


@dataclass(frozen=True)
class Line:
    """One line of the type table."""

    becomes: Callable[[NativeColumn], SqlType]
    #: Select expression over `{}`, the quoted column; its text is the value's.
    read: str
    #: What becomes of it, in words, where the type alone does not say it.
    note: str = ""


def _whole(signed: str, unsigned: SqlType) -> Callable[[NativeColumn], SqlType]:
    return lambda column: unsigned if column.unsigned else SqlType(signed)


def _bits(column: NativeColumn) -> SqlType:
    width = _width(column)
    return SqlType("boolean") if width == 1 else SqlType("bit", (width,))


def _width(column: NativeColumn) -> int:
    found = re.search(r"\((\d+)", column.column_type)
    return int(found[1]) if found else 1


def _varying(column: NativeColumn) -> SqlType:
    return SqlType("character varying", (column.length,)) if column.length else SqlType("text")


def _decimal(column: NativeColumn) -> SqlType:
    return SqlType("numeric", (column.precision or 10, column.scale or 0))


def _timed(name: str) -> Callable[[NativeColumn], SqlType]:
    """Return what becomes of a time: it keeps no fraction of a second but what its type says."""

    def becomes(column: NativeColumn) -> SqlType:
        found = re.search(r"\((\d+)", column.column_type)
        digits = int(found[1]) if found else 0
        return SqlType(name) if digits == _MOST_DIGITS else SqlType(name, (digits,))

    return becomes


#: Digits of a second's fraction that a time has where its type says no fewer.
_MOST_DIGITS = 6


def _always(name: str) -> Callable[[NativeColumn], SqlType]:
    return lambda _: SqlType(name)


_AS_TEXT = "cast({} as char)"
_TEXT = Line(_always("text"), "{}")
_BLOB = Line(_always("bytea"), "{}")

#: Native type → what it becomes here and how it is read.
LINES: dict[str, Line] = {
    "tinyint": Line(_always("smallint"), _AS_TEXT, "also tinyint(1): it may hold a 2"),
    "smallint": Line(_whole("smallint", SqlType("integer")), _AS_TEXT),
    "mediumint": Line(_always("integer"), _AS_TEXT),
    "int": Line(_whole("integer", SqlType("bigint")), _AS_TEXT),
    "bigint": Line(_whole("bigint", SqlType("numeric", (20, 0))), _AS_TEXT),
    "decimal": Line(_decimal, _AS_TEXT, "beyond 38 digits it is carried whole, without masks, filters or checks"),
    # A float is printed with six digits; as a double it is printed with all it has.
    "float": Line(_always("real"), "cast(({} + 0e0) as char)"),
    "double": Line(_always("double precision"), _AS_TEXT),
    "bit": Line(_bits, "cast(({} + 0) as char)", "bit(1) is a boolean"),
    "year": Line(_always("smallint"), _AS_TEXT),
    "date": Line(_always("date"), _AS_TEXT, "0000-00-00 and days like 2024-02-00 are no days: such rows are kept back"),
    "datetime": Line(
        _timed("timestamp without time zone"), _AS_TEXT, "as for date; with the digits of a second that its type has"
    ),
    "timestamp": Line(_timed("timestamp with time zone"), _AS_TEXT, "an instant; as for datetime"),
    "time": Line(_always("interval"), _AS_TEXT, "-838:59:59 to 838:59:59, so no time of day"),
    "char": Line(_varying, "{}"),
    "varchar": Line(_varying, "{}"),
    "tinytext": _TEXT,
    "text": _TEXT,
    "mediumtext": _TEXT,
    "longtext": Line(_always("text"), "{}", "MariaDB's json is one"),
    "enum": Line(_always("text"), "{}", "the word, not its number"),
    "set": Line(_always("text"), "{}", "the words with commas between"),
    "json": Line(_always("json"), "{}"),
    "binary": _BLOB,
    "varbinary": _BLOB,
    "tinyblob": _BLOB,
    "blob": _BLOB,
    "mediumblob": _BLOB,
    "longblob": _BLOB,
    "uuid": Line(_always("uuid"), _AS_TEXT),
    "inet4": Line(_always("inet"), _AS_TEXT),
    "inet6": Line(_always("inet"), _AS_TEXT),
}

#: Types that are known and not carried.
NOT_CARRIED = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
               "geometrycollection", "vector")  # fmt: skip


def house_type(column: NativeColumn) -> SqlType | None:
    """Return what the column's type becomes here, None when it is not carried."""
    line = LINES.get(column.data_type)
    return line.becomes(column) if line else None


def read_expression(column: NativeColumn, name: str) -> str:
    """Return what to select of the quoted column `name`."""
    if column.data_type == "bit" and (width := _width(column)) > 1:
        return f"lpad(bin({name} + 0), {width}, '0')"
    if loses_signs(column):
        # The server tells a sign that Unicode lacks as a question mark. Then the text goes with a sign that no text
        # has, by which its row is kept back, and as its bytes.
        told = f"convert({name} using utf8mb4)"
        kept = f"char_length(replace({told}, '?', '')) = char_length(replace({name}, '?', ''))"
        return f"if({name} is null or {kept}, {told}, concat(char(0 using utf8mb4), hex({name})))"
    return LINES[column.data_type].read.format(name)


#: Character sets with codes to which Unicode gives no sign, such as those that users of GBK define for rare names.
_LOSE_SIGNS = frozenset({
    "big5", "cp932", "eucjpms", "euckr", "gb2312", "gbk", "sjis", "ujis", "tis620", "cp1251", "swe7", "geostd8",
    "armscii8", "hebrew", "greek", "cp1257", "dec8", "hp8", "koi8r", "koi8u", "keybcs2", "macce", "macroman", "cp850",
    "cp852", "cp866", "cp1250", "cp1256", "latin2", "latin5", "latin7", "gb18030",
})  # fmt: skip


def loses_signs(column: NativeColumn) -> bool:
    """Return whether the server may tell a sign of the column as a question mark."""
    return column.charset in _LOSE_SIGNS and LINES[column.data_type].read == "{}"


#: Longest text that gets a type with a length in a table made by us: rows of MySQL hold 65,535 bytes in all.
SHORT = 255
#: Bytes of a row that texts with a length may take together, four for each character.
ROW_BYTES = 48_000

#: Our type → MySQL's, in a table that a delivery makes.
_MADE = {
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "double",
    "double precision": "double",
    "boolean": "tinyint(1)",
    "date": "date",
    "timestamp without time zone": "datetime(6)",
    "timestamp with time zone": "datetime(6)",
    "bytea": "longblob",
}
#: How texts are stored in a table that a delivery makes: every sign, and no two different texts are equal.
TEXT_FORM = "character set utf8mb4 collate utf8mb4_bin"


def made_type(of: SqlType) -> str:
    """Return the type that a delivered column gets in a table made for it."""
    if of.array:
        return f"longtext {TEXT_FORM}"
    if of.name == "numeric" and _decimal_fits(of):
        precision, scale = (*of.modifiers, 0)[:2]
        return f"decimal({precision},{scale})"
    if of.kind is Kind.TEXT and of.modifiers and of.modifiers[0] <= SHORT:
        return f"varchar({of.modifiers[0]}) {TEXT_FORM}"
    return _MADE.get(of.name, f"longtext {TEXT_FORM}")


#: Signs of a uuid, as a modifier of a type.
UUID = (36,)
#: Signs of the longest text that a key of InnoDB takes: 3072 bytes, four for each.
LONGEST_KEY = 768


def key_type(of: SqlType, mask: Mask | None) -> str:
    """Return the type that a column of the key gets in a table made for it."""
    if isinstance(mask, Hash):
        return f"varchar({mask.length}) {TEXT_FORM}"
    if of.kind is Kind.TEXT and not of.array and of.modifiers and of.modifiers[0] <= LONGEST_KEY:
        return f"varchar({of.modifiers[0]}) {TEXT_FORM}"
    if of.name == "uuid" and not of.array:
        return f"varchar({UUID[0]}) {TEXT_FORM}"
    return made_type(of)


#: Bytes of one key of InnoDB, all its columns together, and columns of one.
KEY_BYTES, KEY_COLUMNS = 3072, 16
#: Bytes that a column of a type takes in a key; those with a number behind them are reckoned in `key_bytes`.
_KEY_BYTES = {
    "tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8, "float": 4, "double": 8, "year": 1, "date": 3,
    "enum": 2, "set": 8, "uuid": 16, "inet4": 4, "inet6": 16,
}  # fmt: skip
#: Bytes of a time without fractions of a second.
_TIMES = {"time": 3, "timestamp": 4, "datetime": 5}


def key_bytes(column_type: str, octets: int | None) -> int:
    """Return the bytes that a column takes in a key.

    Args:
        column_type: Such as `decimal(12,2) unsigned`.
        octets: Bytes that a text or a string of bytes may have; None for other types.

    Source: storage of numbers and times in both servers' manuals; the border was tried on MariaDB 10.11.
    """
    name, _, rest = column_type.partition("(")
    name = name.split()[0]
    numbers = [int(found) for found in re.findall(r"\d+", rest.partition(")")[0])] if name in _NUMBERED else []
    if octets is not None and name not in _KEY_BYTES and not name.endswith(("text", "blob", "json")):
        return octets
    if name in _TIMES:
        return _TIMES[name] + (sum(numbers[:1]) + 1) // 2
    if name == "decimal":
        precision, scale = (*numbers, 0)[:2] if numbers else (10, 0)
        return _digits(precision - scale) + _digits(scale)
    if name == "bit":
        return (sum(numbers[:1]) + 7) // 8
    return _KEY_BYTES.get(name, KEY_BYTES + 1)


_NUMBERED = frozenset({*_TIMES, "decimal", "bit"})


def _digits(count: int) -> int:
    """Return the bytes of so many digits of a decimal: four for nine, fewer for what is left over."""
    return count // 9 * 4 + (count % 9 + 1) // 2


def made_key_bytes(of: SqlType, mask: Mask | None) -> int:
    """Return the same for a column of the key in a table made for it."""
    kind = key_type(of, mask)
    found = re.match(r"varchar\((\d+)\)", kind)
    return key_bytes(kind, 4 * int(found[1]) if found else None)


def made_types(types: list[SqlType]) -> list[str]:
    """Return the types of all columns of a table made for them; a row's short texts fit a row together."""
    short = sum(4 * of.modifiers[0] + 2 for of in types if of.kind is Kind.TEXT and of.modifiers and not of.array)
    plain = [SqlType("text") if of.kind is Kind.TEXT and short > ROW_BYTES else of for of in types]
    return [made_type(of) for of in plain]


def _decimal_fits(of: SqlType) -> bool:
    precision, scale = (*of.modifiers, 0, 0)[:2]
    return bool(of.modifiers) and precision <= 65 and 0 <= scale <= min(38, precision) and (scale <= 30)


def landing(of: SqlType) -> SqlType:
    """Return our name of the type that a value of type `of` has once it is in MySQL: what a column must take."""
    if of.array:
        return SqlType("text")
    match of.name:
        case "real":
            return SqlType("double precision")
        case "boolean":
            return SqlType("smallint")
        case "timestamp with time zone":
            return SqlType("timestamp without time zone")
        case "character":
            return SqlType("character varying", of.modifiers)
        case "uuid":
            return SqlType("character varying", UUID)
        case "numeric" if not _decimal_fits(of):
            return SqlType("text")
    known = of.kind is not Kind.OTHER or of.name == "bytea"
    return of if known else SqlType("text")


def not_carried(native: str) -> Sentence:
    """Return that a column of that type is not carried."""
    return Sentence(_("a {type} is not carried; take a view that turns it into text"), code="plan.native", type=native)
