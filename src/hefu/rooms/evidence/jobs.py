"""The sequencer: runs beside the worker's queue, because a receipt must not wait behind long deliveries."""

import logging
import threading

from django.db import DatabaseError, close_old_connections, connection

from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.evidence.services import sequence

log = logging.getLogger(__name__)

#: How long the sequencer rests when nothing waits, in seconds; bounds a receipt's wait.
REST_SECONDS = 0.25


def sequence_until(stop: threading.Event, *, clock: Clock) -> None:
    """Sequence waiting entries until `stop` is set; a lost database is waited for, a damaged log is told."""
    while not stop.is_set():
        taken = 0
        try:
            close_old_connections()
            taken = sequence(clock=clock)
        except DatabaseError as error:
            log.warning("the sequencer lost the database and tries again: %s", type(error).__name__)
            stop.wait(2)
        except Refusal as refusal:
            log.error("the sequencer stopped: %s", refusal)
            stop.wait(30)
        if not taken:
            stop.wait(REST_SECONDS)
    connection.close()
