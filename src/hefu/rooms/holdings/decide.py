"""What may be collected by whom, what becomes of a run after each try, and how fresh a holding is. Pure."""

from datetime import datetime

from hefu.dataplane.errors import ColumnsAlike
from hefu.dataplane.lake.table import alike
from hefu.rooms.catalog.terms import ShareType, UpdateCycle
from hefu.rooms.holdings import errors
from hefu.rooms.holdings.terms import (
    ART_14,
    FRESH_FOR,
    MOST_TAKEOVERS,
    MOVES,
    OPEN,
    PAUSES,
    STATUS_NAMES,
    EntryNow,
    Freshness,
    Next,
    RunFacts,
    RunStatus,
)


def open_holding(entry: EntryNow, *, own: bool) -> None:
    """Let an entry's rows be collected.

    Args:
        entry: As it stands.
        own: Whether the entry's own department asks, or the platform for it.

    Raises:
        NothingToCollect: There is nothing to read.
        NotToBeCollected: It is not shared, and another asks.
        ColumnsAlike: Its columns differ by upper and lower case alone.
        AlreadyHeld: It has a holding.

    Source: 全国一体化政务大数据体系建设指南 3.1; decree 809 art. 14 for what is not shared.
    """
    if not (entry.published and entry.mounted and entry.keyed):
        raise errors.NothingToCollect(entry=entry.code)
    if entry.share_type in (ShareType.NONE, None) and not own:
        raise errors.NotToBeCollected(entry=entry.code, source=str(ART_14), citation=ART_14)
    if same := alike(entry.columns):
        raise ColumnsAlike(names=", ".join(same))
    if entry.holding:
        raise errors.AlreadyHeld(entry=entry.code, holding=entry.holding)


def move(run: RunFacts, wanted: RunStatus) -> RunStatus:
    """Return `wanted` when the run may become it.

    Raises:
        RunMoveRefused: It may not.
    """
    if wanted not in MOVES[run.status]:
        raise errors.RunMoveRefused(number=run.number, status=STATUS_NAMES[run.status], wanted=STATUS_NAMES[wanted])
    return wanted


def take_up(run: RunFacts) -> Next:
    """Say what a worker that holds the run's lock does with it; one found running has lost its worker."""
    if run.status not in OPEN:
        return Next(run.status)
    if run.cancel_asked:
        return Next(move(run, RunStatus.CANCELLED))
    if run.status is RunStatus.RUNNING and run.takeovers >= MOST_TAKEOVERS:
        return Next(move(run, RunStatus.FAILED))
    return Next(move(run, RunStatus.RUNNING))


def after_failure(run: RunFacts, *, transient: bool) -> Next:
    """Say what follows a try that failed; `transient` when the same try may succeed later."""
    if run.cancel_asked:
        return Next(move(run, RunStatus.CANCELLED))
    if transient and run.pauses < len(PAUSES):
        return Next(move(run, RunStatus.WAITING), PAUSES[run.pauses])
    return Next(move(run, RunStatus.FAILED))


def freshness(cycle: str, *, collected_at: datetime | None, now: datetime) -> Freshness:
    """Return how a holding stands against its entry's update cycle."""
    if collected_at is None:
        return Freshness.NEVER
    bound = FRESH_FOR.get(UpdateCycle(cycle)) if cycle else None
    if bound is None:
        return Freshness.UNBOUND
    return Freshness.FRESH if now - collected_at <= bound else Freshness.LATE
