"""Whose sheet a file is: known again by its department and by the names of its columns."""

from collections.abc import Iterable
from uuid import UUID

from hefu.kernel.hashing import digest
from hefu.rooms.catalog.importing.names import bare


def source_of(department_id: UUID | None, columns: Iterable[str]) -> str:
    """Return the digest of a department's layout; order and decorations of the columns do not count."""
    return digest([str(department_id or ""), sorted({bare(column) or column for column in columns})])
