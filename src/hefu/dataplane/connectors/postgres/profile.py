"""Profiles of a table's columns: the database counts, and only counts leave it."""

from collections.abc import Sequence

import psycopg2
from psycopg2 import sql

from hefu.dataplane.connectors.postgres.connection import (
    AddressPolicy,
    PostgresConnection,
    default_policy,
    open_session,
    translated,
)
from hefu.dataplane.connectors.profile import LOOKED_AT, PATTERNS, ColumnProfile, told_pattern

#: Columns of one statement: each takes a dozen results, and a statement has at most 1664.
_TOGETHER = 60


def profile_table(
    connection: PostgresConnection,
    schema: str,
    table: str,
    columns: Sequence[str],
    policy: AddressPolicy = default_policy,
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the table's first `LOOKED_AT` rows.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    session = open_session(connection, "source", policy)
    found: list[ColumnProfile] = []
    try:
        with session.cursor() as cursor:
            for first in range(0, len(columns), _TOGETHER):
                some = columns[first : first + _TOGETHER]
                cursor.execute(_statement(schema, table, some))
                found += _read(some, cursor.fetchone() or ())
    except psycopg2.Error as error:
        raise translated(error, "source", connection) from None
    finally:
        session.close()
    return tuple(found)


def _statement(schema: str, table: str, columns: Sequence[str]) -> sql.Composed:
    parts: list[sql.Composable] = [sql.SQL("count(*)")]
    for at in range(len(columns)):
        value = sql.Identifier(f"c{at}")
        parts += [
            sql.SQL("count({})").format(value),
            sql.SQL("count(distinct {})").format(value),
            sql.SQL("min(length({}))").format(value),
            sql.SQL("max(length({}))").format(value),
            *(sql.SQL("count(*) filter (where {} ~ {})").format(value, sql.Literal(one)) for one in PATTERNS.values()),
        ]
    chosen = sql.SQL(", ").join(
        sql.SQL("nullif({}::text, '') as {}").format(sql.Identifier(name), sql.Identifier(f"c{at}"))
        for at, name in enumerate(columns)
    )
    inner = sql.SQL("select {} from {} limit {}").format(chosen, sql.Identifier(schema, table), sql.Literal(LOOKED_AT))
    return sql.SQL("select {} from ({}) looked").format(sql.SQL(", ").join(parts), inner)


def _read(columns: Sequence[str], row: Sequence[int | None]) -> list[ColumnProfile]:
    rows, width = int(row[0] or 0), 4 + len(PATTERNS)
    made = []
    for at, name in enumerate(columns):
        filled, distinct, shortest, longest, *matching = row[1 + at * width : 1 + (at + 1) * width]
        counts = {kind: int(count or 0) for kind, count in zip(PATTERNS, matching, strict=True)}
        made.append(
            ColumnProfile(
                name,
                rows,
                rows - int(filled or 0),
                int(distinct or 0),
                shortest,
                longest,
                told_pattern(counts, int(filled or 0)),
            )
        )
    return made
