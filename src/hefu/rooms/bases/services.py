"""Writes of legal bases: the register, what rests on it, and what a text's end brings about."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.law.documents import Registered, registry
from hefu.rooms.bases import decide, errors, terms
from hefu.rooms.bases.access import require, visible
from hefu.rooms.bases.models import LegalText, Reliance
from hefu.rooms.bases.queries import WAITING, find
from hefu.rooms.bases.terms import Cited, Holding, Resting, TextEnded, TextFacts
from hefu.rooms.evidence.services import record


@transaction.atomic
def bring_in(*, actor: Actor, clock: Clock) -> int:
    """Bring the documents of the packs into the register and return how many are new. Doing it again changes nothing.

    A release may correct what a pack says of a document; a repeal that the authority noted here stays. There is no
    evidence of it: the packs' own hashes stand in the evidence of every decision.
    """
    del actor
    known = {row.document: row for row in LegalText.objects.exclude(document="")}
    fresh = []
    for key, found in registry().items():
        row = known.get(key)
        if row is None:
            row = LegalText(id=new_id(clock.now()), document=key, registered_at=clock.now())
            _describe(row, found)
            if row.holding(clock.today()) is Holding.ENDED:
                row.ended_told_at = clock.now()  # it ended before anything here could rest on it
            fresh.append(row)
            continue
        _describe(row, found)
        row.save()
    LegalText.objects.bulk_create(fresh)
    return len(fresh)


def _describe(row: LegalText, found: Registered) -> None:
    document = found.document
    row.title, row.title_en, row.folded = document.title.zh, document.title.en, decide.folded(document.title.zh)
    row.number, row.rank, row.holds_from = document.number, document.rank, document.in_force_from
    if row.repealed_at is None:
        row.holds_until = document.in_force_until
    row.lost, row.packs = list(document.lost), list(found.packs)
    row.doubt, row.doubt_en = (document.doubt.zh, document.doubt.en) if document.doubt else ("", "")


@transaction.atomic
def register_text(*, facts: TextFacts, actor: Actor, clock: Clock) -> LegalText:
    """Put a text into the register; what cited it by that title before is linked to it.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        InputsRejected: No title, or it ends before it begins.
        RegisteredBefore: A text of that title and number is there.
    """
    require(actor, "bases.register_text")
    problems = {}
    if not facts.title.strip():
        problems["title"] = _("This is needed.")
    if facts.holds_from and facts.holds_until and facts.holds_until < facts.holds_from:
        problems["holds_until"] = _("It ends before it begins. Look at both days again.")
    if problems:
        raise InputsRejected(problems=problems)
    title, number, folded = facts.title.strip().strip("《》"), facts.number.strip(), decide.folded(facts.title)
    if LegalText.objects.filter(folded=folded, number=number).exists():
        raise errors.RegisteredBefore(title=title, number=number or "—")
    row = LegalText.objects.create(
        id=new_id(clock.now()),
        title=title,
        title_en=facts.title_en.strip(),
        folded=folded,
        number=number,
        rank=facts.rank,
        holds_from=facts.holds_from,
        holds_until=facts.holds_until,
        registered_at=clock.now(),
    )
    linked = Reliance.objects.filter(text__isnull=True, folded=folded).update(text=row)
    body = {
        "title": title,
        "number": number,
        "rank": facts.rank,
        "from": facts.holds_from,
        "until": facts.holds_until,
        "linked": linked,
    }
    record(terms.TEXT_REGISTERED, subject=_subject(row), by=actor, at=clock.now(), body=body)
    if row.holding(clock.today()) is Holding.ENDED:
        _take_effect(row, actor=actor, clock=clock)
    return row


@transaction.atomic
def rest(
    *,
    resting: Resting,
    subject: str,
    name: str = "",
    cited: Sequence[Cited],
    concerns: Iterable[UUID],
    actor: Actor,
    clock: Clock,
) -> list[Reliance]:
    """Note on which texts a thing rests; what it rested on before and does not name any more is over.

    Something that rests on a text that has ended already goes to the reviewers at once.

    Args:
        resting: What kind of thing.
        subject: Its public number or code.
        name: What people call it.
        cited: The places in the law; those without a title and a document are left out.
        concerns: Departments that may see it.
        actor: Who caused it.
        clock: Tells the time.
    """
    del actor
    wanted = {(one.document, decide.folded(one.title), one.article): one for one in cited if one.title or one.document}
    standing = Reliance.objects.filter(resting=resting, subject=subject, over_at__isnull=True)
    present = {(row.document, row.folded, row.article): row for row in standing}
    for key, row in present.items():
        if key not in wanted:
            row.over_at = clock.now()
            row.save(update_fields=["over_at"])
    made = []
    for key, one in wanted.items():
        if key in present:
            continue
        text = find(one, on=clock.today())
        ended = text is not None and text.holding(clock.today()) is Holding.ENDED
        row = Reliance.objects.create(
            id=new_id(clock.now()),
            text=text,
            document=one.document,
            title=one.title or (text.title if text else one.document),
            folded=key[1],
            article=one.article,
            resting=resting,
            subject=subject,
            name=name,
            concerns=sorted(set(concerns)),
            noted_at=clock.now(),
            review_since=clock.now() if ended else None,
        )
        made.append(row)
    return made


@transaction.atomic
def over(*, resting: Resting, subject: str, actor: Actor, clock: Clock) -> int:
    """Note that a thing ended by itself, so that no reviewer needs to look at it; return how many places it named."""
    del actor
    standing = Reliance.objects.filter(resting=resting, subject=subject, over_at__isnull=True)
    return standing.update(over_at=clock.now())


@transaction.atomic
def repeal_text(*, text_id: UUID, on: date, by: str, reason: str = "", actor: Actor, clock: Clock) -> LegalText:
    """Note that a text is repealed; from `on` it holds no more.

    When that day has come, what rests on it goes to the reviewers and its grants are held at once; otherwise the
    daily look does it on that day.

    Args:
        text_id: The text.
        on: First day on which it does not hold.
        by: Title or number of the text that repealed it.
        reason: What else the reviewers should know.
        actor: Reviewer or chief of the authority.
        clock: Tells the time.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        NotFound: No such text.
        InputsRejected: It is not said what repealed it, or it would end before it began.
        RepealedBefore: It has an end already, that day or earlier.
    """
    require(actor, "bases.repeal_text")
    row = LegalText.objects.select_for_update().filter(pk=text_id).first()
    if row is None:
        raise NotFound(what="legal text", key=text_id)
    if not by.strip():
        raise InputsRejected(problems={"by": _("Name the text that repealed it.")})
    row.holds_until = decide.repeal(row.facts, on=on)
    row.repealed_at, row.repealed_by, row.repeal_reason = clock.now(), by.strip(), reason.strip()
    row.save(update_fields=["holds_until", "repealed_at", "repealed_by", "repeal_reason"])
    standing = row.reliances.filter(over_at__isnull=True)
    body = {
        "title": row.title,
        "number": row.number,
        "on": on,
        "by": row.repealed_by,
        "resting": standing.count(),
        "grants": len(_grants(row)),
    }
    record(terms.TEXT_REPEALED, subject=_subject(row), by=actor, at=clock.now(), body=body)
    if row.holding(clock.today()) is Holding.ENDED:
        _take_effect(row, actor=actor, clock=clock)
    return row


def end_due(*, actor: Actor, clock: Clock) -> list[str]:
    """Let the end of every text take effect whose last day has passed; return their titles. Safe to run twice."""
    due = LegalText.objects.filter(holds_until__lt=clock.today(), ended_told_at__isnull=True).order_by("pk")
    ended = []
    for text_id in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            row = LegalText.objects.select_for_update(skip_locked=True).filter(pk=text_id).first()
            if row is not None and row.ended_told_at is None:
                _take_effect(row, actor=actor, clock=clock)
                ended.append(row.title)
    return ended


@transaction.atomic
def review(*, reliance_id: UUID, note: str, actor: Actor, clock: Clock) -> Reliance:
    """Close the review of a refusal or an entry that rested on an ended text, with what was found.

    Raises:
        Forbidden: The actor does not sit in the authority as reviewer or chief.
        NotFound: Nothing that the actor may see waits there.
        GrantMustBeSigned: A grant is settled by signing it anew or revoking it.
        InputsRejected: No note.
    """
    require(actor, "bases.review")
    row = Reliance.objects.select_for_update(of=("self",)).filter(visible(actor), WAITING, pk=reliance_id).first()
    if row is None:
        raise NotFound(what="legal basis", key=reliance_id)
    if row.resting == Resting.GRANT:
        raise errors.GrantMustBeSigned(number=row.subject)
    if not note.strip():
        raise InputsRejected(problems={"note": _("Say what you found: the next reviewer reads it.")})
    _close(row, "looked_at", note.strip(), actor=actor, clock=clock)
    return row


@transaction.atomic
def signed_anew(*, grant: str, actor: Actor, clock: Clock) -> int:
    """Close the review of a grant that was signed anew; return how many places it rested on waited."""
    waiting = list(Reliance.objects.select_for_update().filter(WAITING, resting=Resting.GRANT, subject=grant))
    for row in waiting:
        _close(row, "signed_anew", "", actor=actor, clock=clock)
    return len(waiting)


def _close(row: Reliance, how: str, note: str, *, actor: Actor, clock: Clock) -> None:
    row.reviewed_at, row.reviewed_by, row.note = clock.now(), actor.name, note
    row.save(update_fields=["reviewed_at", "reviewed_by", "note"])
    body: dict[str, Any] = {
        "text": row.title,
        "resting": row.resting,
        "how": how,
        "note": sha256(note.encode()) if note else "",
    }
    record(
        terms.RESTING_REVIEWED, subject=row.subject, by=actor, at=clock.now(), body=body, concerns=sorted(row.concerns)
    )


def _take_effect(row: LegalText, *, actor: Actor, clock: Clock) -> None:
    """Send what rests on an ended text to the reviewers, and announce the grants to be held."""
    held = _grants(row)
    standing = row.reliances.filter(over_at__isnull=True, review_since__isnull=True)
    sent = standing.update(review_since=clock.now())
    row.ended_told_at = clock.now()
    row.save(update_fields=["ended_told_at"])
    assert row.holds_until is not None  # noqa: S101 - only an ended text comes here
    on = date.fromordinal(row.holds_until.toordinal() + 1)
    body = {"title": row.title, "on": on, "to_review": sent, "grants_held": len(held)}
    record(terms.TEXT_ENDED, subject=_subject(row), by=actor, at=clock.now(), body=body)
    announce(TextEnded(row.pk, row.title, on, held, clock.now()))


def _grants(row: LegalText) -> tuple[str, ...]:
    standing = row.reliances.filter(over_at__isnull=True, resting=Resting.GRANT)
    return tuple(sorted(set(standing.values_list("subject", flat=True))))


def _subject(row: LegalText) -> str:
    return f"text:{row.document or row.pk}"
