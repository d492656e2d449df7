"""Profiles of a table's columns: a part of the rows is looked at here, and no value is kept."""

import contextlib

from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, quoted
from hefu.dataplane.connectors.mysql.inspection import native_table, no_table
from hefu.dataplane.connectors.mysql.types import read_expression
from hefu.dataplane.connectors.profile import LOOKED_AT, ColumnProfile, profile_cells
from hefu.dataplane.errors import SideRefused

#: Signs of a text that are looked at: more tell no more, and a table may hold whole books.
_SIGNS = 1000


def profile_table(
    connection: MysqlConnection, schema: str, table: str, policy: AddressPolicy = default_policy
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the table's first `LOOKED_AT` rows; unreadable types are left out.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with contextlib.closing(MysqlSession(connection, "source", policy, reads=True)) as session:
        found = native_table(session, schema, table)
        if found is None:
            raise SideRefused("source", no_table(f"{schema}.{table}", connection.user))
        names = [column.name for column in found.facts.columns if column.not_carried is None]
        chosen = (f"left({read_expression(found.columns[name], quoted(name))}, {_SIGNS})" for name in names)
        rows = session.run(f"select {', '.join(chosen)} from {quoted(schema, table)} limit {LOOKED_AT}")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return tuple(
        profile_cells(name, [_shown(cell) for cell in cells]) for name, cells in zip(names, columns, strict=True)
    )


def _shown(cell: object) -> str:
    return "" if cell is None else cell.hex() if isinstance(cell, bytes) else str(cell).strip()
