"""How entries are held against their live tables."""

from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import ColumnVerdict
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Look


def look_at(*, entry_id: UUID, actor: Actor, clock: Clock) -> Look:
    """Hold an entry's items against its live table and keep what differs; a table out of reach is kept as a fault.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Neither of its department nor the authority's reviewer.
        NotMounted: There is nothing to look at.
    """
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, "upkeep.look", entry.provider_id)
    if not resources.mounted([entry.pk], viewer=actor):
        Look.objects.filter(entry_id=entry.pk).delete()
    found: dict[str, int | str] = {"missing": 0, "type_differs": 0, "not_catalogued": 0, "fault": ""}
    try:
        for line in resources.compare(entry.pk, viewer=actor):
            if line.verdict is not ColumnVerdict.SAME:
                found[line.verdict.value] = int(found[line.verdict.value]) + 1
    except Refusal as refusal:
        if not resources.mounted([entry.pk], viewer=actor):
            raise
        found["fault"] = str(refusal)
    row, _made = Look.objects.update_or_create(entry_id=entry.pk, defaults=found | {"looked_at": clock.now()})
    return row
