"""How the duties and business items of a department are registered."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.names import folded
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import decide, errors, terms
from hefu.rooms.upkeep.access import of_departments, require
from hefu.rooms.upkeep.models import Task
from hefu.rooms.upkeep.terms import TaskKind, TaskLine, TasksRead


def register_task(
    *, department_id: UUID, duty: str, business: str = "", code: str = "", basis: str = "", actor: Actor, clock: Clock
) -> Task:
    """Register a duty, or a business item under it; one that is there is returned as it is.

    Raises:
        Forbidden: Neither of the department nor the authority's reviewer.
        NotFound: No such department.
        InputsRejected: No duty, or too long a name.
    """
    line = TaskLine(1, duty.strip(), business.strip(), code.strip(), basis.strip())
    fault = decide.task_fault(line)
    if fault:
        raise InputsRejected(problems={"duty": fault})
    read = _take_in(department_id, [line], actor=actor, clock=clock)
    del read
    kind, name = (TaskKind.BUSINESS, business) if line.business else (TaskKind.DUTY, duty)
    return Task.objects.get(department_id=department_id, kind=kind, folded=folded(name), ended_at__isnull=True)


def import_tasks(*, department_id: UUID, data: bytes, file_name: str, actor: Actor, clock: Clock) -> TasksRead:
    """Register the duties and business items that a file lists. Taking the same file in twice changes nothing.

    Raises:
        Forbidden: Neither of the department nor the authority's reviewer.
        NotFound: No such department.
        FileUnreadable: Not a table.
        ListUnreadable: No column of it names duties.
    """
    require(actor, "upkeep.keep_tasks", department_id)
    table = read_table(data, file_name)
    columns = decide.columns_of_tasks(table.columns)
    if "duty" not in columns:
        raise errors.ListUnreadable(
            name=file_name, reason=_("no column of it names duties"), columns=decide.COLUMNS_OF_TASKS
        )
    return _take_in(department_id, decide.task_lines(table.rows, columns), actor=actor, clock=clock)


@transaction.atomic
def _take_in(department_id: UUID, lines: Sequence[TaskLine], *, actor: Actor, clock: Clock) -> TasksRead:
    require(actor, "upkeep.keep_tasks", department_id)
    department = parties.department(department_id, viewer=actor)
    present = {
        (task.kind, task.folded): task
        for task in Task.objects.select_for_update().filter(department=department, ended_at__isnull=True)
    }
    was = len(present)
    refused: dict[int, str] = {}
    known = 0
    for line in lines:
        fault = decide.task_fault(line)
        if fault:
            refused[line.row] = fault
            continue
        business = folded(line.business)
        duty, made = _found_or_made(present, department_id, TaskKind.DUTY, line, None, clock)
        if business:
            made = _found_or_made(present, department_id, TaskKind.BUSINESS, line, duty, clock)[1] or made
        known += not made
    added = len(present) - was
    if added:
        record(
            terms.TASKS_REGISTERED,
            subject=department.credit_code,
            by=actor,
            at=clock.now(),
            basis=[terms.ART_12],
            concerns=[department.pk],
            body={
                "department": department.credit_code,
                "added": added,
                "known": known,
                "digest": digest(sorted([list(key) for key in present])),
            },
        )
    return TasksRead(len(lines), added, known, refused)


def _found_or_made(
    present: dict[tuple[str, str], Task],
    department_id: UUID,
    kind: TaskKind,
    line: TaskLine,
    under: Task | None,
    clock: Clock,
) -> tuple[Task, bool]:
    """Return the task of that name, and whether it is new; code and basis belong to the lowest task of the line."""
    name = line.business if kind is TaskKind.BUSINESS else line.duty
    lowest = kind is TaskKind.BUSINESS or not folded(line.business)
    key = (kind.value, folded(name))
    if key in present:
        return present[key], False
    present[key] = Task.objects.create(
        id=new_id(clock.now()),
        department_id=department_id,
        kind=kind.value,
        under=under,
        name=name,
        folded=key[1],
        code=line.code if lowest else "",
        basis=line.basis if lowest else "",
        registered_at=clock.now(),
    )
    return present[key], True


@transaction.atomic
def end_task(*, task_id: UUID, reason: str, actor: Actor, clock: Clock) -> Task:
    """End a duty with everything under it, or a business item: its ties stay readable and count no more.

    Raises:
        NotFound: No such duty that the actor may read, or it ended before.
        Forbidden: Neither of its department nor the authority's reviewer.
        InputsRejected: No reason.
    """
    rows = Task.objects.select_for_update(of=("self",)).select_related("department")
    row = rows.filter(of_departments(actor), pk=task_id, ended_at__isnull=True).first()
    if row is None:
        raise NotFound(what="duty", key=task_id)
    require(actor, "upkeep.keep_tasks", row.department_id)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    for one in [row, *row.parts.filter(ended_at__isnull=True)]:
        one.ended_at, one.ended_reason = clock.now(), reason.strip()
        one.save(update_fields=["ended_at", "ended_reason"])
    record(
        terms.TASK_ENDED,
        subject=row.department.credit_code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.department_id],
        body={"department": row.department.credit_code, "task": str(row.pk), "reason": reason.strip()},
    )
    return row


@transaction.atomic
def move_tasks(*, task_ids: Sequence[UUID], under_id: UUID, actor: Actor, clock: Clock) -> int:
    """Put business items under another duty of their department, as after a reform; their ties stay. Return how many.

    Raises:
        NotFound: A business item or the duty is not there, has ended, or is another department's.
        Forbidden: Neither of the department nor the authority's reviewer.
        InputsRejected: None was chosen.
    """
    rows = Task.objects.select_for_update(of=("self",)).filter(of_departments(actor), ended_at__isnull=True)
    duty = rows.select_related("department").filter(pk=under_id, kind=TaskKind.DUTY).first()
    if duty is None:
        raise NotFound(what="duty", key=under_id)
    require(actor, "upkeep.keep_tasks", duty.department_id)
    wanted = set(task_ids)
    if not wanted:
        raise InputsRejected(problems={"items": _("Choose at least one business item.")})
    found = list(rows.filter(pk__in=wanted, kind=TaskKind.BUSINESS, department_id=duty.department_id))
    if len(found) < len(wanted):
        raise NotFound(what="duty", key=min(wanted - {one.pk for one in found}))
    moved = [one for one in found if one.under_id != duty.pk]
    for one in moved:
        one.under = duty
        one.save(update_fields=["under"])
    if moved:
        record(
            terms.TASKS_MOVED,
            subject=duty.department.credit_code,
            by=actor,
            at=clock.now(),
            basis=[terms.ART_12],
            concerns=[duty.department_id],
            body={
                "department": duty.department.credit_code,
                "duty": str(duty.pk),
                "moved": len(moved),
                "digest": digest(sorted(str(one.pk) for one in moved)),
            },
        )
    return len(moved)
