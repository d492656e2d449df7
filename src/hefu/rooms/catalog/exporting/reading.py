"""Entries as an export reads them, a few hundred at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of
from hefu.rooms.catalog.terms import Content, ItemContent

#: Entries that are in memory at once.
_AT_ONCE = 500


@dataclass(frozen=True)
class Sources:
    """数源部门: the departments that the authority named as where data comes from first."""

    #: Of what an entry describes, those of most items first, with 、 between; empty when none was named.
    whole: str = ""
    #: Id of an item → its department.
    items: Mapping[UUID, str] = field(default_factory=dict)


#: Tells the sources of entries, by their ids; those that have none are left out.
SourcesOf = Callable[[Sequence[UUID]], Mapping[UUID, Sources]]


@dataclass(frozen=True)
class Exported:
    """One entry with what stands around its content."""

    id: UUID
    code: str
    status: str
    version: int
    provider: str
    provider_id: UUID
    #: Unified social credit code.
    provider_code: str
    published_at: datetime | None
    changed_at: datetime
    content: Content
    #: Facts beside the law's, as the catalogue that it came from had them.
    more: dict[str, Any]
    sources: Sources = Sources()

    def source_of(self, item: ItemContent) -> str:
        """Return the department named as an item's source; empty when none was."""
        return self.sources.items.get(item.id, "") if item.id else ""


def exported(found: QuerySet[Entry], *, sources_of: SourcesOf | None = None) -> Iterator[Exported]:
    """Yield the entries of a list in its order; memory does not grow with the list.

    Args:
        found: What `queries.entries` or another scoped read returned.
        sources_of: Tells which source departments were named; without it none are told.
    """
    rows = found.prefetch_related("items").iterator(chunk_size=_AT_ONCE)
    while batch := list(islice(rows, _AT_ONCE)):
        named = sources_of([row.pk for row in batch]) if sources_of else {}
        for row in batch:
            yield one(row, named.get(row.pk, Sources()))


def one(row: Entry, sources: Sources) -> Exported:
    """Return an entry that was read for its viewer, with its provider, as an export tells it."""
    return Exported(
        row.pk,
        row.code,
        row.status,
        row.version,
        row.provider.name,
        row.provider_id,
        row.provider.credit_code,
        row.published_at,
        row.changed_at,
        content_of(row),
        row.more or {},
        sources,
    )
