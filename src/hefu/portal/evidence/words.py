"""Names of the kinds of evidence, as people say them."""

from hefu.kernel.words import _
from hefu.portal.words import say

#: Kind → marked name. A test holds it complete.
KIND_NAMES = {
    "evidence.key_made": _("Signing key made"),
    "evidence.exported": _("Evidence list taken out"),
    "department.registered": _("Department registered"),
    "department.changed": _("Department changed"),
    "person.registered": _("Person registered"),
    "person.closed": _("Sign-in closed"),
    "person.password_set": _("Password set"),
    "person.unlocked": _("Sign-in unlocked"),
    "seat.given": _("Seat given"),
    "seat.ended": _("Seat ended"),
    "clock.started": _("Period began"),
    "clock.paused": _("Period paused"),
    "clock.resumed": _("Period went on"),
    "clock.extended": _("Period extended"),
    "clock.warned": _("Last day came near"),
    "clock.expired": _("Last day passed"),
    "clock.met": _("Done within the clock"),
    "clock.cancelled": _("Period ended without an answer owed"),
    "office.changed": _("Office settings changed"),
}


def kind_name(code: str) -> str:
    """Return the name of a kind in the reader's language, or its code when it has none."""
    return say(KIND_NAMES[code]) if code in KIND_NAMES else code
