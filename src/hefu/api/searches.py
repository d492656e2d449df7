"""Kept searches for programs: save, list, run, drop; and what they found anew."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.finding import Answered, Looking, Narrowing, answered, question
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.terms import Status

router = Router(tags=["kept searches"])


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class SearchIn(Schema):
    """A search to keep; the same name replaces it."""

    name: str = Field(max_length=120, description="Without one, its words.")
    asked: Narrowing = Field(description="As the search itself takes it; only entries in force are looked for.")


class SearchOut(Schema):
    """A kept search."""

    id: UUID
    name: str
    text: str
    chosen: dict[str, list[str]] = Field(description="Facet → values; departments by id.")
    made_at: datetime
    unread: int = Field(description="Entries found anew that were not read.")


class NoticeOut(Schema):
    """An entry that came into force and that a kept search finds."""

    id: int
    search: UUID
    entry: UUID
    entry_code: str
    entry_name: str
    provider: str
    version: int
    at: datetime


class NoticesOut(Schema):
    """A page of them."""

    notices: list[NoticeOut]
    next: str


@router.get("/searches", response=list[SearchOut], summary="List kept searches")
def searches(request: HttpRequest) -> list[dict[str, Any]]:
    """The searches that the caller keeps in this department, at most fifty, newest first."""
    return [_told(row) for row in queries.own_searches(viewer=cast(ApiRequest, request).actor)]


@router.put("/searches", response=SearchOut, summary="Keep a search")
def keep(request: HttpRequest, told: SearchIn) -> dict[str, Any]:
    """Keep a search under a name; of new entries that it finds the person is told. Again changes nothing."""
    call = cast(ApiRequest, request)
    made = services.keep_search(name=told.name, question=question(call, told.asked), actor=call.actor, clock=call.clock)
    return _told(_own(call, made.pk))


@router.get("/searches/{uuid:search_id}", response=SearchOut, summary="Read a kept search")
def read(request: HttpRequest, search_id: UUID) -> dict[str, Any]:
    """One kept search."""
    return _told(_own(cast(ApiRequest, request), search_id))


@router.get("/searches/{uuid:search_id}/run", response=Answered, summary="Run a kept search")
def run(request: HttpRequest, search_id: UUID, looking: Query[Looking]) -> dict[str, Any]:
    """What a kept search finds now, as the search itself answers."""
    call = cast(ApiRequest, request)
    row = _own(call, search_id)
    return answered(call, looking, lambda **more: queries.question_of(row, status=Status.PUBLISHED.value, **more))


@router.delete("/searches/{uuid:search_id}", response={204: None}, summary="Drop a kept search")
def drop(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Keep a search no longer."""
    services.drop_search(search_id=search_id, actor=cast(ApiRequest, request).actor)
    return HttpResponse(status=204)


@router.get("/searches/notices", response=NoticesOut, summary="List what kept searches found anew")
def notices(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Unread notices of all the caller's searches, newest first; only of entries that may still be read."""
    found = queries.search_notices(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("-at",), turning.cursor, turning.size)
    return {"notices": [_notice(row) for row in rows], "next": following}


@router.post("/searches/{uuid:search_id}/read", response=SearchOut, summary="Put notices away")
def note_read(request: HttpRequest, search_id: UUID) -> dict[str, Any]:
    """Note that the person has seen what a kept search found; again changes nothing."""
    call = cast(ApiRequest, request)
    services.read_notices(search_id=search_id, actor=call.actor, clock=call.clock)
    return _told(_own(call, search_id))


def _own(call: ApiRequest, search_id: UUID) -> Any:
    found = queries.own_searches(viewer=call.actor).filter(pk=search_id).first()
    if found is None:
        raise NotFound(what="kept search", key=search_id)
    return found


def _told(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "name", "made_at", "unread")}
    return told | {"text": row.asked.get("text", ""), "chosen": row.asked.get("chosen", {})}


def _notice(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "search": row.search_id,
        "entry": row.entry_id,
        "entry_code": row.entry.code,
        "entry_name": row.entry.name,
        "provider": row.entry.provider.name,
        "version": row.version,
        "at": row.at,
    }
