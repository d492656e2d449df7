"""Reads of deliveries that join two grants."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from hefu.kernel.clock import Clock
from hefu.kernel.timetable import read
from hefu.rooms.deliveries.models import Joined, JoinTimes
from hefu.rooms.deliveries.queries.timetable import Times, works_at
from hefu.rooms.deliveries.terms.timetable import SHOWN_AHEAD

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery
    from hefu.rooms.grants.models import Grant


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


def same_join(joined: Joined) -> QuerySet[JoinTimes]:
    """Return the timetable of the table that a join fills, whichever of its deliveries it was set on."""
    return JoinTimes.objects.filter(
        joined__table=joined.table, joined__delivery__target_id=joined.delivery.target_id
    ).select_related("joined__delivery__consumer")


def join_times_of(found: "Delivery", *, clock: Clock) -> Times | None:
    """Return when what a delivery that a viewer was given already joined is joined again; None when it is not."""
    joined = Joined.objects.select_related("delivery").filter(delivery=found).first()
    row = same_join(joined).first() if joined else None
    return _told(row, clock) if row else None


def joined_by_the_clock(grant: "Grant", *, clock: Clock) -> list[tuple[str, str, Times]]:
    """Return what a grant that a viewer was given already is joined with by the clock: grant, table and times."""
    rows = JoinTimes.objects.filter(Q(joined__grant=grant) | Q(joined__delivery__grant=grant)).order_by("joined__table")
    found = []
    for row in rows.select_related("joined__grant", "joined__delivery__grant", "joined__delivery__consumer"):
        pair = (row.joined.delivery.grant, row.joined.grant)
        beside = pair[1] if pair[0].pk == grant.pk else pair[0]
        found.append((beside.number, row.joined.table, _told(row, clock)))
    return found


def _told(row: JoinTimes, clock: Clock) -> Times:
    works = works_at(row.joined.delivery.consumer.place)
    ahead = read(row.text).next_times(clock.now(), works, SHOWN_AHEAD) if row.next_at else []
    missed = (row.missed, row.missed_at, row.missed_because)
    return Times(row.text, "", tuple(ahead), row.last_at, row.last_delivery, *missed, row.set_by, row.set_by_name)
