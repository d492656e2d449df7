"""The table of a consumer's database that rows go to, as the data plane takes it."""

from uuid import UUID

from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.sides import Table
from hefu.kernel.actor import system
from hefu.kernel.words import _
from hefu.rooms.deliveries.errors import PlaceGone
from hefu.rooms.resources import queries as resources

_WORKER = system("worker")


def table_at(target_id: UUID | None, table: str, number: str) -> Table:
    """Return a table of a place, its secret inside: for the worker, and for looking before something begins.

    Args:
        target_id: The place.
        table: Name of the table there.
        number: Of the delivery or grant, for the refusal.

    Raises:
        PlaceGone: There is no such database any more.
        NotFound, NoSecret, AddressNotAllowed, SealBroken: It cannot be reached.
    """
    if target_id is None:
        raise PlaceGone(side=_("target"), number=number)
    place = resources.target(target_id, viewer=_WORKER)
    reached = resources.target_connection_for(place.pk, actor=_WORKER)
    if isinstance(reached, MysqlConnection):
        return MysqlTarget(reached, table, str(place.pk))
    if not isinstance(reached, PostgresConnection):
        raise PlaceGone(side=_("target"), number=number)
    return PostgresTarget(reached, place.schema, table, str(place.pk))
