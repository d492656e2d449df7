"""Holds a consumer's table against its source, through the grant's eyes, and mends only what differs.

Both sides count, sum and digest their rows in buckets by key; only buckets that disagree are looked at key by key, so
that two tables that agree cost one pass each and move a few kilobytes. What a source shows here is what the
grant delivers: filtered, checked and masked by it, in its own SQL. A source that is no PostgreSQL has neither its
digests nor its types, so what the grant delivers of it is written beside the consumer's table for as long as the
comparison lasts, where nobody else sees it, and both are compared there. A table of MySQL has a way of its own.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from hefu.crypto.signing import PublicKey
from hefu.dataplane.capture.followable import facts_of
from hefu.dataplane.compare_mysql import Beside
from hefu.dataplane.compared import MOST_KEYS, Compared, Gap, Key, SideSeen
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, PostgresConnection, default_policy
from hefu.dataplane.connectors.postgres.copy import from_batches, pump
from hefu.dataplane.connectors.postgres.followed import (
    FRESH,
    NOTHING,
    TOUCHED,
    Counts,
    ensure_key,
    merge,
    prepare_merge,
)
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk, PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget, existing_columns, take_locks
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.control import Control, Quiet, Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import AlreadyRunning, NotReconciled, PlanRefused, SideRefused, Stopped
from hefu.dataplane.lanes.query import chunk_query, names_of
from hefu.dataplane.lanes.rejects import hand_over
from hefu.dataplane.lanes.view import View
from hefu.dataplane.outcome import Rejected
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.run import TicketHolds, require_match
from hefu.dataplane.sides import Source, Table, opened
from hefu.dataplane.ticket import Ticket, read_ticket
from hefu.dataplane.types import Kind
from hefu.kernel.clock import Clock
from hefu.kernel.words import Sentence, _

_SQL = Dialect.POSTGRES
_NAME = _SQL.name_of
#: Buckets by key.
BUCKETS = 4096
#: Rows that are mended with one look at the source.
_AT_ONCE = 1000
_WHOLE = Chunk(0, whole=True)
#: What the grant delivers of a source that is no PostgreSQL; of one session, and gone with it.
_BROUGHT = "pg_temp.hefu_granted"

#: A plan, and what the grant delivers as a relation of some session.
_Granted = tuple[Plan, str]


def compare(
    *,
    delivery: str,
    token: str,
    keys: Iterable[PublicKey],
    clock: Clock,
    source: Source,
    target: Table,
    salts: Mapping[str, str] | None = None,
    mend: bool = False,
    watcher: Watcher | None = None,
    policy: AddressPolicy = default_policy,
) -> Compared:
    """Hold the consumer's table against the source.

    Each side is read as it is at one moment, but the moments are not the same: what the source changed since the
    table was brought differs, and rightly so.

    Args:
        delivery: Number under whose lock rows are mended.
        token: The ticket.
        keys: Keys of the issuers trusted here.
        clock: Tells whether the ticket holds.
        source: Where the rows come from.
        target: Where they are.
        salts: Secret texts for hash masks, by name.
        mend: Bring what differs to what the source grants now, all of it in one transaction.
        watcher: May stop it.
        policy: Which addresses may be reached.

    Raises:
        TicketRefused, PlanRefused, DataPlaneRefusal: As `hefu.dataplane.run.deliver`.
        AlreadyRunning: Rows should be mended while a delivery writes them.
    """
    ticket = read_ticket(token, tuple(keys), clock.now())
    require_match(ticket, source, target)
    control = Control(TicketHolds(watcher or Quiet(), ticket, clock))
    secrets = dict(salts or {})
    finished: list[Compared] = []
    # Rows that are brought here are locked before they are looked at; others together with the looking.
    locked = mend and not (isinstance(source, PostgresSource) and isinstance(target, PostgresTarget))

    def compared(
        table: PostgresTarget, asked: PostgresConnection, side: str, granted: Callable[[Session, Session], _Granted]
    ) -> Compared:
        with (
            contextlib.closing(Session(asked, side, policy)) as asking,
            contextlib.closing(Session(table.connection, "target", policy)) as there,
            control.watched(asking),
            control.watched(there),
        ):
            plan, relation = granted(asking, there)
            if not plan.key:
                raise PlanRefused((_without_key(),))
            locks = "" if locked else delivery
            return _Comparing(table, plan, relation, asking, there, control.check).carry(locks, mend)

    def done(work: Callable[[], Compared]) -> Compared:
        control.call(lambda: finished.append(work()))
        return finished[0]

    try:
        if isinstance(source, PostgresSource) and isinstance(target, PostgresTarget):
            granted = partial(_granted_there, ticket, target, secrets)
            return done(partial(compared, target, source.connection, "source", granted))
        with contextlib.ExitStack() as closing:
            if locked:
                lock = control.open(partial(_locked, delivery, target, policy))
                closing.enter_context(contextlib.closing(lock))
            view = closing.enter_context(
                contextlib.closing(control.open(opened(source, ticket, policy, control=control)))
            )
            closing.enter_context(control.watched(view))
            if isinstance(target, MysqlTarget):
                beside = Beside(ticket, target, secrets, view, control, policy)
                beside.load()
                return done(partial(beside.carry, mend))
            brought = _Brought(ticket, target, secrets, view, control, policy)
            brought.load()
            return done(partial(compared, target, target.connection, "target", brought.beside))
    except Stopped:
        if finished:  # the word came when all was done: what was mended is mended, and has to be told
            return finished[0]
        raise


def _locked(delivery: str, target: Table, policy: AddressPolicy) -> Session | MysqlReceiver:
    """Lock a table whose rows are mended, before its source is looked at: what came later is not set back.

    Raises:
        AlreadyRunning: A delivery writes it.
        DataPlaneRefusal: The target cannot be reached, or refuses.
    """
    session: Session | MysqlReceiver
    with contextlib.ExitStack() as closing:
        if isinstance(target, MysqlTarget):
            session = closing.enter_context(contextlib.closing(MysqlReceiver(target, policy)))
            held = session.lock(delivery)
        else:
            session = closing.enter_context(contextlib.closing(Session(target.connection, "target", policy)))
            held = take_locks(session, delivery, target)
            session.commit()
        if held:
            raise AlreadyRunning(what=held)
        closing.pop_all()
    return session


def _columns_of(there: Session, target: PostgresTarget) -> tuple[ColumnFacts, ...]:
    columns = existing_columns(there, target)
    there.commit()
    if columns is None:
        raise SideRefused("target", Sentence(_("{table} is gone"), code="side.table_gone", table=target.name))
    return columns


def _granted_there(
    ticket: Ticket, target: PostgresTarget, secrets: Mapping[str, str], asking: Session, there: Session
) -> _Granted:
    """Return the plan, and what the grant delivers as a relation of the source's own session."""
    facts = facts_of(asking, ticket)
    plan = compile_plan(ticket, facts.columns, _columns_of(there, target), secrets)
    sql = SourceSql(plan, _SQL, secrets, _NAME(facts.schema, facts.table))
    return plan, f"({chunk_query(sql, _WHOLE, None)})"


