"""What a follower did, put on record window by window."""

from dataclasses import asdict
from typing import Any

from hefu.dataplane.capture.follow import Counts, Reached
from hefu.dataplane.connectors.postgres.followed import Followed
from hefu.kernel.clock import Clock
from hefu.rooms.deliveries.models import Delivery, Following, FollowWindow
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.rows import record
from hefu.rooms.deliveries.terms.following import WINDOW_CLOSED
from hefu.rooms.grants import services as grants


def note_counts(row: Following, reached: Reached | Followed) -> None:
    """Take over, into a row that the caller saves, up to where everything is in and what that was."""
    row.lsn, row.counts = reached.lsn, asdict(reached.counts)
    row.committed_at = reached.committed_at or row.committed_at


def has_changed(row: Following) -> bool:
    """Return whether anything was taken over since the open window began."""
    return Counts(**row.counts) != Counts(**row.window_counts)


def close_window(row: Following, delivery: Delivery, clock: Clock) -> FollowWindow | None:
    """Put on record what was done since the last window, when anything was; the caller saves the row.

    Position and counts were committed in the consumer's database with the rows themselves, and a window is the
    difference of two such, so that after any crash the windows still add up to what was done.
    """
    if row.window_opened_at is None or not has_changed(row):
        return None
    done = Counts(**row.counts) - Counts(**row.window_counts)
    row.windows += 1
    grant = delivery.grant
    body: dict[str, Any] = {
        "grant": grant.number,
        "request": grant.request,
        "ticket": str(delivery.ticket_id),
        "entry": grant.entry_code,
        "provider": delivery.provider.credit_code,
        "consumer": delivery.consumer.credit_code,
        "window": row.windows,
        "copy": row.copies,
        "opened_at": row.window_opened_at,
        "closed_at": clock.now(),
        "position_from": row.window_lsn,
        "position_to": row.lsn,
        "committed_at": row.committed_at,
        "transactions": done.transactions,
        "changes": done.changes,
        "rows_inserted": done.inserted,
        "rows_updated": done.updated,
        "rows_deleted": done.deleted,
        "rows_rejected": done.rejected,
    }
    entry = record(WINDOW_CLOSED, delivery, actor=WORKER, clock=clock, **body)
    window = FollowWindow.objects.create(
        delivery=delivery,
        number=row.windows,
        copy=row.copies,
        opened_at=row.window_opened_at,
        closed_at=clock.now(),
        lsn_from=row.window_lsn,
        lsn_to=row.lsn,
        committed_at=row.committed_at,
        transactions=done.transactions,
        changes=done.changes,
        inserted=done.inserted,
        updated=done.updated,
        deleted=done.deleted,
        rejected=done.rejected,
        evidence=entry.uid,
    )
    row.window_opened_at, row.window_lsn, row.window_counts = clock.now(), row.lsn, row.counts
    grants.note_use(number=grant.number, actor=WORKER, clock=clock)
    return window
