"""Writes of clocks. The room that runs the case calls them after it has checked its own actor.

Each is safe to call twice: what is started, paused, met or cancelled already stays as it is.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor, system
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _
from hefu.law.deadline import Deadline
from hefu.law.errors import PackError
from hefu.law.notices import Notice, check_notice, read_notice
from hefu.law.settings import Settings
from hefu.rooms.clocks import decide, errors, terms
from hefu.rooms.clocks.access import require
from hefu.rooms.clocks.models import CaseClock, HolidayNotice, Office
from hefu.rooms.clocks.queries import Drifting, calendar_of, drift_of, office
from hefu.rooms.clocks.terms import (
    MOVABLE,
    OPEN,
    Cause,
    Change,
    ClockExpired,
    ClockMoved,
    ClockWarned,
    Expire,
    Imported,
    State,
    SweepResult,
    Warn,
)
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind

_SWEEPER = system("sweep")

#: Calendar days beyond twice the longest reminder that no run of rest days reaches.
_REST_RESERVE = 21


@transaction.atomic
def start(
    *,
    subject: str,
    deadline: Deadline,
    place: str,
    responsible_id: UUID,
    concerns: Sequence[UUID] = (),
    actor: Actor,
    clock: Clock,
) -> CaseClock:
    """Start the clock of a case under the deadline's rule; an open one is returned as it is.

    Args:
        subject: Public number of the case.
        deadline: As the law counted it.
        place: Division code whose calendar counted it.
        responsible_id: Department that owes the answer.
        concerns: Other departments that may see the clock.
        actor: Who caused it.
        clock: Tells the time.
    """
    found = _open(subject, deadline.rule)
    if found:
        return found
    row = CaseClock.objects.create(
        id=new_id(clock.now()),
        subject=subject,
        rule=deadline.rule,
        place=place,
        responsible_id=responsible_id,
        concerns=sorted({*concerns} - {responsible_id}),
        started_on=deadline.starts_on,
        due_on=deadline.due_on,
        provisional=deadline.provisional,
        deadline=deadline.as_json(),
    )
    body = {
        **_counted(deadline),
        "started_on": deadline.starts_on,
        "due_on": deadline.due_on,
        "also": [{"pack": str(other.pack), "due_on": other.due_on} for other in deadline.also],
    }
    _record(terms.STARTED, row, body, actor=actor, clock=clock, basis=deadline.citations)
    return row


@transaction.atomic
def pause(*, subject: str, rule: str, reason: str, actor: Actor, clock: Clock) -> CaseClock:
    """Let the clock stand still from today on.

    Raises:
        NoOpenClock: Nothing runs under that rule.
        PeriodOver: The last day has passed.
    """
    row = _required(subject, rule)
    if row.state == State.PAUSED:
        return row
    today = _today(row, clock)
    row.state, row.paused_on = decide.pause(row.facts, today=today), today
    row.changes.append(_change(Change.PAUSED, today, row.due_on, row.due_on, reason=reason))
    row.save(update_fields=["state", "paused_on", "changes"])
    body = {"paused_on": today, "due_on": row.due_on, "reason": reason}
    _record(terms.PAUSED, row, body, actor=actor, clock=clock)
    return row


@transaction.atomic
def resume(*, subject: str, rule: str, actor: Actor, clock: Clock) -> CaseClock:
    """Let a clock that stands still go on; what was left when it stopped is counted again from today.

    One that runs or has expired stays as it is.

    Raises:
        NoOpenClock: Nothing is open under that rule.
        CalendarNotPublished: The new last day lies beyond the calendar.
    """
    row = _required(subject, rule)
    if row.state != State.PAUSED:
        return row
    today, before = _today(row, clock), row.due_on
    row.due_on = decide.resume(row.facts, today=today, calendar=calendar_of(row))
    row.state, row.paused_on, row.reminded = State.RUNNING, None, None
    row.provisional = row.provisional or row.due_on > calendar_of(row).published_until
    row.changes.append(_change(Change.RESUMED, today, before, row.due_on))
    row.save(update_fields=["state", "paused_on", "due_on", "provisional", "reminded", "changes"])
    body = {"resumed_on": today, "due_before": before, "due_on": row.due_on}
    _record(terms.RESUMED, row, body, actor=actor, clock=clock)
    return row


@transaction.atomic
def extend(*, subject: str, rule: str, deadline: Deadline, reason: str = "", actor: Actor, clock: Clock) -> CaseClock:
    """Move the last day on, once. The caller has the authority's consent and tells the requester.

    Args:
        subject: Public number of the case.
        rule: Rule of the clock.
        deadline: The extension as the law counted it from the old last day.
        reason: Why, for the page that explains the clock.
        actor: Who consented.
        clock: Tells the time.

    Raises:
        NoOpenClock: Nothing is open under that rule.
        PeriodOver, ExtendedBefore, ClockPaused, NotLonger: As `decide.extend` says.
    """
    row = _required(subject, rule)
    today, before = _today(row, clock), row.due_on
    row.due_on = decide.extend(row.facts, today=today, until=deadline.due_on)
    row.extended_on, row.reminded = today, None
    row.provisional = row.provisional or deadline.provisional
    row.changes.append(_change(Change.EXTENDED, today, before, row.due_on, deadline, reason))
    row.save(update_fields=["due_on", "extended_on", "reminded", "provisional", "changes"])
    body = {**_counted(deadline), "due_before": before, "due_on": row.due_on}
    _record(terms.EXTENDED, row, body, actor=actor, clock=clock, basis=deadline.citations)
    return row


@transaction.atomic
def meet(*, subject: str, rule: str, actor: Actor, clock: Clock) -> CaseClock | None:
    """Close the clock because what it asks for was done today; None when nothing is open under that rule."""
    row = _open(subject, rule)
    if row is None:
        return None
    today = _today(row, clock)
    row.state, row.closed_on = decide.meet(row.facts, today=today), today
    row.save(update_fields=["state", "closed_on"])
    body = {"due_on": row.due_on, "met_on": today, "in_time": row.state == State.MET}
    _record(terms.MET, row, body, actor=actor, clock=clock, basis=row.in_force.citations)
    return row


@transaction.atomic
def cancel(*, subject: str, rule: str, reason: str, actor: Actor, clock: Clock) -> CaseClock | None:
    """Close the clock because nothing is owed any more; None when nothing is open under that rule."""
    row = _open(subject, rule)
    if row is None:
        return None
    row.state, row.closed_on = decide.cancel(row.facts), _today(row, clock)
    row.save(update_fields=["state", "closed_on"])
    _record(terms.CANCELLED, row, {"due_on": row.due_on, "reason": reason}, actor=actor, clock=clock)
    return row


def sweep(*, actor: Actor = _SWEEPER, clock: Clock) -> SweepResult:
    """Look at every running clock: warn when its last day is near, send it up when that day has passed.

    Each clock is its own transaction, and one that another process looks at is left to that process. So
    sweeps may overlap, die half-way and run again: nothing is said twice and nothing is left out. A day
    that lies before the last sweep's finds nothing to do.
    """
    settings = office()
    latest = clock.today() + timedelta(days=2 * max(settings.reminder_days, default=0) + _REST_RESERVE)
    near = CaseClock.objects.filter(state=State.RUNNING, due_on__lte=latest).order_by("due_on", "id")
    warned, expired, refused = [], [], []
    for clock_id in list(near.values_list("pk", flat=True)):
        try:
            step = _sweep_one(clock_id, settings=settings, actor=actor, clock=clock)
        except Refusal as refusal:
            refused.append((clock_id, str(refusal)))
            continue
        if isinstance(step, Warn):
            warned.append(clock_id)
        elif isinstance(step, Expire):
            expired.append(clock_id)
    return SweepResult(tuple(warned), tuple(expired), tuple(refused))


@transaction.atomic
def _sweep_one(clock_id: UUID, *, settings: Settings, actor: Actor, clock: Clock) -> object:
    row = CaseClock.objects.select_for_update(skip_locked=True).filter(pk=clock_id, state=State.RUNNING).first()
    if row is None:
        return None
    today = _today(row, clock)
    step = decide.sweep(row.facts, today=today, reminders=settings.reminder_days, calendar=calendar_of(row))
    if isinstance(step, Warn):
        row.reminded = step.reminder
        row.save(update_fields=["reminded"])
        _record(terms.WARNED, row, {"due_on": row.due_on, "days_left": step.days_left}, actor=actor, clock=clock)
        announce(ClockWarned(row.subject, row.rule, row.responsible_id, row.due_on, step.days_left, clock.now()))
    elif isinstance(step, Expire):
        row.state, row.expired_on = State.EXPIRED, today
        row.save(update_fields=["state", "expired_on"])
        _record(terms.EXPIRED, row, {"due_on": row.due_on, "seen_on": today}, actor=actor, clock=clock)
        announce(ClockExpired(row.subject, row.rule, row.responsible_id, row.due_on, clock.now()))
    return step


@transaction.atomic
def import_notice(*, text: bytes, file: str, actor: Actor, clock: Clock) -> Imported:
    """Take in the official holiday notice of a year; an earlier one of that year and place is replaced.

    Last days that were provisional are counted again by it, each with evidence, and the parties are told of those
    that move. A notice that says that it corrects a year moves official ones too. Nothing else moves: what rests on
    another article by now, had drifted before, or would fall into the past, waits in the drift report.

    Args:
        text: The file, UTF-8, in the form of `docs/howto/write-a-pack.md`.
        file: Its name, for messages.
        actor: Reviewer or chief of the authority.
        clock: Tells the time.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        NoticeRejected: The file is no notice of a year that is wanted.
    """
    require(actor, "clocks.import_notice")
    notice = _read_notice(text, file)
    movable = CaseClock.objects.select_for_update().filter(state__in=list(MOVABLE)).order_by("id")
    waiting = {row.pk for row in movable if drift_of(row)} if notice.corrects else frozenset()
    earlier = HolidayNotice.objects.filter(year=notice.year, place=notice.place, replaced_at__isnull=True)
    replaced = earlier.update(replaced_at=clock.now())
    HolidayNotice.objects.create(
        id=new_id(clock.now()),
        year=notice.year,
        place=notice.place,
        notice=notice.notice,
        text=notice.text,
        digest=sha256(text),
        imported_by=actor.name,
        imported_at=clock.now(),
    )
    counted, moved, left = 0, [], []
    for row in movable.all():
        drifted = drift_of(row)
        if drifted is None:
            continue
        corrected = notice.corrects and row.pk not in waiting
        if (drifted.clock.provisional or corrected) and _by_calendar_alone(drifted, today=_today(row, clock)):
            counted += 1
            if _recount(row, drifted, Cause.NOTICE, notice.notice, actor=actor, clock=clock):
                moved.append(row.subject)
        else:
            left.append(row.subject)
    body = {
        "year": notice.year,
        "place": notice.place,
        "notice": notice.notice,
        "digest": sha256(text),
        "replaced": replaced > 0,
        "corrects": notice.corrects,
        "counted_again": counted,
        "moved": len(moved),
        "left": len(left),
    }
    record(terms.NOTICE_IMPORTED, subject=f"calendar:{notice.place}", by=actor, at=clock.now(), body=body)
    return Imported(notice.year, notice.place, notice.notice, counted, tuple(moved), tuple(left))


@transaction.atomic
def accept_drift(*, subject: str, rule: str, reason: str, actor: Actor, clock: Clock) -> CaseClock:
    """Move the last day of one clock to what the law of now gives, with evidence and a notice to the parties.

    Args:
        subject: Public number of the case.
        rule: Rule of the clock.
        reason: Why the authority accepts it; the parties read it.
        actor: Reviewer or chief of the authority.
        clock: Tells the time.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        InputsRejected: No reason.
        NoOpenClock: Nothing runs under that rule; an expired clock stays as it fell due.
        NothingDrifted: The law of now gives the day that the clock has.
        NoDateNow: It gives none.
        DriftIntoPast: It gives a day that has passed.
    """
    require(actor, "clocks.accept_drift")
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("Say why; the parties will read it.")})
    row = _required(subject, rule)
    if row.state not in MOVABLE:
        raise errors.NoOpenClock(subject=subject, rule=rule)
    drifted = drift_of(row)
    if drifted is None:
        raise errors.NothingDrifted(subject=subject, rule=rule)
    if drifted.due_on is None:
        raise errors.NoDateNow(subject=subject, why=drifted.why_none)
    if drifted.due_on < _today(row, clock) and drifted.days:
        raise errors.DriftIntoPast(subject=subject, due_on=drifted.due_on)
    _recount(row, drifted, Cause.ACCEPTED, reason.strip(), actor=actor, clock=clock)
    return row


def _read_notice(text: bytes, file: str) -> Notice:
    try:
        notice = read_notice(text.decode("utf-8-sig"), file)
        others = HolidayNotice.objects.filter(replaced_at__isnull=True).exclude(year=notice.year, place=notice.place)
        check_notice(notice, [other.as_law for other in others])
    except UnicodeDecodeError:
        raise errors.NoticeRejected(problem=_("it is not text in UTF-8")) from None
    except PackError as error:
        raise errors.NoticeRejected(problem=str(error)) from None
    return notice


def _by_calendar_alone(drifted: Drifting, *, today: date) -> bool:
    """Say whether a notice may move this clock: it rests on the same law, and is not past by it."""
    if not drifted.same_law or drifted.due_on is None:
        return False
    return drifted.due_on >= today or not drifted.days


def _recount(row: CaseClock, drifted: Drifting, cause: Cause, reason: str, *, actor: Actor, clock: Clock) -> bool:
    """Write the new count down; say whether the last day itself moved."""
    deadline, before = drifted.after, row.due_on
    assert deadline is not None  # noqa: S101 - both callers have seen a day
    assert drifted.due_on is not None  # noqa: S101
    row.due_on, row.provisional = drifted.due_on, drifted.provisional
    moved = row.due_on != before
    if moved:
        row.reminded = None
    row.changes.append(_change(Change.RECOUNTED, _today(row, clock), before, row.due_on, deadline, reason))
    row.save(update_fields=["due_on", "provisional", "reminded", "changes"])
    body = {
        **_counted(deadline),
        "due_before": before,
        "due_on": row.due_on,
        "provisional": row.provisional,
        "cause": cause,
        "reason": sha256(reason.encode()),
    }
    _record(terms.RECOUNTED, row, body, actor=actor, clock=clock, basis=deadline.citations)
    if moved:
        announce(ClockMoved(row.subject, row.rule, row.responsible_id, before, row.due_on, cause, clock.now()))
    return moved


@transaction.atomic
def change_office(*, settings: Settings, actor: Actor, clock: Clock) -> Settings:
    """Set what the law leaves to the authority. Running clocks keep their last day; reminders follow at once.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        InputsRejected: A reminder lies further ahead than 60 working days.
    """
    require(actor, "clocks.change_office")
    if any(days > 60 for days in settings.reminder_days):
        raise InputsRejected(problems={"reminder_days": _("Remind at most 60 working days ahead.")})
    facts_of = {
        "reminder_days": list(settings.reminder_days),
        "cut_off": settings.cut_off,
        "promptly_days": settings.promptly_days,
        "at_once_hours": settings.at_once_hours,
        "set_time_days": settings.set_time_days,
        "on_expiry": settings.on_expiry,
        "pause_while_incomplete": settings.pause_while_incomplete,
    }
    Office.objects.update_or_create(pk=1, defaults={**facts_of, "changed_at": clock.now()})
    body = {**facts_of, "cut_off": settings.cut_off.isoformat() if settings.cut_off else None}
    record(terms.OFFICE_CHANGED, subject="office", by=actor, at=clock.now(), body=body)
    return settings


def _open(subject: str, rule: str) -> CaseClock | None:
    return CaseClock.objects.select_for_update().filter(subject=subject, rule=rule, state__in=list(OPEN)).first()


def _required(subject: str, rule: str) -> CaseClock:
    row = _open(subject, rule)
    if row is None:
        raise errors.NoOpenClock(subject=subject, rule=rule)
    return row


def _today(row: CaseClock, clock: Clock) -> date:
    return clock.today(calendar_of(row).zone)


def _counted(deadline: Deadline) -> dict[str, Any]:
    return {
        "amount": deadline.amount,
        "unit": deadline.unit,
        "provisional": deadline.provisional,
        "pack": str(deadline.pack),
        "calendar": deadline.calendar,
    }


def _change(
    change: Change, on: date, due_before: date, due_on: date, deadline: Deadline | None = None, reason: str = ""
) -> dict[str, Any]:
    return {
        "change": change.value,
        "on": on.isoformat(),
        "due_before": due_before.isoformat(),
        "due_on": due_on.isoformat(),
        "deadline": deadline.as_json() if deadline else None,
        "reason": reason,
    }


def _record(
    kind: Kind,
    row: CaseClock,
    body: dict[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    basis: Sequence[Citation] = (),
) -> None:
    record(
        kind,
        subject=row.subject,
        by=actor,
        at=clock.now(),
        basis=basis,
        concerns=[row.responsible_id, *row.concerns],
        body={"rule": row.rule, **body},
    )
