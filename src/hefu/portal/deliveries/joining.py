"""How pages tell of deliveries that join two grants."""

from typing import TYPE_CHECKING, Any

from hefu.dataplane.join import JoinKind
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.portal.words import say
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.terms.joined import KIND_NAMES
from hefu.rooms.grants import queries as grants

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery


def told_joined(found: "Delivery", *, viewer: Actor) -> dict[str, Any]:
    """Return what a delivery joins and what each side gave, in words; empty for a delivery of one grant.

    Each provider sees the join, and the grant on its own entry alone.
    """
    told = queries.joined_of(found)
    if told is None:
        return {}
    sides = told["sides"] or {}
    return {
        **told,
        "seen": [number for number in (found.grant.number, told["grant"]) if _sees(number, viewer)],
        "how": say(KIND_NAMES[JoinKind(told["kind"])]),
        "pairs": [f"{one} = {other}" for one, other in told["on"]],
        "sides": [
            (entry, sides[side])
            for side, entry in (("left", found.grant.entry_name), ("right", told["entry"]))
            if side in sides
        ],
    }


def _sees(grant: str, viewer: Actor) -> bool:
    try:
        grants.grant(grant, viewer=viewer)
    except NotFound:
        return False
    return True
