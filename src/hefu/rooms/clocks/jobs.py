"""The periodic look at all clocks; `hefu.site.schedule` says how often."""

import logging

from procrastinate.contrib.django import app

from hefu.kernel.clock import SystemClock
from hefu.rooms.clocks import services

log = logging.getLogger(__name__)


@app.task(name="clocks.sweep", queueing_lock="clocks.sweep")
def sweep_clocks(timestamp: int) -> None:
    """Warn and send up what is due. Safe to run twice, and by two workers at once.

    Args:
        timestamp: When the run was scheduled, in seconds; the sweep goes by the clock instead.
    """
    del timestamp
    done = services.sweep(clock=SystemClock())
    for clock_id, sentence in done.refused:
        log.warning("clock %s was left as it is: %s", clock_id, sentence)
    if done.warned or done.expired:
        log.info("the sweep warned of %d and sent up %d clocks", len(done.warned), len(done.expired))
