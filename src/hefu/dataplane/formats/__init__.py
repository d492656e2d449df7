"""The file channel's formats: the same rows as a file of CSV, XLSX, Parquet or JSON lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from hefu.dataplane.arrow import Column
from hefu.dataplane.connectors.drop import Drop
from hefu.dataplane.formats.csv_file import CsvFormat
from hefu.dataplane.formats.jsonl_file import JsonlFormat
from hefu.dataplane.formats.parquet_file import ParquetFormat
from hefu.dataplane.formats.xlsx_file import XlsxFormat
from hefu.dataplane.plan import Output


class FileFormat(StrEnum):
    """What people choose from."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True)
class FileTarget:
    """A file to be written; it appears under its name only when it is whole."""

    path: Path
    format: FileFormat
    #: Begin a CSV with a byte order mark, without which spreadsheets read Chinese as another encoding.
    bom: bool = True
    #: Where the finished file goes instead of staying under its path; it has the path's name there.
    beyond: Drop | None = None


class Writer(Protocol):
    """Takes batches in the order in which they come."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch whose columns are the outputs."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...

    def abandon(self) -> None:
        """Let an unfinished file be; the caller removes it."""
        ...


class Format(Protocol):
    """One file format."""

    def writer(self, path: Path, outputs: Sequence[Output]) -> Writer:
        """Return a writer into `path`."""
        ...

    def keys(self, path: Path, outputs: Sequence[Output], key: Sequence[Output]) -> Iterator[list[Column]]:
        """Yield the key columns of a finished file as the texts that the source hashes."""
        ...


def format_of(target: FileTarget) -> Format:
    """Return the format that writes `target`."""
    match target.format:
        case FileFormat.CSV:
            return CsvFormat(target.bom)
        case FileFormat.XLSX:
            return XlsxFormat()
        case FileFormat.PARQUET:
            return ParquetFormat()
        case FileFormat.JSONL:
            return JsonlFormat()
