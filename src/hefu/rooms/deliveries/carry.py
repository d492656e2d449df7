"""Carries one delivery in a worker: takes the lock, calls the data plane, reports what it says.

Only one process carries a delivery at a time: it holds an advisory lock of the session, which the
database gives back by itself when the process dies. Whoever gets the lock and finds the delivery
`running` knows that its worker is gone and takes it over.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from hefu.dataplane import run
from hefu.dataplane.connectors.s3.connection import S3Connection
from hefu.dataplane.connectors.s3.drop import S3Drop
from hefu.dataplane.connectors.sftp.connection import SftpConnection
from hefu.dataplane.connectors.sftp.drop import SftpDrop
from hefu.dataplane.control import StopWord
from hefu.dataplane.errors import DataPlaneRefusal, Revoked, Stopped
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.lake.source import LakeSource
from hefu.dataplane.lanes.join_run import Half, deliver_joined
from hefu.dataplane.masks import salt_of
from hefu.dataplane.run import Options, Outcome, Progress, Rejected
from hefu.dataplane.sides import Source, Table
from hefu.dataplane.ticket import Ticket
from hefu.kernel.clock import CHINA, Clock
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.errors import ClosedHours, Fault, PlaceGone
from hefu.rooms.deliveries.queries import files_folder
from hefu.rooms.deliveries.services import Carriage, JoinedWith
from hefu.rooms.deliveries.services.carrying import LOCK_CLASS, WORKER, lock_key
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.timetable import Closed
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import queries as grants
from hefu.rooms.holdings import services as holdings
from hefu.rooms.holdings.services.passing import Passing
from hefu.rooms.resources import queries as resources

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds between two notes of progress, and between two looks whether to stop.
NOTE_SECONDS = 1.0
LOOK_SECONDS = 0.4
#: Seconds between two looks whether a library may still pass its rows on.
LIBRARY_SECONDS = 1.0
#: Seconds for which a worker waits for the node's own database to come back while it carries.
PATIENCE_SECONDS = 60.0


#: Set when this worker was told to end: what it carries stops at its next position and waits for another.
leaving = threading.Event()


class LockLost(Exception):
    """The node's database went away meanwhile and another worker carries the delivery now."""


def carry(delivery_id: UUID, *, clock: Clock) -> None:
    """Carry a delivery to its end or to its next pause. Safe to call twice and by two workers at once."""
    hold = Hold(delivery_id)
    if not hold.take():
        log.info("delivery %s is being carried by another worker", delivery_id)
        return
    try:
        carriage = services.take_up(delivery_id=delivery_id, clock=clock)
        if carriage is not None:
            _carry(carriage, hold, clock)
    except LockLost:
        log.warning("delivery %s was taken over by another worker", delivery_id)
    finally:
        hold.release()


def _carry(carriage: Carriage, hold: "Hold", clock: Clock) -> None:
    sink, watcher = Sink(carriage, hold), Watcher(carriage, hold, clock)
    try:
        outcome = _deliver(carriage, watcher, sink, clock)
    except (LockLost, OperationalError, InterfaceError):
        raise  # somebody else carries it, or nothing can be written down: it stays running and is taken over
    except Refusal as refusal:
        opens_at = watcher.opens_at
        if opens_at is not None and isinstance(refusal, ClosedHours | Stopped):
            hold.patiently(lambda: services.rest_until(carriage=carriage, opens_at=opens_at, clock=clock))
            log.info("delivery %s waits until its source is read again at %s", carriage.number, opens_at)
            return
        if isinstance(refusal, Stopped) and watcher.is_leaving:
            hold.patiently(lambda: services.hand_back(carriage=carriage, clock=clock))
            log.info("delivery %s waits for another worker", carriage.number)
            return
        if watcher.withdrawn is not None and isinstance(refusal, Revoked):
            refusal = watcher.withdrawn  # the grant holds; what the rows come from does not
        _settle_failure(carriage, hold, refusal, clock)
    except Exception as fault:
        # A bug must not be tried again for ever; it is put on record, and the queue's log shows the rest.
        _settle_failure(carriage, hold, Fault(number=carriage.number, kind=type(fault).__name__), clock)
        raise
    else:
        hold.patiently(lambda: services.settle_done(carriage=carriage, outcome=outcome, clock=clock))


