"""Which columns may be compared by their values, and what an overlap says of two entries."""

import re
from collections.abc import Iterable

from hefu.dataplane.sketch import Overlap
from hefu.rooms.catalog.terms import Grade, PersonalInfo
from hefu.rooms.upkeep.decide.scanning import personal
from hefu.rooms.upkeep.terms.cases import Likeness
from hefu.rooms.upkeep.terms.naming import Match
from hefu.rooms.upkeep.terms.overlap import ALIKE, FEWEST_SEEN, Column, LeftOut

#: Types whose values tell things apart.
_TELLING = re.compile(r"^(character|varchar|text|bpchar|uuid|citext|smallint|integer|bigint|numeric|decimal|date)")
#: Patterns of profiles that are a person's.
_PERSONAL_PATTERNS = frozenset({"citizen_id", "mobile", "email"})
#: How much of a pair's score the values decide, where they are known.
_WEIGHT = 0.3


def left_out(column: Column, *, personal_permitted: bool) -> LeftOut | None:
    """Return why a column's values are not compared; None when they may be.

    Args:
        column: The item, its column and what is known of it.
        personal_permitted: Whether the law of the place lets personal information be compared; never sensitive one.
    """
    told = personal(column.column, f"{column.name} {column.code}", "")
    by_code = personal(column.code, "", "")
    if column.grade in (Grade.CORE, Grade.IMPORTANT):
        return LeftOut.GRADED
    # Who stands in a list of sensitive people is told by a number that says nothing by itself.
    if PersonalInfo.SENSITIVE in (told, by_code, column.personal_info):
        return LeftOut.SENSITIVE
    if not personal_permitted and PersonalInfo.PERSONAL in (told, by_code):
        return LeftOut.PERSONAL
    if not personal_permitted and column.pattern in _PERSONAL_PATTERNS:
        return LeftOut.LOOKS_PERSONAL
    if column.type and not _TELLING.match(column.type.casefold()):
        return LeftOut.TYPE
    return None


def says_something(found: Overlap) -> bool:
    """Return whether an overlap was seen on enough values."""
    return min(found.first_in_second.sample, found.second_in_first.sample) >= FEWEST_SEEN


def alike_by_values(found: Overlap) -> bool:
    """Return whether two columns hold the same things, whatever they are called."""
    return says_something(found) and found.contained.low >= ALIKE


def weighed(words: Likeness, matches: Iterable[Match], contained: dict[tuple[int, int], int]) -> tuple[int, int | None]:
    """Return the score of a pair and how far the values of its like items overlap; None where nothing is known.

    What words say counts for seven tenths, values for three: the same words about other people or firms are
    no datum of two departments, and the same values under the same names are.

    Args:
        words: Likeness by names, items and codes, and by items that are alike by values alone.
        matches: Items that are alike.
        contained: Places of two items → share of the smaller's values in the other, 0 to 100.
    """
    known = [contained[one.first, one.second] for one in matches if (one.first, one.second) in contained]
    if not known:
        return words.score, None
    values = round(sum(known) / len(known))
    # In tenths, so that nobody who sees the score works the overlap out.
    return round((1 - _WEIGHT) * words.score + _WEIGHT * 10 * round(values / 10)), values
