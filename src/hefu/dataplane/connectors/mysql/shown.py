"""One line of text for a row, the same from a table of MySQL and from what is about to be written into it.

Where a column's text is the same on both sides, both can be digested where they are. A column whose text only the
server can tell, for a float, json or a text that it folds, has no line here, and is compared in the server itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hefu.dataplane.arrow import Column
from hefu.dataplane.connectors.mysql.connection import quoted
from hefu.dataplane.connectors.mysql.types import LINES, NativeColumn, read_expression
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.plan import Output
from hefu.dataplane.types import Kind

#: Buckets of rows by their keys, as hexadecimal digits of a digest; digits of a row's own digest, 60 bits.
BUCKET_DIGITS, DIGEST_DIGITS = 3, 15
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
#: Signs of a moment without its fraction.
_TO_SECONDS = 19
_COMMA = ", ',', "

#: Bucket → rows, and the sum of their digests.
Buckets = dict[int, tuple[int, int]]
#: A delivered column as text, in the words of the column that it lands in.
Shows = Callable[[Column], Column]


@dataclass(frozen=True)
class Standing:
    """A delivered column, and the column of the table that holds it."""

    output: Output
    native: NativeColumn

    def text(self, of: str = "") -> str:
        """Return the server's expression of its text; `of` names the table where there are several."""
        name = f"{of}." * bool(of) + quoted(self.output.name)
        if self.native.data_type in _BYTES or self.native.data_type not in LINES:
            return f"lower(hex({name}))"
        return f"convert({read_expression(self.native, name)} using utf8mb4) collate utf8mb4_bin"

    def shows(self) -> Shows | None:
        """Return what makes the same text of delivered values; None where only the server can tell it."""
        of, kind = self.output.type, self.native.data_type
        if of.name == "bytea" and not of.array:
            return _hex if kind in _BYTES else None
        if of.array or of.kind in (Kind.TEXT, Kind.OTHER):
            return (lambda values: as_texts(values, of)) if kind in _TEXTS else None
        match of.kind:
            case Kind.INTEGER if kind in _WHOLE:
                return lambda values: as_texts(values, of)
            case Kind.BOOLEAN if kind in _WHOLE:
                return _bit
            case Kind.DECIMAL if kind == "decimal" and of.modifiers and (*of.modifiers, 0)[1] == self.native.scale:
                return lambda values: as_texts(values, of)
            case Kind.DATE if kind == "date":
                return lambda values: as_texts(values, of)
            case Kind.TIMESTAMP | Kind.INSTANT if kind == "datetime":
                digits = int(self.native.column_type.partition("(")[2].rstrip(")") or 0)
                return lambda values: _padded(as_texts(values, of), digits)
        return None


def _hex(values: Column) -> Column:
    column: Any = values
    shown = [
        None if one is None else one.hex() if isinstance(one, bytes) else one[2:].lower() for one in column.to_pylist()
    ]
    return pa.array(shown, pa.string())


def _bit(values: Column) -> Column:
    column: Any = values
    shown: Column = column.cast(pa.bool_()).cast(pa.int8()).cast(pa.string())
    return shown


def _padded(texts: Column, digits: int) -> Column:
    """Return moments with all digits of their fraction, as a column prints them that keeps so many."""
    plain: Any = pc.replace_substring_regex(texts, pattern=r"\+00$", replacement="")
    if not digits:
        result: Column = plain
        return result
    pointed = pc.if_else(pc.match_substring(plain, "."), plain, pc.binary_join_element_wise(plain, ".", ""))
    padded: Column = pc.utf8_rpad(pointed, width=_TO_SECONDS + 1 + digits, padding="0")
    return padded


def line(columns: Sequence[Standing]) -> str:
    """Return the server's expression of a row's line; NULL where it is longer than the server takes."""
    pieces = (f"ifnull(concat('\"', replace({one.text()}, '\"', '\"\"'), '\"'), '')" for one in columns)
    return f"concat({_COMMA.join(pieces)})"


def place(key: Sequence[Standing]) -> str:
    """Return the server's digest of a row's key."""
    return f"md5({line(key)})"


def number(digest: str, digits: int) -> str:
    """Return the first digits of a digest in hexadecimal as the server's number."""
    return f"cast(conv(left({digest}, {digits}), 16, 10) as unsigned)"


class Digesting:
    """Digests delivered rows here, batch by batch, as the server does the same rows."""

    def __init__(self, columns: Sequence[Standing], key: Sequence[Standing]) -> None:
        """Begin; `close` lets go.

        Args:
            columns: All delivered columns; of each the text has to be known here.
            key: Those of the key.
        """
        self.buckets: Buckets = {}
        self._shows = [shows for one in columns if (shows := one.shows()) is not None]
        names = [f"c{number}" for number in range(len(self._shows))]
        keyed = [names[columns.index(one)] for one in key]
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._engine = duckdb.connect(
            config={
                "memory_limit": "64MB", "threads": 1, "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )  # fmt: skip
        self._bucketed = (
            f"select cast('0x' || left(md5({_line(keyed)}), {BUCKET_DIGITS}) as integer) as bucket, "
            f"cast('0x' || left(md5({_line(names)}), {DIGEST_DIGITS}) as ubigint)::hugeint as digest from shown"
        )

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch."""
        found = self._asked(batch, "bucket, count(*), sum(digest)", " group by bucket").fetchall()
        for bucket, rows, digest in found:
            before = self.buckets.get(bucket, (0, 0))
            self.buckets[bucket] = before[0] + rows, before[1] + int(digest)

    def among(self, batch: pa.RecordBatch, buckets: Sequence[int]) -> pa.RecordBatch:
        """Return the rows of a batch that belong to some buckets."""
        mine = self._asked(batch, "bucket").fetchnumpy()["bucket"]
        return batch.filter(pa.array(np.isin(mine, buckets)))

    def _asked(self, batch: pa.RecordBatch, what: str, how: str = "") -> duckdb.DuckDBPyRelation:
        texts = [shows(column) for shows, column in zip(self._shows, batch.columns, strict=True)]
        self._engine.register("shown", pa.Table.from_arrays(texts, schema=self._schema))
        return self._engine.sql(f"select {what} from ({self._bucketed}) as digested{how}")

    def close(self) -> None:
        """Let go."""
        self._engine.close()


def _line(names: Sequence[str]) -> str:
    return " || ',' || ".join(f"coalesce('\"' || replace({name}, '\"', '\"\"') || '\"', '')" for name in names)
