"""How far changes were followed, kept in the consumer's database beside the rows; and the rows' merge.

The changed rows and the new position are committed in one transaction, so after any crash both are there
or neither is: no change is lost, none is applied twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from hefu.dataplane.connectors.postgres.inspection import table_facts
from hefu.dataplane.connectors.postgres.position import LOCKS
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.plan import Plan
from hefu.kernel.words import Sentence, _

_NAME = Dialect.POSTGRES.name_of

_TABLE = """
create schema if not exists hefu;
create table if not exists hefu.hefu_followed (
    delivery text primary key,
    target text not null,
    ticket uuid not null,
    plan text not null,
    slot text not null,
    lsn pg_lsn not null,
    changes bigint not null default 0,
    transactions bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    rejected bigint not null default 0,
    committed_at timestamptz,
    begun_at timestamptz not null default now(),
    moved_at timestamptz
);
comment on table hefu.hefu_followed is 'One line per delivery that follows changes: up to where they are in.';
"""

#: Brings a table of the first version up to this one.
_COUNTED = """
alter table hefu.hefu_followed
    add column if not exists inserted bigint not null default 0,
    add column if not exists updated bigint not null default 0,
    add column if not exists deleted bigint not null default 0,
    add column if not exists rejected bigint not null default 0,
    add column if not exists committed_at timestamptz;
"""

#: Staging tables of a session: keys that were touched, rows as they became.
TOUCHED, FRESH = "pg_temp.hefu_touched", "pg_temp.hefu_fresh"


@dataclass(frozen=True)
class Counts:
    """What was taken over since the copy. Kept beside the rows and moved with them, so that it is never a guess."""

    #: Row changes that the source told of, granted or not, and transactions with such.
    changes: int = 0
    transactions: int = 0
    #: Rows of the consumer's table that came, were written over, and went.
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    #: Rows that failed a check.
    rejected: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Counts") -> "Counts":
        """Return what came after `other`."""
        return Counts(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


NOTHING = Counts()


@dataclass(frozen=True)
class Followed:
    """Up to where a delivery has the changes."""

    ticket: str
    #: Digest of what is delivered and how; when it differs, the table is copied anew.
    plan: str
    slot: str
    #: Position in the source's log, as the server writes it.
    lsn: str
    counts: Counts = NOTHING
    #: When the last transaction that is in was committed at the source; None before the first.
    committed_at: datetime | None = None


def ensure_followed(session: Session) -> None:
    """Create the position table where it is missing, and commit."""
    if session.run("select to_regclass('hefu.hefu_followed')")[0][0] is None:
        session.run("select pg_advisory_xact_lock(%s, 0)", (LOCKS,))
        session.run(_TABLE)
    elif not session.run(
        "select from pg_attribute where attrelid = 'hefu.hefu_followed'::regclass and attname = 'committed_at'"
    ):
        session.run(_COUNTED)
    session.commit()


def load_followed(session: Session, delivery: str) -> Followed | None:
    """Return how far the delivery is, or None when it does not follow yet."""
    rows = session.run(
        "select ticket::text, plan, slot, lsn::text, committed_at, changes, transactions, inserted, updated, deleted, "
        "rejected from hefu.hefu_followed where delivery = %s",
        (delivery,),
    )
    session.commit()
    if not rows:
        return None
    ticket, plan, slot, lsn, committed_at, *counted = rows[0]
    return Followed(ticket, plan, slot, lsn, Counts(*counted), committed_at)


def begin_followed(session: Session, delivery: str, target: PostgresTarget, now: Followed) -> None:
    """Note from where the delivery follows; the caller commits."""
    session.run("delete from hefu.hefu_followed where delivery = %s", (delivery,))
    session.run(
        "insert into hefu.hefu_followed (delivery, target, ticket, plan, slot, lsn) values (%s, %s, %s, %s, %s, %s)",
        (delivery, target.name, now.ticket, now.plan, now.slot, now.lsn),
    )


def forget_followed(session: Session, delivery: str) -> None:
    """Remove the delivery's line; the caller commits."""
    session.run("delete from hefu.hefu_followed where delivery = %s", (delivery,))


