"""The catalogue for programs: lists, entries, versions, drafts, many entries at once."""

import json
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from hefu.api.content import ContentIn, content_of
from hefu.api.errors import TooMany
from hefu.api.finding import ORDERS, Narrowing, Summaries, Turning, found, summary
from hefu.api.once import Key
from hefu.api.paging import page
from hefu.api.problems import as_problem
from hefu.api.request import ApiRequest
from hefu.kernel.canonical import plain
from hefu.kernel.hashing import sha256
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.exporting.plain import as_record
from hefu.rooms.catalog.exporting.reading import Sources, one
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import queries as upkeep

router = Router(tags=["catalog"])

#: Rows of one request that writes.
MOST_ROWS = 500


class Record(Schema):
    """All that an entry says, by the names of its fields."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    code: str
    name: str
    provider: str
    provider_code: str
    status: str
    version: int
    items: list[dict[str, Any]]


class VersionOut(Schema):
    """A version that was in force."""

    number: int
    published_at: datetime
    digest: str
    approved_name: str


class DraftIn(Schema):
    """An entry to draft or to write over."""

    provider: str = Field("", description="Unified social credit code; without it, the caller's own department.")
    code: str = Field("", description="The entry it is; without it `content.outside_code` says which.")
    content: ContentIn  # type: ignore[valid-type]


class Written(Schema):
    """What became of an entry."""

    id: UUID
    code: str
    status: str
    outcome: str = Field(description="created, changed or unchanged")


class RowsIn(Schema):
    """Entries to write. Each row is a `DraftIn`; a row that cannot be taken does not keep the others out."""

    rows: list[dict[str, Any]] = Field(description=f"At most {MOST_ROWS}.")


class RowOut(Schema):
    """What became of one row."""

    row: int = Field(description="Counted from 0, as sent.")
    outcome: str = Field(description="created, changed, unchanged or refused")
    id: UUID | None = None
    code: str = ""
    problem: dict[str, Any] | None = None


class RowsOut(Schema):
    """What became of every row."""

    created: int
    changed: int
    unchanged: int
    refused: int
    rows: list[RowOut]


@router.get("/entries", response=Summaries, summary="List entries")
def list_entries(request: HttpRequest, narrowing: Query[Narrowing], turning: Query[Turning]) -> dict[str, Any]:
    """Entries that the caller may read, page by page by key. Those in force, unless `status` says others."""
    call = cast(ApiRequest, request)
    rows, following = page(found(call, narrowing), ORDERS[turning.order], turning.cursor, turning.size)
    return {"entries": [summary(row) for row in rows], "next": following}


@router.get("/entries/by-code", response=Record, summary="Read an entry by its code")
def read_by_code(request: HttpRequest, code: str) -> dict[str, Any]:
    """All that an entry says; codes hold a stroke, so the code is asked for in the query."""
    return _record(cast(ApiRequest, request), code)


@router.get("/entries/{uuid:entry_id}", response=Record, summary="Read an entry")
def read(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """All that an entry or a change says."""
    return _record(cast(ApiRequest, request), entry_id)


@router.get("/entries/{uuid:entry_id}/versions", response=list[VersionOut], summary="List the versions of an entry")
def versions(request: HttpRequest, entry_id: UUID) -> list[Any]:
    """Versions that were in force, newest first."""
    actor = cast(ApiRequest, request).actor
    return list(queries.versions(queries.entry(entry_id, viewer=actor)))


@router.get("/entries/{uuid:entry_id}/versions/{int:number}", response=dict[str, Any], summary="Read a version")
def version(request: HttpRequest, entry_id: UUID, number: int) -> dict[str, Any]:
    """What the entry said in that version."""
    return to_json(queries.version(entry_id, number, viewer=cast(ApiRequest, request).actor))


@router.put("/entries", response=Written, summary="Draft an entry, or write over it")
def write(request: HttpRequest, told: DraftIn) -> dict[str, Any]:
    """Draft an entry or write what differs; of an entry in force, draft its next version. Again changes nothing."""
    return _write(cast(ApiRequest, request), told)


@router.post("/entries/bulk", response=RowsOut, summary="Write many entries")
def write_many(
    request: HttpRequest,
    response: HttpResponse,
    told: RowsIn,
    idempotency_key: Key = "",
) -> dict[str, Any]:
    """Write every row by itself and say of each what became of it; the same rows again change nothing."""
    if len(told.rows) > MOST_ROWS:
        raise TooMany(most=MOST_ROWS)
    call = cast(ApiRequest, request)
    if not idempotency_key:
        return _write_many(call, told)
    answer, before = services.answer_once(
        key=idempotency_key,
        digest=sha256(json.dumps(told.rows, sort_keys=True).encode()),
        work=lambda: dict(plain(_write_many(call, told))),
        actor=call.actor,
        clock=call.clock,
    )
    response["Idempotency-Replayed"] = "true" if before else "false"
    return answer


def _write_many(call: ApiRequest, told: RowsIn) -> dict[str, Any]:
    done = [_row(call, place, row) for place, row in enumerate(told.rows)]
    counts = {name: sum(one["outcome"] == name for one in done) for name in ("created", "changed", "unchanged")}
    return {**counts, "refused": len(done) - sum(counts.values()), "rows": done}


@router.post("/entries/{uuid:entry_id}/submit", response=Written, summary="Sign an entry off")
def submit(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """Sign an entry or change off as the department's chief and send it to the authority."""
    call = cast(ApiRequest, request)
    row = services.submit_entry(entry_id=entry_id, actor=call.actor, clock=call.clock)
    return {"id": row.pk, "code": row.code, "status": row.status, "outcome": "changed"}


@router.delete("/entries/{uuid:entry_id}", response={204: None}, summary="Drop a draft")
def drop(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Throw a draft or a change away; what is in force stays as it is."""
    call = cast(ApiRequest, request)
    services.drop_draft(entry_id=entry_id, actor=call.actor, clock=call.clock)
    return HttpResponse(status=204)


_DRAFT = TypeAdapter(DraftIn)


def _row(call: ApiRequest, place: int, row: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"row": place, **_write(call, _DRAFT.validate_python(row))}
    except ValidationError as error:
        refusal: Refusal = InputsRejected(problems=faults(error))
    except Refusal as refused:
        refusal = refused
    return {"row": place, "outcome": "refused", "problem": as_problem(refusal)}


def faults(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with what was sent: place in the body → sentence."""
    return {".".join(str(part) for part in one["loc"]): one["msg"] for one in error.errors()}


def _write(call: ApiRequest, told: DraftIn) -> dict[str, Any]:
    provider = call.actor.department_id
    if told.provider:
        department = parties.department_by_code(told.provider, viewer=call.actor)
        if department is None:
            raise NotFound(what="department", key=told.provider)
        provider = department.pk
    if provider is None:
        raise NotFound(what="department", key="of the caller")
    row, outcome = services.upsert_entry(
        provider_id=provider, content=content_of(told.content), code=told.code, actor=call.actor, clock=call.clock
    )
    return {"id": row.pk, "code": row.code, "status": row.status, "outcome": outcome.value}


def _record(call: ApiRequest, key: UUID | str) -> dict[str, Any]:
    row = queries.entry(key, viewer=call.actor)
    sources = upkeep.sources_of([row.pk]).get(row.pk, Sources())
    told = as_record(one(row, sources))
    for item in told["items"]:
        del item["source_department"]  # so that items can be written back as they were read; `ties` tells it
    return {"id": row.pk, **told}
