"""What stands in a PostgreSQL database: for mounting a table, for pages, for planning."""

from dataclasses import dataclass
from typing import Any

import psycopg2

from hefu.dataplane.connectors.load import Load
from hefu.dataplane.connectors.postgres.connection import (
    AddressPolicy,
    PgSession,
    PostgresConnection,
    default_policy,
    open_session,
    translated,
)
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import parse
from hefu.kernel.words import Sentence, _

#: Before this a page range cannot be read by itself, and the key's hash is missing.
OLDEST_MAJOR = 14

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}

_TABLES = """
select n.nspname, c.relname, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
       case when c.reltuples >= 0 then c.reltuples::bigint end, c.oid
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
"""

_COLUMNS = """
select a.attname,
       format_type(case when t.typtype = 'd' then t.typbasetype else a.atttypid end,
                   case when t.typtype = 'd' then t.typtypmod else a.atttypmod end),
       not (a.attnotnull or t.typnotnull), coalesce(col_description(a.attrelid, a.attnum), ''),
       a.atthasdef or a.attidentity <> '', a.attgenerated <> ''
from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attnum
"""

_KEYS = """
select i.indisprimary, array_agg(a.attname::text order by k.place)
from pg_index i
cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = %s and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  and k.place <= i.indnkeyatts
group by i.indexrelid, i.indisprimary order by i.indisprimary desc, i.indexrelid
"""


@dataclass(frozen=True)
class Tested:
    """What a first look at a connection showed."""

    #: Such as `18.6`.
    server_version: str
    #: Tables and views that the role may read.
    readable: int
    #: Whether the role may create schemas in the database, which a target needs once.
    can_create: bool


def test_connection(connection: PostgresConnection, policy: AddressPolicy = default_policy) -> Tested:  # noqa: PT028
    """Connect once and say what was found.

    Raises:
        AddressRefused: The address policy says no.
        SideLost: Unreachable now.
        SideRefused: Wrong password, no such database, no right, or a server that is too old.
    """
    rows = _ask(
        connection,
        f"select current_setting('server_version'), (select count(*) from ({_TABLES}) found), "
        "has_database_privilege(current_database(), 'create'), current_setting('server_version_num')::int",
        (),
        policy,
    )
    version, readable, can_create, number = rows[0]
    if number < OLDEST_MAJOR * 10000:
        raise SideRefused("named", too_old(version))
    return Tested(version, readable, can_create)


# The name is the public one; pytest must not take it for a test.
test_connection.__test__ = False  # type: ignore[attr-defined]


def load(connection: PostgresConnection, policy: AddressPolicy = default_policy) -> Load:
    """Return how busy the server is; other roles' statements show only to a member of `pg_read_all_stats`.

    Raises:
        DataPlaneRefusal: It cannot be reached, and why.
    """
    ((sessions, most, running, oldest, held),) = _ask(connection, _LOAD, (), policy)
    return Load(sessions, most, running, oldest, None if held is None else int(held))


def list_tables(connection: PostgresConnection, policy: AddressPolicy = default_policy) -> tuple[TableSummary, ...]:
    """Return the tables and views that the role may read, in order of their names."""
    rows = _ask(connection, f"{_TABLES} order by 1, 2", (), policy)
    return tuple(TableSummary(row[0], row[1], _KINDS[row[2]], row[3], row[4]) for row in rows)


def inspect_table(
    connection: PostgresConnection, schema: str, table: str, policy: AddressPolicy = default_policy
) -> TableFacts:
    """Return one table's columns and keys.

    Raises:
        SideRefused: There is no such table that the role may read.
    """
    session = open_session(connection, "source", policy)
    try:
        facts = table_facts(session, schema, table)
    except psycopg2.Error as error:
        raise translated(error, "source", connection) from None
    finally:
        session.close()
    if facts is None:
        raise SideRefused("source", no_table(f"{schema}.{table}", connection.user))
    return facts


def table_facts(session: PgSession, schema: str, table: str) -> TableFacts | None:
    """Return the facts of a table as `session` sees it, or None when there is none it may read."""
    with session.cursor() as cursor:
        cursor.execute(f"{_TABLES} and n.nspname = %s and c.relname = %s", (schema, table))
        found = cursor.fetchone()
        if found is None:
            return None
        _, _, kind, comment, estimate, oid = found
        cursor.execute(_COLUMNS, (oid,))
        columns = tuple(
            ColumnFacts(name, parse(written), nullable, text, default, generated)
            for name, written, nullable, text, default, generated in cursor.fetchall()
        )
        cursor.execute(_KEYS, (oid,))
        keys = cursor.fetchall()
    return TableFacts(
        schema=schema,
        table=table,
        kind=_KINDS[kind],
        comment=comment,
        rows_estimate=estimate,
        columns=columns,
        primary_key=next((tuple(names) for primary, names in keys if primary), ()),
        unique_keys=tuple(tuple(names) for primary, names in keys if not primary),
    )


_LOAD = """
select sessions, most, case when told then running end, case when told then oldest end, held from
(select count(*) as sessions,
    count(*) filter (where state = 'active' and pid <> pg_backend_pid()) as running,
    extract(epoch from clock_timestamp() - min(xact_start) filter (where pid <> pg_backend_pid()))::int as oldest
    from pg_stat_activity where backend_type = 'client backend') as seen,
(select current_setting('max_connections')::int as most,
    pg_has_role('pg_read_all_stats', 'usage') as told) as known,
(select max(case when pg_is_in_recovery() then null else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) end) as held
    from pg_replication_slots) as slots
"""


def _ask(
    connection: PostgresConnection, query: str, values: tuple[Any, ...], policy: AddressPolicy
) -> list[tuple[Any, ...]]:
    session = open_session(connection, "named", policy)
    try:
        with session.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()
    except psycopg2.Error as error:
        raise translated(error, "named", connection) from None
    finally:
        session.close()


def too_old(version: str = "") -> Sentence:
    """Return that a server is older than we read; without `version`, the one at the other end."""
    if not version:
        return Sentence(_("this PostgreSQL is older than {oldest}"), code="side.old", oldest=OLDEST_MAJOR)
    text = _("PostgreSQL {version} is older than {oldest}")
    return Sentence(text, code="side.old", version=version, oldest=OLDEST_MAJOR)


def no_table(table: str, user: str) -> Sentence:
    """Return that there is no such table for that role."""
    return Sentence(_("there is no table {table} that {user} may read"), code="side.no_table", table=table, user=user)
