"""What the worker reports about a delivery it carries. Every report names the try, so that a late one is dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from hefu.dataplane.control import StopWord
from hefu.dataplane.errors import Revoked, TicketRefused
from hefu.dataplane.join import Joining
from hefu.dataplane.run import Outcome, Progress
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Channel
from hefu.kernel import events
from hefu.kernel.actor import system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import stored
from hefu.rooms.deliveries import decide, errors, terms
from hefu.rooms.deliveries.models import Delivery, Increment, Joined, RejectedRow
from hefu.rooms.deliveries.services.rows import enqueue, facts, locked, record
from hefu.rooms.deliveries.services.silence import note_arrived, rows_needed
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import DELIVERY_RESTS
from hefu.rooms.deliveries.terms.increments import BLIND_TO
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.terms import Way

WORKER = system("worker")
#: Why the data plane refuses a ticket that was good once.
ENDED = frozenset({"expired", "revoked"})
#: First half of the advisory locks that say "this delivery is being carried"; the second is the delivery's.
LOCK_CLASS = 0x4865_6664


@dataclass(frozen=True)
class Carriage:
    """A delivery that a worker has taken up."""

    id: UUID
    number: str
    attempt: int
    ticket_id: UUID
    #: Where the rows go; None for a file that is fetched here.
    target_id: UUID | None
    target_table: str
    file_format: str
    #: Name of the file in the consumer's place.
    file_name: str
    consumer_code: str
    #: Division code of the provider's place, whose working days count at its source.
    provider_place: str
    #: How new rows are told from old ones; None brings all.
    since: Since | None = None
    #: The second grant, when two are joined.
    joined: "JoinedWith | None" = None
    #: With how many rows a whole copy may replace the consumer's table.
    least_rows: int = 0


@dataclass(frozen=True)
class JoinedWith:
    """The second grant of a delivery that joins two."""

    ticket_id: UUID
    #: Division code of its provider's place.
    provider_place: str
    joining: Joining


def lock_key(delivery_id: UUID) -> int:
    """Return the second half of a delivery's advisory lock: 31 random bits of its id."""
    return delivery_id.int & 0x7FFF_FFFF


@transaction.atomic
def take_up(*, delivery_id: UUID, clock: Clock) -> Carriage | None:
    """Begin a try, for a worker that holds the delivery's lock; None when there is nothing to carry."""
    return begin_try(locked().get(pk=delivery_id), clock)


def begin_try(row: Delivery, clock: Clock) -> Carriage | None:
    """Begin a try of a delivery that is locked; None when there is nothing to carry."""
    before = facts(row)
    following = decide.take_up(before)
    takeover = before.status is DeliveryStatus.RUNNING
    if following.status is DeliveryStatus.RUNNING:
        row.status = following.status
        row.attempt += 1
        row.takeovers += 1 if takeover else 0
        row.started_at = row.heartbeat_at = clock.now()
        row.next_try_at, row.phase = None, ""
        row.phase_at = row.last_row_at = None
        row.rows = row.chunks_done = row.chunks = 0
        row.error_code = row.error_text = ""
        row.error_facts = {}
        row.save()
        record(terms.DELIVERY_TRIED, row, actor=WORKER, clock=clock, attempt=row.attempt, takeover=takeover)
        joined = _joined_with(row)
        return Carriage(
            id=row.pk,
            number=row.number,
            attempt=row.attempt,
            ticket_id=row.ticket_id,
            target_id=row.target_id,
            target_table=joined.joining.table if joined else row.grant.target_table,
            file_format=row.file_format,
            file_name=decide.file_name(row.grant.entry_code, row.number, row.file_format),
            consumer_code=row.consumer.credit_code,
            provider_place=row.provider.place,
            since=_since(row),
            joined=joined,
            least_rows=0 if joined else rows_needed(row),
        )
    if following.status is not before.status:
        end_try(row, following.status, errors.WorkersLost(number=row.number, times=row.takeovers), clock)
    return None


