"""Who may see clocks, and who sets the office's habits."""

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

#: Roles of the data authority that oversee every case.
OVERSEERS = (Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF)

#: Roles of the data authority that may do each action. Starting, pausing and meeting clocks is not here:
#: the room that runs the case does it, after checking its own actor.
MAY = {
    "clocks.change_office": {Role.REVIEWER, Role.CHIEF},
    "clocks.import_notice": {Role.REVIEWER, Role.CHIEF},
    "clocks.accept_drift": {Role.REVIEWER, Role.CHIEF},
}


def visible(viewer: Actor) -> Q:
    """Return the filter of clocks that `viewer` may see: the parties of the case and the authority."""
    if viewer.is_system or oversees(viewer):
        return Q()
    if viewer.department_id and viewer.has(Role.OFFICER, Role.CHIEF):
        return Q(responsible_id=viewer.department_id) | Q(concerns__contains=[viewer.department_id])
    return Q(pk__in=[])


def oversees(viewer: Actor) -> bool:
    """Return whether `viewer` watches over everybody's clocks for the authority."""
    return viewer.of_authority and viewer.has(*OVERSEERS)


def require(actor: Actor, action: str) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No role of the actor at the authority allows it.
    """
    if not may(actor, action):
        raise Forbidden(action=action)


def may(actor: Actor, action: str) -> bool:
    """Return whether `actor` may do `action`."""
    return actor.is_system or (actor.of_authority and not actor.roles.isdisjoint(MAY[action]))
