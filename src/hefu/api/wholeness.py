"""What keeps the catalogue whole, for programs: coverage, near-duplicates, ties."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms import Gap
from hefu.rooms.upkeep.terms.cases import PairStatus

router = Router(tags=["wholeness"])


class CoverageOut(Schema):
    """How whole one department's catalogue is."""

    department_id: UUID
    name: str
    place: str
    entries: int
    systems: int
    duties: int
    gaps: dict[Gap, int] = Field(description="Gap → rows that have it.")
    counted_at: Any = Field(None, description="When it was counted; null for just now.")


class Paired(Schema):
    """One entry of a pair."""

    id: UUID
    code: str
    name: str
    provider: str
    provider_code: str


class PairOut(Schema):
    """Two entries of two departments that say nearly the same."""

    id: UUID
    status: PairStatus
    score: int = Field(description="Likeness, 0 to 100.")
    names: int
    items: int
    shared: list[str] = Field(description="Items that both hold.")
    first: Paired
    second: Paired
    source: str | None = Field(description="Credit code of the department that the authority named as the source.")
    reason: str


class PairsOut(Schema):
    """A page of them."""

    pairs: list[PairOut]
    next: str


class Asked(Schema):
    """Which pairs, and which page."""

    status: PairStatus | None = None
    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class SourceIn(Schema):
    """The authority's word on a pair."""

    source: str | None = Field(description="Credit code of the one source; null when the two hold different data.")
    reason: str = Field(max_length=5000)


class TiesOut(Schema):
    """What an entry is tied to."""

    systems: list[dict[str, Any]]
    duties: list[dict[str, Any]]


@router.get("/coverage", response=list[CoverageOut], summary="Read how whole catalogues are")
def coverage(request: HttpRequest) -> list[Any]:
    """Count for each department what lacks its ties: systems, entries, duties; the gaps that auditors look for."""
    return list(queries.coverage(viewer=cast(ApiRequest, request).actor))


@router.get("/duplicates", response=PairsOut, summary="List near-duplicates")
def duplicates(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Pairs of entries of two departments that say nearly the same; the authority reads all, others their own."""
    found = queries.pairs(viewer=cast(ApiRequest, request).actor, status=asked.status)
    rows, following = page(found, ("-score",), asked.cursor, asked.size)
    return {"pairs": [_pair(row) for row in rows], "next": following}


@router.post("/duplicates/{uuid:pair_id}", response=PairOut, summary="Settle a near-duplicate")
def settle(request: HttpRequest, pair_id: UUID, told: SourceIn) -> dict[str, Any]:
    """Name the one source of what two entries hold, or say that they hold different data; the authority's reviewer."""
    call = cast(ApiRequest, request)
    if told.source is None:
        services.find_different(pair_id=pair_id, reason=told.reason, actor=call.actor, clock=call.clock)
    else:
        department = parties.department_by_code(told.source, viewer=call.actor)
        if department is None:
            raise NotFound(what="department", key=told.source)
        services.name_source(
            pair_id=pair_id, department_id=department.pk, reason=told.reason, actor=call.actor, clock=call.clock
        )
    return _pair(queries.pair(pair_id, viewer=call.actor))


@router.get("/entries/{uuid:entry_id}/ties", response=TiesOut, summary="Read an entry's ties")
def ties(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """Systems and duties that an entry is tied to."""
    actor = cast(ApiRequest, request).actor
    entry = catalog.entry(entry_id, viewer=actor)
    return {
        "systems": [{"id": str(one.pk), "name": one.name} for one in queries.systems_of(entry, viewer=actor)],
        "duties": [{"id": str(one.pk), "name": one.name} for one in queries.tasks_of(entry)],
    }


@router.put("/entries/{uuid:entry_id}/systems/{uuid:system_id}", response={204: None}, summary="Tie to a system")
def tie_system(request: HttpRequest, entry_id: UUID, system_id: UUID) -> HttpResponse:
    """Tie an entry to an information system of its department; once is enough."""
    call = cast(ApiRequest, request)
    services.tie_system(entry_id=entry_id, system_id=system_id, actor=call.actor, clock=call.clock)
    return HttpResponse(status=204)


@router.delete("/entries/{uuid:entry_id}/systems/{uuid:system_id}", response={204: None}, summary="Untie a system")
def untie_system(request: HttpRequest, entry_id: UUID, system_id: UUID) -> HttpResponse:
    """Take a tie to a system off; one that is not there is no fault."""
    call = cast(ApiRequest, request)
    services.untie_system(entry_id=entry_id, system_id=system_id, actor=call.actor, clock=call.clock)
    return HttpResponse(status=204)


@router.put("/entries/{uuid:entry_id}/duties/{uuid:task_id}", response={204: None}, summary="Tie to a duty")
def tie_duty(request: HttpRequest, entry_id: UUID, task_id: UUID) -> HttpResponse:
    """Tie an entry to a duty or business item of its department; once is enough."""
    call = cast(ApiRequest, request)
    services.tie_task(entry_id=entry_id, task_id=task_id, actor=call.actor, clock=call.clock)
    return HttpResponse(status=204)


@router.delete("/entries/{uuid:entry_id}/duties/{uuid:task_id}", response={204: None}, summary="Untie a duty")
def untie_duty(request: HttpRequest, entry_id: UUID, task_id: UUID) -> HttpResponse:
    """Take a tie to a duty or business item off; one that is not there is no fault."""
    call = cast(ApiRequest, request)
    services.untie_task(entry_id=entry_id, task_id=task_id, actor=call.actor, clock=call.clock)
    return HttpResponse(status=204)


def _pair(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "status", "score", "names", "items", "shared", "reason")}
    return told | {
        "first": _side(row.first),
        "second": _side(row.second),
        "source": row.source.credit_code if row.source else None,
    }


def _side(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "code": entry.code,
        "name": entry.name,
        "provider": entry.provider.name,
        "provider_code": entry.provider.credit_code,
    }
