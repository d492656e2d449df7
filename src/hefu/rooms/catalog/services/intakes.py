"""Files on their way into the catalogue: brought, mapped, compared, taken in by a worker, stopped, let go."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from hefu.kernel.actor import Actor, Role
from hefu.kernel.canonical import plain
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.kernel.words import _, stored
from hefu.rooms.catalog import decide, errors
from hefu.rooms.catalog.access import require, visible_batches
from hefu.rooms.catalog.importing.reading import Table, read_table
from hefu.rooms.catalog.importing.rows import Group, grouped
from hefu.rooms.catalog.importing.source import source_of
from hefu.rooms.catalog.importing.terms import (
    AT_WORK,
    LARGEST_INTAKE,
    OVER,
    Defaults,
    ImportPlan,
    IntakeStatus,
)
from hefu.rooms.catalog.models import Entry, FetchedPage, ImportBatch, Intake
from hefu.rooms.catalog.rows import content_of, tidy
from hefu.rooms.catalog.services._overlaying import overlaid
from hefu.rooms.catalog.services._sorting import Row, Sorted, Sorter
from hefu.rooms.catalog.services._taking import (
    Taking,
    chunks,
    close_batch,
    no_longer_named,
    open_batch,
    unknown_providers,
)
from hefu.rooms.catalog.services.imports import checked_mapping
from hefu.rooms.catalog.services.mappings import learn_mapping, learn_offices, learned_offices
from hefu.rooms.catalog.services.providers import Providers
from hefu.rooms.catalog.terms import Channel, Grade, Secrecy, ShareType
from hefu.rooms.parties import queries as parties

#: Task that works on a file, and the one that fetches it first; that is done on the floor that speaks with sites.
RUN, FETCH = "catalog.intake", "catalog.fetch"
#: How long a file waits for a person, and how long a worker may be silent before its death is looked into.
KEPT = timedelta(days=3)
SILENT = timedelta(seconds=15)
#: Of each kind of difference so many are kept for reading.
_SHOWN = 200


@transaction.atomic
def bring_file(*, data: bytes, file_name: str, sheet: str = "", actor: Actor, clock: Clock) -> Intake:
    """Keep a file that somebody brought until it is mapped; nothing is taken in yet.

    Raises:
        Forbidden: The actor may not import.
        FileUnreadable: The file is not a table.
        InputsRejected: It is too large.
    """
    require(actor, "catalog.import", actor.department_id)
    if len(data) > LARGEST_INTAKE:
        raise InputsRejected(problems={"file": _("The file is larger than 50 MiB. Split it and import the parts.")})
    table = read_table(data, file_name, sheet=sheet)
    return Intake.objects.create(
        id=new_id(clock.now()),
        status=IntakeStatus.BROUGHT.value,
        file_name=file_name[:200],
        sheet=sheet[:200],
        size=len(data),
        file_digest=sha256(data),
        data=data,
        source=source_of(actor.department_id, table.columns),
        by=actor.id,
        by_name=actor.name,
        acting={"roles": sorted(actor.roles), "of_authority": actor.of_authority},
        department_id=actor.department_id,
        at=clock.now(),
        beat_at=clock.now(),
        total=len(table.rows),
    )


@transaction.atomic
def map_intake(
    *,
    intake_id: UUID,
    mapping: Mapping[str, str],
    defaults: Defaults = Defaults(),  # noqa: B008 - frozen
    providers: Mapping[str, UUID] | None = None,
    publish: bool = False,
    actor: Actor,
    clock: Clock,
) -> Intake:
    """Say what a file's columns mean, remember it for the next file of the same source, and let it be compared.

    Raises:
        NotFound: No such file that the actor may see.
        Forbidden: The actor may not import, or not publish so.
        IntakeNotReady: It is being worked on, or over.
        MappingRefused: As `import_entries`.
    """
    require(actor, "catalog.import_published" if publish else "catalog.import", actor.department_id)
    row = locked(intake_id, actor)
    _only(row, IntakeStatus.BROUGHT, IntakeStatus.COMPARED)
    table = _table(row)
    fields = checked_mapping(mapping, table.columns)
    learn_mapping(table=table, source=row.source, mapping=fields, actor=actor, clock=clock)
    row.mapping = {column: field.value for column, field in fields.items()}
    row.defaults = plain(dataclasses.asdict(defaults))
    row.providers = learned_offices(row.source) | {name: str(pk) for name, pk in (providers or {}).items()}
    row.published = publish
    row.acting = {"roles": sorted(actor.roles), "of_authority": actor.of_authority}
    row.by, row.by_name = actor.id, actor.name
    _begin(row, IntakeStatus.COMPARING, clock)
    return row


@transaction.atomic
def name_offices(*, intake_id: UUID, offices: Mapping[str, UUID], actor: Actor, clock: Clock) -> Intake:
    """Say which departments a compared file's unknown providers are, and let it be compared again.

    It is remembered for the next file of the same source.

    Raises:
        NotFound: No such file that the actor may see, or no such department.
        Forbidden: The actor may not import.
        IntakeNotReady: It is not compared yet, or over.
        InputsRejected: Nothing was said.
    """
    row = locked(intake_id, actor)
    require(actor, "catalog.import_published" if row.published else "catalog.import", actor.department_id)
    _only(row, IntakeStatus.COMPARED)
    if not offices:
        raise InputsRejected(problems={"": _("Say of at least one name which department it is.")})
    for pk in set(offices.values()):
        parties.department(pk, viewer=actor)
    learn_offices(source=row.source, columns=row.mapping, offices=offices, actor=actor, clock=clock)
    row.providers |= {name: str(pk) for name, pk in offices.items()}
    row.by, row.by_name = actor.id, actor.name
    row.acting = {"roles": sorted(actor.roles), "of_authority": actor.of_authority}
    _begin(row, IntakeStatus.COMPARING, clock)
    return row


@transaction.atomic
def apply_intake(*, intake_id: UUID, actor: Actor, clock: Clock) -> Intake:
    """Let a compared file go in.

    Raises:
        NotFound, Forbidden, IntakeNotReady: As `map_intake`.
    """
    row = locked(intake_id, actor)
    require(actor, "catalog.import_published" if row.published else "catalog.import", actor.department_id)
    _only(row, IntakeStatus.COMPARED)
    row.by, row.by_name = actor.id, actor.name
    row.acting = {"roles": sorted(actor.roles), "of_authority": actor.of_authority}
    _begin(row, IntakeStatus.RUNNING, clock)
    return row


@transaction.atomic
def stop_intake(*, intake_id: UUID, actor: Actor, clock: Clock) -> Intake:
    """Stop a file where it is: what had gone in stays and is on record, the rest does not go in.

    Raises:
        NotFound, Forbidden: As `map_intake`.
        IntakeNotReady: It is over already.
    """
    row = locked(intake_id, actor)
    require(actor, "catalog.import", actor.department_id)
    if row.status in OVER:
        raise errors.IntakeNotReady(file=row.file_name, status=row.status)
    if row.status in AT_WORK:
        row.stop = True
        row.save(update_fields=["stop"])
        enqueue(row)  # should its worker be gone, another one ends it
    else:
        end(row, IntakeStatus.STOPPED, clock)
    return row


def carry_on(*, intake_id: UUID, clock: Clock) -> None:
    """Do what a file waits for: compare it, or take it in. Safe to run twice, also at once."""
    with alone(intake_id) as mine:
        mapped = [IntakeStatus.COMPARING.value, IntakeStatus.RUNNING.value]
        row = Intake.objects.filter(pk=intake_id, status__in=mapped).first()
        if not mine or row is None:
            return
        try:
            if row.status == IntakeStatus.COMPARING:
                _compare(row, clock)
            else:
                _run(row, clock)
        except Refusal as refusal:
            fail(row, refusal, clock)


def take_up_lost(*, clock: Clock, silent: timedelta = SILENT) -> list[UUID]:
    """Enqueue files whose worker fell silent, and let go of files that nobody came back for; return the first.

    Args:
        clock: For its times.
        silent: For how long a worker must have said nothing; a worker that begins asks without waiting, because
            the lock on a file says as well whether somebody is at it.
    """
    now = clock.now()
    lost = Intake.objects.filter(status__in=[one.value for one in AT_WORK], beat_at__lte=now - silent)
    found = []
    for row in lost.only("pk", "status"):
        with alone(row.pk) as dead:  # a worker that is at a file holds its lock, however slow it is
            if dead:
                found.append(row.pk)
                enqueue(row)
    waiting = [IntakeStatus.BROUGHT.value, IntakeStatus.COMPARED.value]
    for row in Intake.objects.filter(status__in=waiting, at__lt=now - KEPT):
        end(row, IntakeStatus.STOPPED, clock)
    FetchedPage.objects.filter(intake__status__in=[one.value for one in OVER], intake__at__lt=now - KEPT).delete()
    return found


def _compare(row: Intake, clock: Clock) -> None:
    found, _table_read = _sorted(row, clock)
    plan = dataclasses.asdict(_plan(row, found))
    ready = Intake.objects.filter(pk=row.pk, status=IntakeStatus.COMPARING.value, stop=False)
    if not ready.update(plan=plain(plan), status=IntakeStatus.COMPARED.value, done=0, beat_at=clock.now()):
        row.refresh_from_db(fields=["status", "stop"])
        if row.stop:
            end(row, IntakeStatus.STOPPED, clock)


def _run(row: Intake, clock: Clock) -> None:
    """Take a file in, a thousand entries a transaction.

    A worker that takes up what another one left sorts the file anew: what had gone in is found
    unchanged then, so nothing goes in twice and nothing is left out.
    """
    found, table = _sorted(row, clock)
    actor, at = _acting(row), clock.now()
    with transaction.atomic():
        row = Intake.objects.select_for_update().get(pk=row.pk)
        if row.batch_id is None:
            row.batch = _batch(row, found, table, actor, clock)
            row.save(update_fields=["batch"])
    batch = row.batch
    assert batch is not None  # noqa: S101 - made above
    taking = Taking(batch, actor, at)
    done = len(found.keys) - len(found.taken) - len(found.changed)
    for rows, changed in [
        *((one, False) for one in chunks(found.taken)),
        *((one, True) for one in chunks(found.changed)),
    ]:
        with transaction.atomic():
            current = Intake.objects.select_for_update().only("stop", "status").get(pk=row.pk)
            if current.stop:
                break
            taking.write(rows, changed=changed)
            done += len(rows)
            Intake.objects.filter(pk=row.pk).update(done=done, beat_at=clock.now())
    with transaction.atomic():
        row = Intake.objects.select_for_update().get(pk=row.pk)
        close_batch(taking)
        end(row, IntakeStatus.STOPPED if row.stop else IntakeStatus.DONE, clock)


def _batch(row: Intake, found: Sorted, table: Table, actor: Actor, clock: Clock) -> ImportBatch:
    batch = ImportBatch(
        id=new_id(clock.now()),
        file_name=row.file_name,
        file_digest=row.file_digest,
        source=row.source,
        by=actor.id,
        by_name=actor.name,
        department_id=row.department_id,
        at=clock.now(),
        mapping=row.mapping,
        defaults=row.defaults,
        published=row.published,
        rows=len(table.rows),
    )
    open_batch(batch, found, at=clock.now())
    return batch


def _sorted(row: Intake, clock: Clock) -> tuple[Sorted, Table]:
    table = _table(row)
    groups = grouped(table.rows, checked_mapping(row.mapping, table.columns))
    Intake.objects.filter(pk=row.pk).update(total=len(groups), beat_at=clock.now())
    sorter = sorter_of(row, clock)

    def tell(done: int) -> None:
        Intake.objects.filter(pk=row.pk).update(beat_at=clock.now(), **({"done": done} if comparing else {}))

    comparing = row.status == IntakeStatus.COMPARING
    return sorter.sort(groups, tell), table


def sorter_of(row: Intake, clock: Clock) -> Sorter:
    """Return what sorts a file's entries as its person said."""
    actor = _acting(row)
    said = {name: UUID(pk) for name, pk in row.providers.items()}
    return Sorter(
        actor=actor,
        today=clock.today(),
        publish=row.published,
        defaults=defaults_from(row.defaults),
        providers=Providers(viewer=actor, said=said),
    )


