"""The places that rows come from and go to, whatever connector they need: opened, listed, looked at, tried.

A new connector adds its lines here and nowhere else in the data plane.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors import Capabilities, dameng, folder, interface, mysql, oracle, postgres, s3, sftp
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.far import FarView, inspect_far, list_far, profile_far
from hefu.dataplane.connectors.folder.inspection import inspect_file, list_files
from hefu.dataplane.connectors.folder.profile import profile_file
from hefu.dataplane.connectors.folder.reading import PARQUET
from hefu.dataplane.connectors.folder.source import FolderSource, FolderView
from hefu.dataplane.connectors.interface.source import (
    HttpSource,
    HttpView,
    first_page,
    inspect_interface,
    list_interfaces,
    profile_interface,
)
from hefu.dataplane.connectors.load import Load
from hefu.dataplane.connectors.mysql import inspection as mysql_inspection
from hefu.dataplane.connectors.mysql.profile import profile_table as profile_mysql_table
from hefu.dataplane.connectors.mysql.source import MysqlSource, MysqlView
from hefu.dataplane.connectors.mysql.target import MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.oracle import inspection as oracle_inspection
from hefu.dataplane.connectors.oracle.source import CatalogueView, DamengSource, OracleSource
from hefu.dataplane.connectors.postgres import inspection as postgres_inspection
from hefu.dataplane.connectors.postgres.profile import profile_table
from hefu.dataplane.connectors.postgres.receiver import PostgresReceiver
from hefu.dataplane.connectors.postgres.source import PostgresSource, Snapshot
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.connectors.receiver import Receiver
from hefu.dataplane.connectors.relation import TableFacts, TableSummary
from hefu.dataplane.connectors.s3.source import S3Source
from hefu.dataplane.connectors.sftp.source import SftpSource
from hefu.dataplane.control import Control
from hefu.dataplane.lake.source import LakeSource, LakeView, inspect_lake, list_lake, profile_lake
from hefu.dataplane.lanes.view import View
from hefu.dataplane.spark.source import SparkView
from hefu.dataplane.ticket import ResourceKind, Ticket
from hefu.kernel.words import _

#: Where a department's rows are.
Place = PostgresSource | FolderSource | MysqlSource | SftpSource | S3Source | HttpSource | OracleSource | DamengSource
#: What a run reads: a place, or what the node has collected from it.
Source = Place | LakeSource
#: Where a table arrives.
Table = PostgresTarget | MysqlTarget

#: What a ticket calls each kind of source.
KINDS: dict[type[Place], ResourceKind] = {
    PostgresSource: ResourceKind.POSTGRES_TABLE,
    FolderSource: ResourceKind.FILE_FOLDER,
    MysqlSource: ResourceKind.MYSQL_TABLE,
    SftpSource: ResourceKind.SFTP_FOLDER,
    S3Source: ResourceKind.S3_FOLDER,
    HttpSource: ResourceKind.HTTP_INTERFACE,
    OracleSource: ResourceKind.ORACLE_TABLE,
    DamengSource: ResourceKind.DAMENG_TABLE,
}
#: What each connector can do.
CAPABILITIES: tuple[Capabilities, ...] = (
    postgres.CAPABILITIES,
    mysql.CAPABILITIES,
    folder.CAPABILITIES,
    sftp.CAPABILITIES,
    s3.CAPABILITIES,
    interface.CAPABILITIES,
    oracle.CAPABILITIES,
    dameng.CAPABILITIES,
)


@dataclass(frozen=True)
class Tried:
    """What a first look at a place found: a sentence with its facts."""

    text: str
    facts: dict[str, Any]


def opened(
    source: Source, ticket: Ticket, policy: AddressPolicy, spark: str = "", control: Control | None = None
) -> Callable[[], Snapshot | View]:
    """Return what opens the source; `load` brings the rows where they have to be brought.

    Args:
        source: Where the rows are.
        ticket: What is read of it.
        policy: Which addresses may be reached.
        spark: Address of a Spark cluster that reads the Parquet files of folders; empty for none.
        control: Of the run; ends the copying of a file that has to be here before it can be looked at.

    Raises, when called:
        DataPlaneRefusal: It cannot be reached or read.
    """
    match source:
        case PostgresSource():
            return lambda: Snapshot(source, policy, ticket.resource.schema, ticket.resource.table)
        case FolderSource() if spark and ticket.resource.table.lower().endswith(PARQUET):
            return lambda: SparkView(spark, source, ticket.resource.table, ticket.items)
        case FolderSource():
            return lambda: FolderView(source, ticket.resource.table, ticket.items)
        case LakeSource():
            return lambda: LakeView(source, control)
        case MysqlSource():
            return lambda: MysqlView(source, policy, ticket)
        case SftpSource() | S3Source():
            return lambda: FarView(source.opens(policy), source.encoding, ticket.resource.table, ticket.items, control)
        case HttpSource():
            return lambda: HttpView(source, policy, ticket)
        case OracleSource() | DamengSource():
            return lambda: CatalogueView(source, policy, ticket)


def receiver_of(target: Table, policy: AddressPolicy) -> Receiver:
    """Return a session of the place where a table arrives.

    Raises:
        DataPlaneRefusal: It cannot be reached or refuses us.
    """
    return PostgresReceiver(target, policy) if isinstance(target, PostgresTarget) else MysqlReceiver(target, policy)


def origin_of(source: Source) -> str:
    """Return what names the source's database or folder, so that a run never goes on from another's rows."""
    match source:
        case FolderSource():
            return str(source.path)
        case LakeSource():
            return str(source.table.path)
    return source.connection.key


def kind_of(source: Source) -> ResourceKind:
    """Return what a ticket calls the source, or that which a holding stands for."""
    return source.kind if isinstance(source, LakeSource) else KINDS[type(source)]


_READ = _("The folder can be read; it holds {files} files.")
_HELD = _("Version {version} of the library can be read; it holds {rows} rows.")
_ANSWERED = _("The {interfaces} interfaces stated answer as stated.")
_REACHED = _("Reached: {product} {version}, {tables} tables to read.")
_MAY_CREATE = _("Reached: {product} {version}, {tables} tables to read; the account may also create a schema.")
_MAY_NOT_CREATE = _("Reached: {product} {version}, {tables} tables to read; the account may not create a schema.")
_MAY_MAKE = _("Reached: {product} {version}, {tables} tables to read; the account may also make tables.")
_MAY_NOT_MAKE = _("Reached: {product} {version}, {tables} tables to read; the account may make no tables.")


def tried(source: Source, policy: AddressPolicy = default_policy) -> Tried:
    """Try whether the source can be reached and used.

    Raises:
        DataPlaneRefusal: It cannot, and why.
    """
    match source:
        case FolderSource():
            return Tried(_READ, {"files": len(list_files(source))})
        case SftpSource() | S3Source():
            return Tried(_READ, {"files": len(list_far(source.opens(policy)))})
        case LakeSource():
            return Tried(_HELD, {"version": source.version.number, "rows": source.version.rows})
        case HttpSource():
            for one in source.interfaces:
                first_page(source, one, policy)
            return Tried(_ANSWERED, {"interfaces": len(source.interfaces)})
        case PostgresSource():
            seen = postgres_inspection.test_connection(source.connection, policy)
            text = _MAY_CREATE if seen.can_create else _MAY_NOT_CREATE
            facts = {"product": "PostgreSQL", "version": seen.server_version, "tables": seen.readable}
            return Tried(text, facts)
        case MysqlSource():
            found = mysql_inspection.test_connection(source.connection, policy)
            product = "MariaDB" if "mariadb" in found.server_version.lower() else "MySQL"
            facts = {"product": product, "version": found.server_version, "tables": found.readable}
            return Tried(_MAY_MAKE if found.can_create else _MAY_NOT_MAKE, facts)
        case OracleSource() | DamengSource():
            looked = oracle_inspection.test_connection(source.tongue, source.connection, policy)
            facts = {"product": source.tongue.product, "version": looked.server_version, "tables": looked.readable}
            return Tried(_REACHED, facts)


def load(source: Source, policy: AddressPolicy = default_policy) -> Load | None:
    """Return how busy the source's server is; None where there is none to ask.

    Raises:
        DataPlaneRefusal: It cannot be reached, and why.
    """
    match source:
        case PostgresSource():
            return postgres_inspection.load(source.connection, policy)
        case MysqlSource():
            return mysql_inspection.load(source.connection, policy)
        case _:
            return None


def tables(source: Source, policy: AddressPolicy = default_policy) -> tuple[TableSummary, ...]:
    """Return the tables or files that the source offers now.

    Raises:
        DataPlaneRefusal: It cannot be reached or read.
    """
    match source:
        case FolderSource():
            return list_files(source)
        case PostgresSource():
            return postgres_inspection.list_tables(source.connection, policy)
        case MysqlSource():
            return mysql_inspection.list_tables(source.connection, policy)
        case SftpSource() | S3Source():
            return list_far(source.opens(policy))
        case LakeSource():
            return list_lake(source)
        case HttpSource():
            return list_interfaces(source, policy)
        case OracleSource() | DamengSource():
            return oracle_inspection.list_tables(source.tongue, source.connection, policy)


def inspected(source: Source, schema: str, table: str, policy: AddressPolicy = default_policy) -> TableFacts:
    """Return one table's or file's columns and keys.

    Raises:
        DataPlaneRefusal: It cannot be reached, or there is none of that name to read.
    """
    match source:
        case FolderSource():
            return inspect_file(source, table)
        case PostgresSource():
            return postgres_inspection.inspect_table(source.connection, schema, table, policy)
        case MysqlSource():
            return mysql_inspection.inspect_table(source.connection, schema, table, policy)
        case SftpSource() | S3Source():
            return inspect_far(source.opens(policy), source.encoding, table)
        case LakeSource():
            return inspect_lake(source, table)
        case HttpSource():
            return inspect_interface(source, table, policy)
        case OracleSource() | DamengSource():
            return oracle_inspection.inspect_table(source.tongue, source.connection, schema, table, policy)


def profiled(
    source: Source, schema: str, table: str, policy: AddressPolicy = default_policy
) -> tuple[ColumnProfile, ...]:
    """Return counts over one table or file: emptiness, different values, lengths, patterns. No value leaves it.

    Raises:
        DataPlaneRefusal: It cannot be reached, or there is none of that name to read.
    """
    match source:
        case FolderSource():
            return profile_file(source, table)
        case PostgresSource():
            facts = postgres_inspection.inspect_table(source.connection, schema, table, policy)
            columns = [column.name for column in facts.columns]
            return profile_table(source.connection, schema, table, columns, policy)
        case MysqlSource():
            return profile_mysql_table(source.connection, schema, table, policy)
        case SftpSource() | S3Source():
            return profile_far(source.opens(policy), source.encoding, table)
        case LakeSource():
            return profile_lake(source, table)
        case HttpSource():
            return profile_interface(source, table, policy)
        case OracleSource() | DamengSource():
            return oracle_inspection.profile_table(source.tongue, source.connection, schema, table, policy)
