"""Carry out one delivery of a table of MySQL's family that stays in step: copy once, then take over every change.

The place in the log is read before the copy, and everything after it is applied to the copy: of each key the last
change stands, so changes that the copy already holds do no harm. Rows and place are committed together in the target.
The server keeps nothing for us; when its logs from that place on are gone, the table is copied anew.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.capture.arrival import Arrival, arrival_at
from hefu.dataplane.capture.begin import Beginning
from hefu.dataplane.capture.binlog.allowed import (
    Place,
    place_before_copy,
    place_now,
    require_followable,
    require_logged,
    table_of,
)
from hefu.dataplane.capture.binlog.events import FORMAT
from hefu.dataplane.capture.binlog.running import Anew, BinlogFollowing, plan_digest
from hefu.dataplane.capture.binlog.stream import BinlogStream, LogGone
from hefu.dataplane.capture.pgoutput import lsn_number, lsn_text
from hefu.dataplane.capture.reached import Handing, Reached, Telling
from hefu.dataplane.capture.shrinking import Shrinking
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.mysql.connection import MysqlSession
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.followed import Followed
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.control import Control, Quiet, Waits, Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideLost
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.run import TicketHolds, deliver, require_match
from hefu.dataplane.sides import Table
from hefu.dataplane.ticket import Ticket, read_ticket
from hefu.kernel.clock import Clock
from hefu.kernel.words import _

#: Seconds for which a server's first word about its log is waited for.
_FIRST_WORD = 20.0
#: Seconds for which a table that is written is left alone before its lock is asked for again.
_LEAVE = 4.0


def server_id(delivery: str, target: Table) -> int:
    """Return the number by which a source tells this reader of its log from all others.

    It is the same for every run, so that a new one ends what is left of an earlier one; and it lies where people do
    not number their own servers.
    """
    digest = hashlib.sha256(f"{delivery} {target.name} {target.connection.key}".encode()).digest()
    return 0x8000_0000 | int.from_bytes(digest[:4], "big")


def follow_binlog(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: MysqlSource,
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
) -> Reached:
    """Keep a consumer's table in step with a table of MySQL or MariaDB; as `hefu.dataplane.capture.follow.follow`."""
    keys = tuple(keys)
    ticket = read_ticket(token, keys, clock.now(), revoked)
    require_match(ticket, source, target)
    secrets = dict(salts or {})
    holding = TicketHolds(watcher or Quiet(), ticket, clock)

    def copy(place: str, least: int) -> Outcome:
        return deliver(
            delivery=f"{delivery}@{place}", token=token, keys=keys, clock=clock, source=source, target=target,
            rejects=rejects, salts=secrets, watcher=watcher, revoked=revoked, policy=policy, options=options,
            keyed=True, least_rows=least,
        )  # fmt: skip

    why = ""
    while True:
        with contextlib.ExitStack() as closing:
            before = Control(holding)
            looking = _Looking(delivery, ticket, source, target, secrets, policy, before, closing, clock)
            beginning = before.call(partial(looking.look, why))
            start = beginning.stopped
            if start is None:
                place = beginning.slot.partition("|")[0]
                least = 0
                if shrinking is not None:
                    least = before.call(partial(shrinking.least_of_copy, looking.arrival, delivery, str(ticket.id)))
                outcome = copy(place, least)
                if shrinking is not None:
                    shrinking.copied()
                copied(outcome, beginning.why)
                start = before.call(partial(looking.settle, beginning.slot))
            told = Telling(
                Reached(start.lsn, start.counts, start.committed_at, copied=beginning.why), shrinking=shrinking
            )
            run = BinlogFollowing(
                delivery, ticket, source, secrets, looking.arrival, clock, told, policy,
                server_id(delivery, target), start,
            )  # fmt: skip
            control = Control(Handing(holding, told, rejects, reached))
            control.phase = "follow"
            try:
                control.call(partial(run.carry, control, once=once))
                return told.now
            except Anew as anew:
                why = anew.why
            except LogGone:
                why = _("the source's server keeps the changes since the last run no more")
            finally:
                reached(told.now)


@dataclass(frozen=True)
class Writers:
    """What is known of those who keep a table from being locked for a moment."""

    now: Waits


