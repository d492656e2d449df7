"""Who may see requests, and what each side may do with them."""

from uuid import UUID

from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden
from hefu.rooms.requests.terms import Side, Standing

#: Who may do each action on a case: the side and the role there. The system may do all.
MAY: dict[str, frozenset[Standing]] = {
    "requests.draft": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    "requests.change": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    # The head signs what is asked (decree 809 art. 20) …
    "requests.submit": frozenset({(Side.CONSUMER, Role.CHIEF)}),
    "requests.discard": frozenset({(Side.CONSUMER, Role.OFFICER), (Side.CONSUMER, Role.CHIEF)}),
    "requests.withdraw": frozenset({(Side.CONSUMER, Role.CHIEF)}),
    "requests.return": frozenset(
        {(Side.PROVIDER, Role.OFFICER), (Side.PROVIDER, Role.CHIEF), (Side.AUTHORITY, Role.REVIEWER)}
    ),
    "requests.give_opinion": frozenset({(Side.PROVIDER, Role.OFFICER), (Side.PROVIDER, Role.CHIEF)}),
    # … and what is answered (art. 20); for the authority, where the law lets it decide, its reviewer does.
    "requests.decide": frozenset({(Side.PROVIDER, Role.CHIEF), (Side.AUTHORITY, Role.REVIEWER)}),
    "requests.ask_extension": frozenset({(Side.PROVIDER, Role.CHIEF)}),
    "requests.consent_extension": frozenset({(Side.AUTHORITY, Role.REVIEWER)}),
    # By the platform alone, from what the grants and deliveries rooms announce.
    "requests.mark_delivery": frozenset(),
}

#: Roles in which somebody sees the cases of the own department.
INSIDERS = (Role.OFFICER, Role.CHIEF)
#: Roles of the data authority that see every submitted case.
OVERSEERS = (Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF)


def visible(viewer: Actor) -> Q:
    """Return the filter of requests that `viewer` may see.

    The consumer sees its own from the first draft on; the provider and the authority see what was handed
    in. Nobody else does: to them a case does not exist.
    """
    if viewer.is_system:
        return Q()
    seen = Q(pk__in=[])
    if viewer.department_id and viewer.has(*INSIDERS):
        seen |= Q(consumer_id=viewer.department_id)
        seen |= Q(provider_id=viewer.department_id, received_at__isnull=False)
    if oversees(viewer):
        seen |= Q(received_at__isnull=False)
    return seen


def oversees(viewer: Actor) -> bool:
    """Return whether `viewer` watches over everybody's cases for the authority."""
    return viewer.of_authority and viewer.has(*OVERSEERS)


def standings(actor: Actor, *, consumer_id: UUID, provider_id: UUID) -> frozenset[Standing]:
    """Return every side and role in which `actor` meets a case of these two departments."""
    sides = set()
    if actor.department_id == consumer_id:
        sides.add(Side.CONSUMER)
    if actor.department_id == provider_id:
        sides.add(Side.PROVIDER)
    if actor.of_authority:
        sides.add(Side.AUTHORITY)
    return frozenset((side, role) for side in sides for role in actor.roles)


def sides(actor: Actor, action: str, *, consumer_id: UUID, provider_id: UUID) -> frozenset[Side]:
    """Return the sides from which `actor` may do `action`; the system stands on all."""
    if actor.is_system:
        return frozenset(Side)
    held = standings(actor, consumer_id=consumer_id, provider_id=provider_id)
    return frozenset(side for side, _role in MAY[action] & held)


def may(actor: Actor, action: str, *, consumer_id: UUID, provider_id: UUID) -> bool:
    """Return whether `actor` may do `action` on a case that it can see."""
    return bool(sides(actor, action, consumer_id=consumer_id, provider_id=provider_id))


def require(actor: Actor, action: str, *, consumer_id: UUID, provider_id: UUID) -> frozenset[Side]:
    """Let `actor` do `action` or refuse; return the sides from which it is allowed.

    Raises:
        Forbidden: No standing of the actor allows it.
    """
    found = sides(actor, action, consumer_id=consumer_id, provider_id=provider_id)
    if not found:
        raise Forbidden(action=action)
    return found
