"""Reads of one datum, one source: which items are alike, and which department is the source of each."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.exporting import Sources
from hefu.rooms.catalog.terms import Content, Status
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.access import oversees
from hefu.rooms.upkeep.models import ItemNaming, Naming, Pair, Told
from hefu.rooms.upkeep.terms.cases import Side
from hefu.rooms.upkeep.terms.naming import By
from hefu.rooms.upkeep.terms.overlap import ALIKE


@dataclass(frozen=True)
class Alike:
    """Two items of a pair that are alike."""

    first: Any
    second: Any
    by: tuple[By, ...]
    same_type: bool | None
    #: How far the values of both overlap, where both departments let them be compared.
    overlap: Any = None
    #: Departments named as source of either item so far; more than one only where namings of other pairs disagree.
    sources: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Recollected:
    """An item being drafted whose source department is another."""

    #: As the draft calls it.
    item: str
    source: Any
    #: The entry in force that holds it, and as what.
    entry: Any
    there: str


def alike(pair: Pair) -> list[Alike]:
    """Return the items of a pair that are alike, as both entries say now; the viewer has read the pair."""
    sides = [catalog.items_of(entry) for entry in (pair.first, pair.second)]
    overlaps = {(one.first_item_id, one.second_item_id): one for one in pair.overlaps.all()}
    matches = decide.matches(_side(sides[0]), _side(sides[1]), _same(overlaps, sides))
    named = defaultdict(dict)  # type: defaultdict[UUID, dict[UUID, Any]]
    for naming in _live().filter(entry_id__in=[pair.first_id, pair.second_id]):
        named[naming.item_id][naming.department_id] = naming.department
    found = []
    for match in matches:
        ours, theirs = sides[0][match.first], sides[1][match.second]
        sources = tuple((named[ours.pk] | named[theirs.pk]).values())
        found.append(Alike(ours, theirs, match.by, match.same_type, overlaps.get((ours.pk, theirs.pk)), sources))
    return found


def _same(overlaps: Mapping[tuple[UUID, UUID], Any], sides: list[list[Any]]) -> list[tuple[int, int]]:
    """Return the places of items that hold the same values, the most alike first."""
    places = [{item.pk: at for at, item in enumerate(items)} for items in sides]
    alike = [one for one in overlaps.values() if one.low >= 100 * ALIKE]
    return [
        (places[0][one.first_item_id], places[1][one.second_item_id])
        for one in sorted(alike, key=lambda one: -one.contained)
        if one.first_item_id in places[0] and one.second_item_id in places[1]
    ]


def _side(items: Iterable[Any]) -> Side:
    told = list(items)
    return Side("", tuple(one.name for one in told), tuple(one.code for one in told), tuple(one.type for one in told))


def item_sources(entry_id: UUID) -> dict[UUID, ItemNaming]:
    """Return item → its naming, of an entry that was read for its viewer; everybody may know the source."""
    return {one.item_id: one for one in _live().filter(entry_id=entry_id)}


def source_in(entry_id: UUID, live: Mapping[UUID, ItemNaming]) -> str:
    """Return the same as `source_names` of one entry whose `item_sources` were read; empty when none is named."""
    if live:
        return _joined(Counter(one.department.name for one in live.values()))
    return Naming.objects.filter(entry_id=entry_id).values_list("department__name", flat=True).first() or ""


def source_names(entry_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return entry → names of the departments named as source of what it describes, of most items first."""
    ids = list(entry_ids)
    counted: dict[UUID, Counter[str]] = defaultdict(Counter)
    for entry_id, name in _live().filter(entry_id__in=ids).values_list("entry_id", "department__name"):
        counted[entry_id][name] += 1
    whole = Naming.objects.filter(entry_id__in=ids).values_list("entry_id", "department__name")
    return dict(whole) | {pk: _joined(names) for pk, names in counted.items()}


