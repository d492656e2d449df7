"""Who may see and change departments, people and seats."""

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

#: Roles that may do each action; the system may do all.
MAY = {
    "parties.register_department": {Role.OPERATOR},
    "parties.change_department": {Role.OPERATOR},
    "parties.register_person": {Role.SECURITY},
    "parties.close_person": {Role.SECURITY},
    "parties.set_password": {Role.SECURITY},
    "parties.unlock_person": {Role.SECURITY},
    "parties.give_seat": {Role.SECURITY},
    "parties.end_seat": {Role.SECURITY},
    "parties.revoke_token": {Role.SECURITY},
    "parties.see_people": {Role.SECURITY, Role.AUDITOR},
}


def require(actor: Actor, action: str) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No role of the actor allows it.
    """
    if not may(actor, action):
        raise Forbidden(action=action)


def may(actor: Actor, action: str) -> bool:
    """Return whether `actor` may do `action`."""
    return actor.is_system or not actor.roles.isdisjoint(MAY[action])
