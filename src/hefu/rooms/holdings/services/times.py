"""When libraries are assembled without being asked: by the clock, or after their sources were collected."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.timetable import LONGEST, NO_TIMES_NO_EVENT, After, NoTimetable, stated
from hefu.kernel.words import _
from hefu.rooms.holdings import queries, terms
from hefu.rooms.holdings.models import Library
from hefu.rooms.holdings.services.libraries import begin_assembly, load_kept, record_library
from hefu.rooms.holdings.terms import OPEN

_PLATFORM = system("holdings")


@transaction.atomic
def time_library(*, number: str, timetable: str, actor: Actor, clock: Clock) -> Library:
    """Set when a library is assembled without being asked.

    Args:
        number: Of the library.
        timetable: Five fields of cron, words such as `每个工作日 02:00`, `归集之后` for each time when one of its
            holdings was collected, `after H2026-000001` for one of them; empty for only when asked.
        actor: Of its keeper.
        clock: From when the next time is counted.

    Raises:
        NotFound, Forbidden: The actor may not see it, or does not keep it.
        InputsRejected: The text states neither, or waits for what is no part of it.
    """
    row = load_kept(number, "libraries.time", actor)
    row.timetable = timetable.strip()
    row.next_at = _next(row, clock)
    row.save(update_fields=["timetable", "next_at"])
    record_library(terms.LIBRARY_TIMED, row, actor=actor, clock=clock, timetable=row.timetable)
    return row


def _next(row: Library, clock: Clock) -> datetime | None:
    if not row.timetable:
        return None
    try:
        said = stated(row.timetable if len(row.timetable) <= LONGEST else "")
    except NoTimetable:
        raise InputsRejected(problems={"timetable": NO_TIMES_NO_EVENT}) from None
    if isinstance(said, After):
        if said.number and said.number not in queries.part_numbers(row):
            raise InputsRejected(problems={"timetable": _("A library waits for holdings that it takes from alone.")})
        return None
    next_at = said.next_after(clock.now(), queries.library_works_at(row))
    if next_at is None:
        raise InputsRejected(problems={"timetable": _("No day fulfils this.")})
    return next_at


def collected(holding: str, *, clock: Clock) -> None:
    """Let the libraries that wait for a holding be assembled; one that is being assembled is so once more after it."""
    taking = Q(parts__contains=[{"holding": holding}])
    for row in Library.objects.select_for_update().filter(taking).exclude(timetable=""):
        said = stated(row.timetable)
        if isinstance(said, After) and said.number in ("", holding):
            row.next_at = clock.now()
            row.save(update_fields=["next_at"])


def start_due_libraries(*, clock: Clock) -> list[str]:
    """Start what is due by now, each in a transaction of its own; return the libraries. Safe to run twice."""
    due = Library.objects.filter(next_at__lte=clock.now()).values_list("number", flat=True)
    return [number for number in list(due) if _start_due(number, clock)]


@transaction.atomic
def _start_due(number: str, clock: Clock) -> bool:
    rows = Library.objects.select_for_update(of=("self",), skip_locked=True).select_related("department")
    row = rows.filter(number=number, next_at__lte=clock.now()).first()
    if row is None:
        return False
    said = stated(row.timetable)
    waits, busy = isinstance(said, After), row.status in OPEN
    if busy and waits:
        return False  # what came meanwhile is not in what is being assembled: once more, when that is done
    row.next_at = None if isinstance(said, After) else said.next_after(clock.now(), queries.library_works_at(row))
    row.save(update_fields=["next_at"])
    if busy:
        return False
    try:
        with transaction.atomic():
            begin_assembly(row, actor=_PLATFORM, clock=clock)
    except Refusal:
        return False
    return True
