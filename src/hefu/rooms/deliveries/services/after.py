"""Deliveries that start after something else was done: what may be waited for, and what becomes due when it was.

That something was done and that others are due by it is written in one transaction, so nothing is lost while no
worker runs: what is due stays due until somebody starts it.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.timetable import IN_A_RING, NO_TIMES_NO_EVENT, After, ring
from hefu.kernel.words import Sentence, _
from hefu.rooms.deliveries.models import Timetable
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.terms import DeliveryDone
from hefu.rooms.deliveries.terms.timetable import START_DUE
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import OVER
from hefu.rooms.holdings import queries as holdings
from hefu.rooms.holdings.terms import Assembled, Collected

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

#: First number of the advisory lock under which what waits for what is set: two at once could close a ring.
_LOCK = 0x41465445


def waited_for(found: "Grant", after: After, *, actor: Actor) -> str:
    """Return the number of what a grant's deliveries wait for; call it in a transaction.

    Args:
        found: The grant, which the actor was given already.
        after: As the actor stated it.
        actor: Sees what it waits for; the collection of the grant's own entry needs no seeing.

    Raises:
        InputsRejected: There is no such thing that the actor may see, it is over, or the two would wait for each other.
    """
    own = holdings.holding_of_entry(found.entry_id, viewer=WORKER)
    number = after.number or (own.number if own else "")
    if not number:
        raise _rejected(_("The entry is not collected at this node, so there is no collection to wait for."))
    if own is None or number != own.number:
        _see(number, actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    waits = dict(Timetable.objects.exclude(after="").exclude(grant=found).values_list("grant__number", "after"))
    if round_ := ring(found.number, number, waits):
        # Whoever sets it may not know the grants in between.
        named = [one if one in (found.number, number) else "…" for one in round_]
        raise _rejected(Sentence(IN_A_RING, ring=" → ".join(named)))
    return number


def _see(number: str, actor: Actor) -> None:
    try:
        match number[0]:
            case "G":
                over = grants.grant(number, viewer=actor).status in OVER
            case "H":
                over = holdings.holding(number, viewer=actor).closed_at is not None
            case "L":
                holdings.library(number, viewer=actor)
                over = False
            case _:
                raise _rejected(NO_TIMES_NO_EVENT)
    except NotFound:
        raise _rejected(Sentence(_("There is no {number} that you may see."), number=number)) from None
    if over:
        raise _rejected(Sentence(_("{number} is over: nothing will follow it."), number=number))


def _rejected(why: str) -> InputsRejected:
    return InputsRejected(problems={"text": why})


def on_delivered(event: DeliveryDone) -> None:
    """Let what waits for a grant's deliveries be due; listens to `DeliveryDone`."""
    _happened(event.grant, event.at)


def on_refreshed(event: Collected | Assembled) -> None:
    """Let what waits for a holding or library be due; listens to `Collected` and `Assembled`."""
    _happened(event.number, event.at)


@transaction.atomic
def _happened(number: str, at: datetime) -> None:
    # All of them are locked, those that are due as well: one that is just being started is waited for, because it may
    # have looked before this happened. What is due still stays so since then: it starts once, with the newest rows.
    waiting = list(Timetable.objects.select_for_update().filter(after=number).order_by("pk"))
    due = [row.pk for row in waiting if row.next_at is None]
    if not due:
        return
    Timetable.objects.filter(pk__in=due).update(next_at=at)
    # Started as soon as this commits, not with the next minute.
    job = configure_task(name=START_DUE, job_manager=JobManager(DjangoConnector()), queueing_lock=START_DUE)
    try:
        with transaction.atomic():
            job.defer(timestamp=int(at.timestamp()))
    except AlreadyEnqueued:
        return
