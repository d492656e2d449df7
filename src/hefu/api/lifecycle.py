"""The life of an entry for programs: reviewed, withdrawn, dropped, and what it must follow."""

from datetime import date
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from hefu.api.catalog import Written
from hefu.api.request import ApiRequest
from hefu.rooms.catalog import services
from hefu.rooms.catalog.terms import Cause, Verdict

router = Router(tags=["life of an entry"])


class VerdictIn(Schema):
    """The authority's word on an entry or change in review."""

    verdict: Verdict
    reasons: str = Field("", max_length=5000, description="Needed to return it.")


class WithReason(Schema):
    """Why."""

    reason: str = Field(max_length=5000)


class AgreementIn(Schema):
    """The authority's word on a withdrawal that a department asked for."""

    agrees: bool
    reasons: str = Field("", max_length=5000, description="Needed to decline it.")


class CauseIn(Schema):
    """What changed, so that an entry in force must follow."""

    cause: Cause
    on: date = Field(description="The day on which it changed; not in the future.")
    note: str = Field(max_length=5000, description="Which law, decision or duty it is.")


@router.post("/entries/{uuid:entry_id}/review", response=Written, summary="Review an entry")
def review(request: HttpRequest, entry_id: UUID, told: VerdictIn) -> dict[str, Any]:
    """Approve an entry or change, which puts it into force, or return it with reasons; the authority's reviewer."""
    call = cast(ApiRequest, request)
    row = services.review_entry(
        entry_id=entry_id, verdict=told.verdict, reasons=told.reasons, actor=call.actor, clock=call.clock
    )
    return _written(row)


@router.post("/entries/{uuid:entry_id}/withdraw", response=Written, summary="Withdraw an entry")
def withdraw(request: HttpRequest, entry_id: UUID, told: WithReason) -> dict[str, Any]:
    """Take an entry out of force, or ask for it where the authority reviews that; its users are told."""
    call = cast(ApiRequest, request)
    return _written(services.withdraw_entry(entry_id=entry_id, reason=told.reason, actor=call.actor, clock=call.clock))


@router.post("/entries/{uuid:entry_id}/withdrawal", response=Written, summary="Review a withdrawal")
def review_withdrawal(request: HttpRequest, entry_id: UUID, told: AgreementIn) -> dict[str, Any]:
    """Agree to a withdrawal that a department asked for, or decline it with reasons."""
    call = cast(ApiRequest, request)
    row = services.review_withdrawal(
        entry_id=entry_id, agrees=told.agrees, reasons=told.reasons, actor=call.actor, clock=call.clock
    )
    return _written(row)


@router.post("/entries/{uuid:entry_id}/cause", response=Written, summary="Note what an entry must follow")
def note_cause(request: HttpRequest, entry_id: UUID, told: CauseIn) -> dict[str, Any]:
    """Start the department's time to update an entry in force (decree 809 art. 17)."""
    call = cast(ApiRequest, request)
    row = services.note_cause(
        entry_id=entry_id, cause=told.cause, on=told.on, note=told.note, actor=call.actor, clock=call.clock
    )
    return _written(row)


def _written(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "code": row.code, "status": row.status, "outcome": "changed"}
