"""Reads of deliveries, scoped to the viewer."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from hefu.crypto.sealing import unseal
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries import decide
from hefu.rooms.deliveries.access import MAY, may, provider_of, require, visible
from hefu.rooms.deliveries.models.delivery import Delivery, RejectedRow
from hefu.rooms.deliveries.terms import MOST_REJECTS_KEPT, STANDING, DeliveryStatus, Quiet
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.grants.terms import Way

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry
    from hefu.rooms.grants.models import Grant


@dataclass(frozen=True)
class ProgressNow:
    """A running delivery at one instant."""

    number: str
    status: DeliveryStatus
    phase: str
    #: Rows that passed in this phase, and those it will have, as far as anybody knows.
    rows: int
    rows_expected: int | None
    #: Of 100, never above; by rows, else by parts of the table, else None.
    percent: int | None
    #: Rows a second in this phase; 0 when none is under way.
    rate: int
    time_left: timedelta | None
    bytes: int
    attempt: int
    #: None unless it runs.
    quiet: Quiet | None
    quiet_for: timedelta | None
    cancel_asked: bool
    #: When a waiting delivery is tried again, and why it had to pause.
    next_try_at: datetime | None
    error: str

    @property
    def is_open(self) -> bool:
        """Return whether a page should keep asking."""
        return self.status in (DeliveryStatus.WAITING, DeliveryStatus.RUNNING)


@dataclass(frozen=True)
class RejectView:
    """A rejected row as one viewer may see it."""

    place: int
    reasons: tuple[str, ...]
    #: Column → value as text; None for a viewer who may not see values.
    values: dict[str, str | None] | None


@dataclass(frozen=True)
class RejectSummary:
    """What did not pass, counted."""

    #: Reason → rows, most first; a row that fails two checks counts under both.
    reasons: tuple[tuple[str, int], ...]
    #: Rows that failed any check.
    rows: int
    #: Rows of which the values are kept.
    kept: int
    #: Whether more rows failed than values are kept of.
    capped: bool
    values_shown: bool


#: What says that rows arrived, counted and compared.
_DONE, _COPIED = "delivery.done", "delivery.copied"


def deliveries(
    *,
    viewer: Actor,
    status: DeliveryStatus | None = None,
    mode: Way | None = None,
    grant: str = "",
    department_id: UUID | None = None,
    search: str = "",
) -> QuerySet[Delivery]:
    """Return the deliveries that `viewer` may see, newest first; what joins two grants is one of either."""
    found = Delivery.objects.filter(visible(viewer)).select_related("grant", "consumer", "provider", "joined")
    if status:
        found = found.filter(status=status)
    if mode:
        found = found.filter(mode=mode)
    if grant:
        found = found.filter(Q(grant__number=grant) | Q(joined__grant__number=grant))
    if department_id:
        found = found.filter(
            Q(consumer_id=department_id) | Q(provider_id=department_id) | Q(joined__provider_id=department_id)
        )
    if search:
        found = found.filter(
            Q(number__icontains=search)
            | Q(grant__number__icontains=search)
            | Q(grant__request__icontains=search)
            | Q(grant__entry_name__icontains=search)
            | Q(joined__grant__number__icontains=search)
            | Q(joined__grant__entry_name__icontains=search)
        )
    return found


def delivery(number: str, *, viewer: Actor) -> Delivery:
    """Return one delivery.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    found = deliveries(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="delivery", key=number)
    return found


def standing(grant: "Grant") -> bool:
    """Return whether a delivery of a grant that the viewer was given already waits, runs or rests."""
    return Delivery.objects.filter(grant=grant, status__in=STANDING).exists()


def actions(found: Delivery, *, viewer: Actor) -> frozenset[str]:
    """Return what `viewer` may do with a delivery by seat; its status may still refuse."""
    return frozenset(
        action
        for action in MAY
        if may(
            viewer,
            action,
            consumer_id=found.consumer_id,
            provider_id=provider_of(found, action, actor=viewer),
        )
    )


