"""What sources keep for followers: looked at, bounded, and dropped as soon as nobody needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from hefu.dataplane.capture.follow import SlotNow
from hefu.dataplane.connectors.postgres.followed import Followed
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _, stored
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.decide.following import next_drop
from hefu.rooms.deliveries.models import Delivery, Following, Sparing
from hefu.rooms.deliveries.queries.following import sparing
from hefu.rooms.deliveries.services.carrying import WORKER, end_try
from hefu.rooms.deliveries.services.rows import load, locked, record
from hefu.rooms.deliveries.services.windows import close_window, note_counts
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import (
    LOOK_AT_SLOTS,
    MOST_FOLLOWERS,
    MOST_HELD_BYTES,
    SLOT_DROPPED,
    SOURCE_SPARED,
    SlotState,
)
from hefu.rooms.deliveries.terms.timetable import NEVER_CLOSED, Closed
from hefu.rooms.grants import queries as grants

#: How long one process is given for one drop before another may try it.
_A_TRY = timedelta(seconds=60)


@dataclass(frozen=True)
class Leaving:
    """A slot that is to be dropped."""

    delivery_id: UUID
    number: str
    slot: str
    source_id: UUID
    #: Where its rows went; the last count of them is read there.
    target_id: UUID
    target_table: str


@dataclass(frozen=True)
class Kept:
    """The slots of one source that are looked at."""

    source_id: UUID
    #: Name → delivery.
    slots: Mapping[str, UUID]


def leave_slot(row: Delivery, clock: Clock) -> None:
    """Have the slot of a delivery dropped, when it is a follower with one."""
    Following.objects.filter(delivery=row, slot_state=SlotState.KEPT).update(
        slot_state=SlotState.LEAVING, drop_next_at=clock.now(), drop_tries=0, drop_text=""
    )


def stay_slot(row: Delivery) -> None:
    """Keep a slot after all that was to be dropped: its delivery goes on."""
    Following.objects.filter(delivery=row, slot_state=SlotState.LEAVING).update(
        slot_state=SlotState.KEPT, drop_next_at=None, drop_tries=0, drop_text=""
    )


def keep_slot(*, delivery_id: UUID, attempt: int, slot: str) -> str:
    """Note that a slot will be made, before it is; return the name of an earlier one that differs, to be dropped."""
    row = Following.objects.filter(pk=delivery_id, attempt=attempt).first()
    if row is None:
        return ""
    earlier = row.slot if row.slot != slot and row.slot_state != SlotState.NONE else ""
    Following.objects.filter(pk=delivery_id, attempt=attempt).update(slot=slot, slot_state=SlotState.KEPT)
    return earlier


@transaction.atomic
def due_drops(*, clock: Clock, most: int = 20) -> list[Leaving]:
    """Return slots to drop now; no other process is given them for a minute."""
    rows = (
        Following.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(slot_state=SlotState.LEAVING, drop_next_at__lte=clock.now())
        .select_related("delivery", "delivery__grant")
        .order_by("drop_next_at")[:most]
    )
    found = [
        Leaving(
            row.pk,
            row.delivery.number,
            row.slot,
            row.source_id,
            row.target_id,
            row.delivery.grant.target_table,
        )
        for row in rows
    ]
    Following.objects.filter(pk__in=[one.delivery_id for one in found]).update(drop_next_at=clock.now() + _A_TRY)
    return found


@transaction.atomic
def note_dropped(*, delivery_id: UUID, reached: Followed | None, clock: Clock) -> None:
    """Put on record that the source keeps nothing any more, after what was still to be counted.

    Args:
        delivery_id: Whose slot.
        reached: What stands in the consumer's database; None when that could not be read, and what was noted
            last is what counts.
        clock: For the record.
    """
    delivery = locked().get(pk=delivery_id)
    row = Following.objects.select_for_update().get(pk=delivery_id)
    if row.slot_state != SlotState.LEAVING:
        return
    if reached is not None:
        note_counts(row, reached)
    close_window(row, delivery, clock)
    tries = row.drop_tries + 1
    row.slot_state, row.drop_next_at, row.drop_text, row.drop_tries = SlotState.NONE, None, "", 0
    row.held_bytes = row.behind_bytes = None
    row.save()
    record(SLOT_DROPPED, delivery, actor=WORKER, clock=clock, tries=tries)


def note_drop_failed(*, delivery_id: UUID, error: Refusal, clock: Clock) -> None:
    """Note why a slot could not be dropped, and when it is tried again."""
    row = Following.objects.filter(pk=delivery_id, slot_state=SlotState.LEAVING).first()
    if row is not None:
        row.drop_tries += 1
        row.drop_next_at = clock.now() + next_drop(row.drop_tries)
        row.drop_text = error.text
        row.drop_facts = {name: stored(value) for name, value in error.facts.items()}
        row.save(update_fields=["drop_tries", "drop_next_at", "drop_text", "drop_facts"])


@transaction.atomic
def due_looks(*, clock: Clock) -> list[Kept]:
    """Return the sources whose slots are to be looked at now; no other process is given them for a while."""
    kept: dict[UUID, dict[str, UUID]] = {}
    rows = Following.objects.filter(slot_state=SlotState.KEPT).exclude(slot="")
    for source_id, slot, delivery_id in rows.values_list("source_id", "slot", "delivery_id"):
        kept.setdefault(source_id, {})[slot] = delivery_id
    Sparing.objects.bulk_create([Sparing(source_id=one) for one in kept], ignore_conflicts=True)
    due = Sparing.objects.select_for_update(skip_locked=True).filter(pk__in=kept)
    found = [one.pk for one in due if one.looked_at is None or clock.now() - one.looked_at >= LOOK_AT_SLOTS]
    Sparing.objects.filter(pk__in=found).update(looked_at=clock.now())
    return [Kept(source_id, kept[source_id]) for source_id in found]


def note_slots(*, kept: Kept, found: Mapping[str, SlotNow], clock: Clock) -> list[str]:
    """Note what slots cost their source; end following where one costs too much; return those deliveries."""
    most = sparing(kept.source_id).most_held_bytes
    overrun = []
    for name, delivery_id in kept.slots.items():
        slot = found.get(name)
        Following.objects.filter(pk=delivery_id, slot=name).update(
            held_bytes=slot.held if slot else None,
            behind_bytes=slot.behind if slot else None,
            slot_seen_at=clock.now(),
        )
        if slot is not None and slot.held > most and _overrun(delivery_id, slot.held, most, clock):
            overrun.append(name)
    return overrun


@transaction.atomic
def _overrun(delivery_id: UUID, held: int, most: int, clock: Clock) -> bool:
    delivery = locked().get(pk=delivery_id)
    standing = (DeliveryStatus.WAITING, DeliveryStatus.RUNNING, DeliveryStatus.PAUSED)
    error = errors.LogHeld(number=delivery.number, held=held >> 20, most=most >> 20)
    if delivery.status in standing:
        # A process that carries it finds that the try is not its own any more, and stops.
        end_try(delivery, DeliveryStatus.FAILED, error, clock)
    elif delivery.status != DeliveryStatus.FAILED:
        return False
    leave_slot(delivery, clock)
    return True


@transaction.atomic
def spare_source(
    *,
    number: str,
    most_followers: int = MOST_FOLLOWERS,
    most_held_bytes: int = MOST_HELD_BYTES,
    closed: Closed = NEVER_CLOSED,
    most_bytes_a_second: int | None = None,
    actor: Actor,
    clock: Clock,
) -> Sparing:
    """Set how far deliveries may burden the source of one; it holds for all of that source.

    Args:
        number: Of a delivery from that source.
        most_followers: At once.
        most_held_bytes: Of its log that may be held back for one of them.
        closed: Hours in which whole copies do not read it.
        most_bytes_a_second: Of one whole copy; None sets no limit.
        actor: An officer of the provider, or the operator.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the delivery, or not do this.
        InputsRejected: A number is too small.
    """
    delivery = load(number, "deliveries.spare", actor)
    source_id = UUID(grants.read(grants.ticket(delivery.ticket_id).token).resource.source)
    problems = {}
    if not 1 <= most_followers <= 1000:
        problems["most_followers"] = _("Between 1 and 1000.")
    if not 1 << 20 <= most_held_bytes < 1 << 60:
        problems["most_held_bytes"] = _("At least 1 MiB.")
    if most_bytes_a_second is not None and not 1 << 10 <= most_bytes_a_second < 1 << 60:
        problems["most_bytes_a_second"] = _("At least 1 KiB a second.")
    if (closed.start is None) != (closed.end is None):
        problems["closed_until"] = _("Say both when it closes and when it opens, or neither.")
    if problems:
        raise InputsRejected(problems=problems)
    row, _made = Sparing.objects.update_or_create(
        source_id=source_id,
        defaults={
            "most_followers": most_followers,
            "most_held_bytes": most_held_bytes,
            "closed_from": closed.start,
            "closed_until": closed.end,
            "closed_working_days": closed.working_days,
            "most_bytes_a_second": most_bytes_a_second,
        },
    )
    record(
        SOURCE_SPARED,
        delivery,
        actor=actor,
        clock=clock,
        followers=most_followers,
        held_bytes=most_held_bytes,
        closed_from=closed.start.isoformat() if closed.start else "",
        closed_until=closed.end.isoformat() if closed.end else "",
        closed_working_days=closed.working_days,
        bytes_a_second=most_bytes_a_second,
    )
    return row
