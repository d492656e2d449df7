"""Who may see and change what in the catalogue."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden
from hefu.rooms.catalog.terms import PUBLIC, OpenType, Status
from hefu.search.terms import EVERYTHING, Scope

#: Roles in the entry's own department that may do each action.
OF_PROVIDER = {
    "catalog.draft": {Role.OFFICER, Role.CHIEF},
    "catalog.rewrite": {Role.OFFICER, Role.CHIEF},
    "catalog.drop": {Role.OFFICER, Role.CHIEF},
    "catalog.submit": {Role.CHIEF},
    "catalog.withdraw": {Role.CHIEF},
    "catalog.import": {Role.OFFICER, Role.CHIEF},
    "catalog.note_cause": {Role.OFFICER, Role.CHIEF},
}
#: Roles in the data authority that may do each action on any entry.
OF_AUTHORITY = {
    "catalog.review": {Role.REVIEWER},
    "catalog.withdraw": {Role.REVIEWER},
    "catalog.import": {Role.REVIEWER},
    "catalog.import_published": {Role.REVIEWER},
    "catalog.note_cause": {Role.REVIEWER},
    "catalog.extend_update": {Role.REVIEWER},
}
#: Roles that read drafts of their own department.
_WRITERS = (Role.OFFICER, Role.CHIEF)
#: Roles in the authority that read every draft.
_OVERSEERS = (Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF)


def may(actor: Actor, action: str, provider_id: UUID | None = None) -> bool:
    """Return whether `actor` may do `action` on an entry of `provider_id`."""
    if actor.is_system:
        return True
    own = provider_id is not None and actor.department_id == provider_id
    if own and actor.has(*OF_PROVIDER.get(action, ())):
        return True
    return actor.of_authority and actor.has(*OF_AUTHORITY.get(action, ()))


def require(actor: Actor, action: str, provider_id: UUID | None = None) -> None:
    """Let `actor` do `action` or refuse.

    Raises:
        Forbidden: No role of the actor allows it on this entry.
    """
    if not may(actor, action, provider_id):
        raise Forbidden(action=action)


#: Where each facet of a scope stands in a row.
_COLUMNS = {"status": "status", "provider": "provider_id"}


def scope(viewer: Actor) -> Scope:
    """Return which entries and changes `viewer` may read, as an index and a filter of rows both take it.

    What is or was in force is read by everybody with a seat; what is being written by its own
    department's officers and by the authority that reviews it. The auditor reads all.
    """
    if viewer.is_system or viewer.has(Role.AUDITOR):
        return EVERYTHING
    if viewer.of_authority and viewer.has(*_OVERSEERS):
        return EVERYTHING
    if not viewer.roles or viewer.department_id is None:
        return Scope()
    seen: list[tuple[str, tuple[str, ...]]] = [("status", tuple(sorted(PUBLIC)))]
    if viewer.has(*_WRITERS):
        seen.append(("provider", (str(viewer.department_id),)))
    return Scope(either=tuple(seen))


def visible(viewer: Actor) -> Q:
    """Return the filter of entries and changes that `viewer` may read: the rows of their `scope`."""
    allowed = scope(viewer)
    if allowed.everything:
        return Q()
    seen = Q(pk__in=[])
    for facet, values in allowed.either:
        seen |= Q(**{f"{_COLUMNS[facet]}__in": list(values)})
    return seen


def open_to_all() -> Q:
    """Return the filter of entries that the public may know of: in force, and open to it at least on conditions."""
    return Q(status=Status.PUBLISHED, open_type__in=[OpenType.UNCONDITIONAL, OpenType.CONDITIONAL])


def visible_batches(viewer: Actor) -> Q:
    """Return the filter of imports that `viewer` may read: one's own department's, or all for the authority."""
    if viewer.is_system or viewer.has(Role.AUDITOR) or (viewer.of_authority and viewer.has(*_OVERSEERS)):
        return Q()
    if viewer.department_id and viewer.has(*_WRITERS):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])