def progress(number: str, *, viewer: Actor, clock: Clock) -> ProgressNow:
    """Return how far a delivery is; cheap enough to ask every second.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    row = delivery(number, viewer=viewer)
    status, now = DeliveryStatus(row.status), clock.now()
    running = status is DeliveryStatus.RUNNING
    elapsed = now - row.phase_at if running and row.phase_at else timedelta(0)
    alive = (
        decide.quiet(now=now, heartbeat_at=row.heartbeat_at, last_row_at=row.last_row_at)
        if running and row.heartbeat_at
        else None
    )
    return ProgressNow(
        number=row.number,
        status=status,
        phase=row.phase,
        rows=row.rows,
        rows_expected=row.rows_expected,
        percent=_percent(row),
        rate=int(row.rows / elapsed.total_seconds()) if elapsed > timedelta(0) else 0,
        time_left=decide.time_left(rows=row.rows, expected=row.rows_expected, elapsed=elapsed),
        bytes=row.bytes,
        attempt=row.attempt,
        quiet=alive[0] if alive else None,
        quiet_for=alive[1] if alive else None,
        cancel_asked=row.cancel_asked_at is not None,
        next_try_at=row.next_try_at,
        error=row.error,
    )


def reject_summary(found: Delivery, *, viewer: Actor) -> RejectSummary:
    """Return reasons and counts of the rows that did not pass.

    Raises:
        Forbidden: The viewer belongs to neither side.
    """
    require(viewer, "deliveries.see_rejects", consumer_id=found.consumer_id, provider_id=found.provider_id)
    return RejectSummary(
        reasons=tuple(sorted(found.rejected.items(), key=lambda part: (-part[1], part[0]))),
        rows=found.rows_rejected or 0,
        kept=found.rejects_kept,
        capped=(found.rows_rejected or 0) > MOST_REJECTS_KEPT,
        values_shown=_sees_values(found, viewer),
    )


def rejects(found: Delivery, *, viewer: Actor, reason: str = "") -> QuerySet[RejectedRow]:
    """Return the kept rejected rows, sealed; `reveal` opens a page of them.

    Raises:
        Forbidden: The viewer belongs to neither side.
    """
    require(viewer, "deliveries.see_rejects", consumer_id=found.consumer_id, provider_id=found.provider_id)
    rows = found.rejected_rows.order_by("place")
    return rows.filter(reasons__contains=[reason]) if reason else rows


def reveal(found: Delivery, rows: list[RejectedRow], *, viewer: Actor) -> list[RejectView]:
    """Return rejected rows as the viewer may see them: the provider's officers with values, others without."""
    shown = _sees_values(found, viewer)
    return [RejectView(row.place, tuple(row.reasons), _open(found, row) if shown else None) for row in rows]


def done_entry(found: Delivery, *, viewer: Actor) -> "Entry | None":
    """Return the evidence that the delivery arrived, once it has; of one that follows, of its last copy."""
    kind = _COPIED if found.mode == Way.FOLLOW else _DONE
    return evidence.entries(viewer=viewer, subject=found.number, kind=kind).order_by("-at").first()


def files_folder() -> Path:
    """Return the node's folder of delivered files."""
    folder: Path = settings.HEFU.home / "files"
    return folder


def sent_as(row: Delivery) -> str:
    """Return the name under which a delivered file lies in the consumer's own place; empty where none does."""
    if row.target_id is None or not row.file_format or row.status != DeliveryStatus.DONE:
        return ""
    return decide.file_name(row.grant.entry_code, row.number, row.file_format)


def reject_purpose(delivery_id: UUID) -> str:
    """Return what the values of a delivery's rejected rows are sealed for."""
    return f"rejected:{delivery_id}"


def _percent(row: Delivery) -> int | None:
    if row.rows_expected:
        return min(100, row.rows * 100 // row.rows_expected)
    return row.chunks_done * 100 // row.chunks if row.chunks else None


def _sees_values(found: Delivery, viewer: Actor) -> bool:
    return not viewer.is_system and may(
        viewer,
        "deliveries.see_rejected_values",
        consumer_id=found.consumer_id,
        provider_id=found.provider_id,
    )


def _open(found: Delivery, row: RejectedRow) -> dict[str, str | None]:
    plain = unseal(settings.HEFU.master_key(), row.sealed, purpose=reject_purpose(found.pk))
    values: dict[str, str | None] = json.loads(plain)
    return values
