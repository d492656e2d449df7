"""What a consumer sees in place of a value. NULL stays NULL under every mask but `Constant`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Cover:
    """Keep the first and last characters and cover the rest, one sign each: 138****5678.

    Text not longer than what is kept is covered whole.
    """

    first: int = 0
    last: int = 0
    sign: str = "*"


@dataclass(frozen=True)
class Truncate:
    """Keep the first `length` characters."""

    length: int


@dataclass(frozen=True)
class Bin:
    """Round a number down to a multiple of `width`."""

    width: int


@dataclass(frozen=True)
class Round:
    """Round an integer or decimal to `places` after the point (negative: before it), halves away from zero."""

    places: int


@dataclass(frozen=True)
class Hash:
    """SHA-256 of salt and value as lower-case hex, cut to `length`: joins stay possible, reading does not.

    The ticket carries only the salt's name: who knows the salt can try every citizen number.
    """

    salt: str
    length: int = 64


@dataclass(frozen=True)
class DateTrunc:
    """Keep the month or the year of a date or timestamp: its first day."""

    unit: Literal["month", "year"]


@dataclass(frozen=True)
class Null:
    """Deliver NULL."""


@dataclass(frozen=True)
class Constant:
    """Deliver this text in every row, NULL or not, so that not even the absence shows."""

    text: str


Mask = Cover | Truncate | Bin | Round | Hash | DateTrunc | Null | Constant
