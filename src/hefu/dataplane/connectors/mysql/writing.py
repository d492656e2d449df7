"""Arrow batches as rows of MySQL, and the keys of written rows as the texts that the source hashes."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hefu.dataplane.arrow import Column
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted
from hefu.dataplane.connectors.mysql.target import PART, ROW
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.plan import Output
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _

#: Bytes of one statement; the server's own limit is at least a million in every version since 2010.
STATEMENT = 512 << 10
#: Keys that are read back at a time.
_KEYS = 20_000


def insert(
    session: MysqlSession, table: str, outputs: Sequence[Output], batch: pa.RecordBatch, part: int, at: int
) -> int:
    """Write a batch into a staging table; the caller commits.

    Args:
        session: Of the target.
        table: The staging table.
        outputs: The delivered columns, in the batch's order.
        batch: Their values.
        part: Number of the part that the rows belong to.
        at: Number of the batch's first row within the part.

    Returns:
        The number of rows that the server says it took.

    Raises:
        SideLost, SideRefused: The target is gone, or it refused.
    """
    columns = ", ".join(quoted(output.name) for output in outputs)
    head = f"insert into {quoted(table)} ({quoted(PART)}, {quoted(ROW)}, {columns}) values "
    taken, waiting, size = 0, [], 0
    for number, values in enumerate(zip(*literals_of(session, outputs, batch), strict=True)):
        row = f"({part}, {at + number}, {', '.join(values)})"
        waiting.append(row)
        size += len(row)
        if size > STATEMENT:
            taken += _sent(session, head, waiting)
            waiting, size = [], 0
    return taken + (_sent(session, head, waiting) if waiting else 0)


def literals_of(session: MysqlSession, outputs: Sequence[Output], batch: pa.RecordBatch) -> list[list[str]]:
    """Return the values of a batch as they stand in a statement, column by column.

    Raises:
        SideRefused: A number that MySQL has none for.
    """
    quote: Callable[[str], str] = session.raw.escape
    return [_literals(column, output.type, quote) for output, column in zip(outputs, batch.columns, strict=True)]


def _sent(session: MysqlSession, head: str, rows: list[str]) -> int:
    statement = (head + ",".join(rows)).encode()
    session.require_room(statement)
    with session.plainly(), session.raw.cursor() as cursor:
        return int(cursor.execute(statement))


def _literals(values: Column, of: SqlType, quote: Callable[[str], str]) -> list[str]:
    column: Any = values
    if of.name == "bytea" and not of.array:
        return [_bytes(value) for value in column.to_pylist()]
    match of.kind:
        case Kind.INTEGER:
            return ["null" if value is None else str(value) for value in column.to_pylist()]
        case Kind.BOOLEAN:
            return ["null" if value is None else str(int(value)) for value in column.to_pylist()]
        case Kind.FLOAT:
            return [_float(value) for value in column.to_pylist()]
    texts: Any = as_texts(column, of)
    if of.kind is Kind.INSTANT:  # kept as the time in UTC, for MySQL has no instants beyond the year 2038
        texts = pc.replace_substring_regex(texts, pattern=r"\+00$", replacement="")
    return ["null" if value is None else quote(value) for value in texts.to_pylist()]


def _bytes(value: str | bytes | None) -> str:
    if value is None:
        return "null"
    return f"x'{value.hex() if isinstance(value, bytes) else value[2:]}'"


def _float(value: float | None) -> str:
    if value is None:
        return "null"
    if value != value or value in (float("inf"), float("-inf")):
        raise SideRefused("target", Sentence(_("MySQL has no number for {value}"), code="side.float", value=str(value)))
    return repr(value) if "e" in repr(value) else f"{value!r}e0"


def keys(session: MysqlSession, table: str, key: Sequence[Output], part: int) -> Iterator[list[Column]]:
    """Yield the keys of a part's rows as this session's transaction sees them, as the source's texts."""
    columns = ", ".join(quoted(output.name) for output in key)
    query = f"select {columns} from {quoted(table)} where {quoted(PART)} = {part}"
    with contextlib.closing(session.streamed(query, _KEYS)) as fetched:
        for rows in fetched:
            yield [
                pa.array([_key_text(value, output.type) for value in values], pa.string())
                for output, values in zip(key, zip(*rows, strict=True), strict=True)
            ]


def _key_text(value: object, of: SqlType) -> str | None:
    """Return the text that the source prints for the value."""
    if value is None:
        return None
    match of.kind:
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.DECIMAL if isinstance(value, Decimal) and of.modifiers:
            scale = (*of.modifiers, 0)[1]
            return f"{value.quantize(Decimal(1).scaleb(-scale)):f}" if scale >= 0 else f"{value:f}"
        case Kind.TIMESTAMP | Kind.INSTANT if isinstance(value, datetime):
            plain = value.isoformat(sep=" ")
            shown = plain.rstrip("0").rstrip(".") if "." in plain else plain
            return f"{shown}+00" if of.kind is Kind.INSTANT else shown
        case Kind.DATE if isinstance(value, date):
            return value.isoformat()
    return str(value)
