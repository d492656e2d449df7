"""Reads of how new rows are told from old ones."""

from typing import TYPE_CHECKING, Any

from hefu.kernel.actor import Actor
from hefu.rooms.deliveries.access import may
from hefu.rooms.deliveries.models import Increment
from hefu.rooms.grants.terms import Way

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery
    from hefu.rooms.grants.models import Grant


def increments_of(grant: "Grant") -> Increment | None:
    """Return how new rows of a grant are told, for a grant that a viewer was given already; None for whole copies."""
    return Increment.objects.filter(grant=grant).first() if grant.way == Way.INCREMENT else None


def increment_of(found: "Delivery", *, viewer: Actor) -> dict[str, Any] | None:
    """Return what a delivery of new rows read and changed, as far as a viewer may know it; None for a whole copy.

    How far it read is a value of a row, so that the two departments alone see it.
    """
    told: dict[str, Any] | None = found.increment
    sides = {"consumer_id": found.consumer_id, "provider_id": found.provider_id}
    if told is None or may(viewer, "deliveries.see_rejects", **sides):
        return told
    return told | {"read_from": None, "watermark": None}
