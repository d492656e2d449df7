"""Queue tasks of the holdings room; `hefu.site.schedule` says how often the periodic ones run."""

import logging
from uuid import UUID

from procrastinate.contrib.django import app

from hefu.kernel.clock import SystemClock
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.assemble import assemble
from hefu.rooms.holdings.carry import carry
from hefu.rooms.holdings.services.rows import ASSEMBLE, RUN

log = logging.getLogger(__name__)


@app.task(name=RUN)
def collect_holding(run_id: str) -> None:
    """Carry a collection. Safe to run twice: a second run finds the lock taken or nothing to do."""
    run = UUID(run_id)
    carry(run, holding_id=queries.holding_of_run(run), clock=SystemClock())


@app.task(name=ASSEMBLE)
def assemble_library(library_id: str) -> None:
    """Assemble a library. Safe to run twice: a second run finds the lock taken or nothing to do."""
    assemble(UUID(library_id), clock=SystemClock())


@app.task(name="holdings.retry_stalled", queueing_lock="holdings.retry_stalled")
def retry_stalled_runs(timestamp: int) -> None:
    """Enqueue runs whose worker died or whose job got lost. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number in services.requeue_lost(clock=SystemClock()):
        log.warning("run %s lost its worker and is begun anew", number)
    for number in services.requeue_lost_libraries(clock=SystemClock()):
        log.warning("library %s lost its worker and is assembled anew", number)


@app.task(name="holdings.start_due", queueing_lock="holdings.start_due")
def start_due_runs(timestamp: int) -> None:
    """Start the collections and assemblies that are due by the clock or after what they waited for. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number in services.start_due(clock=SystemClock()):
        log.info("run %s began by the clock", number)
    for number in services.start_due_libraries(clock=SystemClock()):
        log.info("library %s is assembled by the clock or after its sources", number)


@app.task(name="holdings.thin_out", queueing_lock="holdings.thin_out")
def thin_out_versions(timestamp: int) -> None:
    """Delete old versions by each holding's rule, and what killed runs left. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number, dropped in services.thin_out(clock=SystemClock()):
        log.info("%d files of %s were deleted, %d bytes", dropped.files, number, dropped.bytes)
