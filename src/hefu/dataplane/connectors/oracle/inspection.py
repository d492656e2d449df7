"""What stands in such a database, as ALL_TAB_COLUMNS and its like tell it."""

import contextlib
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.oracle.session import CatalogueSession
from hefu.dataplane.connectors.oracle.tongue import Connection, Native, Tongue, base, text
from hefu.dataplane.connectors.profile import LOOKED_AT, ColumnProfile, profile_cells
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence, _

# Names are compared as the catalogue spells them; the number of rows is what the server counted last.
TABLES = """
select o.owner, o.object_name, o.object_type, c.comments, t.num_rows from all_objects o
left join all_tables t on t.owner = o.owner and t.table_name = o.object_name
left join all_tab_comments c on c.owner = o.owner and c.table_name = o.object_name
where o.object_type in ('TABLE', 'VIEW', 'MATERIALIZED VIEW') and o.owner not in ({systems})
"""
COLUMNS = """
select c.column_name, c.data_type, c.char_length, c.data_precision, c.data_scale, c.nullable, m.comments
from all_tab_columns c left join all_col_comments m
on m.owner = c.owner and m.table_name = c.table_name and m.column_name = c.column_name
where c.owner = {schema} and c.table_name = {table} order by c.column_id
"""
KEYS = """
select k.constraint_type, k.constraint_name, c.column_name from all_constraints k join all_cons_columns c
on c.owner = k.owner and c.constraint_name = k.constraint_name
where k.owner = {schema} and k.table_name = {table} and k.constraint_type in ('P', 'U') and k.status = 'ENABLED'
order by k.constraint_name, c.position
"""
_KINDS = {"TABLE": "table", "VIEW": "view", "MATERIALIZED VIEW": "materialized view"}


@dataclass(frozen=True)
class NativeTable:
    """A table with its columns as the catalogue has them."""

    facts: TableFacts
    columns: dict[str, Native]


@dataclass(frozen=True)
class Tested:
    """What a first look showed."""

    server_version: str
    readable: int


def test_connection(tongue: Tongue, connection: Connection, policy: AddressPolicy = default_policy) -> Tested:  # noqa: PT028
    """Connect once and say what was found.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or used, and why.
    """
    with contextlib.closing(CatalogueSession(tongue, connection, "named", policy)) as session:
        version = str(session.run(tongue.version)[0][0])
        return Tested(version, len(session.run(listing(tongue))))


# The name is the public one; pytest must not take it for a test.
test_connection.__test__ = False  # type: ignore[attr-defined]


def listing(tongue: Tongue) -> str:
    """Return the query of all tables that the account may read."""
    return TABLES.format(systems=", ".join(map(text, tongue.systems)))


def list_tables(
    tongue: Tongue, connection: Connection, policy: AddressPolicy = default_policy
) -> tuple[TableSummary, ...]:
    """Return the tables and views that the account may read, in order.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with contextlib.closing(CatalogueSession(tongue, connection, "named", policy)) as session:
        rows = session.run(listing(tongue))
    # A materialized view stands there as a table as well.
    found = {(row[0], row[1]): _summary(row) for row in sorted(rows, key=lambda row: row[2] != "TABLE")}
    return tuple(found[name] for name in sorted(found))


def _summary(row: tuple[Any, ...]) -> TableSummary:
    return TableSummary(row[0], row[1], _KINDS[row[2]], row[3] or "", None if row[4] is None else int(row[4]))


def inspect_table(
    tongue: Tongue, connection: Connection, schema: str, table: str, policy: AddressPolicy = default_policy
) -> TableFacts:
    """Return one table's columns and keys.

    Raises:
        SideRefused: There is no such table that the account may read.
    """
    with contextlib.closing(CatalogueSession(tongue, connection, "source", policy)) as session:
        return native_table(session, schema, table).facts


def native_table(session: CatalogueSession, schema: str, table: str) -> NativeTable:
    """Return a table as `session` sees it.

    Raises:
        SideRefused: There is none of that name to read.
    """
    tongue, names = session.tongue, {"schema": text(schema), "table": text(table)}
    rows = session.run(COLUMNS, names)
    if not rows:
        missing = _("there is no table {table} that {user} may read")
        facts = {"table": f"{schema}.{table}", "user": session.connection.user}
        raise SideRefused("source", Sentence(missing, code="side.no_table", **facts))
    natives = {row[0]: Native(str(row[1]).upper(), *(_whole(cell) for cell in row[2:5])) for row in rows}
    keys: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, name, column in session.run(KEYS, names):
        keys[kind, name] = (*keys.get((kind, name), ()), column)
    return NativeTable(
        TableFacts(
            schema=schema,
            table=table,
            kind="table",
            columns=tuple(_column(tongue, row, natives[row[0]]) for row in rows),
            primary_key=next((columns for (kind, _name), columns in keys.items() if kind == "P"), ()),
            unique_keys=tuple(columns for (kind, _name), columns in keys.items() if kind == "U"),
        ),
        natives,
    )


def _whole(cell: object) -> int | None:
    return None if cell is None else int(str(cell))


def _column(tongue: Tongue, row: tuple[Any, ...], native: Native) -> ColumnFacts:
    of = tongue.house_type(native)
    why = None
    if of is None:
        text_ = _("a {type} is not carried; take a view that turns it into text")
        why = Sentence(text_, code="plan.native", type=native.data_type)
    return ColumnFacts(
        row[0], of or SqlType(base(native.data_type).lower()), row[5] != "N", row[6] or "", not_carried=why
    )


def profile_table(
    tongue: Tongue, connection: Connection, schema: str, table: str, policy: AddressPolicy = default_policy
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over some `LOOKED_AT` rows; unreadable types are left out.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with contextlib.closing(CatalogueSession(tongue, connection, "source", policy)) as session:
        found = native_table(session, schema, table)
        names = [column.name for column in found.facts.columns if column.not_carried is None]
        rows = session.run(profile_query(tongue, found, names)) if names else []
    columns = zip(*rows, strict=True) if rows else ([] for _name in names)
    return tuple(
        profile_cells(name, [_shown(cell) for cell in cells]) for name, cells in zip(names, columns, strict=True)
    )


def profile_query(tongue: Tongue, table: NativeTable, names: list[str]) -> str:
    """Return the query of a part of the rows; both databases count rows by ROWNUM, in every version."""
    chosen = ", ".join(tongue.read(table.columns[name], tongue.name_of(name)) for name in names)
    return f"select {chosen} from {tongue.name_of(table.facts.schema, table.facts.table)} where rownum <= {LOOKED_AT}"


def _shown(cell: object) -> str:
    return "" if cell is None else cell.hex() if isinstance(cell, bytes) else str(cell).strip()
