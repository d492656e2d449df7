"""The exchange for programs: which alarms stand, and how the sources fare that deliveries read."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.paging import page
from hefu.api.request import ApiRequest
from hefu.api.scans import Turning
from hefu.kernel.words import in_language
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.queries.alarms import causes_of, health, standing_alarms
from hefu.rooms.resources import queries as resources

router = Router(tags=["exchange"])


class CauseOut(Schema):
    """Why an alarm stands."""

    cause: str = Field(description="failed, held (far fewer rows), lagging (not kept in step) or silent")
    since: datetime | None


class AlarmOut(Schema):
    """A delivery for which an alarm stands; no value of a row."""

    delivery: str
    grant: str
    entry: str
    provider: str
    consumer: str
    status: str
    causes: list[CauseOut]
    code: str = Field(description="Of a delivery that failed.")
    detail: str = Field(description="What went wrong and what to do, in the language of Accept-Language.")


class AlarmsOut(Schema):
    """A page of them."""

    alarms: list[AlarmOut]
    next: str


class SourceOut(Schema):
    """A place that entries are mounted on; neither its address nor its account."""

    id: UUID
    name: str
    kind: str
    department: str
    reached: bool | None = Field(description="Whether the last test reached it; null before the first.")
    tested_at: datetime | None


class SourcesOut(Schema):
    """A page of them."""

    sources: list[SourceOut]
    next: str


class HealthOut(SourceOut):
    """How a source fares, as far as the caller's deliveries show it."""

    alarms: int = Field(description="Deliveries of it for which an alarm stands.")
    last_row_at: datetime | None = Field(description="When a row of it arrived last.")
    in_step_at: datetime | None = Field(description="Moment as of which the table furthest behind is in step.")
    silent_since: datetime | None = Field(description="While it counts as silent: since its last news.")
    running: int = Field(description="Deliveries that read it now.")
    following: int = Field(description="Of these, the ones that keep a table in step.")
    rows_in_a_day: int = Field(description="Carried by deliveries that ended within a day.")
    changes_in_a_day: int = Field(description="Carried within a day by those that keep a table in step.")
    seconds_in_a_day: float = Field(description="For which the former ran, added up.")


@router.get("/alarms", response=AlarmsOut, summary="List the alarms that stand")
def alarms(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Of deliveries that the caller may see, the newest first."""
    call = cast(ApiRequest, request)
    rows, following = page(standing_alarms(viewer=call.actor), ("-number",), turning.cursor, turning.size)
    return {"alarms": [_alarm(row) for row in rows], "next": following}


@router.get("/sources", response=SourcesOut, summary="List data sources")
def sources(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Those that the caller may see, by name."""
    call = cast(ApiRequest, request)
    rows, following = page(resources.sources(viewer=call.actor), ("name",), turning.cursor, turning.size)
    return {"sources": [_source(row) for row in rows], "next": following}


@router.get("/sources/{source_id}/health", response=HealthOut, summary="Read how a source fares")
def source_health(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    """What its deliveries show; the source itself is not asked."""
    call = cast(ApiRequest, request)
    row = resources.source(source_id, viewer=call.actor)
    taken = queries.burden(row.pk, viewer=call.actor, since=call.clock.now() - timedelta(days=1))
    return (
        _source(row)
        | vars(health(row.pk, viewer=call.actor))
        | {
            "running": taken.running,
            "following": taken.following,
            "rows_in_a_day": taken.rows,
            "changes_in_a_day": taken.changes,
            "seconds_in_a_day": taken.took_s,
        }
    )


def _alarm(row: Any) -> dict[str, Any]:
    causes = causes_of(row)
    failed = row.status == "failed"
    return {
        "delivery": row.number,
        "grant": row.grant.number,
        "entry": row.grant.entry_code,
        "provider": row.provider.name,
        "consumer": row.consumer.name,
        "status": row.status,
        "causes": [{"cause": one.cause.value, "since": one.since} for one in causes],
        "code": row.error_code if failed else "",
        "detail": str(in_language(row.error, gettext)) if failed else "",
    }


def _source(row: Any) -> dict[str, Any]:
    names = ("name", "kind", "reached", "tested_at")
    return {name: getattr(row, name) for name in names} | {"id": row.pk, "department": row.department.name}
