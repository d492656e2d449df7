"""Scans of sources for programs: start one, see how far it is, take in what it proposes."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.once import Key, once
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.refusal import NotFound
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.cases import ProposalStatus

router = Router(tags=["scans"])


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class Asked(Turning):
    """Which proposals, and which page of them."""

    status: ProposalStatus | None = None
    source: UUID | None = Field(None, description="Of one data source.")


class ScanOut(Schema):
    """One look through all tables of a source."""

    id: UUID
    source: UUID
    source_name: str
    status: str = Field(description="waiting, running, done or failed")
    total: int = Field(description="Tables.")
    done: int
    asked_at: datetime
    ended_at: datetime | None
    fault: str


class ScansOut(Schema):
    """A page of them."""

    scans: list[ScanOut]
    next: str


class ProposalOut(Schema):
    """A table or file as the entry that it could be. No value of it is kept."""

    id: UUID
    source: UUID
    source_name: str
    table: str
    name: str
    rows_estimate: int | None
    grade: str
    personal_info: str
    status: str = Field(description="open, taken or ignored")
    entry: UUID | None
    found_at: datetime
    items: list[dict[str, Any]] = Field(description="Columns with type, profile and suggestions.")


class ProposalsOut(Schema):
    """A page of them."""

    proposals: list[ProposalOut]
    next: str


class TakeIn(Schema):
    """How a proposed entry is to be drafted."""

    name: str = Field("", max_length=200, description="Without it, as proposed.")
    system: UUID | None = Field(None, description="The system whose data it is; without it, the source's own.")


@router.post("/sources/{uuid:source_id}/scan", response=ScanOut, summary="Scan a source")
def scan(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    """Let the worker look through all tables of a source; while one is under way, that one is answered."""
    call = cast(ApiRequest, request)
    made = services.ask_scan(source_id=source_id, actor=call.actor, clock=call.clock)
    return _scan(queries.scans(viewer=call.actor).get(pk=made.pk))


@router.get("/scans", response=ScansOut, summary="List scans")
def scans(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Scans of the sources whose department the caller may read for, newest first."""
    found = queries.scans(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("-asked_at",), turning.cursor, turning.size)
    return {"scans": [_scan(row) for row in rows], "next": following}


@router.get("/scans/{uuid:scan_id}", response=ScanOut, summary="Read how far a scan is")
def standing(request: HttpRequest, scan_id: UUID) -> dict[str, Any]:
    """How many tables were looked at."""
    found = queries.scans(viewer=cast(ApiRequest, request).actor).filter(pk=scan_id).first()
    if found is None:
        raise NotFound(what="scan", key=scan_id)
    return _scan(found)


@router.get("/proposals", response=ProposalsOut, summary="List proposed entries")
def proposals(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """What scans propose."""
    found = queries.proposals(viewer=cast(ApiRequest, request).actor, source_id=asked.source)
    if asked.status:
        found = found.filter(status=asked.status)
    rows, following = page(found, ("schema", "table"), asked.cursor, asked.size)
    return {"proposals": [_proposal(row) for row in rows], "next": following}


@router.get("/proposals/{uuid:proposal_id}", response=ProposalOut, summary="Read a proposed entry")
def proposal(request: HttpRequest, proposal_id: UUID) -> dict[str, Any]:
    """One table as the entry that it could be."""
    return _proposal(queries.proposal(proposal_id, viewer=cast(ApiRequest, request).actor))


@router.post("/proposals/{uuid:proposal_id}/take", response=ProposalOut, summary="Draft a proposed entry")
def take(
    request: HttpRequest, response: HttpResponse, proposal_id: UUID, told: TakeIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Draft an entry from a proposal, for its department to complete."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.take_proposal(
            proposal_id=proposal_id, name=told.name, system_id=told.system, actor=call.actor, clock=call.clock
        )
        return _proposal(queries.proposal(proposal_id, viewer=call.actor))

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/proposals/{uuid:proposal_id}/ignore", response=ProposalOut, summary="Leave a table out")
def ignore(
    request: HttpRequest, response: HttpResponse, proposal_id: UUID, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Say that a table is nothing to catalogue; later scans leave it so."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.ignore_proposal(proposal_id=proposal_id, actor=call.actor, clock=call.clock)
        return _proposal(queries.proposal(proposal_id, viewer=call.actor))

    return once(call, response, idempotency_key, None, work)


def _scan(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "status", "total", "done", "asked_at", "ended_at", "fault")}
    return told | {"source": row.source_id, "source_name": row.source.name}


def _proposal(row: Any) -> dict[str, Any]:
    names = ("id", "name", "rows_estimate", "grade", "personal_info", "status", "found_at", "items")
    told = {name: getattr(row, name) for name in names}
    return told | {
        "source": row.source_id,
        "source_name": row.source.name,
        "table": str(row),
        "entry": row.entry_id,
    }
