"""What stands in a folder of files: for mounting a file, and for pages."""

from pathlib import Path

from hefu.dataplane.connectors.folder.reading import SHEET_MARK, SHEETS, SQLITE, SUFFIXES, Unreadable, tables
from hefu.dataplane.connectors.folder.source import FolderSource, header_of
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence, _


def list_files(source: FolderSource) -> tuple[TableSummary, ...]:
    """Return the files of the folder that can be read, and each table of a file that holds several.

    Raises:
        SideRefused: There is no such folder, or it may not be read.
    """
    try:
        names = sorted(path.name for path in source.path.iterdir() if path.is_file())
    except OSError as error:
        raise SideRefused(
            "source", Sentence(_("the folder cannot be read: {error}"), code="side.folder", error=str(error.strerror))
        ) from None
    found = [part for name in names if name.lower().endswith(SUFFIXES) for part in _parts(source.path / name)]
    return tuple(TableSummary("", name, "file") for name in found)


def _parts(path: Path) -> list[str]:
    if path.suffix.lower() not in (*SHEETS, *SQLITE):
        return [path.name]
    try:
        found = tables(path)
    except Unreadable:
        return [path.name]  # who chooses it is told why it cannot be read
    return [path.name] if len(found) < 2 else [f"{path.name}{SHEET_MARK}{part}" for part in found]


def inspect_file(source: FolderSource, name: str) -> TableFacts:
    """Return the columns of one file, all of them text.

    Raises:
        SideRefused: No such file, or not readable as a table with a header.
    """
    columns = tuple(ColumnFacts(column, SqlType("text")) for column in header_of(source, name))
    return TableFacts("", name, "file", columns=columns)
