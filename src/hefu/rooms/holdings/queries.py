"""Reads of holdings and runs, scoped to the viewer. Rows are read by services, because every look is on record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from hefu.dataplane.lake.table import LakeTable, Taking
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.kernel.timetable import After, stated
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.holdings import decide
from hefu.rooms.holdings.access import ACTIONS, keeps, may, require, visible, visible_libraries
from hefu.rooms.holdings.models import CollectionRun, Holding, Library, RejectedRow
from hefu.rooms.holdings.sharing import shares as shares
from hefu.rooms.holdings.terms import OPEN, Freshness, RunStatus
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.lake import lake_table

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry as Evidence

#: Times of a timetable that a page shows ahead.
SHOWN_AHEAD = 3
#: Entries that a form offers at most; the search box finds among them.
MOST_OFFERED = 1_000


@dataclass(frozen=True)
class VersionView:
    """One version of a holding or library as a viewer may see it: counts, no rows."""

    number: int
    run: str
    at: datetime
    taking: Taking
    rows: int
    inserted: int | None
    updated: int | None
    removed: int | None
    digest: str
    #: Whether its files are still there.
    readable: bool
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class HoldingNow:
    """How a holding stands."""

    freshness: Freshness
    #: The last run that collected something, and any that waits or runs.
    last: CollectionRun | None
    open: CollectionRun | None
    next_times: tuple[datetime, ...]


@dataclass(frozen=True)
class RunProgress:
    """How far a run is."""

    number: str
    status: RunStatus
    phase: str
    rows: int
    rows_expected: int | None
    #: 0 to 100, None while there is nothing to reckon from.
    percent: int | None
    rate: int
    bytes: int
    cancel_asked: bool
    error: str

    @property
    def is_open(self) -> bool:
        """Return whether a page should keep asking."""
        return self.status in OPEN


def holdings(*, viewer: Actor, search: str = "", department_id: UUID | None = None) -> QuerySet[Holding]:
    """Return the holdings that `viewer` may see, newest first."""
    found = Holding.objects.filter(visible(viewer)).select_related("entry", "department")
    if department_id:
        found = found.filter(department_id=department_id)
    if search:
        found = found.filter(
            Q(number__icontains=search) | Q(entry__name__icontains=search) | Q(entry__code__icontains=search)
        )
    return found


def holding(number: str, *, viewer: Actor) -> Holding:
    """Return one holding.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    found = holdings(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="holding", key=number)
    return found


def holding_of_entry(entry_id: UUID, *, viewer: Actor) -> Holding | None:
    """Return the open holding of an entry, None when it has none that the viewer may see."""
    return holdings(viewer=viewer).filter(entry_id=entry_id, closed_at__isnull=True).first()


def actions(found: Holding, *, viewer: Actor) -> frozenset[str]:
    """Return what `viewer` may do with a holding by seat; its state may still refuse."""
    return frozenset(action for action in ACTIONS if may(viewer, action, found.department_id))


def openable(*, viewer: Actor) -> list[tuple[str, str]]:
    """Return code and name of the entries that `viewer` may open a holding for."""
    mounts = resources.mounts(viewer=viewer).filter(entry__status=Status.PUBLISHED).exclude(key=[])
    held = Holding.objects.filter(closed_at__isnull=True).values("entry_id")
    inside = Q(entry__provider_id=viewer.department_id) & ~Q(entry__share_type="")
    if not (viewer.department_id and may(viewer, "holdings.open", viewer.department_id)):
        inside = Q(pk__in=[])
    if viewer.of_authority and viewer.has(Role.REVIEWER):
        inside |= Q(entry__share_type__in=[ShareType.UNCONDITIONAL, ShareType.CONDITIONAL])
    found = mounts.filter(inside).exclude(entry_id__in=held).order_by("entry__name")
    return list(found.values_list("entry__code", "entry__name")[:MOST_OFFERED])


