"""How far changes were followed, kept in the consumer's database beside the rows; and the rows' merge.

The changed rows and the new position are committed in one transaction, so after any crash both are there
or neither is: no change is lost, none is applied twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

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
    begun_at timestamptz not null default now(),
    moved_at timestamptz
);
comment on table hefu.hefu_followed is 'One line per delivery that follows changes: up to where they are in.';
"""

#: Staging tables of a session: keys that were touched, rows as they became.
TOUCHED, FRESH = "pg_temp.hefu_touched", "pg_temp.hefu_fresh"


@dataclass(frozen=True)
class Followed:
    """Up to where a delivery has the changes."""

    ticket: str
    #: Digest of what is delivered and how; when it differs, the table is copied anew.
    plan: str
    slot: str
    #: Position in the source's log, as the server writes it.
    lsn: str
    #: Row changes and transactions taken over since the copy.
    changes: int = 0
    transactions: int = 0


def ensure_followed(session: Session) -> None:
    """Create the position table where it is missing, and commit."""
    if session.run("select to_regclass('hefu.hefu_followed')")[0][0] is None:
        session.run("select pg_advisory_xact_lock(%s, 0)", (LOCKS,))
        session.run(_TABLE)
    session.commit()


def load_followed(session: Session, delivery: str) -> Followed | None:
    """Return how far the delivery is, or None when it does not follow yet."""
    rows = session.run(
        "select ticket::text, plan, slot, lsn::text, changes, transactions from hefu.hefu_followed where delivery = %s",
        (delivery,),
    )
    session.commit()
    return Followed(*rows[0]) if rows else None


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


def move(session: Session, delivery: str, lsn: str, changes: int, transactions: int) -> None:
    """Note that everything before `lsn` is in; the caller commits it with the rows."""
    session.run(
        "update hefu.hefu_followed set lsn = %s, changes = changes + %s, transactions = transactions + %s, "
        "moved_at = now() where delivery = %s",
        (lsn, changes, transactions, delivery),
    )


def ensure_key(session: Session, target: PostgresTarget, key: Sequence[str]) -> None:
    """See that the target finds a row by its delivered key, and has it only once; commits.

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
        session.run(f"create unique index {_NAME(name)} on {_NAME(target.schema, target.table)} ({columns})")
    session.commit()


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


def merge(session: Session, target: PostgresTarget, plan: Plan, *, emptied: bool) -> None:
    """Bring the staged changes into the target and empty the staging; the caller commits.

    A row that stays is updated in place, so that what points at it keeps pointing.

    Args:
        session: Whose staging tables hold the changes.
        target: Where they go.
        plan: What is delivered.
        emptied: Whether the source's table was emptied before these changes.
    """
    table = _NAME(target.schema, target.table)
    if emptied:
        session.run(f"delete from {table}")
    key = [_NAME(name) for name in plan.key]

    def same(one: str, other: str) -> str:
        return " and ".join(f"{one}.{name} = {other}.{name}" for name in key)

    if not emptied:
        session.run(
            f"delete from {table} as held using {TOUCHED} as touched where {same('held', 'touched')} "
            f"and not exists (select from {FRESH} as fresh where {same('fresh', 'touched')})"
        )
    names = [_NAME(output.name) for output in plan.outputs]
    others = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    session.run(
        f"insert into {table} ({', '.join(names)}) select {', '.join(names)} from {FRESH} "
        f"on conflict ({', '.join(key)}) do {f'update set {others}' if others else 'nothing'}"
    )
    session.run(f"truncate {TOUCHED}, {FRESH}")
