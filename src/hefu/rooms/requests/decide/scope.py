"""Row scopes: whether a filter speaks of the entry's items in their own types, and whether any row can meet it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.kernel.words import _
from hefu.rooms.catalog.terms import ItemType
from hefu.rooms.requests.terms import Offer

#: More conditions, or values in one, are a list of people rather than a scope.
MOST_CONDITIONS = 50
MOST_VALUES = 1000

_TEXT = frozenset({ItemType.TEXT, ItemType.MEMO})
_NUMBERS = frozenset({ItemType.NUMBER, ItemType.MONEY, ItemType.DOUBLE, ItemType.INTEGER, ItemType.FLOAT})


def row_fault(rows: RowFilter, offer: Offer) -> str:
    """Return what is wrong with a row scope over the entry's items; empty when nothing is."""
    if len(rows.conditions) > MOST_CONDITIONS:
        return _("A row scope has at most 50 conditions.")
    for condition in rows.conditions:
        problem = _condition_fault(condition, offer)
        if problem:
            return problem
    if contradiction(rows):
        return _("No row can meet these conditions together.")
    return ""


def _condition_fault(condition: Condition, offer: Offer) -> str:
    item = offer.item(condition.column)
    if item is None:
        return _("A condition speaks of an item that this entry does not have. Use the codes of its items.")
    values = values_of(condition)
    if isinstance(condition, OneOf) and not 0 < len(values) <= MOST_VALUES:
        return _("A condition “one of” names 1 to 1,000 values.")
    if isinstance(condition, Between) and not values:
        return _("A condition “between” names at least one end.")
    if isinstance(condition, StartsWith) and not condition.prefix:
        return _("A condition “starts with” names the beginning.")
    if isinstance(condition, StartsWith) and item.type and ItemType(item.type) not in _TEXT:
        return _("Only text can start with something.")
    if not all(_fits(value, item.type) for value in values):
        return _("A condition compares an item with a value of another type.")
    if isinstance(condition, Between) and len(values) == 2 and not _in_order(*values):
        return _("A condition “between” starts with the smaller value.")
    return ""


def values_of(condition: Condition) -> tuple[Any, ...]:
    """Return what the condition compares with."""
    match condition:
        case Equals():
            return (condition.value,)
        case OneOf():
            return condition.values
        case Between():
            return tuple(value for value in (condition.low, condition.high) if value is not None)
        case StartsWith():
            return (condition.prefix,)
        case IsNull():
            return ()


def _fits(value: Any, item_type: str) -> bool:
    if not item_type:
        return True
    match ItemType(item_type):
        case ItemType.DATE:
            return type(value) is date
        case ItemType.MOMENT:
            return isinstance(value, date | datetime)
        case ItemType.LOGICAL:
            return isinstance(value, bool)
        case kind if kind in _NUMBERS:
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _in_order(low: Any, high: Any) -> bool:
    try:
        return bool(low <= high)
    except TypeError:
        return False


def contradiction(rows: RowFilter) -> bool:
    """Return whether two conditions on one item plainly exclude each other; False does not promise a row."""
    allowed: dict[str, set[Any]] = {}
    nulls: set[str] = set()
    for condition in rows.conditions:
        match condition:
            case Equals():
                _narrow(allowed, condition.column, {condition.value})
            case OneOf():
                _narrow(allowed, condition.column, set(condition.values))
            case IsNull():
                nulls.add(condition.column)
    compared = {condition.column for condition in rows.conditions if not isinstance(condition, IsNull)}
    if any(not values for values in allowed.values()) or nulls & compared:
        return True
    return any(
        condition.column in allowed and not any(_meets(value, condition) for value in allowed[condition.column])
        for condition in rows.conditions
    )


def _narrow(allowed: dict[str, set[Any]], column: str, values: set[Any]) -> None:
    allowed[column] = allowed[column] & values if column in allowed else values


def _meets(value: Any, condition: Condition) -> bool:
    match condition:
        case Between():
            low, high = condition.low, condition.high
            return (low is None or _in_order(low, value)) and (high is None or _in_order(value, high))
        case StartsWith():
            return isinstance(value, str) and value.startswith(condition.prefix)
        case _:
            return True