class _Looking:
    """What is looked at and written down before a run, in a thread that can be told to stop."""

    def __init__(
        self,
        delivery: str,
        ticket: Ticket,
        source: MysqlSource,
        target: Table,
        secrets: Mapping[str, str],
        policy: AddressPolicy,
        control: Control,
        closing: contextlib.ExitStack,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._delivery, self._ticket, self._source, self._target = delivery, ticket, source, target
        self._secrets, self._policy, self._control, self._closing = secrets, policy, control, closing
        self.arrival: Arrival

    def look(self, why: str) -> Beginning:
        """Return from where to follow, or the place from which the log is read after a copy."""
        self.arrival = self._closing.enter_context(contextlib.closing(arrival_at(self._target, self._policy)))
        self._closing.enter_context(self._control.watched(self.arrival))
        asking = MysqlSession(self._source.connection, "source", self._policy)
        with contextlib.closing(asking), self._control.watched(asking):
            return self._looked(asking, why)

    def _looked(self, asking: MysqlSession, why: str) -> Beginning:
        table = table_of(asking, self._ticket)
        require_logged(asking, table.facts.schema)
        require_followable(asking, self._ticket, table)
        base, now = place_now(asking)
        self.arrival.ensure()
        earlier = self.arrival.load(self._delivery)
        plan, exists = self._plan(table.facts)
        if why:
            pass
        elif earlier is None:
            why = "first"
        elif not exists:
            why = _("the table is gone from the target")
        elif earlier.plan != plan_digest(plan, self._ticket, self._secrets):
            why = _("the grant, or the columns of the source or the target, are not the same as before")
        elif not earlier.slot.startswith(f"{base} ") or Place.of(lsn_number(earlier.lsn)) > now:
            why = _("the source's server is another, or has begun its log anew")
        else:
            return Beginning(earlier)
        self.arrival.require_keyable(plan)
        self.arrival.before_copy(plan)
        number = server_id(self._delivery, self._target)
        place, begun = self._interrupted(begun_earlier=earlier is not None), 0
        if place is not None and place <= now:
            with contextlib.suppress(LogGone):
                begun = begun_at(self._source, self._policy, base, place, number)
        if place is None or not begun:
            try:
                place = place_before_copy(asking, table.facts.schema, table.facts.table, self._waits)
            finally:
                self._control.waiting = None
            begun = begun_at(self._source, self._policy, base, place, number)
        return Beginning(None, f"{lsn_text(place.number)}|{base} {place.log}:{begun}", why)

    def _waits(self) -> None:
        """Let the run tell that somebody writes the table, and let others have it for a while."""
        if self._control.waiting is None:
            # Who it is the server tells few accounts; that it is somebody is sure.
            self._control.waiting = Writers(Waits(self._clock.now(), 1, None, "", "", ""))
        if self._control.ending.wait(_LEAVE):
            self._control.check()

    def _interrupted(self, *, begun_earlier: bool) -> Place | None:
        """Return the place of a copy that was interrupted, or that was not written down as followed: it goes on."""
        last = self.arrival.interrupted(self._delivery, any_copy=not begun_earlier)
        return Place.of(lsn_number(last.rpartition("@")[2])) if last else None

    def settle(self, beginning: str) -> Followed:
        """Write down that the copied table is followed from there on."""
        lsn, _bar, stamp = beginning.partition("|")
        with contextlib.closing(MysqlSession(self._source.connection, "source", self._policy)) as asking:
            facts = table_of(asking, self._ticket).facts
        plan, _exists = self._plan(facts)
        self.arrival.make_key(plan)
        now = Followed(str(self._ticket.id), plan_digest(plan, self._ticket, self._secrets), stamp, lsn)
        self.arrival.begin(self._delivery, now)
        self.arrival.commit()
        return now

    def _plan(self, facts: TableFacts) -> tuple[Plan, bool]:
        """Return the plan as both sides are now, and whether the table is there."""
        columns, landing = self.arrival.columns(), self.arrival.landing
        self.arrival.commit()
        plan = compile_plan(self._ticket, facts.columns, columns, self._secrets, (), landing, Dialect.DUCKDB)
        return plan, columns is not None


def begun_at(source: MysqlSource, policy: AddressPolicy, base: str, place: Place, number: int) -> int:
    """Return when the log of a place was begun, in seconds since 1970; shows as well that the log may be read.

    Raises:
        DataPlaneRefusal: It may not, or the server cannot be reached.
    """
    stream = BinlogStream(source.connection, policy, base=base, place=place, server_id=number)
    with contextlib.closing(stream):
        while (event := stream.read(_FIRST_WORD)) is not None:
            if event.header.kind == FORMAT:
                return event.header.at
    raise SideLost("source", _("it says nothing about its log"))


def check_binlog_followable(
    *, ticket: Ticket, source: MysqlSource, target: Table, policy: AddressPolicy = default_policy
) -> None:
    """See now whether the delivery could follow; nothing is written at either side.

    Raises:
        PlanRefused: The changes cannot be told apart, or ticket, source and target do not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read, or the source does not log changes in full.
    """
    require_match(ticket, source, target)
    with contextlib.closing(arrival_at(target, policy)) as arrival:
        columns = arrival.columns()
        with contextlib.closing(MysqlSession(source.connection, "source", policy)) as asking:
            table = table_of(asking, ticket)
            require_logged(asking, table.facts.schema)
            require_followable(asking, ticket, table)
            base, now = place_now(asking)
        landing = arrival.landing
        arrival.require_keyable(compile_plan(ticket, table.facts.columns, columns, None, (), landing, Dialect.DUCKDB))
    begun_at(source, policy, base, now, server_id(f"trial of {ticket.id}", target))
