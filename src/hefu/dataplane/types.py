"""Which type becomes which. A pair that is not in the table is refused at design time, never guessed."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What masks, filters and checks need to know of a type."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    OTHER = "other"


@dataclass(frozen=True)
class SqlType:
    """A type as PostgreSQL's format_type writes it, taken apart."""

    #: Name without modifiers, such as `character varying`, `numeric`, `public.mood`.
    name: str
    #: Numbers in the brackets.
    modifiers: tuple[int, ...] = ()
    array: bool = False

    @property
    def kind(self) -> Kind:
        """What kind of value it holds."""
        return Kind.OTHER if self.array else _KINDS.get(self.name, Kind.OTHER)

    def __str__(self) -> str:
        """Return the type as PostgreSQL writes it."""
        marks = f"({','.join(map(str, self.modifiers))})" if self.modifiers else ""
        head, space, tail = self.name.partition(" w") if self.name.startswith("time") else (self.name, "", "")
        return f"{head}{marks}{space}{tail}{'[]' if self.array else ''}"


_KINDS = {
    "text": Kind.TEXT,
    "character varying": Kind.TEXT,
    "character": Kind.TEXT,
    "smallint": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "numeric": Kind.DECIMAL,
    "real": Kind.FLOAT,
    "double precision": Kind.FLOAT,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "timestamp without time zone": Kind.TIMESTAMP,
    "timestamp with time zone": Kind.INSTANT,
}

#: Short spellings that people type in a catalogue.
_SPELLINGS = {
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "string": "text",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "double": "double precision",
    "bool": "boolean",
    "timestamp": "timestamp without time zone",
    "datetime": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}

_WRITTEN = re.compile(r"(?P<head>[^(\[]+)(?:\((?P<mods>[\d\s,-]+)\))?(?P<tail>[^(\[]*)(?P<array>(?:\[\d*\])*)")


def parse(written: str) -> SqlType:
    """Return the type that `written` names, as the server or a person writes it.

    Raises:
        ValueError: Not the form of a type.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"{written!r} is not a type")
    name = f"{found['head'].rstrip()}{found['tail']}".strip()
    plain = " ".join(name.lower().split())
    name = _SPELLINGS.get(plain, plain if plain in _KINDS else name)
    modifiers = tuple(int(number) for number in (found["mods"] or "").split(",") if number.strip())
    return SqlType(name, modifiers, bool(found["array"]))


_INTEGERS = ("smallint", "integer", "bigint")
#: Decimal digits that the largest value of each needs.
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
#: (from, to) pairs that lose nothing, beyond integers, numerics and texts, which have sizes.
_SAFE = {
    ("real", "double precision"),
    ("date", "timestamp without time zone"),
    ("json", "jsonb"),
}


def fits(source: SqlType, target: SqlType) -> bool:
    """Return whether every value of `source` goes into `target` unchanged."""
    if source == target:
        return True
    if source.array or target.array:
        return False
    if target.kind is Kind.TEXT:
        return _fits_text(source, target)
    if source.name in _INTEGERS and target.name in _INTEGERS:
        return _INTEGERS.index(source.name) <= _INTEGERS.index(target.name)
    if target.name == "numeric":
        return _fits_numeric(source, target)
    if source.name == target.name and source.kind in (Kind.TIMESTAMP, Kind.INSTANT):
        return (source.modifiers or (6,)) <= (target.modifiers or (6,))
    return (source.name, target.name) in _SAFE and (not target.modifiers or source.name == "date")


def _fits_text(source: SqlType, target: SqlType) -> bool:
    if target.name == "text" or (target.name == "character varying" and not target.modifiers):
        return True
    # A shorter padded text compares unlike the same text unpadded, so only text goes into character(n).
    if source.kind is not Kind.TEXT or not source.modifiers:
        return False
    return target.name == "character varying" and source.modifiers <= target.modifiers


def _fits_numeric(source: SqlType, target: SqlType) -> bool:
    if source.name not in (*_INTEGERS, "numeric"):
        return False
    if not target.modifiers:
        return True
    if source.name == "numeric" and not source.modifiers:
        return False
    precision, scale = (*target.modifiers, 0)[:2]
    if source.name in _INTEGERS:
        return precision - scale >= _DIGITS[source.name]
    own_precision, own_scale = (*source.modifiers, 0)[:2]
    return scale >= own_scale and precision - scale >= own_precision - own_scale


#: How DuckDB writes the types that text in a file can be turned into.
_DUCKDB = {
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
}


def duckdb_type(of: SqlType) -> str | None:
    """Return DuckDB's name of the type, or None when text in a file cannot become one."""
    if of.name == "numeric" and of.modifiers and not of.array:
        precision, scale = (*of.modifiers, 0)[:2]
        return f"DECIMAL({precision},{scale})" if precision <= 38 and 0 <= scale <= precision else None
    return None if of.array else _DUCKDB.get(of.name)
