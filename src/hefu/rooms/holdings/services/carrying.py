"""What the worker reports about a run it carries. Every report names the try, so that a late one is dropped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from hefu.crypto.sealing import seal
from hefu.dataplane.lake.table import Version
from hefu.dataplane.run import Progress, Rejected
from hefu.kernel import events
from hefu.kernel.actor import system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import stored
from hefu.rooms.holdings import decide, errors, terms
from hefu.rooms.holdings.models import CollectionRun, RejectedRow
from hefu.rooms.holdings.queries import reject_purpose
from hefu.rooms.holdings.services.rows import enqueue, facts, locked, record
from hefu.rooms.holdings.terms import ART_3_1, LATE_AFTER, MOST_REJECTS_KEPT, RunStatus

WORKER = system("worker")
#: First half of the advisory locks that say "this holding is being written"; the second is the holding's.
LOCK_CLASS = 0x4865_6668


@dataclass(frozen=True)
class Carriage:
    """A run that a worker has taken up."""

    id: UUID
    number: str
    holding_id: UUID
    entry_id: UUID
    serial: int
    taking: str
    empty_is_true: bool
    attempt: int


def lock_key(holding_id: UUID) -> int:
    """Return the second half of a holding's advisory lock: 31 random bits of its id."""
    return holding_id.int & 0x7FFF_FFFF


@transaction.atomic
def take_up(*, run_id: UUID, clock: Clock) -> Carriage | None:
    """Begin a try, for a worker that holds the holding's lock; None when there is nothing to carry."""
    row = locked().get(pk=run_id)
    before = facts(row)
    following = decide.take_up(before)
    if following.status is RunStatus.RUNNING:
        row.takeovers += 1 if before.status is RunStatus.RUNNING else 0
        row.status = following.status
        row.attempt += 1
        row.started_at = row.heartbeat_at = clock.now()
        row.next_try_at, row.phase, row.phase_at, row.rows = None, "", None, 0
        row.error_code = row.error_text = ""
        row.error_facts = {}
        row.save()
        return Carriage(
            row.pk,
            row.number,
            row.holding_id,
            row.holding.entry_id,
            row.serial,
            row.taking,
            row.empty_is_true,
            row.attempt,
        )
    if following.status is not before.status:
        _end(row, following.status, errors.WorkersLost(number=row.number, times=row.takeovers), clock)
    return None


def note_progress(*, carriage: Carriage, now: Progress, phase_at: datetime, clock: Clock) -> bool:
    """Write how far a try is; return whether it is still the try that counts."""
    mine = CollectionRun.objects.filter(pk=carriage.id, attempt=carriage.attempt, status=RunStatus.RUNNING)
    return (
        mine.update(
            phase=now.phase,
            phase_at=phase_at,
            rows=now.rows,
            rows_expected=now.rows_expected,
            bytes=now.bytes,
            heartbeat_at=clock.now(),
        )
        == 1
    )


def stop_asked(*, carriage: Carriage) -> bool:
    """Return whether a running try must stop: somebody said so, or it is no longer the one that counts."""
    mine = CollectionRun.objects.filter(pk=carriage.id, attempt=carriage.attempt, status=RunStatus.RUNNING)
    return not mine.filter(cancel_asked_at__isnull=True).exists()


@transaction.atomic
def settle_done(*, carriage: Carriage, version: Version, clock: Clock) -> CollectionRun | None:
    """Put on record what a run collected; None when another try has settled it already."""
    row = _running(carriage)
    if row is None:
        return None
    outcome = version.outcome
    row.status = decide.move(facts(row), RunStatus.DONE)
    row.finished_at = row.heartbeat_at = clock.now()
    row.cancel_asked_at, row.phase = None, ""
    row.version, row.collected_at = version.number, version.at
    row.rows_read, row.rows_rejected = outcome["rows_read"], outcome["rows_rejected"]
    row.rejected, row.bytes = outcome["rejected"], outcome["bytes"]
    row.rows = row.rows_held = version.rows
    row.inserted, row.updated, row.removed = version.inserted, version.updated, version.removed
    row.digest_source, row.digest_held = outcome["digest_source"], version.digest
    row.milliseconds = {phase: round(seconds * 1000) for phase, seconds in outcome["seconds"].items()}
    row.rejects_kept = RejectedRow.objects.filter(run=row).count()
    row.save()
    record(
        terms.RUN_DONE,
        row.holding,
        actor=WORKER,
        clock=clock,
        basis=[ART_3_1],
        run=row.number,
        version=version.number,
        entry=row.holding.entry.code,
        taking=row.taking,
        rows_read=row.rows_read,
        rows_rejected=row.rows_rejected,
        rejected=row.rejected,
        rows_held=row.rows_held,
        inserted=row.inserted,
        updated=row.updated,
        removed=row.removed,
        digest_source=row.digest_source,
        digest_held=row.digest_held,
        columns=[name for name, _of in version.columns],
        attempt=row.attempt,
        milliseconds=row.milliseconds,
    )
    held = row.holding
    events.announce(terms.Collected(held.pk, held.entry_id, version.number, clock.now(), held.number))
    return row


