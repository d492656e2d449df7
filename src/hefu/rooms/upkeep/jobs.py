"""Queue tasks of the room that keeps the catalogue whole; `hefu.site.schedule` says how often they run."""

import contextlib
import logging
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock
from hefu.kernel.refusal import Refusal
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.services.overlap import RUN as OVERLAP
from hefu.rooms.upkeep.services.scanning import RUN

log = logging.getLogger(__name__)

#: Live tables looked at in one run.
LOOKS = 200
#: Entries sketched in one run; after a full one the next begins at once.
SKETCHES = 20_000


@app.task(name="upkeep.look", queueing_lock="upkeep.look")
def look_at_tables(timestamp: int) -> None:
    """Look at the live tables that were looked at longest ago. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    actor = system("upkeep")
    for entry_id in queries.stale_looks(LOOKS, viewer=actor):
        try:
            services.look_at(entry_id=entry_id, actor=actor, clock=SystemClock())
        except Refusal as refusal:  # taken off its table, or withdrawn, since the list was made
            log.info("no look at %s: %s", entry_id, refusal)


@app.task(name="upkeep.tie", queueing_lock="upkeep.tie")
def tie_by_names(timestamp: int) -> None:
    """Tie entries to the systems and business items they name. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    actor = system("upkeep")
    for department_id in queries.waits_for_names(viewer=actor):
        services.tie_by_names(department_id=department_id, actor=actor, clock=SystemClock())


@app.task(name="upkeep.count", queueing_lock="upkeep.count")
def count_coverage(timestamp: int) -> None:
    """Count the coverage of every department, for nodes too large to count on every look. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    services.count_coverage(actor=system("upkeep"), clock=SystemClock())


@app.task(name="upkeep.find_duplicates", queueing_lock="upkeep.find_duplicates")
def find_duplicates(timestamp: int) -> None:
    """Look for entries of two departments that say nearly the same. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    sketched, _found = services.find_duplicates(most=SKETCHES, actor=system("upkeep"), clock=SystemClock())
    if sketched == SKETCHES:  # an import brought more than one run looks at
        with contextlib.suppress(AlreadyEnqueued):
            find_duplicates.defer(timestamp=timestamp)


@app.task(name="upkeep.open_reviews", queueing_lock="upkeep.open_reviews")
def open_reviews(timestamp: int) -> None:
    """Begin the full reviews that the law asks for this year. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number in services.open_due_reviews(actor=system("upkeep"), clock=SystemClock()):
        log.info("full review %s began", number)


@app.task(name=OVERLAP)
def compare_values(run_id: str) -> None:
    """Sketch the values that a department lets be compared, and compare them. Safe to run twice.

    Args:
        run_id: Which run.
    """
    services.run_overlap(run_id=UUID(run_id), actor=system("upkeep"), clock=SystemClock())


@app.task(name="upkeep.ask_stale", queueing_lock="upkeep.ask_stale")
def sketch_anew(timestamp: int) -> None:
    """Ask for new sketches where they have grown old. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    clock, actor = SystemClock(), system("upkeep")
    for consent_id in queries.stale_consents(at=clock.now(), viewer=actor):
        services.ask_stale(consent_id=consent_id, actor=actor, clock=clock)


@app.task(name=RUN)
def scan_source(scan_id: str) -> None:
    """Look through the tables of a source. Safe to run twice.

    Args:
        scan_id: Which scan.
    """
    services.scan_source(scan_id=UUID(scan_id), actor=system("upkeep"), clock=SystemClock())
