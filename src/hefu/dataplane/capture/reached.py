"""How far a delivery that follows is, and how that reaches the caller's thread."""

import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hefu.dataplane.capture.shrinking import Shrinking
from hefu.dataplane.connectors.postgres.followed import NOTHING, Counts
from hefu.dataplane.control import Progress, StopWord, Watcher
from hefu.dataplane.outcome import Rejected, RejectSink


@dataclass(frozen=True)
class Reached:
    """How far a following delivery is."""

    #: Position in the source's log up to which everything is in.
    lsn: str
    #: What was taken over since the copy, earlier runs among it.
    counts: Counts = NOTHING
    #: When the last transaction that is in was committed at the source; None before the first.
    committed_at: datetime | None = None
    #: Why the table was copied anew by this run, or empty.
    copied: str = ""
    #: Up to where the source's server has spoken; what lies between is still to come.
    seen: str = ""
    #: When the source's server last said anything.
    heard_at: datetime | None = None
    #: Last moment at which the consumer's table was what the source's was, as far as the source had said.
    in_step_at: datetime | None = None
    #: How many read the source's log together with it, itself among them; 0 when it reads alone.
    together: int = 0

    @property
    def changes(self) -> int:
        """Row changes since following began."""
        return self.counts.changes

    @property
    def transactions(self) -> int:
        """Transactions with such changes since following began."""
        return self.counts.transactions


@dataclass
class Telling:
    """What the working thread leaves for the caller's: how far it is, and rejected rows on their way."""

    now: Reached
    rejected: "queue.Queue[tuple[Rejected, ...]]" = field(default_factory=queue.Queue)
    #: How far the table may shrink at once; None for as far as it comes.
    shrinking: Shrinking | None = None


@dataclass(frozen=True)
class Handing:
    """A watcher that hands on, in the caller's thread, what the working thread has found."""

    watcher: Watcher
    told: Telling
    rejects: RejectSink
    reached: Callable[[Reached], None]

    def progress(self, now: Progress) -> None:
        """Hand over rejected rows and how far it is."""
        found = self.told.rejected
        while not found.empty():
            self.rejects.put(found.get())
            found.task_done()
        self.reached(self.told.now)
        self.watcher.progress(now)

    def stop_requested(self) -> StopWord | None:
        """Ask."""
        return self.watcher.stop_requested()
