"""Rows as MySQL sends them: the cells of a whole table, and the lines of one range in a stage of its own."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted
from hefu.dataplane.connectors.mysql.inspection import NativeTable
from hefu.dataplane.connectors.mysql.lines import is_short, line, mark_of, parsed, staged_digest
from hefu.dataplane.connectors.mysql.types import NativeColumn, read_expression
from hefu.dataplane.connectors.staged import FETCHED, StagedView, faults_told, gathered
from hefu.dataplane.connectors.staging import WRITTEN, Stage, Told, checks_of
from hefu.dataplane.types import SqlType


def read_cells(session: MysqlSession, columns: Mapping[str, NativeColumn], of: str) -> Iterator[pa.RecordBatch]:
    """Yield what `select … from` gives, every value as the text that it has there.

    Raises:
        SideLost: The connection is gone.
        SideRefused: The server refused.
    """
    schema = pa.schema([(name, pa.string()) for name in columns])
    # A table without columns that are looked at (all items constant) still has rows to count.
    chosen = ", ".join(read_expression(column, quoted(name)) for name, column in columns.items()) or "''"
    with contextlib.closing(session.streamed(f"select {chosen} from {of}", FETCHED)) as fetched:
        for rows in gathered(fetched):
            arrays = [pa.array(_texts(cells), pa.string()) for cells in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _texts(cells: tuple[Any, ...]) -> list[str | None] | tuple[Any, ...]:
    """Return a column's cells as texts; bytes in PostgreSQL's form."""
    if any(isinstance(cell, bytes) for cell in cells):
        return [f"\\x{cell.hex()}" if isinstance(cell, bytes) else cell for cell in cells]
    return cells


class _TooLong(Exception):
    """The server writes some row in no single line."""


def stage(
    session: MysqlSession,
    columns: Mapping[str, NativeColumn],
    of: str,
    told: Told,
    arrived: Callable[[int], None],
    *,
    small: bool,
) -> tuple[Stage, int]:
    """Return a stage of what stands behind `select … from`, as texts, and how many rows there are.

    Args:
        session: Sees the run's moment.
        columns: What is read of it.
        of: Table and condition.
        told: Tells errors in plain words.
        arrived: Told how many rows came; may raise to end it.
        small: Whether the rows are believed to fit memory.

    Raises:
        SideLost: The connection is gone.
        SideRefused: The server refused.
    """
    ways = [_read_lines, read_cells] if columns and is_short([*columns.values()]) else [read_cells]
    for read in ways:
        made = Stage(told, small=small)
        try:
            return made, made.fill([*columns], read(session, columns, of), arrived)
        except _TooLong:
            made.close()
        except BaseException:
            made.close()
            raise
    raise RuntimeError("cells are never too long")


def _read_lines(session: MysqlSession, columns: Mapping[str, NativeColumn], of: str) -> Iterator[pa.RecordBatch]:
    schema = pa.schema([(name, pa.string()) for name in columns])
    missing = False
    with contextlib.closing(session.streamed(f"select {line(columns)} from {of}", FETCHED)) as fetched:
        for rows in gathered(fetched):
            # Read to the end: whoever leaves a result in the middle loses the session, and the moment with it.
            missing = missing or any(row[0] is None for row in rows)
            if not missing:
                yield parsed([row[0] for row in rows], schema)
    if missing:
        raise _TooLong


class MysqlRange(StagedView):
    """The granted rows of one range of a key."""

    def __init__(
        self, session: MysqlSession, table: NativeTable, types: Mapping[str, SqlType], of: str, secret: bytes
    ) -> None:
        """Read by `session`, which sees the run's moment, what stands behind `select … from`; mark with `secret`."""
        self._secret = secret
        self._session, self._types, self._of, self._table = session, types, of, table.facts.table
        self._columns = {name: table.columns[name] for name in types}
        self.rows = 0

    def load(self, arrived: Callable[[], None]) -> None:
        """Read the rows; `arrived` is called now and then, and may raise to end it.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self._told():
            parts = (self._session, self._columns, self._of, self._told)
            self._stage, self.rows = stage(*parts, lambda _rows: arrived(), small=True)
            self._open(self._types)

    def mark(self) -> int:
        """Return the mark of the rows that came: what the server says of the same rows."""
        ((rows, total),) = self._staged.ask(f"select {staged_digest(self._columns)} from {WRITTEN}")
        return mark_of(self._secret, rows, int(total))

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that keep back rows with days that are none, or with signs that no text has."""
        return checks_of(self._types, self._written)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        with self._session.plainly(), faults_told(self._table):
            yield
