"""What every service of the room does with a row: load, see as facts, record, enqueue."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.rooms.evidence.services import record as record_evidence
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.holdings.access import require, visible
from hefu.rooms.holdings.models import CollectionRun, Holding
from hefu.rooms.holdings.terms import RunFacts, RunStatus

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry

#: Name of the task in `jobs`; services may not import what stands above them.
RUN = "holdings.collect"
ASSEMBLE = "holdings.assemble"


def load(number: str, action: str, actor: Actor) -> Holding:
    """Return the holding, locked, for an actor who may do `action` on it.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
    """
    rows = Holding.objects.select_for_update(of=("self",)).select_related("entry", "department")
    found = rows.filter(visible(actor), number=number).first()
    if found is None:
        raise NotFound(what="holding", key=number)
    require(actor, action, found.department_id)
    return found


def locked() -> QuerySet[CollectionRun]:
    """Return runs locked for update, with their holding."""
    rows = CollectionRun.objects.select_for_update(of=("self",))
    return rows.select_related("holding", "holding__entry", "holding__department")


def facts(row: CollectionRun) -> RunFacts:
    """Return the run as decisions see it."""
    return RunFacts(row.number, RunStatus(row.status), row.pauses, row.takeovers, row.cancel_asked_at is not None)


def record(
    kind: Kind, found: Holding, *, actor: Actor, clock: Clock, basis: Sequence[Citation] = (), **body: Any
) -> "Entry":
    """Record evidence about a holding for its department."""
    return record_evidence(
        kind,
        subject=found.number,
        by=actor,
        at=clock.now(),
        basis=basis,
        concerns=[found.department_id],
        body=body,
    )


def next_number(letter: str, clock: Clock) -> str:
    """Return the next public number, such as H2026-000001."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('holdings_number')")
        return f"{letter}{clock.today().year}-{cursor.fetchone()[0]:06d}"


def enqueue_assembly(library_id: UUID, *, pause: timedelta | None = None, once: str = "") -> None:
    """Let a worker assemble the library once this transaction commits; `pause` and `once` as for `enqueue`."""
    _defer(ASSEMBLE, pause, once, library_id=str(library_id))


def enqueue(run_id: UUID, *, pause: timedelta | None = None, once: str = "") -> None:
    """Let a worker carry the run once this transaction commits; arguments are ids only.

    Args:
        run_id: Which.
        pause: From now; None for at once.
        once: When given, nothing is added while a job enqueued under the same text still waits.
    """
    _defer(RUN, pause, once, run_id=str(run_id))


def _defer(task: str, pause: timedelta | None, once: str, **ids: str) -> None:
    job = configure_task(
        name=task,
        job_manager=JobManager(DjangoConnector()),
        schedule_in={"seconds": int(pause.total_seconds())} if pause else None,
        queueing_lock=once or None,
    )
    try:
        with transaction.atomic():
            job.defer(**ids)
    except AlreadyEnqueued:
        return
