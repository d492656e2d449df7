"""Reads of duties, ties and looks."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Status
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep.access import of_departments
from hefu.rooms.upkeep.models import Look, Proposal, Scan, SystemTie, Task, TaskTie


def tasks(*, viewer: Actor, department_id: UUID | None = None, search: str = "") -> QuerySet[Task]:
    """Return the duties and business items that `viewer` may read, with how many entries in force hold their data."""
    found = Task.objects.filter(of_departments(viewer), ended_at__isnull=True, name__icontains=search)
    if department_id:
        found = found.filter(department_id=department_id)
    held = Count("ties", filter=Q(ties__entry__status=Status.PUBLISHED), distinct=True)
    return found.select_related("department", "under").annotate(entries=held)


def task(task_id: UUID, *, viewer: Actor) -> Task:
    """Return one duty or business item.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = tasks(viewer=viewer).filter(pk=task_id).first()
    if found is None:
        raise NotFound(what="duty", key=task_id)
    return found


def tasks_of(entry: Any) -> list[Task]:
    """Return the duties and business items that an entry read for its viewer is tied to."""
    ties = TaskTie.objects.filter(entry_id=entry.pk, task__ended_at__isnull=True).select_related("task", "task__under")
    return [tie.task for tie in ties.order_by("task__kind", "task__name")]


def entries_of_task(task_id: UUID, *, viewer: Actor) -> list[Any]:
    """Return the entries in force that hold the data of a duty or of a business item under it."""
    held = Q(task_ties__task_id=task_id) | Q(task_ties__task__under_id=task_id)
    return list(catalog.published(viewer=viewer, order="name").filter(held).distinct())


def systems_of(entry: Any, *, viewer: Actor, tied: bool = True) -> list[Any]:
    """Return the systems where the data of an entry read for its viewer lives: tied by hand or by name, and mounted.

    Args:
        entry: The entry.
        viewer: Who reads.
        tied: False when it is known to have no ties, so that they are not looked for.
    """
    ties = SystemTie.objects.filter(entry_id=entry.pk).select_related("system") if tied else ()
    found = {tie.system_id: tie.system for tie in ties}
    mounts = resources.mounts(viewer=viewer).filter(entry_id=entry.pk, system__isnull=False).select_related("system")
    found |= {mount.system.pk: mount.system for mount in mounts if mount.system}
    return sorted(found.values(), key=lambda system: system.name)


def look_of(entry_id: UUID, *, viewer: Actor) -> Look | None:
    """Return what the last look at an entry's live table found, for its department and the authority."""
    return Look.objects.filter(of_departments(viewer, "entry__provider_id"), entry_id=entry_id).first()


def stale_looks(count: int, *, viewer: Actor) -> list[UUID]:
    """Return the mounted entries whose table was looked at longest ago or never; the platform looks at them next."""
    mounted = resources.mounts(viewer=viewer).filter(entry__status=Status.PUBLISHED)
    return list(
        mounted.order_by(F("entry__look__looked_at").asc(nulls_first=True), "entry_id").values_list(
            "entry_id", flat=True
        )[:count]
    )


def waits_for_names(*, viewer: Actor) -> list[UUID]:
    """Return the departments that have systems or duties registered: their entries may be tied by name."""
    systems = resources.registered_systems(viewer=viewer).values_list("department_id", flat=True)
    own = Task.objects.filter(of_departments(viewer), ended_at__isnull=True).values_list("department_id", flat=True)
    return sorted({*systems, *own})


def proposals(*, viewer: Actor, source_id: UUID | None = None) -> QuerySet[Proposal]:
    """Return what scans of the department's sources propose."""
    found = Proposal.objects.filter(of_departments(viewer, "source__department_id"))
    if source_id:
        found = found.filter(source_id=source_id)
    return found.select_related("source__department", "source__system", "entry")


def proposal(proposal_id: UUID, *, viewer: Actor) -> Proposal:
    """Return one proposal.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = proposals(viewer=viewer).filter(pk=proposal_id).first()
    if found is None:
        raise NotFound(what="proposed entry", key=proposal_id)
    return found


def scans(*, viewer: Actor) -> QuerySet[Scan]:
    """Return the scans of the department's sources, newest first."""
    return Scan.objects.filter(of_departments(viewer, "source__department_id")).select_related("source")
