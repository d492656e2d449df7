"""Holdings and libraries for programs: how they stand, their versions, what sources of a library say differently."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.errors import CursorUnknown
from hefu.api.once import Key, once
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.api.scans import Turning
from hefu.kernel.words import in_language
from hefu.rooms.holdings import queries, services

router = Router(tags=["holdings"])


class HoldingOut(Schema):
    """What the node keeps of an entry's rows: counts and times, no rows."""

    number: str
    entry: str
    name: str
    department: str
    taking: str = Field(description="snapshot or merge")
    freshness: str = Field(description="never, fresh, late or unbound")
    rows: int | None
    version: int | None
    collected_at: datetime | None
    open_run: str = Field(description="Number of the run that waits or runs.")
    timetable: str
    next_at: datetime | None
    serves: bool = Field(description="Whether grants are delivered from it.")
    closed_at: datetime | None


class HoldingWholeOut(HoldingOut):
    """The same with how far back it can be read; a list does not look at every version."""

    kept_days: int | None = Field(description="How long versions are kept after they were replaced; null is for ever.")
    oldest_readable: int | None = Field(description="Number of the oldest version whose rows can still be read.")
    readable_since: datetime | None = Field(description="When that version was collected.")


class HoldingsOut(Schema):
    """A page of them."""

    holdings: list[HoldingOut]
    next: str


class VersionOut(Schema):
    """One version: counts, no rows."""

    number: int
    run: str
    at: datetime
    taking: str
    rows: int
    inserted: int | None
    updated: int | None
    removed: int | None
    digest: str = Field(description="Of the keys of all its rows.")
    readable: bool = Field(description="Whether its files are still there.")


class VersionsOut(Schema):
    """A page of them, newest first."""

    versions: list[VersionOut]
    next: str


class LibraryOut(Schema):
    """An assembly over several holdings: rules and counts, no rows."""

    number: str
    name: str
    kind: str
    department: str
    subject: str
    status: str = Field(description="Of the last assembly; empty before the first.")
    version: int | None
    subjects: int | None
    conflicts: dict[str, int] = Field(description="Field → subjects of which sources say different things.")
    parts: list[dict[str, str]]
    fields: list[dict[str, Any]]
    timetable: str
    next_at: datetime | None
    finished_at: datetime | None
    kept_days: int | None = Field(description="How long versions are kept after they were replaced; null is for ever.")
    next_try_at: datetime | None = Field(description="When an assembly that failed for now is tried again by itself.")
    error_code: str = Field(description="Of the last try; empty when it went well.")


class LibrariesOut(Schema):
    """A page of them."""

    libraries: list[LibraryOut]
    next: str


class SourceOut(Schema):
    """A column that a field takes values from."""

    holding: str
    column: str
    entry: str
    department: str
    share_type: str
    agreed: bool = Field(description="Whether its department lets the library share it on.")


class ShareOut(Schema):
    """What a library may share of a field."""

    field: str
    share_type: str
    why_not: str = Field(description="Empty when it may.")
    article: str
    sources: list[SourceOut]


class SharesOut(Schema):
    """All fields, the subject first."""

    fields: list[ShareOut]


