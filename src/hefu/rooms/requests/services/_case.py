"""What every write of a request shares: the locked row, its record, its content, its clocks."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from hefu.dataplane import wire
from hefu.kernel.actor import Actor
from hefu.kernel.canonical import plain
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.refusal import NotFound
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.requests.access import require, visible
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Application, GrantedItem, OfferedItem, Side


def locked(number: str, action: str, *, actor: Actor) -> tuple[AccessRequest, frozenset[Side]]:
    """Return the case, locked for this transaction, and the sides from which `actor` may do `action`.

    The lock leaves the key alone, so that the sweep, which holds a clock, can still add a notice.

    Raises:
        NotFound: There is none that the actor may see.
        Forbidden: The actor sees it and may not do this.
    """
    rows = AccessRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("consumer", "provider")
    row = rows.filter(visible(actor), number=number).first()
    if row is None:
        raise NotFound(what="request", key=number)
    return row, require(actor, action, consumer_id=row.consumer_id, provider_id=row.provider_id)


def today_at(row: AccessRequest, clock: Clock) -> date:
    """Return the current day where the case is answered."""
    return clock.today(clock_queries.rules_at(row.place).zone)


def write_down(
    kind: Kind, row: AccessRequest, body: dict[str, Any], *, by: Actor, clock: Clock, basis: Sequence[Citation] = ()
) -> None:
    """Record evidence about the case; before it is handed in, only the consumer and the authority may read it."""
    concerns: list[UUID] = [row.consumer_id, *([row.provider_id] if row.received_at else [])]
    record(kind, subject=row.number, by=by, at=clock.now(), basis=basis, concerns=concerns, body=body)


def content(application: Application, items: Sequence[OfferedItem]) -> dict[str, Any]:
    """Return all that a request says as plain JSON: what a submission keeps and its digest covers."""
    basis = application.basis
    written: dict[str, Any] = plain(
        {
            "purpose": application.purpose,
            "scenario": application.scenario,
            "basis": {"kind": basis.kind, "title": basis.title, "article": basis.article} if basis else None,
            "items": [{"id": item.item_id, "code": item.code, "name": item.name} for item in items],
            "rows": wire.to_json(application.rows),
            "channel": application.channel,
            "target": application.target_id,
            "term_from": application.term_from,
            "term_until": application.term_until,
            "pledge": application.pledge,
        }
    )
    return written


def content_digest(row: AccessRequest) -> str:
    """Return the digest of all that the request says now."""
    return digest(content(row.application, row.asked_items))


def masked(items: Sequence[GrantedItem]) -> list[str]:
    """Return the codes of the items that are masked."""
    return [item.code for item in items if item.mask is not None]
