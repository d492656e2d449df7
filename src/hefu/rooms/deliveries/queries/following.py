"""Reads of deliveries that follow changes, scoped to the viewer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from hefu.dataplane.control import Waits
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries.decide.following import pulse
from hefu.rooms.deliveries.errors import NoWindow
from hefu.rooms.deliveries.models import Delivery, Follower, Following, FollowWindow, Sparing
from hefu.rooms.deliveries.queries.carried import deliveries, delivery
from hefu.rooms.deliveries.terms import OPEN, DeliveryStatus
from hefu.rooms.deliveries.terms.following import BEAT_SECONDS, LEASE, RED, Beat, Pulse, SlotState
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import Way


@dataclass(frozen=True)
class FollowNow:
    """A follower at one instant."""

    number: str
    status: DeliveryStatus
    pulse: Pulse
    #: How old the consumer's table may be; None before it was first in step.
    behind: timedelta | None
    #: Log that the source has still to hand out, and that it keeps, as far as it was asked.
    behind_bytes: int | None
    held_bytes: int | None
    most_held_bytes: int
    #: Row changes a second over the last beats.
    rate: float
    beats: tuple[Beat, ...]
    position: str
    last_change_at: datetime | None
    heard_at: datetime | None
    #: Cumulative, since the last copy.
    transactions: int
    changes: int
    inserted: int
    updated: int
    deleted: int
    rejected: int
    copies: int
    copied_at: datetime | None
    copied_because: str
    windows: int
    #: Whether somebody asked it to rest or to end, which has not happened yet.
    pause_asked: bool
    cancel_asked: bool
    alarm: Pulse | None
    alarm_at: datetime | None
    slot_state: SlotState
    drop_error: str
    #: Where it is carried; empty when nowhere.
    carried_by: str
    #: How many deliveries its source's log is read for at once, itself among them; 0 when for it alone. None for who
    #: has no business with other deliveries of that source.
    together: int | None
    #: What its source makes it wait for; whose the oldest transaction is, only for those who see `together`.
    waits: Waits | None
    next_try_at: datetime | None
    error: str

    @property
    def is_open(self) -> bool:
        """Return whether a page should keep asking."""
        return self.status in OPEN or self.slot_state is SlotState.LEAVING

    @property
    def is_red(self) -> bool:
        """Return whether somebody should look."""
        return self.pulse in RED


@dataclass(frozen=True)
class ProcessNow:
    """A process that carries followers."""

    id: UUID
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    carries: int


def following(number: str, *, viewer: Actor) -> Following:
    """Return how far a follower is.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    row = delivery(number, viewer=viewer)
    found = Following.objects.filter(delivery=row).first()
    if found is None:
        raise NotFound(what="delivery", key=number)
    found.delivery = row
    return found


def follow_now(number: str, *, viewer: Actor, clock: Clock) -> FollowNow:
    """Return how a follower fares; cheap enough to ask every other second.

    Raises:
        NotFound: There is none with that number that the viewer may see.
    """
    row = following(number, viewer=viewer)
    now, held = clock.now(), row.delivery
    beats = tuple(Beat(datetime.fromtimestamp(at, UTC), n, timedelta(milliseconds=ms)) for at, n, ms in row.beats)
    lately = [beat for beat in beats if now - beat.at <= timedelta(seconds=3 * BEAT_SECONDS)]
    carrier = Follower.objects.filter(pk=row.holder).first() if row.holder else None
    counts = row.counts
    # That others follow the source as well is for its own department and the operator to know.
    is_near = viewer.is_system or viewer.has(Role.OPERATOR) or viewer.department_id == held.provider_id
    return FollowNow(
        number=held.number,
        status=DeliveryStatus(held.status),
        pulse=pulse(row.pulse_facts, now=now),
        behind=behind(row, now),
        behind_bytes=row.behind_bytes,
        held_bytes=row.held_bytes,
        most_held_bytes=sparing(row.source_id).most_held_bytes,
        rate=sum(beat.changes for beat in lately) / (BEAT_SECONDS * len(lately)) if lately else 0.0,
        beats=beats,
        position=row.lsn,
        last_change_at=row.moved_at,
        heard_at=row.heard_at,
        transactions=counts.get("transactions", 0),
        changes=counts.get("changes", 0),
        inserted=counts.get("inserted", 0),
        updated=counts.get("updated", 0),
        deleted=counts.get("deleted", 0),
        rejected=counts.get("rejected", 0),
        copies=row.copies,
        copied_at=row.copied_at,
        copied_because=row.copied_because,
        windows=row.windows,
        pause_asked=held.pause_asked_at is not None and held.status == DeliveryStatus.RUNNING,
        cancel_asked=held.cancel_asked_at is not None and held.status == DeliveryStatus.RUNNING,
        alarm=row.alarm_raised,
        alarm_at=row.alarm_at,
        slot_state=SlotState(row.slot_state),
        drop_error=row.drop_error,
        carried_by=str(carrier) if carrier and viewer.has(Role.OPERATOR) else "",
        together=row.together if is_near else None,
        waits=_waits(row, is_near=is_near),
        next_try_at=held.next_try_at,
        error=held.error,
    )


