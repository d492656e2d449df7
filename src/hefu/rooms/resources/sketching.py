"""Sketches of what entries are mounted on: how far values overlap, and no value. For the worker alone."""

from collections.abc import Callable, Iterable
from uuid import UUID

from hefu.dataplane.connectors.folder.sketching import sketch_file
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.sketching import sketch_table
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.sketch import Sketch
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import Forbidden
from hefu.rooms.resources import errors, looking
from hefu.rooms.resources.models import Resource
from hefu.rooms.resources.reaching import address_policy, side_of


def sketch_columns(
    resource_id: UUID, columns: Iterable[str], salt: bytes, *, go_on: Callable[[int, int], bool], actor: Actor
) -> dict[str, Sketch] | None:
    """Return a sketch of each column of a mounted table or file that is there; None when it was stopped.

    Args:
        resource_id: What is mounted.
        columns: Their names.
        salt: Secret of the node.
        go_on: Told how much of how much is done (of nothing where nobody knows); returns whether to go on.
        actor: The platform.

    Raises:
        Forbidden: A person asks.
        NotMounted: It is mounted no more.
        NotSketched: Its kind of source is not sketched.
        NoSuchTable, AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be read, and why.
    """
    if not actor.is_system:
        raise Forbidden(action="resources.connect")
    rows = Resource.objects.filter(pk=resource_id).select_related("source", "entry")
    row = rows.filter(unmounted_at__isnull=True).first()
    if row is None:
        raise errors.NotMounted(entry=str(resource_id))
    seen = {one.name: one.type for one in looking.table(row.source, row.schema, row.table).columns}
    wanted = [name for name in columns if name in seen]
    match side_of(row.source):
        case PostgresSource() as source:
            decimals = {name: seen[name].startswith(("numeric", "decimal")) for name in wanted}
            policy = address_policy()
            return sketch_table(source.connection, row.schema, row.table, decimals, salt, go_on=go_on, policy=policy)
        case FolderSource() as folder:
            return sketch_file(folder, row.table, wanted, salt, go_on=go_on)
        case _:
            raise errors.NotSketched(source=row.source.name)
