"""Who may see deliveries and what each side may do with them."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.rooms.grants import access as grants
from hefu.rooms.grants.terms import Side, Standing

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery

_CONSUMER = frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)})
_PROVIDER = frozenset({(Side.PROVIDER, Role.OFFICER), (Side.PROVIDER, Role.CHIEF)})
_OPERATION = frozenset({(Side.OPERATION, Role.OPERATOR)})

#: Who may do each action on a delivery: the side and the role there. The system may do all.
MAY: dict[str, frozenset[Standing]] = {
    "deliveries.see": _CONSUMER
    | _PROVIDER
    | _OPERATION
    | {
        (Side.AUTHORITY, Role.REVIEWER),
        (Side.AUTHORITY, Role.SUPERVISOR),
        (Side.AUTHORITY, Role.CHIEF),
        (Side.SECURITY, Role.SECURITY),
        (Side.AUDIT, Role.AUDITOR),
    },
    "deliveries.start": _CONSUMER | _PROVIDER,
    # Chosen by whoever keeps the table, within what the grant allows.
    "deliveries.follow": _CONSUMER,
    "deliveries.plan": _CONSUMER,
    "deliveries.compare": _CONSUMER | _PROVIDER | _OPERATION,
    # It writes the consumer's own table.
    "deliveries.mend": _CONSUMER,
    "deliveries.pause": _CONSUMER | _PROVIDER | _OPERATION,
    # How far a source is burdened: its department and whoever runs the node.
    "deliveries.spare": _PROVIDER | _OPERATION,
    "deliveries.cancel": _CONSUMER | _PROVIDER | _OPERATION,
    "deliveries.retry": _CONSUMER | _PROVIDER | _OPERATION,
    "deliveries.fetch_file": _CONSUMER,
    # Reasons and counts; the values are the provider's own, and only its officers see them.
    "deliveries.see_rejects": _CONSUMER | _PROVIDER,
    "deliveries.see_rejected_values": _PROVIDER,
}


#: What the provider of the second grant that a delivery joins may do with it, as the first one may. Rejected rows are
#: not kept of either side, and the limits of a source are set on a delivery of its own grant.
BY_SECOND = frozenset({"deliveries.see", "deliveries.cancel", "deliveries.retry"})

#: Roles of a department that say where its alarms are sent; whoever runs the node sees what became of them.
_HOOKS = (Role.OFFICER, Role.CHIEF)


def may_hook(actor: Actor, department_id: UUID) -> bool:
    """Return whether `actor` may say where alarms of a department are sent."""
    return actor.department_id == department_id and actor.has(*_HOOKS)


def visible_hooks(viewer: Actor) -> Q:
    """Return the filter of addresses that `viewer` may see: the department's own, all for the operator."""
    if viewer.is_system or viewer.has(Role.OPERATOR):
        return Q()
    if viewer.department_id and viewer.has(*_HOOKS):
        return Q(department_id=viewer.department_id)
    return Q(pk__in=[])


def visible(viewer: Actor) -> Q:
    """Return the filter of deliveries that `viewer` may see: of its grants, and those that join one of them."""
    found = grants.visible(viewer, "deliveries.see", table=MAY)
    provides = any((Side.PROVIDER, role) in MAY["deliveries.see"] for role in viewer.roles)
    if found and viewer.department_id is not None and provides:
        found |= Q(joined__provider_id=viewer.department_id)
    return found


def provider_of(row: "Delivery", action: str, *, actor: Actor) -> UUID:
    """Return whose provider's side counts for `actor`: its own where its grant is joined as the second."""
    own = actor.department_id
    if own is None or own in (row.provider_id, row.consumer_id) or action not in BY_SECOND:
        return row.provider_id
    joined = getattr(row, "joined", None)
    return own if joined is not None and joined.provider_id == own else row.provider_id


def may(actor: Actor, action: str, *, consumer_id: UUID, provider_id: UUID) -> bool:
    """Return whether `actor` may do `action` on a delivery between these two departments."""
    return grants.may(actor, action, consumer_id=consumer_id, provider_id=provider_id, table=MAY)


def require(actor: Actor, action: str, *, consumer_id: UUID, provider_id: UUID) -> Side:
    """Return the side from which `actor` may do `action`.

    Raises:
        Forbidden: No seat of the actor allows it.
    """
    return grants.require(actor, action, consumer_id=consumer_id, provider_id=provider_id, table=MAY)
