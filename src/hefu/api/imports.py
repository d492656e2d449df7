"""Files into the catalogue for programs: bring one, say what its columns mean, look at the difference, let it go in."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.errors import TooMany
from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.errors import IntakeNotReady
from hefu.rooms.catalog.importing.notions import portal_name
from hefu.rooms.catalog.importing.source import site_asked
from hefu.rooms.catalog.importing.terms import LARGEST_INTAKE, Defaults, IntakeStatus
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.parties import queries as parties

router = Router(tags=["imports"])


class Bringing(Schema):
    """What the file is."""

    file_name: str = Field(
        min_length=1, max_length=200, description="Its ending helps where the content does not tell."
    )
    sheet: str = Field("", max_length=200, description="Of a workbook; without it the likeliest.")


class Guess(Schema):
    """What a column seems to mean."""

    to: str | None = Field(description="Null where nobody can be sure.")
    confidence: float


class IntakeOut(Schema):
    """A file on its way in."""

    id: UUID
    file_name: str
    status: str = Field(description="fetching, brought, comparing, compared, running, done, stopped or failed")
    total: int = Field(description="Entries in the file.")
    done: int = Field(description="Entries that were dealt with.")
    at: datetime
    plan: dict[str, Any] = Field(description="What it would change, once it is compared: counts and the first of each.")
    fault: dict[str, Any]
    batch: UUID | None = Field(description="Of the rows that were refused, once it runs.")


class ProposalOut(Schema):
    """What the columns of a file seem to mean."""

    mapping: dict[str, Guess] = Field(description="Column → what it seems to mean.")


class BroughtOut(IntakeOut):
    """A file that was just brought."""

    mapping: dict[str, Guess] = Field(description="Column → what it seems to mean.")


class SiteIn(Schema):
    """Another portal whose catalogue is fetched."""

    site: str = Field(max_length=500, description="Address of a CKAN site, before /api.")
    organization: str = Field("", max_length=100, description="Name of one of its organizations; empty for all.")
    words: str = Field("", max_length=200, description="Only datasets with these words.")


class MappingIn(Schema):
    """What a file's columns mean, and what holds for rows that do not say it."""

    mapping: dict[str, str | None] = Field(description="Column → field; null for a column that means nothing.")
    share_type: ShareType | None = None
    share_condition: str = Field("", max_length=5000)
    share_scope: str = Field("", max_length=5000)
    class_code: str = Field("3", max_length=18)
    providers: dict[str, str] = Field({}, description="Provider as the file writes it → unified social credit code.")
    publish: bool = Field(False, description="A catalogue in force: take rows in as published.")


class BadRowOut(Schema):
    """A row that was refused."""

    id: int
    row: int
    reasons: list[dict[str, Any]]
    original: dict[str, Any]
    settled: str


class BadRowsOut(Schema):
    """A page of them."""

    rows: list[BadRowOut]
    next: str


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


