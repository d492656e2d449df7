"""Reads a version of a holding: some rows to look at, or all of them into a file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.formats import FileTarget, format_of
from hefu.dataplane.formats.parquet_file import GROUP
from hefu.dataplane.lake.table import LakeTable, Version

_NAME = Dialect.DUCKDB.name_of


@dataclass(frozen=True)
class Look:
    """Some rows of a version, as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    #: Rows of the version that the conditions open.
    matching: int


def look(table: LakeTable, version: Version, *, equal: Mapping[str, str] | None = None, limit: int = 100) -> Look:
    """Return the first rows of a version, in no promised order.

    Args:
        table: The holding.
        version: One whose files are there.
        equal: Column → text that it has to have; columns that the version does not have open nothing.
        limit: Rows at most.

    Raises:
        NoSuchVersion: Its files were dropped.
    """
    columns = tuple(name for name, _of in version.columns)
    wanted = dict(equal or {})
    parts = table.parts(version)
    if not parts or not set(wanted) <= set(columns):
        return Look(columns, (), 0)
    listed = ", ".join(Dialect.DUCKDB.text(str(part.path)) for part in parts)
    where = " and ".join(f"cast({_NAME(name)} as varchar) = ?" for name in wanted) or "true"
    texts = ", ".join(f"cast({_NAME(name)} as varchar)" for name in columns)
    read = f"from read_parquet([{listed}]) where {where}"
    with duckdb.connect(config=_CONFIG) as engine:
        engine.execute("set timezone = 'UTC'")
        values = list(wanted.values())
        rows = engine.execute(f"select {texts} {read} limit {int(limit)}", values).fetchall()
        matching = engine.execute(f"select count(*) {read}", values).fetchall()[0][0]
    return Look(columns, tuple(rows), matching)


_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "128MB",
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def take_out(table: LakeTable, version: Version, target: FileTarget) -> int:
    """Write all rows of a version into a file, which appears whole; return how many.

    Raises:
        NoSuchVersion: Its files were dropped.
        FormatLimit: The format cannot hold the rows.
        SideRefused: The file cannot be written.
    """
    parts = table.parts(version)
    unfinished = target.path.with_name(f".{target.path.name}.part")
    rows = 0
    try:
        writer = format_of(target).writer(unfinished, version.outputs)
        try:
            for part in parts:
                with pyarrow.parquet.ParquetFile(part.path) as file:
                    for batch in file.iter_batches(batch_size=GROUP):
                        writer.write(_in_order(batch, version))
                        rows += batch.num_rows
        except BaseException:
            writer.abandon()
            raise
        writer.close()
        os.replace(unfinished, target.path)
    except OSError as error:
        raise SideRefused("target", f"{Path(target.path).name}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _in_order(batch: pa.RecordBatch, version: Version) -> pa.RecordBatch:
    return batch.select([name for name, _of in version.columns])
