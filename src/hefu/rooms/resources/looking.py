"""Live looks into places: what tables there are, what columns a table has, whether one gets in at all."""

from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors.folder.inspection import inspect_file, list_files
from hefu.dataplane.connectors.folder.profile import profile_file
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.inspection import inspect_table, list_tables, test_connection
from hefu.dataplane.connectors.postgres.profile import profile_table
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.errors import SideRefused
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _, stored
from hefu.rooms.resources import errors
from hefu.rooms.resources.models import Source, Target
from hefu.rooms.resources.reaching import address_policy, folder_of, is_database, postgres_of
from hefu.rooms.resources.terms import ColumnSide

_CAN_CREATE = _("Reached: PostgreSQL {version}, {tables} tables to read; the account may also create a schema.")
_CANNOT_CREATE = _("Reached: PostgreSQL {version}, {tables} tables to read; the account may not create a schema.")


@dataclass(frozen=True)
class TableListed:
    """A table, view or file that a source offers."""

    schema: str
    table: str
    #: `table`, `view` … or `file`.
    kind: str
    comment: str
    #: None when nobody knows.
    rows_estimate: int | None


@dataclass(frozen=True)
class TableSeen:
    """What a table looks like now."""

    columns: tuple[ColumnSide, ...]
    primary_key: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """What a test of a place found."""

    reached: bool
    #: English sentence with {facts}.
    text: str
    facts: dict[str, Any]


def reach(place: Source | Target) -> Trial:
    """Try whether the place can be reached and used; a "no" comes back as words, not as an exception."""
    try:
        if is_database(place):
            seen = test_connection(postgres_of(place), policy=address_policy())
            text = _CAN_CREATE if seen.can_create else _CANNOT_CREATE
            return Trial(True, text, {"version": seen.server_version, "tables": seen.readable})
        files = list_files(FolderSource(folder_of(place), encoding=place.encoding))
        return Trial(True, _("The folder can be read; it holds {files} files."), {"files": len(files)})
    except Refusal as refusal:
        return Trial(False, refusal.text, {name: stored(value) for name, value in refusal.facts.items()})


def tables(source: Source) -> tuple[TableListed, ...]:
    """Return what the source offers now.

    Raises:
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    if is_database(source):
        found = list_tables(postgres_of(source), policy=address_policy())
    else:
        found = list_files(FolderSource(folder_of(source), encoding=source.encoding))
    return tuple(TableListed(one.schema, one.table, one.kind, one.comment, one.rows_estimate) for one in found)


def table(source: Source, schema: str, name: str) -> TableSeen:
    """Return what one table or file looks like now.

    Raises:
        NoSuchTable: The source has none of that name that its account can read.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    try:
        if is_database(source):
            facts = inspect_table(postgres_of(source), schema, name, policy=address_policy())
        else:
            facts = inspect_file(FolderSource(folder_of(source), encoding=source.encoding), name)
    except SideRefused:
        if (schema, name) in {(one.schema, one.table) for one in tables(source)}:
            raise
        raise errors.NoSuchTable(source=source.name, table=f"{schema}.{name}" if schema else name) from None
    typed = is_database(source)
    columns = tuple(
        ColumnSide(one.name, str(one.type) if typed else "", one.comment, one.nullable) for one in facts.columns
    )
    return TableSeen(columns, facts.primary_key)


def profile(source: Source, schema: str, name: str) -> tuple[ColumnProfile, ...]:
    """Return counts over one table or file: emptiness, different values, lengths, patterns. No value leaves it.

    Raises:
        NoSuchTable, AddressNotAllowed, NoSecret, DataPlaneRefusal: As `table`.
    """
    if not is_database(source):
        return profile_file(FolderSource(folder_of(source), encoding=source.encoding), name)
    columns = [column.name for column in table(source, schema, name).columns]
    return profile_table(postgres_of(source), schema, name, columns, policy=address_policy())
