"""The two dialects that masks, filters and checks are written in, and how each quotes.

Only quoting and literals are taken from sqlglot; the expressions are templates, because a translator
does not promise the same meaning of NULL, of an empty text or of a rounded half.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from hefu.dataplane.filters import Value


class Dialect(StrEnum):
    """Name of the dialect, as sqlglot knows it."""

    POSTGRES = "postgres"
    DUCKDB = "duckdb"

    def name_of(self, *parts: str) -> str:
        """Return a quoted identifier: `"schema"."table"` from its parts."""
        from sqlglot import exp  # noqa: PLC0415 - slow to load, and most processes never need it

        return ".".join(exp.to_identifier(part, quoted=True).sql(dialect=self.value) for part in parts)

    def text(self, value: str) -> str:
        """Return a text literal. Sessions keep standard_conforming_strings on, so a backslash is itself."""
        if "\0" in value:
            raise ValueError("a text with a NUL character has no SQL form")
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
                kind = "timestamptz" if value.tzinfo else "timestamp"
                return f"cast({self.text(value.isoformat(sep=' '))} as {kind})"
            case date():
                return f"cast({self.text(value.isoformat())} as date)"

    def cast(self, sql: str, to: str) -> str:
        """Return `sql` cast to the type `to`, written in this dialect."""
        return f"cast({sql} as {to})"

    def as_int(self, sql: str) -> str:
        """Return digits as a number; only reached where they are digits, and quiet where an engine looks early."""
        return f"cast({sql} as integer)" if self is Dialect.POSTGRES else f"try_cast({sql} as integer)"

    def full_match(self, sql: str, pattern: str) -> str:
        """Return whether the whole text matches `pattern`; a dot matches every character."""
        if self is Dialect.POSTGRES:
            return f"{sql} ~ {self.text(f'^(?:{pattern})$')}"
        return f"regexp_full_match({sql}, {self.text(pattern)}, 's')"
