"""A Parquet file asked where a Spark cluster reads it: no row is copied here but those that are delivered.

The cluster has to see the folder under the same path. A column means what it means when this node stages the file
itself: its text, in the type that the grant's item promises. A type whose text Spark writes otherwise is refused.
"""

import contextlib
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from hefu.dataplane.checks import Typed, as_written
from hefu.dataplane.connectors.folder.source import FolderSource, file_in, form_of, header_of, promised
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts
from hefu.dataplane.connectors.staging import checks_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.spark.session import SparkConnect
from hefu.dataplane.ticket import Item
from hefu.dataplane.types import Kind, SqlType, duckdb_type
from hefu.kernel.words import Sentence, _

_SPARK = Dialect.SPARK
_NAME = _SPARK.name_of
RELATION = "granted_rows"
#: What is carried in each batch at most; a table from Spark may be one long array.
_BATCH = 50_000


class SparkView:
    """One Parquet file as it is while it does not change; when it does, the run ends."""

    dialect = Dialect.SPARK

    def __init__(self, address: str, source: FolderSource, name: str, items: Sequence[Item]) -> None:
        """Look at the file here and open a session there.

        Raises:
            SideLost, SideRefused: The cluster or the file cannot be had.
            PlanRefused: An item promises a type that text cannot become.
        """
        self._types = promised(header_of(source, name), items)
        self._name = name
        self._path = file_in(source, name)[0]
        self._seen = _seen(self._path)
        parquet = pyarrow.parquet.ParquetFile(self._path)
        self._rows = int(parquet.metadata.num_rows)
        self._odd = {field.name: _odd(field) for field in parquet.schema_arrow}
        self._beside: list[SparkView] = []
        self._session = SparkConnect(address)
        try:
            self._shown(self._session, RELATION, "written")
        except BaseException:
            self._session.close()
            raise

    def beside(self, other: "SparkView") -> str:
        """Let another file be asked in this session too; return what queries read there.

        Raises:
            SideLost, SideRefused: The cluster went away, or cannot read it.
        """
        name = f"{RELATION}_{len(self._beside) + 2}"
        other._shown(self._session, name, f"written_{len(self._beside) + 2}")
        self._beside.append(other)
        return _NAME(name)

    def _shown(self, session: SparkConnect, name: str, written: str) -> None:
        session.show(self._path, written)
        session.view(name, f"select {', '.join(self._columns())} from {written}")

    def _columns(self) -> list[str]:
        columns = []
        for name, of in self._types.items():
            if self._odd[name] is not None:
                columns.append(f"cast(null as string) as {_NAME(name)}")
                continue
            written = _SPARK.cast(_NAME(name), "text")
            columns.append(f"{_typed(written, of)} as {_NAME(name)}")
            if name in self.written:
                columns.append(f"{written} as {_NAME(as_written(name))}")
        return columns

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return _NAME(RELATION)

    @property
    def facts(self) -> TableFacts:
        """Return the file as a table."""
        columns = tuple(ColumnFacts(name, of, not_carried=self._odd[name]) for name, of in self._types.items())
        return TableFacts("", self._name, "file", rows_estimate=self._rows, columns=columns)

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that the promised types bring with them."""
        return checks_of(self._types, self.written)

    @property
    def written(self) -> frozenset[str]:
        """Return the columns whose text has a name of its own."""
        return frozenset(name for name, of in self._types.items() if of.kind is not Kind.TEXT)

    def load(self, arrived: Callable[[int], None]) -> None:
        """Bring nothing."""

    def judge(self, granted: str, flags: str) -> None:
        """Note nothing: what fails is asked with the rows."""

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return the whole: the cluster parts it by itself."""
        return (Chunk(0, whole=True),)

    @property
    def state(self) -> tuple[str, int]:
        """Return what says that it is the same file."""
        return ":".join(map(str, self._seen)), 0

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return self._session.ask(query)

    def stream(self) -> "SparkStream":
        """Return what reads batches."""
        return SparkStream(self._session, self._unchanged)

    def _unchanged(self) -> None:
        for other in self._beside:
            other._unchanged()
        if _seen(self._path) != self._seen:
            text = _("{file} changed while it was read; run the delivery again")
            raise SideRefused("source", Sentence(text, code="side.file_changed", file=self._name))

    def cancel(self) -> None:
        """End the running statements."""
        self._session.cancel()

    def cut(self) -> None:
        """End the session."""
        self._session.close()

    def close(self) -> None:
        """End the session; may be called twice."""
        self._session.close()


class SparkStream:
    """Reads batches of one query after the other."""

    def __init__(self, session: SparkConnect, unchanged: Callable[[], None]) -> None:
        """Read in `session`; `unchanged` raises when the file is another one by now."""
        self._session, self._unchanged = session, unchanged

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of a query in batches.

        Raises:
            SideLost, SideRefused: The cluster went away or refused, or the file changed.
        """
        self._unchanged()
        with contextlib.closing(self._session.batches(query)) as batches:
            for batch in batches:
                for start in range(0, batch.num_rows, _BATCH):
                    yield _plain(batch.slice(start, _BATCH))
        self._unchanged()

    def cancel(self) -> None:
        """End the running statements."""
        self._session.cancel()

    def cut(self) -> None:
        """End the session."""
        self._session.close()

    def close(self) -> None:
        """Let go; the session is the view's."""


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with texts in the one form of Arrow that is counted here."""
    wide = (pa.types.is_large_string, pa.types.is_string_view)
    columns = [
        column.cast(pa.string()) if any(one(column.type) for one in wide) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _typed(text: str, of: SqlType) -> str:
    """Return the text of a column as its promised type, NULL where it is no such value."""
    if of.kind is Kind.TEXT:
        return text
    value = f"replace({text}, '/', '-')" if of.kind is Kind.DATE else text
    wanted = _SPARK.cast(value, str(duckdb_type(of))).replace("cast(", "try_cast(", 1)
    return f"case when {_SPARK.full_match(text, str(form_of(of)))} then {wanted} end"


def _odd(field: "pa.Field[Any]") -> Sentence | None:
    """Return why the text of a column is not the same in Spark as here, or None."""
    of = field.type
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_integer,
        pa.types.is_decimal,
        pa.types.is_boolean,
    )
    same = any(one(of) for one in kinds) or pa.types.is_date32(of) or of in (pa.timestamp("us"), pa.timestamp("ms"))
    text = _("values of type {type} are written otherwise in Spark; deliver it without Spark, or store it as text")
    return None if same else Sentence(text, code="side.spark_type", type=str(of))


def _seen(path: Path) -> tuple[int, int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns
