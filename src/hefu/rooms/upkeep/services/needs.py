"""How a need for data that nobody has catalogued finds its source."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Status
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import errors
from hefu.rooms.upkeep.access import require, seen_needs
from hefu.rooms.upkeep.models import Need
from hefu.rooms.upkeep.services._numbers import next_number
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import NEED_MOVES, NEED_STATUS_NAMES, NeedStatus

#: The authority's time, the source department's, and the time to catalogue; each where the law of the place has one.
REVIEW, ANSWER, PUBLISH = "needs.review", "needs.answer", "needs.publish"
RULES = (REVIEW, ANSWER, PUBLISH)


@transaction.atomic
def ask_for_data(*, name: str, items: str, purpose: str, basis: str = "", actor: Actor, clock: Clock) -> Need:
    """Ask the authority for data that the catalogue does not have.

    Raises:
        Forbidden: The actor is neither officer nor chief of a department.
        InputsRejected: Name, items or purpose are missing.
    """
    require(actor, "upkeep.ask", actor.department_id)
    problems = {
        field: _("This is needed.")
        for field, told in (("name", name), ("items", items), ("purpose", purpose))
        if not told.strip()
    }
    if problems or actor.department_id is None:
        raise InputsRejected(problems=problems or {"name": _("Choose a department to act for.")})
    row = Need.objects.create(
        id=new_id(clock.now()),
        number=next_number("N", clock),
        department_id=actor.department_id,
        name=name.strip()[:200],
        items=items.strip(),
        purpose=purpose.strip(),
        basis=basis.strip()[:300],
        asked_by=actor.id,
        asked_at=clock.now(),
        changed_at=clock.now(),
    )
    record(
        cases.NEED_ASKED,
        subject=row.number,
        by=actor,
        at=clock.now(),
        concerns=[row.department_id],
        body={
            "department": row.department.credit_code,
            "digest": digest({"name": row.name, "items": row.items, "purpose": row.purpose}),
        },
    )
    authority = parties.authority(viewer=actor)
    _start(row, REVIEW, authority, responsible_id=authority.pk, actor=actor, clock=clock)
    return row


@transaction.atomic
def name_provider(*, number: str, department_id: UUID, reason: str = "", actor: Actor, clock: Clock) -> Need:
    """Say which department must have the data; its time to answer begins.

    Raises:
        NotFound: No such need or department.
        Forbidden: The actor does not review for the authority.
        NeedRefused: Somebody has it already.
    """
    row = _locked(number, "upkeep.assign", actor)
    department = parties.department(department_id, viewer=actor)
    _move(row, NeedStatus.ASSIGNED, reason, actor, clock, source=department)
    clocks.meet(subject=row.number, rule=REVIEW, actor=actor, clock=clock)
    _start(row, ANSWER, department, responsible_id=department.pk, actor=actor, clock=clock)
    return row


@transaction.atomic
def answer_need(*, number: str, agrees: bool, reason: str = "", actor: Actor, clock: Clock) -> Need:
    """Take the need over, which begins the time to catalogue, or send it back to the authority with a reason.

    Raises:
        NotFound: No such need.
        Forbidden: Not of the department named.
        NeedRefused: It does not wait for that department.
        InputsRejected: Sent back without a reason.
    """
    row = _locked(number, "upkeep.answer_need", actor)
    if not agrees and not reason.strip():
        raise InputsRejected(problems={"reason": _("Say why your department does not have it.")})
    source = row.source
    _move(row, NeedStatus.CONFIRMED if agrees else NeedStatus.RECEIVED, reason, actor, clock, source=source)
    clocks.meet(subject=row.number, rule=ANSWER, actor=actor, clock=clock)
    if agrees and source:
        _start(row, PUBLISH, source, responsible_id=source.pk, actor=actor, clock=clock)
    elif not agrees:
        authority = parties.authority(viewer=actor)
        _start(row, REVIEW, authority, responsible_id=authority.pk, actor=actor, clock=clock)
    return row


@transaction.atomic
def meet_need(*, number: str, entry_id: UUID, reason: str = "", actor: Actor, clock: Clock) -> Need:
    """Say which entry in force holds the data: one that was overlooked, or the one made for it.

    Raises:
        NotFound: No such need or entry.
        Forbidden: Neither the authority's reviewer nor of the department named.
        NeedRefused: It is not that far.
        InputsRejected: The entry is not in force.
    """
    row = _locked(number, "upkeep.meet_need", actor)
    entry = catalog.entry(entry_id, viewer=actor)
    if entry.status != Status.PUBLISHED or entry.is_change:
        raise InputsRejected(problems={"entry": _("The entry is not in force.")})
    row.entry_id = entry.pk
    _move(row, NeedStatus.MET, reason, actor, clock, source=row.source, entry=entry.code)
    for rule in RULES:
        clocks.meet(subject=row.number, rule=rule, actor=actor, clock=clock)
    return row


@transaction.atomic
def refuse_need(*, number: str, reason: str, actor: Actor, clock: Clock) -> Need:
    """Refuse a need: no department has the data, or the law does not let it be had.

    Raises:
        NotFound: No such need.
        Forbidden: The actor does not review for the authority.
        NeedRefused: A department has it already.
        InputsRejected: No reason.
    """
    row = _locked(number, "upkeep.assign", actor)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    _move(row, NeedStatus.REFUSED, reason, actor, clock, source=row.source)
    clocks.meet(subject=row.number, rule=REVIEW, actor=actor, clock=clock)
    return row


def _locked(number: str, action: str, actor: Actor) -> Need:
    rows = Need.objects.select_for_update(of=("self",)).select_related("department", "source")
    row = rows.filter(seen_needs(actor), number=number).first()
    if row is None:
        raise NotFound(what="need", key=number)
    require(actor, action, row.source_id)
    return row


def _move(
    row: Need,
    to: NeedStatus,
    reason: str,
    actor: Actor,
    clock: Clock,
    *,
    source: Any,
    entry: str = "",
) -> None:
    if to not in NEED_MOVES[NeedStatus(row.status)]:
        raise errors.NeedRefused(number=row.number, status=NEED_STATUS_NAMES[NeedStatus(row.status)])
    row.status, row.reason, row.changed_at = to.value, reason.strip(), clock.now()
    row.source = None if to is NeedStatus.RECEIVED else source
    row.save()
    record(
        cases.NEED_MOVED,
        subject=row.number,
        by=actor,
        at=clock.now(),
        basis=[cases.ART_19] if to is NeedStatus.ASSIGNED else [],
        concerns=[row.department_id, *([source.pk] if source else [])],
        body={
            "status": to.value,
            "source": source.credit_code if source else None,
            "entry": entry or None,
            "reason": row.reason,
        },
    )


def _start(row: Need, rule: str, office: Any, *, responsible_id: UUID, actor: Actor, clock: Clock) -> None:
    """Start a period of the need where the law of the responsible department's place has one."""
    rules = clock_queries.rules_at(office.place)
    today: date = clock.today(rules.zone)
    if rules.has(rule, on=today):
        clocks.start(
            subject=row.number,
            deadline=rules.period(rule, on=today).count_from(today),
            place=office.place,
            responsible_id=responsible_id,
            concerns=[row.department_id],
            actor=actor,
            clock=clock,
        )
