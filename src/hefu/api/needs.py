"""Needs outside the catalogue for programs: ask for data, name who must have it, answer, meet, refuse."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.offices import office
from hefu.api.once import Key, once
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.cases import NeedStatus

router = Router(tags=["needs"])


class Asked(Schema):
    """Which needs, and which page of them."""

    status: NeedStatus | None = None
    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class NeedOut(Schema):
    """A department needs data that nobody has catalogued."""

    number: str
    status: NeedStatus
    department: str
    department_code: str
    name: str
    items: str
    purpose: str
    basis: str
    asked_at: datetime
    changed_at: datetime
    source: str | None = Field(description="Credit code of the department that must have it.")
    entry: UUID | None = Field(description="The entry that holds it.")
    reason: str = Field(description="Last word of the authority or of that department.")


class NeedsOut(Schema):
    """A page of them."""

    needs: list[NeedOut]
    next: str


class NeedIn(Schema):
    """What is needed."""

    name: str = Field(min_length=1, max_length=200)
    items: str = Field(min_length=1, max_length=5000, description="Items wanted, in words.")
    purpose: str = Field(min_length=1, max_length=5000)
    basis: str = Field("", max_length=300)


class AssignIn(Schema):
    """Who must have it."""

    source: str = Field(max_length=18, description="Unified social credit code.")
    reason: str = Field("", max_length=5000)


class AnswerIn(Schema):
    """Whether the department named catalogues it."""

    agrees: bool
    reason: str = Field("", max_length=5000, description="Needed where it does not have it.")


class MeetIn(Schema):
    """Which entry in force holds it."""

    entry: UUID
    reason: str = Field("", max_length=5000)


class RefuseIn(Schema):
    """Why it is refused."""

    reason: str = Field(min_length=1, max_length=5000)


@router.get("/needs", response=NeedsOut, summary="List needs")
def needs(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Needs that the caller's department asked for or must meet; the authority reads all. Newest first."""
    found = queries.needs(viewer=cast(ApiRequest, request).actor, status=asked.status)
    rows, following = page(found, ("-asked_at",), asked.cursor, asked.size)
    return {"needs": [_need(row) for row in rows], "next": following}


@router.get("/needs/{number}", response=NeedOut, summary="Read a need")
def need(request: HttpRequest, number: str) -> dict[str, Any]:
    """One need."""
    return _need(queries.need(number, viewer=cast(ApiRequest, request).actor))


@router.post("/needs", response=NeedOut, summary="Ask for data outside the catalogue")
def ask(request: HttpRequest, response: HttpResponse, told: NeedIn, idempotency_key: Key = "") -> dict[str, Any]:
    """Tell the authority that the caller's department needs data that nobody has catalogued."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        made = services.ask_for_data(**told.model_dump(), actor=call.actor, clock=call.clock)
        return _need(queries.need(made.number, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/needs/{number}/assign", response=NeedOut, summary="Name who must have it")
def assign(
    request: HttpRequest, response: HttpResponse, number: str, told: AssignIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Name the department that must have the data; the authority's reviewer."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.name_provider(
            number=number,
            department_id=office(call, told.source),
            reason=told.reason,
            actor=call.actor,
            clock=call.clock,
        )
        return _need(queries.need(number, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/needs/{number}/answer", response=NeedOut, summary="Answer a need")
def answer(
    request: HttpRequest, response: HttpResponse, number: str, told: AnswerIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Say whether the department named catalogues the data, or send it back with a reason."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        done = services.answer_need(
            number=number, agrees=told.agrees, reason=told.reason, actor=call.actor, clock=call.clock
        )
        return _need(done)  # sent back, its department need not be able to read it any more

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/needs/{number}/meet", response=NeedOut, summary="Meet a need")
def meet(
    request: HttpRequest, response: HttpResponse, number: str, told: MeetIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Name the entry in force that holds the data."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.meet_need(number=number, entry_id=told.entry, reason=told.reason, actor=call.actor, clock=call.clock)
        return _need(queries.need(number, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/needs/{number}/refuse", response=NeedOut, summary="Refuse a need")
def refuse(
    request: HttpRequest, response: HttpResponse, number: str, told: RefuseIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Refuse a need with a reason; the authority's reviewer."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.refuse_need(number=number, reason=told.reason, actor=call.actor, clock=call.clock)
        return _need(queries.need(number, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


def _need(row: Any) -> dict[str, Any]:
    names = ("number", "status", "name", "items", "purpose", "basis", "asked_at", "changed_at", "reason")
    told = {name: getattr(row, name) for name in names}
    return told | {
        "department": row.department.name,
        "department_code": row.department.credit_code,
        "source": row.source.credit_code if row.source else None,
        "entry": row.entry_id,
    }