def defaults_from(told: Mapping[str, Any]) -> Defaults:
    """Return what a person stated for a whole file, from how it is kept."""
    return Defaults(
        share_type=ShareType(told["share_type"]) if told.get("share_type") else None,
        share_condition=told.get("share_condition", ""),
        share_scope=told.get("share_scope", ""),
        class_code=told.get("class_code", "3"),
        grade=Grade(told["grade"]) if told.get("grade") else None,
        secrecy=Secrecy(told["secrecy"]) if told.get("secrecy") else None,
        channels=tuple(Channel(one) for one in told.get("channels", ())),
    )


def _plan(row: Intake, found: Sorted) -> ImportPlan:
    missing = no_longer_named(row.source, found)
    reasons = Counter(reason.code for _group, told in found.bad for reason in told)
    return ImportPlan(
        rows=row.total,
        taken=len(found.taken),
        changed=len(found.changed),
        unchanged=found.unchanged,
        repeated=found.repeated,
        refused=len(found.bad),
        gone=len(missing),
        unknown_providers=unknown_providers(found.bad),
        notes=dict(found.notes.most_common()),
        reasons=dict(reasons.most_common()),
        first={
            "taken": [
                {"row": one.reading.group.row, "name": one.reading.content.name, "provider": one.provider.name}
                for one in found.taken[:_SHOWN]
            ],
            "changed": list(_differences(found.changed[:_SHOWN])),
            "gone": [{"code": one.code, "name": one.name, "id": str(one.pk)} for one in missing[:_SHOWN]],
            "refused": [_refused(group, [reason.as_json() for reason in told]) for group, told in found.bad[:_SHOWN]],
        },
    )


