"""The words of holdings.

A *holding* (归集库) is what the node itself keeps of an entry's rows: one Delta table, every version of it readable
until it is dropped. A *run* (归集运行) collects the mounted source into the next version. To read at the source without
copying (逻辑接入) is an equal choice: an entry needs no holding to be shared.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hefu.dataplane.lake.table import Taking
from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.rooms.catalog.terms import ShareType, UpdateCycle
from hefu.rooms.evidence.terms import Kind

#: Data is gathered as needed, by logical access or physically, by the platform of the place; sector authorities
#: gather their own.
ART_3_1 = Citation("state-council-integrated-2022", "3.1", "全国一体化政务大数据体系建设指南")
#: What was shared goes on to a third party only with its department's consent.
ART_25 = Citation("decree-809", "25", "政务数据共享条例")
#: Rule of the packs that says so, or more strictly.
ONWARD_RULE = "use.onward_transfer"
#: What is not shared has its legal basis, and stays with its department.
ART_14 = Citation("decree-809", "14", "政务数据共享条例")


class RunStatus(StrEnum):
    """Where a run stands, by what survives a crash in it."""

    #: Asked for, or between two tries: a worker takes it when its time comes.
    WAITING = "waiting"
    #: A worker carries it. If the worker dies, another begins it anew; what has committed is not done twice.
    RUNNING = "running"
    #: The version is in the holding, counted and compared with the source.
    DONE = "done"
    #: It cannot go on by itself; the holding is as it was.
    FAILED = "failed"
    #: Somebody stopped it; the holding is as it was.
    CANCELLED = "cancelled"


MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.WAITING: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RUNNING: frozenset(
        {RunStatus.RUNNING, RunStatus.WAITING, RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED}
    ),
    RunStatus.DONE: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}
#: Statuses in which a worker has it or will have it.
OPEN = frozenset({RunStatus.WAITING, RunStatus.RUNNING})
STATUS_NAMES = {
    RunStatus.WAITING: _("waiting to run"),
    RunStatus.RUNNING: _("collecting"),
    RunStatus.DONE: _("collected"),
    RunStatus.FAILED: _("failed"),
    RunStatus.CANCELLED: _("cancelled"),
}
TAKING_NAMES = {
    Taking.SNAPSHOT: _("as the source is now"),
    Taking.MERGE: _("merged by key, nothing goes"),
}

#: Pauses before the next try after a failure that may pass by itself.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
#: How long after its time a waiting run counts as one whose job got lost.
LATE_AFTER = timedelta(minutes=1)
#: Times a run is taken over from a dead worker before it counts as what kills the workers.
MOST_TAKEOVERS = 10
#: Rejected rows whose values are kept for the source department.
MOST_REJECTS_KEPT = 10_000
#: Rows that a look at a version shows.
MOST_SHOWN = 100
#: How old a holding may be before it is late, by the entry's update cycle; others are never late by the clock.
FRESH_FOR = {
    UpdateCycle.REALTIME: timedelta(days=1),
    UpdateCycle.DAILY: timedelta(days=1),
    UpdateCycle.WEEKLY: timedelta(days=7),
    UpdateCycle.MONTHLY: timedelta(days=31),
    UpdateCycle.QUARTERLY: timedelta(days=92),
    UpdateCycle.HALF_YEARLY: timedelta(days=184),
    UpdateCycle.YEARLY: timedelta(days=366),
    UpdateCycle.TWO_YEARLY: timedelta(days=731),
}


#: Least days for which replaced versions are kept: no delivery may read one version longer.
LEAST_KEPT_DAYS, MOST_KEPT_DAYS = 7, 36_500
#: How long files that are in no version are left alone: whoever writes them has come to an end by then.
STRAYS_AFTER = timedelta(days=1)


class Freshness(StrEnum):
    """How a holding stands against its entry's update cycle."""

    NEVER = "never"
    FRESH = "fresh"
    LATE = "late"
    #: The entry states no cycle that a clock could watch.
    UNBOUND = "unbound"


