"""How near-duplicates are found; `naming` settles them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.rooms.upkeep import decide, queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Pair, Sketch
from hefu.rooms.upkeep.services.weighing import weigh
from hefu.rooms.upkeep.terms.cases import PairStatus

#: Entries sketched and compared in one transaction.
BATCH = 500
#: Entries after which it is looked again which buckets are too full to tell anything.
LOOKED_AGAIN = 5_000
#: What is known anew of a pair that is there.
_MEASURED = ["score", "names", "items", "contained", "shared"]


def find_duplicates(*, most: int = 20_000, actor: Actor, clock: Clock) -> tuple[int, int]:
    """Sketch entries that are new or changed, and keep those that are near an entry of another department.

    Safe to do twice: what is sketched is not sketched again, and a pair is kept once. A pair that was settled
    stays settled when either side gets a new version.

    Args:
        most: Entries looked at in one run.
        actor: The platform.
        clock: For its times.

    Returns:
        Entries sketched, and pairs that are new.

    Raises:
        Forbidden: Only the platform looks.
    """
    require(actor, "upkeep.find_duplicates")
    sketched = found = 0
    common: frozenset[int] = frozenset()
    last = None
    while sketched < most:
        if sketched % LOOKED_AGAIN == 0:
            common = queries.common_buckets()
        rows = queries.unsketched(min(BATCH, most - sketched), after=last, viewer=actor)
        if not rows:
            break
        found += _sketch(rows, common, actor=actor, at=clock.now())
        sketched, last = sketched + len(rows), rows[-1][0]
    return sketched, found


@transaction.atomic
def _sketch(rows: list[tuple[UUID, UUID, int]], common: frozenset[int], *, actor: Actor, at: datetime) -> int:
    ids = [pk for pk, _department, _version in rows]
    sides = queries.sides_of(ids, viewer=actor)
    bands = {pk: decide.bands(side) for pk, side in sides.items()}
    known = [(pk, department, version) for pk, department, version in rows if pk in bands]
    Sketch.objects.bulk_create(
        [
            Sketch(entry_id=pk, department_id=department, version=version, bands=bands[pk])
            for pk, department, version in known
        ],
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["department", "version", "bands"],
    )
    near = queries.candidates({pk: (department, bands[pk]) for pk, department, _v in known}, common, viewer=actor)
    sides |= queries.sides_of({other for _own, other in near} - sides.keys(), viewer=actor)
    made = {}
    for own, other in near:
        first, second = sorted((own, other))
        if (first, second) in made or own not in sides or other not in sides:
            continue
        found = decide.likeness(sides[first], sides[second])
        if found.score >= decide.NEAR:
            made[first, second] = Pair(
                id=new_id(at),
                first_id=first,
                second_id=second,
                score=found.score,
                names=found.names,
                items=found.items,
                contained=found.contained,
                shared=list(found.shared),
                found_at=at,
            )
    touched = Pair.objects.filter(queries.touching(ids))
    present = {(first, second): pk for pk, first, second in touched.values_list("pk", "first_id", "second_id")}
    compared = set(queries.live_sketches().order_by().values_list("entry_id", flat=True).distinct())
    weighed = [key for key in made.keys() | present.keys() if compared.issuperset(key)]
    gone = [pk for key, pk in present.items() if key not in made and key not in weighed]
    Pair.objects.filter(status=PairStatus.OPEN, pk__in=gone).delete()
    Pair.objects.bulk_create(
        made.values(), update_conflicts=True, unique_fields=["first", "second"], update_fields=_MEASURED
    )
    for first, second in weighed:
        weigh(first, second, actor=actor, at=at)
    return len(made.keys() - present.keys())
