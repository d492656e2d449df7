"""Drafting, handing in, sending back, taking back."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from hefu.dataplane import wire
from hefu.kernel.actor import Actor, system
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.law.deadline import Deadline
from hefu.law.rules import Rules
from hefu.law.settings import receipt_day
from hefu.rooms.bases import queries as bases
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import decide, errors, terms
from hefu.rooms.requests.access import require
from hefu.rooms.requests.models import AccessRequest, Submission
from hefu.rooms.requests.queries import deciders_of, must_state, who_decides
from hefu.rooms.requests.queries import offer as offer_of
from hefu.rooms.requests.services._case import content, content_digest, locked, today_at, write_down
from hefu.rooms.requests.services._concluding import conclude
from hefu.rooms.requests.services._telling import tell
from hefu.rooms.requests.terms import (
    ANSWER_RULES,
    ART_20,
    ART_21,
    DECIDERS,
    STATUS_NAMES,
    WRITABLE,
    Application,
    LegalBasis,
    NoticeKind,
    Offer,
    RequestReceived,
    RequestWithdrawn,
    Settled,
    Side,
    Status,
)


@transaction.atomic
def draft_request(*, entry: UUID | str, application: Application, actor: Actor, clock: Clock) -> AccessRequest:
    """Begin a request for an entry in force; it may still lack everything, but nothing in it may be wrong.

    Args:
        entry: Id or code of the catalogue entry.
        application: What is asked, as far as it is written.
        actor: Officer or chief of the consumer.
        clock: Tells the time.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: The actor does not act for a department as officer or chief.
        NotAConsumer, OwnData, EntryNotInForce, NotShared: This department cannot ask for this entry.
        InputsRejected: What is asked lies outside the entry.
    """
    offer = offer_of(entry, viewer=actor)
    if actor.department_id is None:
        require(actor, "requests.draft", consumer_id=offer.entry_id, provider_id=offer.provider_id)
    consumer = parties.department(actor.department_id or "", viewer=actor)
    require(actor, "requests.draft", consumer_id=consumer.pk, provider_id=offer.provider_id)
    if DepartmentRole.CONSUMER not in consumer.roles:
        raise errors.NotAConsumer(name=consumer.name)
    if offer.provider_id == consumer.pk:
        raise errors.OwnData(code=offer.code)
    provider = parties.department(offer.provider_id, viewer=actor)
    row = AccessRequest(
        id=new_id(clock.now()),
        number=_next_number(clock),
        consumer=consumer,
        provider=provider,
        entry_id=offer.entry_id,
        place=provider.place,
        drafted_at=clock.now(),
        drafted_name=actor.name,
        changed_at=clock.now(),
    )
    _take(row, application, offer)
    row.save(force_insert=True)
    body = {"status": row.status, "entry": offer.code, "application": content_digest(row)}
    write_down(terms.REQUEST_DRAFTED, row, body, by=actor, clock=clock)
    return row


@transaction.atomic
def change_request(*, number: str, application: Application, actor: Actor, clock: Clock) -> AccessRequest:
    """Rewrite a draft or a request that was sent back. Saying the same again changes nothing.

    Raises:
        NotFound, Forbidden: As everywhere.
        NotWritable: It was handed in already.
        EntryNotInForce, NotShared, InputsRejected: As for `draft_request`.
    """
    row, _sides = locked(number, "requests.change", actor=actor)
    if row.status not in WRITABLE:
        raise errors.NotWritable(number=number, status=STATUS_NAMES[Status(row.status)])
    before = content_digest(row)
    _take(row, application, offer_of(row.entry_id, viewer=actor))
    if content_digest(row) == before:
        return row
    row.changed_at = clock.now()
    row.save()
    write_down(terms.REQUEST_CHANGED, row, {"application": content_digest(row)}, by=actor, clock=clock)
    return row


@transaction.atomic
def submit_request(*, number: str, actor: Actor, clock: Clock) -> AccessRequest:
    """Sign the request off and hand it in; the chief does.

    Everything that is missing is named at once, and then nothing changes. On receipt the clock starts.
    What touches only unconditional items is granted at once by the platform: no queue, the same day,
    unless the law of the provider's place wants a review. Otherwise whom that law names must decide.
    A request that was sent back keeps its day of receipt, and its clock goes on.

    Raises:
        NotFound, Forbidden: As everywhere.
        MoveNotAllowed: It was handed in, answered or withdrawn before.
        Incomplete: With every field that is missing or wrong.
        EntryNotInForce, NotShared: The entry changed since the draft.
        NoRuleInForce: The law of the place names no decider or no time for that day.
        NotFound: The law wants the data authority to decide, and the node has none.

    Source: decree 809 art. 20 (sign-off), 21 (completeness, time); rules `requests.must_state`,
        `requests.answer_unconditional`, `requests.answer_conditional`, `requests.deciders`.
    """
    row, _sides = locked(number, "requests.submit", actor=actor)
    status = decide.move(row.facts, Status.RECEIVED)
    rules, settings = clock_queries.rules_at(row.place), clock_queries.office()
    received_on = row.received_on or receipt_day(clock.now(), settings=settings, calendar=rules.calendar)
    offer = offer_of(row.entry_id, viewer=actor)
    application = row.application
    decide.refuse_kept_back(application, offer)
    needed = must_state(row.place, on=received_on)
    today = today_at(row, clock)
    named = application.basis.title if application.basis else ""
    problems = decide.missing(
        application, needed, today=today, basis_ended=bool(named) and bases.ended(named, on=today) is not None
    )
    problems |= decide.faults(application, offer)
    if problems:
        raise errors.Incomplete(number=number, problems=problems, citation=ART_21)
    completed = row.received_at is not None
    share_type = decide.share_type(application, offer)
    deciders, basis = _deciders(row, share_type, rules, received_on)
    _take(row, application, offer)
    row.status, row.share_type, row.deciders = status, share_type, list(deciders)
    row.submitted_by, row.submitted_name = actor.id, actor.name
    if not completed:
        row.received_at, row.received_on, row.pack = clock.now(), received_on, rules.version
    row.changed_at = clock.now()
    row.save()
    _keep_submission(row, actor=actor, clock=clock)
    if completed:
        _go_on(row, actor=actor, clock=clock)
    else:
        _begin(row, rules, basis, actor=actor, clock=clock)
    if not deciders:
        asked = decide.as_asked(row.facts)
        conclude(
            row,
            Settled(Status.GRANTED, asked, row.row_filter, reason=""),
            sides=(),
            basis=basis,
            actor=system("platform"),
            clock=clock,
        )
    return row


@transaction.atomic
def return_incomplete(*, number: str, problems: dict[str, str], actor: Actor, clock: Clock) -> AccessRequest:
    """Send a request back, once, with the list of everything missing. It is not refused by that.

    Whether the clock stands still meanwhile is the authority's setting; by default it runs on.

    Args:
        number: Public number of the request.
        problems: Field of the request → what is missing there.
        actor: Officer or chief of the provider, or the authority's reviewer where it decides.
        clock: Tells the time.

    Raises:
        NotFound, Forbidden: As everywhere.
        NotADecider: The law names others to decide.
        MoveNotAllowed, ReturnedBefore, InputsRejected: As `decide.return_incomplete` says.

    Source: decree 809 art. 21.
    """
    row, sides = locked(number, "requests.return", actor=actor)
    facts = row.facts
    status = decide.return_incomplete(facts, problems)
    if not sides & set(facts.deciders):
        choice = deciders_of(row)
        raise errors.NotADecider(
            citation=choice.source, number=number, deciders=choice.option.words, source=choice.source
        )
    row.status = status
    row.returned_on, row.missing, row.changed_at = today_at(row, clock), problems, clock.now()
    row.save(update_fields=["status", "returned_on", "missing", "changed_at"])
    pauses = clock_queries.office().pause_while_incomplete
    if pauses:
        clocks.pause(
            subject=number,
            rule=ANSWER_RULES[ShareType(row.share_type)],
            reason="incomplete",
            actor=actor,
            clock=clock,
        )
    body = {"status": row.status, "missing": sorted(problems), "paused": pauses}
    write_down(terms.REQUEST_RETURNED, row, body, by=actor, clock=clock, basis=[ART_21])
    tell(row, row.consumer_id, NoticeKind.RETURNED, clock=clock)
    return row


@transaction.atomic
def withdraw_request(*, number: str, reason: str = "", actor: Actor, clock: Clock) -> AccessRequest:
    """Take a request back before it is answered; a draft is thrown away and needs no reason.

    Raises:
        NotFound, Forbidden: As everywhere; what was handed in only the chief takes back.
        MoveNotAllowed: It was answered or withdrawn before.
        InputsRejected: No reason for taking back what was handed in.
    """
    row, _sides = locked(number, "requests.discard", actor=actor)
    status = decide.move(row.facts, Status.WITHDRAWN)
    if row.received_at is not None:
        require(actor, "requests.withdraw", consumer_id=row.consumer_id, provider_id=row.provider_id)
        if not reason.strip():
            raise InputsRejected(problems={"reason": _("Say why; the provider will read it.")})
    row.status, row.reason, row.closed_at, row.changed_at = status, reason.strip(), clock.now(), clock.now()
    row.save(update_fields=["status", "reason", "closed_at", "changed_at"])
    write_down(terms.REQUEST_WITHDRAWN, row, {"status": row.status, "reason": row.reason}, by=actor, clock=clock)
    if row.received_at is not None:
        for rule in ANSWER_RULES.values():
            clocks.cancel(subject=number, rule=rule, reason="withdrawn", actor=actor, clock=clock)
        tell(row, row.provider_id, NoticeKind.WITHDRAWN, clock=clock, reason=row.reason)
        announce(RequestWithdrawn(number, row.consumer_id, row.provider_id, row.entry_id, clock.now()))
    return row


def _take(row: AccessRequest, application: Application, offer: Offer) -> None:
    decide.refuse_kept_back(application, offer)
    problems = decide.faults(application, offer)
    if problems:
        raise InputsRejected(problems=problems)
    wanted = set(application.item_ids)
    items = tuple(item for item in offer.items if item.item_id in wanted)
    basis = application.basis or None
    stripped = replace(basis, title=basis.title.strip(), article=basis.article.strip()) if basis else None
    row.entry_version, row.entry_code, row.entry_name = offer.version, offer.code, offer.name
    row.purpose, row.scenario = application.purpose.strip(), application.scenario.strip()
    _take_basis(row, stripped)
    row.item_ids, row.asked = [item.item_id for item in items], wire.to_json(items)
    row.rows = wire.to_json(application.rows)
    row.channel, row.target_id = application.channel or "", application.target_id
    row.term_from, row.term_until = application.term_from, application.term_until
    row.pledge = application.pledge


def _take_basis(row: AccessRequest, basis: LegalBasis | None) -> None:
    row.basis_kind = basis.kind if basis else ""
    row.basis_title = basis.title if basis else ""
    row.basis_article = basis.article if basis else ""


def _deciders(
    row: AccessRequest, share_type: ShareType, rules: Rules, received_on: date
) -> tuple[tuple[Side, ...], list[Citation]]:
    choice = who_decides(rules, share_type, on=received_on)
    sides = DECIDERS[choice.value]
    if row.provider.is_authority and Side.PROVIDER in sides:
        sides = (Side.PROVIDER,)
    if Side.AUTHORITY in sides:
        parties.authority(viewer=system("platform"))  # refused when the node has none: nobody could answer
    return sides, [choice.source]


def _begin(row: AccessRequest, rules: Rules, basis: list[Citation], *, actor: Actor, clock: Clock) -> None:
    deadline = _answer_deadline(row, rules)
    body = {
        "status": row.status,
        "consumer": row.consumer.credit_code,
        "provider": row.provider.credit_code,
        "entry": row.entry_code,
        "entry_version": row.entry_version,
        "share_type": row.share_type,
        "items": [item.code for item in row.asked_items],
        "row_conditions": len(row.row_filter.conditions),
        "channel": row.channel,
        "term_from": row.term_from,
        "term_until": row.term_until,
        "application": content_digest(row),
        "received_on": row.received_on,
        "due_on": deadline.due_on if deadline else None,
        "deciders": row.deciders,
        "pack": row.pack,
    }
    cited = [ART_20, *basis, *(deadline.citations if deadline else ())]
    write_down(terms.REQUEST_RECEIVED, row, body, by=actor, clock=clock, basis=list(dict.fromkeys(cited)))
    if deadline:
        clocks.start(
            subject=row.number,
            deadline=deadline,
            place=row.place,
            responsible_id=_responsible(row),
            concerns=[row.consumer_id, row.provider_id],
            actor=actor,
            clock=clock,
        )
    due_on = deadline.due_on if deadline else None
    assert row.received_on is not None  # noqa: S101 - submit_request has just set it
    announce(
        RequestReceived(
            row.number, row.consumer_id, row.provider_id, row.entry_id, row.received_on, due_on, clock.now()
        )
    )


def _answer_deadline(row: AccessRequest, rules: Rules) -> Deadline | None:
    """Return the time to answer; None only for unconditional data where the law sets none."""
    rule = ANSWER_RULES[ShareType(row.share_type)]
    assert row.received_on is not None  # noqa: S101 - submit_request has just set it
    if row.share_type == ShareType.UNCONDITIONAL and not rules.has(rule, on=row.received_on):
        return None
    return rules.period(rule, on=row.received_on).count_from(row.received_on)


def _responsible(row: AccessRequest) -> UUID:
    if Side.PROVIDER in row.decider_sides or not row.deciders:
        return row.provider_id
    return parties.authority(viewer=system("platform")).pk


def _go_on(row: AccessRequest, *, actor: Actor, clock: Clock) -> None:
    due_on = None
    for running in clock_queries.clocks_of(row.number, viewer=system("platform")):
        if running.is_open:
            due_on = clocks.resume(subject=row.number, rule=running.rule, actor=actor, clock=clock).due_on
    body = {
        "status": row.status,
        "entry_version": row.entry_version,
        "share_type": row.share_type,
        "items": [item.code for item in row.asked_items],
        "row_conditions": len(row.row_filter.conditions),
        "application": content_digest(row),
        "due_on": due_on,
    }
    write_down(terms.REQUEST_COMPLETED, row, body, by=actor, clock=clock, basis=[ART_21])


def _keep_submission(row: AccessRequest, *, actor: Actor, clock: Clock) -> None:
    Submission.objects.create(
        id=new_id(clock.now()),
        request=row,
        serial=row.submissions.count() + 1,
        content=content(row.application, row.asked_items),
        digest=content_digest(row),
        by=actor.id,
        by_name=actor.name,
        at=clock.now(),
    )


def _next_number(clock: Clock) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('requests_number')")
        return f"R{clock.today().year}-{cursor.fetchone()[0]:06d}"