class ConflictsIn(Schema):
    """Why somebody looks, and which page."""

    reason: str = Field(max_length=500, description="Goes on record.")
    cursor: str = Field("", max_length=20, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class ConflictOut(Schema):
    """What sources say differently of one field of one subject."""

    subject: str
    field: str
    values: list[tuple[str, str]] = Field(description="Number of a holding, and what it says.")


class ConflictsOut(Schema):
    """A page of them."""

    conflicts: list[ConflictOut]
    next: str


@router.get("/holdings", response=HoldingsOut, summary="List holdings")
def holdings(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Holdings that the caller may see, newest first."""
    call = cast(ApiRequest, request)
    rows, following = page(queries.holdings(viewer=call.actor), ("-number",), turning.cursor, turning.size)
    stands = queries.standings(rows, clock=call.clock)
    return {"holdings": [_holding(row, stands[row.pk]) for row in rows], "next": following}


@router.get("/holdings/{number}", response=HoldingWholeOut, summary="Read how a holding stands")
def holding(request: HttpRequest, number: str) -> dict[str, Any]:
    """Its freshness, its last collection, what is under way, and how far back its rows can be read."""
    call = cast(ApiRequest, request)
    row = queries.holding(number, viewer=call.actor)
    oldest = queries.oldest_readable(row)
    return _holding(row, queries.standings([row], clock=call.clock)[row.pk]) | {
        "kept_days": row.kept_days,
        "oldest_readable": oldest.number if oldest else None,
        "readable_since": oldest.at if oldest else None,
    }


@router.get("/holdings/{number}/versions", response=VersionsOut, summary="List the versions of a holding")
def versions(request: HttpRequest, number: str, turning: Query[Turning]) -> dict[str, Any]:
    """Those included whose files were deleted."""
    return _versions(queries.holding(number, viewer=cast(ApiRequest, request).actor), turning)


@router.post("/holdings/{number}/collect", response=HoldingOut, summary="Collect a holding")
def collect(request: HttpRequest, response: HttpResponse, number: str, idempotency_key: Key = "") -> dict[str, Any]:
    """Start a collection; a worker takes it at once."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.start_run(number=number, actor=call.actor, clock=call.clock)
        row = queries.holding(number, viewer=call.actor)
        return _holding(row, queries.standings([row], clock=call.clock)[row.pk])

    return once(call, response, idempotency_key, None, work)


@router.get("/libraries", response=LibrariesOut, summary="List libraries")
def libraries(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Libraries that the caller may see, newest first."""
    found = queries.libraries(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("-number",), turning.cursor, turning.size)
    return {"libraries": [_library(row) for row in rows], "next": following}


@router.get("/libraries/{number}", response=LibraryOut, summary="Read a library")
def library(request: HttpRequest, number: str) -> dict[str, Any]:
    """Its rules and how its last assembly went."""
    return _library(queries.library(number, viewer=cast(ApiRequest, request).actor))


@router.get("/libraries/{number}/versions", response=VersionsOut, summary="List the versions of a library")
def library_versions(request: HttpRequest, number: str, turning: Query[Turning]) -> dict[str, Any]:
    """Those included whose files were deleted."""
    return _versions(queries.library(number, viewer=cast(ApiRequest, request).actor), turning)


@router.get("/libraries/{number}/shares", response=SharesOut, summary="Read what a library may share on")
def shares(request: HttpRequest, number: str) -> dict[str, Any]:
    """Each field with the columns that it comes from."""
    call = cast(ApiRequest, request)
    found = queries.shares(queries.library(number, viewer=call.actor), on=call.clock.today())
    return {
        "fields": [
            {
                "field": share.name,
                "share_type": share.share_type,
                "why_not": str(in_language(share.why_not, gettext)),
                "article": str(share.basis or ""),
                "sources": [vars(one) | {"share_type": one.share_type or "none"} for one in share.sources],
            }
            for share in found
        ]
    }


@router.post("/libraries/{number}/assemble", response=LibraryOut, summary="Assemble a library")
def assemble(request: HttpRequest, response: HttpResponse, number: str, idempotency_key: Key = "") -> dict[str, Any]:
    """Start an assembly over the newest versions of its holdings."""
    call = cast(ApiRequest, request)

    def work() -> dict[str, Any]:
        services.start_assembly(number=number, actor=call.actor, clock=call.clock)
        return _library(queries.library(number, viewer=call.actor))

    return once(call, response, idempotency_key, None, work)


@router.post("/libraries/{number}/conflicts", response=ConflictsOut, summary="Read what sources say differently")
def conflicts(request: HttpRequest, number: str, asked: ConflictsIn) -> dict[str, Any]:
    """Subjects and values, for whoever keeps the library; each page goes on record with the reason."""
    call = cast(ApiRequest, request)
    found = services.reveal_conflicts(
        number=number,
        after=_place(asked.cursor),
        limit=asked.size,
        reason=asked.reason,
        actor=call.actor,
        clock=call.clock,
    )
    following = str(found[-1].place) if len(found) == asked.size else ""
    return {"conflicts": [vars(one) for one in found], "next": following}


def _place(cursor: str) -> int:
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise CursorUnknown()
    return int(cursor or 0)


def _versions(found: Any, turning: Turning) -> dict[str, Any]:
    before = _place(turning.cursor) if turning.cursor else None
    rows = queries.history(found, before=before, most=turning.size + 1)
    following = str(rows[turning.size - 1].number) if len(rows) > turning.size else ""
    return {"versions": [vars(row) for row in rows[: turning.size]], "next": following}


def _holding(row: Any, now: queries.HoldingNow) -> dict[str, Any]:
    names = ("number", "taking", "timetable", "next_at", "serves", "closed_at")
    return {name: getattr(row, name) for name in names} | {
        "entry": row.entry.code,
        "name": row.entry.name,
        "department": row.department.name,
        "freshness": now.freshness,
        "rows": now.last.rows_held if now.last else None,
        "version": now.last.version if now.last else None,
        "collected_at": now.last.collected_at if now.last else None,
        "open_run": now.open.number if now.open else "",
    }


def _library(row: Any) -> dict[str, Any]:
    names = (
        "number", "name", "kind", "subject", "status", "version", "subjects", "conflicts", "parts", "fields",
        "timetable", "next_at", "finished_at", "kept_days", "error_code",
    )  # fmt: skip
    more = {"department": row.department.name, "next_try_at": row.next_try_at if row.rests else None}
    return {name: getattr(row, name) for name in names} | more