def _settle_failure(carriage: Carriage, hold: "Hold", error: Refusal, clock: Clock) -> None:
    transient = isinstance(error, DataPlaneRefusal) and error.transient
    row = hold.patiently(
        lambda: services.settle_failure(carriage=carriage, error=error, transient=transient, clock=clock)
    )
    if row is not None:
        level = logging.ERROR if row.status == DeliveryStatus.FAILED else logging.WARNING
        log.log(level, "delivery %s is %s after try %d: %s", row.number, row.status, row.attempt, error.code)


def _deliver(carriage: Carriage, watcher: "Watcher", sink: "Sink", clock: Clock) -> Outcome:
    if carriage.joined is not None:
        return _deliver_joined(carriage, carriage.joined, watcher, clock)
    signed = grants.ticket(carriage.ticket_id)
    ticket = grants.read(signed.token)
    spared = queries.sparing(UUID(ticket.resource.source))
    watcher.mind(spared.closed, queries.works_at(carriage.provider_place))
    if (opens_at := watcher.finds_closed()) is not None:
        raise ClosedHours(number=carriage.number, opens_at=f"{opens_at.astimezone(CHINA):%H:%M}")
    source = _source(ticket, carriage, watcher, clock)
    services.note_held(carriage=carriage, held=_held([source]))
    return run.deliver(
        delivery=carriage.number,
        token=signed.token,
        keys=evidence.public_keys(KeyPurpose.TICKET),
        clock=clock,
        revoked=frozenset() if signed.in_force else frozenset({signed.id}),
        source=source,
        target=_target(carriage),
        salts=salts_of(ticket, carriage.consumer_code),
        watcher=watcher,
        rejects=sink,
        policy=resources.address_policy(actor=WORKER),
        options=Options(most_bytes_a_second=spared.most_bytes_a_second, spark=settings.HEFU.spark),
        since=carriage.since,
        least_rows=carriage.least_rows,
        secret=sha256(settings.HEFU.derived_secret(f"ranges:{ticket.resource.source}").encode()).digest(),
    )


def _deliver_joined(carriage: Carriage, joined: JoinedWith, watcher: "Watcher", clock: Clock) -> Outcome:
    """Deliver under two tickets; both departments' hours and limits hold, and either's end is the end."""
    signed = [grants.ticket(carriage.ticket_id), grants.ticket(joined.ticket_id)]
    tickets = [grants.read(one.token) for one in signed]
    limits = []
    for ticket, place in zip(tickets, (carriage.provider_place, joined.provider_place), strict=True):
        spared = queries.sparing(UUID(ticket.resource.source))
        watcher.mind(spared.closed, queries.works_at(place))
        limits += [spared.most_bytes_a_second] if spared.most_bytes_a_second is not None else []
    if (opens_at := watcher.finds_closed()) is not None:
        raise ClosedHours(number=carriage.number, opens_at=f"{opens_at.astimezone(CHINA):%H:%M}")
    sources = [_source(ticket, carriage, watcher, clock) for ticket in tickets]
    services.note_held(carriage=carriage, held=_held(sources))
    halves = [Half(one.token, source) for one, source in zip(signed, sources, strict=True)]
    return deliver_joined(
        delivery=carriage.number,
        left=halves[0],
        right=halves[1],
        joining=joined.joining,
        keys=evidence.public_keys(KeyPurpose.TICKET),
        clock=clock,
        revoked=frozenset(one.id for one in signed if not one.in_force),
        target=table_at(carriage.target_id, carriage.target_table, carriage.number),
        salts=salts_of(tickets[0], carriage.consumer_code) | salts_of(tickets[1], carriage.consumer_code),
        watcher=watcher,
        policy=resources.address_policy(actor=WORKER),
        options=Options(most_bytes_a_second=min(limits, default=None), spark=settings.HEFU.spark),
    )