def may_open(department_id: UUID, *, viewer: Actor) -> bool:
    """Return whether `viewer` may collect entries of a department, as far as seats go."""
    return may(viewer, "holdings.open", department_id)


def runs(found: Holding) -> QuerySet[CollectionRun]:
    """Return the runs of a holding that the viewer was given already, newest first."""
    return found.runs.order_by("-serial")


def run(number: str, *, viewer: Actor) -> CollectionRun:
    """Return one run.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    inside = Holding.objects.filter(visible(viewer))
    rows = CollectionRun.objects.select_related("holding", "holding__entry", "holding__department")
    found = rows.filter(number=number, holding__in=inside).first()
    if found is None:
        raise NotFound(what="run", key=number)
    return found


def holding_of_run(run_id: UUID) -> UUID:
    """Return which holding a run is of; for the worker."""
    return CollectionRun.objects.values_list("holding_id", flat=True).get(pk=run_id)


def standing(found: Holding, *, clock: Clock) -> HoldingNow:
    """Return how a holding stands that the viewer was given already."""
    last = found.runs.filter(status=RunStatus.DONE).order_by("-serial").first()
    under_way = found.runs.filter(status__in=OPEN).first()
    ahead: tuple[datetime, ...] = ()
    if found.timetable and found.next_at:
        said = stated(found.timetable)
        due = [found.next_at] if isinstance(said, After) else said.next_times(clock.now(), works_at(found), SHOWN_AHEAD)
        ahead = tuple(due)
    return _now(found, last, under_way, ahead, clock)


def standings(rows: Sequence[Holding], *, clock: Clock) -> dict[UUID, HoldingNow]:
    """Return how many holdings stand at once that the viewer was given already; no times ahead."""
    runs_of = CollectionRun.objects.filter(holding__in=[row.pk for row in rows])
    done = runs_of.filter(status=RunStatus.DONE).order_by("holding_id", "-serial").distinct("holding_id")
    last = {run.holding_id: run for run in done}
    under_way = {run.holding_id: run for run in runs_of.filter(status__in=OPEN)}
    return {row.pk: _now(row, last.get(row.pk), under_way.get(row.pk), (), clock) for row in rows}


def _now(
    found: Holding,
    last: CollectionRun | None,
    under_way: CollectionRun | None,
    ahead: tuple[datetime, ...],
    clock: Clock,
) -> HoldingNow:
    collected_at = last.collected_at if last else None
    fresh = decide.freshness(found.entry.update_cycle, collected_at=collected_at, now=clock.now())
    return HoldingNow(fresh, last, under_way, ahead)


def works_at(found: Holding) -> Callable[[date], bool]:
    """Return whether offices of the holding's department work on a day."""
    return clocks.works_at(found.department.place)


def library_works_at(found: Library) -> Callable[[date], bool]:
    """Return whether offices of the library's keeper work on a day."""
    return clocks.works_at(found.department.place)


def history(found: Holding | Library, *, most: int | None = None, before: int | None = None) -> tuple[VersionView, ...]:
    """Return the versions of a holding or library that the viewer was given already, newest first.

    Args:
        found: The holding or library.
        most: How many at most; each costs a look at its files. None for all.
        before: Only older ones than this version.
    """
    table = table_of(found.pk)
    there = table.lying()
    return tuple(
        VersionView(
            version.number,
            version.run,
            version.at,
            version.taking,
            version.rows,
            version.inserted,
            version.updated,
            version.removed,
            version.digest,
            table.readable(version, there),
            version.columns,
        )
        for version in islice((one for one in table.back() if before is None or one.number < before), most)
    )


def columns_of(found: Holding) -> tuple[str, ...]:
    """Return the columns of the newest version of a holding that the viewer was given already; empty without one."""
    latest = table_of(found.pk).latest()
    return tuple(name for name, _of in latest.columns) if latest else ()


def how_many_versions(found: Holding) -> int:
    """Return how many versions a holding has that the viewer was given already: each run that is done brought one."""
    return found.runs.filter(status=RunStatus.DONE).count()


