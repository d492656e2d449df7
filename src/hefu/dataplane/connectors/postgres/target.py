"""PostgreSQL as a target: a staging table that becomes the consumer's table in one transaction."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.inspection import table_facts
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.plan import Output
from hefu.kernel.words import Sentence, _

_NAME = Dialect.POSTGRES.name_of


@dataclass(frozen=True)
class PostgresTarget:
    """A table of a consumer's PostgreSQL database. A delivery replaces all of it at once."""

    connection: PostgresConnection
    schema: str
    table: str
    #: Id of the place, as the ticket names it.
    place: str
    #: Whether a new table is written ahead; an unlogged one is faster and is empty after a crash of its server.
    logged: bool = True

    @property
    def name(self) -> str:
        """Return what the position table and messages call it."""
        return f"{self.schema}.{self.table}"


def existing_columns(session: Session, target: PostgresTarget) -> tuple[ColumnFacts, ...] | None:
    """Return the target's columns, or None when there is no such table yet.

    Raises:
        SideRefused: There is no such schema, or the name is taken by something that is not a plain table.
    """
    if not session.run("select to_regnamespace(%s) is not null", (_NAME(target.schema),))[0][0]:
        raise SideRefused(
            "target", Sentence(_("there is no schema {schema}"), code="side.no_schema", schema=target.schema)
        )
    if session.run("select to_regclass(%s) is null", (_NAME(target.schema, target.table),))[0][0]:
        return None
    with session.plainly():
        facts = table_facts(session.raw, target.schema, target.table)
    if facts is None or facts.kind != "table":
        raise SideRefused(
            "target",
            Sentence(
                _("{table} is no plain table that {user} may read"),
                code="side.no_plain_table",
                table=target.name,
                user=target.connection.user,
            ),
        )
    return facts.columns


def refuse_foreign_rows(session: Session, target: PostgresTarget) -> None:
    """Refuse to replace rows that no delivery of ours put there: an office's own table may bear the same name.

    Raises:
        SideRefused: The table holds rows and was never filled by a finished delivery.
    """
    if position.delivered_before(session, target.name):
        return
    if session.run(f"select exists (select from {_NAME(target.schema, target.table)})")[0][0]:
        raise SideRefused(
            "target",
            Sentence(
                _(
                    "{table} holds rows that were not delivered here and would be replaced; rename or empty that table "
                    "first, or receive into another schema"
                ),
                code="side.foreign_rows",
                table=target.name,
            ),
        )


#: Nobody vacuums a table that is only being filled; `swap` turns it on again.
_QUIET = "with (autovacuum_enabled = false)"


def staging_name(delivery: str, target: PostgresTarget) -> str:
    """Return the name of the delivery's staging table: the same for every run of it."""
    return f"hefu_stage_{hashlib.sha256(f'{delivery} {target.name}'.encode()).hexdigest()[:16]}"


def create_staging(
    session: Session, target: PostgresTarget, staging: str, outputs: Sequence[Output], exists: bool
) -> None:
    """Create the empty staging table, shaped like the target where there is one; the caller commits."""
    name, like = _NAME(target.schema, staging), _NAME(target.schema, target.table)
    session.run(f"drop table if exists {name}")
    if exists:
        kind = session.run("select relpersistence = 'u' from pg_class where oid = %s::regclass", (like,))[0][0]
        session.run(f"create {'unlogged ' if kind else ''}table {name} (like {like} including all) {_QUIET}")
        return
    columns = ", ".join(f"{_NAME(output.name)} {output.type}" for output in outputs)
    session.run(f"create {'' if target.logged else 'unlogged '}table {name} ({columns}) {_QUIET}")


def staging_stands(session: Session, target: PostgresTarget, staging: str, rows: int) -> bool:
    """Return whether the staging table is there with the rows that finished chunks put in it.

    An unlogged table is emptied as a whole by a crash of its server while the logged position is not,
    so looking for a single row tells.
    """
    name = _NAME(target.schema, staging)
    if session.run("select to_regclass(%s) is null", (name,))[0][0]:
        return False
    return rows == 0 or bool(session.run(f"select exists (select from {name})")[0][0])


