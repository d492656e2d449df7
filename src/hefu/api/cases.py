"""Requests, grants and deliveries for programs: what the caller may read, page by page."""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.paging import MOST, USUAL, page
from hefu.api.request import ApiRequest
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.grants import queries as grants
from hefu.rooms.requests import queries as requests

router = Router(tags=["cases"])


class Turning(Schema):
    """Which page."""

    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class RequestOut(Schema):
    """A request for data."""

    number: str
    status: str
    entry_code: str
    entry_name: str
    consumer_id: UUID
    provider_id: UUID
    share_type: str
    channel: str
    received_at: datetime | None


class GrantOut(Schema):
    """A grant."""

    number: str
    request: str
    status: str
    entry_code: str
    entry_name: str
    channel: str
    term_from: date
    term_until: date
    issued_at: datetime


class DeliveryOut(Schema):
    """A delivery."""

    number: str
    status: str
    channel: str
    asked_at: datetime
    finished_at: datetime | None
    rows_read: int | None
    rows_rejected: int | None
    bytes: int


class Requests(Schema):
    """A page of requests."""

    requests: list[RequestOut]
    next: str


class Grants(Schema):
    """A page of grants."""

    grants: list[GrantOut]
    next: str


class Deliveries(Schema):
    """A page of deliveries."""

    deliveries: list[DeliveryOut]
    next: str


@router.get("/requests", response=Requests, summary="List requests")
def list_requests(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Requests that the caller may read, by number."""
    found = requests.requests(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("number",), turning.cursor, turning.size)
    return {"requests": rows, "next": following}


@router.get("/requests/{number}", response=RequestOut, summary="Read a request")
def read_request(request: HttpRequest, number: str) -> Any:
    """One request."""
    return requests.request(number, viewer=cast(ApiRequest, request).actor)


@router.get("/grants", response=Grants, summary="List grants")
def list_grants(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Grants that the caller may read, by number."""
    found = grants.grants(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("number",), turning.cursor, turning.size)
    return {"grants": rows, "next": following}


@router.get("/grants/{number}", response=GrantOut, summary="Read a grant")
def read_grant(request: HttpRequest, number: str) -> Any:
    """One grant."""
    return grants.grant(number, viewer=cast(ApiRequest, request).actor)


@router.get("/deliveries", response=Deliveries, summary="List deliveries")
def list_deliveries(request: HttpRequest, turning: Query[Turning]) -> dict[str, Any]:
    """Deliveries that the caller may read, by number."""
    found = deliveries.deliveries(viewer=cast(ApiRequest, request).actor)
    rows, following = page(found, ("number",), turning.cursor, turning.size)
    return {"deliveries": rows, "next": following}


@router.get("/deliveries/{number}", response=DeliveryOut, summary="Read a delivery")
def read_delivery(request: HttpRequest, number: str) -> Any:
    """One delivery."""
    return deliveries.delivery(number, viewer=cast(ApiRequest, request).actor)
