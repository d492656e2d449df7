"""The process that carries followers: endless runs, shared out between any number of such processes by lease.

The jobs' worker has few slots and each of its jobs ends; a follower ends only when it is told to. So a process of
its own carries followers, each in a thread. It holds each by a lease in the node's database, which it renews every
second. A process without a sign for ten seconds loses what it holds to the others; one that cannot renew its
lease stops by itself. Between two holders nothing is lost or doubled, because rows and position are committed
together in the consumer's database, under a lock there.
"""

import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from hefu.dataplane.capture.follow import Reached, position_of, slot_name
from hefu.dataplane.capture.shared import Captures
from hefu.dataplane.capture.shrinking import Shrinking
from hefu.dataplane.capture.sources import Followable, follows, forget_slot, slots_of
from hefu.dataplane.control import Progress, StopWord
from hefu.dataplane.errors import DataPlaneRefusal, Stopped
from hefu.dataplane.run import Outcome, Rejected
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.carry import Sink, salts_of
from hefu.rooms.deliveries.decide.silence import least_rows
from hefu.rooms.deliveries.errors import Fault, SourceNotFollowed
from hefu.rooms.deliveries.models import RejectedRow
from hefu.rooms.deliveries.services import Carriage, Kept, Leaving
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.services.silence import may_shrink, note_let_through
from hefu.rooms.deliveries.terms.following import LEASE
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import queries as grants
from hefu.rooms.resources import queries as resources

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds between two looks for followers that nobody carries, and for slots to drop.
LOOK_SECONDS = 0.5
#: Seconds between two notes of how far one is, and between two looks whether it must stop.
NOTE_SECONDS, STOP_SECONDS = 1.0, 0.4
#: Seconds between two looks at every follower's pulse, and at each one's being sound.
PULSE_SECONDS, SOUND_SECONDS = 5.0, 30.0
#: Seconds for which runs are waited for when the process is told to end.
END_SECONDS = 15.0
#: Slots dropped or looked at at once; a source that does not answer takes one of them for some seconds.
HANDS = 4


class LeaseLost(Exception):
    """Another process carries it by now, or nobody could be asked for as long as a lease lasts."""


class Followers:
    """One process's share of the followers."""

    def __init__(self, *, most: int, clock: Clock, leaving: threading.Event) -> None:
        """Prepare.

        Args:
            most: Followers carried at once.
            clock: For leases and records.
            leaving: Set when the process is told to end.
        """
        self._most, self._clock, self._leaving = most, clock, leaving
        self._threads: dict[UUID, threading.Thread] = {}
        self._at_work: dict[str, Future[None]] = {}
        self._felt = 0.0
        self._captures = Captures()

    def run(self) -> None:
        """Carry followers until told to end; then stop each at its next position, for others to go on."""
        holder = None
        with ThreadPoolExecutor(HANDS, thread_name_prefix="slots") as hands:
            while not self._leaving.is_set():
                try:
                    holder = holder or services.sign_on(host=socket.gethostname(), pid=os.getpid(), clock=self._clock)
                    self._turn(holder, hands)
                except (OperationalError, InterfaceError) as error:
                    log.warning("the node's database is away: %s", str(error).splitlines()[0])
                    connection.close()
                self._leaving.wait(LOOK_SECONDS)
            until = time.monotonic() + END_SECONDS
            for thread in list(self._threads.values()):
                thread.join(max(0.0, until - time.monotonic()))
        if holder is not None:
            services.sign_off(holder=holder, clock=self._clock)
        connection.close()

    def _turn(self, holder: UUID, hands: ThreadPoolExecutor) -> None:
        for delivery_id, thread in list(self._threads.items()):
            if not thread.is_alive():
                del self._threads[delivery_id]
        services.give_sign(holder=holder, carries=len(self._threads))
        for carriage in services.claim(holder=holder, most=self._most - len(self._threads), clock=self._clock):
            run = Run(carriage, holder, self._clock, self._leaving, self._captures)
            thread = threading.Thread(target=run.carry, name=carriage.number, daemon=True)
            self._threads[carriage.id] = thread
            thread.start()
        for leaving in services.due_drops(clock=self._clock):
            self._hand(hands, f"drop {leaving.slot}", partial(drop, leaving, self._clock))
        for kept in services.due_looks(clock=self._clock):
            self._hand(hands, f"look {kept.source_id}", partial(look, kept, self._clock))
        if time.monotonic() - self._felt > PULSE_SECONDS:
            self._felt = time.monotonic()
            services.watch_followers(clock=self._clock)

    def _hand(self, hands: ThreadPoolExecutor, name: str, work: Callable[[], None]) -> None:
        """Do a thing beside the turns, unless it is still being done."""
        if name in self._at_work and not self._at_work[name].done():
            return
        self._at_work = {name: one for name, one in self._at_work.items() if not one.done()}
        self._at_work[name] = hands.submit(_closing, work)


