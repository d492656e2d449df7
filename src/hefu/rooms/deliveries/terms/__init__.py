"""The words of deliveries."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hefu.dataplane.ticket import Channel
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants.terms import GrantStatus, Way


class DeliveryStatus(StrEnum):
    """Where a delivery stands, by what survives a crash in it."""

    #: Asked for, or between two tries: a worker takes it when its time comes.
    WAITING = "waiting"
    #: A worker carries it. If the worker dies, another takes it over where it was.
    RUNNING = "running"
    #: The consumer has the rows, and both sides agree on count and digest.
    DONE = "done"
    #: It cannot go on by itself; a person mends something and tries again.
    FAILED = "failed"
    #: Somebody lets a follower rest; the source keeps its log for it meanwhile.
    PAUSED = "paused"
    #: Somebody stopped it; trying again goes on where it was, a follower by copying anew.
    CANCELLED = "cancelled"
    #: The grant's ticket was taken out of force. For good: a new ticket needs a new delivery.
    STOPPED = "stopped"


MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.WAITING: frozenset(
        {
            DeliveryStatus.RUNNING,
            DeliveryStatus.PAUSED,
            DeliveryStatus.CANCELLED,
            DeliveryStatus.STOPPED,
            DeliveryStatus.FAILED,
        }
    ),
    DeliveryStatus.RUNNING: frozenset(
        {
            DeliveryStatus.RUNNING,
            DeliveryStatus.WAITING,
            DeliveryStatus.PAUSED,
            DeliveryStatus.DONE,
            DeliveryStatus.FAILED,
            DeliveryStatus.CANCELLED,
            DeliveryStatus.STOPPED,
        }
    ),
    DeliveryStatus.PAUSED: frozenset(
        {DeliveryStatus.WAITING, DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED, DeliveryStatus.FAILED}
    ),
    # A failed follower still has something at the source that its end takes away.
    DeliveryStatus.FAILED: frozenset({DeliveryStatus.WAITING, DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED}),
    DeliveryStatus.CANCELLED: frozenset({DeliveryStatus.WAITING}),
    DeliveryStatus.DONE: frozenset(),
    DeliveryStatus.STOPPED: frozenset(),
}

#: Statuses in which a worker has it or will have it.
OPEN = frozenset({DeliveryStatus.WAITING, DeliveryStatus.RUNNING})
#: Statuses in which no other delivery of the grant may begin: one that rests is gone on with.
STANDING = OPEN | {DeliveryStatus.PAUSED}

STATUS_NAMES = {
    DeliveryStatus.WAITING: _("waiting to run"),
    DeliveryStatus.RUNNING: _("under way"),
    DeliveryStatus.DONE: _("delivered"),
    DeliveryStatus.FAILED: _("failed"),
    DeliveryStatus.PAUSED: _("paused"),
    DeliveryStatus.CANCELLED: _("cancelled"),
    DeliveryStatus.STOPPED: _("stopped with its grant"),
}

#: Pauses before the next try after a failure that may pass by itself; after the last one a person is asked.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 60, 120, 300, 600, 900, 1800))
#: How long after its time a waiting delivery counts as one whose job got lost.
LATE_AFTER = timedelta(minutes=1)
#: Times a delivery is taken over from a dead worker before it counts as what kills the workers.
MOST_TAKEOVERS = 20
#: Rejected rows whose values are kept for the provider; counts by reason are always exact.
MOST_REJECTS_KEPT = 100_000
#: How long rejected values and delivered files are kept. An office setting, not law.
KEEP_FOR = timedelta(days=90)


class Quiet(StrEnum):
    """How alive a running delivery is: alive means that data moved."""

    MOVING = "moving"
    #: The worker answers, but no row moved for a while.
    STILL = "still"
    #: The worker does not answer; another one takes over.
    SILENT = "silent"


QUIET_NAMES = {
    Quiet.MOVING: _("rows are moving"),
    Quiet.STILL: _("the worker answers, but no row has moved for {seconds} s"),
    Quiet.SILENT: _("no sign from the worker for {seconds} s; another one takes over"),
}
STILL_AFTER = timedelta(seconds=30)
SILENT_AFTER = timedelta(seconds=20)


@dataclass(frozen=True)
class GrantNow:
    """What a start of a delivery looks at."""

    number: str
    status: GrantStatus
    channel: Channel
    term_from: date
    term_until: date
    quota_deliveries: int | None
    #: Number of the grant's delivery that waits or runs; empty when none does.
    open_delivery: str
    #: Deliveries that were started under the grant and not cancelled or stopped.
    started: int
    #: Deliveries that arrived.
    arrived: int
    #: How its rows are kept up to date.
    way: Way = Way.WHOLE


@dataclass(frozen=True)
class DeliveryFacts:
    """A delivery as decisions see it."""

    number: str
    status: DeliveryStatus
    #: Failures in a row that may pass by themselves, without a row moved between them.
    pauses: int = 0
    #: Times it was taken over from a dead worker.
    takeovers: int = 0
    cancel_asked: bool = False
    ticket_in_force: bool = True
    mode: Way = Way.WHOLE
    #: Somebody asked a running follower to rest.
    pause_asked: bool = False
    #: It stands failed because far fewer rows came.
    held: bool = False


@dataclass(frozen=True)
class Next:
    """What becomes of a delivery after a try."""

    status: DeliveryStatus
    #: Until the next try; only when it waits.
    pause: timedelta | None = None


@dataclass(frozen=True)
class DeliveryDone:
    """Rows arrived and both sides agree."""

    delivery: str
    grant: str
    request: str
    rows: int
    at: datetime


@dataclass(frozen=True)
class DeliveryFailed:
    """A delivery needs a person."""

    delivery: str
    grant: str
    request: str
    #: Code of the refusal.
    code: str
    at: datetime


#: Each body names the status after it, so that a case can be replayed.
DELIVERY_ASKED = Kind(
    "delivery.asked",
    2,
    ("status", "grant", "ticket", "serial", "channel", "format", "mode"),
    "A delivery was started. From version 2 with whether it brings a whole copy or follows changes.",
)
DELIVERY_TRIED = Kind("delivery.tried", 1, ("status", "attempt", "takeover"), "A worker took the delivery up.")
DELIVERY_PAUSED = Kind(
    "delivery.paused", 1, ("status", "attempt", "code", "pause_seconds"), "A try failed for now; another follows."
)
DELIVERY_DONE = Kind(
    "delivery.done",
    4,
    (
        "status",
        "grant",
        "request",
        "ticket",
        "entry",
        "provider",
        "consumer",
        "channel",
        "lane",
        "rows_read",
        "rows_rejected",
        "rejected",
        "rows_written",
        "bytes",
        "digest_source",
        "digest_target",
        "columns",
        "file_sha256",
        "attempt",
        "resumed_rows",
        "milliseconds",
        "increment",
        "joined",
        "held",
    ),
    "Rows arrived: counted and compared on both sides. From version 2 with what a delivery of new rows alone changed, "
    "and what it cannot see; from version 3 with what each of two joined grants gave; from version 4 with which "
    "version of a holding or library was read in place of the source, and of which moment it is.",
)
DELIVERY_FAILED = Kind("delivery.failed", 1, ("status", "attempt", "code"), "A delivery needs a person.")
DELIVERY_CANCEL_ASKED = Kind(
    "delivery.cancel_asked", 1, ("status", "reason"), "A person asked a running delivery to stop."
)
DELIVERY_CANCELLED = Kind("delivery.cancelled", 1, ("status", "attempt", "rows"), "A delivery was stopped by a person.")
DELIVERY_STOPPED = Kind(
    "delivery.stopped", 1, ("status", "attempt", "rows", "grant_status"), "The grant's ticket was taken out of force."
)
DELIVERY_RETRIED = Kind("delivery.retried", 1, ("status",), "A person let a delivery go on.")
FILE_FETCHED = Kind("delivery.file_fetched", 1, ("status", "file_sha256", "bytes"), "The consumer fetched the file.")
FILE_DROPPED = Kind(
    "delivery.file_dropped", 1, ("status", "file_sha256", "because"), "The node's copy of a file was deleted."
)
REJECTS_FORGOTTEN = Kind(
    "delivery.rejects_forgotten", 1, ("status", "rows"), "The kept values of rejected rows were deleted; counts stay."
)
