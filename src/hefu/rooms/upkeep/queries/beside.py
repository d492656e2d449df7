"""Which kinds of upkeep an entry has at all: most entries have few, and a page asks for those alone."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Model

from hefu.rooms.upkeep.models import ItemNaming, Look, Naming, Round, SystemTie, TaskTie


class Kind(StrEnum):
    """A kind of rows beside an entry."""

    ITEM_SOURCE = "item_source"
    SOURCE = "source"
    ROUND = "round"
    SYSTEM = "system"
    TASK = "task"
    LOOK = "look"


_MODELS: dict[Kind, type[Model]] = {
    Kind.ITEM_SOURCE: ItemNaming,
    Kind.SOURCE: Naming,
    Kind.ROUND: Round,
    Kind.SYSTEM: SystemTie,
    Kind.TASK: TaskTie,
    Kind.LOOK: Look,
}
_ASKED = "SELECT " + ", ".join(  # noqa: S608 - our own tables
    f"EXISTS (SELECT FROM {model._meta.db_table} WHERE entry_id = ANY (%(entries)s))" for model in _MODELS.values()
)


def kinds_beside(entry_ids: Iterable[UUID]) -> frozenset[Kind]:
    """Return the kinds of which entries that were read for their viewer have any row, in one statement.

    What the rows say, and whether the viewer may read them, is for the queries of each kind.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, {"entries": sorted(entry_ids)})
        return frozenset(kind for kind, has in zip(_MODELS, cursor.fetchone(), strict=True) if has)
