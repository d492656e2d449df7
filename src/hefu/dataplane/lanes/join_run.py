"""One delivery of joined rows: each side carried as if it were delivered alone, then joined, then written."""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from hefu.crypto.signing import PublicKey
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.control import Control, Quiet, Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import QuotaExceeded
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.join import Join, Joining, Side, compile_join, joined_ticket, told
from hefu.dataplane.lanes.file_run import FileRun
from hefu.dataplane.lanes.join_view import Files, InSource, JoinView, Sides
from hefu.dataplane.lanes.query import chunk_query
from hefu.dataplane.lanes.table_run import TableRun
from hefu.dataplane.lanes.view import View
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, Rejected
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.run import TicketHolds, require_kind
from hefu.dataplane.scratch import Scratch
from hefu.dataplane.sides import Source, Table, opened, origin_of, receiver_of
from hefu.dataplane.spark.source import SparkView
from hefu.dataplane.ticket import Ticket, read_ticket
from hefu.kernel.clock import Clock

_WHOLE = Chunk(0, whole=True)
#: What queries of one side read, quoted, and its columns whose text has a name of its own.
Reading = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Half:
    """One side: a grant, and where its rows are."""

    token: str
    source: Source


class Uncounted:
    """Keeps no rejected row: the two sides belong to two departments, and each sees its own in its own deliveries."""

    def begin(self) -> None:
        """Do nothing."""

    def put(self, batch: Sequence[Rejected]) -> None:
        """Do nothing; they are counted all the same."""


def check_join(
    *,
    left: Ticket,
    right: Ticket,
    sources: tuple[Source, Source],
    target: Table,
    joining: Joining,
    policy: AddressPolicy = default_policy,
) -> Join:
    """Return the join that two tickets would give now; nothing is written, no salt is needed.

    Raises:
        PlanRefused: Something does not fit; all of it is named.
        DataPlaneRefusal: A side cannot be reached or read.
    """
    plans = []
    for ticket, source in zip((left, right), sources, strict=True):
        require_kind(ticket, source)
        with contextlib.closing(opened(source, ticket, policy)()) as view:
            plans.append(_plan(ticket, view, None))
    join = compile_join(plans[0], plans[1], joining)
    ticket = joined_ticket(left, right, joining, join)
    _fits(join, ticket, target, policy)
    return join


def deliver_joined(
    *,
    delivery: str,
    left: Half,
    right: Half,
    joining: Joining,
    keys: Iterable[PublicKey],
    clock: Clock,
    target: Table,
    salts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
    revoked: Collection[UUID] = frozenset(),
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
    least_rows: int = 0,
) -> Outcome:
    """Carry the joined rows of two grants into a table of the consumer, exactly once, and reconcile.

    Two tables of one PostgreSQL database are joined there, in one moment, so that rows without a partner never leave
    it; two Parquet files that the node's Spark cluster reads are joined by it. Otherwise each side is brought here as
    if it were delivered into a file: filtered, checked, masked, within its quota and counted against its source; then
    the two files are joined.

    Args:
        delivery: Number of the delivery; the same number goes on where an interrupted run stopped.
        left: One grant.
        right: The other one.
        joining: What is compared, which rows arrive, and in which table.
        keys: Keys of the issuers trusted here.
        clock: Tells whether both tickets hold, at the start and on the way.
        target: Where the rows go: a table of its own in the database of both grants.
        salts: Secret texts for masks, by name.
        watcher: Told the progress and asked whether to stop; it answers for both grants.
        revoked: Ids of tickets that hold no more.
        policy: Which addresses may be reached.
        options: Use of the machine.
        least_rows: Do not replace the table by fewer rows than these.

    Raises:
        DataPlaneRefusal: As `hefu.dataplane.run.deliver`; either grant's end ends it.
    """
    trusted = tuple(keys)
    tickets = [read_ticket(half.token, trusted, clock.now(), revoked) for half in (left, right)]
    halves = (left, right)
    for half, ticket in zip(halves, tickets, strict=True):
        require_kind(ticket, half.source)
    chosen, secrets = options or Options(), dict(salts or {})
    holds = TicketHolds(TicketHolds(watcher or Quiet(), tickets[0], clock), tickets[1], clock)
    control = Control(holds, chosen.most_bytes_a_second)
    with Scratch("join") as here, contextlib.ExitStack() as stack:
        views = []
        with control.timed("prepare"):
            for half, ticket in zip(halves, tickets, strict=True):
                view = control.open(opened(half.source, ticket, policy, chosen.spark, control))
                stack.enter_context(contextlib.closing(view))
                stack.enter_context(control.watched(view))
                views.append(view)
        plans = [_plan(ticket, view, secrets) for ticket, view in zip(tickets, views, strict=True)]
        join = compile_join(plans[0], plans[1], joining)
        ticket = joined_ticket(tickets[0], tickets[1], joining, join)
        control.call(lambda: _fits(join, ticket, target, policy))
        one, other = views
        sides: Sides
        if (shared := control.call(lambda: _one_engine(halves, tickets, one, other))) is not None:
            sides, gave = control.call(lambda: _in_source(join, one, shared, secrets, tickets))
        else:
            runs = (
                FileRun(delivery, ticket, view, FileTarget(Path(here, f"{name}.parquet"), FileFormat.PARQUET),
                        Uncounted(), secrets, chosen, control, policy)
                for name, ticket, view in zip(("left", "right"), tickets, views, strict=True)
            )  # fmt: skip
            outcomes = [run.carry() for run in runs]
            sides = Files(join, Path(outcomes[0].path), Path(outcomes[1].path))
            gave = (_gave(tickets[0], outcomes[0]), _gave(tickets[1], outcomes[1]))
        control.bytes = 0
        joined = stack.enter_context(contextlib.closing(JoinView(join, sides, joining.table)))
        stack.enter_context(control.watched(joined))
        origin = repr((origin_of(left.source), origin_of(right.source), tickets[0].id, tickets[1].id, joining))
        parts = (delivery, ticket, joined, origin, target, Uncounted(), secrets, policy, chosen, control)
        what = told(join, {"left": gave[0], "right": gave[1]})
        return JoinRun(*parts, least_rows=least_rows, what=what).carry()


