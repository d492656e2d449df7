"""Assembles one library in a worker, as `carry` collects one holding: out of versions that stand still meanwhile."""

import contextlib
import logging
from pathlib import Path
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.dataplane.lake.assembling import Assembly, Conflict, LibraryField, Part, Wins, provenance
from hefu.dataplane.lake.collecting import Order, collect, everything
from hefu.dataplane.lake.table import Taking, Version
from hefu.dataplane.outcome import ListSink
from hefu.dataplane.scratch import Scratch
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.errors import Fault, NotToBeCollected
from hefu.rooms.holdings.models import Library
from hefu.rooms.holdings.queries import table_of
from hefu.rooms.holdings.services.carrying import LOCK_CLASS, WORKER, lock_key
from hefu.rooms.holdings.services.libraries import sealed_conflicts
from hefu.rooms.holdings.sharing import kept_back
from hefu.rooms.holdings.terms import ART_14, MOST_CONFLICTS_KEPT

log = logging.getLogger(__name__)
_FILE = "assembled.parquet"


def assemble(library_id: UUID, *, clock: Clock) -> None:
    """Assemble a library. Safe to call twice and by two workers at once."""
    key = (LOCK_CLASS, lock_key(library_id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            return
    try:
        row = services.take_up_library(library_id=library_id, clock=clock)
        if row is not None:
            _assemble(row, clock)
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
        except (OperationalError, InterfaceError):
            log.warning("the session that held library %s is gone, and its lock with it", library_id)


def _assemble(row: Library, clock: Clock) -> None:
    try:
        parts = _parts(row, clock)
        version, conflicts, kept = _carry(row, parts, clock)
    except (OperationalError, InterfaceError):
        raise  # nothing can be written down: it stays running and is begun anew by whoever finds it
    except Refusal as refusal:
        log.warning("library %s could not be assembled: %s", row.number, refusal.code)
        transient = isinstance(refusal, DataPlaneRefusal) and refusal.transient
        services.settle_not_assembled(row=row, error=refusal, transient=transient, clock=clock)
    except Exception as fault:
        error = Fault(number=row.number, kind=type(fault).__name__)
        services.settle_not_assembled(row=row, error=error, transient=False, clock=clock)
        raise
    else:
        used = {part.name: part.version.number for part in parts}
        services.settle_assembled(row=row, version=version, parts=used, conflicts=conflicts, kept=kept, clock=clock)


def _parts(row: Library, clock: Clock) -> list[Part]:
    """Return the parts as they are now, or as a try of this assembly took them that had committed before it died."""
    if kept := kept_back(row, on=clock.today(), stated=True):
        raise NotToBeCollected(entry=kept.entry, source=str(ART_14), citation=ART_14)
    done = table_of(row.pk).of_run(row.serial)
    taken = dict(done.made_of) if done else {}
    return [_part(part, row, taken.get(part["holding"])) for part in row.parts]


def _part(stated: dict[str, str], row: Library, taken: int | None) -> Part:
    """Return a part; what is no longer shared has left every library but its own department's."""
    found = queries.holding(stated["holding"], viewer=WORKER)
    if found.entry.share_type in (ShareType.NONE, "") and found.department_id != row.department_id:
        raise NotToBeCollected(entry=found.entry.code, source=str(ART_14), citation=ART_14)
    table = table_of(found.pk)
    version = table.newest() if taken is None else table.version(taken)
    return Part(stated["holding"], table, version, stated["subject"], stated["changed"])


def _carry(row: Library, parts: list[Part], clock: Clock) -> tuple[Version, dict[str, int], list[tuple[str, str]]]:
    fields = [
        LibraryField(one["name"], Wins(one["wins"]), tuple((name, column) for name, column in one["sources"]))
        for one in row.fields
    ]
    kept: list[tuple[str, str]] = []

    def keep(found: list[Conflict]) -> None:
        kept.extend(sealed_conflicts(row, found))

    with Scratch("library") as folder:
        with contextlib.closing(Assembly(row.subject, parts, fields, Path(folder))) as assembly:
            assembly.write(Path(folder, _FILE))
            conflicts = assembly.conflicts(MOST_CONFLICTS_KEPT, keep)
        columns = [row.subject, *(name for field in fields for name in (field.name, provenance(field.name)))]
        ticket = everything(
            row.number,
            row.number,
            ResourceRef(str(row.pk), ResourceKind.FILE_FOLDER, "", _FILE),
            tuple(Item(column, column) for column in columns),
            (row.subject,),
            (),
        )
        version = collect(
            order=Order(
                f"{row.number}-{row.serial}",
                row.serial,
                ticket,
                Taking.SNAPSHOT,
                made_of=tuple((part.name, part.version.number) for part in parts),
            ),
            source=FolderSource(Path(folder)),
            table=table_of(row.pk),
            rejects=ListSink(),
            clock=clock,
        )
    return version, conflicts, kept
