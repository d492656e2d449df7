"""Who may see and change systems, sources, targets and mounts."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

_OFFICE = {Role.OFFICER, Role.CHIEF}

#: Roles in the owning department that may do each action.
OF_OWNER = {
    "resources.register_system": _OFFICE,
    "resources.register_place": _OFFICE,
    "resources.change_place": _OFFICE,
    "resources.test_place": _OFFICE,
    "resources.close_place": _OFFICE,
    "resources.look_inside": _OFFICE,
    "resources.mount": _OFFICE,
    "resources.unmount": _OFFICE,
    "resources.set_rules": _OFFICE,
    "resources.compare": _OFFICE,
}
#: Actions of the system administrator, for any department.
OF_OPERATOR = frozenset(
    {
        "resources.register_system",
        "resources.register_place",
        "resources.change_place",
        "resources.test_place",
        "resources.close_place",
        "resources.allow",
        "resources.socket",
        "resources.see_allowances",
    }
)
#: Actions of the authority's reviewer: is what is catalogued really there?
OF_AUTHORITY = frozenset({"resources.compare"})
#: What the security administrator and the auditor may look at.
OF_WATCHERS = frozenset({"resources.see_allowances"})


def may(actor: Actor, action: str, owner_id: UUID | None = None) -> bool:
    """Return whether `actor` may do `action` on something of `owner_id`."""
    if actor.is_system:
        return True
    if owner_id is not None and actor.department_id == owner_id and actor.has(*OF_OWNER.get(action, ())):
        return True
    if actor.has(Role.OPERATOR) and action in OF_OPERATOR:
        return True
    if actor.has(Role.SECURITY, Role.AUDITOR) and action in OF_WATCHERS:
        return True
    return actor.of_authority and actor.has(Role.REVIEWER) and action in OF_AUTHORITY


def require(actor: Actor, action: str, owner_id: UUID | None = None) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No role of the actor allows it.
    """
    if not may(actor, action, owner_id):
        raise Forbidden(action=action)


def visible_places(viewer: Actor) -> Q:
    """Return the filter of sources and targets that `viewer` may see: the owner's, all for the operator."""
    if viewer.is_system or viewer.has(Role.OPERATOR):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])


def visible_systems(viewer: Actor) -> Q:
    """Return the filter of information systems that `viewer` may see; the authority lists them all."""
    if viewer.is_system or viewer.has(Role.OPERATOR, Role.AUDITOR):
        return Q()
    if viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])
