"""How a pair of entries is scored: by names, items and codes, and by values where both departments let them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.dataplane.sketch import Overlap, Sketch, overlap
from hefu.kernel.actor import Actor
from hefu.kernel.ids import new_id
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.upkeep import decide, queries, sealed
from hefu.rooms.upkeep.models import Pair, ValueOverlap
from hefu.rooms.upkeep.terms.cases import PairStatus

Places = dict[tuple[int, int], Overlap]


@transaction.atomic
def weigh(first_id: UUID, second_id: UUID, *, actor: Actor, at: datetime) -> Pair | None:
    """Score two entries by all that is known of them; keep the pair when it is near or settled, else let it go."""
    first_id, second_id = sorted((first_id, second_id))
    pair = Pair.objects.select_for_update().filter(first_id=first_id, second_id=second_id).first()
    rows = catalog.published(viewer=actor).filter(pk__in=[first_id, second_id]).prefetch_related("items")
    entries = {row.pk: row for row in rows}
    if len(entries) < 2:
        _let_go(pair)
        return None
    first, second = entries[first_id], entries[second_id]
    sides = [queries.side_of(catalog.content_of(row)) for row in (first, second)]
    places = _overlaps(first, second)
    same = sorted(
        (key for key, found in places.items() if decide.alike_by_values(found)),
        key=lambda key: -places[key].contained.share,
    )
    words = decide.likeness(sides[0], sides[1], same)
    matches = decide.matches(sides[0], sides[1], same)
    contained = {key: _hundred(found.contained.share) for key, found in places.items() if decide.says_something(found)}
    score, values = decide.weighed(words, matches, contained)
    if score < decide.NEAR and (pair is None or (pair.status == PairStatus.OPEN and values is None)):
        _let_go(pair)
        return None
    if pair is None:
        pair = Pair(id=new_id(at), first_id=first_id, second_id=second_id, found_at=at)
    pair.score, pair.values, pair.names, pair.items = score, values, words.names, words.items
    pair.contained, pair.shared = words.contained, list(words.shared)
    pair.save()
    pair.overlaps.all().delete()
    items = [catalog.items_of(row) for row in (first, second)]
    wanted = [(one.first, one.second) for one in matches if (one.first, one.second) in contained]
    ValueOverlap.objects.bulk_create(
        [_row(pair, items[0][ours].pk, items[1][theirs].pk, places[ours, theirs], at) for ours, theirs in wanted]
    )
    return pair


def _let_go(pair: Pair | None) -> None:
    if pair is not None and pair.status == PairStatus.OPEN:
        pair.delete()


def _overlaps(first: Any, second: Any) -> Places:
    """Return places of two items → how far the values of their columns overlap, of those that may be compared."""
    sketches: list[dict[int, Sketch]] = []
    for row in (first, second):
        place = {item.pk: at for at, item in enumerate(catalog.items_of(row))}
        live = queries.live_sketches().filter(entry_id=row.pk)
        sketches.append({place[one.item_id]: sealed.opened(one) for one in live if one.item_id in place})
    return {
        (ours, theirs): overlap(mine, others)
        for ours, mine in sketches[0].items()
        for theirs, others in sketches[1].items()
    }


def _row(pair: Pair, first_item: UUID, second_item: UUID, found: Overlap, at: datetime) -> ValueOverlap:
    contained = found.contained
    share = _hundred(contained.share)
    return ValueOverlap(
        pair=pair,
        first_item_id=first_item,
        second_item_id=second_item,
        both=_hundred(found.both.share),
        contained=share,
        low=min(share, int(100 * contained.low)),
        high=max(share, min(100, -int(-100 * contained.high // 1))),
        measured_at=at,
    )


def _hundred(share: float) -> int:
    return round(100 * share)
