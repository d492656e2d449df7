"""Writes what was gathered into the target in a thread of its own, so that reading goes on meanwhile."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from hefu.dataplane.capture.applying import Applier
from hefu.dataplane.capture.arrival import Arrival
from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.pgoutput import lsn_text
from hefu.dataplane.capture.reached import Telling
from hefu.dataplane.connectors.postgres.followed import NOTHING, Counts
from hefu.dataplane.control import Control

#: Seconds between two looks at whether rejected rows have been kept.
_LOOK = 0.01


@dataclass(frozen=True)
class Upto:
    """A place between two transactions of the source, up to which a commit of the target brings everything."""

    lsn: int
    #: When the last of them was committed.
    at: datetime | None
    #: Row changes and transactions since the last such place.
    changes: int
    transactions: int


@dataclass(frozen=True)
class Written:
    """What one commit of the target brought."""

    upto: Upto
    counts: Counts


class Writer:
    """At most one write is under way; whoever hands over the next waits for it."""

    def __init__(self, delivery: str, arrival: Arrival, told: Telling, control: Control) -> None:
        """Write through the session of `arrival`, which nobody else uses while a write is under way."""
        self._delivery, self._arrival, self._told, self._control = delivery, arrival, told, control
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="follow-write")
        self._under_way: Future[Written | None] | None = None
        #: What the open transaction of the target holds.
        self._open = NOTHING
        #: Seconds that the last write took.
        self.took = 0.0

    @property
    def busy(self) -> bool:
        """Whether a write is under way."""
        return self._under_way is not None and not self._under_way.done()

    def hand_over(self, applier: Applier, pending: Gathered | None, size: int, upto: Upto | None) -> Written | None:
        """Begin to write; return what the write before brought, if it ended with a commit.

        Args:
            applier: How changes are written.
            pending: The changes; nobody touches them any more.
            size: Bytes of the messages that told of them.
            upto: Where the target commits with them, or None inside a transaction of the source.

        Raises:
            DataPlaneRefusal: The write before failed.
        """
        before = self.settle()
        self._under_way = self._thread.submit(self._write, applier, pending, size, upto)
        return before

    def settle(self) -> Written | None:
        """Wait for the write under way and return what it brought, once.

        Raises:
            DataPlaneRefusal: It failed.
        """
        under_way, self._under_way = self._under_way, None
        return under_way.result() if under_way else None

    def close(self) -> None:
        """Wait for the write under way, whatever becomes of it, and end the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _write(self, applier: Applier, pending: Gathered | None, size: int, upto: Upto | None) -> Written | None:
        began = time.monotonic()
        if pending is not None and (pending.messages or pending.emptied):
            applied = applier.apply(pending)
            self._open += applied.counts
            if applied.rejected:
                # They are kept before the position moves: after a crash they may be kept twice, never not at all.
                self._told.rejected.put(applied.rejected)
                while self._told.rejected.unfinished_tasks:
                    self._control.check()
                    time.sleep(_LOOK)
            self._control.add(rows=applied.keys, bytes_=size)
        if upto is None:
            return None
        if self._told.shrinking is not None:
            self._told.shrinking.look(self._open, self._arrival.rows)
        counts = replace(self._open, changes=upto.changes, transactions=upto.transactions)
        self._arrival.move(self._delivery, lsn_text(upto.lsn), counts, upto.at)
        self._control.check()
        self._arrival.commit()
        self._open, self.took = NOTHING, time.monotonic() - began
        return Written(upto, counts)
