"""Who may see and change what keeps the catalogue whole."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

_OFFICE = frozenset({Role.OFFICER, Role.CHIEF})
_OVERSEERS = (Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF)

#: Roles in the owning department that may do each action.
OF_OWNER: dict[str, frozenset[Role]] = {
    "upkeep.keep_tasks": _OFFICE,
    "upkeep.tie": _OFFICE,
    "upkeep.look": _OFFICE,
    "upkeep.assess": _OFFICE | {Role.SECURITY},
    "upkeep.discuss": _OFFICE,
    "upkeep.comment": _OFFICE | {Role.REVIEWER},
    "upkeep.moderate": _OFFICE,
    "upkeep.open_review": frozenset({Role.CHIEF}),
    "upkeep.go_through": _OFFICE,
    "upkeep.close_review": frozenset({Role.CHIEF}),
    "upkeep.ask": _OFFICE,
    "upkeep.answer_need": frozenset({Role.CHIEF}),
    "upkeep.meet_need": _OFFICE,
    "upkeep.scan": _OFFICE,
    "upkeep.allow_overlap": frozenset({Role.CHIEF}),
    "upkeep.end_overlap": _OFFICE,
    "upkeep.measure": _OFFICE,
}
#: Roles in the data authority that may do each action for any department.
OF_AUTHORITY: dict[str, frozenset[Role]] = {
    "upkeep.review": frozenset({Role.REVIEWER}),
    "upkeep.moderate": frozenset({Role.REVIEWER}),
    "upkeep.settle_duplicates": frozenset({Role.REVIEWER}),
    "upkeep.open_review": frozenset({Role.REVIEWER}),
    "upkeep.assign": frozenset({Role.REVIEWER}),
    "upkeep.meet_need": frozenset({Role.REVIEWER}),
    "upkeep.keep_tasks": frozenset({Role.REVIEWER}),
    "upkeep.tie": frozenset({Role.REVIEWER}),
    "upkeep.look": frozenset({Role.REVIEWER}),
}


def may(actor: Actor, action: str, owner_id: UUID | None = None) -> bool:
    """Return whether `actor` may do `action` on something of `owner_id`."""
    if actor.is_system:
        return True
    own = owner_id is not None and actor.department_id == owner_id
    if own and actor.has(*OF_OWNER.get(action, ())):
        return True
    return actor.of_authority and actor.has(*OF_AUTHORITY.get(action, ()))


def require(actor: Actor, action: str, owner_id: UUID | None = None) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No role of the actor allows it.
    """
    if not may(actor, action, owner_id):
        raise Forbidden(action=action)


def oversees(viewer: Actor) -> bool:
    """Return whether `viewer` reads about every department."""
    return viewer.is_system or viewer.has(Role.AUDITOR) or (viewer.of_authority and viewer.has(*_OVERSEERS))


def of_departments(viewer: Actor, path: str = "department_id") -> Q:
    """Return the filter of rows that `viewer` may read, whose department stands at `path`."""
    if oversees(viewer):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(**{path: viewer.department_id})
    return Q(pk__in=[])


def seen_needs(viewer: Actor) -> Q:
    """Return the filter of needs that `viewer` may read: those of the own department, asked or to be met, or all."""
    if oversees(viewer):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(department_id=viewer.department_id) | Q(source_id=viewer.department_id)
    return Q(pk__in=[])
