"""The words of deliveries that bring new and changed rows alone."""

from datetime import timedelta

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: Read again each time, unless the consumer says otherwise: rows are often committed later than their moment says.
USUAL_OVERLAP = timedelta(minutes=10)
#: What is read again at most, as it is kept.
MOST_OVERLAP = (1 << 63) - 1

#: What such a delivery does not see; a comparison of both sides does.
BLIND_TO = ("deleted", "changed_without_watermark", "later_than_overlap")
BLIND_NAMES = {
    "deleted": _("rows that were deleted at the source"),
    "changed_without_watermark": _("rows that changed while their watermark stayed as it was"),
    "later_than_overlap": _("rows that came later than the overlap reaches back"),
}

#: Why a delivery under such a grant copied the whole table.
WHOLE_NAMES = {
    "first": _("the first delivery"),
    "gone": _("the table is gone from the target"),
    "emptied": _("the table at the target holds no row any more"),
    "changed": _("the grant, or the columns of the source or the target, are not the same as before"),
}

INCREMENTS_CHOSEN = Kind(
    "grant.increments_chosen",
    1,
    ("item", "overlap"),
    "New and changed rows alone are brought from now on, told by an item; what is read again is stated.",
)
