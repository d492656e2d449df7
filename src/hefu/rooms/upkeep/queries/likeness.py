"""Reads of near-duplicates."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from hefu.kernel.actor import Actor, system
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Content
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.access import oversees
from hefu.rooms.upkeep.models import ItemNaming, Pair, Sketch
from hefu.rooms.upkeep.queries.naming import source_names
from hefu.rooms.upkeep.terms.cases import Likeness, PairStatus, Side

_PLATFORM = system("upkeep")

#: Entries of other departments that one entry is compared with at most.
MOST_CANDIDATES = 40


@dataclass(frozen=True)
class Held:
    """An entry in force of another department that holds what is being drafted."""

    entry: Any
    likeness: Likeness
    #: The department named as its source, when one is.
    source: str


def pairs(*, viewer: Actor, status: PairStatus | None = None) -> QuerySet[Pair]:
    """Return the near-duplicates that `viewer` may read, most alike first: all, or those of the own department."""
    found = Pair.objects.select_related("first__provider", "second__provider", "source")
    found = found.prefetch_related("namings__department")
    if status:
        found = found.filter(status=status)
    if oversees(viewer):
        return found
    if not (viewer.department_id and viewer.roles):
        return found.none()
    named = ItemNaming.objects.filter(pair_id=OuterRef("pk"), department_id=viewer.department_id)
    own = Q(first__provider_id=viewer.department_id) | Q(second__provider_id=viewer.department_id) | Exists(named)
    return found.filter(own)


def pair(pair_id: UUID, *, viewer: Actor) -> Pair:
    """Return one pair.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = pairs(viewer=viewer).filter(pk=pair_id).first()
    if found is None:
        raise NotFound(what="pair of entries", key=pair_id)
    return found


def held_elsewhere(content: Content, *, provider_id: UUID, viewer: Actor) -> list[Held]:
    """Return entries in force of other departments that hold what `content` describes, most alike first.

    Args:
        content: What is being drafted.
        provider_id: The department that drafts it.
        viewer: Who drafts; only entries that everybody reads are named.
    """
    side = side_of(content)
    made = decide.bands(side)
    if not made:
        return []
    near = Sketch.objects.filter(bands__overlap=made).exclude(department_id=provider_id)
    ids = list(near.values_list("entry_id", flat=True)[:MOST_CANDIDATES])
    rows = catalog.published(viewer=viewer).filter(pk__in=ids).prefetch_related("items")
    named = source_names(ids)
    found = [Held(row, decide.likeness(side, side_of(catalog.content_of(row))), named.get(row.pk, "")) for row in rows]
    near_enough = [one for one in found if one.likeness.score >= decide.WARNS]
    return sorted(near_enough, key=lambda one: -one.likeness.score)


def touching(entry_ids: Collection[UUID]) -> Q:
    """Return the filter of pairs that hold one of the entries."""
    return Q(first_id__in=entry_ids) | Q(second_id__in=entry_ids)


def side_of(content: Content) -> Side:
    """Return an entry as the search for duplicates sees it."""
    items = content.items
    return Side(
        content.name,
        tuple(item.name for item in items),
        tuple(item.code for item in items),
        tuple(item.type.value if item.type else "" for item in items),
    )


def unsketched(count: int, *, viewer: Actor) -> list[Any]:
    """Return entries in force that have no sketch of their present version, for the platform to make."""
    rows = catalog.published(viewer=viewer).order_by("pk")
    stale = Q(sketch__isnull=True) | ~Q(sketch__version=F("version"))
    return list(rows.filter(stale).prefetch_related("items")[:count])


def candidates(entry_ids: Iterable[UUID], *, viewer: Actor) -> list[tuple[UUID, UUID]]:
    """Return which entries of other departments share a bucket with each of these, for the platform to compare."""
    del viewer
    statement = """
        SELECT own.entry_id, other.entry_id
        FROM upkeep_sketch AS own
        CROSS JOIN LATERAL (
            SELECT near.entry_id FROM upkeep_sketch AS near
            WHERE near.bands && own.bands AND near.department_id <> own.department_id
            LIMIT %s
        ) AS other
        WHERE own.entry_id = ANY(%s)
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [MOST_CANDIDATES, list(entry_ids)])
        return [(own, other) for own, other in cursor.fetchall()]
