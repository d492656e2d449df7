"""Carry out one delivery that stays in step: copy once, then take over every change, exactly once.

The slot is made before the copy, so the log from before the copy is there: changes that the copy already
holds are applied again, and of each key the last one stands. Rows and position are committed together in
the target; only then does the server hear that it may forget.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.capture.arrival import MysqlArrival, PostgresArrival, arrival_at
from hefu.dataplane.capture.begin import Beginning, look, settle
from hefu.dataplane.capture.followable import facts_of, require_followable
from hefu.dataplane.capture.following import Following
from hefu.dataplane.capture.reached import Handing, Reached, Telling
from hefu.dataplane.capture.shared import Captures
from hefu.dataplane.capture.shrinking import Shrinking
from hefu.dataplane.capture.waiting import told as waiting_told
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, PostgresConnection, default_policy
from hefu.dataplane.connectors.postgres.followed import Counts, Followed
from hefu.dataplane.connectors.postgres.replication import SlotNow, drop_publication, drop_slot, slots_now
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.control import Control, Quiet, Watcher
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.plan import compile_plan
from hefu.dataplane.run import TicketHolds, deliver, require_match
from hefu.dataplane.sides import Table
from hefu.dataplane.ticket import Ticket, read_ticket
from hefu.kernel.clock import Clock

__all__ = [
    "Counts", "Reached", "SlotNow", "check_followable", "follow", "forget_slot", "position_of", "slot_name",
    "slots_of", "stop_following",
]  # fmt: skip


def slot_name(delivery: str, target: Table) -> str:
    """Return the name of the slot and publication of a delivery: the same for every run of it."""
    return "hefu_" + hashlib.sha256(f"{delivery} {target.name}".encode()).hexdigest()[:24]


def follow(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: PostgresSource,
    target: Table,
    rejects: RejectSink,
    salts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
    reached: Callable[[Reached], None] = lambda now: None,
    copied: Callable[[Outcome, str], None] = lambda outcome, why: None,
    once: bool = False,
    revoked: Collection[UUID] = frozenset(),
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
    shrinking: Shrinking | None = None,
    captures: Captures | None = None,
) -> Reached:
    """Keep a consumer's table in step with the source under a ticket.

    Args:
        delivery: Number of the delivery; the same number goes on where an interrupted run stopped.
        token: The ticket.
        keys: Keys of the issuers trusted here.
        clock: Tells whether the ticket holds, at the start and on the way.
        source: Where the rows are.
        target: Where they go.
        rejects: Takes the rows that fail the checks, in the copy and later.
        salts: Secret texts for hash masks, by name.
        watcher: Told the progress and asked whether to stop.
        reached: Told how far it is, about four times a second, in the thread that called.
        copied: Told what a copy brought and why it was needed, before following begins; also in that thread. After
            a crash at that moment it is told once more.
        once: Take over what the source has committed by now, then return; else go on until stopped.
        revoked: Ids of tickets that hold no more.
        policy: Which addresses may be reached.
        options: Use of the machine, for the copy.
        shrinking: How far the table may shrink at once; None for as far as it comes.
        captures: Where those who follow in this process read together; None to read alone.

    Raises:
        TooFewRows: It would shrink further; the table and the position are as they were.
        Stopped: On the watcher's word; the next run goes on from there.
        Revoked: On the watcher's word; what was taken over before stays the consumer's.
        DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        PlanRefused: Also when the source's changes cannot be told apart by the grant's key.
    """
    keys = tuple(keys)
    ticket = read_ticket(token, keys, clock.now(), revoked)
    require_match(ticket, source, target)
    secrets, name = dict(salts or {}), slot_name(delivery, target)
    holding = TicketHolds(watcher or Quiet(), ticket, clock)
    # Everything that may wait for a server is done in a thread that can be told to stop.
    before = Control(holding)
    with contextlib.ExitStack() as closing:

        def opened(connection: PostgresConnection, side: str) -> Session:
            session = closing.enter_context(contextlib.closing(Session(connection, side, policy)))
            closing.enter_context(before.watched(session))
            return session

        def looked() -> tuple[Session, PostgresArrival | MysqlArrival, TableFacts, Beginning]:
            asking = opened(source.connection, "source")
            arrival = closing.enter_context(contextlib.closing(arrival_at(target, policy)))
            closing.enter_context(before.watched(arrival))
            facts = facts_of(asking, ticket)
            require_followable(asking, ticket, facts)
            waiting = waiting_told(before, asking, policy, clock)
            found = look(asking, arrival, delivery, ticket, name, secrets, facts, waiting)
            return asking, arrival, facts, found

        asking, arrival, facts, beginning = before.call(looked)
        start = beginning.stopped
        if start is None:
            least = 0
            if shrinking is not None:
                least = before.call(partial(shrinking.least_of_copy, arrival, delivery, str(ticket.id)))
            # A copy that was interrupted goes on; one from another place in the log is another copy.
            outcome = deliver(
                delivery=f"{delivery}@{beginning.slot}", token=token, keys=keys, clock=clock, source=source,
                target=target, rejects=rejects, salts=secrets, watcher=watcher, revoked=revoked, policy=policy,
                options=options, keyed=True, least_rows=least,
            )  # fmt: skip
            if shrinking is not None:
                shrinking.copied()
            copied(outcome, beginning.why)
            start = before.call(lambda: settle(arrival, delivery, ticket, name, secrets, facts, beginning.slot))
        told = Telling(Reached(start.lsn, start.counts, start.committed_at, copied=beginning.why), shrinking=shrinking)
        run = Following(delivery, ticket, secrets, asking, arrival, name, clock, told, captures)
        control = Control(Handing(holding, told, rejects, reached))
        control.phase = "follow"
        try:
            control.call(lambda: run.carry(control, source, policy, once=once))
        finally:
            reached(told.now)
        return told.now


def check_followable(
    *, ticket: Ticket, source: PostgresSource, target: Table, policy: AddressPolicy = default_policy
) -> None:
    """See now whether the delivery could follow; nothing is written at either side.

    Raises:
        PlanRefused: The changes cannot be told apart, or ticket, source and target do not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read, or the source hands out no changes.
    """
    require_match(ticket, source, target)
    with contextlib.closing(arrival_at(target, policy)) as arrival:
        columns = arrival.columns()
        with contextlib.closing(Session(source.connection, "source", policy)) as session:
            facts = facts_of(session, ticket)
            require_followable(session, ticket, facts)
        arrival.require_keyable(compile_plan(ticket, facts.columns, columns, None, landing=arrival.landing))


def slots_of(
    *, source: PostgresSource, names: Sequence[str], policy: AddressPolicy = default_policy
) -> dict[str, SlotNow]:
    """Return what the slots among `names` that the source has cost its server.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    with contextlib.closing(Session(source.connection, "source", policy)) as session:
        return slots_now(session, names)


def position_of(*, delivery: str, target: Table, policy: AddressPolicy = default_policy) -> Followed | None:
    """Return what stands in the consumer's database about a delivery that follows; None when it never did.

    Raises:
        DataPlaneRefusal: The target cannot be reached, or refuses.
    """
    with contextlib.closing(arrival_at(target, policy)) as arrival:
        return arrival.load(delivery)


def stop_following(
    *, delivery: str, source: PostgresSource, target: Table, policy: AddressPolicy = default_policy
) -> None:
    """Let the source's server forget a delivery that will not follow any more.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    forget_slot(name=slot_name(delivery, target), source=source, policy=policy)


def forget_slot(*, name: str, source: PostgresSource, policy: AddressPolicy = default_policy) -> None:
    """Drop a slot and its publication; whoever reads it is cut off.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    with contextlib.closing(Session(source.connection, "source", policy)) as session:
        drop_slot(session, name)
        with contextlib.suppress(SideRefused):  # made by the table's owner, who may drop it at leisure
            drop_publication(session, name)
