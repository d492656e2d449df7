"""Queue tasks of the deliveries room; `hefu.site.schedule` says how often the periodic ones run."""

import logging
from uuid import UUID

from procrastinate.contrib.django import app

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.calling import send_call
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.services.comparing import COMPARE
from hefu.rooms.deliveries.services.hooks import CALL
from hefu.rooms.deliveries.services.rows import RUN
from hefu.rooms.deliveries.terms.timetable import START_DUE

log = logging.getLogger(__name__)


@app.task(name=RUN)
def run_delivery(delivery_id: str) -> None:
    """Carry a delivery. Safe to run twice: a second run finds the lock taken or nothing to do."""
    carry(UUID(delivery_id), clock=SystemClock())


@app.task(name="deliveries.retry_stalled", queueing_lock="deliveries.retry_stalled")
def retry_stalled(timestamp: int) -> None:
    """Enqueue deliveries whose worker died or whose job got lost. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number in services.requeue_lost(clock=SystemClock()):
        log.warning("delivery %s lost its worker and is taken up again", number)


@app.task(name=COMPARE)
def compare_delivery(comparison_id: str) -> None:
    """Hold a consumer's table against its source. Safe to run twice: a second run finds it taken."""
    carry_comparison(UUID(comparison_id), clock=SystemClock())


@app.task(name=CALL)
def call_hook(call_id: str) -> None:
    """Send an alarm to an office's address. Safe to run twice: a second run finds it taken or not due."""
    send_call(UUID(call_id), clock=SystemClock())


@app.task(name=START_DUE, queueing_lock=START_DUE)
def start_due(timestamp: int) -> None:
    """Start what is due by the clock, or by what it waits for: deliveries, comparisons, joins. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    services.start_due(clock=SystemClock())
    services.start_due_comparisons(clock=SystemClock())
    services.start_due_joins(clock=SystemClock())


@app.task(name="deliveries.watch_followers", queueing_lock="deliveries.watch_followers")
def watch_followers(timestamp: int) -> None:
    """Feel the pulse of every follower, also where no process carries any. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for number in services.watch_followers(clock=SystemClock()):
        log.warning("the alarm of follower %s changed", number)


@app.task(name="deliveries.sweep", queueing_lock="deliveries.sweep")
def sweep_deliveries(timestamp: int) -> None:
    """Start what the day brings and delete what was kept long enough. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    clock = SystemClock()
    services.begin_terms(actor=system("sweep"), clock=clock)
    services.forget_old(actor=system("sweep"), clock=clock)
    services.give_up_comparisons(clock=clock)
    services.sweep_calls(clock=clock)
    services.compare_by_night(actor=system("sweep"), clock=clock)