def move(session: Session, delivery: str, lsn: str, more: Counts, committed_at: datetime | None = None) -> None:
    """Note that everything before `lsn` is in, and what that was; the caller commits it with the rows."""
    session.run(
        "update hefu.hefu_followed set lsn = %s, changes = changes + %s, transactions = transactions + %s, "
        "inserted = inserted + %s, updated = updated + %s, deleted = deleted + %s, rejected = rejected + %s, "
        "committed_at = coalesce(%s, committed_at), moved_at = now() where delivery = %s",
        (lsn, *astuple(more), committed_at, delivery),
    )


def ensure_key(session: Session, target: PostgresTarget, key: Sequence[str]) -> None:
    """See that the target finds a row by its delivered key, and has it only once; commits.

    Raises:
        SideRefused: Two rows bear the same key.
    """
    make_key(session, target, key)
    session.commit()


def make_key(session: Session, target: PostgresTarget, key: Sequence[str]) -> None:
    """Do the same in the transaction of the caller, who commits.

    Raises:
        SideRefused: Two rows bear the same key.
    """
    with session.plainly():
        facts = table_facts(session.raw, target.schema, target.table)
    if facts is None:
        raise SideRefused("target", Sentence(_("{table} is gone"), code="side.table_gone", table=target.name))
    if {*key} not in ({*names} for names in (facts.primary_key, *facts.unique_keys)):
        name = "hefu_key_" + hashlib.sha256(target.name.encode()).hexdigest()[:16]
        columns = ", ".join(map(_NAME, key))
        # One of ours for an earlier key would refuse rows that the key of now allows.
        session.run(f"drop index if exists {_NAME(target.schema, name)}")
        session.run(f"create unique index {_NAME(name)} on {_NAME(target.schema, target.table)} ({columns})")


def prepare_merge(session: Session, target: PostgresTarget, plan: Plan) -> None:
    """Create the session's staging tables, shaped like the target; the caller commits."""
    table = _NAME(target.schema, target.table)
    columns = ", ".join(_NAME(output.name) for output in plan.outputs)
    key = ", ".join(map(_NAME, plan.key))
    for name, wanted in ((TOUCHED, key), (FRESH, columns)):
        session.run(f"drop table if exists {name}")
        session.run(
            f"create temporary table {name.removeprefix('pg_temp.')} on commit delete rows as "
            f"select {wanted} from {table} with no data"
        )


def merge(
    session: Session,
    target: PostgresTarget,
    plan: Plan,
    *,
    emptied: bool,
    touched: int | None = None,
    fresh: int | None = None,
) -> Counts:
    """Bring the staged changes into the target and empty the staging; the caller commits.

    A row that stays is updated in place, so that what points at it keeps pointing.

    Args:
        session: Whose staging tables hold the changes.
        target: Where they go.
        plan: What is delivered.
        emptied: Whether the source's table was emptied before these changes.
        touched: Keys that are staged as touched, where that is known: what is certain to find nothing is not run.
        fresh: Rows that are staged as they became, likewise.

    Returns:
        Rows of the target that came, were written over and went.
    """
    table = _NAME(target.schema, target.table)
    key = [_NAME(name) for name in plan.key]
    names = [_NAME(output.name) for output in plan.outputs]
    others = [name for name in names if name not in key]

    def same(one: str, other: str) -> str:
        return " and ".join(f"{one}.{name} = {other}.{name}" for name in key)

    deleted = updated = inserted = 0
    if emptied:
        deleted = session.do(f"delete from {table}")
    elif touched != 0:
        deleted = session.do(
            f"delete from {table} as held using {TOUCHED} as touched where {same('held', 'touched')} "
            f"and not exists (select from {FRESH} as fresh where {same('fresh', 'touched')})"
        )
    if fresh != 0 and not emptied:
        wanted = ", ".join(f"{name} = fresh.{name}" for name in others or key)
        updated = session.do(f"update {table} as held set {wanted} from {FRESH} as fresh where {same('held', 'fresh')}")
    if fresh is None or updated < fresh:
        # A consumer that wrote the same key meanwhile is written over, as it would have been a moment before.
        over = ", ".join(f"{name} = excluded.{name}" for name in others)
        inserted = session.do(
            f"insert into {table} ({', '.join(names)}) select {', '.join(names)} from {FRESH} as fresh "
            f"where not exists (select from {table} as held where {same('held', 'fresh')}) "
            f"on conflict ({', '.join(key)}) do {f'update set {over}' if over else 'nothing'}"
        )
    if touched != 0 or fresh != 0:
        session.run(f"truncate {TOUCHED}, {FRESH}")
    return Counts(inserted=inserted, updated=updated, deleted=deleted)
