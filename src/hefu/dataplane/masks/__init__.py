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
class FormatPreserving:
    """Another value of the same form: a keyed permutation of all values of that form and length.

    Equal values become equal ones and different values different ones, so joins and counts stay possible; how often
    a value occurs shows. The salt is the key: who knows it can turn every value back. A value that is not of the
    form is covered whole, never shown.

    `digits` is 6 to 24 narrow digits; fewer can be tried out. `citizen_id` is 17 digits and a digit or X; what comes
    out is no citizen's number but for a rare chance, and its last sign checks nothing.

    Source: the ten Feistel rounds and the halves of FF1 (NIST SP 800-38G), with SHA-256 in place of AES, because
    every engine has it.
    """

    salt: str
    form: Literal["digits", "citizen_id"] = "digits"


@dataclass(frozen=True)
class DateShift:
    """Move a date or timestamp by 1 to `days` days, forth or back, the same for all rows of one subject.

    Days between two dates of one subject stay true, and so does the hour of a timestamp. Nobody's true date is
    delivered; who learns one true date of a subject knows them all. A row without a subject has no date.
    """

    salt: str
    #: Column of the source that says whose row it is; it need not be delivered.
    subject: str
    days: int


@dataclass(frozen=True)
class Code:
    """One line of a code table."""

    #: Code of the source, and what stands for it in the delivery.
    of: str
    to: str


@dataclass(frozen=True)
class Translate:
    """Replace codes by those of another table. Unknown ones reject the row, or are kept as they are."""

    codes: tuple[Code, ...]
    unknown: Literal["reject", "keep"] = "reject"


@dataclass(frozen=True)
class Drop:
    """Deliver no such column: it may be checked, or say whose row it is, and stays where it is."""


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


Mask = (
    Cover
    | Truncate
    | Bin
    | Round
    | Hash
    | FormatPreserving
    | DateShift
    | Translate
    | DateTrunc
    | Null
    | Constant
    | Drop
)


def salt_of(mask: Mask | None) -> str | None:
    """Return the name of the salt that `mask` needs, or None."""
    return mask.salt if isinstance(mask, Hash | FormatPreserving | DateShift) else None


def looks_at(mask: Mask | None) -> tuple[str, ...]:
    """Return the columns that `mask` looks at besides its own."""
    return (mask.subject,) if isinstance(mask, DateShift) else ()
