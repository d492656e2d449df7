"""Carry out one delivery: the way into the data plane."""

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.connectors.mysql.increments import require_keyable
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, default_policy
from hefu.dataplane.control import Control, Progress, Quiet, Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused, TicketRefused
from hefu.dataplane.formats import FileTarget
from hefu.dataplane.lanes.file_run import FileRun
from hefu.dataplane.lanes.increment_rows import RowIncrementRun
from hefu.dataplane.lanes.increment_run import IncrementRun
from hefu.dataplane.lanes.range_run import RangeRun
from hefu.dataplane.lanes.table_run import TableRun
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import ListSink, Outcome, Rejected, RejectSink
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.sides import Source, Table, kind_of, opened, origin_of, receiver_of
from hefu.dataplane.since import MOMENTS, Since, range_of
from hefu.dataplane.ticket import Channel, TargetRef, Ticket, held_until, read_ticket
from hefu.kernel.clock import Clock
from hefu.kernel.words import Sentence, _

__all__ = [
    "ListSink", "Options", "Outcome", "Progress", "Quiet", "RejectSink", "Rejected", "Watcher", "check_plan",
    "check_since", "deliver",
]  # fmt: skip


def check_plan(
    *,
    ticket: Ticket,
    source: Source,
    target: Table | FileTarget,
    policy: AddressPolicy = default_policy,
) -> Plan:
    """Return the plan that `ticket` would give now; nothing is written, no salt is needed.

    Raises:
        PlanRefused: Something does not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read.
    """
    return _planned(ticket, source, target, policy)[0]


def check_since(
    *, ticket: Ticket, source: Source, target: Table, since: Since, clock: Clock, policy: AddressPolicy = default_policy
) -> bool:
    """See that new rows can be told by `since`; return whether it is a moment, so that its overlap is in seconds.

    Raises:
        PlanRefused: Something does not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read.
    """
    plan, dialect = _planned(ticket, source, target, policy)
    told = range_of(plan, since, dialect, None, clock.now())
    if isinstance(target, MysqlTarget):
        with contextlib.closing(MysqlReceiver(target, policy)) as receiver:
            require_keyable(receiver.session, target, plan)
    return told.output.source_type.kind in MOMENTS


def _planned(ticket: Ticket, source: Source, target: Table | FileTarget, policy: AddressPolicy) -> tuple[Plan, Dialect]:
    require_match(ticket, source, target)
    columns, landing = None, None
    if not isinstance(target, FileTarget):
        with contextlib.closing(receiver_of(target, policy)) as receiver:
            columns, landing = receiver.columns(), receiver.landing
    with contextlib.closing(opened(source, ticket, policy)()) as view:
        plan = compile_plan(ticket, view.facts.columns, columns, None, view.checks, landing, view.dialect)
        return plan, view.dialect


