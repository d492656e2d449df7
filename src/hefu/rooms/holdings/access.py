"""Who may see and do what with holdings. A holding belongs to its entry's department, whoever collects."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden

_OFFICE = frozenset({Role.OFFICER, Role.CHIEF})
_REVIEWERS = frozenset({Role.REVIEWER})

#: Roles in the holding's department that may do each action.
OF_OWNER: dict[str, frozenset[Role]] = {
    "holdings.open": _OFFICE,
    "holdings.change": _OFFICE,
    "holdings.close": _OFFICE,
    # Whether grants are delivered from it: the department answers for what it shares.
    "holdings.serve": _OFFICE,
    "holdings.collect": _OFFICE,
    "holdings.cancel": _OFFICE,
    "holdings.drop_versions": _OFFICE,
    "holdings.read": _OFFICE,
    # Whether a library of another may share its columns on.
    "holdings.consent": _OFFICE,
    "holdings.see_rejects": _OFFICE,
    "holdings.see_rejected_values": _OFFICE,
}
#: What the data authority's reviewer may do with any department's: gather, never read.
OF_AUTHORITY = frozenset(
    {"holdings.open", "holdings.change", "holdings.collect", "holdings.cancel", "holdings.see_rejects"}
)
#: What whoever runs the node may do: stop what burdens it.
OF_OPERATOR = frozenset({"holdings.cancel"})
ACTIONS = frozenset(OF_OWNER)
#: Roles in a library's own department, beside the authority's reviewer for the authority's libraries.
OF_KEEPER = _OFFICE | {Role.REVIEWER}


def may(actor: Actor, action: str, owner_id: UUID) -> bool:
    """Return whether `actor` may do `action` on a holding of `owner_id`."""
    if actor.is_system:
        return action not in ("holdings.read", "holdings.see_rejected_values")
    if actor.department_id == owner_id and actor.has(*OF_OWNER.get(action, ())):
        return True
    if actor.has(Role.OPERATOR) and action in OF_OPERATOR:
        return True
    return actor.of_authority and actor.has(*_REVIEWERS) and action in OF_AUTHORITY


def require(actor: Actor, action: str, owner_id: UUID) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No seat of the actor allows it.
    """
    if not may(actor, action, owner_id):
        raise Forbidden(action=action)


def visible(viewer: Actor) -> Q:
    """Return the filter of holdings that `viewer` may see: counts and times, not rows."""
    if viewer.is_system or viewer.has(Role.OPERATOR, Role.AUDITOR):
        return Q()
    if viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])


def keeps(actor: Actor, keeper_id: UUID | None) -> bool:
    """Return whether `actor` keeps libraries of a department: states, assembles and reads them."""
    return keeper_id is not None and actor.department_id == keeper_id and actor.has(*OF_KEEPER)


def require_keeper(actor: Actor, action: str, keeper_id: UUID | None) -> None:
    """Let whoever keeps a library do `action` or refuse.

    Raises:
        Forbidden: No seat of the actor allows it.
    """
    if not keeps(actor, keeper_id):
        raise Forbidden(action=action)


def visible_libraries(viewer: Actor) -> Q:
    """Return the filter of libraries that `viewer` may see: counts and rules, not rows."""
    if viewer.is_system or viewer.has(Role.AUDITOR):
        return Q()
    if viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF):
        return Q()
    if viewer.department_id and viewer.has(*_OFFICE):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])
