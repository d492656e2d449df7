"""How pages call what the deliveries room stores."""

from hefu.kernel.words import _
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import Pulse

#: Status → colour.
COLOURS = {
    DeliveryStatus.WAITING: "waiting",
    DeliveryStatus.RUNNING: "busy",
    DeliveryStatus.DONE: "good",
    DeliveryStatus.FAILED: "bad",
    DeliveryStatus.PAUSED: "soon",
    DeliveryStatus.CANCELLED: "off",
    DeliveryStatus.STOPPED: "off",
}

#: Pulse of a follower → colour.
PULSE_COLOURS = {
    Pulse.IN_STEP: "good",
    Pulse.CATCHING_UP: "busy",
    Pulse.COPYING: "busy",
    Pulse.HELD: "waiting",
    Pulse.HELD_UP: "overdue",
    Pulse.STILL: "overdue",
    Pulse.DEAF: "overdue",
    Pulse.SILENT: "overdue",
    Pulse.TRYING: "overdue",
    Pulse.CROWDED: "waiting",
    Pulse.ALONE: "overdue",
    Pulse.AT_REST: "off",
}

#: What a reader does about a pulse that is red.
PULSE_HELP = {
    Pulse.HELD: _("It begins by itself when they have ended."),
    Pulse.HELD_UP: _("It begins by itself when they have ended; the source's administrator can see and end them."),
    Pulse.STILL: _("See whether something locks the table at the place of delivery, or ask the operator to look."),
    Pulse.DEAF: _("The line to the source is dead or its server hangs; it is opened anew by itself when it answers."),
    Pulse.SILENT: _("Another process takes it over within seconds; nothing is lost."),
    Pulse.TRYING: _("It is tried again by itself, and goes on where it was."),
    Pulse.CROWDED: _("It begins by itself when another one ends; the provider may allow more at once."),
    Pulse.ALONE: _("Ask the operator to start `hefu followers`; `hefu up` does it by itself."),
}

#: What the data plane does in each phase of a run.
PHASE_NAMES = {
    "prepare": _("looking at both sides"),
    "examine": _("checking every row"),
    "rejects": _("setting rejected rows aside"),
    "copy": _("copying rows"),
    "publish": _("comparing both sides and handing over"),
    "follow": _("following changes"),
}
