"""How an entry gets into force."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import digest
from hefu.rooms.bases import queries as bases
from hefu.rooms.catalog import decide, errors, queries, terms
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of, fill, write_items
from hefu.rooms.catalog.services._law import (
    meet_own_clocks,
    meet_review_clock,
    start_fix_clock,
    start_review_clock,
)
from hefu.rooms.catalog.services._locked import facts, locked
from hefu.rooms.catalog.services._versions import announce_version, freeze
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import (
    EntrySubmitted,
    ShareType,
    Status,
    Verdict,
)
from hefu.rooms.evidence.services import record


@transaction.atomic
def submit_entry(*, entry_id: UUID, actor: Actor, clock: Clock) -> Entry:
    """Sign an entry or change off as the department's head and send it to the authority.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: The actor is not the chief of its department.
        MoveNotAllowed: Not a draft or returned.
        EntryIncomplete: Something the law asks is missing; all of it is named.
        SecretRefused, BasisNotEnough: As at drafting.
        ConditionsWithoutBasis: Conditions rest on a text that the law of the place does not accept for them.
        BasisEnded: The text that keeps data back, or sets the conditions, holds no more.
    """
    row = locked(entry_id, "catalog.submit", actor)
    asked = queries.asked_of(content_of(row), place=row.provider.place, on=clock.today())
    row.status = decide.submit(facts(row, on=clock.today()), asked)
    _refuse_ended_basis(row, asked, clock=clock)
    row.signed_by, row.signed_name, row.signed_for = actor.id, actor.name, actor.department_id
    row.submitted_at = row.changed_at = clock.now()
    row.reasons = ""
    row.save()
    content = content_of(row)
    record(
        terms.ENTRY_SUBMITTED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_13],
        concerns=[row.provider_id],
        body={
            "code": row.code,
            "provider": row.provider.credit_code,
            "secrecy": row.secrecy,
            "personal_info": row.personal_info,
            "assessed_on": row.assessed_on,
            "digest": digest(to_json(content)),
        },
    )
    meet_own_clocks(row, actor=actor, clock=clock)
    start_review_clock(row, actor=actor, clock=clock)
    announce(EntrySubmitted(row.pk, row.code, row.provider_id, actor, clock.now()))
    return row


def _refuse_ended_basis(row: Entry, asked: decide.Asked, *, clock: Clock) -> None:
    if decide.needs_basis(content_of(row), asked):
        text = bases.ended(row.basis_title, on=clock.today())
        if text is not None:
            raise errors.BasisEnded(title=text.title, until=text.holds_until)


@transaction.atomic
def review_entry(*, entry_id: UUID, verdict: Verdict, reasons: str = "", actor: Actor, clock: Clock) -> Entry:
    """Approve an entry or change, which puts it into force, or return it with reasons.

    Returns:
        The entry in force when approved (the change is gone then), else the returned row.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: The actor does not review for the authority.
        MoveNotAllowed: Not in review.
        OwnWork: The actor wrote or signed it.
        ReasonsNeeded: Returned without a reason.
    """
    row = locked(entry_id, "catalog.review", actor)
    status = decide.review(facts(row), verdict=verdict, reasons=reasons, reviewer=actor)
    row.reviewed_by, row.reviewed_name, row.reviewed_at = actor.id, actor.name, clock.now()
    meet_review_clock(row, actor=actor, clock=clock)
    if status is Status.RETURNED:
        returned = _return(row, reasons.strip(), actor=actor, at=clock.now())
        start_fix_clock(returned, actor=actor, clock=clock)
        return returned
    return _publish(row, actor=actor, at=clock.now())


def _return(row: Entry, reasons: str, *, actor: Actor, at: datetime) -> Entry:
    row.status, row.reasons, row.changed_at = Status.RETURNED, reasons, at
    row.save()
    record(
        terms.ENTRY_RETURNED,
        subject=row.code,
        by=actor,
        at=at,
        basis=[terms.ART_16],
        concerns=[row.provider_id],
        body={"code": row.code, "reasons": reasons, "digest": digest(to_json(content_of(row)))},
    )
    return row


def _publish(row: Entry, *, actor: Actor, at: datetime) -> Entry:
    entry = row
    was = ShareType(row.changes_to.share_type) if row.changes_to else None
    if row.changes_to:
        entry = _copied_onto_entry(row, row.changes_to.pk, at=at)
    entry.status, entry.version = Status.PUBLISHED, entry.version + 1
    entry.carried_over, entry.published_at, entry.changed_at = False, at, at
    entry.save()
    made = freeze(entry, content_of(entry), approved_name=actor.name, at=at)
    made.save(force_insert=True)
    record(
        terms.ENTRY_PUBLISHED,
        subject=entry.code,
        by=actor,
        at=at,
        basis=[terms.ART_16],
        concerns=[entry.provider_id],
        body={
            "code": entry.code,
            "version": entry.version,
            "provider": entry.provider.credit_code,
            "share_type": entry.share_type,
            "digest": made.digest,
        },
    )
    announce_version(entry, was=was, at=at)
    return entry


def _copied_onto_entry(change: Entry, onto: UUID, *, at: datetime) -> Entry:
    entry = Entry.objects.select_for_update(of=("self",)).select_related("provider").get(pk=onto)
    content = content_of(change)
    for name in (
        *("author", "author_name", "signed_by", "signed_name", "signed_for"),
        *("submitted_at", "reviewed_by", "reviewed_name", "reviewed_at"),
    ):
        setattr(entry, name, getattr(change, name))
    change.delete()
    fill(entry, content, provider_name=entry.provider.name, at=at)
    write_items(entry, content.items, at=at, adopt=True)
    return entry
