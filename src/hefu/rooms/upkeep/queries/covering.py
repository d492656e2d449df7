"""How whole the catalogue is: for each department, what is there and what is missing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count as CountOf
from django.db.models import Exists, OuterRef, Q, QuerySet

from hefu.kernel.actor import Actor, system
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.parties import queries as parties
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep.access import of_departments, oversees
from hefu.rooms.upkeep.models import Count, Look, SystemTie, Task, TaskTie
from hefu.rooms.upkeep.terms import ENTRY_GAPS, Coverage, Gap, TaskKind

#: Entries in force up to which every look counts anew: about a second on two processors.
COUNTED_NOW = 150_000

_IN_FORCE = Q(entry__status=Status.PUBLISHED, entry__changes_to__isnull=True)
_DRIFTED = Q(missing__gt=0) | Q(type_differs__gt=0) | Q(not_catalogued__gt=0) | ~Q(fault="")


def coverage(*, viewer: Actor, department_id: UUID | None = None, now: bool = False) -> list[Coverage]:
    """Return how whole each department's catalogue is, by name; departments without anything are among them.

    The authority and the auditor read all departments, an officer the own one. One department is counted
    now; so are all, as long as they hold fewer entries than `COUNTED_NOW`. Beyond, the counts of the last
    run are returned with their time.

    Args:
        viewer: Who looks.
        department_id: Only that one.
        now: Count whatever the number.
    """
    rows = parties.departments(viewer=viewer)
    if not oversees(viewer):
        department_id = department_id or viewer.department_id
        rows = rows.filter(of_departments(viewer, "pk"))
    if department_id:
        rows = rows.filter(pk=department_id)
    told = list(rows.order_by("name").values_list("pk", "name", "place"))
    if now or department_id or not _is_large(viewer):
        return _counted(told, viewer, department_id)
    kept = Count.objects.in_bulk()
    return [_kept(pk, name, place, kept.get(pk)) for pk, name, place in told]


def _is_large(viewer: Actor) -> bool:
    return _entries(viewer, None)[: COUNTED_NOW + 1].count() > COUNTED_NOW and Count.objects.exists()


def _kept(pk: UUID, name: str, place: str, row: Count | None) -> Coverage:
    if row is None:
        return Coverage(pk, name, place)
    gaps = {Gap(gap): count for gap, count in row.gaps.items()}
    return Coverage(pk, name, place, row.entries, row.systems, row.duties, gaps, row.counted_at)


def _counted(told: list[tuple[UUID, str, str]], viewer: Actor, department_id: UUID | None) -> list[Coverage]:
    entries = _by_department(_entries(viewer, department_id), "provider_id")
    systems = _by_department(_systems(viewer, department_id), "department_id")
    duties = _by_department(_duties(viewer, department_id), "department_id")
    gaps = {gap: _by_department(*_found(gap, viewer, department_id)) for gap in Gap}
    return [
        Coverage(
            pk,
            name,
            place,
            entries.get(pk, 0),
            systems.get(pk, 0),
            duties.get(pk, 0),
            {gap: counts[pk] for gap, counts in gaps.items() if counts.get(pk)},
        )
        for pk, name, place in told
    ]


def by_place(found: Iterable[Coverage]) -> dict[str, Coverage]:
    """Return the sum of departments' coverage for each division code."""
    made: dict[str, Coverage] = {}
    for one in found:
        was = made.get(one.place)
        gaps = {gap: (was.gap(gap) if was else 0) + one.gap(gap) for gap in Gap}
        made[one.place] = Coverage(
            one.department_id,
            one.place,
            one.place,
            (was.entries if was else 0) + one.entries,
            (was.systems if was else 0) + one.systems,
            (was.duties if was else 0) + one.duties,
            {gap: count for gap, count in gaps.items() if count},
        )
    return made


def offending(gap: Gap, *, viewer: Actor, department_id: UUID | None = None) -> QuerySet[Any]:
    """Return the rows that have a gap: entries, for `SYSTEM_NO_ENTRY` systems, for `DUTY_NO_ENTRY` duties."""
    rows, path = _found(gap, viewer, department_id)
    owner = "provider" if gap in ENTRY_GAPS else "department"
    del path
    return rows.select_related(owner)


def _found(gap: Gap, viewer: Actor, department_id: UUID | None) -> tuple[QuerySet[Any], str]:
    """Return the rows with a gap and the path of their department."""
    if gap is Gap.SYSTEM_NO_ENTRY:
        return _systems(viewer, department_id).filter(~_SYSTEM_TIED & ~_mounted_system()), "department_id"
    if gap is Gap.DUTY_NO_ENTRY:
        return _duties(viewer, department_id).filter(~_DUTY_TIED & ~_PART_TIED), "department_id"
    rows = _entries(viewer, department_id)
    mounts = resources.mounts(viewer=viewer).filter(entry_id=OuterRef("pk"))
    looked = Look.objects.filter(_DRIFTED, entry_id=OuterRef("pk"))
    conditions = {
        Gap.ENTRY_NO_SYSTEM: ~Exists(SystemTie.objects.filter(entry_id=OuterRef("pk")))
        & ~Exists(mounts.filter(system__isnull=False)),
        Gap.ENTRY_NO_RESOURCE: ~Exists(mounts),
        Gap.ENTRY_NO_CONDITION: Q(share_type=ShareType.CONDITIONAL) & (Q(share_condition="") | Q(share_scope="")),
        Gap.ENTRY_NO_TASK: ~Exists(TaskTie.objects.filter(entry_id=OuterRef("pk"), task__ended_at__isnull=True)),
        Gap.ENTRY_DRIFTED: Exists(looked),
    }
    return rows.filter(conditions[gap]), "provider_id"


_SYSTEM_TIED = Exists(SystemTie.objects.filter(_IN_FORCE, system_id=OuterRef("pk")))
_DUTY_TIED = Exists(TaskTie.objects.filter(_IN_FORCE, task_id=OuterRef("pk")))
_PART_TIED = Exists(TaskTie.objects.filter(_IN_FORCE, task__under_id=OuterRef("pk"), task__ended_at__isnull=True))


def _mounted_system() -> Exists:
    return Exists(resources.mounts(viewer=system("upkeep")).filter(_IN_FORCE, system_id=OuterRef("pk")))


def _entries(viewer: Actor, department_id: UUID | None) -> QuerySet[Any]:
    """Return the entries in force that count for `viewer`: all for the authority, the own ones for an office."""
    rows = catalog.published(viewer=viewer, provider_id=department_id)
    return rows.filter(of_departments(viewer, "provider_id")).order_by()


def _systems(viewer: Actor, department_id: UUID | None) -> QuerySet[Any]:
    rows = resources.registered_systems(viewer=viewer)
    return rows.filter(department_id=department_id) if department_id else rows


def _duties(viewer: Actor, department_id: UUID | None) -> QuerySet[Any]:
    rows = Task.objects.filter(of_departments(viewer), kind=TaskKind.DUTY, ended_at__isnull=True).order_by()
    return rows.filter(department_id=department_id) if department_id else rows


def _by_department(rows: QuerySet[Any], path: str) -> dict[UUID, int]:
    plain = rows.order_by().select_related(None).defer(None)
    return dict(plain.values_list(path).annotate(number=CountOf("pk")).values_list(path, "number"))
