"""What may be collected by whom, what becomes of a run after each try, and how fresh a holding is. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hefu.dataplane.errors import ColumnsAlike
from hefu.dataplane.lake.table import alike
from hefu.kernel.words import Sentence, _
from hefu.rooms.catalog.terms import Grade, PersonalInfo, ShareType, UpdateCycle
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
    FieldShare,
    Freshness,
    Next,
    RunFacts,
    RunStatus,
    SourceColumn,
)

#: The strictest first.
_GRADES = (Grade.CORE, Grade.IMPORTANT, Grade.GENERAL)
_PERSONAL = (PersonalInfo.SENSITIVE, PersonalInfo.PERSONAL, PersonalInfo.NONE)

NOT_SHARED = _("entry {entry} is not shared")
NOT_ON = _("what is shared conditionally of entry {entry} may be passed on to nobody")
NOT_AGREED = _("{department} has not let the library share column {column} of holding {holding} on")


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


def share_of(name: str, sources: Sequence[SourceColumn]) -> FieldShare:
    """Return what a library may share of a field: what all of its sources let it.

    Source: decree 809 art. 14 (what is not shared), art. 25 or the stricter rule `use.onward_transfer` of the
    source's place (what was shared on conditions goes on with its department's consent alone).
    """
    kept = next((one for one in sources if one.share_type in (ShareType.NONE, None)), None)
    if kept is not None:
        why = Sentence(NOT_SHARED, code="library.not_shared", entry=kept.entry)
        return FieldShare(name, tuple(sources), ShareType.NONE, why, ART_14)
    bound = [one for one in sources if one.share_type is ShareType.CONDITIONAL]
    strictest = ShareType.CONDITIONAL if bound else ShareType.UNCONDITIONAL
    closed = next((one for one in bound if not one.own and one.passing_on == "never"), None)
    if closed is not None:
        why = Sentence(NOT_ON, code="library.not_on", entry=closed.entry)
        return FieldShare(name, tuple(sources), strictest, why, closed.source)
    unasked = next((one for one in bound if not (one.own or one.agreed)), None)
    if unasked is not None:
        why = Sentence(
            NOT_AGREED, code="library.not_agreed", department=unasked.department, holding=unasked.holding,
            column=unasked.column,
        )  # fmt: skip
        return FieldShare(name, tuple(sources), strictest, why, unasked.source)
    return FieldShare(name, tuple(sources), strictest, "")


def strictest(grades: Iterable[str | None]) -> Grade | None:
    """Return the strictest of some grades; None when none is stated."""
    found = set(grades)
    return next((one for one in _GRADES if one in found), None)


def most_personal(findings: Iterable[str | None]) -> PersonalInfo | None:
    """Return the gravest of some findings of personal information; None when none is stated."""
    found = set(findings)
    return next((one for one in _PERSONAL if one in found), None)


def is_as_strict(stated: str | None, source: str | None) -> bool:
    """Return whether a grade is at least as strict as a source's; what is not stated counts as the least."""
    return strictest([stated or Grade.GENERAL, source]) == (stated or Grade.GENERAL)


def is_as_personal(stated: str | None, source: str | None) -> bool:
    """Return whether a finding is at least as grave as a source's; what is not stated counts as none."""
    return most_personal([stated or PersonalInfo.NONE, source]) == (stated or PersonalInfo.NONE)


def freshness(cycle: str, *, collected_at: datetime | None, now: datetime) -> Freshness:
    """Return how a holding stands against its entry's update cycle."""
    if collected_at is None:
        return Freshness.NEVER
    bound = FRESH_FOR.get(UpdateCycle(cycle)) if cycle else None
    if bound is None:
        return Freshness.UNBOUND
    return Freshness.FRESH if now - collected_at <= bound else Freshness.LATE
