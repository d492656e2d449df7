"""Which rows a grant opens: conditions that must all hold. A condition on NULL does not hold, except `IsNull`."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

#: What a condition may compare with. A float is refused: its printing differs between languages.
Value = str | int | bool | Decimal | date | datetime


@dataclass(frozen=True)
class Equals:
    """The column has this value."""

    column: str
    value: Value


@dataclass(frozen=True)
class OneOf:
    """The column has one of these values."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Between:
    """The column lies between the two, both included; a None end is open."""

    column: str
    low: Value | None = None
    high: Value | None = None


@dataclass(frozen=True)
class StartsWith:
    """The text column starts with this text, exactly as written."""

    column: str
    prefix: str


@dataclass(frozen=True)
class IsNull:
    """The column is NULL."""

    column: str


Condition = Equals | OneOf | Between | StartsWith | IsNull


@dataclass(frozen=True)
class RowFilter:
    """All conditions must hold; no condition opens every row."""

    conditions: tuple[Condition, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the filter looks at, in order, once each."""
        return tuple(dict.fromkeys(condition.column for condition in self.conditions))


EVERY_ROW = RowFilter()