def bytes_held(found: Holding) -> int:
    """Return the bytes of a holding, older versions included."""
    return table_of(found.pk).bytes()


def oldest_readable(found: Holding | Library) -> VersionView | None:
    """Return the oldest version that can still be read, of a holding or library that the viewer was given already."""
    return next((one for one in reversed(history(found)) if one.readable), None)


def last_dropped(found: Holding | Library, *, viewer: Actor) -> "Evidence | None":
    """Return the evidence of when old versions were deleted last, as far as the viewer may see it."""
    kind = "library.versions_dropped" if isinstance(found, Library) else "holding.versions_dropped"
    return evidence.entries(viewer=viewer, subject=found.number, kind=kind).first()


def progress(number: str, *, viewer: Actor, clock: Clock) -> RunProgress:
    """Return how far a run is; cheap enough to ask every second.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    row = run(number, viewer=viewer)
    running = row.status == RunStatus.RUNNING
    elapsed = clock.now() - row.phase_at if running and row.phase_at else timedelta(0)
    return RunProgress(
        number=row.number,
        status=RunStatus(row.status),
        phase=row.phase,
        rows=row.rows,
        rows_expected=row.rows_expected,
        percent=min(100, row.rows * 100 // row.rows_expected) if row.rows_expected else None,
        rate=int(row.rows / elapsed.total_seconds()) if elapsed > timedelta(0) else 0,
        bytes=row.bytes,
        cancel_asked=row.cancel_asked_at is not None,
        error=row.error,
    )


def rejects(found: CollectionRun, *, viewer: Actor) -> QuerySet[RejectedRow]:
    """Return the kept rejected rows of a run, sealed.

    Raises:
        Forbidden: The viewer is neither of the department nor the authority's reviewer.
    """
    require(viewer, "holdings.see_rejects", found.holding.department_id)
    return found.rejected_rows.order_by("place")


def done_entry(found: CollectionRun, *, viewer: Actor) -> "Evidence | None":
    """Return the evidence of what a run collected, once it has."""
    entries = evidence.entries(viewer=viewer, subject=found.holding.number, kind="holding.collected")
    return entries.filter(body__run=found.number).first()


def libraries(*, viewer: Actor, search: str = "") -> QuerySet[Library]:
    """Return the libraries that `viewer` may see, newest first."""
    found = Library.objects.filter(visible_libraries(viewer)).select_related("department")
    return found.filter(Q(number__icontains=search) | Q(name__icontains=search)) if search else found


def library(number: str, *, viewer: Actor) -> Library:
    """Return one library.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    found = libraries(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="library", key=number)
    return found


def part_numbers(found: Library) -> frozenset[str]:
    """Return the holdings that a library is stated over, and those of its version."""
    return frozenset(part["holding"] for part in (*found.parts, *found.assembled.get("parts", ())))


def libraries_taking(held: Holding) -> list[Library]:
    """Return the libraries that take from a holding which the viewer was given already: its department may know."""
    taking = Q(parts__contains=[{"holding": held.number}]) | Q(assembled__parts__contains=[{"holding": held.number}])
    return list(Library.objects.filter(taking).select_related("department"))


def may_state(*, viewer: Actor) -> bool:
    """Return whether `viewer` may state libraries of the own department."""
    return keeps(viewer, viewer.department_id)


def may_keep(found: Library, *, viewer: Actor) -> bool:
    """Return whether `viewer` may assemble and read a library."""
    return keeps(viewer, found.department_id)


def table_of(holding_id: UUID) -> LakeTable:
    """Return a holding's table in the node's lake; for this room's own services and the worker."""
    return lake_table(str(holding_id))


def conflict_purpose(library_id: UUID) -> str:
    """Return what a library's conflicts are sealed for."""
    return f"library-conflict:{library_id}"


def reject_purpose(run_id: UUID) -> str:
    """Return what the values of a run's rejected rows are sealed for."""
    return f"collected-reject:{run_id}"
