"""What keeps the catalogue whole, for programs: coverage, near-duplicates, ties."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms import Gap
from hefu.rooms.upkeep.terms.cases import PairStatus
from hefu.rooms.upkeep.terms.naming import By, Words

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


class ItemPairOut(Schema):
    """Two items of a pair that are alike."""

    first: UUID
    first_name: str
    first_code: str
    second: UUID
    second_name: str
    second_code: str
    by: list[By] = Field(description="By what they are alike.")
    same_type: bool | None = Field(description="Whether both have one data type; null where one has none.")
    sources: list[str] = Field(description="Credit codes of the departments named as source of either.")


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


class PairWhole(PairOut):
    """One pair with the items that are alike."""

    alike: list[ItemPairOut]


class ItemSourceIn(Schema):
    """The source of two items that are alike."""

    first: UUID
    second: UUID
    source: str | None = Field(description="Credit code of the source; null when the two are not one datum.")


class SourceIn(Schema):
    """The authority's word on a pair."""

    source: str | None = Field(
        None,
        description="Credit code of the source of every item not in `items`; null when the two hold different data.",
    )
    items: list[ItemSourceIn] = Field([], max_length=2000, description="Items whose source is another.")
    reason: str = Field(max_length=5000)


class BackIn(Schema):
    """Why a finding is taken back."""

    reason: str = Field(max_length=5000)


class ItemSourceOut(Schema):
    """The source department of one item."""

    item: UUID
    code: str
    source: str = Field(description="Credit code of the source department.")
    entry: str | None = Field(description="Code of the entry in which that department holds it.")


class TiesOut(Schema):
    """What an entry is tied to."""

    systems: list[dict[str, Any]]
    duties: list[dict[str, Any]]
    sources: list[ItemSourceOut] = Field(description="Items whose source department the authority named.")


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


@router.get("/duplicates/{uuid:pair_id}", response=PairWhole, summary="Read a near-duplicate")
def duplicate(request: HttpRequest, pair_id: UUID) -> dict[str, Any]:
    """One pair with the items of both entries that are alike, and the departments named as their sources."""
    found = queries.pair(pair_id, viewer=cast(ApiRequest, request).actor)
    return _pair(found) | {"alike": [_alike(one) for one in queries.alike(found)]}


@router.post("/duplicates/{uuid:pair_id}", response=PairOut, summary="Settle a near-duplicate")
def settle(request: HttpRequest, pair_id: UUID, told: SourceIn) -> dict[str, Any]:
    """Name the source of the items that two entries share, or say that they hold different data; the authority."""
    call = cast(ApiRequest, request)
    who: dict[str, Any] = {"pair_id": pair_id, "reason": told.reason, "actor": call.actor, "clock": call.clock}
    if told.source is None and not told.items:
        services.find_different(**who)
    else:
        words = Words(
            _department(told.source, call.actor),
            {(one.first, one.second): _department(one.source, call.actor) for one in told.items},
        )
        services.name_sources(words=words, **who)
    return _pair(queries.pair(pair_id, viewer=call.actor))


@router.post("/duplicates/{uuid:pair_id}/take-back", response=PairOut, summary="Take a finding back")
def take_back(request: HttpRequest, pair_id: UUID, told: BackIn) -> dict[str, Any]:
    """End what was named on a pair, so that it waits for a finding again; the authority's reviewer."""
    call = cast(ApiRequest, request)
    services.take_back(pair_id=pair_id, reason=told.reason, actor=call.actor, clock=call.clock)
    return _pair(queries.pair(pair_id, viewer=call.actor))


def _department(code: str | None, viewer: Actor) -> UUID | None:
    if code is None:
        return None
    found = parties.department_by_code(code, viewer=viewer)
    if found is None:
        raise NotFound(what="department", key=code)
    return found.pk


def _alike(one: queries.Alike) -> dict[str, Any]:
    return {
        "first": one.first.pk,
        "first_name": one.first.name,
        "first_code": one.first.code,
        "second": one.second.pk,
        "second_name": one.second.name,
        "second_code": one.second.code,
        "by": list(one.by),
        "same_type": one.same_type,
        "sources": [department.credit_code for department in one.sources],
    }


@router.get("/entries/{uuid:entry_id}/ties", response=TiesOut, summary="Read an entry's ties")
def ties(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """Systems and duties that an entry is tied to."""
    actor = cast(ApiRequest, request).actor
    entry = catalog.entry(entry_id, viewer=actor)
    return {
        "systems": [{"id": str(one.pk), "name": one.name} for one in queries.systems_of(entry, viewer=actor)],
        "duties": [{"id": str(one.pk), "name": one.name} for one in queries.tasks_of(entry)],
        "sources": [
            {
                "item": item,
                "code": one.code,
                "source": one.department.credit_code,
                "entry": one.origin.code if one.origin else None,
            }
            for item, one in queries.item_sources(entry.pk).items()
        ],
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