def _since(row: Delivery) -> Since | None:
    """Return how a delivery of new rows tells them; one whose grant was turned to whole copies meanwhile brings all."""
    chosen = Increment.objects.filter(grant_id=row.grant_id).first() if row.mode == Way.INCREMENT else None
    return chosen.since if chosen else None


def _joined_with(row: Delivery) -> JoinedWith | None:
    found = Joined.objects.filter(delivery=row).select_related("provider").first()
    return JoinedWith(found.ticket_id, found.provider.place, found.joining) if found else None


def note_progress(
    *, carriage: Carriage, now: Progress, phase_at: datetime, moved_at: datetime | None, clock: Clock
) -> bool:
    """Write how far a try is; return whether it is still the try that counts.

    Args:
        carriage: The try.
        now: What the data plane says.
        phase_at: When its phase began; rows are counted anew in each.
        moved_at: When the last row moved, or None when none has moved since the last note.
        clock: For the heartbeat.
    """
    values: dict[str, Any] = {
        "phase": now.phase,
        "phase_at": phase_at,
        "rows": now.rows,
        "rows_expected": now.rows_expected,
        "bytes": now.bytes,
        "chunks_done": now.chunks_done,
        "chunks": now.chunks,
        "heartbeat_at": clock.now(),
    }
    if moved_at is not None:
        values |= {"last_row_at": moved_at, "pauses": 0}
    mine = Delivery.objects.filter(pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING)
    return mine.update(**values) == 1


def note_sound(*, carriage: Carriage) -> None:
    """Forget the troubles of earlier tries: this one does what it should."""
    mine = Delivery.objects.filter(pk=carriage.id, attempt=carriage.attempt)
    mine.filter(Q(pauses__gt=0) | Q(takeovers__gt=0)).update(pauses=0, takeovers=0)


def stop_reason(*, carriage: Carriage) -> StopWord | None:
    """Return why a running try must stop: `stopped` by a person, `revoked` with its ticket, or None."""
    row = (
        Delivery.objects.filter(pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING)
        .values("cancel_asked_at", "ticket_id")
        .first()
    )
    if row is None or row["cancel_asked_at"] is not None:
        return "stopped"
    tickets = [row["ticket_id"], *([carriage.joined.ticket_id] if carriage.joined else [])]
    return None if all(grants.is_in_force(ticket) for ticket in tickets) else "revoked"


def note_held(*, carriage: Carriage, held: Sequence[tuple[str, int, datetime]]) -> None:
    """Write which versions of holdings and libraries a try reads in place of sources, and of which moment they are."""
    mine = Delivery.objects.filter(pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING)
    mine.update(held=[{"number": name, "version": of, "at": at.isoformat()} for name, of, at in held])


