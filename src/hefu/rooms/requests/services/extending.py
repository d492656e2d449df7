"""More time to answer: asked by the provider, consented to by the authority, told to the requester; once."""

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.requests import decide, errors, terms
from hefu.rooms.requests.models import AccessRequest, Extension
from hefu.rooms.requests.queries import answer_rule, extension_allowed, extension_of
from hefu.rooms.requests.services._case import locked, today_at, write_down
from hefu.rooms.requests.services._telling import tell, tell_authority
from hefu.rooms.requests.terms import ExtensionStatus, NoticeKind, Status


@transaction.atomic
def ask_extension(*, number: str, days: int, reason: str, actor: Actor, clock: Clock) -> Extension:
    """Ask the authority for more time to answer; the last day is still in time to ask.

    Args:
        number: Public number of the request.
        days: Working days wished for, at most what the law allows.
        reason: What is special about the case; the requester will read it.
        actor: Chief of the provider.
        clock: Tells the time.

    Raises:
        NotFound, Forbidden: As everywhere.
        NoRuleInForce: The law of the place gives no extension.
        MoveNotAllowed, ExtensionAskedBefore, AnswerOverdue, InputsRejected: As `decide.ask_extension` says.

    Source: decree 809 art. 21; rule `requests.extension`.
    """
    row, _sides = locked(number, "requests.ask_extension", actor=actor)
    decide.move(row.facts, Status.GRANTED)
    period = extension_allowed(row)
    wish = extension_of(row)
    running = clock_queries.clock_of(number, viewer=actor, rule=answer_rule(row))
    decide.ask_extension(
        row.facts,
        today=today_at(row, clock),
        due_on=running.due_on,
        days=days,
        most=period.amount,
        reason=reason,
        asked=ExtensionStatus(wish.status) if wish else None,
        source=period.source,
    )
    made = Extension.objects.create(
        id=new_id(clock.now()),
        request=row,
        days=days,
        reason=reason.strip(),
        asked_by=actor.id,
        asked_name=actor.name,
        asked_at=clock.now(),
        due_before=running.due_on,
    )
    body = {"days": days, "due_on": running.due_on, "reason": digest(made.reason)}
    write_down(terms.EXTENSION_ASKED, row, body, by=actor, clock=clock, basis=[period.source])
    tell_authority(row, NoticeKind.EXTENSION_ASKED, viewer=actor, clock=clock, days=days, due_on=running.due_on)
    return made


@transaction.atomic
def consent_extension(*, number: str, consent: bool, note: str = "", actor: Actor, clock: Clock) -> Extension:
    """Give the authority's word on the provider's wish for more time. The requester is told in the same step.

    Raises:
        NotFound, Forbidden: As everywhere.
        NoExtensionAsked: Nothing waits for consent.
        SamePerson: The actor asked for it.
        MoveNotAllowed, AnswerOverdue, InputsRejected: As `decide.answer_extension` says.

    Source: decree 809 art. 21; rule `requests.extension`.
    """
    row, _sides = locked(number, "requests.consent_extension", actor=actor)
    decide.move(row.facts, Status.GRANTED)
    wish = Extension.objects.select_for_update().filter(request=row, status=ExtensionStatus.ASKED).first()
    if wish is None:
        raise errors.NoExtensionAsked(number=number)
    if wish.asked_by == actor.id:
        raise errors.SamePerson(number=number)
    period, rule = extension_allowed(row), answer_rule(row)
    running = clock_queries.clock_of(number, viewer=actor, rule=rule)
    wish.status = decide.answer_extension(
        row.facts,
        today=today_at(row, clock),
        due_on=running.due_on,
        consent=consent,
        note=note,
        source=period.source,
    )
    wish.note, wish.answered_name, wish.answered_at = note.strip(), actor.name, clock.now()
    due_before = running.due_on
    if consent:
        deadline = period.count_from(running.due_on, amount=wish.days)
        wish.due_on = clocks.extend(
            subject=number, rule=rule, deadline=deadline, reason=wish.reason, actor=actor, clock=clock
        ).due_on
    wish.save()
    body = {
        "consented": consent,
        "days": wish.days,
        "due_before": due_before,
        "due_on": wish.due_on or due_before,
        "reason": digest(wish.note),
        "requester_told": consent,
    }
    write_down(terms.EXTENSION_ANSWERED, row, body, by=actor, clock=clock, basis=[period.source])
    _tell(row, wish, clock=clock)
    return wish


def _tell(row: AccessRequest, wish: Extension, *, clock: Clock) -> None:
    if wish.due_on is None:
        tell(row, row.provider_id, NoticeKind.EXTENSION_DECLINED, clock=clock, reason=wish.note)
        return
    for department_id in (row.consumer_id, row.provider_id):
        tell(
            row,
            department_id,
            NoticeKind.EXTENDED,
            clock=clock,
            due_before=wish.due_before,
            due_on=wish.due_on,
            reason=wish.reason,
        )
