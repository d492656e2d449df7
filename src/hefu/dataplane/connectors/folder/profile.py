"""Profiles of a CSV file's columns: counted here, and no value is kept."""

import re
from itertools import islice

from hefu.dataplane.connectors.folder.source import FolderSource, header_of, rows_of
from hefu.dataplane.connectors.profile import LOOKED_AT, PATTERNS, ColumnProfile, told_pattern

_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}


def profile_file(source: FolderSource, name: str) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the file's first `LOOKED_AT` rows.

    Raises:
        SideRefused: No such file, or not readable as CSV with a header.
    """
    header = header_of(source, name)
    rows = list(islice(rows_of(source, name), 1, LOOKED_AT + 1))
    return tuple(
        _profile(column, [row[at].strip() if at < len(row) else "" for row in rows]) for at, column in enumerate(header)
    )


def _profile(name: str, cells: list[str]) -> ColumnProfile:
    filled = [cell for cell in cells if cell]
    matching = {kind: sum(bool(pattern.match(cell)) for cell in filled) for kind, pattern in _COMPILED.items()}
    lengths = [len(cell) for cell in filled]
    return ColumnProfile(
        name,
        len(cells),
        len(cells) - len(filled),
        len(set(filled)),
        min(lengths, default=None),
        max(lengths, default=None),
        told_pattern(matching, len(filled)),
    )
