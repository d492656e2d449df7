"""New and changed rows alone: chosen by the consumer, given up again."""

from typing import TYPE_CHECKING

from django.db import transaction

from hefu.dataplane import run
from hefu.dataplane.since import Since
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.deliveries import errors
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.models import Delivery, Increment
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.terms import STANDING
from hefu.rooms.deliveries.terms.increments import INCREMENTS_CHOSEN, MOST_OVERLAP
from hefu.rooms.evidence.services import record
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.terms import Way
from hefu.rooms.resources import queries as resources

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


def bring_increments(*, grant: str, item: str, overlap: int, actor: Actor, clock: Clock) -> Increment:
    """Let deliveries of a grant bring new and changed rows alone from now on; the next one copies the whole table.

    Both sides are asked first whether it can be done, so that a refusal comes before anything is begun.

    Args:
        grant: Number of the grant.
        item: The item that tells new rows from old ones, as it is delivered.
        overlap: What is read again each time: seconds where the item is a moment, else a difference of numbers.
        actor: Somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        FilesHaveNoIncrements, IncrementsHaveNoLimit, GrantMoveRefused: The grant does not allow it.
        InputsRejected: The overlap is none.
        EndFollowingFirst: The table is kept in step.
        TicketReplaced: The grant is not in force.
        DataPlaneRefusal: Source or target cannot do it; says why and what to do.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id)
    if not 0 <= overlap <= MOST_OVERLAP:
        raise InputsRejected(problems={"overlap": _("State from how far back rows are read again: zero or more.")})
    with transaction.atomic():  # what is refused by word is refused before two servers are asked
        savepoint = transaction.savepoint()
        grant_services.choose_way(number=grant, way=Way.INCREMENT, actor=actor, clock=clock)
        transaction.savepoint_rollback(savepoint)
    if Delivery.objects.filter(grant=found, mode=Way.FOLLOW, status__in=STANDING).exists():
        raise errors.EndFollowingFirst(grant=grant)
    moments = _require_sides(found, Since(item, overlap), clock)
    with transaction.atomic():
        grant_services.choose_way(number=grant, way=Way.INCREMENT, actor=actor, clock=clock)
        row, _made = Increment.objects.update_or_create(
            grant=found,
            defaults={
                "item": item,
                "moments": moments,
                "overlap": overlap,
                "set_by": actor.id,
                "set_by_name": actor.name,
                "set_at": clock.now(),
            },
        )
        record(
            INCREMENTS_CHOSEN,
            subject=found.number,
            by=actor,
            at=clock.now(),
            concerns=[found.consumer_id, found.provider_id],
            body={"item": item, "overlap": overlap},
        )
    return row


@transaction.atomic
def bring_whole(*, grant: str, actor: Actor, clock: Clock) -> None:
    """Let deliveries of a grant bring whole copies again.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        EndFollowingFirst: The table is kept in step.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id)
    if found.way == Way.FOLLOW:
        raise errors.EndFollowingFirst(grant=grant)
    grant_services.choose_way(number=grant, way=Way.WHOLE, actor=actor, clock=clock)
    Increment.objects.filter(grant=found).delete()


def _require_sides(grant: "Grant", since: Since, clock: Clock) -> bool:
    """See that both sides can do it; return whether the item is a moment."""
    signed = grants.ticket_in_force(grant.pk)
    if signed is None:
        raise errors.TicketReplaced(number=grant.number)
    ticket = grants.read(signed.token)
    target = table_at(grant.target_id, grant.target_table, grant.number)
    origin = resources.source(ticket.resource.source, viewer=WORKER)
    return run.check_since(
        ticket=ticket,
        source=resources.side_for(origin.pk, actor=WORKER),
        target=target,
        since=since,
        clock=clock,
        policy=resources.address_policy(actor=WORKER),
    )