def _closing(work: Callable[[], None]) -> None:
    """Do a thing in a thread of the pool, which keeps no session of the node's database."""
    try:
        work()
    except Exception:
        log.exception("a slot could not be looked after")
    finally:
        connection.close()


def drop(leaving: Leaving, clock: Clock) -> None:
    """Drop a slot at its source; what stands in the consumer's database is counted before."""
    source = None
    try:
        source = source_of(leaving.source_id, leaving.number)
        if leaving.slot:
            forget_slot(name=leaving.slot, source=source, policy=resources.address_policy(actor=WORKER))
    except Refusal as refusal:
        log.warning("the slot of %s could not be dropped: %s", leaving.number, refusal.code)
        services.note_drop_failed(delivery_id=leaving.delivery_id, error=refusal, clock=clock)
        return
    reached = None
    try:
        target = table_at(leaving.target_id, leaving.target_table, leaving.number)
        reached = position_of(delivery=leaving.number, target=target, policy=resources.address_policy(actor=WORKER))
    except Refusal as refusal:
        log.warning("the last count of %s could not be read: %s", leaving.number, refusal.code)
    services.note_dropped(delivery_id=leaving.delivery_id, reached=reached, clock=clock)


def look(kept: Kept, clock: Clock) -> None:
    """Look what the slots of one source cost it."""
    try:
        source = source_of(kept.source_id, "")
        found = slots_of(source=source, names=list(kept.slots), policy=resources.address_policy(actor=WORKER))
    except Refusal as refusal:
        log.info("the slots of source %s could not be looked at: %s", kept.source_id, refusal.code)
        return
    for name in services.note_slots(kept=kept, found=found, clock=clock):
        log.error("slot %s held back too much log and is dropped", name)


def source_of(source_id: UUID | str, number: str) -> Followable:
    """Return a source whose log can be read.

    Raises:
        SourceNotFollowed: It is of another kind.
    """
    source = resources.side_for(resources.source(source_id, viewer=WORKER).pk, actor=WORKER)
    if not isinstance(source, Followable):
        raise SourceNotFollowed(grant=number)
    return source