# What a new table under the old name would lose: what points at the old one by its identity, and what
# `like … including all` does not bring along.
_BOUND = """
select exists (select from pg_depend d join pg_rewrite r on r.oid = d.objid
               where d.classid = 'pg_rewrite'::regclass and d.refobjid = c.oid and r.ev_class <> c.oid)
    or exists (select from pg_constraint k where k.contype = 'f' and c.oid in (k.conrelid, k.confrelid))
    or exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
    or exists (select from pg_rewrite r where r.ev_class = c.oid)
    or exists (select from pg_policy p where p.polrelid = c.oid)
    or exists (select from pg_publication_rel p where p.prrelid = c.oid)
    or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
    or exists (select from pg_depend d where d.refobjid = c.oid and d.deptype in ('a', 'i')
               and d.classid = 'pg_class'::regclass
               and (select relkind from pg_class s where s.oid = d.objid) = 'S')
    or exists (select from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)
    or c.relreplident <> 'd' or c.reloptions is not null or c.relrowsecurity
    or not pg_has_role(c.relowner, 'usage')
    or c.relowner <> (select oid from pg_roles where rolname = current_user)
from pg_class c where c.oid = %s::regclass
"""


def swap(session: Session, target: PostgresTarget, staging: str, outputs: Sequence[Output], rows: int) -> str:
    """Make the staging table the consumer's table; the caller commits. Return how: renamed or refilled.

    A table that others point at (views, foreign keys, triggers, policies, grants on columns, sequences)
    keeps its identity: its rows are replaced by the staging table's. Otherwise the staging table takes
    its name, its grants and its index names.

    Raises:
        NotReconciled: The refilled table does not hold the rows; nothing is committed then.
    """
    stage, name = _NAME(target.schema, staging), _NAME(target.schema, target.table)
    session.run(f"alter table {stage} reset (autovacuum_enabled)")
    if session.run("select to_regclass(%s) is null", (name,))[0][0]:
        session.run(f"alter table {stage} rename to {_NAME(target.table)}")
        return "renamed"
    session.run(f"lock table {name} in access exclusive mode")
    if session.run(_BOUND, (name,))[0][0]:
        return _refill(session, name, stage, outputs, rows)
    grants = session.run(_GRANTS, (name, name))
    remark = session.run("select obj_description(%s::regclass, 'pg_class')", (name,))[0][0]
    indexes = dict(session.run(_INDEXES, (name,)))
    session.run(f"drop table {name}")
    for new, definition in session.run(_INDEXES, (stage,)):
        old = next((old for old, known in indexes.items() if known == definition), None)
        if old is not None:
            del indexes[old]
            session.run(f"alter index {_NAME(target.schema, new)} rename to {_NAME(old)}")
    session.run(f"alter table {stage} rename to {_NAME(target.table)}")
    for privilege, grantee, grantable in grants:
        option = " with grant option" if grantable else ""
        session.run(f"grant {privilege} on {name} to {grantee}{option}")
    if remark:
        session.run(f"comment on table {name} is {Dialect.POSTGRES.text(remark)}")
    return "renamed"


_GRANTS = """
select x.privilege_type, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end,
       x.is_grantable
from pg_class c, aclexplode(c.relacl) x where c.oid = %s::regclass and x.grantee <> c.relowner
  and c.relacl is not null and c.oid = %s::regclass
"""

# Name and what the index is, without the names of index and table.
_INDEXES = """
select i.relname::text, concat(x.indisunique, x.indisprimary, substring(pg_get_indexdef(x.indexrelid) from ' USING .*'))
from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = %s::regclass order by i.oid
"""


def _refill(session: Session, name: str, stage: str, outputs: Sequence[Output], rows: int) -> str:
    columns = ", ".join(_NAME(output.name) for output in outputs)
    # TRUNCATE is refused where foreign keys point here, and to roles that may only delete.
    may = "has_table_privilege(%s, 'truncate') and not exists (select from pg_constraint where contype = 'f' "
    truncates = session.run(f"select {may} and confrelid = %s::regclass)", (name, name))[0][0]
    session.run(f"truncate {name}" if truncates else f"delete from {name}")
    session.run(f"insert into {name} ({columns}) select {columns} from {stage}")
    held = session.run(f"select count(*) from {name}")[0][0]
    if held != rows:
        raise NotReconciled(what="rows in the refilled table", source=rows, target=held)
    session.run(f"drop table {stage}")
    return "refilled"


def drop_staging(session: Session, target: PostgresTarget, staging: str) -> None:
    """Remove the staging table; the caller commits."""
    session.run(f"drop table if exists {_NAME(target.schema, staging)}")


def take_locks(session: Session, delivery: str, target: PostgresTarget, *, wait: float = 0) -> str | None:
    """Lock the delivery and the table for the life of the session; return what is held after `wait` seconds."""
    until = time.monotonic() + wait
    while held := position.try_lock(session, (f"delivery {delivery}", f"table {target.name}")):
        if time.monotonic() >= until:
            break
        time.sleep(0.1)
    return held


def as_json(outputs: Sequence[Output]) -> list[list[Any]]:
    """Return the result's schema: name and type of each column."""
    return [[output.name, str(output.type)] for output in outputs]
