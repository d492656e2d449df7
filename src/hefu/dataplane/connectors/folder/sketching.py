"""Sketches of a file's columns, made while it is read once."""

from collections.abc import Callable, Iterable
from itertools import islice

from hefu.dataplane.connectors.folder.source import FolderSource, header_of, rows_of
from hefu.dataplane.sketch import BottomK, Sketch, hashed

#: Rows read between two looks whether to go on.
_ROWS = 20_000


def sketch_file(
    source: FolderSource, name: str, columns: Iterable[str], salt: bytes, *, go_on: Callable[[int, int], bool]
) -> dict[str, Sketch] | None:
    """Return the sketch of each column; None when it was stopped. How many rows there are is not known beforehand.

    Raises:
        SideRefused: No such file, or not readable with a header.
    """
    header = header_of(source, name)
    places = {column: header.index(column) for column in columns if column in header}
    gathered = {column: BottomK() for column in places}
    done = 0
    lines = islice(rows_of(source, name), 1, None)
    while rows := list(islice(lines, _ROWS)):
        for column, place in places.items():
            gathered[column].add(hashed({row[place] for row in rows if place < len(row)}, salt))
        done += len(rows)
        if not go_on(done, 0):
            return None
    return {column: one.sketch() for column, one in gathered.items()}
