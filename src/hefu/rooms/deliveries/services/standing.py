"""What people ask of followers, and the alarms that are raised for them."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from hefu.dataplane.capture.sources import Followable, checks
from hefu.dataplane.formats import FileFormat
from hefu.kernel import events
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.rooms.deliveries import decide, errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.decide.following import alarm, pulse
from hefu.rooms.deliveries.models import Delivery, Following
from hefu.rooms.deliveries.queries import window
from hefu.rooms.deliveries.services.asking import start, startable
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.services.rows import facts, load, record
from hefu.rooms.deliveries.services.silence import note_followed
from hefu.rooms.deliveries.terms import OPEN, DeliveryStatus
from hefu.rooms.deliveries.terms.following import (
    ALARM_CLEARED,
    ALARM_RAISED,
    DELIVERY_PAUSE_ASKED,
    DELIVERY_RESTS,
    PULSE_NAMES,
    RED,
    FollowAlarm,
    FollowCleared,
    Pulse,
)
from hefu.rooms.evidence.services import receipt_for
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.terms import Way
from hefu.rooms.resources import queries as resources

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


def follow_grant(*, grant: str, actor: Actor, clock: Clock) -> Delivery:
    """Begin to keep the consumer's table in step with the source; from now on that is the grant's way.

    Both sides are asked first whether it can be done, so that a refusal comes before anything is begun.

    Args:
        grant: Number of the grant.
        actor: Somebody of the consumer.
        clock: Tells the day of the term.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        FilesAreNotFollowed, FollowNotGranted, FollowHasNoLimit: The grant does not allow it.
        GrantNotActive, TermNotBegun, TermOver, DeliveryOpen, FollowerFailed: Nothing may start now.
        DataPlaneRefusal: Source or target cannot do it; says why and what to do.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.follow", consumer_id=found.consumer_id, provider_id=found.provider_id)
    with transaction.atomic():  # what is refused by word is refused before two servers are asked
        savepoint = transaction.savepoint()
        grant_services.choose_way(number=grant, way=Way.FOLLOW, actor=actor, clock=clock)
        token = startable(found, clock).token
        transaction.savepoint_rollback(savepoint)
    failed = Delivery.objects.filter(grant=found, mode=Way.FOLLOW, status=DeliveryStatus.FAILED).first()
    if failed is not None:
        raise errors.FollowerFailed(grant=found.number, delivery=failed.number)
    _require_sides(token, found)
    with transaction.atomic():
        grant_services.choose_way(number=grant, way=Way.FOLLOW, actor=actor, clock=clock)
        fresh = grants.grant(grant, viewer=actor)
        return start(fresh, startable(fresh, clock), FileFormat.CSV, mode=Way.FOLLOW, actor=actor, clock=clock)


def _require_sides(token: str, grant: "Grant") -> None:
    ticket = grants.read(token)
    origin = resources.side_for(resources.source(ticket.resource.source, viewer=WORKER).pk, actor=WORKER)
    target = table_at(grant.target_id, grant.target_table, grant.number)
    if not isinstance(origin, Followable):
        raise errors.SourceNotFollowed(grant=grant.number)
    checks(origin)(ticket=ticket, target=target, policy=resources.address_policy(actor=WORKER))


@transaction.atomic
def pause_delivery(*, number: str, reason: str = "", actor: Actor, clock: Clock) -> Delivery:
    """Let a follower rest: one that waits now, a running one when its process hears of it, within two seconds.

    The source keeps its log for it meanwhile, up to what is allowed there; then the table has to be copied anew.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        NotAFollower: It brings a whole copy.
        DeliveryMoveRefused: It does not run.
    """
    row = load(number, "deliveries.pause", actor)
    row.status = decide.pause(facts(row))
    if row.status == DeliveryStatus.PAUSED:
        row.next_try_at = None
        record(DELIVERY_RESTS, row, actor=actor, clock=clock, attempt=row.attempt, position=row.following.lsn)
    elif row.pause_asked_at is None:
        row.pause_asked_at = clock.now()
        record(DELIVERY_PAUSE_ASKED, row, actor=actor, clock=clock, reason=reason.strip())
    row.save(update_fields=["status", "pause_asked_at", "next_try_at"])
    return row


def watch_followers(*, clock: Clock) -> list[str]:
    """Feel the pulse of every follower; raise and clear alarms; return the deliveries for which one changed."""
    looked_at = Following.objects.filter(delivery__status__in=OPEN) | Following.objects.exclude(alarm="")
    changed = []
    for delivery_id in list(looked_at.order_by("pk").values_list("pk", flat=True)):
        number = _feel(delivery_id, clock)
        if number:
            changed.append(number)
    return changed


@transaction.atomic
def _feel(delivery_id: UUID, clock: Clock) -> str:
    row = (
        Following.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("delivery", "delivery__grant", "delivery__consumer", "delivery__provider")
        .filter(pk=delivery_id)
        .first()
    )
    if row is None:
        return ""
    now = clock.now()
    felt = pulse(row.pulse_facts, now=now)
    if not row.felt or (felt in RED) != (Pulse(row.felt) in RED):
        row.felt_at = now
    row.felt = felt
    wanted = alarm(felt, raised=row.alarm_raised, changed_at=row.felt_at, now=now)
    delivery, raised, since = row.delivery, row.alarm, row.alarm_at
    if wanted is not None:
        row.alarm, row.alarm_at = (felt if wanted else "", now if wanted else None)
    row.save(update_fields=["felt", "felt_at", "alarm", "alarm_at"])
    if felt is Pulse.IN_STEP:
        note_followed(delivery.grant, changes=row.counts.get("changes", 0), as_of=row.in_step_at, clock=clock)
    told = (delivery.number, delivery.grant.number, delivery.grant.request)
    if wanted:
        record(ALARM_RAISED, delivery, actor=WORKER, clock=clock, alarm=felt)
        events.announce(FollowAlarm(*told, cause=PULSE_NAMES[felt], at=now))
    elif wanted is False:
        seconds = round((now - since).total_seconds()) if since else 0
        record(ALARM_CLEARED, delivery, actor=WORKER, clock=clock, alarm=raised, seconds=seconds)
        if delivery.status != DeliveryStatus.FAILED:  # of that both sides were told already
            events.announce(FollowCleared(*told, at=now))
    return delivery.number if wanted is not None else ""


def window_receipt_of(*, number: str, which: int, viewer: Actor, clock: Clock) -> bytes:
    """Return the receipt of a window: proof, checkable offline, of what following did.

    Raises:
        NotFound: No such delivery that the viewer may see, or may see the evidence of.
        NoWindow: It has no such window.
        NotSequenced: The log is just being extended; ask again.
    """
    return receipt_for(entry_uid=window(number, which, viewer=viewer).evidence, viewer=viewer, clock=clock)
