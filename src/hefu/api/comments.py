"""Comments on drafts for programs: of departments, and of everybody where a draft is put before the public."""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from ninja import Status as Answer
from pydantic import Field

from hefu.api.once import Key, once
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock
from hefu.protocols.origin import origin
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Status
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may
from hefu.rooms.upkeep.queries.rounds import comments_in

router = Router(tags=["comments"])
#: What anybody may read and say, without a token.
public = Router(tags=["the public"], auth=None)

#: Who asks without saying who.
ANYBODY = Actor(id="public", name="")


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class RoundOut(Schema):
    """A time in which others may comment on a draft."""

    id: UUID
    number: str
    entry: UUID
    entry_code: str
    entry_name: str
    provider: str
    opened_at: datetime
    until: date = Field(description="Last day for comments.")
    public: bool = Field(description="Whether everybody may read the draft and comment.")
    closed_at: datetime | None
    comments: int = Field(description="Those that are shown.")


class RoundsOut(Schema):
    """A page of them."""

    rounds: list[RoundOut]
    next: str


class RoundIn(Schema):
    """For how long a draft is put before others."""

    until: date
    public: bool = False


class CommentOut(Schema):
    """What somebody said on a draft, and what became of it."""

    id: UUID
    department: str | None = Field(description="Null for one of the public.")
    speaker: str = Field(description="As one of the public wants to be called.")
    text: str
    at: datetime
    shown: bool | None = Field(description="Null while nobody has looked at it.")
    kept_back: str = Field(description="Why it is not shown.")
    taken: bool | None = Field(description="Whether it was followed; null before the answer.")
    answer: str


class CommentsOut(Schema):
    """A page of them."""

    comments: list[CommentOut]
    next: str


class CommentIn(Schema):
    """What a department says."""

    text: str = Field(min_length=1, max_length=4000)


class PublicCommentIn(Schema):
    """What one of the public says."""

    text: str = Field(min_length=1, max_length=2000)
    speaker: str = Field("", max_length=80, description="As the person wants to be called.")


class LookIn(Schema):
    """Whether others may read a comment of the public."""

    shown: bool
    reason: str = Field("", max_length=500, description="Needed to keep it back.")


class AnswerIn(Schema):
    """Whether a comment was followed."""

    taken: bool
    answer: str = Field("", max_length=5000, description="Needed where it was not.")


class Kept(Schema):
    """That a comment waits for somebody to look at it."""

    id: UUID


class PublicRoundOut(RoundOut):
    """A draft as the public reads it."""

    open: bool = Field(description="Whether comments are taken today.")
    abstract: str = Field(description="Empty once nobody is asked any more.")
    items: list[str]


