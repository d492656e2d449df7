"""How other departments comment on a draft, and what becomes of it."""

from datetime import date
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import WRITABLE, Secrecy
from hefu.rooms.evidence.services import record
from hefu.rooms.upkeep import errors, queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Comment, Round
from hefu.rooms.upkeep.services._numbers import next_number
from hefu.rooms.upkeep.terms import cases


@transaction.atomic
def open_round(*, entry_id: UUID, until: date, public: bool = False, actor: Actor, clock: Clock) -> Round:
    """Put a draft before the other departments for comments; until the round is closed it cannot be handed in.

    Args:
        entry_id: A draft, returned entry or change.
        until: Last day for comments.
        public: Whether everybody may read it and comment, also without a seat; where the law says so, they may.
        actor: Officer or chief of its department.
        clock: For its times.

    Raises:
        NotFound, Forbidden: As everywhere.
        RoundRefused: It is not being written, a round is open, or everybody would read what nobody has assessed.
        InputsRejected: The day is not in the future.
    """
    row = catalog.entry(entry_id, viewer=actor)
    require(actor, "upkeep.discuss", row.provider_id)
    if row.status not in WRITABLE:
        raise errors.RoundRefused(code=row.code, reason=_("it is not being written."))
    if Round.objects.filter(entry_id=row.pk, closed_at__isnull=True).exists():
        raise errors.RoundRefused(code=row.code, reason=_("a round of comments is open already."))
    if until <= clock.today():
        raise InputsRejected(problems={"until": _("Give others at least a day.")})
    heard = queries.public_is_heard(row.provider.place, on=clock.today())
    if (public or heard) and row.secrecy != Secrecy.NONE:
        raise errors.RoundRefused(
            code=row.code, reason=_("everybody would read it, and nobody has found yet that it holds no secret.")
        )
    made = Round.objects.create(
        id=new_id(clock.now()),
        number=next_number("C", clock),
        entry_id=row.pk,
        opened_at=clock.now(),
        opened_by=actor.id,
        until=until,
        public=public or heard is not None,
    )
    record(
        cases.ROUND_OPENED,
        subject=made.number,
        by=actor,
        at=clock.now(),
        basis=[heard] if heard else [],
        concerns=[row.provider_id],
        body={"code": row.code, "until": until},
    )
    return made


@transaction.atomic
def comment(*, round_id: UUID, text: str, actor: Actor, clock: Clock) -> Comment:
    """Say something on a draft that is put before all departments.

    Raises:
        NotFound: No such round.
        Forbidden: The actor has no seat of an officer, chief or reviewer, or is of the department itself.
        RoundRefused: The round is closed or its last day is over.
        InputsRejected: Nothing is said.
    """
    row = queries.round_(round_id, viewer=actor)
    require(actor, "upkeep.comment", actor.department_id)
    if actor.department_id is None or actor.department_id == row.entry.provider_id:
        raise errors.RoundRefused(code=row.entry.code, reason=_("it is your own department's draft."))
    if row.closed_at or clock.today() > row.until:
        raise errors.RoundRefused(code=row.entry.code, reason=_("the time for comments is over."))
    if not text.strip():
        raise InputsRejected(problems={"text": _("This is needed.")})
    made = Comment.objects.create(
        id=new_id(clock.now()),
        round=row,
        department_id=actor.department_id,
        text=text.strip()[:4000],
        by=actor.id,
        at=clock.now(),
    )
    record(
        cases.COMMENT_MADE,
        subject=row.number,
        by=actor,
        at=clock.now(),
        concerns=[row.entry.provider_id, actor.department_id],
        body={"code": row.entry.code, "department": str(actor.department_id), "digest": sha256(made.text.encode())},
    )
    return made


@transaction.atomic
def answer_comment(*, comment_id: UUID, taken: bool, answer: str, actor: Actor, clock: Clock) -> Comment:
    """Say whether a comment was followed; one that is not gets a reason.

    Raises:
        NotFound: No such comment, or one of the public that is not shown.
        Forbidden: Not of the draft's department.
        InputsRejected: Not followed, and no reason.
    """
    row = (
        Comment.objects.select_for_update(of=("self",))
        .select_related("round__entry")
        .filter(pk=comment_id, shown=True)
        .first()
    )
    if row is None:
        raise NotFound(what="comment", key=comment_id)
    entry = row.round.entry
    require(actor, "upkeep.discuss", entry.provider_id)
    if not taken and not answer.strip():
        raise InputsRejected(problems={"answer": _("Say why it was not followed.")})
    row.taken, row.answer, row.answered_at = taken, answer.strip(), clock.now()
    row.save()
    record(
        cases.COMMENT_ANSWERED,
        subject=row.round.number,
        by=actor,
        at=clock.now(),
        concerns=[entry.provider_id, *([row.department_id] if row.department_id else [])],
        body={"code": entry.code, "taken": taken, "answer": row.answer},
    )
    return row


@transaction.atomic
def close_round(*, round_id: UUID, actor: Actor, clock: Clock) -> Round:
    """End the time for comments, once its last day is over and every comment is answered.

    Raises:
        NotFound: No such round.
        Forbidden: Not of the draft's department.
        RoundRefused: The last day is not over, a comment has no answer, or one of the public was not looked at.
    """
    found = queries.round_(round_id, viewer=actor)
    require(actor, "upkeep.discuss", found.entry.provider_id)
    row = Round.objects.select_for_update(of=("self",)).select_related("entry").get(pk=found.pk)
    if row.closed_at:
        return row
    if clock.today() <= row.until:
        raise errors.RoundRefused(code=row.entry.code, reason=_("others may comment until its last day."))
    comments = list(row.comments.all())
    if any(one.shown is None for one in comments):
        raise errors.RoundRefused(code=row.entry.code, reason=_("a comment of the public was not looked at yet."))
    if any(one.shown and one.taken is None for one in comments):
        raise errors.RoundRefused(code=row.entry.code, reason=_("a comment has no answer yet."))
    row.closed_at = clock.now()
    row.save(update_fields=["closed_at"])
    row.comments.exclude(origin="").update(origin="")
    record(
        cases.ROUND_CLOSED,
        subject=row.number,
        by=actor,
        at=clock.now(),
        concerns=[row.entry.provider_id],
        body={
            "code": row.entry.code,
            "comments": len(comments),
            "taken": sum(bool(one.taken) for one in comments),
        },
    )
    return row
