"""Live looks into places: what tables there are, what columns a table has, whether one gets in at all."""

from dataclasses import dataclass
from typing import Any

from hefu.dataplane import sides
from hefu.dataplane.connectors.load import Load
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.errors import SideRefused
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import stored
from hefu.rooms.resources import errors
from hefu.rooms.resources.models import Source, Target
from hefu.rooms.resources.reaching import address_policy, is_database, side_of
from hefu.rooms.resources.terms import ColumnSide, PlaceKind


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
        found = sides.tried(side_of(place), address_policy())
        return Trial(True, found.text, found.facts)
    except Refusal as refusal:
        return Trial(False, refusal.text, {name: stored(value) for name, value in refusal.facts.items()})


def tables(source: Source) -> tuple[TableListed, ...]:
    """Return what the source offers now.

    Raises:
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    found = sides.tables(side_of(source), address_policy())
    return tuple(TableListed(one.schema, one.table, one.kind, one.comment, one.rows_estimate) for one in found)


def table(source: Source, schema: str, name: str) -> TableSeen:
    """Return what one table or file looks like now.

    Raises:
        NoSuchTable: The source has none of that name that its account can read.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    try:
        facts = sides.inspected(side_of(source), schema, name, address_policy())
    except SideRefused:
        if (schema, name) in {(one.schema, one.table) for one in tables(source)}:
            raise
        raise errors.NoSuchTable(source=source.name, table=f"{schema}.{name}" if schema else name) from None
    typed = is_database(source) or source.kind in (PlaceKind.HTTP, PlaceKind.LAKE)
    columns = tuple(
        ColumnSide(one.name, str(one.type) if typed else "", one.comment, one.nullable) for one in facts.columns
    )
    return TableSeen(columns, facts.primary_key)


def load(source: Source) -> Load | None:
    """Return how busy the source's server is now; None where there is none to ask.

    Raises:
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    return sides.load(side_of(source), address_policy())


def profile(source: Source, schema: str, name: str) -> tuple[ColumnProfile, ...]:
    """Return counts over one table or file: emptiness, different values, lengths, patterns. No value leaves it.

    Raises:
        NoSuchTable, AddressNotAllowed, NoSecret, DataPlaneRefusal: As `table`.
    """
    return sides.profiled(side_of(source), schema, name, address_policy())
