"""Carry out one delivery that stays in step: copy once, then take over every change, exactly once.

The slot is made before the copy, so the log from before the copy is there: changes that the copy already
holds are applied again, and of each key the last one stands. Rows and position are committed together in
the target; only then does the server hear that it may forget.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.capture.begin import begun
from hefu.dataplane.capture.followable import facts_of, require_followable
from hefu.dataplane.capture.following import Following, Handing, Reached
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, default_policy
from hefu.dataplane.connectors.postgres.replication import drop_publication, drop_slot
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.control import Control, Quiet, Watcher
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import RejectSink
from hefu.dataplane.run import TicketHolds, deliver, require_match
from hefu.dataplane.ticket import read_ticket
from hefu.kernel.clock import Clock

__all__ = ["Reached", "follow", "slot_name", "stop_following"]


def slot_name(delivery: str, target: PostgresTarget) -> str:
    """Return the name of the slot and publication of a delivery: the same for every run of it."""
    return "hefu_" + hashlib.sha256(f"{delivery} {target.name}".encode()).hexdigest()[:24]


def follow(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: PostgresSource,
    target: PostgresTarget,
    rejects: RejectSink,
    salts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
    reached: Callable[[Reached], None] = lambda now: None,
    once: bool = False,
    revoked: Collection[UUID] = frozenset(),
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
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
        once: Take over what the source has committed by now, then return; else go on until stopped.
        revoked: Ids of tickets that hold no more.
        policy: Which addresses may be reached.
        options: Use of the machine, for the copy.

    Raises:
        Stopped: On the watcher's word; the next run goes on from there.
        Revoked: On the watcher's word; what was taken over before stays the consumer's.
        DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        PlanRefused: Also when the source's changes cannot be told apart by the grant's key.
    """
    keys = tuple(keys)
    ticket = read_ticket(token, keys, clock.now(), revoked)
    require_match(ticket, source, target)
    holding = TicketHolds(watcher or Quiet(), ticket, clock)
    secrets = dict(salts or {})
    name = slot_name(delivery, target)

    def copy(begin: str) -> None:
        # A copy that was interrupted goes on; one from another place in the log is another copy.
        deliver(
            delivery=f"{delivery}@{begin}", token=token, keys=keys, clock=clock, source=source, target=target,
            rejects=rejects, salts=secrets, watcher=watcher, revoked=revoked, policy=policy, options=options,
        )  # fmt: skip

    with (
        contextlib.closing(Session(source.connection, "source", policy)) as asking,
        contextlib.closing(Session(target.connection, "target", policy)) as writing,
    ):
        facts = facts_of(asking, ticket)
        require_followable(asking, ticket, facts)
        start, copied = begun(asking, writing, delivery, ticket, target, name, secrets, facts, copy)
        run = Following(
            delivery, ticket, target, secrets, asking, writing, name,
            Reached(start.lsn, start.changes, start.transactions, copied=copied),
        )  # fmt: skip
        control = Control(Handing(holding, run, rejects, reached))
        control.call(lambda: run.carry(control, source, policy, once=once))
        return run.now


def stop_following(
    *, delivery: str, source: PostgresSource, target: PostgresTarget, policy: AddressPolicy = default_policy
) -> None:
    """Let the source's server forget a delivery that will not follow any more.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    name = slot_name(delivery, target)
    with contextlib.closing(Session(source.connection, "source", policy)) as session:
        drop_slot(session, name)
        with contextlib.suppress(SideRefused):  # made by the table's owner, who may drop it at leisure
            drop_publication(session, name)