def sources_of(entry_ids: Sequence[UUID]) -> dict[UUID, Sources]:
    """Return entry → its named source department and those of its items, for entries read for their viewer.

    Everybody may know which department is the source of what.
    """
    items: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    named = ItemNaming.objects.filter(ended_at__isnull=True, entry_id__in=entry_ids)
    for entry_id, item_id, name in named.values_list("entry_id", "item_id", "department__name"):
        items[entry_id][item_id] = name
    whole = dict(Naming.objects.filter(entry_id__in=entry_ids).values_list("entry_id", "department__name"))
    joined = {pk: _joined(Counter(names.values())) for pk, names in items.items()}
    return {pk: Sources(name, items.get(pk, {})) for pk, name in (whole | joined).items()}


def with_sources(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return entries with the departments that the authority named as their sources, read along."""
    namings = Prefetch("item_namings", queryset=_live(), to_attr="live_namings")
    return rows.select_related("provider", "source_naming__department").prefetch_related(namings)


def source_name(entry: Any) -> str:
    """Return the source departments of an entry read by `with_sources`: those named, else its provider."""
    if entry.live_namings:
        return _joined(Counter(one.department.name for one in entry.live_namings))
    naming = getattr(entry, "source_naming", None)
    return str(naming.department.name if naming else entry.provider.name)


def _joined(names: Counter[str]) -> str:
    return "、".join(name for name, _count in sorted(names.items(), key=lambda one: (-one[1], one[0])))


def recollected(content: Content, *, provider_id: UUID, viewer: Actor) -> list[Recollected]:
    """Return the items of a draft whose source department is another, each with the entry that holds it.

    Args:
        content: What is being drafted.
        provider_id: The department that drafts it.
        viewer: Who drafts; only entries that everybody reads are named.
    """
    return recollected_in({provider_id: (content, provider_id)}, viewer=viewer)[provider_id]


def recollected_in(drafts: Mapping[UUID, tuple[Content, UUID]], *, viewer: Actor) -> dict[UUID, list[Recollected]]:
    """Return the same for several drafts: key → (content, department that drafts)."""
    told = {
        key: [(item.name, *decide.telling(item.name, item.code)) for item in content.items]
        for key, (content, _provider) in drafts.items()
    }
    words = [(name, code) for items in told.values() for _item, name, code in items]
    names, codes = {name for name, _code in words} - {""}, {code for _name, code in words} - {""}
    live = _live().filter(Q(folded__in=names) | Q(code__in=codes), origin__status=Status.PUBLISHED)
    readable = live.filter(origin__in=catalog.published(viewer=viewer).order_by().values("pk"))
    known = list(readable.select_related("origin__provider", "origin_item").order_by("named_at", "pk"))
    return {
        key: [
            found
            for item in told[key]
            if (found := _recollected(item, [one for one in known if one.department_id != provider])) is not None
        ]
        for key, (_content, provider) in drafts.items()
    }


def _recollected(item: tuple[str, str, str], known: list[ItemNaming]) -> Recollected | None:
    told, name, code = item
    by_name = next((one for one in known if name and one.folded == name), None)
    one = by_name or next((one for one in known if code and one.code == code), None)
    if one is None:
        return None
    return Recollected(told, one.department, one.origin, one.origin_item.name if one.origin_item else told)


def told(*, viewer: Actor) -> QuerySet[Told]:
    """Return what the viewer's department was told of findings on like entries, newest first."""
    found = Told.objects.select_related("pair__first", "pair__second")
    return found.filter(to_id=viewer.department_id) if viewer.department_id and viewer.roles else found.none()


def namings_of(pair: Pair, *, viewer: Actor) -> QuerySet[ItemNaming]:
    """Return what was named on a pair that the viewer has read; the authority also reads what was taken back."""
    found = pair.namings.select_related("department", "item", "entry").order_by("-named_at", "pk")
    return found if oversees(viewer) else found.filter(ended_at__isnull=True)


def _live() -> QuerySet[ItemNaming]:
    return ItemNaming.objects.filter(ended_at__isnull=True).select_related("department", "origin__provider")
