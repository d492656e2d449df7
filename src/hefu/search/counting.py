"""How many hits have each value of a facet."""

import os
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tantivy import Query, Searcher

from hefu.search.schema import BETWEEN_FACETS, BETWEEN_VALUES, combined
from hefu.search.terms import MOST_VALUES, TOGETHER, Count

#: Counts by facet.
Counts = Mapping[str, tuple[Count, ...]]

#: Values of a facet up to which the counts of an index in several parts are exact.
_EXACT = 20_000
#: Walks are made beside the page of hits and each other: tantivy lets go of Python's lock meanwhile.
_WALKS = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="search")


@dataclass(frozen=True)
class Walk:
    """What a walk over hits counted."""

    hits: int
    counts: Counts


#: Walks over one view of an index, by all that narrowed them; a plain dict, so that threads may share it.
Walks = dict[Hashable, Walk]


def beside(searcher: Searcher, query: Query, names: Sequence[str]) -> Future[Walk]:
    """Begin to count the hits of a query, and by each of these facets, the most frequent values first."""
    return _WALKS.submit(_walked, searcher, query, names)


def halves(names: Sequence[str]) -> list[list[str]]:
    """Return facets in two shares; those that are counted together stay together."""
    units = (*TOGETHER, *((name,) for name in names if not _grouped(name)))
    return [[name for unit in units[half::2] for name in unit if name in names] for half in (0, 1)]


def _walked(searcher: Searcher, query: Query, names: Sequence[str]) -> Walk:
    """Count in one walk.

    It costs about as much as finding the hits, and several times that where an entry has several values,
    so such facets are counted by their combinations and taken apart here.
    """
    groups = [group for group in TOGETHER if {*group} & {*names}]
    alone = [name for name in names if not _grouped(name)]
    wanted: dict[str, Any] = {"hits": {"value_count": {"field": "published"}}}
    wanted |= {name: _by(name, MOST_VALUES) for name in alone}
    wanted |= {combined(group): _by(combined(group), _EXACT) for group in groups}
    told = searcher.aggregate(query, wanted)
    counts = {name: tuple(Count(one["key"], one["doc_count"]) for one in told[name]["buckets"]) for name in alone}
    for group in groups:
        counts |= _apart(told[combined(group)]["buckets"], group)
    # A group tells of all its facets, but of those not asked for within limits that are not theirs.
    return Walk(int(told["hits"]["value"]), {name: counts[name] for name in names})


def _grouped(name: str) -> bool:
    return any(name in group for group in TOGETHER)


def _by(field: str, size: int) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "shard_size": _EXACT}}


def _apart(buckets: Sequence[Mapping[str, Any]], group: Sequence[str]) -> dict[str, tuple[Count, ...]]:
    """Return the counts of each facet of a group from those of their combinations."""
    made: dict[str, Counter[str]] = {name: Counter() for name in group}
    for one in buckets:
        for name, values in zip(group, one["key"].split(BETWEEN_FACETS), strict=True):
            for value in filter(None, values.split(BETWEEN_VALUES)):
                made[name][value] += one["doc_count"]
    return {
        name: tuple(Count(value, count) for value, count in counter.most_common(MOST_VALUES))
        for name, counter in made.items()
    }
