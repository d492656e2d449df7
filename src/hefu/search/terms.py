"""What goes into the index, what is asked of it, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

#: Fields by which a search is narrowed and counted. `place` and `kind` hold every level above as well.
FACETS = (
    "status",
    "share_type",
    "provider",
    "level",
    "place",
    "theme",
    "kind",
    "open_type",
    "channel",
    "update_cycle",
    "format",
    "grade",
    "quality",
)
#: Facets of which every entry has one value, neither none nor several.
ONE_EACH = ("status",)
#: Facets that are counted by their combinations, in one walk over the hits for each group: those of few
#: values, which make a few hundred together, and those of several values an entry, which come as a path.
TOGETHER = (
    ("share_type", "open_type", "grade", "quality"),
    ("channel", "update_cycle", "format"),
    ("place", "level"),
    ("kind",),
)
#: Values that a facet is counted by at most, the most frequent first.
MOST_VALUES = 60
#: A page of hits may not begin beyond this one: what is that far down is found by narrowing.
FURTHEST = 10_000


class Sort(StrEnum):
    """In which order hits come."""

    #: Best match first; without words, newest first.
    RELEVANCE = "relevance"
    #: Newest version in force first.
    NEWEST = "newest"
    #: By the pinyin of the name, digits and Latin letters before.
    NAME = "name"
    #: Most granted first.
    USES = "uses"


@dataclass(frozen=True)
class Document:
    """One entry as it is indexed."""

    id: UUID
    name: str
    #: Code here and in older catalogues.
    codes: tuple[str, ...] = ()
    abstract: str = ""
    #: Names of the department that holds the data: official, short.
    providers: tuple[str, ...] = ()
    #: Names of items.
    items: tuple[str, ...] = ()
    #: Technical names of items.
    item_codes: tuple[str, ...] = ()
    #: Anything else that words are looked for in: theme, tags, system.
    others: tuple[str, ...] = ()
    #: Facet → values.
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: When its version came into force.
    published_at: datetime | None = None
    #: How often it was granted.
    uses: int = 0


@dataclass(frozen=True)
class Scope:
    """What somebody may see: everything, or what has one of the values of one of the facets named."""

    everything: bool = False
    #: (facet, values): it suffices to fulfil one of them; none means that nothing is seen.
    either: tuple[tuple[str, tuple[str, ...]], ...] = ()


#: Sees all.
EVERYTHING = Scope(everything=True)


@dataclass(frozen=True)
class Question:
    """What is asked."""

    #: As a person typed it.
    text: str = ""
    #: (facet, values): within a facet one value suffices, every facet named has to be fulfilled.
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    #: Only what came into force after this instant.
    after: datetime | None = None
    sort: Sort = Sort.RELEVANCE
    offset: int = 0
    limit: int = 25
    #: Facets to count.
    counted: tuple[str, ...] = ()

    def values(self, facet: str) -> tuple[str, ...]:
        """Return the values chosen of a facet."""
        return next((values for name, values in self.chosen if name == facet), ())


@dataclass(frozen=True)
class Count:
    """One value of a facet and how many entries have it, the facet's own choice put aside."""

    value: str
    count: int


@dataclass(frozen=True)
class Found:
    """The answer of an index."""

    #: Ids of this page, in order.
    ids: tuple[UUID, ...]
    total: int
    counts: Mapping[str, tuple[Count, ...]]
    #: No entry has all the words; these have most of them.
    relaxed: bool = False
    #: What was probably meant, when little or nothing was found; empty for none.
    suggestion: str = ""
