"""What an entry must follow: a change of law, of a decision or of duties starts its department's time to update."""

from datetime import date
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import decide, terms
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.services._law import extend_update_clock, start_update_clock
from hefu.rooms.catalog.services._locked import locked
from hefu.rooms.catalog.terms import CAUSE_RULES, Cause, Status
from hefu.rooms.evidence.services import record


@transaction.atomic
def note_cause(*, entry_id: UUID, cause: Cause, on: date, note: str, actor: Actor, clock: Clock) -> Entry:
    """Note that something changed which an entry in force must follow; from that day its department's time runs.

    The time is met when the department hands in the entry's next version, or when the entry is withdrawn. A second
    cause while the first is still owed is recorded and leaves the clock as it is: the nearer day binds.

    Args:
        entry_id: An entry in force.
        cause: What changed.
        on: The day on which it changed; not in the future.
        note: Which law, decision or duty it is.
        actor: Officer or chief of the department, or the authority's reviewer.
        clock: Tells the time.

    Raises:
        NotFound, Forbidden: As everywhere.
        MoveNotAllowed: Not in force.
        InputsRejected: No note, or a day to come.

    Source: decree 809 art. 17; rules `catalog.update`, `catalog.refresh_entry`.
    """
    row = locked(entry_id, "catalog.note_cause", actor)
    decide.must_follow(row.code, Status(row.status), is_change=row.is_change)
    problems = {}
    if not note.strip():
        problems["note"] = _("Say which law, decision or duty changed.")
    if on > clock.today():
        problems["on"] = _("That day is still to come. Note it when it has come.")
    if problems:
        raise InputsRejected(problems=problems)
    started = start_update_clock(row, CAUSE_RULES[cause], on=on, actor=actor, clock=clock)
    record(
        terms.CAUSE_NOTED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.provider_id],
        body={
            "code": row.code,
            "cause": cause,
            "on": on,
            "due_on": started.due_on if started else None,
            "note": sha256(note.strip().encode()),
        },
    )
    return row


@transaction.atomic
def extend_update(*, entry_id: UUID, days: int, reason: str, actor: Actor, clock: Clock) -> Entry:
    """Consent to more time for an update, once; the last day is still in time.

    Args:
        entry_id: The entry in force whose update is owed.
        days: Working days, at most what the law allows.
        reason: What is special about it; the department reads it.
        actor: The authority's reviewer.
        clock: Tells the time.

    Raises:
        NotFound, Forbidden: As everywhere.
        InputsRejected: No reason, or more days than the law allows.
        NoOpenClock: Nothing is owed under the rule.
        PeriodOver, ExtendedBefore: The last day has passed, or it was extended before.
        NoRuleInForce: The law of the place gives no extension.

    Source: decree 809 art. 17; rule `catalog.update_extension`.
    """
    row = locked(entry_id, "catalog.extend_update", actor)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("Say what is special about this update.")})
    before, longer = extend_update_clock(row, days, reason=reason.strip(), actor=actor, clock=clock)
    record(
        terms.UPDATE_EXTENDED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.provider_id],
        body={
            "code": row.code,
            "days": days,
            "due_before": before,
            "due_on": longer,
            "reason": sha256(reason.strip().encode()),
        },
    )
    return row


def text_ended(*, codes: list[str], title: str, on: date, actor: Actor, clock: Clock) -> list[str]:
    """Start the time to update of every entry in force that rests on an ended legal text; return their codes."""
    rows = Entry.objects.filter(code__in=codes, status=Status.PUBLISHED, changes_to__isnull=True).order_by("code")
    for row in rows:
        note_cause(entry_id=row.pk, cause=Cause.LAW, on=on, note=title, actor=actor, clock=clock)
    return [row.code for row in rows]