@router.post(
    "/imports",
    response=BroughtOut,
    summary="Bring a file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def bring(request: HttpRequest, bringing: Query[Bringing]) -> dict[str, Any]:
    """Keep a file (the body as it is; CSV, XLSX, XLS, JSON, RDF, gzipped or not) and propose what its columns mean."""
    call = cast(ApiRequest, request)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > LARGEST_INTAKE:
        raise TooMany(most=LARGEST_INTAKE)
    data = request.read(LARGEST_INTAKE + 1)
    if not data:
        raise InputsRejected(problems={"body": _("The body is empty. Send the file itself.")})
    made = services.bring_file(
        data=data, file_name=bringing.file_name, sheet=bringing.sheet, actor=call.actor, clock=call.clock
    )
    seen = queries.preview_import(data, bringing.file_name, sheet=bringing.sheet, viewer=call.actor)
    return _told(made) | {"mapping": _guesses(seen)}


@router.post("/imports/sites", response=IntakeOut, summary="Fetch a portal's catalogue")
def fetch(request: HttpRequest, told: SiteIn) -> dict[str, Any]:
    """Let a worker read a CKAN site page by page; once it is `brought`, say what its fields mean as for a file."""
    call = cast(ApiRequest, request)
    asked = site_asked(told.site, told.organization, told.words)
    return _told(services.begin_fetch(asked=asked, actor=call.actor, clock=call.clock))


@router.post("/imports/{uuid:intake_id}/fetch", response=IntakeOut, summary="Go on with a fetch that failed")
def fetch_on(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """Let a fetch that failed go on behind the last page that came."""
    call = cast(ApiRequest, request)
    return _told(services.fetch_on(intake_id=intake_id, actor=call.actor, clock=call.clock))


@router.get("/imports/{uuid:intake_id}/mapping", response=ProposalOut, summary="Read what the columns seem to mean")
def proposal(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """What each column seems to mean, as it was said before for this source, else as proposed."""
    actor = cast(ApiRequest, request).actor
    found = queries.intake(intake_id, viewer=actor)
    if found.status not in (IntakeStatus.BROUGHT, IntakeStatus.COMPARED):
        raise IntakeNotReady(file=found.file_name, status=found.status)
    seen = queries.preview_intake(found, viewer=actor)
    return {"mapping": _guesses(seen)}


@router.get("/imports", response=list[IntakeOut], summary="List files on their way in")
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest hundred files that the caller may see."""
    return [_told(one, plan=False) for one in queries.intakes(viewer=cast(ApiRequest, request).actor)[:100]]


@router.get("/imports/{uuid:intake_id}", response=IntakeOut, summary="Read how far a file is")
def standing(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """Where a file stands; ask again every few seconds while it is compared or goes in."""
    return _told(queries.intake(intake_id, viewer=cast(ApiRequest, request).actor))


@router.post("/imports/{uuid:intake_id}/mapping", response=IntakeOut, summary="Say what the columns mean")
def say(request: HttpRequest, intake_id: UUID, told: MappingIn) -> dict[str, Any]:
    """Map a file; a worker then works out what it would change, and nothing is written yet."""
    call = cast(ApiRequest, request)
    providers = {}
    for name, code in told.providers.items():
        department = parties.department_by_code(code, viewer=call.actor)
        if department is None:
            raise NotFound(what="department", key=code)
        providers[name] = department.pk
    row = services.map_intake(
        intake_id=intake_id,
        mapping={column: field for column, field in told.mapping.items() if field},
        defaults=Defaults(
            share_type=told.share_type,
            share_condition=told.share_condition,
            share_scope=told.share_scope,
            class_code=told.class_code,
        ),
        providers=providers,
        publish=told.publish,
        actor=call.actor,
        clock=call.clock,
    )
    return _told(row)


@router.post("/imports/{uuid:intake_id}/apply", response=IntakeOut, summary="Let a file go in")
def apply(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """Let a compared file go in; a worker takes it a thousand entries at a time."""
    call = cast(ApiRequest, request)
    return _told(services.apply_intake(intake_id=intake_id, actor=call.actor, clock=call.clock))


@router.post("/imports/{uuid:intake_id}/stop", response=IntakeOut, summary="Stop a file")
def stop(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """Stop a file where it is: what had gone in stays, the rest does not go in."""
    call = cast(ApiRequest, request)
    return _told(services.stop_intake(intake_id=intake_id, actor=call.actor, clock=call.clock))


@router.get("/imports/{uuid:intake_id}/refused", response=BadRowsOut, summary="List the rows that were refused")
def refused(request: HttpRequest, intake_id: UUID, turning: Query[Turning]) -> dict[str, Any]:
    """Rows in quarantine with their reasons and all their cells, page by page."""
    actor = cast(ApiRequest, request).actor
    batch = queries.intake(intake_id, viewer=actor).batch_id
    if batch is None:
        return {"rows": [], "next": ""}
    rows, following = page(queries.bad_rows(batch, viewer=actor), ("row",), turning.cursor, turning.size)
    return {"rows": rows, "next": following}


def _guesses(seen: queries.ImportPreview) -> dict[str, Any]:
    known = {
        column: {"to": portal_name(field), "confidence": confidence}
        for column, (field, confidence) in seen.mapping.items()
    }
    nothing = {"to": None, "confidence": 0.0}
    return {column: known.get(column, nothing) for column in seen.columns}


def _told(row: Any, *, plan: bool = True) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("file_name", "status", "total", "done", "at", "fault")}
    return told | {"id": row.pk, "batch": row.batch_id, "plan": row.plan if plan else {}}
