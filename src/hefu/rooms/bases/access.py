"""Who may see what rests on a text, and who keeps the register."""

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

#: Roles of the data authority that see everything that rests on a text.
OVERSEERS = (Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF)

#: Roles of the data authority that may do each action. Noting what rests on a text is not here: the room that
#: decides tells it, through the list of listeners.
MAY = {
    "bases.register_text": {Role.REVIEWER, Role.CHIEF},
    "bases.repeal_text": {Role.REVIEWER, Role.CHIEF},
    "bases.review": {Role.REVIEWER, Role.CHIEF},
}


def visible(viewer: Actor) -> Q:
    """Return the filter of what `viewer` may see resting on texts; the texts themselves are public."""
    if viewer.is_system or viewer.has(Role.AUDITOR) or (viewer.of_authority and viewer.has(*OVERSEERS)):
        return Q()
    if viewer.department_id and viewer.has(Role.OFFICER, Role.CHIEF):
        return Q(concerns__contains=[viewer.department_id])
    return Q(pk__in=[])


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
