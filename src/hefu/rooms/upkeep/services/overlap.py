"""How departments let values be compared, and how that is done: sketched at the source, sealed, compared here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.dataplane.sketch import Sketch, overlap
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import EntryPublished, EntryWithdrawn
from hefu.rooms.evidence.services import record
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.errors import NotMounted
from hefu.rooms.resources.sketching import sketch_columns
from hefu.rooms.resources.terms import MountChanged
from hefu.rooms.upkeep import decide, queries, sealed
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import OverlapConsent, OverlapRun, Pair
from hefu.rooms.upkeep.services.weighing import weigh
from hefu.rooms.upkeep.terms.overlap import (
    FEWEST_DISTINCT,
    OVERLAP_ALLOWED,
    OVERLAP_ENDED,
    OVERLAP_MEASURED,
    UNDER_WAY,
    Column,
    LeftOut,
    RunStatus,
)

#: Name of the task in `jobs`; services may not import what stands above them.
RUN = "upkeep.overlap"
_PLATFORM = system("upkeep")


@transaction.atomic
def allow_overlap(
    *, entry_id: UUID, item_ids: Iterable[UUID], reason: str, actor: Actor, clock: Clock
) -> OverlapConsent:
    """Let the values of some items of a mounted entry be compared with other departments'; the first run is queued.

    What was allowed before is replaced, with its sketches.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Not the head of its department.
        NotMounted: There are no values.
        InputsRejected: No reason, no item, or one whose values are not compared.
    """
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, "upkeep.allow_overlap", entry.provider_id)
    resource = resources.resource_for_entry(entry.pk, viewer=actor)
    if resource is None:
        raise NotMounted(entry=entry.code)
    offered = queries.comparable(entry, viewer=actor, on=clock.now())
    free = {one.item.pk: one.item for one in offered if not one.left_out}
    wanted = list(dict.fromkeys(item_ids))
    problems = {} if reason.strip() else {"reason": _("This is needed.")}
    if not wanted or not free.keys() >= set(wanted):
        problems["items"] = _("Choose items whose values may be compared.")
    if problems:
        raise InputsRejected(problems=problems)
    present = OverlapConsent.objects.select_for_update().filter(resource_id=resource.pk, ended_at__isnull=True).first()
    if present:
        _end(present, reason.strip(), actor, clock)
    row = OverlapConsent.objects.create(
        id=new_id(clock.now()),
        resource_id=resource.pk,
        items=wanted,
        reason=reason.strip(),
        given_by=actor.id,
        given_at=clock.now(),
    )
    body = {"items": [free[one].code for one in wanted], "reason": row.reason}
    _record(OVERLAP_ALLOWED, row, actor, clock, **body)
    _ask(row, actor, clock)
    return row


@transaction.atomic
def end_overlap(*, entry_id: UUID, reason: str, actor: Actor, clock: Clock) -> OverlapConsent:
    """Let an entry's values be compared no more: sketches and what was found by them go, pairs are scored without.

    Raises:
        NotFound: No such entry that the actor may read, or nothing was allowed.
        Forbidden: Another department's.
        InputsRejected: No reason.
    """
    row = _consent(entry_id, "upkeep.end_overlap", actor)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    _end(row, reason.strip(), actor, clock)
    return row


def _end(row: OverlapConsent, reason: str, actor: Actor, clock: Clock) -> None:
    row.ended_at, row.ended_by, row.ended_reason = clock.now(), actor.id, reason
    row.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    row.sketches.all().delete()
    row.runs.filter(status__in=[one.value for one in UNDER_WAY]).update(
        status=RunStatus.CANCELLED.value, ended_at=clock.now()
    )
    _weigh_anew(row.resource.entry_id, clock.now())
    _record(OVERLAP_ENDED, row, actor, clock, reason=reason)


def _weigh_anew(entry_id: UUID, at: datetime) -> None:
    """Take what values said out of an entry's pairs where sketches are gone."""
    for pair in Pair.objects.filter(queries.touching([entry_id]), overlaps__isnull=False).distinct():
        weigh(pair.first_id, pair.second_id, actor=_PLATFORM, at=at)


@transaction.atomic
def on_mount_changed(event: MountChanged) -> None:
    """End what was allowed for a table that an entry is not mounted on any more; listens to `MountChanged`."""
    rows = OverlapConsent.objects.select_for_update(of=("self",)).select_related("resource__entry")
    gone = rows.filter(resource__entry_id=event.entry_id, resource__unmounted_at__isnull=False, ended_at__isnull=True)
    for row in gone:
        _end(row, row.resource.unmounted_reason, _PLATFORM, FixedClock(event.at))


