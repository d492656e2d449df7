"""The words of deliveries that follow changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class SlotState(StrEnum):
    """What the source's server keeps for a follower. A slot makes it keep its log, so none is ever forgotten."""

    NONE = "none"
    #: The server keeps every change from the position on.
    KEPT = "kept"
    #: It is to be dropped, and is tried until it is.
    LEAVING = "leaving"


class Pulse(StrEnum):
    """How alive a follower is: alive means that the consumer's table is as the source's is, or comes nearer."""

    #: The table is as the source's was within the last seconds.
    IN_STEP = "in_step"
    #: Behind, and coming nearer.
    CATCHING_UP = "catching_up"
    #: The first copy, or a new one, is under way.
    COPYING = "copying"
    #: Its source makes it wait for transactions that began earlier; a moment of that is usual.
    HELD = "held"
    #: The same, and it lasts.
    HELD_UP = "held_up"
    #: Behind, and nothing moves.
    STILL = "still"
    #: The source's server says nothing.
    DEAF = "deaf"
    #: The process that carries it gives no sign; another takes it over.
    SILENT = "silent"
    #: It failed for now and is tried again.
    TRYING = "trying"
    #: It waits because its source bears no more at once.
    CROWDED = "crowded"
    #: No process has taken it up.
    ALONE = "alone"
    #: It stands, on somebody's word or because a person has to mend something.
    AT_REST = "at_rest"


PULSE_NAMES = {
    Pulse.IN_STEP: _("in step"),
    Pulse.CATCHING_UP: _("catching up"),
    Pulse.COPYING: _("being copied"),
    Pulse.HELD: _("waits at the source for transactions that began earlier"),
    Pulse.HELD_UP: _("held up: transactions that began earlier do not end at the source"),
    Pulse.STILL: _("runs, but nothing moves"),
    Pulse.DEAF: _("the source does not answer"),
    Pulse.SILENT: _("no sign from its process"),
    Pulse.TRYING: _("broken off; tried again"),
    Pulse.CROWDED: _("waits; the source allows no more at once"),
    Pulse.ALONE: _("no process has taken it up"),
    Pulse.AT_REST: _("at rest"),
}

#: What is red, and told to both sides when it lasts.
RED = frozenset({Pulse.STILL, Pulse.HELD_UP, Pulse.DEAF, Pulse.SILENT, Pulse.TRYING, Pulse.ALONE})

#: What a process's hold on a follower is worth without a word of it; also how soon a dead one's work is taken over.
LEASE = timedelta(seconds=10)
#: How old the table may be while it counts as in step.
IN_STEP_WITHIN = timedelta(seconds=5)
#: How long nothing may move, or a server be silent, before it is red.
RED_AFTER = timedelta(seconds=30)
#: How long a follower may wait for its first process.
ALONE_AFTER = timedelta(seconds=20)
#: How long it has to be red before both sides are told, and sound again before they are told that.
TOLD_AFTER = timedelta(seconds=15)
#: What is put on record of a follower at most so often, and only when something changed.
WINDOW = timedelta(minutes=5)
#: Seconds of one column of the throughput chart, and columns kept.
BEAT_SECONDS, BEATS = 10, 90
#: Pauses before a follower that lost a side is tried again; the last one for ever, because networks come back.
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60))
#: Pauses before a slot is dropped again that could not be.
DROP_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 60, 300, 900))
#: How often each source is asked what its slots cost.
LOOK_AT_SLOTS = timedelta(seconds=10)

#: Followers of one source at once, and bytes of its log that one may hold back. Office settings of each source.
MOST_FOLLOWERS, MOST_HELD_BYTES = 8, 10 << 30


@dataclass(frozen=True)
class PulseFacts:
    """A follower as its pulse is felt."""

    status: str
    phase: str
    #: When its process last gave a sign, when the source's server last spoke.
    heartbeat_at: datetime | None
    heard_at: datetime | None
    #: When the table was last as the source's was, and when the position last moved.
    in_step_at: datetime | None
    moved_at: datetime | None
    #: When its next try is due.
    next_try_at: datetime | None
    #: Tries that failed for now since something moved.
    pauses: int = 0
    #: Whether a process passed it over because its source bears no more at once.
    crowded: bool = False
    #: Since when its source makes it wait; None when it does not.
    waits_since: datetime | None = None


@dataclass(frozen=True)
class Beat:
    """What passed in one column of the throughput chart."""

    at: datetime
    changes: int
    #: How far the table was behind at its end.
    behind: timedelta

    @property
    def rate(self) -> float:
        """Return changes a second."""
        return self.changes / BEAT_SECONDS


@dataclass(frozen=True)
class FollowAlarm:
    """A follower does not do what it should; raised once for each time."""

    delivery: str
    grant: str
    request: str
    #: Marked words.
    cause: str
    at: datetime


@dataclass(frozen=True)
class FollowCleared:
    """A follower for which alarm was raised does what it should, or has ended."""

    delivery: str
    grant: str
    request: str
    at: datetime


@dataclass(frozen=True)
class FollowedAnew:
    """A table that was followed had to be copied anew."""

    delivery: str
    grant: str
    request: str
    #: Marked words.
    cause: str
    at: datetime


#: Each body names the status after it, so that a case can be replayed.
DELIVERY_COPIED = Kind(
    "delivery.copied",
    1,
    (
        "status",
        "grant",
        "request",
        "ticket",
        "entry",
        "provider",
        "consumer",
        "because",
        "position",
        "lane",
        "rows_read",
        "rows_rejected",
        "rejected",
        "rows_written",
        "bytes",
        "digest_source",
        "digest_target",
        "columns",
        "attempt",
        "milliseconds",
    ),
    "A table that is followed was copied: counted and compared on both sides.",
)
WINDOW_CLOSED = Kind(
    "delivery.window_closed",
    1,
    (
        "status",
        "grant",
        "request",
        "ticket",
        "entry",
        "provider",
        "consumer",
        "window",
        "copy",
        "opened_at",
        "closed_at",
        "position_from",
        "position_to",
        "committed_at",
        "transactions",
        "changes",
        "rows_inserted",
        "rows_updated",
        "rows_deleted",
        "rows_rejected",
    ),
    "What following did to the consumer's table between two positions of the source's log, counted with the rows.",
)
DELIVERY_PAUSE_ASKED = Kind("delivery.pause_asked", 1, ("status", "reason"), "A person asked a follower to rest.")
DELIVERY_RESTS = Kind(
    "delivery.rests", 1, ("status", "attempt", "position"), "A follower rests on a person's word; its source keeps log."
)
ALARM_RAISED = Kind("delivery.alarm_raised", 1, ("status", "alarm"), "A follower does not do what it should.")
ALARM_CLEARED = Kind("delivery.alarm_cleared", 1, ("status", "alarm", "seconds"), "It does again, or has ended.")
SLOT_DROPPED = Kind(
    "delivery.slot_dropped", 1, ("status", "tries"), "The source keeps no log for this delivery any more."
)
SOURCE_SPARED = Kind(
    "source.spared",
    2,
    ("status", "followers", "held_bytes", "closed_from", "closed_until", "closed_working_days", "bytes_a_second"),
    "How far deliveries may burden a source was set. From version 2 with the hours in which it is not read.",
)
