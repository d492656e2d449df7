"""How pages tell of new and changed rows alone."""

from typing import TYPE_CHECKING, Any

from hefu.kernel.actor import Actor
from hefu.portal import shows
from hefu.portal.words import say
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.terms.increments import BLIND_NAMES, BLIND_TO, WHOLE_NAMES

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery
    from hefu.rooms.grants.models import Grant


def told_increments(found: "Grant") -> dict[str, str]:
    """Return how new rows of a grant are told, in words; empty for another way."""
    chosen = queries.increments_of(found)
    if chosen is None:
        return {}
    names = {item.code: item.name for item in found.granted_items}
    return {"item": names.get(chosen.item, chosen.item), "overlap": _overlap(chosen.overlap, chosen.moments)}


def told_increment(found: "Delivery", *, viewer: Actor) -> dict[str, Any]:
    """Return what a delivery of new rows read and changed, in words; empty for a whole copy."""
    told = queries.increment_of(found, viewer=viewer)
    if not told:
        return {}
    names = {item.code: item.name for item in found.grant.granted_items}
    return {
        **told,
        "item_name": names.get(told["item"], told["item"]),
        "overlap_told": _overlap(told["overlap"], told["moments"]),
        "why_whole": say(WHOLE_NAMES[told["whole"]]) if told["whole"] else "",
        "blind": [say(BLIND_NAMES[one]) for one in BLIND_TO],
    }


def _overlap(overlap: int, moments: bool) -> str:
    return shows.span(overlap) if moments else f"{overlap:,}"
