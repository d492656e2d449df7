"""How near-duplicates are found and settled: one datum, one source."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import decide, queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Naming, Pair, Sketch
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import PairStatus, Side

#: Entries sketched and compared in one transaction.
BATCH = 500


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
    while sketched < most:
        rows = queries.unsketched(min(BATCH, most - sketched), viewer=actor)
        if not rows:
            break
        found += _sketch(rows, actor=actor, at=clock.now())
        sketched += len(rows)
    return sketched, found


@transaction.atomic
def _sketch(rows: list[Any], *, actor: Actor, at: datetime) -> int:
    sides = {row.pk: queries.side_of(catalog.content_of(row)) for row in rows}
    Sketch.objects.bulk_create(
        [
            Sketch(
                entry_id=row.pk, department_id=row.provider_id, version=row.version, bands=decide.bands(sides[row.pk])
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["department", "version", "bands"],
    )
    ids = list(sides)
    Pair.objects.filter(status=PairStatus.OPEN, first_id__in=ids).delete()
    Pair.objects.filter(status=PairStatus.OPEN, second_id__in=ids).delete()
    near = queries.candidates(ids, viewer=actor)
    sides |= _sides({other for _own, other in near} - sides.keys(), actor)
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
    Pair.objects.bulk_create(made.values(), ignore_conflicts=True)
    return len(made)


def _sides(ids: Iterable[UUID], actor: Actor) -> dict[UUID, Side]:
    rows = catalog.published(viewer=actor).filter(pk__in=list(ids)).prefetch_related("items")
    return {row.pk: queries.side_of(catalog.content_of(row)) for row in rows}


@transaction.atomic
def name_source(*, pair_id: UUID, department_id: UUID, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Say that two entries hold one datum, and which department is its source.

    Raises:
        NotFound: No such pair, or no such department.
        Forbidden: The actor does not review for the authority.
        InputsRejected: No reason.

    Source: decree 809 art. 19.
    """
    row = _locked(pair_id, reason, actor)
    department = parties.department(department_id, viewer=actor)
    row.status, row.source_id = PairStatus.ONE_SOURCE, department.pk
    _settle(row, reason, actor, clock)
    for entry_id in (row.first_id, row.second_id):
        Naming.objects.update_or_create(
            entry_id=entry_id,
            defaults={
                "department": department,
                "items": row.shared,
                "reason": row.reason,
                "named_by": actor.id,
                "named_at": clock.now(),
            },
        )
    body = {"source": department.credit_code, "items": row.shared}
    _record(row, cases.SOURCE_NAMED, actor, clock, concerns=[department.pk], **body)
    return row


@transaction.atomic
def find_different(*, pair_id: UUID, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Say that two like entries hold different data.

    Raises:
        NotFound: No such pair.
        Forbidden: The actor does not review for the authority.
        InputsRejected: No reason.
    """
    row = _locked(pair_id, reason, actor)
    row.status, row.source = PairStatus.DIFFERENT, None
    _settle(row, reason, actor, clock)
    _record(row, cases.PAIR_DISMISSED, actor, clock, concerns=[])
    return row


def _locked(pair_id: UUID, reason: str, actor: Actor) -> Pair:
    require(actor, "upkeep.settle_duplicates")
    row = Pair.objects.select_for_update(of=("self",)).select_related("first", "second").filter(pk=pair_id).first()
    if row is None:
        raise NotFound(what="pair of entries", key=pair_id)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    return row


def _settle(row: Pair, reason: str, actor: Actor, clock: Clock) -> None:
    row.reason, row.settled_by, row.settled_at = reason.strip(), actor.id, clock.now()
    row.save()


def _record(row: Pair, kind: Any, actor: Actor, clock: Clock, *, concerns: list[UUID], **body: Any) -> None:
    record(
        kind,
        subject=row.first.code,
        by=actor,
        at=clock.now(),
        basis=[cases.ART_19],
        concerns=[row.first.provider_id, row.second.provider_id, *concerns],
        body={"entries": [row.first.code, row.second.code], "reason": row.reason, "score": row.score} | body,
    )
