"""Rows of holdings for those who may read them: every look is on record, with its reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from hefu.crypto.sealing import unseal
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.lake import reading
from hefu.dataplane.lake.reading import Look
from hefu.dataplane.lake.table import Version
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.evidence.services import receipt_for
from hefu.rooms.holdings import errors, queries, terms
from hefu.rooms.holdings.access import may, require
from hefu.rooms.holdings.models import CollectionRun, Holding
from hefu.rooms.holdings.queries import reject_purpose, table_of
from hefu.rooms.holdings.services.rows import record
from hefu.rooms.holdings.terms import MOST_SHOWN


@dataclass(frozen=True)
class Rejects:
    """A rejected row as one viewer may see it."""

    place: int
    reasons: tuple[str, ...]
    #: Column → value as text; None for a viewer who may not see values.
    values: dict[str, str | None] | None


@transaction.atomic
def look_at(
    *,
    number: str,
    version: int | None = None,
    at: datetime | None = None,
    equal: Mapping[str, str] | None = None,
    reason: str,
    actor: Actor,
    clock: Clock,
) -> tuple[Version, Look]:
    """Return some rows of a holding as it was, and write the look down.

    Args:
        number: Of the holding.
        version: Which version; or
        at: An instant at which it stood; with neither, the newest.
        equal: Column → text that it has to have.
        reason: Why, in the reader's words.
        actor: An officer or chief of the holding's department.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the holding, or not read it.
        InputsRejected: No reason is given.
        NoSuchVersion: It held nothing then, or the files were dropped.
    """
    row = _to_read(number, actor)
    said = _reason(reason)
    wanted = _version(row, version, at)
    seen = reading.look(table_of(row.pk), wanted, equal=equal, limit=MOST_SHOWN)
    _note(row, wanted, len(seen.rows), "page", said, actor, clock)
    return wanted, seen


@transaction.atomic
def take_out(
    *,
    number: str,
    version: int | None = None,
    at: datetime | None = None,
    file_format: FileFormat,
    into: Path,
    reason: str,
    most_rows: int | None = None,
    actor: Actor,
    clock: Clock,
) -> Version:
    """Write a whole version into a file, and write that down.

    Args:
        number: Of the holding.
        version: Which version; or
        at: An instant at which it stood; with neither, the newest.
        file_format: Of the file.
        into: Where it goes.
        reason: Why, in the reader's words.
        most_rows: More than these are not for a page that somebody waits for.
        actor: An officer or chief of the holding's department.
        clock: For the record.

    Raises:
        NotFound, Forbidden, InputsRejected, NoSuchVersion: As `look_at`.
        FormatLimit, SideRefused: The file cannot hold the rows, or cannot be written.
    """
    row = _to_read(number, actor)
    said = _reason(reason)
    wanted = _version(row, version, at)
    if most_rows is not None and wanted.rows > most_rows:
        raise InputsRejected(
            problems={"version": _("That many rows are taken out by the command hefu holdings export.")}
        )
    rows = reading.take_out(table_of(row.pk), wanted, FileTarget(into, file_format))
    _note(row, wanted, rows, file_format.value, said, actor, clock)
    return wanted


def receipt_of(*, number: str, viewer: Actor, clock: Clock) -> bytes:
    """Return the receipt of a run: proof, checkable offline, of what was collected.

    Raises:
        NotFound: No such run that the viewer may see, or may see the evidence of.
        NoReceipt: It has collected nothing.
        NotSequenced: The log is just being extended; ask again.
    """
    found = queries.run(number, viewer=viewer)
    entry = queries.done_entry(found, viewer=viewer)
    if entry is None:
        raise errors.NoReceipt(number=found.number, status=found.status_name)
    return receipt_for(entry_uid=entry.uid, viewer=viewer, clock=clock)


def reveal_rejects(*, found: CollectionRun, limit: int, actor: Actor, clock: Clock) -> list[Rejects]:
    """Return the first rejected rows as the actor may see them: the department's officers with values.

    Raises:
        Forbidden: Neither of the department nor the authority's reviewer.
    """
    rows = list(queries.rejects(found, viewer=actor)[:limit])
    shown = not actor.is_system and may(actor, "holdings.see_rejected_values", found.holding.department_id)
    if shown and rows:
        require(actor, "holdings.see_rejected_values", found.holding.department_id)
        record(
            terms.HOLDING_READ,
            found.holding,
            actor=actor,
            clock=clock,
            version=0,
            rows=len(rows),
            form="rejects",
            reason=found.number,
        )
    return [Rejects(row.place, tuple(row.reasons), _opened(found, row.sealed) if shown else None) for row in rows]


def _opened(found: CollectionRun, sealed: str) -> dict[str, str | None]:
    plain = unseal(settings.HEFU.master_key(), sealed, purpose=reject_purpose(found.pk))
    values: dict[str, str | None] = json.loads(plain)
    return values


def _to_read(number: str, actor: Actor) -> Holding:
    """Return a holding that the actor may read; unlocked, because a long look must hold up nobody."""
    found = queries.holding(number, viewer=actor)
    require(actor, "holdings.read", found.department_id)
    return found


def _reason(text: str) -> str:
    said = text.replace("\0", "").strip()
    if not said:
        raise InputsRejected(problems={"reason": _("Say why you read the rows.")})
    return said[:500]


def _version(row: Holding, number: int | None, at: datetime | None) -> Version:
    table = table_of(row.pk)
    if number is not None:
        return table.version(number)
    if at is not None:
        return table.at(at)
    return table.newest()


def _note(row: Holding, version: Version, rows: int, form: str, reason: str, actor: Actor, clock: Clock) -> None:
    record(
        terms.HOLDING_READ,
        row,
        actor=actor,
        clock=clock,
        version=version.number,
        rows=rows,
        form=form,
        reason=reason,
    )