class _Nobody:
    """Takes rejected rows and keeps none: the run that delivered has told of them."""

    def begin(self) -> None:
        """Do nothing."""

    def put(self, batch: Sequence[Rejected]) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class _Brought:
    """Rows of a source that cannot digest them, brought beside the consumer's table."""

    ticket: Ticket
    target: PostgresTarget
    secrets: Mapping[str, str]
    view: View
    control: Control
    policy: AddressPolicy

    def _sql(self) -> SourceSql:
        with contextlib.closing(Session(self.target.connection, "target", self.policy)) as there:
            columns = _columns_of(there, self.target)
        view = self.view
        plan = compile_plan(self.ticket, view.facts.columns, columns, self.secrets, view.checks, None, view.dialect)
        if not plan.key:
            raise PlanRefused((_without_key(),))
        return SourceSql(plan, view.dialect, self.secrets, view.relation, view.written)

    def load(self) -> None:
        """Read the source once, and find out what the checks keep back."""
        self._sql()  # what does not fit is said before rows are brought here
        self.control.load(self.view)
        sql = self._sql()
        hand_over(self.view, sql, self.view.parts(None), {}, _Nobody(), self.control)

    def beside(self, asking: Session, _there: Session) -> _Granted:
        """Write what the grant delivers into a table of the session's own; return the plan and that table."""
        sql = self._sql()
        outputs = sql.plan.outputs
        asking.run(f"create temp table hefu_granted ({', '.join(f'{_NAME(one.name)} {one.type}' for one in outputs)})")
        write = f"copy {_BROUGHT} ({names_of(outputs, _NAME)}) from stdin (format csv)"
        with contextlib.closing(self.view.stream()) as stream, self.control.watched(stream):
            for chunk in self.view.parts(None):
                self.control.check()
                feed = from_batches(stream, chunk_query(sql, chunk, None))
                out, into = pump(feed, asking, write, lambda passed: self.control.add(bytes_=passed))
                if out != into:
                    raise NotReconciled(what="rows brought to be compared", source=out, target=into)
        asking.run(f"analyze {_BROUGHT}")
        asking.commit()
        return sql.plan, _BROUGHT


