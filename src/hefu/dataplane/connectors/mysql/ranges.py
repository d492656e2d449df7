"""How a table of MySQL is cut into ranges of a key, and how one range is asked for.

Borders are values that the server itself walked to in the order of its index, and it alone compares with them: by the
column's own collation, with its own idea of what is less. So a text key needs no order of ours, gaps cost nothing,
and every range has as many rows as wanted. A border comes back to us from the consumer's database when a run goes on;
it is never more than a value, written as a literal of the key's type.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable
from hefu.dataplane.connectors.mysql.types import loses_signs
from hefu.kernel.words import Sentence, _

#: Values of the key's columns, as texts.
Border = tuple[str, ...]
#: Past the first, up to and with the second; None for an open end.
Bounds = tuple[Border | None, Border | None]

_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_TEXTS = frozenset({"char", "varchar"})
_BYTES = frozenset({"binary", "varbinary"})
_DAYS = frozenset({"date", "datetime", "timestamp"})
#: Types whose values the server compares alike as a column and as a literal. A float is not printed as it is kept,
#: and an enum is ordered by its numbers and compared by its words.
_SPLITS = _WHOLE | _TEXTS | _BYTES | _DAYS | {"decimal"}

_NUMBER = re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,38})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?")
_HEX = re.compile(r"([0-9a-f]{2})*")


@dataclass(frozen=True)
class SplitKey:
    """The columns whose values tell every row from every other."""

    columns: tuple[str, ...]
    #: Native type of each.
    kinds: tuple[str, ...]
    #: The same as long as borders mean the same: columns, types and collations.
    state: str
    #: Columns in whose texts a question mark may stand for another sign: no border then.
    doubtful: frozenset[str] = frozenset()

    def past(self, border: Border) -> str:
        """Return the condition of what comes after the border."""
        return self._beyond(border, ">", ">")

    def upto(self, border: Border) -> str:
        """Return the condition of what comes before the border, and of the border."""
        return self._beyond(border, "<", "<=")

    def within(self, bounds: Bounds) -> str:
        """Return the condition of a range.

        Raises:
            ValueError: A border is no value of the key.
        """
        low, high = bounds
        parts = [self.past(low)] if low is not None else []
        parts += [self.upto(high)] if high is not None else []
        return " and ".join(parts) or "true"

    def _beyond(self, border: Border, sign: str, last: str) -> str:
        """Return a comparison of all columns, in a form of which the server uses its index."""
        if len(border) != len(self.columns):
            raise ValueError(border)
        names = [quoted(name) for name in self.columns]
        values = [literal(kind, value) for kind, value in zip(self.kinds, border, strict=True)]
        ends = []
        for place in range(len(names)):
            same = [f"{names[before]} = {values[before]}" for before in range(place)]
            compared = last if place == len(names) - 1 else sign
            ends.append(" and ".join([*same, f"{names[place]} {compared} {values[place]}"]))
        if len(ends) == 1:
            return ends[0]
        return f"({names[0]} {sign}= {values[0]} and ({' or '.join(f'({end})' for end in ends)}))"


def literal(kind: str, value: str) -> str:
    """Return a value as a literal of its type.

    Raises:
        ValueError: It is no such value.
    """
    if kind in _TEXTS:
        return text(value)
    form = _HEX if kind in _BYTES else _DAY if kind in _DAYS else _NUMBER
    if not form.fullmatch(value):
        raise ValueError(kind)
    if kind in _BYTES:
        return f"x'{value}'"
    return text(value) if kind in _DAYS else f"({value})"


def split_key(session: MysqlSession, table: NativeTable) -> SplitKey | Sentence:
    """Return the key by which a table is cut, or why there is none."""
    facts = table.facts
    if facts.kind != "table" or table.engine != "InnoDB":
        said = _("{table} is no table of InnoDB, so that a moment of it cannot be kept")
        return Sentence(said, code="range.engine", table=facts.table)
    nullable = {column.name for column in facts.columns if column.nullable}
    keys = [key for key in (facts.primary_key, *facts.unique_keys) if key and not nullable & {*key}]
    if not keys:
        said = _("{table} has no primary key, and no unique one without empty values")
        return Sentence(said, code="range.no_key", table=facts.table)
    able = [key for key in keys if all(table.columns[name].data_type in _SPLITS for name in key)]
    if not able:
        return _untold(facts.table, {table.columns[name].data_type for name in keys[0]} - _SPLITS)
    collations = dict(
        session.run(
            "select column_name, coalesce(collation_name, '') from information_schema.columns "
            f"where table_schema = {text(facts.schema)} and table_name = {text(facts.table)}"
        )
    )
    padded = {name for name in collations if table.columns[name].data_type == "char" and _unpadded(collations[name])}
    able = [key for key in able if not padded & {*key}]
    if not able:
        return _untold(facts.table, {"char"})
    whole = [key for key in able if len(key) == 1 and table.columns[key[0]].data_type in _WHOLE]
    key = (whole or able)[0]
    parts = [(name, table.columns[name].column_type, collations.get(name, "")) for name in key]
    state = f"ranges {hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}"
    doubtful = frozenset(name for name in key if loses_signs(table.columns[name]))
    return SplitKey(key, tuple(table.columns[name].data_type for name in key), state, doubtful)


def _unpadded(collation: str) -> bool:
    """Return whether blanks at the end count: a char(n) is then ordered with them and compared without."""
    return "_nopad" in collation or "_0900_" in collation


def _untold(table: str, kinds: set[str]) -> Sentence:
    said = _("the key of {table} has a column of type {kinds}, by which no range can be told")
    return Sentence(said, code="range.key_type", table=table, kinds=", ".join(sorted(kinds)))


def walked(session: MysqlSession, relation: str, key: SplitKey, rows: int) -> Iterator[Border | None]:
    """Yield the border after every `rows` rows, and the last row's; None where a value can be no border.

    Raises:
        SideLost: The connection is gone.
        SideRefused: The server refused.
    """
    names = ", ".join(quoted(name) for name in key.columns)
    backwards = ", ".join(f"{quoted(name)} desc" for name in key.columns)
    border: Border | None = None

    def next_by(order: str, skipped: int) -> Iterator[Border | None]:
        where = key.past(border) if border is not None else "true"
        query = f"select {names} from {relation} where {where} order by {order} limit 1 offset {skipped}"
        yield from (_border(key, values) for values in session.run(query))

    while found := [*next_by(names, rows - 1)]:
        (border,) = found
        yield border
        if border is None:
            return
    # Asked last, and only past the last border: rows that come meanwhile must not make borders go back.
    yield from next_by(backwards, 0)


def bounds_of(borders: Sequence[Border]) -> tuple[Bounds, ...]:
    """Return the ranges between borders; the first begins and the last ends open, for rows that come meanwhile."""
    ends: list[Border | None] = [None, *borders, None]
    return tuple(pairwise(ends))


def _border(key: SplitKey, values: Sequence[object]) -> Border | None:
    written = [_written(kind, value) for kind, value in zip(key.kinds, values, strict=True)]
    if any("?" in (value or "") for name, value in zip(key.columns, written, strict=True) if name in key.doubtful):
        return None
    return None if None in written else tuple(value for value in written if value is not None)


def _written(kind: str, value: object) -> str | None:
    """Return a value as text; None for days that are none, which the server compares in ways of its own."""
    if isinstance(value, bytes):
        return value.hex()
    if kind in _DAYS:
        if isinstance(value, datetime):
            return value.isoformat(sep=" ")
        return value.isoformat() if isinstance(value, date) else None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def not_a_border(table: str) -> Sentence:
    """Return that a value of the key is none to compare with."""
    said = _("the key of {table} holds a day that is none or a sign that is unknown, by which no range can be told")
    return Sentence(said, code="range.no_day", table=table)
