"""The three dialects that masks, filters and checks are written in, and how each quotes.

Only quoting and literals are taken from sqlglot; the expressions are templates, because a translator
does not promise the same meaning of NULL, of an empty text or of a rounded half.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from hefu.dataplane.filters import Value
from hefu.dataplane.types import Kind


class Dialect(StrEnum):
    """Name of the dialect, as sqlglot knows it."""

    POSTGRES = "postgres"
    DUCKDB = "duckdb"
    SPARK = "spark"

    def name_of(self, *parts: str) -> str:
        """Return a quoted identifier: `"schema"."table"` from its parts."""
        from sqlglot import exp  # noqa: PLC0415 - slow to load, and most processes never need it

        return ".".join(exp.to_identifier(part, quoted=True).sql(dialect=self.value) for part in parts)

    def text(self, value: str) -> str:
        """Return a text literal. Sessions keep standard_conforming_strings on, so a backslash is itself."""
        if "\0" in value:
            raise ValueError("a text with a NUL character has no SQL form")
        if self is Dialect.SPARK:
            # There a backslash escapes, and `${…}` would be replaced by a setting before the statement is read.
            escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("$", "\\u0024")
            return f"'{escaped}'"
        return "'" + value.replace("'", "''") + "'"

    def literal(self, value: Value) -> str:
        """Return a typed literal."""
        match value:
            case bool():
                return "true" if value else "false"
            case str():
                return self.text(value)
            case int() | Decimal():
                return f"({value:f})" if isinstance(value, Decimal) else f"({value})"
            case datetime():
                return self.cast(self.text(value.isoformat(sep=" ")), "timestamptz" if value.tzinfo else "timestamp")
            case date():
                return f"cast({self.text(value.isoformat())} as date)"

    def day(self, value: date, of: Kind) -> str:
        """Return a day to compare a column of kind `of` with: for a timestamp, its first instant."""
        if of is Kind.TIMESTAMP and self is Dialect.SPARK and not isinstance(value, datetime):
            return self.cast(self.text(value.isoformat()), "timestamp")
        return self.literal(value)

    def cast(self, sql: str, to: str) -> str:
        """Return `sql` cast to the type `to`, as PostgreSQL or DuckDB name it, written in this dialect."""
        return f"cast({sql} as {_SPARK.get(to.lower(), to) if self is Dialect.SPARK else to})"

    def place_of(self, sign: str, text: str) -> str:
        """Return where a text first holds another, from 1; 0 when it does not."""
        return f"instr({text}, {sign})" if self is Dialect.SPARK else f"strpos({text}, {sign})"

    def starts(self, text: str, prefix: str) -> str:
        """Return whether a text starts with another."""
        return f"{'startswith' if self is Dialect.SPARK else 'starts_with'}({text}, {prefix})"

    def as_int(self, sql: str) -> str:
        """Return digits as a number; only reached where they are digits, and quiet where an engine looks early."""
        return f"cast({sql} as integer)" if self is Dialect.POSTGRES else f"try_cast({sql} as integer)"

    def full_match(self, sql: str, pattern: str) -> str:
        """Return whether the whole text matches `pattern`; a dot matches every character."""
        if self is Dialect.POSTGRES:
            return f"{sql} ~ {self.text(f'^(?:{pattern})$')}"
        if self is Dialect.SPARK:
            # `$` would also match before a line's end.
            return "(" + sql + " rlike " + self.text(rf"\A(?s:{pattern})\z") + ")"
        return f"regexp_full_match({sql}, {self.text(pattern)}, 's')"


#: How Spark calls types that the others call otherwise.
_SPARK = {
    "text": "string",
    "varchar": "string",
    "integer": "int",
    "timestamp": "timestamp_ntz",
    "timestamptz": "timestamp",
}
