"""How pages call what the deliveries room stores."""

from hefu.kernel.words import _
from hefu.rooms.deliveries.terms import DeliveryStatus

#: Status → colour.
COLOURS = {
    DeliveryStatus.WAITING: "waiting",
    DeliveryStatus.RUNNING: "busy",
    DeliveryStatus.DONE: "good",
    DeliveryStatus.FAILED: "bad",
    DeliveryStatus.CANCELLED: "off",
    DeliveryStatus.STOPPED: "off",
}

#: What the data plane does in each phase of a run.
PHASE_NAMES = {
    "prepare": _("looking at both sides"),
    "examine": _("checking every row"),
    "rejects": _("setting rejected rows aside"),
    "copy": _("copying rows"),
    "publish": _("comparing both sides and handing over"),
}