@transaction.atomic
def on_entry_withdrawn(event: EntryWithdrawn) -> None:
    """End what was allowed for an entry that left the catalogue; listens to `EntryWithdrawn`."""
    rows = OverlapConsent.objects.select_for_update(of=("self",)).select_related("resource__entry")
    for row in rows.filter(resource__entry_id=event.entry_id, ended_at__isnull=True):
        _end(row, event.reason, _PLATFORM, FixedClock(event.at))


@transaction.atomic
def on_entry_published(event: EntryPublished) -> None:
    """Drop the sketches of items that a new version grades too high or calls sensitive; listens to `EntryPublished`."""
    rows = OverlapConsent.objects.select_for_update(of=("self",)).select_related("resource__entry")
    for row in rows.filter(resource__entry_id=event.entry_id, ended_at__isnull=True):
        dropped, _each = row.sketches.filter(item_id__in=_forbidden(row, event.at)).delete()
        if dropped:
            _weigh_anew(event.entry_id, event.at)


def _forbidden(consent: OverlapConsent, at: datetime) -> list[UUID]:
    """Return the items that are not compared by what their entry says of them now."""
    entry = catalog.entry(consent.resource.entry_id, viewer=_PLATFORM)
    permitted = queries.personal_permitted(entry.provider.place, on=at)
    return [
        item.pk
        for item in catalog.items_of(entry)
        if decide.left_out(
            Column(item.name, item.code, "", "", item.grade or entry.grade, "", entry.personal_info),
            personal_permitted=permitted,
        )
    ]


@transaction.atomic
def ask_overlap(*, entry_id: UUID, actor: Actor, clock: Clock) -> OverlapRun:
    """Let the worker sketch and compare anew; a run that waits or runs is returned as it is.

    Raises:
        NotFound: No such entry that the actor may read, or nothing was allowed.
        Forbidden: Another department's.
    """
    return _ask(_consent(entry_id, "upkeep.measure", actor), actor, clock)


@transaction.atomic
def ask_stale(*, consent_id: UUID, actor: Actor, clock: Clock) -> OverlapRun | None:
    """Let the worker sketch anew what has grown old; None when it has ended meanwhile.

    Raises:
        Forbidden: Only the platform asks.
    """
    require(actor, "upkeep.run_overlap")
    row = OverlapConsent.objects.filter(pk=consent_id, ended_at__isnull=True).select_for_update().first()
    return _ask(row, actor, clock) if row else None


def _ask(row: OverlapConsent, actor: Actor, clock: Clock) -> OverlapRun:
    list(OverlapConsent.objects.select_for_update().filter(pk=row.pk))
    present = row.runs.filter(status__in=[one.value for one in UNDER_WAY]).first()
    if present:
        return present
    run = OverlapRun.objects.create(id=new_id(clock.now()), consent=row, asked_by=actor.id, asked_at=clock.now())
    configure_task(name=RUN, job_manager=JobManager(DjangoConnector()), lock=f"overlap:{row.pk}").defer(
        run_id=str(run.pk)
    )
    return run


@transaction.atomic
def cancel_overlap(*, run_id: UUID, actor: Actor, clock: Clock) -> OverlapRun:
    """Stop a run before its next part; one that has ended stays as it is.

    Raises:
        NotFound: No such run that the actor may see.
        Forbidden: Another department's.
    """
    found = queries.run(run_id, viewer=actor)
    require(actor, "upkeep.measure", found.consent.resource.entry.provider_id)
    under_way = OverlapRun.objects.filter(pk=found.pk, status__in=[one.value for one in UNDER_WAY])
    under_way.update(status=RunStatus.CANCELLED.value, ended_at=clock.now())
    found.refresh_from_db()
    return found


def run_overlap(*, run_id: UUID, actor: Actor, clock: Clock) -> OverlapRun:
    """Sketch the columns that a consent allows, at their source, and compare them with other departments'.

    Safe to do twice: a run that has ended is left alone, and one that was cut off begins anew. Each part of a
    table is told to the run, and a run that somebody has stopped goes no further.

    Raises:
        Forbidden: Only the platform does it.
        NotFound: No such run.
    """
    require(actor, "upkeep.run_overlap")
    row = OverlapRun.objects.select_related("consent__resource__entry__provider").filter(pk=run_id).first()
    if row is None:
        raise NotFound(what="comparison of values", key=run_id)
    started = OverlapRun.objects.filter(pk=row.pk, status__in=[one.value for one in UNDER_WAY])
    if row.consent.ended_at:  # not a value is read any more
        started.update(status=RunStatus.CANCELLED.value, ended_at=clock.now())
    if not started.update(status=RunStatus.RUNNING.value, done=0, total=0):
        row.refresh_from_db()
        return row
    try:
        _sketch(row, actor=actor, at=clock.now())
    except Refusal as refusal:
        started.update(status=RunStatus.FAILED.value, fault=str(refusal), ended_at=clock.now())
    row.refresh_from_db()
    return row


