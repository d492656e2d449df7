"""Whether a delivery may start, and what becomes of it after each try. Pure."""

import re
from datetime import date, datetime, timedelta

from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.terms import (
    MOST_TAKEOVERS,
    MOVES,
    OPEN,
    PAUSES,
    SILENT_AFTER,
    STATUS_NAMES,
    STILL_AFTER,
    DeliveryFacts,
    DeliveryStatus,
    GrantNow,
    Next,
    Quiet,
)
from hefu.rooms.deliveries.terms.following import RETRIES
from hefu.rooms.grants.terms import STATUS_NAMES as GRANT_STATUS_NAMES
from hefu.rooms.grants.terms import GrantStatus, Way

#: What a file's name has none of, so that every server and system takes it.
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def start(grant: GrantNow, *, today: date) -> None:
    """Let a delivery start under the grant.

    Args:
        grant: As it stands.
        today: In the office's zone; first and last day of the term are in time.

    Raises:
        GrantNotActive: It waits, is held or over.
        TermNotBegun, TermOver: Today is outside the term.
        DeliveryOpen: Another delivery of the grant waits or runs.
        QuotaUsed: As many deliveries as the grant allows were started.
    """
    if grant.status is not GrantStatus.ACTIVE:
        raise errors.GrantNotActive(grant=grant.number, status=GRANT_STATUS_NAMES[grant.status])
    if today < grant.term_from:
        raise errors.TermNotBegun(grant=grant.number, term_from=grant.term_from)
    if today > grant.term_until:
        raise errors.TermOver(grant=grant.number, term_until=grant.term_until)
    if grant.open_delivery:
        raise errors.DeliveryOpen(grant=grant.number, delivery=grant.open_delivery)
    if grant.quota_deliveries is not None and grant.started >= grant.quota_deliveries:
        raise errors.QuotaUsed(grant=grant.number, quota=grant.quota_deliveries)


def starts_itself(grant: GrantNow, *, today: date, resumed: bool = False) -> bool:
    """Return whether the platform starts a delivery without being asked.

    It does when a ticket is new and the term has begun. A lifted hold changes no row, so rows that
    arrived before it are not sent again; what is kept in step goes on being kept so.
    """
    if resumed and grant.arrived and grant.way is not Way.FOLLOW:
        return False
    try:
        start(grant, today=today)
    except (errors.GrantNotActive, errors.TermNotBegun, errors.TermOver, errors.DeliveryOpen, errors.QuotaUsed):
        return False
    return True


def move(delivery: DeliveryFacts, wanted: DeliveryStatus) -> DeliveryStatus:
    """Return `wanted` when the delivery may become it.

    Raises:
        DeliveryMoveRefused: It may not.
    """
    if wanted not in MOVES[delivery.status]:
        raise errors.DeliveryMoveRefused(
            number=delivery.number, status=STATUS_NAMES[delivery.status], wanted=STATUS_NAMES[wanted]
        )
    return wanted


def take_up(delivery: DeliveryFacts) -> Next:
    """Say what a worker that holds the delivery's lock does with it.

    A delivery found running has lost its worker: it is taken over, but not for ever.

    Returns:
        RUNNING to carry it; the status it has when there is nothing to do; CANCELLED, STOPPED or
        FAILED when it ends here.
    """
    if delivery.status not in OPEN:
        return Next(delivery.status)
    if not delivery.ticket_in_force:
        return Next(move(delivery, DeliveryStatus.STOPPED))
    if delivery.cancel_asked:
        return Next(move(delivery, DeliveryStatus.CANCELLED))
    if delivery.pause_asked:
        return Next(move(delivery, DeliveryStatus.PAUSED))
    if delivery.status is DeliveryStatus.RUNNING and delivery.takeovers >= MOST_TAKEOVERS:
        return Next(move(delivery, DeliveryStatus.FAILED))
    return Next(move(delivery, DeliveryStatus.RUNNING))


