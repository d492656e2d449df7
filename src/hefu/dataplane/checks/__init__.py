"""What every delivered row must fulfil. NULL passes every check but `NotNull`: unknown is not wrong."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class NotNull:
    """The column has a value."""

    column: str


@dataclass(frozen=True)
class UniqueKey:
    """No other granted row has the same key. All copies fail, because none of them is known to be the right
    one; a key with a NULL in it is not compared."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class CreditCode:
    """A unified social credit code, 18 narrow capital characters, with the right check character."""

    column: str


@dataclass(frozen=True)
class CitizenId:
    """A citizen identity number, 18 narrow characters, a possible birth date, the right check character."""

    column: str


@dataclass(frozen=True)
class CodeSet:
    """One of the listed codes."""

    column: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class DateRange:
    """A day between the two, both included; a None end is open.

    In a text column the value must be a possible day written 2025-08-01 or 20250801.
    """

    column: str
    low: date | None = None
    high: date | None = None


@dataclass(frozen=True)
class Pattern:
    """The whole text matches the pattern.

    The pattern may use what PostgreSQL, RE2 and Python read alike: literals, `.`, classes, groups,
    alternatives and the counts `* + ? {m,n}`.
    """

    column: str
    pattern: str


@dataclass(frozen=True)
class Typed:
    """The text in a file is a value of the type; set by the connector, never by a grant."""

    column: str
    type: str


def as_written(column: str) -> str:
    """Return the name under which a file connector shows a typed column's text."""
    return f"{column} (as written)"


Check = NotNull | UniqueKey | CreditCode | CitizenId | CodeSet | DateRange | Pattern | Typed

#: Name of a check's kind in reasons, tickets and reports.
KINDS: dict[type, str] = {
    NotNull: "not_null",
    UniqueKey: "unique_key",
    CreditCode: "credit_code",
    CitizenId: "citizen_id",
    CodeSet: "code_set",
    DateRange: "date_range",
    Pattern: "pattern",
    Typed: "typed",
}


def columns_of(check: Check) -> tuple[str, ...]:
    """Return the columns that `check` looks at."""
    return check.columns if isinstance(check, UniqueKey) else (check.column,)


def reason_of(check: Check) -> str:
    """Return the reason a row is rejected with: `citizen_id(id_number)`."""
    return f"{KINDS[type(check)]}({','.join(columns_of(check))})"
