"""A foreign catalogue as columns and rows, and the bounds of what is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable

#: Bytes of a file, of what it unpacks to; rows and columns of it.
LARGEST_FILE = 50 * 1024 * 1024
LARGEST_UNPACKED = 300 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 500


@dataclass(frozen=True)
class Table:
    """A file as columns and rows."""

    columns: tuple[str, ...]
    #: Row number as the file counts, and column → cell.
    rows: tuple[tuple[int, dict[str, Any]], ...]

    def samples(self, count: int = 50) -> list[dict[str, Any]]:
        """Return some rows spread over the file, for guessing what columns mean."""
        step = max(1, len(self.rows) // count)
        return [cells for _number, cells in self.rows[::step]][:count]


def of_records(records: Iterable[Mapping[str, Any]]) -> Table:
    """Return records as a table, numbered from 1, with every name that any of them has."""
    rows = [dict(record) for record in records]
    return Table(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(enumerate(rows, start=1)))


def bounded(table: Table, name: str) -> Table:
    """Return the table when it has rows, and not too many.

    Raises:
        FileUnreadable: It has none, too many, or too many columns.
    """
    if len(table.rows) > MOST_ROWS:
        raise FileUnreadable(name=name, reason=_("it has more than 200,000 rows; send it in parts"))
    if len(table.columns) > MOST_COLUMNS:
        raise FileUnreadable(name=name, reason=_("it has more than 500 columns, so it is no list of entries"))
    if not table.columns or not table.rows:
        raise FileUnreadable(name=name, reason=_("there is no header with rows below it"))
    return table