def _waits(row: Following, *, is_near: bool) -> Waits | None:
    """Return what a running follower is made to wait for; who does that is its source's own business."""
    waits = row.waits_now if row.delivery.status == DeliveryStatus.RUNNING else None
    return waits if waits is None or is_near else replace(waits, user="", application="", database="")


def behind(row: Following, now: datetime) -> timedelta | None:
    """Return how old the consumer's table may be; None before it was first in step, and once it has ended."""
    if row.in_step_at is None or row.delivery.status not in (*OPEN, DeliveryStatus.PAUSED, DeliveryStatus.FAILED):
        return None
    return max(now - row.in_step_at, timedelta(0))


def alarmed(*, viewer: Actor) -> QuerySet[Delivery]:
    """Return the deliveries for which alarm stands, among those that the viewer may see."""
    return deliveries(viewer=viewer, mode=Way.FOLLOW).exclude(following__alarm="")


def lags(rows: Iterable[Delivery], *, clock: Clock) -> dict[UUID, tuple[Pulse, timedelta | None]]:
    """Return pulse and lag of the followers among deliveries that a viewer was given already."""
    wanted = {row.pk: row for row in rows}
    found = {}
    for row in Following.objects.filter(delivery_id__in=wanted):
        row.delivery = wanted[row.delivery_id]
        found[row.delivery_id] = (pulse(row.pulse_facts, now=clock.now()), behind(row, clock.now()))
    return found


def windows(found: Delivery) -> QuerySet[FollowWindow]:
    """Return the closed windows of a delivery that a viewer was given already, newest first."""
    return FollowWindow.objects.filter(delivery=found).order_by("-number")


def window(number: str, which: int, *, viewer: Actor) -> FollowWindow:
    """Return one window.

    Raises:
        NotFound: There is no such delivery that the viewer may see.
        NoWindow: It has no such window.
    """
    found = windows(delivery(number, viewer=viewer)).filter(number=which).first()
    if found is None:
        raise NoWindow(number=number, window=which)
    return found


def sparing(source_id: UUID) -> Sparing:
    """Return how far a source may be burdened; nobody has to have said anything."""
    return Sparing.objects.filter(pk=source_id).first() or Sparing(source_id=source_id)


def sparing_of(number: str, *, viewer: Actor) -> Sparing:
    """Return how far the source of a delivery may be burdened.

    Raises:
        NotFound: There is no such delivery that the viewer may see.
    """
    ticket = grants.read(grants.ticket(delivery(number, viewer=viewer).ticket_id).token)
    return sparing(UUID(ticket.resource.source))


def followers() -> list[ProcessNow]:
    """Return the processes that carry followers now, the oldest first; that there are some everybody may know."""
    alive = Follower.objects.filter(ended_at__isnull=True, seen_at__gt=Now() - LEASE).order_by("started_at")
    return [ProcessNow(one.pk, one.host, one.pid, one.started_at, one.seen_at, one.carries) for one in alive]