@dataclass
class JoinRun(TableRun):
    """Writes the joined rows like those of any source, and notes what was joined in the same transaction."""

    what: Mapping[str, Any] = field(default_factory=dict)

    def _settle(self, receiver: Receiver, sql: SourceSql, outcome: Outcome) -> Outcome:
        return replace(outcome, joined=self.what, lane="governed")


def _plan(ticket: Ticket, view: Snapshot | View, salts: Mapping[str, str] | None) -> Plan:
    return compile_plan(ticket, view.facts.columns, None, salts, view.checks, engine=view.dialect)


def _fits(join: Join, ticket: Ticket, target: Table, policy: AddressPolicy) -> None:
    """See that the joined rows go into the target."""
    with contextlib.closing(receiver_of(target, policy)) as receiver:
        columns, landing = receiver.columns(), receiver.landing
    compile_plan(ticket, join.columns, columns, None, (), landing, Dialect.DUCKDB)


def _one_engine(
    halves: Sequence[Half], tickets: Sequence[Ticket], one: Snapshot | View, other: Snapshot | View
) -> tuple[Reading, Reading] | None:
    """Return what is read of each side where the engine of the first reads both where they lie; None where it cannot.

    No server sees the salts of another department: tables of PostgreSQL have to be of one place, and the cluster is
    the node's own.
    """
    if isinstance(one, SparkView) and isinstance(other, SparkView):
        return (one.relation, one.written), (one.beside(other), other.written)
    if isinstance(one, Snapshot) and isinstance(other, Snapshot):
        same = len({ticket.resource.source for ticket in tickets}) == len({half.source for half in halves}) == 1
        quote, nothing = Dialect.POSTGRES.name_of, frozenset[str]()
        names = [quote(ticket.resource.schema, ticket.resource.table) for ticket in tickets]
        return ((names[0], nothing), (names[1], nothing)) if same else None
    return None


def _in_source(
    join: Join,
    view: Snapshot | View,
    read: tuple[Reading, Reading],
    salts: Mapping[str, str],
    tickets: Sequence[Ticket],
) -> tuple[Sides, tuple[dict[str, Any], dict[str, Any]]]:
    queries, gave = [], []
    for plan, ticket, (relation, written) in zip((join.left, join.right), tickets, read, strict=True):
        sql = SourceSql(plan, view.dialect, salts, relation, written)
        granted = f"select {sql.all_flags} as flags from {relation} where {sql.granted}"
        rows = rejected = 0
        failed: Counter[str] = Counter()
        for bits, count in view.ask(f"select flags, count(*) from ({granted}) as granted group by flags"):
            rows += count
            rejected += count if bits else 0
            failed.update(dict.fromkeys(reasons(bits, plan.checks), count))
        if plan.quota is not None and rows - rejected > plan.quota:
            raise QuotaExceeded(quota=plan.quota)
        queries.append(chunk_query(sql, _WHOLE, None))
        gave.append(_counted(ticket, rows, rejected, dict(failed)))
    return InSource(join, queries[0], queries[1], view), (gave[0], gave[1])


def _gave(ticket: Ticket, outcome: Outcome) -> dict[str, Any]:
    return _counted(ticket, outcome.rows_read, outcome.rows_rejected, dict(outcome.rejected))


def _counted(ticket: Ticket, rows: int, rejected: int, reasons_: dict[str, int]) -> dict[str, Any]:
    return {
        "grant": ticket.grant,
        "ticket": str(ticket.id),
        "entry": ticket.entry,
        "provider": ticket.provider.credit_code,
        "rows_read": rows,
        "rows_rejected": rejected,
        "rejected": reasons_,
    }


__all__ = ["Half", "Joining", "Side", "check_join", "deliver_joined"]