def after_failure(delivery: DeliveryFacts, *, transient: bool, ticket_over: bool = False) -> Next:
    """Say what follows a try that failed.

    Args:
        delivery: As it stands; `pauses` counts the tries that failed for now since a row moved.
        transient: Whether the same try may succeed later with nobody changing anything.
        ticket_over: Whether the data plane found that the ticket holds no more.
    """
    if ticket_over or not delivery.ticket_in_force:
        return Next(move(delivery, DeliveryStatus.STOPPED))
    if delivery.cancel_asked:
        return Next(move(delivery, DeliveryStatus.CANCELLED))
    if delivery.pause_asked:
        return Next(move(delivery, DeliveryStatus.PAUSED))
    if transient and delivery.mode is Way.FOLLOW:
        # Networks come back: what is kept in step is never given up for want of one.
        return Next(move(delivery, DeliveryStatus.WAITING), RETRIES[min(delivery.pauses, len(RETRIES) - 1)])
    if transient and delivery.pauses < len(PAUSES):
        return Next(move(delivery, DeliveryStatus.WAITING), PAUSES[delivery.pauses])
    return Next(move(delivery, DeliveryStatus.FAILED))


def cancel(delivery: DeliveryFacts) -> DeliveryStatus:
    """Return the status after somebody asked to stop: a running one stops when its worker hears of it.

    Raises:
        DeliveryMoveRefused: It has ended already.
    """
    if delivery.status is DeliveryStatus.FAILED and delivery.mode is not Way.FOLLOW:
        raise errors.DeliveryMoveRefused(
            number=delivery.number,
            status=STATUS_NAMES[delivery.status],
            wanted=STATUS_NAMES[DeliveryStatus.CANCELLED],
        )
    wanted = move(delivery, DeliveryStatus.CANCELLED)
    return DeliveryStatus.RUNNING if delivery.status is DeliveryStatus.RUNNING else wanted


def retry(delivery: DeliveryFacts) -> DeliveryStatus:
    """Let a failed, cancelled or resting delivery go on.

    Raises:
        DeliveryMoveRefused: It neither failed nor rests nor was cancelled.
        TicketReplaced: Its ticket holds no more.
    """
    if delivery.status is DeliveryStatus.RUNNING:
        raise errors.DeliveryMoveRefused(
            number=delivery.number,
            status=STATUS_NAMES[delivery.status],
            wanted=STATUS_NAMES[DeliveryStatus.WAITING],
        )
    wanted = move(delivery, DeliveryStatus.WAITING)
    if not delivery.ticket_in_force:
        raise errors.TicketReplaced(number=delivery.number)
    return wanted


def take_fewer(delivery: DeliveryFacts) -> None:
    """Let a delivery take far fewer rows all the same.

    Raises:
        NothingHeld: It does not stand failed for that.
    """
    if not delivery.held:
        raise errors.NothingHeld(number=delivery.number)


def pause(delivery: DeliveryFacts) -> DeliveryStatus:
    """Return the status after somebody asked a follower to rest: a running one does when its process hears of it.

    Raises:
        NotAFollower: It brings a whole copy, which ends by itself.
        DeliveryMoveRefused: It does not run.
    """
    if delivery.mode is not Way.FOLLOW:
        raise errors.NotAFollower(number=delivery.number)
    if delivery.status not in OPEN:
        raise errors.DeliveryMoveRefused(
            number=delivery.number,
            status=STATUS_NAMES[delivery.status],
            wanted=STATUS_NAMES[DeliveryStatus.PAUSED],
        )
    wanted = move(delivery, DeliveryStatus.PAUSED)
    return DeliveryStatus.RUNNING if delivery.status is DeliveryStatus.RUNNING else wanted


def quiet(*, now: datetime, heartbeat_at: datetime, last_row_at: datetime | None) -> tuple[Quiet, timedelta]:
    """Return how alive a running delivery is, and for how long it has been so."""
    silent = now - heartbeat_at
    if silent >= SILENT_AFTER:
        return Quiet.SILENT, silent
    still = now - (last_row_at or heartbeat_at)
    return (Quiet.STILL, still) if still >= STILL_AFTER else (Quiet.MOVING, still)


def time_left(*, rows: int, expected: int | None, elapsed: timedelta) -> timedelta | None:
    """Return the estimated time until the last row, or None while there is nothing to estimate from."""
    if not expected or rows <= 0 or elapsed <= timedelta(0):
        return None
    return elapsed * (max(expected - rows, 0) / rows)


def file_name(entry: str, number: str, file_format: str) -> str:
    """Return what a file is called in the consumer's own place, where those of other entries and nodes lie too."""
    return f"{_UNFIT.sub('-', entry).strip('-.')[:100]}-{number}.{file_format}"