@router.get("/rounds", response=RoundsOut, summary="List rounds of comments")
def rounds(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Drafts that are or were put before all departments, newest first."""
    found = queries.rounds(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("-opened_at",), turning.cursor, turning.size)
    return {"rounds": [_round(row) for row in rows], "next": following}


@router.get("/rounds/{uuid:round_id}", response=RoundOut, summary="Read a round of comments")
def round_(request: HttpRequest, round_id: UUID) -> dict[str, Any]:
    """One round."""
    return _round(queries.round_(round_id, viewer=cast(ApiRequest, request).actor))


@router.post("/entries/{uuid:entry_id}/rounds", response=RoundOut, summary="Put a draft before others")
def open_round(
    request: HttpRequest, response: HttpResponse, entry_id: UUID, told: RoundIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Let others comment on a draft until a day; officer or chief of its department."""
    call = cast(ApiRequest, request)
    catalog.entry(entry_id, viewer=call.actor)

    def work() -> dict[str, Any]:
        made = services.open_round(
            entry_id=entry_id, until=told.until, public=told.public, actor=call.actor, clock=call.clock
        )
        return _round(queries.round_(made.pk, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/rounds/{uuid:round_id}/close", response=RoundOut, summary="Close a round of comments")
def close(request: HttpRequest, round_id: UUID) -> dict[str, Any]:
    """Close a round whose day is over and whose comments are answered; closing it again changes nothing."""
    call = cast(ApiRequest, request)
    services.close_round(round_id=round_id, actor=call.actor, clock=call.clock)
    return _round(queries.round_(round_id, viewer=call.actor))


@router.get("/rounds/{uuid:round_id}/comments", response=CommentsOut, summary="List the comments on a draft")
def comments(request: HttpRequest, round_id: UUID, turning: Query[Turning]) -> dict[str, Any]:
    """What was said, oldest first; what is not shown only for those who look at it."""
    actor = cast(ApiRequest, request).actor
    row = queries.round_(round_id, viewer=actor)
    rows, following = page(comments_in(row, viewer=actor), ("at",), turning.cursor, turning.size)
    moderates = may(actor, "upkeep.moderate", row.entry.provider_id)
    return {"comments": [_comment(one, inside=moderates) for one in rows], "next": following}


@router.post("/rounds/{uuid:round_id}/comments", response=CommentOut, summary="Comment on a draft")
def say(
    request: HttpRequest, response: HttpResponse, round_id: UUID, told: CommentIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Say something on another department's draft, for the caller's own."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        made = services.comment(round_id=round_id, text=told.text, actor=call.actor, clock=call.clock)
        return _comment(made, inside=False)

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/comments/{uuid:comment_id}/look", response=CommentOut, summary="Look at a comment of the public")
def look(request: HttpRequest, comment_id: UUID, told: LookIn) -> dict[str, Any]:
    """Let a comment of the public be shown, or keep it back with a reason."""
    call = cast(ApiRequest, request)
    row = services.look_at_comment(
        comment_id=comment_id, shown=told.shown, reason=told.reason, actor=call.actor, clock=call.clock
    )
    return _comment(row, inside=True)


@router.post("/comments/{uuid:comment_id}/answer", response=CommentOut, summary="Answer a comment")
def answer(request: HttpRequest, comment_id: UUID, told: AnswerIn) -> dict[str, Any]:
    """Say whether a comment was followed; the draft's department. Saying it again replaces it."""
    call = cast(ApiRequest, request)
    row = services.answer_comment(
        comment_id=comment_id, taken=told.taken, answer=told.answer, actor=call.actor, clock=call.clock
    )
    return _comment(row, inside=False)


@public.get("/rounds", response=RoundsOut, summary="List drafts on which everybody is heard")
def public_rounds(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Drafts that are or were put before everybody, newest first; nobody need say who asks."""
    del request
    rows, following = page(queries.public_rounds(viewer=ANYBODY), ("-opened_at",), turning.cursor, turning.size)
    return {"rounds": [_round(row) for row in rows], "next": following}


@public.get("/rounds/{uuid:round_id}", response=PublicRoundOut, summary="Read a draft on which everybody is heard")
def public_round(request: HttpRequest, round_id: UUID) -> dict[str, Any]:
    """One draft: what it says while everybody is heard on it, and for ever once it is in force."""
    row = queries.public_round(round_id, viewer=ANYBODY)
    heard = row.closed_at is None and _clock(request).today() <= row.until
    told = heard or row.entry.status == Status.PUBLISHED
    return _round(row) | {
        "open": heard,
        "abstract": row.entry.abstract if told else "",
        "items": [item.name for item in row.entry.items.all()] if told else [],
    }


@public.get("/rounds/{uuid:round_id}/comments", response=CommentsOut, summary="Read what was said on it")
def public_comments(request: HttpRequest, round_id: UUID, turning: Query[Turning]) -> dict[str, Any]:
    """Comments that are shown, oldest first."""
    del request
    row = queries.public_round(round_id, viewer=ANYBODY)
    found = comments_in(row, viewer=ANYBODY)
    rows, following = page(found, ("at",), turning.cursor, turning.size)
    return {"comments": [_comment(one, inside=False) for one in rows], "next": following}


@public.post("/rounds/{uuid:round_id}/comments", response={202: Kept}, summary="Have one's say on a draft")
def have_say(request: HttpRequest, round_id: UUID, told: PublicCommentIn) -> Answer[dict[str, Any]]:
    """Say something; it is shown once somebody has looked at it. Only a few are taken a day from one address."""
    made = services.comment_publicly(
        round_id=round_id,
        text=told.text,
        speaker=told.speaker,
        origin=origin(request),
        actor=ANYBODY,
        clock=_clock(request),
    )
    return Answer(202, {"id": made.pk})


def _clock(request: HttpRequest) -> Any:
    return getattr(request, "clock", None) or SystemClock()


def _round(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "number", "opened_at", "until", "public", "closed_at")}
    return told | {
        "entry": row.entry_id,
        "entry_code": row.entry.code,
        "entry_name": row.entry.name,
        "provider": row.entry.provider.name,
        "comments": row.said,
    }


def _comment(row: Any, *, inside: bool) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "speaker", "text", "at", "shown", "taken", "answer")}
    return told | {
        "department": row.department.name if row.department_id else None,
        "kept_back": row.kept_back if inside else "",
    }
