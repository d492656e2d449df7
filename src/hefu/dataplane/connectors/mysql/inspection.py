"""What stands in a MySQL database: for mounting a table, for pages, for planning."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.load import Load
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, text
from hefu.dataplane.connectors.mysql.types import NativeColumn, house_type, not_carried
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence, _

_KINDS = {"BASE TABLE": "table", "SYSTEM VERSIONED": "table", "VIEW": "view", "SEQUENCE": "sequence"}

_TABLES = """
select table_name, table_type, table_comment, table_rows, engine from information_schema.tables
where table_schema = {database} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
"""

_COLUMNS = """
select column_name, lower(data_type), lower(column_type), character_maximum_length, numeric_precision, numeric_scale,
       is_nullable, column_comment, column_default, lower(extra), lower(coalesce(character_set_name, ''))
from information_schema.columns where table_schema = {database} and table_name = {table} order by ordinal_position
"""

_KEYS = """
select index_name, column_name, sub_part from information_schema.statistics
where table_schema = {database} and table_name = {table} and non_unique = 0 order by index_name, seq_in_index
"""


@dataclass(frozen=True)
class Tested:
    """What a first look at a connection showed."""

    #: Such as `10.11.19-MariaDB`.
    server_version: str
    #: Tables and views of the database that the account may read.
    readable: int
    #: Whether the account may make tables in the database, which a target needs.
    can_create: bool


@dataclass(frozen=True)
class NativeTable:
    """A table with what only this connector needs of it."""

    facts: TableFacts
    #: Such as `InnoDB`; empty for a view.
    engine: str
    columns: dict[str, NativeColumn]
    #: Character set of the text columns.
    charsets: dict[str, str]


def test_connection(connection: MysqlConnection, policy: AddressPolicy = default_policy) -> Tested:  # noqa: PT028
    """Connect once and say what was found.

    Raises:
        AddressRefused: The address policy says no.
        SideLost: Unreachable now.
        SideRefused: Wrong password, no such database or no right.
    """
    with contextlib.closing(MysqlSession(connection, "named", policy)) as session:
        version = session.run("select version()")[0][0]
        readable = len(_listed(session))
        grants = " ".join(str(row[0]) for row in session.run("show grants for current_user()"))
    return Tested(version, readable, _may_create(grants, connection.dbname))


# The name is the public one; pytest must not take it for a test.
test_connection.__test__ = False  # type: ignore[attr-defined]


def _may_create(grants: str, database: str) -> bool:
    """Return whether the lines of SHOW GRANTS let the account make tables; roles are not looked into."""
    for line in grants.split("GRANT "):
        rights, _on, rest = line.partition(" ON ")
        where = rest.partition(" TO ")[0].replace("`", "").replace("\\_", "_")
        words = {word.strip() for word in rights.split(",")}
        if where in ("*.*", f"{database}.*") and words & {"ALL PRIVILEGES", "CREATE"}:
            return True
    return False


def load(connection: MysqlConnection, policy: AddressPolicy = default_policy) -> Load:
    """Return how busy the server is; the oldest transaction shows only to an account with the right PROCESS.

    Raises:
        DataPlaneRefusal: It cannot be reached, and why.
    """
    with contextlib.closing(MysqlSession(connection, "named", policy)) as session:
        told = {str(name).lower(): value for name, value in session.run(_STATUS)}
        ((most,),) = session.run("select @@max_connections")
        try:
            ((oldest,),) = session.run(_OLDEST)
        except SideRefused:
            oldest = None
    running = int(told["threads_running"]) - 1
    return Load(int(told["threads_connected"]), int(most), running, None if oldest is None else int(oldest), None)


_STATUS = "show global status where variable_name in ('Threads_connected', 'Threads_running')"
_OLDEST = "select timestampdiff(second, min(trx_started), now()) from information_schema.innodb_trx"


def list_tables(connection: MysqlConnection, policy: AddressPolicy = default_policy) -> tuple[TableSummary, ...]:
    """Return the tables and views of the database that the account may see, in order of their names."""
    with contextlib.closing(MysqlSession(connection, "named", policy, reads=True)) as session:
        rows = _listed(session)
    return tuple(
        TableSummary(connection.dbname, name, _KINDS[kind], "" if kind == "VIEW" else comment, estimate)
        for name, kind, comment, estimate, _engine in rows
    )


def _listed(session: MysqlSession) -> list[tuple[Any, ...]]:
    return session.run(_TABLES.format(database=text(session.connection.dbname)) + " order by table_name")


def inspect_table(
    connection: MysqlConnection, schema: str, table: str, policy: AddressPolicy = default_policy
) -> TableFacts:
    """Return one table's columns and keys.

    Raises:
        SideRefused: There is no such table that the account may read.
    """
    with contextlib.closing(MysqlSession(connection, "source", policy, reads=True)) as session:
        found = native_table(session, schema, table)
    if found is None:
        raise SideRefused("source", no_table(f"{schema}.{table}", connection.user))
    return found.facts


def native_table(session: MysqlSession, schema: str, table: str, *, exact: bool = False) -> NativeTable | None:
    """Return a table as `session` sees it, or None when there is none it may read.

    Args:
        session: Of the source or the target.
        schema: The database.
        table: Its name.
        exact: Whether char(n) is told apart from varchar(n), as a target has to: it drops spaces at the end.
    """
    names = {"database": text(schema), "table": text(table)}
    rows = session.run(_TABLES.format(**names) + " and table_name = {table}".format(**names))
    if not rows:
        return None
    name, kind, comment, estimate, engine = rows[0]
    facts, natives, charsets = [], {}, {}
    for row in session.run(_COLUMNS.format(**names)):
        native = replace(NativeColumn(*row[1:6]), charset=row[10])
        facts.append(_column(row, native, exact=exact))
        natives[row[0]], charsets[row[0]] = native, row[10]
    keys = _keys(session.run(_KEYS.format(**names)))
    return NativeTable(
        TableFacts(
            schema=schema,
            table=name,
            kind=_KINDS[kind],
            comment="" if kind == "VIEW" else comment,
            rows_estimate=estimate,
            columns=tuple(facts),
            primary_key=keys.pop("PRIMARY", ()),
            unique_keys=tuple(keys.values()),
        ),
        engine or "",
        natives,
        charsets,
    )


def _column(row: Sequence[Any], native: NativeColumn, *, exact: bool) -> ColumnFacts:
    name, _type, _full, _length, _precision, _scale, nullable, comment, default, extra, _charset = row
    of = house_type(native)
    if exact and native.data_type == "char":
        of = SqlType("character", (native.length or 1,))
    return ColumnFacts(
        name,
        of or SqlType(native.data_type),
        nullable == "YES",
        comment,
        default not in (None, "NULL") or "auto_increment" in extra,
        "generated" in extra and "default_generated" not in extra,
        None if of else not_carried(native.data_type),
    )


def _keys(rows: Sequence[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    partial = {row[0] for row in rows if row[2] is not None or row[1] is None}
    for index, column, _part in rows:
        if index not in partial:
            found[index] = (*found.get(index, ()), column)
    return found


def no_table(table: str, user: str) -> Sentence:
    """Return that there is no such table for that account."""
    return Sentence(_("there is no table {table} that {user} may read"), code="side.no_table", table=table, user=user)