@transaction.atomic
def settle_done(*, carriage: Carriage, outcome: Outcome, clock: Clock) -> Delivery | None:
    """Put on record that the rows arrived; None when another try has settled it already."""
    row = _running(carriage)
    if row is None:
        return None
    row.status = decide.move(facts(row), DeliveryStatus.DONE)
    row.finished_at = row.heartbeat_at = clock.now()
    row.cancel_asked_at = None
    row.phase = ""
    row.rows_read, row.rows_rejected, row.rows_written = (
        outcome.rows_read,
        outcome.rows_rejected,
        outcome.rows_written,
    )
    row.rows, row.bytes = outcome.rows_read, outcome.bytes
    row.rejected = dict(outcome.rejected)
    row.digest_source, row.digest_target = outcome.digest_source, outcome.digest_target
    row.lane = outcome.lane
    row.columns = [[name, kind] for name, kind in outcome.columns]
    row.milliseconds = {phase: round(seconds * 1000) for phase, seconds in outcome.seconds.items()}
    row.resumed_rows = outcome.resumed_rows
    row.increment = dict(outcome.increment) if outcome.increment is not None else None
    row.rejects_kept = RejectedRow.objects.filter(delivery=row).count()
    if outcome.sha256:
        row.file_sha256, row.file_bytes = outcome.sha256, outcome.bytes
    if outcome.path:
        row.file_name = Path(outcome.path).name
    row.save()
    record(
        terms.DELIVERY_DONE,
        row,
        actor=WORKER,
        clock=clock,
        grant=row.grant.number,
        request=row.grant.request,
        ticket=str(row.ticket_id),
        entry=row.grant.entry_code,
        provider=row.provider.credit_code,
        consumer=row.consumer.credit_code,
        channel=row.channel,
        lane=row.lane,
        rows_read=row.rows_read,
        rows_rejected=row.rows_rejected,
        rejected=row.rejected,
        rows_written=row.rows_written,
        bytes=row.bytes,
        digest_source=row.digest_source,
        digest_target=row.digest_target,
        columns=[name for name, _kind in row.columns],
        file_sha256=row.file_sha256,
        attempt=row.attempt,
        resumed_rows=row.resumed_rows,
        milliseconds=row.milliseconds,
        increment=_told(row),
        joined=outcome.joined,
        held=row.held,
    )
    if carriage.joined is not None:
        _settle_joined(row, outcome, clock)
        return row
    if row.channel == Channel.TABLE:
        note_arrived(row, outcome, clock)
    events.announce(
        terms.DeliveryDone(
            delivery=row.number,
            grant=row.grant.number,
            request=row.grant.request,
            rows=row.rows_written,
            at=clock.now(),
        )
    )
    return row


def _settle_joined(row: Delivery, outcome: Outcome, clock: Clock) -> None:
    """Keep what each side gave, and note that both grants were used; neither's own table was brought by it."""
    joined = Joined.objects.select_related("grant").get(delivery=row)
    joined.told = dict(outcome.joined or {})
    joined.save(update_fields=["told"])
    for number in (row.grant.number, joined.grant.number):
        grant_services.note_use(number=number, actor=system("deliveries"), clock=clock)


def _told(row: Delivery) -> dict[str, Any] | None:
    """Return what goes on record of a delivery of new rows: counts, and what it cannot see; no watermark is told."""
    if row.increment is None:
        return None
    names = ("item", "overlap", "whole", "inserted", "updated", "known", "without_watermark")
    return {name: row.increment[name] for name in names} | {"blind_to": list(BLIND_TO)}


@transaction.atomic
def settle_failure(*, carriage: Carriage, error: Refusal, transient: bool, clock: Clock) -> Delivery | None:
    """Put on record why a try ended without rows, and let the next one follow when it may help."""
    row = _running(carriage)
    if row is None:
        return None
    over = isinstance(error, Revoked) or (isinstance(error, TicketRefused) and error.reason in ENDED)
    following = decide.after_failure(facts(row), transient=transient, ticket_over=over)
    if following.status is not DeliveryStatus.WAITING or following.pause is None:
        end_try(row, following.status, error, clock)
        return row
    pause_try(row, following.pause, error, clock)
    enqueue(row.pk, pause=following.pause)
    return row


def pause_try(row: Delivery, pause: timedelta, error: Refusal, clock: Clock) -> None:
    """Let the next try of a locked delivery follow after `pause`."""
    row.status = DeliveryStatus.WAITING
    row.pauses += 1
    row.next_try_at = clock.now() + pause
    row.heartbeat_at = clock.now()
    _keep_error(row, error)
    row.save()
    record(
        terms.DELIVERY_PAUSED,
        row,
        actor=WORKER,
        clock=clock,
        attempt=row.attempt,
        code=error.code,
        pause_seconds=int(pause.total_seconds()),
    )


