"""Notices: what a department is told about a case stays visible on it."""

from datetime import date
from typing import Any
from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.kernel.canonical import plain
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.rooms.parties import queries as parties
from hefu.rooms.requests.models import AccessRequest, Notice
from hefu.rooms.requests.terms import NoticeKind


def tell(row: AccessRequest, to: UUID, kind: NoticeKind, *, clock: Clock, **facts: str | int | date) -> None:
    """Leave a notice for a department on the case."""
    said: dict[str, Any] = plain({"number": row.number, **facts})
    Notice.objects.create(request=row, to_id=to, kind=kind, facts=said, at=clock.now())


def tell_authority(
    row: AccessRequest, kind: NoticeKind, *, viewer: Actor, clock: Clock, **facts: str | int | date
) -> None:
    """Leave a notice for the data authority, when the node has one."""
    try:
        authority = parties.authority(viewer=viewer)
    except NotFound:
        return
    tell(row, authority.pk, kind, clock=clock, **facts)
