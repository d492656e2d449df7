"""The daily look at texts whose last day has passed; `hefu.site.schedule` says how often."""

import logging

from procrastinate.contrib.django import app

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock
from hefu.rooms.bases import services

log = logging.getLogger(__name__)


@app.task(name="bases.sweep", queueing_lock="bases.sweep")
def sweep_texts(timestamp: int) -> None:
    """Let the end of texts take effect. Safe to run twice, and by two workers at once.

    Args:
        timestamp: When the run was scheduled, in seconds; the sweep goes by the clock instead.
    """
    del timestamp
    for title in services.end_due(actor=system("sweep"), clock=SystemClock()):
        log.info("%s holds no more; what rests on it went to the reviewers", title)