def deliver(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: Source,
    target: Table | FileTarget,
    rejects: RejectSink,
    salts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
    revoked: Collection[UUID] = frozenset(),
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
    since: Since | None = None,
    least_rows: int = 0,
    keyed: bool = False,
    secret: bytes | None = None,
) -> Outcome:
    """Carry the rows that the ticket grants from `source` to `target`, exactly once, and reconcile.

    Args:
        delivery: Number of the delivery. Into a table, the same number goes on where an interrupted run
            stopped, and does nothing when it is finished already.
        token: The ticket.
        keys: Keys of the issuers trusted here.
        clock: Tells whether the ticket holds, at the start and on the way.
        source: Where the rows are.
        target: Where they go. A table is replaced as a whole, in one transaction; a file appears whole.
        rejects: Takes the rows that fail the checks.
        salts: Secret texts for hash masks, by name.
        watcher: Told the progress and asked whether to stop.
        revoked: Ids of tickets that hold no more.
        policy: Which addresses may be reached.
        options: Use of the machine.
        since: Bring only what is new by it, and keep the consumer's other rows; None replaces all of them.
        least_rows: Do not replace a table by fewer rows than these.
        keyed: Whether a table that is made here has to find its rows by the delivered key later on.
        secret: 32 bytes that the node alone knows, the same for each run: seals what is kept of a source beside the
            consumer's rows. Without it, no later run goes on from ranges that are in.

    Raises:
        TicketRefused: The ticket does not hold.
        PlanRefused: Ticket, source and target do not fit.
        AlreadyRunning: Another run of this delivery, or into this table, is under way.
        Stopped: On the watcher's word; finished parts stay for a later run.
        Revoked: On the watcher's word; what was under way is removed.
        SideLost: A database went away; run again.
        SideRefused: A side said no; mend it first.
        AddressRefused: The policy does not let us reach a side.
        NotReconciled: Both sides disagree; nothing was published.
        QuotaExceeded: The filter opens more rows than the grant lets out.
        TooManyRejects: The source is broken rather than dirty.
        FormatLimit: The file format cannot hold the rows.
        TooFewRows: The source gives fewer than `least_rows`; the table was left as it is.
    """
    ticket = read_ticket(token, keys, clock.now(), revoked)
    require_match(ticket, source, target)
    chosen = options or Options()
    control = Control(TicketHolds(watcher or Quiet(), ticket, clock), chosen.most_bytes_a_second)
    with control.timed("prepare"):
        # What is new of a source is asked in the two dialects that its bounds are written in.
        view = control.open(opened(source, ticket, policy, "" if since is not None else chosen.spark, control))
    with contextlib.closing(view), control.watched(view):
        secrets = dict(salts or {})
        if isinstance(target, FileTarget):
            return FileRun(delivery, ticket, view, target, rejects, secrets, chosen, control, policy).carry()
        origin = origin_of(source)
        parts = (delivery, ticket, view, origin, target, rejects, secrets, policy, chosen, control)
        if since is not None:
            kind = RowIncrementRun if isinstance(target, MysqlTarget) else IncrementRun
            return kind(*parts, least_rows=least_rows, since=since, at=clock.now()).carry()
        if isinstance(source, MysqlSource):
            kept = secret or os.urandom(32)
            return RangeRun(*parts, least_rows=least_rows, keyed=keyed, secret=kept).carry()
        return TableRun(*parts, least_rows=least_rows, keyed=keyed).carry()


def require_match(ticket: Ticket, source: Source, target: Table | FileTarget) -> None:
    """See that source and target are of the kinds that the ticket names.

    Raises:
        PlanRefused: They are not.
    """
    problems = _kind_problems(ticket, source)
    if (ticket.channel is Channel.TABLE) == isinstance(target, FileTarget):
        problems.append(
            Sentence(
                _("the ticket grants the {channel} channel, the target is another"),
                code="plan.channel",
                channel=ticket.channel.value,
            )
        )
    elif not isinstance(target, FileTarget) and ticket.target != TargetRef(target.place, target.table):
        problems.append(
            Sentence(
                _("the ticket sends the rows elsewhere than to table {table} of this place"),
                code="plan.elsewhere",
                table=target.table,
            )
        )
    if problems:
        raise PlanRefused(tuple(problems))


def require_kind(ticket: Ticket, source: Source) -> None:
    """See that the source is of the kind that the ticket names.

    Raises:
        PlanRefused: It is not.
    """
    if problems := _kind_problems(ticket, source):
        raise PlanRefused(tuple(problems))


def _kind_problems(ticket: Ticket, source: Source) -> list[Sentence]:
    if ticket.resource.kind is kind_of(source):
        return []
    text = _("the ticket opens a {kind}, the source is another kind")
    return [Sentence(text, code="plan.source_kind", kind=ticket.resource.kind.value)]


@dataclass(frozen=True)
class TicketHolds:
    """A watcher that asks the clock as well: a ticket that ends on the way ends the run."""

    watcher: Watcher
    ticket: Ticket
    clock: Clock

    def progress(self, now: Progress) -> None:
        """Pass it on."""
        self.watcher.progress(now)

    def stop_requested(self) -> Literal["stopped", "revoked"] | None:
        """Ask the clock, then the watcher.

        Raises:
            TicketRefused: The ticket holds no more.
        """
        if self.clock.now() >= self.ticket.valid_until:
            raise TicketRefused("expired", held_until(self.ticket))
        return self.watcher.stop_requested()
