"""Sketches of a table's columns, made where the table is: only the smallest hashes leave it.

A plain table is read in parts of `PAGES` pages, so that the database holds little at once, a stop is heard between two
parts, and each part sends only what is below the smallest hashes so far. The parts are no single moment: a
row that moves between two of them may be seen twice, which a set does not mind, or missed, which is less than the
error of the estimate; a table is not kept from being cleaned for as long as that takes. What has no pages of its own
(a view, a table in partitions) is read through one cursor.
"""

from collections.abc import Callable, Mapping

import numpy as np
import psycopg2
from psycopg2 import sql

from hefu.dataplane.connectors.postgres.connection import (
    AddressPolicy,
    PgSession,
    PostgresConnection,
    default_policy,
    open_session,
    translated,
)
from hefu.dataplane.sketch import SIZE, BottomK, Hashes, Sketch

#: Pages read at once: 32 MiB.
PAGES = 4096
#: Hashes fetched at once from what has no pages.
_FETCHED = 20_000
#: From this release on a part of a table is found without reading the rest.
_PARTS_SINCE = 140000

#: Told how much of how much is done; returns whether to go on.
GoOn = Callable[[int, int], bool]


def sketch_table(
    connection: PostgresConnection,
    schema: str,
    table: str,
    columns: Mapping[str, bool],
    salt: bytes,
    *,
    go_on: GoOn,
    policy: AddressPolicy = default_policy,
) -> dict[str, Sketch] | None:
    """Return the sketch of each column; None when it was stopped.

    Args:
        connection: The database.
        schema: Of the table.
        table: Its name.
        columns: Name → whether it is a decimal number, whose zeros at the end are no part of its value.
        salt: Secret of the node.
        go_on: Told after each part.
        policy: What may be reached.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    session = open_session(connection, "source", policy)
    gathered = {name: BottomK() for name in columns}
    try:
        session.autocommit = True
        pages = _pages(session, schema, table)
        whole = sql.Identifier(schema, table)
        if pages is None:
            stopped = not _stream(session, whole, columns, gathered, salt, go_on)
        else:
            stopped = not _in_parts(session, whole, columns, gathered, salt, pages, go_on)
    except psycopg2.Error as error:
        raise translated(error, "source", connection) from None
    finally:
        session.close()
    return None if stopped else {name: one.sketch(more=pages is not None) for name, one in gathered.items()}


def _pages(session: PgSession, schema: str, table: str) -> int | None:
    """Return how many pages a plain table has; None for what cannot be read in parts."""
    if session.server_version < _PARTS_SINCE:
        return None
    with session.cursor() as cursor:
        cursor.execute(
            "select relkind, pg_relation_size(c.oid) / current_setting('block_size')::bigint from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s",
            (schema, table),
        )
        found = cursor.fetchone()
    return int(found[1]) if found and found[0] in ("r", "m") else None


def _in_parts(
    session: PgSession,
    table: sql.Identifier,
    columns: Mapping[str, bool],
    gathered: Mapping[str, BottomK],
    salt: bytes,
    pages: int,
    go_on: GoOn,
) -> bool:
    part = sql.SQL("ctid >= %(first)s::tid and ctid < %(last)s::tid")
    statements = {name: _smallest(table, name, decimal, part) for name, decimal in columns.items()}
    first = 0
    # Pages added meanwhile are no part of it: the loop would never catch up with a busy table.
    while first < max(pages, 1):
        # A short part first: what it finds keeps most of the others' hashes from being sorted.
        last = first + (PAGES if first else max(1, PAGES // 16))
        for name, statement in statements.items():
            limit = gathered[name].limit
            facts = {
                "salt": psycopg2.Binary(salt),
                "first": f"({first},0)",
                "last": f"({last},0)",
                "limit": psycopg2.Binary(limit) if limit else None,
            }
            with session.cursor() as cursor:
                cursor.execute(statement, facts)
                gathered[name].add(_read(cursor.fetchall()))
        if not go_on(min(last, pages), pages):
            return False
        first = last
    return True


def _smallest(table: sql.Identifier, column: str, decimal: bool, part: sql.SQL) -> sql.Composed:
    # The fences keep each hash from being made once for every place that names it.
    return sql.SQL(
        "select distinct h from ({hashes} offset 0) hashed"
        " where %(limit)s::bytea is null or h < %(limit)s::bytea order by h limit {size}"
    ).format(hashes=_hashes(table, column, decimal, sql.SQL("where ") + part), size=sql.Literal(SIZE))


def _stream(
    session: PgSession,
    table: sql.Identifier,
    columns: Mapping[str, bool],
    gathered: Mapping[str, BottomK],
    salt: bytes,
    go_on: GoOn,
) -> bool:
    session.autocommit = False
    for done, (name, decimal) in enumerate(columns.items()):
        statement = _hashes(table, name, decimal, sql.SQL(""))
        with session.cursor(name="sketch") as cursor:
            cursor.itersize = _FETCHED
            cursor.execute(statement, {"salt": psycopg2.Binary(salt)})
            while rows := cursor.fetchmany(_FETCHED):
                gathered[name].add(_read(rows))
                if not go_on(done, len(columns)):
                    return False
        session.commit()
    return go_on(len(columns), len(columns))


def _hashes(table: sql.Identifier, column: str, decimal: bool, where: sql.Composable) -> sql.Composed:
    """Return the statement of a column's hashes, as `hefu.dataplane.sketch` makes them."""
    # In collation C only ASCII letters have capitals, and finding them is eight times as quick as `translate`.
    value = sql.SQL('upper(btrim({}::text) collate "C")' if not decimal else "trim_scale({})::text")
    return sql.SQL(
        "select substring(sha256(%(salt)s::bytea || convert_to(v, 'UTF8')) from 1 for 8) as h"
        " from (select {value} as v from {table} {where} offset 0) told where v <> ''"
    ).format(value=value.format(sql.Identifier(column)), table=table, where=where)


def _read(rows: list[tuple[memoryview]]) -> Hashes:
    return np.frombuffer(b"".join(bytes(row[0]) for row in rows), dtype=">u8").astype(np.uint64)
