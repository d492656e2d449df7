"""What a column looks like from outside: shares and lengths, never a value."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: Rows that are looked at in a table; more would not change what is suggested.
LOOKED_AT = 20_000

#: Pattern class → the expression that a value must match, in the common tongue of PostgreSQL and Python.
PATTERNS: dict[str, str] = {
    "citizen_id": r"^[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]$",
    "credit_code": r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$",
    "mobile": r"^1[3-9][0-9]{9}$",
    "email": r"^[^@ ]+@[^@ ]+[.][^@ ]+$",
    "day": r"^(19|20)[0-9]{2}[-/.]?(0?[1-9]|1[0-2])[-/.]?(0?[1-9]|[12][0-9]|3[01])$",
    "division": r"^[1-8][0-9]{5}$",
    "whole": r"^-?[0-9]{1,18}$",
    "number": r"^-?[0-9]+([.][0-9]+)?$",
    "chinese": r"^[一-龥·]{2,4}$",
}
#: Share of the values that must match before the pattern is told.
TOLD_FROM = 0.9


@dataclass(frozen=True)
class ColumnProfile:
    """One column. It holds counts of values and no value."""

    name: str
    #: Rows that were looked at.
    rows: int
    #: Of them, rows in which it is empty.
    empty: int
    #: Different values among them.
    distinct: int
    shortest: int | None
    longest: int | None
    #: Key of `PATTERNS`, or empty when the values are not of one kind.
    pattern: str

    @property
    def empty_share(self) -> float:
        """Return the share of rows in which it is empty, 0 to 1."""
        return self.empty / self.rows if self.rows else 0.0


def told_pattern(matching: dict[str, int], filled: int) -> str:
    """Return the first pattern that nearly all filled values match; they stand from the narrow to the wide."""
    if not filled:
        return ""
    return next((name for name in PATTERNS if matching.get(name, 0) >= TOLD_FROM * filled), "")


_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}


def profile_cells(name: str, cells: Sequence[str]) -> ColumnProfile:
    """Return the profile of a column whose texts were read; an empty text is an empty cell."""
    filled = [cell for cell in cells if cell]
    matching = {kind: sum(bool(pattern.match(cell)) for cell in filled) for kind, pattern in _COMPILED.items()}
    lengths = [len(cell) for cell in filled]
    return ColumnProfile(
        name,
        len(cells),
        len(cells) - len(filled),
        len(set(filled)),
        min(lengths, default=None),
        max(lengths, default=None),
        told_pattern(matching, len(filled)),
    )