@transaction.atomic
def hand_back(*, carriage: Carriage, clock: Clock) -> Delivery | None:
    """Let another worker go on at once where this one, which is told to end, has stopped."""
    row = _running(carriage)
    if row is None:
        return None
    _hand_on(row, pause=timedelta(0), code="deliveries.worker_left", clock=clock)
    return row


@transaction.atomic
def rest_until(*, carriage: Carriage, opens_at: datetime, clock: Clock) -> Delivery | None:
    """Let the delivery go on where it stopped once its source is read again."""
    row = _running(carriage)
    if row is None:
        return None
    pause = max(opens_at - clock.now(), timedelta(seconds=1))
    _hand_on(row, pause=pause, code=errors.ClosedHours.code, clock=clock)
    return row


def _hand_on(row: Delivery, *, pause: timedelta, code: str, clock: Clock) -> None:
    row.status = DeliveryStatus.WAITING
    row.heartbeat_at, row.next_try_at = clock.now(), clock.now() + pause
    row.save()
    seconds = int(pause.total_seconds())
    record(terms.DELIVERY_PAUSED, row, actor=WORKER, clock=clock, attempt=row.attempt, code=code, pause_seconds=seconds)
    enqueue(row.pk, pause=pause if seconds else None)


def requeue_lost(*, clock: Clock) -> list[str]:
    """Enqueue what no worker holds though it should move: its worker died, or its job got lost.

    A running delivery whose lock is free has lost its worker. One that waits past its time by a
    minute may have lost its job; enqueuing it once more does no harm.
    """
    lost = []
    whole = Delivery.objects.exclude(mode=Way.FOLLOW)
    for row in whole.filter(status=DeliveryStatus.RUNNING).only("id", "number"):
        if not _is_held(row.pk):
            enqueue(row.pk, once=f"{row.number} taken over")
            lost.append(row.number)
    overdue = whole.filter(status=DeliveryStatus.WAITING, next_try_at__lt=clock.now() - terms.LATE_AFTER)
    for row in overdue.only("id", "number"):
        enqueue(row.pk, once=f"{row.number} taken over")
        lost.append(row.number)
    return lost


def end_try(row: Delivery, status: DeliveryStatus, error: Refusal, clock: Clock) -> None:
    """End a locked delivery's try so that no other follows by itself, and put on record why."""
    row.status = status
    row.finished_at = row.heartbeat_at = clock.now()
    row.next_try_at = row.pause_asked_at = None
    row.phase = ""
    if status is DeliveryStatus.FAILED:
        _keep_error(row, error)
    row.save()
    if status is DeliveryStatus.CANCELLED:
        record(terms.DELIVERY_CANCELLED, row, actor=WORKER, clock=clock, attempt=row.attempt, rows=row.rows)
    elif status is DeliveryStatus.STOPPED:
        record(
            terms.DELIVERY_STOPPED,
            row,
            actor=WORKER,
            clock=clock,
            attempt=row.attempt,
            rows=row.rows,
            grant_status=row.grant.status,
        )
    elif status is DeliveryStatus.PAUSED:
        row.finished_at = None
        row.save(update_fields=["finished_at"])
        record(DELIVERY_RESTS, row, actor=WORKER, clock=clock, attempt=row.attempt, position=row.following.lsn)
    else:
        record(terms.DELIVERY_FAILED, row, actor=WORKER, clock=clock, attempt=row.attempt, code=error.code)
        events.announce(
            terms.DeliveryFailed(
                delivery=row.number,
                grant=row.grant.number,
                request=row.grant.request,
                code=error.code,
                at=clock.now(),
            )
        )


def _running(carriage: Carriage) -> Delivery | None:
    return locked().filter(pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING).first()


def _keep_error(row: Delivery, error: Refusal) -> None:
    row.error_code, row.error_text = error.code, error.text
    row.error_facts = {name: stored(value) for name, value in error.facts.items()}


def _is_held(delivery_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [LOCK_CLASS, lock_key(delivery_id)],
        )
        return bool(cursor.fetchone()[0])
