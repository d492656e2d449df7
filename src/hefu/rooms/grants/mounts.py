"""What grants ask of the rooms below: what an entry is mounted on, and whether a place is a consumer's own."""

from uuid import UUID

from hefu.dataplane.ticket import Channel, ResourceKind
from hefu.kernel.actor import system
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.grants.terms import Mount
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import DATABASES, FILE_SERVERS, PlaceKind

_VIEWER = system("grants")
_KINDS = {
    PlaceKind.POSTGRES: ResourceKind.POSTGRES_TABLE,
    PlaceKind.MYSQL: ResourceKind.MYSQL_TABLE,
    PlaceKind.ORACLE: ResourceKind.ORACLE_TABLE,
    PlaceKind.DAMENG: ResourceKind.DAMENG_TABLE,
    PlaceKind.FOLDER: ResourceKind.FILE_FOLDER,
    PlaceKind.SFTP: ResourceKind.SFTP_FOLDER,
    PlaceKind.S3: ResourceKind.S3_FOLDER,
    PlaceKind.HTTP: ResourceKind.HTTP_INTERFACE,
    PlaceKind.LAKE: ResourceKind.LAKE_TABLE,
}


def mount_of(entry_id: UUID, version: int) -> Mount | None:
    """Return what an entry is mounted on, by the item codes of `version`; None when on nothing."""
    resource = resources.resource_for_entry(entry_id, viewer=_VIEWER)
    if resource is None:
        return None
    columns = resources.columns_of(resource)
    items = catalog.version(entry_id, version, viewer=_VIEWER).items
    return Mount(
        source=str(resource.source_id),
        kind=_KINDS[PlaceKind(resource.source.kind)],
        schema=resource.schema,
        table=resource.table,
        columns={item.code: columns[item.id] for item in items if item.id in columns},
        key=tuple(resource.key),
        checks=resources.checks_of(resource),
    )


def is_own_place(target_id: UUID, *, department_id: UUID, channel: Channel) -> bool:
    """Return whether a target is an open place of the department, where what the channel brings can arrive."""
    own = resources.targets(viewer=_VIEWER, department_id=department_id)
    kinds = DATABASES if channel is Channel.TABLE else FILE_SERVERS
    return own.filter(pk=target_id, kind__in=kinds).exists()
