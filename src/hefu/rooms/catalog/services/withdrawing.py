"""How an entry leaves the catalogue: at once, or after the authority's review where the law asks for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _
from hefu.rooms.catalog import decide, errors, terms
from hefu.rooms.catalog.access import may, visible
from hefu.rooms.catalog.models import Entry, Withdrawal
from hefu.rooms.catalog.services._law import (
    cancel_change_clocks,
    meet_own_clocks,
    meet_withdrawal_clock,
    start_withdrawal_clock,
)
from hefu.rooms.catalog.services._locked import facts, locked
from hefu.rooms.catalog.terms import EntryWithdrawn, Status
from hefu.rooms.evidence.services import record

#: Entries withdrawn by one act at most.
MOST_AT_ONCE = 500


@transaction.atomic
def withdraw_entry(*, entry_id: UUID, reason: str, actor: Actor, clock: Clock) -> Entry:
    """Take an entry out of the catalogue, or ask the authority for it where the law of its place says so.

    What it said stays readable; an open change of it is dropped. While the authority reviews, the entry stays in
    force. The authority's own reviewer withdraws at once, also what a department has asked for.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Neither its department's chief nor the authority's reviewer.
        MoveNotAllowed: Not published.
        ReasonsNeeded: No reason.
        WithdrawalOpen: The department has asked before and the authority has not said its word.

    Source: rule `catalog.withdrawal_review`.
    """
    row = locked(entry_id, "catalog.withdraw", actor)
    decide.withdraw(facts(row), reason=reason)
    asked = _open(row)
    if may(actor, "catalog.review", row.provider_id):
        if asked:
            _close(asked, agreed=True, actor=actor, clock=clock)
        return _take_out(row, reason.strip(), actor=actor, clock=clock)
    if asked:
        raise errors.WithdrawalOpen(code=row.code)
    started = start_withdrawal_clock(row, actor=actor, clock=clock)
    if started is None:
        return _take_out(row, reason.strip(), actor=actor, clock=clock)
    Withdrawal.objects.create(
        id=new_id(clock.now()),
        entry=row,
        reason=reason.strip(),
        asked_by=actor.id,
        asked_name=actor.name,
        asked_at=clock.now(),
    )
    record(
        terms.WITHDRAWAL_ASKED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[started.article],
        concerns=[row.provider_id],
        body={
            "code": row.code,
            "version": row.version,
            "due_on": started.due_on,
            "reason": sha256(reason.strip().encode()),
        },
    )
    return row


@dataclass(frozen=True)
class Left:
    """What became of one entry that was to leave together with others."""

    entry_id: UUID
    name: str
    #: Out of the catalogue; else the authority was asked, unless it was refused.
    over: bool = False
    refused: Refusal | None = None


@transaction.atomic
def withdraw_entries(*, entry_ids: Sequence[UUID], reason: str, actor: Actor, clock: Clock) -> list[Left]:
    """Withdraw several entries for one reason, each as `withdraw_entry` does it; what is refused stays as it is.

    Raises:
        InputsRejected: None or too many were chosen, or no reason is given.
    """
    chosen = list(dict.fromkeys(entry_ids))
    problems = {}
    if not chosen:
        problems["pick"] = _("Choose at least one entry.")
    if len(chosen) > MOST_AT_ONCE:
        problems["pick"] = _("Choose at most 500 entries at once.")
    if not reason.strip():
        problems["reason"] = _("This is needed.")
    if problems:
        raise InputsRejected(problems=problems)
    return [_one_of_many(entry_id, reason, actor=actor, clock=clock) for entry_id in chosen]


def _one_of_many(entry_id: UUID, reason: str, *, actor: Actor, clock: Clock) -> Left:
    name = Entry.objects.filter(visible(actor), pk=entry_id).values_list("name", flat=True).first() or str(entry_id)
    try:
        with transaction.atomic():
            row = withdraw_entry(entry_id=entry_id, reason=reason, actor=actor, clock=clock)
    except Refusal as refusal:
        return Left(entry_id, name, refused=refusal)
    return Left(entry_id, name, over=row.status == Status.WITHDRAWN)


@transaction.atomic
def review_withdrawal(*, entry_id: UUID, agrees: bool, reasons: str = "", actor: Actor, clock: Clock) -> Entry:
    """Agree to a withdrawal that a department asked for, which then takes effect, or decline it with reasons.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: The actor does not review for the authority.
        NoWithdrawalAsked: Nothing waits.
        OwnWork: The actor asked for it.
        ReasonsNeeded: Declined without a reason.
    """
    row = locked(entry_id, "catalog.review", actor)
    asked = _open(row)
    if asked is None:
        raise errors.NoWithdrawalAsked(code=row.code)
    decide.review_withdrawal(row.code, asked_by=asked.asked_by, agrees=agrees, reasons=reasons, reviewer=actor)
    _close(asked, agreed=agrees, note=reasons.strip(), actor=actor, clock=clock)
    meet_withdrawal_clock(row, actor=actor, clock=clock)
    if agrees:
        return _take_out(row, asked.reason, actor=actor, clock=clock)
    record(
        terms.WITHDRAWAL_DECLINED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_16],
        concerns=[row.provider_id],
        body={"code": row.code, "version": row.version, "reasons": sha256(reasons.strip().encode())},
    )
    return row


def _open(row: Entry) -> Withdrawal | None:
    return Withdrawal.objects.select_for_update().filter(entry=row, decided_at__isnull=True).first()


def _close(asked: Withdrawal, *, agreed: bool, note: str = "", actor: Actor, clock: Clock) -> None:
    asked.agreed, asked.note, asked.decided_name, asked.decided_at = agreed, note, actor.name, clock.now()
    asked.save(update_fields=["agreed", "note", "decided_name", "decided_at"])


def _take_out(row: Entry, reason: str, *, actor: Actor, clock: Clock) -> Entry:
    row.status = decide.withdraw(facts(row), reason=reason)
    row.reasons = reason
    row.withdrawn_at = row.changed_at = clock.now()
    row.save()
    Entry.objects.filter(changes_to=row).delete()
    cancel_change_clocks(row, reason="withdrawn", actor=actor, clock=clock)
    meet_own_clocks(row, actor=actor, clock=clock)
    meet_withdrawal_clock(row, actor=actor, clock=clock)
    record(
        terms.ENTRY_WITHDRAWN,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.provider_id],
        body={"code": row.code, "version": row.version, "reason": row.reasons},
    )
    announce(EntryWithdrawn(row.pk, row.code, row.provider_id, row.reasons, clock.now()))
    return row
