"""The words of comparisons."""

from datetime import timedelta
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class Comparing(StrEnum):
    """Where a comparison stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


STATE_NAMES = {
    Comparing.WAITING: _("waiting to run"),
    Comparing.RUNNING: _("being compared"),
    Comparing.DONE: _("compared; they differ"),
    Comparing.FAILED: _("failed"),
    Comparing.STOPPED: _("stopped"),
}

#: States in which another one has to wait.
COMPARING = frozenset({Comparing.WAITING, Comparing.RUNNING})
#: What differs while changes are followed is looked at again after this, because changes were on their way.
LOOK_AGAIN = timedelta(seconds=5)
#: Looks at most, while something differs each time.
LOOKS = 3
#: After how long a comparison that a worker took and never settled is given up.
LOST_AFTER = timedelta(hours=6)
#: How often a table that is kept in step is compared without being asked, in which hours of the offices' day.
EVERY, NIGHT = timedelta(days=7), range(1, 5)

#: How long a worker may take to hear that a comparison is to stop, before it is given up without it.
HEARS_WITHIN = timedelta(minutes=1)

COMPARING_SET = Kind("grant.comparing_set", 1, ("timetable", "next_at"), "When both sides are compared was set.")
COMPARING_DROPPED = Kind("grant.comparing_dropped", 1, ("timetable",), "Both sides are no more compared by the clock.")
COMPARING_STOPPED = Kind(
    "delivery.comparing_stopped", 1, ("status", "grant", "asked_at", "mends"), "A person stopped a comparison."
)
DELIVERY_COMPARED = Kind(
    "delivery.compared",
    1,
    (
        "status",
        "grant",
        "ticket",
        "rows_source",
        "rows_target",
        "digest_source",
        "digest_target",
        "missing",
        "extra",
        "different",
        "mended_inserted",
        "mended_updated",
        "mended_deleted",
    ),
    "A consumer's table was held against its source through the grant; counts by what differed, and what was mended.",
)
