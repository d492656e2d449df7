"""Arrow values as the text that PostgreSQL prints, so that a file's keys hash as the source's do."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hefu.dataplane.arrow import Column
from hefu.dataplane.types import Kind, SqlType


def as_texts(values: Column, of: SqlType) -> Column:
    """Return the texts of `values`, a column of the type `of`."""
    column: Any = values
    if of.kind in (Kind.TIMESTAMP, Kind.INSTANT) and not pa.types.is_string(column.type):
        if of.kind is Kind.INSTANT:
            column = column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
        texts = column.cast(pa.timestamp("us")).cast(pa.string())
        # Seconds without a fraction have no point, others no zeros at their end.
        texts = pc.replace_substring_regex(texts, pattern=r"(\.\d*?)0+$", replacement=r"\1")
        texts = pc.replace_substring_regex(texts, pattern=r"\.$", replacement="")
        if of.kind is Kind.INSTANT:
            texts = pc.binary_join_element_wise(texts, "+00", "")
        result: Column = texts
        return result
    plain: Column = column.cast(pa.string())
    return plain


def arrow_type(of: SqlType) -> Any:
    """Return the Arrow type that a file holds a delivered column in; text where Arrow has no such type."""
    precision, scale = (*of.modifiers, 0, 0)[:2]
    match of.kind:
        case Kind.INTEGER:
            return {"smallint": pa.int16(), "integer": pa.int32()}.get(of.name, pa.int64())
        case Kind.FLOAT:
            return pa.float32() if of.name == "real" else pa.float64()
        case Kind.BOOLEAN:
            return pa.bool_()
        case Kind.DATE:
            return pa.date32()
        case Kind.TIMESTAMP:
            return pa.timestamp("us")
        case Kind.INSTANT:
            return pa.timestamp("us", "UTC")
        case Kind.DECIMAL if of.modifiers and precision <= 38 and 0 <= scale <= precision:
            return pa.decimal128(precision, scale)
        case _:
            return pa.string()
