"""Opinions, votes, and what a case ends with."""

from dataclasses import replace

from django.db import transaction

from hefu.dataplane import wire
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.rooms.bases import queries as bases
from hefu.rooms.requests import decide, errors, terms
from hefu.rooms.requests.models import AccessRequest, Voice
from hefu.rooms.requests.queries import deciders_of, grounds_of
from hefu.rooms.requests.queries import offer as offer_of
from hefu.rooms.requests.services._case import locked, masked, today_at, write_down
from hefu.rooms.requests.services._concluding import conclude
from hefu.rooms.requests.terms import (
    ART_20,
    Answer,
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
        DocumentEnded: The refusal rests on a text that holds no more.
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
    _refuse_ended_document(row, checked, clock=clock)
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


def _refuse_ended_document(row: AccessRequest, answer: Answer, *, clock: Clock) -> None:
    if answer.document is None:
        return
    text = bases.ended(answer.document.title, on=today_at(row, clock))
    if text is not None:
        raise errors.DocumentEnded(title=text.title, until=text.holds_until)


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
