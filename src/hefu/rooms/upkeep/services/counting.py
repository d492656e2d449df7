"""How the coverage of all departments is counted and kept."""

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.rooms.upkeep import queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Count


@transaction.atomic
def count_coverage(*, actor: Actor, clock: Clock) -> int:
    """Count every department's coverage and keep it in place of what was counted before; return how many.

    Raises:
        Forbidden: Only the platform counts.
    """
    require(actor, "upkeep.count")
    rows = [
        Count(
            department_id=one.department_id,
            counted_at=clock.now(),
            entries=one.entries,
            systems=one.systems,
            duties=one.duties,
            gaps={gap.value: number for gap, number in one.gaps.items()},
        )
        for one in queries.coverage(viewer=actor, now=True)
    ]
    Count.objects.all().delete()
    Count.objects.bulk_create(rows, batch_size=2000)
    return len(rows)
