"""Names of the kinds of evidence, as people say them."""

from hefu.kernel.words import _
from hefu.portal.words import say

#: What the sweep, the worker and the node's other parts are to the reader.
PLATFORM = _("the platform")

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
    "entry.drafted": _("Entry drafted"),
    "entry.changed": _("Draft of an entry rewritten"),
    "entry.dropped": _("Draft of an entry thrown away"),
    "entry.submitted": _("Entry handed in"),
    "entry.returned": _("Entry returned"),
    "entry.published": _("Entry published"),
    "entry.withdrawn": _("Entry withdrawn"),
    "entry.cause_noted": _("Change noted that the entry must follow"),
    "catalog.reviewed_in_full": _("Whole catalogue gone through"),
    "entry.update_extended": _("More time given for an update"),
    "catalog.imported": _("Catalogue file imported"),
    "tasks.registered": _("Duties registered"),
    "task.ended": _("Duty ended"),
    "entry.tied": _("Entry tied"),
    "entry.untied": _("Tie taken off"),
    "entries.tied_by_name": _("Entries tied by names"),
    "entries.reviewed_together": _("Entries reviewed together"),
    "clock.recounted": _("Period counted anew"),
    "calendar.notice_imported": _("Holiday notice taken in"),
    "text.registered": _("Legal text registered"),
    "text.repealed": _("Repeal of a legal text noted"),
    "text.ended": _("Legal text ended"),
    "text.resting_reviewed": _("What rests on an ended text reviewed"),
    "delivery.asked": _("Delivery started"),
    "delivery.tried": _("Delivery taken up by a worker"),
    "delivery.paused": _("Delivery paused, to be tried again"),
    "delivery.done": _("Delivery arrived"),
    "delivery.failed": _("Delivery failed"),
    "delivery.cancel_asked": _("Delivery asked to stop"),
    "delivery.cancelled": _("Delivery cancelled"),
    "delivery.stopped": _("Delivery stopped with its grant"),
    "delivery.retried": _("Delivery tried again"),
    "delivery.file_fetched": _("Delivered file fetched"),
    "delivery.file_dropped": _("Delivered file deleted here"),
    "delivery.rejects_forgotten": _("Rejected rows deleted here"),
    "grant.issued": _("Grant issued"),
    "grant.ticket_signed": _("Ticket signed"),
    "grant.opened": _("Grant in force"),
    "grant.target_chosen": _("Place of delivery chosen"),
    "grant.unmounted": _("Grant waits for its resource"),
    "grant.suspended": _("Grant suspended"),
    "grant.resumed": _("Grant resumed"),
    "grant.narrowed": _("Grant narrowed"),
    "grant.revoked": _("Grant revoked"),
    "grant.expired": _("Grant past its term"),
    "request.drafted": _("Request drafted"),
    "request.changed": _("Request rewritten"),
    "request.received": _("Request handed in"),
    "request.completed": _("Request completed"),
    "request.returned": _("Request sent back"),
    "request.opinion_given": _("Opinion given"),
    "request.vote_given": _("Word of a decider given"),
    "request.decided": _("Request decided"),
    "request.extension_asked": _("More time asked for"),
    "request.extension_answered": _("Wish for more time answered"),
    "request.withdrawn": _("Request taken back"),
    "request.delivered": _("First delivery under the request"),
    "request.delivery_off": _("Time to deliver ended with the grant"),
    "system.registered": _("Information system registered"),
    "place.registered": _("Source or target registered"),
    "place.changed": _("Source or target changed"),
    "place.secret_changed": _("Password of a source or target replaced"),
    "place.tested": _("Connection tested"),
    "place.closed": _("Source or target closed"),
    "allowance.given": _("Address allowed"),
    "allowance.ended": _("Address no longer allowed"),
    "resource.mounted": _("Entry mounted"),
    "resource.unmounted": _("Entry taken off its table"),
    "resource.rules_set": _("Check rules set"),
}


def kind_name(code: str) -> str:
    """Return the name of a kind in the reader's language, or its code when it has none."""
    return say(KIND_NAMES[code]) if code in KIND_NAMES else code


def actor_name(by: str, name: str) -> str:
    """Return who acted: a person by name, the platform's own parts as the platform."""
    return say(PLATFORM) if by.startswith("system:") else name or by