FRESHNESS_NAMES = {
    Freshness.NEVER: _("nothing collected yet"),
    Freshness.FRESH: _("within its cycle"),
    Freshness.LATE: _("older than its cycle"),
    Freshness.UNBOUND: _("no fixed cycle"),
}


@dataclass(frozen=True)
class EntryNow:
    """What a holding's opening looks at."""

    code: str
    published: bool
    share_type: ShareType | None
    mounted: bool
    keyed: bool
    #: Number of the entry's open holding, empty when it has none.
    holding: str
    #: Columns that it is mounted on.
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunFacts:
    """A run as decisions see it."""

    number: str
    status: RunStatus
    pauses: int = 0
    takeovers: int = 0
    cancel_asked: bool = False


@dataclass(frozen=True)
class Next:
    """What becomes of a run after a try."""

    status: RunStatus
    #: Until the next try; only when it waits.
    pause: timedelta | None = None


@dataclass(frozen=True)
class Collected:
    """A holding has a new version."""

    holding_id: UUID
    entry_id: UUID
    version: int
    at: datetime
    #: Public number of the holding.
    number: str


@dataclass(frozen=True)
class Assembled:
    """A library has a new version."""

    number: str
    version: int
    at: datetime


HOLDING_OPENED = Kind(
    "holding.opened", 1, ("entry", "taking", "department"), "An entry's rows are collected into the node's lake."
)
HOLDING_CHANGED = Kind(
    "holding.changed", 1, ("taking", "timetable", "serves"), "How or when a holding is collected was set."
)
HOLDING_CLOSED = Kind("holding.closed", 1, ("entry", "reason"), "An entry is collected no more; what is held stays.")
HOLDING_READ = Kind(
    "holding.read",
    1,
    ("version", "rows", "form", "reason"),
    "Rows of a holding were looked at or taken out as a file. The reason is the reader's own words.",
)
VERSIONS_DROPPED = Kind(
    "holding.versions_dropped",
    2,
    ("kept_hours", "files", "bytes_freed", "bytes_kept"),
    "Files of versions replaced long ago were deleted; what those versions counted stays.",
)
KEEPING_SET = Kind(
    "holding.keeping_set", 1, ("kept_days",), "How long replaced versions are kept was set; empty means for ever."
)
RUN_ASKED = Kind("holding.run_asked", 1, ("run", "serial", "taking", "empty_is_true"), "A collection was started.")
RUN_DONE = Kind(
    "holding.collected",
    1,
    (
        "run",
        "version",
        "entry",
        "taking",
        "rows_read",
        "rows_rejected",
        "rejected",
        "rows_held",
        "inserted",
        "updated",
        "removed",
        "digest_source",
        "digest_held",
        "columns",
        "attempt",
        "milliseconds",
    ),
    "A source was collected into a holding: counted and compared with the source.",
)
RUN_FAILED = Kind("holding.run_failed", 1, ("run", "attempt", "code"), "A collection needs a person.")
RUN_CANCELLED = Kind("holding.run_cancelled", 1, ("run", "attempt"), "A person stopped a collection.")


class LibraryKind(StrEnum):
    """基础库和主题库, as the guide names them."""

    POPULATION = "population"
    LEGAL_PERSON = "legal_person"
    SPACE = "space"
    LICENCE = "licence"
    THEME = "theme"


LIBRARY_KIND_NAMES = {
    LibraryKind.POPULATION: _("population base library"),
    LibraryKind.LEGAL_PERSON: _("legal persons base library"),
    LibraryKind.SPACE: _("spatial base library"),
    LibraryKind.LICENCE: _("licences base library"),
    LibraryKind.THEME: _("theme library"),
}
#: Parts of a library, and fields, at most.
MOST_PARTS, MOST_FIELDS = 20, 200
#: Conflicts that are kept; counts are always exact.
MOST_CONFLICTS_KEPT = 10_000


