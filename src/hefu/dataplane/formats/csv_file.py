"""CSV: UTF-8, every text quoted, NULL empty and unquoted, and no cell that a spreadsheet would run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hefu.dataplane.arrow import Column
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.plan import Output
from hefu.dataplane.types import Kind

BOM = b"\xef\xbb\xbf"
#: A text that begins so would be run as a formula, full-width signs included; apostrophes before it are
#: counted in, so that the one we put in front can be taken off again.
RISKY = r"^'*[=+\-@\t\r＝＋－＠]"
#: Kinds whose Arrow values are written unquoted, as they are.
_PLAIN = (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE)
_NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT)


def defused(texts: Any) -> Any:
    """Return texts with an apostrophe before those that a spreadsheet would run."""
    risky = pc.match_substring_regex(texts, pattern=RISKY)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


def fused(texts: Any) -> Any:
    """Return what `defused` was given."""
    risky = pc.match_substring_regex(texts, pattern=rf"^'{RISKY[1:]}")
    return pc.if_else(risky, pc.utf8_slice_codeunits(texts, start=1), texts)


class CsvFormat:
    """Writes and reads back CSV files."""

    def __init__(self, bom: bool) -> None:
        """Begin files with a byte order mark where `bom` says so."""
        self._bom = bom

    def writer(self, path: Path, outputs: Sequence[Output]) -> "CsvWriter":
        """Return a writer into `path`."""
        return CsvWriter(path, outputs, self._bom)

    def keys(self, path: Path, outputs: Sequence[Output], key: Sequence[Output]) -> Iterator[list[Column]]:
        """Yield the key columns as texts."""
        names = [output.name for output in outputs]
        with path.open("rb") as file:
            if self._bom:
                file.seek(len(BOM))
            reader = pyarrow.csv.open_csv(
                file,
                read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name: pa.string() for name in names},
                    include_columns=[output.name for output in key],
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield [
                    batch.column(output.name) if output.type.kind in _NUMERIC else fused(batch.column(output.name))
                    for output in key
                ]


class CsvWriter:
    """Writes one CSV file."""

    def __init__(self, path: Path, outputs: Sequence[Output], bom: bool) -> None:
        """Open `path` and write the header."""
        self._outputs = outputs
        self._file = path.open("wb")
        if bom:
            self._file.write(BOM)
        header = defused(pa.array([output.name for output in outputs]))
        quoted = ('"' + str(name).replace('"', '""') + '"' for name in header)
        self._file.write(",".join(quoted).encode() + b"\n")
        self._options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        columns = []
        for output, column in zip(self._outputs, batch.columns, strict=True):
            if output.type.kind in _PLAIN:
                columns.append(column)
                continue
            texts: Any = as_texts(column, output.type)
            columns.append(texts if output.type.kind in _NUMERIC else defused(texts))
        rows = pa.RecordBatch.from_arrays(columns, names=[output.name for output in self._outputs])
        pyarrow.csv.write_csv(rows, self._file, self._options)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abandon(self) -> None:
        """Let an unfinished file be."""
        self._file.close()
