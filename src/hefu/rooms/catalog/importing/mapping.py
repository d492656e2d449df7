"""Which column of a foreign catalogue means what: proposed by name and by what its cells look like."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.notions import Field, likeness

#: Below this a column is left unmapped for a person to decide.
SURE_ENOUGH = 0.5

_OFFICE = re.compile(
    r"(局|委|委员会|厅|办|办公室|中心|院|政府|会|处|部|区|县|市|镇|公司|队|站|馆|校|所|银行|集团|資料)$"
)
_PHONE = re.compile(r"[\d*#转分機()（）\-+ 、,;/]{5,}")


def _is_number(value: Any) -> bool:
    return values.number(value) is not None


#: How cells of a field look, where one can tell. All or nearly all of a column's cells should.
LOOKS: dict[Field, Callable[[Any], bool]] = {
    Field.OPEN_TYPE: lambda value: values.open_type(value) is not None,
    Field.OPEN_CONDITION: lambda value: values.open_type(value) is None,
    Field.SHARE_TYPE: lambda value: values.share_type(value) is not None,
    Field.SHARE_CONDITION: lambda value: values.share_type(value) is None,
    Field.UPDATE_CYCLE: lambda value: values.update_cycle(value) is not None,
    Field.PUBLISHED_ON: lambda value: values.day(value) is not None,
    Field.UPDATED_ON: lambda value: values.day(value) is not None,
    Field.DETAIL_URL: lambda value: "://" in values.line(value),
    Field.EMAIL: lambda value: "@" in values.line(value),
    Field.ROW_COUNT: _is_number,
    Field.ITEM_LENGTH: lambda value: bool(re.match(r"\d", values.line(value))),
    Field.ITEM_TYPE: lambda value: values.item_type(value) is not None,
    Field.FORMAT: lambda value: values.class_of(values.formats(value)) is not None or values.key(value) == "file",
    Field.PROVIDER: lambda value: bool(_OFFICE.search(values.line(value))),
    Field.PHONE: lambda value: bool(_PHONE.search(values.line(value))),
    Field.SECRECY: lambda value: values.secrecy(value) is not None,
    Field.GRADE: lambda value: values.grade(value) is not None,
    Field.CHANNELS: lambda value: bool(values.channels(value)),
}
#: Fields whose cells can be nothing else: a column that does not look so is not theirs.
_STRICT = frozenset(
    {
        *(Field.OPEN_TYPE, Field.SHARE_TYPE, Field.UPDATE_CYCLE, Field.PUBLISHED_ON, Field.UPDATED_ON),
        *(Field.OPEN_CONDITION, Field.SHARE_CONDITION, Field.DETAIL_URL, Field.EMAIL, Field.SECRECY, Field.ITEM_TYPE),
    }
)


def propose_mapping(columns: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Field, float]]:
    """Return column → (field, confidence from 0 to 1) for a person to correct.

    Each field gets at most one column, the likeliest; columns that look like nothing are left out.

    Args:
        columns: Names, in the file's order.
        samples: Some rows, column → cell.
    """
    scored = sorted(
        ((-_score(column, field, samples), place, field) for place, column in enumerate(columns) for field in Field),
    )
    made: dict[int, tuple[Field, float]] = {}
    taken: set[Field] = set()
    for negative, place, field in scored:
        if -negative < SURE_ENOUGH:
            break
        if place not in made and field not in taken:
            made[place] = (field, round(-negative, 3))
            taken.add(field)
    return {columns[place]: made[place] for place in sorted(made)}


def _score(column: str, field: Field, samples: Sequence[Mapping[str, Any]]) -> float:
    name = likeness(column, field)
    looks = LOOKS.get(field)
    if name == 0.0 or looks is None:
        return name
    cells = [row.get(column) for row in samples]
    filled = [cell for cell in cells if values.line(cell)]
    if not filled:
        return name * 0.9
    share = sum(looks(cell) for cell in filled) / len(filled)
    if field in _STRICT and share < 0.5:
        return name * 0.3
    return min(1.0, name * (0.85 + 0.15 * share))