def _sketch(row: OverlapRun, *, actor: Actor, at: datetime) -> None:
    consent = row.consent
    entry = consent.resource.entry
    columns, left = _columns(consent, actor=actor, at=at)
    going = OverlapRun.objects.filter(pk=row.pk, status=RunStatus.RUNNING.value)
    made: dict[str, Sketch] | None = {}
    if columns:
        made = sketch_columns(
            consent.resource_id,
            columns,
            sealed.salt(at=at),
            go_on=lambda done, total: bool(going.update(done=done, total=total)),
            actor=actor,
        )
    if made is None:
        return
    with transaction.atomic():
        standing = OverlapConsent.objects.select_for_update().filter(pk=consent.pk, ended_at__isnull=True).exists()
        if not standing or not going.select_for_update().exists():
            return
        kept, forbidden = {}, _forbidden(consent, at)  # a new version may have come into force meanwhile
        for column, sketch in made.items():
            if columns[column] in forbidden:
                left[columns[column]] = LeftOut.GRADED
            elif sketch.distinct < FEWEST_DISTINCT:
                left[columns[column]] = LeftOut.FEW
            else:
                kept[columns[column]] = sketch
                sealed.keep(consent, columns[column], sketch, at=at)
        consent.sketches.exclude(item_id__in=kept).delete()
        pairs = _measure(entry, kept, actor=actor, at=at)
        told = {str(item): why.value for item, why in left.items()}
        going.update(status=RunStatus.DONE.value, left_out=told, ended_at=at)
        record(
            OVERLAP_MEASURED,
            subject=entry.code,
            by=actor,
            at=at,
            concerns=[entry.provider_id],
            body={
                "entry": entry.code,
                "resource": str(consent.resource_id),
                "columns": len(kept),
                "left_out": len(left),
                "pairs": pairs,
            },
        )


def _columns(consent: OverlapConsent, *, actor: Actor, at: datetime) -> tuple[dict[str, UUID], dict[UUID, LeftOut]]:
    """Return column → item of what may be sketched now, by the patterns of its values too, and why the rest may not."""
    resource = consent.resource
    seen = resources.table(resource.source_id, resource.schema, resource.table, viewer=actor)
    types = {one.name: one.type for one in seen.columns}
    looked = resources.profile(resource.source_id, resource.schema, resource.table, viewer=actor)
    patterns = {one.name: one.pattern for one in looked}
    permitted = queries.personal_permitted(resource.entry.provider.place, on=at)
    held, chosen, left = resources.columns_of(resource), {}, {}
    for item in catalog.items_of(resource.entry):
        if item.pk not in consent.items:
            continue
        name = held.get(item.pk, "")
        grade = item.grade or resource.entry.grade
        stated = resource.entry.personal_info
        column = Column(item.name, item.code, name, types.get(name, ""), grade, patterns.get(name, ""), stated)
        why = decide.left_out(column, personal_permitted=permitted) if name in types else LeftOut.NO_COLUMN
        if why:
            left[item.pk] = why
        else:
            chosen[name] = item.pk
    return chosen, left


def _measure(entry: Any, own: dict[UUID, Sketch], *, actor: Actor, at: datetime) -> int:
    """Score the entry with each other whose values are like its own, or that is paired with it; return how many."""
    near = set()
    for row in queries.live_sketches().exclude(department_id=entry.provider_id).iterator(chunk_size=200):
        theirs = sealed.opened(row)
        if any(decide.alike_by_values(overlap(mine, theirs)) for mine in own.values()):
            near.add(row.entry_id)
    for first, second in Pair.objects.filter(queries.touching([entry.pk])).values_list("first_id", "second_id"):
        near.add(second if first == entry.pk else first)
    return sum(weigh(entry.pk, other, actor=actor, at=at) is not None for other in sorted(near))


def _consent(entry_id: UUID, action: str, actor: Actor) -> OverlapConsent:
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, action, entry.provider_id)
    row = queries.consent_of(entry.pk, viewer=actor)
    if row is None:
        raise NotFound(what="consent to compare values", key=entry.code)
    rows = OverlapConsent.objects.select_for_update(of=("self",)).select_related("resource__entry")
    standing = rows.filter(pk=row.pk, ended_at__isnull=True).first()
    if standing is None:  # taken back a moment ago
        raise NotFound(what="consent to compare values", key=entry.code)
    return standing


def _record(kind: Any, row: OverlapConsent, actor: Actor, clock: Clock, **body: Any) -> None:
    entry = row.resource.entry
    record(
        kind,
        subject=entry.code,
        by=actor,
        at=clock.now(),
        concerns=[entry.provider_id],
        body={"entry": entry.code, "resource": str(row.resource_id)} | body,
    )
