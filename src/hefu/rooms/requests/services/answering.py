"""Opinions, votes, and what a case ends with."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from hefu.dataplane import wire
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, system
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.law.rules import rules_for
from hefu.rooms.clocks import services as clocks
from hefu.rooms.requests import decide, errors, terms
from hefu.rooms.requests.models import AccessRequest, Decision, Voice
from hefu.rooms.requests.queries import deciders_of, grounds_of
from hefu.rooms.requests.queries import offer as offer_of
from hefu.rooms.requests.services.case import locked, masked, today_at, write_down
from hefu.rooms.requests.services.telling import tell
from hefu.rooms.requests.terms import (
    AGREED,
    ANSWER_RULES,
    ART_20,
    DELIVERY_RULE,
    STATUS_NAMES,
    Answer,
    NoticeKind,
    RequestGranted,
    RequestRefused,
    Settled,
    Side,
    Status,
    Verdict,
    VoiceKind,
)


@transaction.atomic
def give_opinion(*, number: str, answer: Answer, actor: Actor, clock: Clock) -> Voice:
    """Prepare the provider's answer for its chief. A new opinion takes the place of the last.

    Raises:
        NotFound, Forbidden: As everywhere.
        MoveNotAllowed, NotADecider, VotedBefore: The provider has nothing to say here now.
        InputsRejected, GroundNotAllowed, DocumentNotEnough: The answer could not be given like that.
    """
    row, _sides = locked(number, "requests.give_opinion", actor=actor)
    facts, choice = row.facts, deciders_of(row)
    decide.check_decider(facts, Side.PROVIDER, deciders=choice.option.words, source=choice.source)
    checked = decide.check_answer(facts, answer, grounds=grounds_of(row))
    voice = Voice.objects.filter(request=row, side=Side.PROVIDER, kind=VoiceKind.OPINION).first()
    voice = voice or Voice(id=new_id(clock.now()), request=row, side=Side.PROVIDER, kind=VoiceKind.OPINION)
    _say(voice, checked, actor=actor, clock=clock)
    body = {"side": Side.PROVIDER, "verdict": checked.verdict, "reason": digest(checked.reason)}
    write_down(terms.OPINION_GIVEN, row, body, by=actor, clock=clock)
    return voice


@transaction.atomic
def decide_request(*, number: str, answer: Answer, actor: Actor, clock: Clock) -> AccessRequest:
    """Give the word of a deciding side; when all sides have spoken, or one refused, the case is answered.

    Raises:
        NotFound, Forbidden: As everywhere.
        MoveNotAllowed: It is answered already, or not waiting.
        NotADecider: The law of the place names others.
        VotedBefore: This side gave its word.
        SamePerson: The actor signed the request off, or spoke for the other side.
        EntryNotInForce: Data of a withdrawn entry cannot be granted.
        InputsRejected, GroundNotAllowed, DocumentNotEnough: As `decide.check_answer` says.
        MasksDiffer, NothingInCommon: It does not fit what the other side agreed to.

    Source: decree 809 art. 20, 21; Guangdong 2018-50 art. 19; rules `requests.deciders`, `requests.refusal_grounds`.
    """
    row, sides = locked(number, "requests.decide", actor=actor)
    facts, choice = row.facts, deciders_of(row) if row.deciders else None
    decide.move(facts, Status.GRANTED)
    assert choice is not None  # noqa: S101 - a received case without deciders is answered on receipt
    side = _side_of(facts, sides)
    decide.check_decider(facts, side, deciders=choice.option.words, source=choice.source)
    _refuse_same_person(row, actor)
    grounds = grounds_of(row)
    checked = decide.check_answer(facts, answer, grounds=grounds)
    if checked.verdict is not Verdict.REFUSE and not offer_of(row.entry_id, viewer=system("platform")).in_force:
        raise errors.EntryNotInForce(code=row.entry_code)
    vote = Voice(id=new_id(clock.now()), request=row, side=side, kind=VoiceKind.VOTE)
    _say(vote, checked, actor=actor, clock=clock)
    _record_vote(row, side, checked, actor=actor, clock=clock)
    spoken = replace(facts, votes=(*facts.votes, (side, checked)))
    settled = decide.settle(spoken)
    if settled:
        ground = grounds.find(settled.ground)
        basis = [ART_20, choice.source, *([ground.source] if ground else [])]
        voted = tuple(voter for voter, _answer in spoken.votes)
        conclude(row, settled, sides=voted, basis=basis, actor=actor, clock=clock)
    return row


def conclude(
    row: AccessRequest, settled: Settled, *, sides: Sequence[Side], basis: list[Citation], actor: Actor, clock: Clock
) -> Decision:
    """Answer the case: close its clock, keep the decision, start the time to deliver, tell the consumer.

    Called with the case locked, once it is settled.
    """
    due_on, today = None, today_at(row, clock)
    for rule in ANSWER_RULES.values():
        met = clocks.meet(subject=row.number, rule=rule, actor=actor, clock=clock)
        if met:
            due_on, basis = met.due_on, [*basis, *met.counted.citations]
    cited = list(dict.fromkeys(basis))
    row.status = decide.move(row.facts, settled.status)
    row.closed_at = row.changed_at = clock.now()
    row.save(update_fields=["status", "closed_at", "changed_at"])
    decision = Decision.objects.create(
        id=new_id(clock.now()),
        request=row,
        status=settled.status,
        sides=list(sides),
        items=wire.to_json(settled.items),
        rows=wire.to_json(settled.rows),
        ground=settled.ground,
        document=wire.to_json(settled.document) if settled.document else None,
        reason=settled.reason,
        basis=[citation.as_json() for citation in cited],
        decided_at=clock.now(),
        decided_on=today,
        due_on=due_on,
    )
    body = {
        "status": settled.status,
        "by": [str(side) for side in sides] or ["platform"],
        "items": [item.code for item in settled.items],
        "masked": masked(settled.items),
        "row_conditions": len(settled.rows.conditions),
        "rows": digest(decision.rows),
        "ground": settled.ground,
        "document": decision.document,
        "reason": digest(settled.reason),
        "decided_on": today,
        "due_on": due_on,
    }
    write_down(terms.REQUEST_DECIDED, row, body, by=actor, clock=clock, basis=cited)
    if settled.status in AGREED:
        _start_delivery(row, actor=actor, clock=clock)
    tell(row, row.consumer_id, NoticeKind.DECIDED, clock=clock, status=STATUS_NAMES[settled.status])
    _announce(row, settled, cited, clock=clock)
    return decision


def _start_delivery(row: AccessRequest, *, actor: Actor, clock: Clock) -> None:
    rules, agreed_on = rules_for(row.place), today_at(row, clock)
    if not rules.has(DELIVERY_RULE, on=agreed_on):
        return
    clocks.start(
        subject=row.number,
        deadline=rules.period(DELIVERY_RULE, on=agreed_on).count_from(agreed_on),
        place=row.place,
        responsible_id=row.provider_id,
        concerns=[row.consumer_id],
        actor=actor,
        clock=clock,
    )


def _announce(row: AccessRequest, settled: Settled, basis: list[Citation], *, clock: Clock) -> None:
    if settled.status is Status.REFUSED:
        announce(
            RequestRefused(row.number, row.consumer_id, row.provider_id, row.entry_id, settled.ground, clock.now())
        )
        return
    assert row.term_from is not None  # noqa: S101 - nothing is received without a term
    assert row.term_until is not None  # noqa: S101
    announce(
        RequestGranted(
            number=row.number,
            consumer_id=row.consumer_id,
            provider_id=row.provider_id,
            entry_id=row.entry_id,
            entry_code=row.entry_code,
            entry_name=row.entry_name,
            entry_version=row.entry_version,
            items=settled.items,
            rows=settled.rows,
            channel=Channel(row.channel),
            target_id=row.target_id,
            purpose=row.purpose,
            term_from=row.term_from,
            term_until=row.term_until,
            decided_at=clock.now(),
            basis=tuple(basis),
        )
    )


def _side_of(facts: decide.CaseFacts, sides: frozenset[Side]) -> Side:
    spoken = dict(facts.votes)
    named = [side for side in facts.deciders if side in sides]
    unspoken = [side for side in named if side not in spoken]
    return (unspoken or named or sorted(sides))[0]


def _refuse_same_person(row: AccessRequest, actor: Actor) -> None:
    others = {voice.by for voice in row.voices.all() if voice.kind == VoiceKind.VOTE}
    if actor.id in {row.submitted_by, *others}:
        raise errors.SamePerson(number=row.number)


def _say(voice: Voice, answer: Answer, *, actor: Actor, clock: Clock) -> None:
    voice.verdict, voice.reason, voice.ground = answer.verdict, answer.reason, answer.ground
    voice.items = None if answer.items is None else wire.to_json(answer.items)
    voice.rows = wire.to_json(answer.rows)
    voice.document = wire.to_json(answer.document) if answer.document else None
    voice.by, voice.by_name, voice.at = actor.id, actor.name, clock.now()
    voice.save()


def _record_vote(row: AccessRequest, side: Side, answer: Answer, *, actor: Actor, clock: Clock) -> None:
    items = answer.items or ()
    body = {
        "side": side,
        "verdict": answer.verdict,
        "items": [item.code for item in items],
        "masked": masked(items),
        "row_conditions": len(answer.rows.conditions),
        "ground": answer.ground,
        "reason": digest(answer.reason),
    }
    write_down(terms.VOTE_GIVEN, row, body, by=actor, clock=clock)
