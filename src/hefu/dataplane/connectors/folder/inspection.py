"""What stands in a folder of CSV files: for mounting a file, and for pages."""

from hefu.dataplane.connectors.folder.source import FolderSource, header_of
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType


def list_files(source: FolderSource) -> tuple[TableSummary, ...]:
    """Return the CSV files of the folder, in order of their names.

    Raises:
        SideRefused: There is no such folder, or it may not be read.
    """
    try:
        names = sorted(path.name for path in source.path.iterdir() if path.is_file())
    except OSError as error:
        raise SideRefused("source", f"the folder cannot be read: {error.strerror}") from None
    return tuple(TableSummary("", name, "file") for name in names if name.lower().endswith(".csv"))


def inspect_file(source: FolderSource, name: str) -> TableFacts:
    """Return the columns of one file, all of them text.

    Raises:
        SideRefused: No such file, or not readable as CSV with a header.
    """
    columns = tuple(ColumnFacts(column, SqlType("text")) for column in header_of(source, name))
    return TableFacts("", name, "file", columns=columns)
