"""A row of MySQL as one line of CSV, written by the server, and the mark of many rows.

A cell costs the driver far more than its bytes, so rows of short columns come as one cell each. The same line is what
a range's rows are told by when a run goes on: the server sums up a digest of each, and nothing but the sum is carried.
"""

import hmac
import io
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.csv

from hefu.dataplane.connectors.mysql.connection import quoted
from hefu.dataplane.connectors.mysql.types import NativeColumn, read_expression
from hefu.dataplane.dialect import Dialect

#: Types whose text holds neither quotes nor commas.
_PLAIN = frozenset({
    "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit", "year", "date",
    "datetime", "timestamp", "time", "uuid", "inet4", "inet6",
})  # fmt: skip
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
#: Types of which one value may be longer than what the server writes as one line.
_LONG = frozenset({"mediumtext", "longtext", "mediumblob", "longblob", "json"})
#: Between two pieces of a line.
_COMMA = ", ',', "
_DIGEST = "left(md5({}), 15)"


def is_short(columns: Sequence[NativeColumn]) -> bool:
    """Return whether the server may be asked for lines."""
    return not any(column.data_type in _LONG for column in columns)


def line(columns: Mapping[str, NativeColumn]) -> str:
    """Return the server's expression of a row's line; NULL where it is longer than the server sends at once."""
    return f"concat({_COMMA.join(_piece(name, column) for name, column in columns.items())})"


def _piece(name: str, column: NativeColumn) -> str:
    value = read_expression(column, quoted(name))
    if column.data_type in _PLAIN:
        return f"ifnull({value}, '')"
    # Not by ifnull: the server makes NULL of what is longer than it sends, and that is no empty value.
    if column.data_type in _BYTES:
        return f"if({value} is null, '', concat('\"\\x', lower(hex({value})), '\"'))"
    whole = f"convert({value} using utf8mb4) collate utf8mb4_bin"
    return f"if({value} is null, '', concat('\"', replace({whole}, '\"', '\"\"'), '\"'))"


def parsed(lines: Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    """Return lines as columns of text."""
    data = "\n".join([*lines, ""]).encode()
    table = pyarrow.csv.read_csv(
        io.BytesIO(data),
        read_options=pyarrow.csv.ReadOptions(
            column_names=schema.names, block_size=len(data) + 1, use_threads=False
        ),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )  # fmt: skip
    return table.combine_chunks().to_batches()[0]


def server_digest(columns: Mapping[str, NativeColumn]) -> str:
    """Return the server's two aggregates over the lines of rows."""
    return f"count(*), coalesce(sum(cast(conv({_DIGEST.format(line(columns))}, 16, 10) as unsigned)), 0)"


def staged_digest(columns: Mapping[str, NativeColumn]) -> str:
    """Return the same over the texts that came, in the words of the staging engine."""
    quote = Dialect.DUCKDB.name_of
    pieces = [
        f"coalesce({quote(name)}, '')" if column.data_type in _PLAIN
        else f"coalesce('\"' || replace({quote(name)}, '\"', '\"\"') || '\"', '')"
        for name, column in columns.items()
    ]  # fmt: skip
    digest = _DIGEST.format(" || ',' || ".join(pieces))
    return f"count(*), coalesce(sum(cast('0x' || {digest} as ubigint)::hugeint), 0)"


def mark_of(secret: bytes, rows: int, total: int) -> int:
    """Return the mark of rows whose digests sum up to `total`, 60 bits.

    It is kept beside the consumer's rows, who must not be able to try out what hidden values would give it.
    """
    return int(hmac.new(secret, f"{rows}:{total}".encode(), "sha256").hexdigest()[:15], 16)
