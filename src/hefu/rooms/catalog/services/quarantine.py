"""Rows that an import refused: put right one by one or many at once, or set aside; nothing is lost."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog import errors, terms
from hefu.rooms.catalog.access import require, visible_batches
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.rows import Group, grouped
from hefu.rooms.catalog.importing.terms import Reason, Settled
from hefu.rooms.catalog.models import BadRow, ImportBatch
from hefu.rooms.catalog.services._sorting import Row, Sorter, as_json, present
from hefu.rooms.catalog.services._taking import Taking
from hefu.rooms.catalog.services.intakes import defaults_from
from hefu.rooms.catalog.services.mappings import learn_offices, learned_offices
from hefu.rooms.catalog.services.providers import Providers
from hefu.rooms.catalog.terms import Status
from hefu.rooms.evidence.services import record

#: Rows put right by one act at most.
MOST = 5000


@dataclass(frozen=True)
class Mended:
    """What an act in the quarantine did."""

    #: Rows that went in, and rows that still wait, now with other reasons perhaps.
    taken: int
    waiting: int


@transaction.atomic
def mend_rows(
    *,
    batch_id: UUID,
    rows: Sequence[int] | None = None,
    cells: Mapping[str, str] | None = None,
    providers: Mapping[str, UUID] | None = None,
    actor: Actor,
    clock: Clock,
) -> Mended:
    """Write cells over waiting rows of an import, try them again, and take in those that are right now.

    Without cells and providers it only tries again, as after a department was registered.

    Args:
        batch_id: The import that refused them.
        rows: Their ids; all that wait when None.
        cells: Column → cell, the same for each of the rows; an empty cell empties.
        providers: Provider name as the file writes it → department; remembered for the source's next file.
        actor: Who may import; as published only the authority's reviewer.
        clock: For its times.

    Raises:
        NotFound: No such import that the actor may see.
        Forbidden: The actor may not import, or not publish so.
        RowSettled: One of the rows does not wait any more.
        InputsRejected: A column that the file does not have, or too many rows.
    """
    batch = _batch(batch_id, actor)
    require(actor, "catalog.import_published" if batch.published else "catalog.import", actor.department_id)
    unknown = sorted(set(cells or {}) - set(batch.mapping))
    if unknown:
        raise InputsRejected(problems=dict.fromkeys(unknown, _("The file's mapping has no such column.")))
    if providers and batch.source:
        learn_offices(source=batch.source, columns=batch.mapping, offices=providers, actor=actor, clock=clock)
    waiting = _waiting(batch, rows)
    defaults = defaults_from(batch.defaults)
    said = {name: UUID(pk) for name, pk in learned_offices(batch.source).items()} | dict(providers or {})
    known = Providers(viewer=actor, said=said)
    sorter = Sorter(actor=actor, today=clock.today(), publish=batch.published, defaults=defaults, providers=known)
    taking = Taking(batch, actor, clock.now())
    fields = {column: Field(name) for column, name in batch.mapping.items()}
    ready: dict[str, tuple[BadRow, Row]] = {}
    for row in waiting:
        row.mended = row.mended | dict(cells or {})
        found = sorter.look(_group(row, fields))
        if not isinstance(found, Row):
            row.reasons = [reason.as_json() for reason in found]
        elif found.key in ready:
            row.reasons = [Reason("same_key", {"row": ready[found.key][0].row}).as_json()]
        else:
            ready[found.key] = (row, found)
    _write(taking, ready)
    for row, _found in ready.values():
        if row.settled:
            row.settled_at, row.settled_by = clock.now(), actor.id
    changed = ["mended", "reasons", "settled", "settled_at", "settled_by", "entry"]
    BadRow.objects.bulk_update(waiting, changed, batch_size=500)
    taken = sum(bool(row.settled) for row in waiting)
    if taken:
        record(
            terms.CATALOG_MENDED,
            subject=f"import:{batch.pk}",
            by=actor,
            at=clock.now(),
            basis=[terms.ART_16] if batch.published else [terms.ART_13],
            body={
                "batch": str(batch.pk),
                "published": batch.published,
                "taken": taken,
                "columns": sorted(cells or {}),
                "entries_digest": digest(sorted([code, *said] for code, said in taking.written.items())),
            },
        )
    return Mended(taken, len(waiting) - taken)


@transaction.atomic
def set_aside_rows(*, batch_id: UUID, rows: Sequence[int], actor: Actor, clock: Clock) -> int:
    """Decide that waiting rows do not go in; they stay readable. Return how many.

    Raises:
        NotFound, Forbidden, RowSettled: As `mend_rows`.
    """
    batch = _batch(batch_id, actor)
    require(actor, "catalog.import_published" if batch.published else "catalog.import", actor.department_id)
    waiting = _waiting(batch, rows)
    found = BadRow.objects.filter(pk__in=[row.pk for row in waiting])
    return found.update(settled=Settled.SET_ASIDE.value, settled_at=clock.now(), settled_by=actor.id)


def _batch(batch_id: UUID, actor: Actor) -> ImportBatch:
    batch = ImportBatch.objects.filter(visible_batches(actor), pk=batch_id).first()
    if batch is None:
        raise NotFound(what="import", key=batch_id)
    return batch


def _waiting(batch: ImportBatch, rows: Sequence[int] | None) -> list[BadRow]:
    found: QuerySet[BadRow] = BadRow.objects.select_for_update(of=("self",)).filter(batch=batch)
    if rows is None:
        return list(found.filter(settled="")[:MOST])
    if len(rows) > MOST:
        raise InputsRejected(problems={"rows": _("At most 5,000 rows are put right at once.")})
    made = list(found.filter(pk__in=rows))
    if len(made) < len(set(rows)):
        raise NotFound(what="row", key=sorted(set(rows) - {row.pk for row in made})[0])
    for row in made:
        if row.settled:
            raise errors.RowSettled(row=row.row)
    return made


def _group(row: BadRow, fields: Mapping[str, Field]) -> Group:
    """Return a row, with what was put right, as the import reads it; all its item rows belong to it."""
    mended: dict[str, Any] = row.original | row.mended
    lines = [(row.row, mended), *((row.row, one) for one in row.rest)]
    first, *others = grouped(lines, fields)
    rest = tuple(as_json(one) for one in row.rest)
    items = (*first.items, *(item for one in others for item in one.items))
    return dataclasses.replace(first, row=row.row, original=mended, items=items, rest=rest)


def _write(taking: Taking, ready: Mapping[str, tuple[BadRow, Row]]) -> None:
    there = present([found for _row, found in ready.values()])
    fresh = [pair for key, pair in ready.items() if key not in there]
    known = []
    for row, found in (pair for key, pair in ready.items() if key in there):
        known_as = there[found.key]
        if known_as.status in (Status.IN_REVIEW, Status.WITHDRAWN):
            row.reasons = [Reason(known_as.status, {"code": known_as.code}).as_json()]
        else:
            known.append((row, dataclasses.replace(found, entry_id=known_as.id, key=known_as.key)))
    for pairs, changed in ((fresh, False), (known, True)):
        if pairs:
            entries = taking.write([found for _row, found in pairs], changed=changed)
            for (row, _found), entry in zip(pairs, entries, strict=True):
                row.settled, row.entry, row.reasons = Settled.TAKEN.value, entry, []
