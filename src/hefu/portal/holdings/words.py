"""How pages show what the holdings room stores."""

from hefu.kernel.words import _
from hefu.rooms.holdings.terms import Freshness, RunStatus

#: Status of a run → colour.
COLOURS = {
    RunStatus.WAITING: "waiting",
    RunStatus.RUNNING: "busy",
    RunStatus.DONE: "good",
    RunStatus.FAILED: "bad",
    RunStatus.CANCELLED: "off",
}
#: How a holding stands against its cycle → colour.
FRESH_COLOURS = {
    Freshness.NEVER: "waiting",
    Freshness.FRESH: "good",
    Freshness.LATE: "overdue",
    Freshness.UNBOUND: "off",
}

#: Which source wins a field of a library.
WINS_NAMES = {
    "first": _("the first source that has the subject"),
    "filled": _("the first source with a value"),
    "newest": _("the value changed last"),
}
