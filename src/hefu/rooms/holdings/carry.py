"""Carries one run in a worker: takes the holding's lock, drives the data plane, reports what it says.

Only one process writes a holding at a time: it holds an advisory lock of its session, which the database gives back
by itself when the process dies. Whoever gets the lock and finds the run `running` knows that its worker is gone. A
run begins anew then; when the lost worker had committed, the lake's own note of that commit is all there is to do.
"""

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from hefu.dataplane.control import StopWord
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.dataplane.lake.collecting import Order, collect, everything
from hefu.dataplane.lake.table import Taking, Version
from hefu.dataplane.run import Progress, Rejected
from hefu.dataplane.sides import kind_of
from hefu.dataplane.ticket import Item, ResourceRef
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.holdings import services
from hefu.rooms.holdings.errors import Fault, SourceChanged
from hefu.rooms.holdings.queries import table_of
from hefu.rooms.holdings.services.carrying import LOCK_CLASS, WORKER, Carriage, lock_key
from hefu.rooms.holdings.terms import RunStatus
from hefu.rooms.resources import queries as resources

log = logging.getLogger(__name__)

#: Seconds between two notes of progress, and between two looks whether to stop.
NOTE_SECONDS = 1.0
LOOK_SECONDS = 0.4


def carry(run_id: UUID, *, holding_id: UUID, clock: Clock) -> None:
    """Carry a run to its end or to its next pause. Safe to call twice and by two workers at once."""
    key = (LOCK_CLASS, lock_key(holding_id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            log.info("run %s waits: its holding is being written by another worker", run_id)
            return
    try:
        carriage = services.take_up(run_id=run_id, clock=clock)
        if carriage is not None:
            _carry(carriage, clock)
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
        except (OperationalError, InterfaceError):
            log.warning("the session that held holding %s is gone, and its lock with it", holding_id)


def _carry(carriage: Carriage, clock: Clock) -> None:
    try:
        version = _collect(carriage, clock)
    except (OperationalError, InterfaceError):
        raise  # nothing can be written down: it stays running and is begun anew by whoever finds it
    except Refusal as refusal:
        transient = isinstance(refusal, DataPlaneRefusal) and refusal.transient
        row = services.settle_failure(carriage=carriage, error=refusal, transient=transient, clock=clock)
        if row is not None:
            level = logging.ERROR if row.status == RunStatus.FAILED else logging.WARNING
            log.log(level, "run %s is %s after try %d: %s", row.number, row.status, row.attempt, refusal.code)
    except Exception as fault:
        # A bug must not be tried again for ever; it is put on record, and the queue's log shows the rest.
        error = Fault(number=carriage.number, kind=type(fault).__name__)
        services.settle_failure(carriage=carriage, error=error, transient=False, clock=clock)
        raise
    else:
        services.settle_done(carriage=carriage, version=version, clock=clock)


def _collect(carriage: Carriage, clock: Clock) -> Version:
    entry = catalog.entry(carriage.entry_id, viewer=WORKER)
    resource = resources.resource_for_entry(carriage.entry_id, viewer=WORKER)
    if resource is None or not resource.key:
        raise SourceChanged(entry=entry.code, number=carriage.number)
    source = resources.side_for(resource.source_id, actor=WORKER)
    columns = tuple(dict.fromkeys((*resources.columns_of(resource).values(), *resource.key)))
    ticket = everything(
        carriage.number,
        entry.code,
        ResourceRef(str(resource.source_id), kind_of(source), resource.schema, resource.table),
        tuple(Item(column, column) for column in columns),
        tuple(resource.key),
        resources.checks_of(resource),
    )
    return collect(
        order=Order(carriage.number, carriage.serial, ticket, Taking(carriage.taking), carriage.empty_is_true),
        source=source,
        table=table_of(carriage.holding_id),
        rejects=Sink(carriage),
        clock=clock,
        watcher=Watcher(carriage, clock),
        policy=resources.address_policy(actor=WORKER),
    )


class Watcher:
    """What the data plane tells and asks while it runs."""

    def __init__(self, carriage: Carriage, clock: Clock) -> None:
        """Watch one try."""
        self._carriage, self._clock = carriage, clock
        self._noted = self._looked = 0.0
        self._phase, self._phase_at = "", clock.now()
        self._stop = False

    def progress(self, now: Progress) -> None:
        """Write how far the run is, about once a second and at each new phase."""
        if now.phase != self._phase:
            self._phase, self._phase_at, self._noted = now.phase, self._clock.now(), 0.0
        if time.monotonic() - self._noted < NOTE_SECONDS:
            return
        mine = services.note_progress(carriage=self._carriage, now=now, phase_at=self._phase_at, clock=self._clock)
        self._noted = time.monotonic()
        self._stop = self._stop or not mine

    def stop_requested(self) -> StopWord | None:
        """Return whether somebody asked to stop."""
        if not self._stop and time.monotonic() - self._looked >= LOOK_SECONDS:
            self._stop = services.stop_asked(carriage=self._carriage)
            self._looked = time.monotonic()
        return "stopped" if self._stop else None


class Sink:
    """Keeps rejected rows, sealed."""

    def __init__(self, carriage: Carriage) -> None:
        """Keep the rows of one try."""
        self._carriage = carriage
        self.kept = 0

    def begin(self) -> None:
        """Forget what an earlier try kept."""
        services.forget_rejects(run_id=self._carriage.id)
        self.kept = 0

    def put(self, batch: Sequence[Rejected]) -> None:
        """Keep a batch as far as there is room; counts are the data plane's."""
        self.kept = services.keep_rejects(run_id=self._carriage.id, kept=self.kept, batch=batch)
