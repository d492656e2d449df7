"""Profiles of a CSV file's columns: counted here, and no value is kept."""

from itertools import islice

from hefu.dataplane.connectors.folder.source import FolderSource, header_of, rows_of
from hefu.dataplane.connectors.profile import LOOKED_AT, ColumnProfile, profile_cells


def profile_file(source: FolderSource, name: str) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the file's first `LOOKED_AT` rows.

    Raises:
        SideRefused: No such file, or not readable as CSV with a header.
    """
    header = header_of(source, name)
    rows = list(islice(rows_of(source, name), 1, LOOKED_AT + 1))
    return tuple(
        profile_cells(column, [row[at].strip() if at < len(row) else "" for row in rows])
        for at, column in enumerate(header)
    )
