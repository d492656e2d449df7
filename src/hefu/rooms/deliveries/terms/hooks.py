"""The words of alarms that are sent to an address of an office's own."""

from datetime import timedelta
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class Cause(StrEnum):
    """What an alarm is about."""

    FAILED = "failed"
    #: A whole copy with far fewer rows than before, or changes that would leave so few.
    HELD = "held"
    #: What should keep a table in step does not.
    LAGGING = "lagging"
    SILENT = "silent"
    MISSED = "missed"
    #: What was told of before is over.
    CLEARED = "cleared"
    TEST = "test"


CAUSE_NAMES = {
    Cause.FAILED: _("a delivery failed"),
    Cause.HELD: _("far fewer rows are held back"),
    Cause.LAGGING: _("a table is not kept in step"),
    Cause.SILENT: _("a source is silent"),
    Cause.MISSED: _("a time of a timetable was missed"),
    Cause.CLEARED: _("over again"),
    Cause.TEST: _("a test"),
}


class CallState(StrEnum):
    """Where the sending of one alarm stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


CALL_STATE_NAMES = {
    CallState.WAITING: _("waits for its next try"),
    CallState.DONE: _("taken by the receiver"),
    CallState.FAILED: _("given up"),
}

#: Pauses before an alarm is sent again that was not taken; after the last one it is given up.
CALL_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21600))
#: How long one try may take before another worker makes the next.
CALL_LEASE = timedelta(minutes=2)
#: Seconds for which a receiver is waited for.
CALL_SECONDS = 10
#: How long sent alarms are listed.
CALLS_KEPT = timedelta(days=90)
#: Addresses of one office, and signs of one.
MOST_HOOKS, LONGEST_URL = 10, 500

HOOK_ADDED = Kind("hook.added", 1, ("host", "causes"), "An office registered an address that alarms are sent to.")
HOOK_DROPPED = Kind("hook.dropped", 1, ("host",), "Alarms are no more sent to an address.")
