"""Who may see grants and what each side may do with them."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden
from hefu.rooms.grants.terms import Side, Standing

#: Who may do each action on a grant: the side and the role there. The system may do all.
MAY: dict[str, frozenset[Standing]] = {
    "grants.see": frozenset(
        {
            (Side.CONSUMER, Role.OFFICER),
            (Side.CONSUMER, Role.CHIEF),
            (Side.PROVIDER, Role.OFFICER),
            (Side.PROVIDER, Role.CHIEF),
            (Side.AUTHORITY, Role.REVIEWER),
            (Side.AUTHORITY, Role.SUPERVISOR),
            (Side.AUTHORITY, Role.CHIEF),
            (Side.SECURITY, Role.SECURITY),
            (Side.AUDIT, Role.AUDITOR),
        }
    ),
    # From a decision, by the platform alone.
    "grants.issue": frozenset(),
    # When a text that the grant rests on has ended, by the platform alone.
    "grants.hold": frozenset(),
    "grants.choose_target": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    "grants.choose_way": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    "grants.open": frozenset(
        {
            (Side.CONSUMER, Role.OFFICER),
            (Side.CONSUMER, Role.CHIEF),
            (Side.PROVIDER, Role.OFFICER),
            (Side.PROVIDER, Role.CHIEF),
        }
    ),
    "grants.suspend": frozenset(
        {
            (Side.PROVIDER, Role.CHIEF),
            (Side.AUTHORITY, Role.CHIEF),
            (Side.AUTHORITY, Role.REVIEWER),
            (Side.SECURITY, Role.SECURITY),
        }
    ),
    "grants.resume": frozenset(
        {
            (Side.PROVIDER, Role.CHIEF),
            (Side.AUTHORITY, Role.CHIEF),
            (Side.AUTHORITY, Role.REVIEWER),
            (Side.SECURITY, Role.SECURITY),
        }
    ),
    "grants.record_use": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    "grants.narrow": frozenset({(Side.PROVIDER, Role.CHIEF)}),
    # Its time without use has passed: look into it and let it stand.
    "grants.keep_idle": frozenset({(Side.AUTHORITY, Role.REVIEWER), (Side.AUTHORITY, Role.CHIEF)}),
    "grants.revoke": frozenset(
        {(Side.PROVIDER, Role.CHIEF), (Side.AUTHORITY, Role.CHIEF), (Side.CONSUMER, Role.CHIEF)}
    ),
}

#: Seats that stand beside both departments.
ADMINISTRATION = {Role.SECURITY: Side.SECURITY, Role.AUDITOR: Side.AUDIT, Role.OPERATOR: Side.OPERATION}


def standings(actor: Actor, *, consumer_id: UUID | None, provider_id: UUID | None) -> frozenset[Standing]:
    """Return the sides and roles in which `actor` meets a grant of these two departments."""
    found: set[Standing] = set()
    for role in actor.roles:
        if role in ADMINISTRATION:
            found.add((ADMINISTRATION[role], role))
            continue
        if actor.of_authority:
            found.add((Side.AUTHORITY, role))
        if actor.department_id is not None and actor.department_id == consumer_id:
            found.add((Side.CONSUMER, role))
        if actor.department_id is not None and actor.department_id == provider_id:
            found.add((Side.PROVIDER, role))
    return frozenset(found)


def may(
    actor: Actor,
    action: str,
    *,
    consumer_id: UUID,
    provider_id: UUID,
    table: dict[str, frozenset[Standing]] = MAY,
) -> bool:
    """Return whether `actor` may do `action` on a grant of these two departments."""
    return actor.is_system or not table[action].isdisjoint(
        standings(actor, consumer_id=consumer_id, provider_id=provider_id)
    )


def require(
    actor: Actor,
    action: str,
    *,
    consumer_id: UUID,
    provider_id: UUID,
    table: dict[str, frozenset[Standing]] = MAY,
) -> Side:
    """Return the side from which `actor` may do `action`; the authority's comes first.

    Raises:
        Forbidden: No seat of the actor allows it.
    """
    if actor.is_system:
        return Side.PLATFORM
    sides = {side for side, _role in standings(actor, consumer_id=consumer_id, provider_id=provider_id) & table[action]}
    if not sides:
        raise Forbidden(action=action)
    return Side.AUTHORITY if Side.AUTHORITY in sides else min(sides, key=list(Side).index)


def sees_any(viewer: Actor) -> bool:
    """Return whether there may be a grant that `viewer` sees."""
    return visible(viewer) != Q(pk__in=[])


def visible(viewer: Actor, action: str = "grants.see", *, table: dict[str, frozenset[Standing]] = MAY) -> Q:
    """Return the filter of rows with `consumer` and `provider` that `viewer` may see by the same table.

    Args:
        viewer: Who looks.
        action: The entry of `table` that says who sees.
        table: Who may do what; the room of deliveries has its own.
    """
    see = table[action]
    if viewer.is_system or not see.isdisjoint(standings(viewer, consumer_id=None, provider_id=None)):
        return Q()
    found = Q(pk__in=[])
    if viewer.department_id is not None:
        if any((Side.CONSUMER, role) in see for role in viewer.roles):
            found |= Q(consumer_id=viewer.department_id)
        if any((Side.PROVIDER, role) in see for role in viewer.roles):
            found |= Q(provider_id=viewer.department_id)
    return found