def _held(sources: Sequence[Source]) -> list[tuple[str, int, datetime]]:
    lakes = [one for one in sources if isinstance(one, LakeSource)]
    return [(one.name, one.version.number, one.as_of or one.version.at) for one in lakes]


def _source(ticket: Ticket, carriage: Carriage, watcher: "Watcher", clock: Clock) -> Source:
    """Return what is read: the source, or what the node has collected from it where its department chose so."""
    if carriage.since is None:
        held = holdings.stand_in(ticket=ticket, delivery=carriage.number, actor=WORKER, clock=clock)
        if held is not None:
            return held
    library = resources.library_of(resources.source(ticket.resource.source, viewer=WORKER).pk, viewer=WORKER)
    if library is not None:
        watcher.mind_library(holdings.passing_of(ticket=ticket, library_id=library, actor=WORKER))
    return source_at(ticket, carriage.number, clock)


def source_at(ticket: Ticket, number: str, clock: Clock) -> Source:
    """Return the source of a ticket's rows; a library only as far as its own sources let it share on today.

    Args:
        ticket: What is read under.
        number: Of the delivery, for the record.
        clock: For the day.

    Raises:
        Refusal: It is not to be reached, or a library may not share that on.
    """
    place = resources.source(ticket.resource.source, viewer=WORKER)
    library = resources.library_of(place.pk, viewer=WORKER)
    if library is not None:
        return holdings.library_for(ticket=ticket, library_id=library, delivery=number, actor=WORKER, clock=clock)
    return resources.side_for(place.pk, actor=WORKER)


def _target(carriage: Carriage) -> Table | FileTarget:
    if carriage.file_format:
        return _file_target(carriage)
    return table_at(carriage.target_id, carriage.target_table, carriage.number)


def _file_target(carriage: Carriage) -> FileTarget:
    folder, file_format = files_folder(), FileFormat(carriage.file_format)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if carriage.target_id is None:
        return FileTarget(folder / f"{carriage.number}.{file_format.value}", file_format)
    match resources.target_connection_for(carriage.target_id, actor=WORKER):
        case SftpConnection() as server:
            return FileTarget(folder / carriage.file_name, file_format, beyond=SftpDrop(server))
        case S3Connection() as store:
            return FileTarget(folder / carriage.file_name, file_format, beyond=S3Drop(store))
    raise PlaceGone(side=_("target"), number=carriage.number)


def salts_of(ticket: Ticket, consumer: str) -> dict[str, str]:
    """Return the salts of the ticket's masks, one for each consumer: two consumers cannot join on a hash."""
    names = {salt_of(item.mask) for item in ticket.items} - {None}
    return {name: settings.HEFU.derived_secret(f"salt:{name}:{consumer}") for name in names if name is not None}


