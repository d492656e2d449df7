"""The one way from a row of this room to a real database or folder: allowed, unsealed, never shown."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from hefu.crypto.sealing import seal, unseal
from hefu.dataplane import sides
from hefu.dataplane.connectors.address import AddressPolicy, both, default_policy, is_here
from hefu.dataplane.connectors.dameng.dialect import TONGUE as DAMENG
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.interface.asking import HttpConnection
from hefu.dataplane.connectors.interface.source import HttpSource
from hefu.dataplane.connectors.interface.stated import How, read
from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.oracle.dialect import TONGUE as ORACLE
from hefu.dataplane.connectors.oracle.source import DamengSource, OracleSource
from hefu.dataplane.connectors.oracle.tongue import Connection as CatalogueConnection
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.s3.connection import S3Connection
from hefu.dataplane.connectors.s3.signing import REGION
from hefu.dataplane.connectors.s3.source import S3Source
from hefu.dataplane.connectors.sftp.connection import SftpConnection
from hefu.dataplane.connectors.sftp.source import SftpSource
from hefu.dataplane.lake.source import LakeSource
from hefu.rooms.resources import decide, errors
from hefu.rooms.resources.lake import lake_table
from hefu.rooms.resources.models import Allowance, Secret, Source, Target
from hefu.rooms.resources.terms import DATABASES, AllowanceKind, Allowed, PlaceKind

#: Folder in the node's home that connectors may use without an allowance.
OWN_FOLDERS = "folders"


def allowed() -> Allowed:
    """Return the operator's list of what connectors may reach."""
    rows = list(Allowance.objects.values_list("kind", "pattern"))

    def of(kind: AllowanceKind) -> tuple[str, ...]:
        return tuple(pattern for found, pattern in rows if found == kind)

    return Allowed(of(AllowanceKind.NETWORK), of(AllowanceKind.HOST), of(AllowanceKind.FOLDER))


def address_policy() -> AddressPolicy:
    """Return what the data plane asks before it connects: its own closed ranges, then the operator's list."""
    listed = allowed()

    def policy(host: str, address: str, port: int) -> str | None:
        closed = default_policy(host, address, port)
        if closed or not address:
            return closed
        return decide.host_refusal(host, address, listed)

    return policy


def site_policy() -> AddressPolicy:
    """Return what is asked before a web site is read whose address a person typed.

    As for connectors, but for this machine itself: what listens there trusts it, so the operator names it first.
    """
    return both(address_policy(), own_machine())


def own_machine() -> AddressPolicy:
    """Return what refuses this machine itself on every port, by all of its addresses, unless the operator named it."""
    listed = allowed()
    return lambda host, address, port: decide.own_machine_refusal(host, address, listed, here=is_here(address))


@sensitive_variables("password")
def keep_secret(place: Source | Target, password: str, *, at: datetime) -> None:
    """Seal `password` for this place alone, in place of any before."""
    sealed = seal(settings.HEFU.master_key(), password.encode(), purpose=_purpose(place))
    Secret.objects.update_or_create(place=place.pk, defaults={"sealed": sealed, "changed_at": at})


def side(place: Source | Target) -> str:
    """Return `source` or `target`."""
    return "source" if isinstance(place, Source) else "target"


def _purpose(place: Source | Target) -> str:
    return f"{side(place)}:{place.pk}"


_TONGUES = {PlaceKind.ORACLE: ORACLE, PlaceKind.DAMENG: DAMENG}
#: How to reach a place.
Server = PostgresConnection | MysqlConnection | SftpConnection | S3Connection | HttpConnection | CatalogueConnection
Reached = Server | Path


def reached(place: Source | Target) -> Reached:
    """Return how to reach a place, its secret inside.

    Raises:
        NoSecret, SealBroken, AddressNotAllowed: It cannot be used, and why.
    """
    return folder_of(place) if place.kind == PlaceKind.FOLDER else remote_of(place)


def side_of(place: Source | Target) -> sides.Source:
    """Return the place as the data plane reads it.

    Raises:
        NoSecret, SealBroken, AddressNotAllowed: It cannot be used, and why.
        NoSuchVersion: It is a library that was not assembled yet.
    """
    if place.kind == PlaceKind.LAKE:
        table = lake_table(place.folder)
        return LakeSource(table, table.newest())
    match reached(place):
        case PostgresConnection() as connection:
            return PostgresSource(connection)
        case MysqlConnection() as connection:
            return MysqlSource(connection)
        case CatalogueConnection() as connection:
            reads = OracleSource if place.kind == PlaceKind.ORACLE else DamengSource
            return reads(connection, _TONGUES[PlaceKind(place.kind)])
        case SftpConnection() as connection:
            return SftpSource(connection, encoding=place.encoding)
        case S3Connection() as connection:
            return S3Source(connection, encoding=place.encoding)
        case HttpConnection() as connection:
            return HttpSource(connection, read(place.interface).interfaces, encoding=place.encoding)
        case Path() as path:
            return FolderSource(path, encoding=place.encoding)


@sensitive_variables("password")
def remote_of(place: Source | Target) -> Server:
    """Return how to connect to a server, password inside; its repr does not show it.

    Raises:
        NoSecret: Nobody has given the password.
        SealBroken: The master key is not the one it was sealed with.
    """
    kept = Secret.objects.filter(place=place.pk).first()
    if kept is None and place.kind == PlaceKind.HTTP and read(place.interface).signs.how is How.NONE:
        return HttpConnection(place.host, place.port, place.tls, closed=own_machine())
    if kept is None:
        raise errors.NoSecret(name=place.name)
    password = unseal(settings.HEFU.master_key(), kept.sealed, purpose=_purpose(place)).decode()
    if place.kind == PlaceKind.SFTP:
        return SftpConnection(place.host, place.port, place.username, place.folder, place.host_key, password)
    if place.kind == PlaceKind.HTTP:
        signs = read(place.interface).signs
        return HttpConnection(place.host, place.port, place.tls, place.username, password, signs, closed=own_machine())
    if place.kind == PlaceKind.S3:
        return S3Connection(
            host=place.host,
            port=place.port,
            bucket=place.dbname,
            user=place.username,
            password=password,
            folder=place.folder,
            region=place.region or REGION,
            tls=place.tls,
            closed=own_machine(),
        )
    if place.kind in _TONGUES:
        product, secret = _TONGUES[PlaceKind(place.kind)].product, password
        return CatalogueConnection(place.host, place.port, place.dbname, place.username, secret, place.tls, product)
    kind = MysqlConnection if place.kind == PlaceKind.MYSQL else PostgresConnection
    return kind(
        host=place.host,
        port=place.port,
        dbname=place.dbname,
        user=place.username,
        password=password,
        sslmode=place.tls,
    )


def folder_of(place: Source | Target) -> Path:
    """Return the place's folder, links resolved.

    Raises:
        AddressNotAllowed: It leads outside the folders that connectors may use.
    """
    return checked_folder(place.folder)


def checked_folder(folder: str) -> Path:
    """Return `folder` with its links resolved, when connectors may use it.

    Raises:
        AddressNotAllowed: It leads outside.
    """
    path = Path(folder).resolve()
    roots = [str(Path(settings.HEFU.home, OWN_FOLDERS).resolve())]
    roots += [str(Path(root).resolve()) for root in allowed().folders]
    reason = decide.folder_refusal(str(path), roots)
    if reason:
        raise errors.AddressNotAllowed(address=folder, reason=reason)
    return path


def is_database(place: Source | Target) -> bool:
    """Return whether it is reached as a database rather than a folder."""
    return place.kind in DATABASES
