"""Up to where a table was brought by increments, kept in the consumer's database beside its rows.

Rows and watermark are committed in one transaction, so after any crash both are there or neither is.
"""

from dataclasses import dataclass
from decimal import Decimal

from hefu.dataplane.connectors.postgres.followed import FRESH
from hefu.dataplane.connectors.postgres.position import LOCKS
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.plan import Plan
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

_NAME = Dialect.POSTGRES.name_of

_TABLE = """
create schema if not exists hefu;
create table if not exists hefu.hefu_increment (
    target text primary key,
    plan text not null,
    watermark numeric,
    delivery text not null,
    runs bigint not null default 1,
    moved_at timestamptz not null default now()
);
comment on table hefu.hefu_increment is 'One line per table that new rows are brought to: up to where they are in.';
"""


@dataclass(frozen=True)
class Line:
    """How far a table is."""

    #: Digest of what is delivered, from where and how; when it differs, the table is copied anew.
    plan: str
    #: None while no row had one.
    watermark: Decimal | None


def load_line(session: Session, target: PostgresTarget) -> Line | None:
    """Return how far the table is, or None when no increment was brought yet; makes the table, and commits."""
    if session.run("select to_regclass('hefu.hefu_increment')")[0][0] is None:
        session.run("select pg_advisory_xact_lock(%s, 0)", (LOCKS,))
        session.run(_TABLE)
    found = session.run("select plan, watermark from hefu.hefu_increment where target = %s", (target.name,))
    session.commit()
    return Line(*found[0]) if found else None


def move_line(session: Session, target: PostgresTarget, line: Line, delivery: str) -> None:
    """Note how far the table is now; the caller commits it with the rows."""
    session.run(
        "insert into hefu.hefu_increment as held (target, plan, watermark, delivery) values (%s, %s, %s, %s) "
        "on conflict (target) do update set plan = excluded.plan, watermark = excluded.watermark, "
        "delivery = excluded.delivery, moved_at = now(), "
        "runs = case when held.plan = excluded.plan then held.runs + 1 else 1 end",
        (target.name, line.plan, line.watermark, delivery),
    )


def leave_line(session: Session, target: PostgresTarget, ticket: str) -> None:
    """Let no line stand for rows that another ticket's whole copy replaces; the caller commits it with them."""
    if session.run("select to_regclass('hefu.hefu_increment')")[0][0] is None:
        return
    session.run(
        "update hefu.hefu_increment as held set plan = '' where held.target = %s and not exists "
        "(select from hefu.hefu_position as p where p.delivery = held.delivery and p.ticket = %s::uuid)",
        (target.name, ticket),
    )


def is_empty(session: Session, target: PostgresTarget) -> bool:
    """Return whether the table holds nothing any more, as an unlogged one after a crash of its server; commits."""
    found = session.run(f"select exists (select from {_NAME(target.schema, target.table)})")
    session.commit()
    return not found[0][0]


def require_keyed(session: Session, relation: str, plan: Plan) -> None:
    """See that every row of `relation` can be found again by the delivered key.

    Raises:
        SideRefused: A row has no whole key, or two bear the same.
    """
    key = [_NAME(name) for name in plan.key]
    if session.run(f"select exists (select from {relation} where {' or '.join(f'{name} is null' for name in key)})")[0][
        0
    ]:
        raise SideRefused(
            "source", Sentence(_("a row has no whole key, so it cannot be found again"), code="side.key_empty")
        )
    doubled = f"select from {relation} group by {', '.join(key)} having count(*) > 1"
    if session.run(f"select exists ({doubled})")[0][0]:
        raise SideRefused(
            "source",
            Sentence(
                _("two rows bear the same key; rows that come again are told by it, so it has to be unique"),
                code="side.key_double",
            ),
        )


def drop_known(session: Session, target: PostgresTarget, plan: Plan) -> int:
    """Take out of the staged rows those that the table holds already as they are; return how many."""
    table = _NAME(target.schema, target.table)
    same = " and ".join(f"held.{_NAME(name)} = fresh.{_NAME(name)}" for name in plan.key)
    equal = []
    for output in plan.outputs:
        # Not every type has an equality; each has one text.
        cast = "::text" if output.type.kind is Kind.OTHER else ""
        equal.append(f"held.{_NAME(output.name)}{cast} is not distinct from fresh.{_NAME(output.name)}{cast}")
    session.run(f"analyze {FRESH}")
    return session.do(f"delete from {FRESH} as fresh using {table} as held where {same} and {' and '.join(equal)}")