@transaction.atomic
def settle_failure(*, carriage: Carriage, error: Refusal, transient: bool, clock: Clock) -> CollectionRun | None:
    """Put on record why a try ended without a version, and let the next one follow when it may help."""
    row = _running(carriage)
    if row is None:
        return None
    following = decide.after_failure(facts(row), transient=transient)
    if following.pause is None:
        _end(row, following.status, error, clock)
        return row
    row.status, row.pauses = following.status, row.pauses + 1
    row.next_try_at, row.heartbeat_at, row.phase = clock.now() + following.pause, clock.now(), ""
    _keep_error(row, error)
    row.save()
    enqueue(row.pk, pause=following.pause)
    return row


def requeue_lost(*, clock: Clock) -> list[str]:
    """Enqueue what no worker holds though it should move: its worker died, or its job got lost."""
    lost = []
    for row in CollectionRun.objects.filter(status=RunStatus.RUNNING).only("id", "number", "holding_id"):
        if not is_held(row.holding_id):
            enqueue(row.pk, once=f"{row.number} taken over")
            lost.append(row.number)
    late = CollectionRun.objects.filter(status=RunStatus.WAITING, next_try_at__lt=clock.now() - LATE_AFTER)
    for row in late.only("id", "number"):
        enqueue(row.pk, once=f"{row.number} taken over")
        lost.append(row.number)
    return lost


def forget_rejects(*, run_id: UUID) -> None:
    """Delete the kept rejected rows of a run, because another try finds them again."""
    RejectedRow.objects.filter(run_id=run_id).delete()


def keep_rejects(*, run_id: UUID, kept: int, batch: Sequence[Rejected]) -> int:
    """Seal and keep rejected rows, up to the most that are kept; return how many are kept by now."""
    room = batch[: MOST_REJECTS_KEPT - kept]
    master, purpose = settings.HEFU.master_key(), reject_purpose(run_id)
    RejectedRow.objects.bulk_create(
        RejectedRow(
            run_id=run_id,
            place=place,
            reasons=list(one.reasons),
            sealed=seal(master, json.dumps(dict(one.values), ensure_ascii=False).encode(), purpose=purpose),
        )
        for place, one in enumerate(room, start=kept + 1)
    )
    return kept + len(room)


def _end(row: CollectionRun, status: RunStatus, error: Refusal, clock: Clock) -> None:
    row.status = status
    row.finished_at = row.heartbeat_at = clock.now()
    row.next_try_at, row.phase = None, ""
    if status is RunStatus.FAILED:
        _keep_error(row, error)
    row.save()
    if status is RunStatus.CANCELLED:
        record(terms.RUN_CANCELLED, row.holding, actor=WORKER, clock=clock, run=row.number, attempt=row.attempt)
    else:
        record(
            terms.RUN_FAILED,
            row.holding,
            actor=WORKER,
            clock=clock,
            run=row.number,
            attempt=row.attempt,
            code=error.code,
        )


def _running(carriage: Carriage) -> CollectionRun | None:
    return locked().filter(pk=carriage.id, attempt=carriage.attempt, status=RunStatus.RUNNING).first()


def _keep_error(row: CollectionRun, error: Refusal) -> None:
    row.error_code, row.error_text = error.code, error.text
    row.error_facts = {name: stored(value) for name, value in error.facts.items()}


def is_held(holding_id: UUID) -> bool:
    """Return whether a worker writes a holding or a library just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [LOCK_CLASS, lock_key(holding_id)],
        )
        return bool(cursor.fetchone()[0])