def _refused(group: Group, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    return {"row": group.row, "reasons": reasons}


def _differences(rows: list[Row]) -> Iterator[dict[str, Any]]:
    present = Entry.objects.prefetch_related("items").in_bulk([row.entry_id for row in rows])
    for row in rows:
        entry = present[row.entry_id]
        before = content_of(entry)
        fields = [
            {"field": one.field, "item": one.item, "old": one.old, "new": one.new}
            for one in decide.difference(before, tidy(overlaid(before, row.reading, coded=entry.code)))
        ]
        yield {
            "code": entry.code,
            "id": str(entry.pk),
            "name": entry.name,
            "row": row.reading.group.row,
            "fields": fields,
        }


def _table(row: Intake) -> Table:
    if row.data is None:
        raise errors.IntakeNotReady(file=row.file_name, status=row.status)
    return read_table(bytes(row.data), row.file_name, sheet=row.sheet)


def _acting(row: Intake) -> Actor:
    roles = frozenset(Role(one) for one in row.acting["roles"])
    return Actor(row.by, row.by_name, row.department_id, roles, row.acting["of_authority"])


def locked(intake_id: UUID, actor: Actor) -> Intake:
    """Return a file that the actor may see, for writing."""
    row = Intake.objects.select_for_update(of=("self",)).filter(visible_batches(actor), pk=intake_id).first()
    if row is None:
        raise NotFound(what="import", key=intake_id)
    return row


def _only(row: Intake, *statuses: IntakeStatus) -> None:
    if row.status not in statuses:
        raise errors.IntakeNotReady(file=row.file_name, status=row.status)


def _begin(row: Intake, status: IntakeStatus, clock: Clock) -> None:
    row.status, row.done, row.beat_at, row.stop = status.value, 0, clock.now(), False
    row.save()
    enqueue(row)


def fail(row: Intake, refusal: Refusal, clock: Clock) -> None:
    """End a file that cannot go on, and keep why."""
    facts = {name: stored(fact) for name, fact in refusal.facts.items()}
    row.fault = {"code": refusal.code, "sentence": str(refusal)[:2000], "text": refusal.text, "facts": facts}
    row.save(update_fields=["fault"])
    end(row, IntakeStatus.FAILED, clock)


def end(row: Intake, status: IntakeStatus, clock: Clock) -> None:
    """Let a file go; nothing more happens with it."""
    row.status, row.data, row.beat_at = status.value, None, clock.now()
    row.save(update_fields=["status", "data", "beat_at"])


def enqueue(row: Intake) -> None:
    """Put what a file waits for into the queue; once is enough."""
    task = FETCH if row.status == IntakeStatus.FETCHING else RUN
    try:
        # Over Django's own connection, so that job and row commit together.
        with transaction.atomic():
            app.configure_task(task, queueing_lock=f"{task}:{row.pk}").defer(intake_id=str(row.pk))
    except AlreadyEnqueued:
        return


@contextmanager
def alone(intake_id: UUID) -> Iterator[bool]:
    """Hold the database's word that no other worker is at this file; it lasts no longer than the connection."""
    key = intake_id.int & (2**63 - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (mine,) = cursor.fetchone()
    try:
        yield bool(mine)
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
