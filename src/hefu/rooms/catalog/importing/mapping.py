"""Which column of a foreign catalogue means what: proposed by name and by what its cells look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.assignment import assigned
from hefu.rooms.catalog.importing.names import Lexicon, bare, general
from hefu.rooms.catalog.importing.notions import ITEM_FIELDS, Field
from hefu.rooms.catalog.importing.own import own_mapping
from hefu.rooms.catalog.importing.shapes import ALONE, RARE, STRICT, Cells, cells_of, look, repeats

#: Below this a column is left unmapped for a person to decide.
SURE_ENOUGH = 0.5
#: How sure a name is that people mapped so before.
_LEARNED = 0.99
#: A sure match weighs more than two doubtful ones.
_STEEP = 10
#: Items are described by columns of their own only where one surely names them.
_ITEMS_SURE = 0.75
#: From here a name is one of the field's own, which odd cells do not put in doubt.
_USUAL = 0.9
#: What a name is worth over a column without a single cell beside filled ones: less than one nearly as good over
#: cells.
_EMPTY = 0.75
#: Signs from which a cell is prose rather than a name.
_PROSE = 16
#: Score → how often proposals of that score were right, measured by `benchmarks/mapping.py` over names as they
#: are, translated, in pinyin, by initials and hidden. Between two points it is interpolated.
_MEASURED = ((0.0, 0.0), (0.5, 0.6), (0.6, 0.78), (0.75, 0.9), (0.9, 0.96), (1.0, 0.995))


@dataclass(frozen=True)
class Guess:
    """What a column is proposed to mean."""

    #: None when it is left to a person.
    field: Field | None
    #: That the proposal is right, from 0 to 1.
    confidence: float


def propose_mapping(
    columns: Sequence[str],
    samples: Sequence[Mapping[str, Any]],
    *,
    learned: Mapping[str, Field] | None = None,
    lexicon: Lexicon | None = None,
) -> dict[str, tuple[Field, float]]:
    """Return column → (field, confidence from 0 to 1) for a person to correct.

    Each field gets at most one column; columns that look like nothing are left out.

    Args:
        columns: Names, in the file's order.
        samples: Some rows, column → cell.
        learned: Column name → field, as people mapped it in other files.
        lexicon: Other names than the usual ones.
    """
    guesses = propose(columns, samples, learned=learned, lexicon=lexicon)
    return {column: (one.field, one.confidence) for column, one in guesses.items() if one.field is not None}


def propose(
    columns: Sequence[str],
    samples: Sequence[Mapping[str, Any]],
    *,
    learned: Mapping[str, Field] | None = None,
    lexicon: Lexicon | None = None,
) -> dict[str, Guess]:
    """Return a guess for every column; arguments as for `propose_mapping`."""
    own = own_mapping(columns)
    if own is not None:
        return {column: Guess((learned or {}).get(column, own.get(column)), 1.0) for column in columns}
    usual = lexicon or general()
    known = {bare(column): field for column, field in (learned or {}).items()}
    cells = {column: cells_of(column, samples) for column in columns}
    scores = [_scores(column, cells[column], usual, known.get(bare(column))) for column in columns]
    _let_filled_go_first([bool(cells[column].lines) for column in columns], scores)
    _order_days(columns, samples, cells, scores)
    _tell_prose([cells[column] for column in columns], scores)
    _drop_lonely_items(scores)
    fields = list(Field)
    # What a column means less than "nothing" is left; above that, the surer the better.
    bars = [max(SURE_ENOUGH, 0.95 * usual.nothing(column)) for column in columns]
    gains = [
        [score**_STEEP if (score := row.get(field, 0.0)) >= bar else 0.0 for field in fields]
        for row, bar in zip(scores, bars, strict=True)
    ]
    made = {}
    for column, row, place in zip(columns, scores, assigned(gains), strict=True):
        if place is None:
            made[column] = Guess(None, round(1 - _sure(max(row.values(), default=0.0)), 3))
        else:
            made[column] = Guess(fields[place], round(_sure(row[fields[place]]), 3))
    return made


def _sure(score: float) -> float:
    for (low, sure_low), (high, sure_high) in pairwise(_MEASURED):
        if score <= high:
            return sure_low + (sure_high - sure_low) * (score - low) / (high - low)
    return _MEASURED[-1][1]


def _scores(column: str, cells: Cells, lexicon: Lexicon, learned: Field | None) -> dict[Field, float]:
    found = {field: _score(lexicon.likeness(column, field), field, cells) for field in Field}
    if learned is not None:
        found[learned] = max(found[learned], _LEARNED)
    return found


def _score(name: float, field: Field, cells: Cells) -> float:
    seen = look(field, cells)
    if seen is None:
        return name if cells.lines else name * 0.95
    if field in STRICT and seen < 0.5:
        return name * 0.3
    share = min(1.0, seen / RARE.get(field, 1.0))
    least = 0.92 if name > _USUAL else 0.85
    by_name = min(1.0, name * (least + (1 - least) * share))
    return 1 - (1 - by_name) * (1 - _alone(field, share, cells))


def _alone(field: Field, share: float, cells: Cells) -> float:
    weight = ALONE.get(field, 0.0)
    if not weight or share < 0.6:
        return 0.0
    if field in (Field.THEME, Field.INDUSTRY):
        return weight * share * repeats(cells)
    if field is Field.PROVIDER:
        return weight * share * (0.75 + 0.25 * repeats(cells))
    return weight * share


def _let_filled_go_first(filled: Sequence[bool], scores: list[dict[Field, float]]) -> None:
    """Where a column with cells could have a meaning too, let one without any wait."""
    for field in Field:
        if any(full and row[field] >= SURE_ENOUGH for full, row in zip(filled, scores, strict=True)):
            for full, row in zip(filled, scores, strict=True):
                row[field] *= 1.0 if full else _EMPTY


def _order_days(
    columns: Sequence[str],
    samples: Sequence[Mapping[str, Any]],
    cells: Mapping[str, Cells],
    scores: list[dict[Field, float]],
) -> None:
    """Between two columns of days, let the earlier one be the publication."""
    dated = [
        place
        for place, column in enumerate(columns)
        if cells[column].lines and (look(Field.UPDATED_ON, cells[column]) or 0.0) > 0.7
    ]
    for one in dated:
        for other in dated:
            if one == other:
                continue
            days = [(values.day(row.get(columns[one])), values.day(row.get(columns[other]))) for row in samples]
            pairs = [(first, second) for first, second in days if first and second]
            if not pairs:
                continue
            lead = sum((first < second) - (first > second) for first, second in pairs) / len(pairs)
            scores[one][Field.PUBLISHED_ON] += 0.03 * lead
            scores[one][Field.UPDATED_ON] -= 0.03 * lead


def _tell_prose(cells: Sequence[Cells], scores: list[dict[Field, float]]) -> None:
    """Between columns of free text without telling names, let the longest be the abstract."""
    free = [place for place, one in enumerate(cells) if (look(Field.NAME, one) or 0.0) > 0.5 or one.length > _PROSE]
    if len(free) < 2:
        return
    longest = max(free, key=lambda place: cells[place].length)
    others = [cells[place].length for place in free if place != longest]
    if cells[longest].length > 1.1 * max(others) and not cells[longest].listed:
        row = scores[longest]
        row[Field.ABSTRACT] = max(row[Field.ABSTRACT], ALONE[Field.ABSTRACT])
        row[Field.NAME] *= 0.9


def _drop_lonely_items(scores: list[dict[Field, float]]) -> None:
    """Where no column names items, none describes them."""
    named = max((row.get(Field.ITEM_NAME, 0.0) for row in scores), default=0.0)
    if named < _ITEMS_SURE:
        for row in scores:
            for field in ITEM_FIELDS:
                row[field] = 0.0
