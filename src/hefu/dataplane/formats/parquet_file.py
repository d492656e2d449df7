"""Parquet: typed columns, zstd, row groups small enough to read on any machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from hefu.dataplane.arrow import Column
from hefu.dataplane.formats.texts import arrow_type, as_texts
from hefu.dataplane.plan import Output

#: Rows gathered to one row group.
GROUP = 100_000


class ParquetFormat:
    """Writes and reads back Parquet files."""

    def writer(self, path: Path, outputs: Sequence[Output]) -> "ParquetWriter":
        """Return a writer into `path`."""
        return ParquetWriter(path, outputs)

    def keys(self, path: Path, outputs: Sequence[Output], key: Sequence[Output]) -> Iterator[list[Column]]:
        """Yield the key columns as texts."""
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=GROUP, columns=[output.name for output in key]):
                yield [as_texts(batch.column(output.name), output.type) for output in key]


class ParquetWriter:
    """Writes one Parquet file."""

    def __init__(self, path: Path, outputs: Sequence[Output]) -> None:
        """Open `path` with the schema of `outputs`."""
        self._schema = pa.schema([(output.name, arrow_type(output.type)) for output in outputs])
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        columns = [column.cast(kind) for column, kind in zip(batch.columns, self._schema.types, strict=True)]
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        self._rows += batch.num_rows
        if self._rows >= GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema), row_group_size=GROUP)
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Let an unfinished file be."""
        self._writer.close()