class _Comparing:
    """One comparison, with both sides open."""

    def __init__(
        self,
        target: PostgresTarget,
        plan: Plan,
        granted: str,
        asking: Session,
        there: Session,
        check: Callable[[], None],
    ) -> None:
        self.asking, self.there, self.target, self._check = asking, there, target, check
        self.plan, self.granted = plan, granted
        names = ", ".join(_NAME(output.name) for output in plan.outputs)
        self.standing = f"(select {names} from {_NAME(target.schema, target.table)})"

    def carry(self, locks: str, mend: bool) -> Compared:
        """Compare, and mend when asked to, under the lock of a delivery; without a number it is locked already."""
        if mend:
            if locks and (held := take_locks(self.there, locks, self.target)):
                raise AlreadyRunning(what=held)
            ensure_key(self.there, self.target, self.plan.key)
            prepare_merge(self.there, self.target, self.plan)
            self.there.commit()
        for session in (self.asking, self.there):
            session.run("set transaction isolation level repeatable read")
        ours, theirs = self._buckets(self.asking, self.granted), self._buckets(self.there, self.standing)
        self._check()
        unlike = [bucket for bucket in sorted({*ours, *theirs}) if ours.get(bucket) != theirs.get(bucket)]
        seen = [
            SideSeen(*_total(buckets), self._sums(session, relation))
            for buckets, session, relation in (
                (ours, self.asking, self.granted),
                (theirs, self.there, self.standing),
            )
        ]
        counts: Counter[str] = Counter()
        found: list[Gap] = []
        mended = NOTHING
        for some in _batched(self._gaps(unlike), _AT_ONCE):
            self._check()
            counts.update(gap.kind for gap in some)
            found += some[: MOST_KEYS - len(found)]
            if mend:
                mended += self._mend([gap.key for gap in some])
        self.asking.rollback()
        self.there.commit()
        return Compared(
            seen[0],
            seen[1],
            counts["missing"],
            counts["extra"],
            counts["different"],
            tuple(found),
            mended,
        )

    def _bucketed(self, relation: str) -> str:
        key = [f"t.{_NAME(name)}::text" for name in self.plan.key]
        named = ", ".join(f"{text} as k{number}" for number, text in enumerate(key))
        spread = f"hashtextextended(concat_ws(chr(31), {', '.join(key)}), 7)"
        return (
            f"select {named}, hashtextextended(t::text, 0) as digest, ({spread} & {BUCKETS - 1})::int as bucket "
            f"from {relation} as t"
        )

    def _buckets(self, session: Session, relation: str) -> dict[int, tuple[int, int]]:
        """Return bucket → rows and the sum of their digests."""
        found = session.run(
            f"select bucket, count(*), sum(digest)::text from ({self._bucketed(relation)}) as digested group by bucket"
        )
        return {bucket: (rows, int(digest)) for bucket, rows, digest in found}

    def _gaps(self, buckets: Sequence[int]) -> Iterator[Gap]:
        """Yield what differs in buckets that disagree.

        Each side gives their rows in one order, in one pass, and both are read side by side: it does not matter how
        much differs.
        """
        if not buckets:
            return
        order = ", ".join(f'k{number} collate "C" nulls first' for number in range(len(self.plan.key)))
        ours, theirs = (
            session.stream(
                f"select * from ({self._bucketed(relation)}) as digested "
                f"where bucket = any('{{{', '.join(map(str, buckets))}}}') order by bucket, {order}"
            )
            for session, relation in ((self.asking, self.granted), (self.there, self.standing))
        )
        for one, other in _side_by_side(ours, theirs):
            if one is None:
                yield Gap("extra", other[:-2])
            elif other is None:
                yield Gap("missing", one[:-2])
            elif one[-2] != other[-2]:
                yield Gap("different", one[:-2])

    def _sums(self, session: Session, relation: str) -> dict[str, str | None]:
        numbers = [output.name for output in self.plan.outputs if output.type.kind in (Kind.INTEGER, Kind.DECIMAL)]
        if not numbers:
            return {}
        asked = ", ".join(f"sum(t.{_NAME(name)})::text" for name in numbers)
        return dict(zip(numbers, session.run(f"select {asked} from {relation} as t")[0], strict=True))

    def _mend(self, keys: Sequence[Key]) -> Counts:
        """Bring the rows of these keys to what the source grants, in the target's open transaction."""
        if any(None in key for key in keys):
            raise PlanRefused((_without_key(),))
        types = {output.name: str(output.type) for output in self.plan.outputs}
        names = [_NAME(output.name) for output in self.plan.outputs]
        same = " and ".join(f"t.{_NAME(name)}::text = k.v{number}" for number, name in enumerate(self.plan.key))
        done = Counts()
        for at in range(0, len(keys), _AT_ONCE):
            self._check()
            arrays = [list(values) for values in zip(*keys[at : at + _AT_ONCE], strict=True)]
            asked = ", ".join("%s::text[]" for _array in arrays)
            wanted = f"unnest({asked}) as k({', '.join(f'v{number}' for number in range(len(arrays)))})"
            cast = ", ".join(f"k.v{number}::{types[name]}" for number, name in enumerate(self.plan.key))
            self.there.run(f"insert into {TOUCHED} select {cast} from {wanted}", arrays)
            texts = ", ".join(f"t.{name}::text" for name in names)
            rows = self.asking.run(f"select {texts} from {self.granted} as t join {wanted} on {same}", arrays)
            marks = ", ".join(f"%s::{types[output.name]}" for output in self.plan.outputs)
            for row in rows:
                self.there.run(f"insert into {FRESH} ({', '.join(names)}) values ({marks})", row)
            done += merge(self.there, self.target, self.plan, emptied=False)
        return done


def _batched(gaps: Iterator[Gap], size: int) -> Iterator[list[Gap]]:
    """Yield them some at a time."""
    while some := list(islice(gaps, size)):
        yield some


def _side_by_side(ours: Iterator[Any], theirs: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the rows of both sides in their one order, the same key together; None where a side has none."""
    one, other = next(ours, None), next(theirs, None)
    while one is not None and other is not None:
        here, there = _place(one), _place(other)
        yield one if here <= there else None, other if there <= here else None
        one = next(ours, None) if here <= there else one
        other = next(theirs, None) if there <= here else other
    while one is not None:
        yield one, None
        one = next(ours, None)
    while other is not None:
        yield None, other
        other = next(theirs, None)


def _place(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return where a row stands in the order of both sides: by bucket, then by its key's signs, without value first."""
    return (row[-1], *((value is not None, value or "") for value in row[:-2]))


def _without_key() -> Sentence:
    return Sentence(_("without a key rows cannot be told apart"), code="plan.compare_key")


def _total(buckets: Mapping[int, tuple[int, int]]) -> tuple[int, str]:
    digest = sum(digest for _rows, digest in buckets.values()) % (1 << 64)
    return sum(rows for rows, _digest in buckets.values()), f"{digest:016x}"
