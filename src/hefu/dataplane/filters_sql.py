"""Row filters as SQL, and what is wrong with one for the columns at hand."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith, Value
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _

#: Kinds of column that a value of each Python type is compared with.
_COMPARABLE: dict[type, tuple[Kind, ...]] = {
    str: (Kind.TEXT,),
    bool: (Kind.BOOLEAN,),
    int: (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT),
    Decimal: (Kind.INTEGER, Kind.DECIMAL),
    date: (Kind.DATE, Kind.TIMESTAMP),
    datetime: (Kind.TIMESTAMP, Kind.INSTANT),
}


def filter_problems(rows: RowFilter, columns: Mapping[str, SqlType]) -> list[Sentence]:
    """Return everything that keeps `rows` from being asked of `columns`."""
    problems = []
    for condition in rows.conditions:
        of = columns.get(condition.column)
        if of is None:
            problems.append(
                Sentence(
                    _("the row filter names column {name!r}, which the source does not have"),
                    code="plan.filter_column",
                    name=condition.column,
                )
            )
            continue
        if isinstance(condition, OneOf) and not condition.values:
            problems.append(
                Sentence(
                    _("the row filter lists no value for {name!r}"), code="plan.filter_empty", name=condition.column
                )
            )
        for value in _values(condition):
            if not _comparable(value, of):
                problems.append(
                    Sentence(
                        _("the row filter compares {name!r} ({type}) with {kind} {value!r}"),
                        code="plan.filter_type",
                        name=condition.column,
                        type=str(of),
                        kind=type(value).__name__,
                        value=str(value),
                    )
                )
    return problems


def _values(condition: Condition) -> tuple[Value, ...]:
    match condition:
        case Equals(_, value):
            return (value,)
        case OneOf(_, values):
            return values
        case Between(_, low, high):
            return tuple(end for end in (low, high) if end is not None)
        case StartsWith(_, prefix):
            return (prefix,)
        case IsNull():
            return ()


def _comparable(value: Value, of: SqlType) -> bool:
    if isinstance(value, datetime) and (value.tzinfo is None) != (of.kind is Kind.TIMESTAMP):
        return False
    if isinstance(value, str) and "\0" in value:
        return False
    return of.kind in _COMPARABLE[type(value)]


def filter_sql(rows: RowFilter, columns: Mapping[str, SqlType], dialect: Dialect) -> str:
    """Return the filter as one boolean expression, `true` when it opens every row."""
    parts = [_condition(condition, columns[condition.column], dialect) for condition in rows.conditions]
    return " and ".join(parts) or "true"


def _condition(condition: Condition, of: SqlType, dialect: Dialect) -> str:
    column = dialect.name_of(condition.column)
    if of.name == "character":
        column = dialect.cast(column, "text")
    # Text is compared by its bytes, whatever order the provider's database sorts in.
    bytewise = f'{column} collate "C"' if dialect is Dialect.POSTGRES and of.kind is Kind.TEXT else column

    def literal(value: Value) -> str:
        return dialect.day(value, of.kind) if isinstance(value, date) else dialect.literal(value)

    match condition:
        case Equals(_, value):
            return f"{bytewise} = {literal(value)}"
        case OneOf(_, values):
            return f"{bytewise} in ({', '.join(map(literal, values))})"
        case Between(_, low, high):
            ends = [f"{bytewise} >= {literal(low)}"] if low is not None else []
            ends += [f"{bytewise} <= {literal(high)}"] if high is not None else []
            return f"({' and '.join(ends) or f'{column} is not null'})"
        case StartsWith(_, prefix):
            return dialect.starts(column, dialect.text(prefix))
        case IsNull():
            return f"{column} is null"
