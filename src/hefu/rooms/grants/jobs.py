"""The periodic look at all grants; `hefu.site.schedule` says how often."""

import logging

from procrastinate.contrib.django import app

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock
from hefu.rooms.grants import services

log = logging.getLogger(__name__)


@app.task(name="grants.watch_idle", queueing_lock="grants.watch_idle")
def watch_idle_grants(timestamp: int) -> None:
    """Look which grants nobody uses, where the law of the place gives a time for that. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the look goes by the clock instead.
    """
    del timestamp
    started = services.watch_idle(actor=system("sweep"), clock=SystemClock())
    if started:
        log.info("%d grants will soon have gone unused for too long", len(started))


@app.task(name="grants.sweep", queueing_lock="grants.sweep")
def sweep_grants(timestamp: int) -> None:
    """End grants whose term is over or that were not put right in time; open those that wait no longer.

    Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the sweep goes by the clock instead.
    """
    del timestamp
    clock = SystemClock()
    ended = services.expire_due(actor=system("sweep"), clock=clock)
    ended += services.end_unmended(actor=system("sweep"), clock=clock)
    opened = services.open_waiting(actor=system("sweep"), clock=clock)
    if ended or opened:
        log.info("%d grants ended, %d can be delivered now", len(ended), len(opened))
