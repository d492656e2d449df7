"""How pages tell of deliveries that join two grants."""

from typing import TYPE_CHECKING, Any

from hefu.dataplane.join import JoinKind
from hefu.portal.words import say
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.terms.joined import KIND_NAMES

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery


def told_joined(found: "Delivery") -> dict[str, Any]:
    """Return what a delivery joins and what each side gave, in words; empty for a delivery of one grant."""
    told = queries.joined_of(found)
    if told is None:
        return {}
    sides = told["sides"] or {}
    return {
        **told,
        "how": say(KIND_NAMES[JoinKind(told["kind"])]),
        "pairs": [f"{one} = {other}" for one, other in told["on"]],
        "sides": [
            (entry, sides[side])
            for side, entry in (("left", found.grant.entry_name), ("right", told["entry"]))
            if side in sides
        ],
    }
