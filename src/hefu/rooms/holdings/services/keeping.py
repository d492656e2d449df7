"""How long versions are kept: a rule for each holding and library, and what the clock does by it."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from hefu.dataplane.errors import DataPlaneRefusal
from hefu.dataplane.lake.table import Dropped
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.holdings import errors, terms
from hefu.rooms.holdings.models import Holding, Library
from hefu.rooms.holdings.queries import table_of
from hefu.rooms.holdings.services.carrying import LOCK_CLASS, WORKER, lock_key
from hefu.rooms.holdings.services.libraries import load_kept, record_library
from hefu.rooms.holdings.services.rows import load, record
from hefu.rooms.holdings.terms import LEAST_KEPT_DAYS, MOST_KEPT_DAYS, STRAYS_AFTER

log = logging.getLogger(__name__)
#: Before everything that was ever collected: nothing was replaced so early.
_EVER = datetime.min.replace(tzinfo=UTC)


@transaction.atomic
def keep_for(*, number: str, days: int | None, actor: Actor, clock: Clock) -> Holding:
    """Set how long the versions of a holding are kept after they were replaced; the clock does it once a day.

    Args:
        number: Of the holding.
        days: From 7 to 36,500; None keeps all for ever.
        actor: An officer or chief of the holding's department.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the holding, or not do this.
        InputsRejected: Another number of days.
    """
    row = load(number, "holdings.drop_versions", actor)
    if _set_days(row, days):
        record(terms.KEEPING_SET, row, actor=actor, clock=clock, kept_days=days)
    return row


@transaction.atomic
def keep_library_for(*, number: str, days: int | None, actor: Actor, clock: Clock) -> Library:
    """Set how long the versions of a library are kept after they were replaced; the clock does it once a day.

    Args:
        number: Of the library.
        days: From 7 to 36,500; None keeps all for ever.
        actor: Of its keeper.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see it, or does not keep it.
        InputsRejected: Another number of days.
    """
    row = load_kept(number, "libraries.keep", actor)
    if _set_days(row, days):
        record_library(terms.LIBRARY_KEEPING_SET, row, actor=actor, clock=clock, kept_days=days)
    return row


def _set_days(row: Holding | Library, days: int | None) -> bool:
    """Set them; return whether they were others before."""
    if days is not None:
        _require_days(days)
    if row.kept_days == days:
        return False
    row.kept_days = days
    row.save(update_fields=["kept_days"])
    return True


@transaction.atomic
def drop_versions(*, number: str, kept_for: timedelta, actor: Actor, clock: Clock) -> Dropped:
    """Delete the files of versions that were replaced longer ago than `kept_for`; return what that freed.

    What the versions counted, and their digests, stay in the history and in the evidence.

    Raises:
        NotFound, Forbidden: The actor may not see the holding, or not do this.
        RunOpen: A run is writing it just now.
        InputsRejected: Fewer days than a delivery may read one version.
        LakeLost, LakeRefused: The store that it lies on does not answer, or says no.
    """
    row = load(number, "holdings.drop_versions", actor)
    _require_days(kept_for.days)
    if not _is_locked(row.pk):
        under_way = row.runs.order_by("-serial").values_list("number", flat=True).first() or ""
        raise errors.RunOpen(run=under_way, number=row.number)
    return _drop(row, kept_for, actor, clock)


def thin_out(*, clock: Clock) -> list[tuple[str, Dropped]]:
    """Do for every holding and library what its rule says; return what was freed where.

    Where versions are kept for ever, only what killed runs left goes. One that is being written, or whose store does
    not answer, waits for the next time.
    """
    holdings = Holding.objects.select_related("entry", "department").order_by("number")
    rows: list[Holding | Library] = [*holdings, *Library.objects.order_by("number")]
    freed = [(row.number, _thin(row, clock)) for row in rows]
    return [(number, dropped) for number, dropped in freed if dropped is not None and dropped.files]


@transaction.atomic
def _thin(row: Holding | Library, clock: Clock) -> Dropped | None:
    if row.kept_days is None:
        return _strays(row.number, row.pk, clock)
    if not _is_locked(row.pk):
        return None
    try:
        return _drop(row, timedelta(days=row.kept_days), WORKER, clock)
    except DataPlaneRefusal as refusal:
        log.warning("old versions of %s stay for now: %s", row.number, refusal.code)
        return None


def _strays(number: str, table_id: UUID, clock: Clock) -> Dropped | None:
    """Remove what killed runs left of a table whose versions are all kept."""
    if not _is_locked(table_id):
        return None
    try:
        return table_of(table_id).drop_old(_EVER, clock.now() - STRAYS_AFTER)
    except DataPlaneRefusal as refusal:
        log.warning("what killed runs left of %s stays for now: %s", number, refusal.code)
        return None


def _drop(row: Holding | Library, kept_for: timedelta, actor: Actor, clock: Clock) -> Dropped:
    dropped = table_of(row.pk).drop_old(clock.now() - kept_for, clock.now() - STRAYS_AFTER)
    if dropped.files or not actor.is_system:
        facts: dict[str, Any] = {
            "kept_hours": int(kept_for.total_seconds() // 3600),
            "files": dropped.files,
            "bytes_freed": dropped.bytes,
            "bytes_kept": dropped.bytes_kept,
        }
        if isinstance(row, Library):
            record_library(terms.LIBRARY_VERSIONS_DROPPED, row, actor=actor, clock=clock, **facts)
        else:
            record(terms.VERSIONS_DROPPED, row, actor=actor, clock=clock, **facts)
    return dropped


def _is_locked(table_id: UUID) -> bool:
    """Return whether this transaction holds the table: no run begins to write it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, lock_key(table_id)])
        return bool(cursor.fetchone()[0])


def _require_days(days: int) -> None:
    if not LEAST_KEPT_DAYS <= days <= MOST_KEPT_DAYS:
        raise InputsRejected(
            problems={"keep_days": _("Give 7 to 36,500 days: in fewer a delivery could lose what it reads.")}
        )
