"""How entries are tied to systems, duties and business items."""

from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.names import folded
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import decide, errors, terms
from hefu.rooms.upkeep.access import of_departments, require
from hefu.rooms.upkeep.models import SystemTie, Task, TaskTie
from hefu.rooms.upkeep.terms import TiesMade


@transaction.atomic
def tie_task(*, entry_id: UUID, task_id: UUID, actor: Actor, clock: Clock) -> TaskTie:
    """Tie an entry to a duty or business item of its department; once is enough.

    Raises:
        NotFound: No such entry or duty that the actor may read.
        Forbidden: Neither of its department nor the authority's reviewer.
        OtherDepartments: The duty is another department's.
    """
    entry = _entry(entry_id, actor)
    task = Task.objects.filter(of_departments(actor), pk=task_id, ended_at__isnull=True).first()
    if task is None:
        raise NotFound(what="duty", key=task_id)
    if task.department_id != entry.provider_id:
        raise errors.OtherDepartments(
            thing=task.name, owner=task.department.name, entry=entry.code, provider=entry.provider.name
        )
    row, made = TaskTie.objects.get_or_create(
        entry_id=entry.pk, task=task, defaults={"tied_at": clock.now(), "tied_by": actor.id}
    )
    if made:
        _record(terms.ENTRY_TIED, entry, {"to": task.kind, "id": str(task.pk)}, actor, clock)
    return row


@transaction.atomic
def tie_system(*, entry_id: UUID, system_id: UUID, actor: Actor, clock: Clock) -> SystemTie:
    """Tie an entry to an information system of its department; once is enough.

    Raises:
        NotFound: No such entry or system that the actor may read.
        Forbidden: Neither of its department nor the authority's reviewer.
        OtherDepartments: The system is another department's.
    """
    entry = _entry(entry_id, actor)
    system = resources.systems(viewer=actor).filter(pk=system_id).first()
    if system is None:
        raise NotFound(what="information system", key=system_id)
    if system.department_id != entry.provider_id:
        raise errors.OtherDepartments(
            thing=system.name, owner=system.department.name, entry=entry.code, provider=entry.provider.name
        )
    row, made = SystemTie.objects.get_or_create(
        entry_id=entry.pk, system_id=system.pk, defaults={"tied_at": clock.now(), "tied_by": actor.id}
    )
    if made:
        _record(terms.ENTRY_TIED, entry, {"to": "system", "id": str(system.pk)}, actor, clock)
    return row


@transaction.atomic
def untie_task(*, entry_id: UUID, task_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take a tie to a duty or business item off; one that is not there is no fault.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Neither of its department nor the authority's reviewer.
    """
    entry = _entry(entry_id, actor)
    gone, _each = TaskTie.objects.filter(entry_id=entry.pk, task_id=task_id).delete()
    if gone:
        _record(terms.ENTRY_UNTIED, entry, {"from": "task", "id": str(task_id)}, actor, clock)


@transaction.atomic
def untie_system(*, entry_id: UUID, system_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take a tie to a system off; one that is not there is no fault.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Neither of its department nor the authority's reviewer.
    """
    entry = _entry(entry_id, actor)
    gone, _each = SystemTie.objects.filter(entry_id=entry.pk, system_id=system_id).delete()
    if gone:
        _record(terms.ENTRY_UNTIED, entry, {"from": "system", "id": str(system_id)}, actor, clock)


def _entry(entry_id: UUID, actor: Actor) -> Any:
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, "upkeep.tie", entry.provider_id)
    return entry.changes_to or entry


def _record(kind: Any, entry: Any, body: dict[str, Any], actor: Actor, clock: Clock) -> None:
    record(
        kind,
        subject=entry.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_12],
        concerns=[entry.provider_id],
        body={"code": entry.code} | body,
    )


@transaction.atomic
def tie_by_names(*, department_id: UUID, actor: Actor, clock: Clock) -> TiesMade:
    """Tie a department's entries in force to the systems and business items that they name; safe to do twice.

    Entries state a system and a business item in words; a registered one whose name is the same, written
    however, is meant. One record for all: it is one act, and its digest covers each tie.

    Raises:
        NotFound: No such department.
        Forbidden: Neither of the department nor the authority's reviewer.
    """
    require(actor, "upkeep.tie", department_id)
    department = parties.department(department_id, viewer=actor)
    systems = {folded(row.name): row.pk for row in resources.systems(viewer=actor).filter(department_id=department_id)}
    tasks = {task.folded: task.pk for task in Task.objects.filter(department_id=department_id, ended_at__isnull=True)}
    rows = catalog.published(viewer=actor, provider_id=department_id).order_by()
    by_system = decide.named(
        rows.exclude(system_name="").filter(system_ties__isnull=True).values_list("pk", "system_name"), systems
    )
    by_task = decide.named(
        rows.exclude(business_item="").filter(task_ties__isnull=True).values_list("pk", "business_item"), tasks
    )
    told = {"tied_at": clock.now(), "tied_by": actor.id}
    SystemTie.objects.bulk_create(
        [SystemTie(entry_id=entry, system_id=system, **told) for entry, system in by_system],
        batch_size=2000,
        ignore_conflicts=True,
    )
    TaskTie.objects.bulk_create(
        [TaskTie(entry_id=entry, task_id=task, **told) for entry, task in by_task],
        batch_size=2000,
        ignore_conflicts=True,
    )
    if by_system or by_task:
        record(
            terms.ENTRIES_TIED,
            subject=department.credit_code,
            by=actor,
            at=clock.now(),
            basis=[terms.ART_12],
            concerns=[department.pk],
            body={
                "department": department.credit_code,
                "systems": len(by_system),
                "tasks": len(by_task),
                "digest": digest(sorted([str(entry), str(thing)] for entry, thing in [*by_system, *by_task])),
            },
        )
    return TiesMade(len(by_system), len(by_task))