class Run:
    """One follower in its thread: what the data plane tells and asks, and how it ends."""

    def __init__(
        self, carriage: Carriage, holder: UUID, clock: Clock, leaving: threading.Event, captures: Captures
    ) -> None:
        """Take a follower that this process holds; those of one source read its log together."""
        self._captures = captures
        self._carriage, self._holder, self._clock, self._leaving = carriage, holder, clock, leaving
        self._reached: Reached | None = None
        self._noted = self._looked = 0.0
        self._renewed = self._sound = time.monotonic()
        self._phase, self._phase_at, self._rows = "", clock.now(), 0
        self._reason: StopWord | None = None
        self._share = 0
        self._shrinking = Shrinking(lambda before: least_rows(before=before, percent=self._share))

    def carry(self) -> None:
        """Follow until something ends it, and settle that."""
        try:
            self._settle(self._follow())
        except (LeaseLost, OperationalError, InterfaceError):
            log.warning("follower %s is left to another process", self._carriage.number)
        finally:
            connection.close()

    def _follow(self) -> Refusal:
        try:
            self._carried()
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Refusal as refusal:
            return refusal
        except Exception as fault:
            log.exception("follower %s ended by a fault", self._carriage.number)
            return Fault(number=self._carriage.number, kind=type(fault).__name__)
        return Stopped(rows=0)

    def _carried(self) -> None:
        carriage = self._carriage
        signed = grants.ticket(carriage.ticket_id)
        ticket = grants.read(signed.token)
        source = source_of(ticket.resource.source, carriage.number)
        target = table_at(carriage.target_id, carriage.target_table, carriage.number)
        policy = resources.address_policy(actor=WORKER)
        name = slot_name(carriage.number, target)
        earlier = services.keep_slot(delivery_id=carriage.id, attempt=carriage.attempt, slot=name)
        if earlier:  # the place of delivery was changed meanwhile
            forget_slot(name=earlier, source=source, policy=policy)
        rejects = FollowedRejects(carriage, self)
        self._share, self._shrinking.allowed = may_shrink(delivery_id=carriage.id)

        def copied(outcome: Outcome, because: str) -> None:
            rejects.copied()
            self._copied(outcome, because)

        follows(source, self._captures)(
            delivery=carriage.number,
            token=signed.token,
            keys=evidence.public_keys(KeyPurpose.TICKET),
            clock=self._clock,
            revoked=frozenset() if signed.in_force else frozenset({signed.id}),
            target=target,
            salts=salts_of(ticket, carriage.consumer_code),
            watcher=self,
            rejects=rejects,
            reached=self._take_note,
            copied=copied,
            policy=policy,
            shrinking=self._shrinking,
        )

    def _note_let_through(self) -> None:
        if self._shrinking.passed:
            note_let_through(delivery_id=self._carriage.id, attempt=self._carriage.attempt)
            self._shrinking.passed = False

    def _settle(self, error: Refusal) -> None:
        self.patiently(self._note_let_through)
        leaving = isinstance(error, Stopped) and self._leaving.is_set() and self._reason is None
        transient = isinstance(error, DataPlaneRefusal) and error.transient
        row = self.patiently(
            lambda: services.settle_following(
                carriage=self._carriage,
                holder=self._holder,
                error=error,
                transient=transient,
                reached=self._reached,
                leaving=leaving,
                clock=self._clock,
            )
        )
        if row is not None:
            log.log(
                logging.INFO if isinstance(error, Stopped) else logging.WARNING,
                "follower %s is %s after try %d: %s", row.number, row.status, row.attempt, error.code,
            )  # fmt: skip

    # -- what the data plane tells and asks, in this thread ------------------------------------------

    def _take_note(self, now: Reached) -> None:
        self._reached = now

    def _copied(self, outcome: Outcome, because: str) -> None:
        self.patiently(
            lambda: services.note_copied(
                carriage=self._carriage, holder=self._holder, outcome=outcome, because=because, clock=self._clock
            )
        )

    def progress(self, now: Progress) -> None:
        """Renew the lease and note how far it is, about once a second."""
        if now.phase != self._phase:
            self._phase, self._phase_at, self._rows, self._noted = now.phase, self._clock.now(), 0, 0.0
        if time.monotonic() - self._noted < NOTE_SECONDS:
            return
        try:
            self._note(now)
        except (OperationalError, InterfaceError):
            connection.close()

    def _note(self, now: Progress) -> None:
        moved_at = self._clock.now() if now.rows > self._rows else None
        mine = services.note_progress(
            carriage=self._carriage, now=now, phase_at=self._phase_at, moved_at=moved_at, clock=self._clock
        ) and services.note_following(
            carriage=self._carriage, holder=self._holder, reached=self._reached, waits=now.waits, clock=self._clock
        )
        if not mine:
            self._reason = "stopped"
        self._note_let_through()
        self._rows, self._noted = now.rows, time.monotonic()
        self._renewed = self._noted
        if now.phase == "follow" and self._noted - self._sound > SOUND_SECONDS:
            self._sound = self._noted
            services.note_sound(carriage=self._carriage)
            self._share, _allowed = may_shrink(delivery_id=self._carriage.id)

    def stop_requested(self) -> StopWord | None:
        """Return why the run must stop: somebody's word, the lease that could not be renewed, or the process's end."""
        if self._reason is None and time.monotonic() - self._looked >= STOP_SECONDS:
            try:
                self._reason = services.why_stop(carriage=self._carriage, holder=self._holder)
            except (OperationalError, InterfaceError):
                connection.close()
            self._looked = time.monotonic()
        if time.monotonic() - self._renewed > LEASE.total_seconds():
            raise LeaseLost
        return self._reason or ("stopped" if self._leaving.is_set() else None)

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, waiting for the node's database while it is away, as long as the lease lasts.

        Raises:
            LeaseLost: It stayed away longer.
        """
        while True:
            try:
                result = call()
                self._renewed = time.monotonic()
                return result
            except (OperationalError, InterfaceError):
                if time.monotonic() - self._renewed > LEASE.total_seconds():
                    raise LeaseLost from None
                connection.close()
                time.sleep(0.5)


class FollowedRejects(Sink):
    """Keeps rejected rows, sealed, and counts by reason those that fail while changes are followed."""

    def __init__(self, carriage: Carriage, run: Run) -> None:
        """Go on where an earlier try stopped."""
        super().__init__(carriage, run)
        self._run, self._copying = run, False
        self.kept = RejectedRow.objects.filter(delivery_id=carriage.id).count()

    def begin(self) -> None:
        """Forget what an earlier copy kept: this one finds it again."""
        super().begin()
        self._copying = True

    def put(self, batch: Sequence[Rejected]) -> None:
        """Keep a batch as far as there is room."""
        super().put(batch)
        if self._copying:  # the copy counts its own
            return
        reasons = Counter(reason for one in batch for reason in one.reasons)
        self._run.patiently(
            lambda: services.note_rejected(delivery_id=self._carriage.id, reasons=dict(reasons), rows=len(batch))
        )

    def copied(self) -> None:
        """Count from here on."""
        self._copying = False
