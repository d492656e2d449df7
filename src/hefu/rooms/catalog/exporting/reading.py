"""Entries as an export reads them, a few hundred at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of
from hefu.rooms.catalog.terms import Content

#: Entries that are in memory at once.
_AT_ONCE = 500


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


def exported(found: QuerySet[Entry]) -> Iterator[Exported]:
    """Yield the entries of a list in its order; memory does not grow with the list.

    Args:
        found: What `queries.entries` or another scoped read returned.
    """
    for row in found.prefetch_related("items").iterator(chunk_size=_AT_ONCE):
        yield one(row)


def one(row: Entry) -> Exported:
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
    )
