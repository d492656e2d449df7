"""How pages of upkeep call things, and the tabs above them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.actor import Actor, Role
from hefu.kernel.words import _
from hefu.portal.pages import Crumb
from hefu.rooms.upkeep.terms import Gap

#: What stands over each column of the dashboard; the whole name is its help.
GAP_HEADS = {
    Gap.SYSTEM_NO_ENTRY: _("Systems without entry"),
    Gap.ENTRY_NO_SYSTEM: _("Entries without system"),
    Gap.ENTRY_NO_RESOURCE: _("Entries without table"),
    Gap.ENTRY_NO_CONDITION: _("Without conditions"),
    Gap.ENTRY_NO_TASK: _("Entries without duty"),
    Gap.ENTRY_DRIFTED: _("Differ from table"),
    Gap.DUTY_NO_ENTRY: _("Duties without entry"),
}

#: What to do about each gap.
WAYS = {
    Gap.SYSTEM_NO_ENTRY: _(
        "A system whose data nobody has catalogued. Draft an entry for it, or let a scan of its source propose one."
    ),
    Gap.ENTRY_NO_SYSTEM: _(
        "An entry that is tied to no registered system. Tie it, or register the system it names and tie by names."
    ),
    Gap.ENTRY_NO_RESOURCE: _("An entry from which nothing can be delivered. Mount it on its table or file."),
    Gap.ENTRY_NO_CONDITION: _(
        "Conditional sharing that names no condition or no scope (decree 809 art. 15). Draft the next version."
    ),
    Gap.ENTRY_NO_TASK: _("An entry that belongs to no registered duty. Tie it to its duty or business item."),
    Gap.ENTRY_DRIFTED: _("Its items and its live table's columns differ. Map the columns or draft the next version."),
    Gap.DUTY_NO_ENTRY: _("A duty whose data nobody has catalogued. Draft an entry, or tie the one that holds it."),
}


def sees_all(actor: Actor) -> bool:
    """Return whether somebody reads about every department, to choose what the pages offer first."""
    return actor.has(Role.AUDITOR) or (actor.of_authority and actor.has(Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF))


def upkeep_crumb() -> Crumb:
    """Return the way to the room."""
    return gettext("Catalogue upkeep"), reverse("upkeep:coverage")


def tabs(here: str, actor: Actor) -> dict[str, Any]:
    """Return the lists of the room that somebody has, as tabs."""
    found = [
        ("coverage", _("Coverage by department"), reverse("upkeep:coverage")),
        ("tasks", _("Duties"), reverse("upkeep:tasks")),
    ]
    found.append(("duplicates", _("Duplicates"), reverse("upkeep:duplicates")))
    found.append(("rounds", _("Comments"), reverse("upkeep:rounds")))
    found.append(("yearly", _("Full reviews"), reverse("upkeep:full_reviews")))
    found.append(("needs", _("Needs"), reverse("upkeep:needs")))
    found.append(("negative", _("Negative list"), reverse("upkeep:negative")))
    found.append(("responsibilities", _("Responsibility list"), reverse("upkeep:responsibilities")))
    found.append(("classes", _("Tree of classes"), reverse("upkeep:classes")))
    if actor.has(Role.OFFICER, Role.CHIEF):
        found.append(("scans", _("Scans"), reverse("upkeep:scans")))
    if actor.of_authority and actor.has(Role.REVIEWER, Role.SUPERVISOR):
        found.append(("desk", _("Entries to review"), reverse("upkeep:desk")))
    return {"shelves": found, "shelf": here}