class Hold:
    """A worker's hold on one delivery, by an advisory lock of its database session."""

    def __init__(self, delivery_id: UUID) -> None:
        """Name the delivery; nothing is taken yet."""
        self._key = (LOCK_CLASS, lock_key(delivery_id))

    def take(self) -> bool:
        """Take the lock when it is free."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", self._key)
            return bool(cursor.fetchone()[0])

    def release(self) -> None:
        """Give the lock back; a lost session has given it back already."""
        with suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", self._key)

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, waiting for the node's database while it is away.

        Raises:
            LockLost: Another worker got the lock meanwhile.
            OperationalError: The database stayed away.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return call()
            except (OperationalError, InterfaceError):
                if time.monotonic() > give_up:
                    raise
                self.regain()

    def regain(self) -> None:
        """Open a new session and take the lock again; without a database, rest a moment.

        Raises:
            LockLost: Another worker has it.
        """
        connection.close()
        try:
            held = self.take()
        except (OperationalError, InterfaceError):
            time.sleep(0.5)
            return
        if not held:
            raise LockLost


class Watcher:
    """What the data plane tells and asks while it runs; called in its own thread, some times a second."""

    def __init__(self, carriage: Carriage, hold: Hold, clock: Clock) -> None:
        """Watch one try."""
        self._carriage, self._hold, self._clock = carriage, hold, clock
        self._noted = self._looked = 0.0
        self._phase, self._phase_at = "", clock.now()
        self._rows = 0
        self._moved_at: datetime | None = None
        self._reason: StopWord | None = None
        self._closed: list[Callable[[datetime], datetime | None]] = []
        self._libraries: list[Passing] = []
        self._looked_at_libraries = time.monotonic()
        #: Why a library may not pass on what it did when the run began.
        self.withdrawn: Refusal | None = None
        #: When the source is read again, once the run stops because it is closed.
        self.opens_at: datetime | None = None

    def progress(self, now: Progress) -> None:
        """Write how far the run is, about once a second and at each new phase."""
        if now.phase != self._phase:
            self._phase, self._phase_at, self._rows, self._noted = now.phase, self._clock.now(), 0, 0.0
        if now.rows > self._rows:
            self._rows, self._moved_at = now.rows, self._clock.now()
        if time.monotonic() - self._noted < NOTE_SECONDS:
            return
        try:
            mine = services.note_progress(
                carriage=self._carriage,
                now=now,
                phase_at=self._phase_at,
                moved_at=self._moved_at,
                clock=self._clock,
            )
        except (OperationalError, InterfaceError):
            self._hold.regain()
            return
        self._noted, self._moved_at = time.monotonic(), None
        if not mine:
            self._reason = "stopped"

    def mind(self, closed: Closed, works: Callable[[date], bool]) -> None:
        """Stop when the hours begin in which a source is not read; each source that is minded counts."""
        self._closed.append(lambda at: closed.opens_at(at, works))

    def mind_library(self, passing: Passing) -> None:
        """Stop when a library may no longer pass on what it is read for."""
        self._libraries.append(passing)

    def _finds_withdrawn(self) -> StopWord | None:
        if not self._libraries or time.monotonic() - self._looked_at_libraries < LIBRARY_SECONDS:
            return None
        said = (one.refused(on=self._clock.today()) for one in self._libraries)
        self.withdrawn = next((refusal for refusal in said if refusal is not None), None)
        self._looked_at_libraries = time.monotonic()
        return "revoked" if self.withdrawn is not None else None

    def finds_closed(self) -> datetime | None:
        """Look whether the source is not read at this hour; note and return until when."""
        found = [closed(self._clock.now()) for closed in self._closed]
        self.opens_at = max((at for at in found if at is not None), default=None)
        return self.opens_at

    @property
    def is_leaving(self) -> bool:
        """Return whether the run stops because its worker ends, and for no other reason."""
        return leaving.is_set() and self._reason is None and self.opens_at is None

    def stop_requested(self) -> StopWord | None:
        """Return why the run must stop; a database that is away cannot have been told to stop it."""
        if self._reason is None and time.monotonic() - self._looked >= LOOK_SECONDS:
            try:
                self._reason = services.stop_reason(carriage=self._carriage) or self._finds_withdrawn()
            except (OperationalError, InterfaceError):
                self._hold.regain()
                return None
            self._looked = time.monotonic()
        if self._reason is None and self.opens_at is None:
            self.finds_closed()
        return self._reason or ("stopped" if leaving.is_set() or self.opens_at is not None else None)


class Patient(Protocol):
    """Whoever holds a delivery and waits for the node's database while it is away."""

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what `call` returns."""
        ...


class Sink:
    """Keeps rejected rows, sealed."""

    def __init__(self, carriage: Carriage, hold: Patient) -> None:
        """Keep the rows of one try."""
        self._carriage, self._hold = carriage, hold
        self.kept = 0

    def begin(self) -> None:
        """Forget what an earlier try kept."""
        self._hold.patiently(lambda: services.forget_rejects(delivery_id=self._carriage.id))
        self.kept = 0

    def put(self, batch: Sequence[Rejected]) -> None:
        """Keep a batch as far as there is room; counts are the data plane's."""
        self.kept = self._hold.patiently(
            lambda: services.keep_rejects(delivery_id=self._carriage.id, kept=self.kept, batch=batch)
        )
