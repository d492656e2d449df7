"""What processes report about the followers they carry. Every report names its try, so that a late one is dropped.

Processes of several hosts hold followers, and their clocks differ. So leases, pauses and signs of life are written and
compared by the clock of the node's database alone; the clock that is passed in says what goes on record.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from hefu.dataplane.capture.follow import Counts, Reached
from hefu.dataplane.control import StopWord, Waits
from hefu.dataplane.errors import Revoked, TicketRefused
from hefu.dataplane.run import Outcome
from hefu.kernel import events
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Refusal
from hefu.rooms.deliveries import decide, terms
from hefu.rooms.deliveries.decide.following import window_is_due
from hefu.rooms.deliveries.models import Delivery, Follower, Following, RejectedRow
from hefu.rooms.deliveries.queries.following import sparing
from hefu.rooms.deliveries.services.carrying import ENDED, WORKER, Carriage, begin_try, end_try, pause_try
from hefu.rooms.deliveries.services.rows import facts, locked, record
from hefu.rooms.deliveries.services.slots import leave_slot
from hefu.rooms.deliveries.services.windows import close_window, has_changed, note_counts
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import (
    BEAT_SECONDS,
    BEATS,
    DELIVERY_COPIED,
    LEASE,
    FollowedAnew,
    SlotState,
)
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import Way

#: Advisory lock under which processes share out what is to be followed, one after the other.
_SHARING = 0x4865_6667


def sign_on(*, host: str, pid: int, clock: Clock) -> UUID:
    """Register a process that carries followers."""
    row = Follower.objects.create(
        id=new_id(clock.now()), host=host[:120], pid=pid, started_at=clock.now(), seen_at=Now()
    )
    return row.pk


def give_sign(*, holder: UUID, carries: int) -> None:
    """Note that a process lives and how much it carries."""
    Follower.objects.filter(pk=holder).update(seen_at=Now(), carries=carries)


def sign_off(*, holder: UUID, clock: Clock) -> None:
    """Note that a process ended in order."""
    Follower.objects.filter(pk=holder).update(seen_at=Now(), ended_at=clock.now(), carries=0)


@transaction.atomic
def claim(*, holder: UUID, most: int, clock: Clock) -> list[Carriage]:
    """Give a process followers that nobody carries, as many as it can and their sources bear.

    One that is held by a process without a sign for as long as its lease counts as carried by nobody.
    """
    if most <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SHARING])
    # One that makes no pause is due, whatever the clock of the host said on which it was asked for.
    waits = Q(status=DeliveryStatus.WAITING)
    due = waits & (Q(pauses=0) | Q(next_try_at__lte=Now())) | Q(
        status=DeliveryStatus.RUNNING, following__lease_until__lt=Now()
    )
    rows = (
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("grant", "consumer", "provider", "following")
        .filter(due, mode=Way.FOLLOW)
        .order_by("next_try_at", "number")
    )
    carried = _carried_by_source()
    taken: list[Carriage] = []
    for row in rows[: 4 * most + 50]:
        if len(taken) == most:
            break
        if carried.get(row.following.source_id, 0) >= sparing(row.following.source_id).most_followers:
            Following.objects.filter(pk=row.pk, crowded=False).update(crowded=True)
            continue
        carriage = begin_try(row, clock)
        if carriage is None:  # it was asked to end while nobody carried it
            _ended(row, clock)
            continue
        carried[row.following.source_id] = carried.get(row.following.source_id, 0) + 1
        Following.objects.filter(pk=row.pk).update(
            attempt=row.attempt, holder=holder, lease_until=Now() + LEASE, crowded=False, waits={}
        )
        taken.append(carriage)
    return taken


def _carried_by_source() -> dict[UUID, int]:
    live = Delivery.objects.filter(mode=Way.FOLLOW, status=DeliveryStatus.RUNNING, following__lease_until__gte=Now())
    return dict(live.values_list("following__source_id").annotate(Count("pk")).order_by())


@transaction.atomic
def note_following(
    *, carriage: Carriage, holder: UUID, reached: Reached | None, waits: Waits | None = None, clock: Clock
) -> bool:
    """Renew the hold on a follower and note how far it is; return whether it is still the holder's.

    Args:
        carriage: The try.
        holder: The process.
        reached: What the data plane says; None before it follows.
        waits: What its source makes it wait for.
        clock: For the record.
    """
    row = _held(carriage, holder)
    if row is None:
        return False
    now = clock.now()
    row.lease_until = Now() + LEASE
    row.waits = _waits(waits) if waits else {}
    if reached is not None:
        _take_over(row, reached, now)
        if row.window_opened_at is None:  # a node that was restored from a copy knows nothing of the first window
            row.window_opened_at, row.window_lsn, row.window_counts = now, row.lsn, row.counts
        if window_is_due(opened_at=row.window_opened_at, changed=has_changed(row), now=now):
            delivery = Delivery.objects.select_related("grant", "consumer", "provider").get(pk=row.pk)
            close_window(row, delivery, clock)
    row.save()
    return True


def _waits(waits: Waits) -> dict[str, Any]:
    since = waits.since.isoformat() if waits.since else None
    return asdict(waits) | {"began": waits.began.isoformat(), "since": since}


def _take_over(row: Following, reached: Reached, now: datetime) -> None:
    more = max(0, reached.counts.changes - Counts(**row.counts).changes)
    note_counts(row, reached)
    row.seen, row.heard_at = reached.seen, reached.heard_at
    row.in_step_at = max(filter(None, (row.in_step_at, reached.in_step_at)), default=None)
    row.together = reached.together
    if more:
        row.moved_at = now
    behind = int((now - row.in_step_at).total_seconds() * 1000) if row.in_step_at else 0
    at = int(now.timestamp()) // BEAT_SECONDS * BEAT_SECONDS
    if row.beats and row.beats[-1][0] == at:
        row.beats[-1] = [at, row.beats[-1][1] + more, max(behind, 0)]
    else:
        row.beats = [*row.beats[1 - BEATS :], [at, more, max(behind, 0)]]


def why_stop(*, carriage: Carriage, holder: UUID) -> StopWord | None:
    """Return why a follower must stop: `stopped` by a person or another holder, `revoked` with its ticket, or None."""
    row = (
        Delivery.objects.filter(
            pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING, following__holder=holder
        )
        .values("cancel_asked_at", "pause_asked_at", "ticket_id")
        .first()
    )
    if row is None or row["cancel_asked_at"] or row["pause_asked_at"]:
        return "stopped"
    return None if grants.is_in_force(row["ticket_id"]) else "revoked"


@transaction.atomic
def note_copied(*, carriage: Carriage, holder: UUID, outcome: Outcome, because: str, clock: Clock) -> None:
    """Put on record that a table that is followed was copied, counted and compared. Safe to tell twice."""
    delivery = locked().get(pk=carriage.id)
    row = _held(carriage, holder)
    position = outcome.delivery.rpartition("@")[2]
    if row is None or (row.copies and row.window_lsn == position):
        return
    anew = row.copies > 0
    row.copies += 1
    row.copied_at, row.copied_because = clock.now(), because
    row.lsn = row.window_lsn = position
    row.counts = row.window_counts = asdict(Counts())
    row.window_opened_at, row.committed_at = clock.now(), None
    row.in_step_at = row.moved_at = clock.now()
    row.save()
    delivery.rows_read, delivery.rows_rejected = outcome.rows_read, outcome.rows_rejected
    delivery.rows_written, delivery.rejected = outcome.rows_written, dict(outcome.rejected)
    delivery.digest_source, delivery.digest_target = outcome.digest_source, outcome.digest_target
    delivery.lane, delivery.columns = outcome.lane, [[name, kind] for name, kind in outcome.columns]
    delivery.milliseconds = {phase: round(seconds * 1000) for phase, seconds in outcome.seconds.items()}
    delivery.rejects_kept = RejectedRow.objects.filter(delivery=delivery).count()
    delivery.save()
    grant = delivery.grant
    record(
        DELIVERY_COPIED,
        delivery,
        actor=WORKER,
        clock=clock,
        grant=grant.number,
        request=grant.request,
        ticket=str(delivery.ticket_id),
        entry=grant.entry_code,
        provider=delivery.provider.credit_code,
        consumer=delivery.consumer.credit_code,
        because=because,
        position=position,
        lane=outcome.lane,
        rows_read=outcome.rows_read,
        rows_rejected=outcome.rows_rejected,
        rejected=delivery.rejected,
        rows_written=outcome.rows_written,
        bytes=outcome.bytes,
        digest_source=outcome.digest_source,
        digest_target=outcome.digest_target,
        columns=[name for name, _kind in outcome.columns],
        attempt=delivery.attempt,
        milliseconds=delivery.milliseconds,
    )
    told = (delivery.number, grant.number, grant.request)
    events.announce(terms.DeliveryDone(*told, rows=outcome.rows_written, at=clock.now()))
    if anew:
        events.announce(FollowedAnew(*told, cause=because, at=clock.now()))


@transaction.atomic
def note_rejected(*, delivery_id: UUID, reasons: dict[str, int], rows: int) -> None:
    """Count rows that failed a check while changes were followed."""
    delivery = locked().get(pk=delivery_id)
    delivery.rows_rejected = (delivery.rows_rejected or 0) + rows
    for reason, count in reasons.items():
        delivery.rejected[reason] = delivery.rejected.get(reason, 0) + count
    delivery.rejects_kept = RejectedRow.objects.filter(delivery=delivery).count()
    delivery.save(update_fields=["rows_rejected", "rejected", "rejects_kept"])


@transaction.atomic
def settle_following(
    *,
    carriage: Carriage,
    holder: UUID,
    error: Refusal,
    transient: bool,
    reached: Reached | None,
    leaving: bool = False,
    clock: Clock,
) -> Delivery | None:
    """Put on record how a run of a follower ended; None when it is another's by now.

    Args:
        carriage: The try.
        holder: The process.
        error: Why it ended; following ends by no other way.
        transient: Whether it may go on with nobody changing anything.
        reached: The last that the data plane said.
        leaving: Whether the process was told to end, so that another goes on at once.
        clock: For the record.
    """
    delivery = locked().filter(pk=carriage.id, attempt=carriage.attempt, status=DeliveryStatus.RUNNING).first()
    row = _held(carriage, holder)
    if delivery is None or row is None:
        return None
    if reached is not None:
        _take_over(row, reached, clock.now())
    close_window(row, delivery, clock)
    row.holder, row.lease_until, row.together, row.waits = None, None, 0, {}
    row.save()
    if leaving:
        delivery.status, delivery.next_try_at = DeliveryStatus.WAITING, Now()
        delivery.save(update_fields=["status", "next_try_at"])
        code, none = "deliveries.worker_left", 0
        record(
            terms.DELIVERY_PAUSED,
            delivery,
            actor=WORKER,
            clock=clock,
            attempt=delivery.attempt,
            code=code,
            pause_seconds=none,
        )
        return delivery
    over = isinstance(error, Revoked) or (isinstance(error, TicketRefused) and error.reason in ENDED)
    following = decide.after_failure(facts(delivery), transient=transient, ticket_over=over)
    if following.pause is not None:
        pause_try(delivery, following.pause, error, clock)
        Delivery.objects.filter(pk=delivery.pk).update(next_try_at=Now() + following.pause)
        return delivery
    delivery.following = row
    end_try(delivery, following.status, error, clock)
    _ended(delivery, clock)
    return delivery


def _ended(delivery: Delivery, clock: Clock) -> None:
    if delivery.status in (DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED):
        leave_slot(delivery, clock)
    Following.objects.filter(pk=delivery.pk).update(holder=None, lease_until=None)


def _held(carriage: Carriage, holder: UUID) -> Following | None:
    return (
        Following.objects.select_for_update()
        .filter(pk=carriage.id, attempt=carriage.attempt, holder=holder)
        .exclude(slot_state=SlotState.LEAVING)
        .first()
    )
