"""How a follower fares, and what becomes of its slot. Pure."""

from datetime import datetime, timedelta

from hefu.rooms.deliveries.terms import OPEN, DeliveryStatus
from hefu.rooms.deliveries.terms.following import (
    ALONE_AFTER,
    DROP_RETRIES,
    IN_STEP_WITHIN,
    LEASE,
    RED,
    RED_AFTER,
    TOLD_AFTER,
    WINDOW,
    Pulse,
    PulseFacts,
)


def pulse(facts: PulseFacts, *, now: datetime) -> Pulse:
    """Say how a follower fares: by what moved, never by what it says of itself."""
    status = DeliveryStatus(facts.status)
    if status not in OPEN:
        return Pulse.AT_REST
    if status is DeliveryStatus.WAITING:
        if facts.crowded:
            return Pulse.CROWDED
        if facts.pauses:
            return Pulse.TRYING
        due = facts.next_try_at or now
        return Pulse.ALONE if now - due >= ALONE_AFTER else Pulse.CATCHING_UP
    if facts.heartbeat_at is None or now - facts.heartbeat_at >= LEASE:
        return Pulse.SILENT
    moved = max(filter(None, (facts.moved_at, facts.in_step_at)), default=facts.heartbeat_at)
    if facts.waits_since is not None:
        return Pulse.HELD if now - facts.waits_since < RED_AFTER else Pulse.HELD_UP
    if facts.phase != "follow":
        return Pulse.COPYING if now - moved < RED_AFTER else Pulse.STILL
    if facts.in_step_at is not None and now - facts.in_step_at < IN_STEP_WITHIN:
        return Pulse.IN_STEP
    if facts.heard_at is not None and now - facts.heard_at >= RED_AFTER / 2 and now - moved >= RED_AFTER / 2:
        return Pulse.DEAF
    return Pulse.CATCHING_UP if now - moved < RED_AFTER else Pulse.STILL


def alarm(now_feels: Pulse, *, raised: Pulse | None, changed_at: datetime | None, now: datetime) -> bool | None:
    """Say whether to raise an alarm (True), to clear the one raised (False), or to leave things (None).

    Args:
        now_feels: The pulse now.
        raised: The pulse for which alarm was raised, if it was.
        changed_at: Since when the pulse has been on this side of red, as far as it was noted.
        now: The instant.
    """
    lasts = changed_at is not None and now - changed_at >= TOLD_AFTER
    if now_feels in RED:
        return True if raised is None and lasts else None
    if raised is None:
        return None
    return False if lasts or now_feels is Pulse.AT_REST else None


def window_is_due(*, opened_at: datetime, changed: bool, now: datetime) -> bool:
    """Return whether what was done since `opened_at` is put on record now."""
    return changed and now - opened_at >= WINDOW


def next_drop(tries: int) -> timedelta:
    """Return the pause before a slot is dropped again that could not be, `tries` times."""
    return DROP_RETRIES[min(tries, len(DROP_RETRIES)) - 1]
