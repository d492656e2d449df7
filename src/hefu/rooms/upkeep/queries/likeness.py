"""Reads of near-duplicates."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from hefu.rooms.upkeep.models import ItemNaming, Pair
from hefu.rooms.upkeep.queries.naming import source_names
from hefu.rooms.upkeep.terms.cases import Likeness, PairStatus, Side

_PLATFORM = system("upkeep")

#: Entries of other departments that one entry is compared with at most, those that share most buckets first.
MOST_CANDIDATES = 15
#: Entries that share a bucket with it, of which those are taken that share most.
MOST_RANKED = 120
#: A bucket with more entries tells none from another, while they share rarer ones.
MOST_IN_BUCKET = 100
#: Sketches looked at to know which buckets are that full.
SAMPLED = 20_000


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
    drafted = UUID(int=0)
    ids = [other for _own, other in candidates({drafted: (provider_id, made)}, common_buckets(), viewer=viewer)]
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


def unsketched(count: int, *, after: UUID | None, viewer: Actor) -> list[tuple[UUID, UUID, int]]:
    """Return id, department and version of entries in force that have no sketch of it, by id, for the platform.

    Args:
        count: At most so many.
        after: Only those beyond this id: a run that looks at all goes through them once.
        viewer: The platform.
    """
    rows = catalog.published(viewer=viewer).order_by("pk").select_related(None)
    stale = Q(sketch__isnull=True) | ~Q(sketch__version=F("version"))
    beyond = rows.filter(pk__gt=after) if after else rows
    return list(beyond.filter(stale).values_list("pk", "provider_id", "version")[:count])


def sides_of(entry_ids: Iterable[UUID], *, viewer: Actor) -> dict[UUID, Side]:
    """Return the entries in force as the search for duplicates sees them; no more of them is read."""
    rows = catalog.published(viewer=viewer).filter(pk__in=list(entry_ids)).order_by("pk", "items__position")
    told: dict[UUID, tuple[str, list[tuple[str, str, str]]]] = {}
    for pk, name, *item in rows.select_related(None).values_list(
        "pk", "name", "items__name", "items__code", "items__type"
    ):
        held = told.setdefault(pk, (name, []))[1]
        if item[0] is not None:
            held.append((item[0], item[1], item[2]))
    return {
        pk: Side(name, tuple(one[0] for one in held), tuple(one[1] for one in held), tuple(one[2] for one in held))
        for pk, (name, held) in told.items()
    }


def common_buckets() -> frozenset[int]:
    """Return the buckets that so many entries share that they tell none from another, by a sample of the sketches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM upkeep_sketch")
        rows = cursor.fetchone()[0]
        if rows <= MOST_IN_BUCKET:
            return frozenset()
        share = min(100.0, 100 * SAMPLED / rows)
        cursor.execute(
            "SELECT band FROM upkeep_sketch TABLESAMPLE SYSTEM (%s), unnest(bands) AS band"
            " GROUP BY band HAVING count(*) > greatest(%s, 3)",
            [share, MOST_IN_BUCKET * share / 100],
        )
        return frozenset(band for (band,) in cursor.fetchall())


def candidates(
    made: Mapping[UUID, tuple[UUID, Sequence[int]]], common: frozenset[int], *, viewer: Actor
) -> list[tuple[UUID, UUID]]:
    """Return which entries of other departments share buckets with each of these, those that share most first.

    Args:
        made: Entry → its department and its buckets.
        common: Buckets to look into only where an entry has no others.
        viewer: The platform.
    """
    del viewer
    statement = """
        SELECT own.entry_id, other.entry_id
        FROM (
            SELECT entry_id, department_id, told::bigint[] AS bands
            FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS sent(entry_id, department_id, told) OFFSET 0
        ) AS own
        CROSS JOIN LATERAL (
            SELECT near.entry_id FROM (
                SELECT one.entry_id, one.bands FROM upkeep_sketch AS one
                WHERE one.bands && own.bands AND one.department_id <> own.department_id
                LIMIT %s
            ) AS near
            ORDER BY (
                SELECT sum(CASE WHEN band & 31 BETWEEN %s AND %s THEN 1 ELSE 2 END) FROM unnest(near.bands) AS band
                WHERE band = ANY(own.bands)
            ) DESC, near.entry_id
            LIMIT %s
        ) AS other
    """
    told = []
    for bands in (bands for _department, bands in made.values()):
        rare = [band for band in bands if band not in common]
        told.append("{" + ",".join(map(str, rare or bands[:2])) + "}")
    departments = [department for department, _bands in made.values()]
    first_name, last_name = decide.NAMES_IN
    with connection.cursor() as cursor:
        facts: list[Any] = [list(made), departments, told, MOST_RANKED, first_name, last_name, MOST_CANDIDATES]
        cursor.execute(statement, facts)
        return [(own, other) for own, other in cursor.fetchall()]