@dataclass(frozen=True)
class PartStated:
    """A holding of a library, as a person states it."""

    #: Number of the holding.
    holding: str
    #: Column that names the subject.
    subject: str
    #: Column that says when a row was changed; empty takes the time of collection.
    changed: str = ""


@dataclass(frozen=True)
class FieldStated:
    """A field of a library, as a person states it."""

    name: str
    wins: str
    #: (holding, column) in the order in which they are asked.
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LibraryStated:
    """What a person states of a library."""

    name: str
    kind: LibraryKind
    #: Name of its key, such as `citizen_id` or `credit_code`.
    subject: str
    parts: tuple[PartStated, ...]
    fields: tuple[FieldStated, ...]


@dataclass(frozen=True)
class SourceColumn:
    """A column that a field of a library takes values from, as its own department shares it."""

    holding: str
    column: str
    #: Code and name of the catalogue entry, and of its department.
    entry: str
    entry_name: str
    department: str
    #: None for what is not, or no longer, in the catalogue.
    share_type: ShareType | None
    #: Whether it is the keeper's own.
    own: bool
    #: Whether its department let the library share it on.
    agreed: bool
    #: What the law of its place says of passing shared data on: `never`, `with_provider_consent`, or nothing.
    passing_on: str
    #: The article that says so.
    source: Citation


@dataclass(frozen=True)
class FieldShare:
    """What a library may share of one field."""

    name: str
    sources: tuple[SourceColumn, ...]
    #: The strictest of its sources.
    share_type: ShareType
    #: English sentence, why it may not be shared on; empty when it may.
    why_not: str
    basis: Citation | None = None


LIBRARY_DEFINED = Kind(
    "library.defined",
    1,
    ("name", "kind", "subject", "holdings", "fields"),
    "A library was stated.",
)
LIBRARY_ASKED = Kind("library.asked", 1, ("serial",), "An assembly of a library was started.")
LIBRARY_ASSEMBLED = Kind(
    "library.assembled",
    1,
    ("serial", "version", "holdings", "subjects", "inserted", "updated", "removed", "conflicts", "digest"),
    "A library was assembled: `holdings` names the version of each part, `conflicts` counts by field.",
)
LIBRARY_FAILED = Kind("library.failed", 1, ("serial", "code"), "A library could not be assembled; it is as it was.")
LIBRARY_LOOKED = Kind(
    "library.looked",
    1,
    ("version", "found", "subject", "reason"),
    "Somebody looked at one subject's file. `subject` is a keyed digest of its number.",
)
CONFLICTS_LOOKED = Kind(
    "library.conflicts_looked", 1, ("rows", "reason"), "Somebody looked at what sources of a library say differently."
)
LIBRARY_CATALOGUED = Kind(
    "library.catalogued",
    1,
    ("entry", "fields", "share_type", "sources"),
    "Fields of a library were drafted as a catalogue entry mounted on it; `sources` names the entries behind them.",
)
LIBRARY_PASSED_ON = Kind(
    "library.passed_on",
    1,
    ("version", "rows", "delivery", "fields"),
    "A delivery read a version of a library; the conditions of its sources were looked at before.",
)
CONSENT_GIVEN = Kind(
    "library.consent_given",
    1,
    ("holding", "entry", "columns"),
    "A source department let a library share columns of its own on.",
)
CONSENT_WITHDRAWN = Kind(
    "library.consent_withdrawn",
    1,
    ("holding", "entry"),
    "A source department lets a library share its columns no more.",
)
LIBRARY_KEEPING_SET = Kind(
    "library.keeping_set", 1, ("kept_days",), "How long replaced versions are kept was set; empty means for ever."
)
LIBRARY_VERSIONS_DROPPED = Kind(
    "library.versions_dropped",
    1,
    ("kept_hours", "files", "bytes_freed", "bytes_kept"),
    "Files of versions replaced long ago were deleted; what those versions counted stays.",
)
LIBRARY_TIMED = Kind("library.timed", 1, ("timetable",), "When a library is assembled without being asked was set.")
