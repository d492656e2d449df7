"""Reads of deliveries that join two grants."""

from typing import TYPE_CHECKING, Any

from hefu.rooms.deliveries.models import Joined

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery


def joined_of(found: "Delivery") -> dict[str, Any] | None:
    """Return what a delivery that a viewer was given already joins, and what each side gave; None for one grant.

    It holds counts and reasons alone, no value of a row.
    """
    row = Joined.objects.select_related("grant", "provider").filter(delivery=found).first()
    if row is None:
        return None
    return {
        "grant": row.grant.number,
        "entry": row.grant.entry_name,
        "provider": row.provider.name,
        "kind": row.kind,
        "on": row.on,
        "table": row.table,
        "sides": {side: row.told[side] for side in ("left", "right")} if row.told else None,
    }
