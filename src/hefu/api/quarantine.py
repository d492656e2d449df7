"""What imports did, and the rows that they refused, for programs: read, put right, set aside."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.offices import office
from hefu.api.once import Key, once
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.rooms.catalog import queries, services

router = Router(tags=["quarantine"])

#: Rows of one request that mends or sets aside.
MOST_ROWS = 1000
#: As far as every program tells whole numbers apart.
RowId = Annotated[int, Field(ge=1, le=2**53 - 1)]


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class TurningRows(Turning):
    """Which rows, and which page of them."""

    waiting: bool = Field(True, description="Only rows that nobody has dealt with.")


class BatchOut(Schema):
    """One import that went in."""

    id: UUID
    file_name: str
    at: datetime
    published: bool = Field(description="Taken in as published, not as drafts.")
    rows: int
    taken: int
    changed: int
    unchanged: int
    repeated: int
    refused: int
    entries_digest: str


class BatchesOut(Schema):
    """A page of imports."""

    batches: list[BatchOut]
    next: str


class RowOut(Schema):
    """A row that was refused."""

    id: int
    batch: UUID
    row: int = Field(description="As the file counts.")
    reasons: list[dict[str, Any]]
    original: dict[str, Any]
    mended: dict[str, Any] = Field(description="Cells that somebody put right: column → cell.")
    settled: str = Field(description="Empty while it waits; taken, set_aside or repeated.")
    entry: UUID | None = Field(description="The entry that it became.")


class RowsOut(Schema):
    """A page of them."""

    rows: list[RowOut]
    next: str


class MendIn(Schema):
    """What is to be put right, in which rows. With neither cells nor providers they are only tried again."""

    rows: list[RowId] | None = Field(None, max_length=MOST_ROWS, description="Their ids; all that wait when null.")
    cells: dict[str, Annotated[str, Field(max_length=20_000)]] = Field(
        {}, description="Column → cell, the same for each of the rows; an empty cell empties."
    )
    providers: dict[str, str] = Field({}, description="Provider as the file writes it → unified social credit code.")


class MendedOut(Schema):
    """What became of the rows."""

    taken: int
    waiting: int
    rows: list[RowOut] = Field(description="Those that were named, as they stand now.")


class DropIn(Schema):
    """Rows that do not go in."""

    rows: list[RowId] = Field(min_length=1, max_length=MOST_ROWS)


class DroppedOut(Schema):
    """How many were set aside."""

    set_aside: int


@router.get("/batches", response=BatchesOut, summary="List imports")
def batches(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Imports that went in, newest first."""
    found = queries.batches(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("-at",), turning.cursor, turning.size)
    return {"batches": rows, "next": following}


@router.get("/batches/{uuid:batch_id}", response=BatchOut, summary="Read what an import did")
def batch(request: HttpRequest, batch_id: UUID) -> Any:
    """One import."""
    return queries.batch(batch_id, viewer=cast(ApiRequest, request).actor)


@router.get("/batches/{uuid:batch_id}/rows", response=RowsOut, summary="List the rows that an import refused")
def rows(request: HttpRequest, batch_id: UUID, turning: Query[TurningRows]) -> dict[str, Any]:
    """Rows with their reasons and all their cells, in the file's order."""
    actor = cast(ApiRequest, request).actor
    queries.batch(batch_id, viewer=actor)
    found = queries.bad_rows(batch_id, viewer=actor, waiting=turning.waiting)
    told, following = page(found, ("row",), turning.cursor, turning.size)
    return {"rows": [_row(one) for one in told], "next": following}


@router.get("/quarantine", response=RowsOut, summary="List every row in quarantine")
def quarantine(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Rows of all imports that wait for somebody to put them right."""
    found = queries.waiting_rows(viewer=cast(ApiRequest, request).actor)
    told, following = page(found, (), turning.cursor, turning.size)
    return {"rows": [_row(one) for one in told], "next": following}


@router.post("/batches/{uuid:batch_id}/mend", response=MendedOut, summary="Put refused rows right")
def mend(
    request: HttpRequest, response: HttpResponse, batch_id: UUID, told: MendIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Write cells over waiting rows, try them again, and take in those that are right now."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        done = services.mend_rows(
            batch_id=batch_id,
            rows=told.rows,
            cells=told.cells,
            providers={name: office(call, code) for name, code in told.providers.items()},
            actor=call.actor,
            clock=call.clock,
        )
        named = queries.bad_rows(batch_id, viewer=call.actor).filter(pk__in=told.rows or [])
        return {"taken": done.taken, "waiting": done.waiting, "rows": [_row(one) for one in named]}

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


@router.post("/batches/{uuid:batch_id}/drop", response=DroppedOut, summary="Set refused rows aside")
def drop(
    request: HttpRequest, response: HttpResponse, batch_id: UUID, told: DropIn, idempotency_key: Key = ""
) -> dict[str, Any]:
    """Decide that waiting rows do not go in; they stay readable."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        count = services.set_aside_rows(batch_id=batch_id, rows=told.rows, actor=call.actor, clock=call.clock)
        return {"set_aside": count}

    return once(call, response, idempotency_key, told.model_dump(mode="json"), work)


def _row(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "row", "reasons", "original", "mended", "settled")}
    return told | {"batch": row.batch_id, "entry": row.entry_id}
