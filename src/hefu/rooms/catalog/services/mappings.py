"""What people say that columns and provider names mean, remembered for the next file of the same source, and others."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.reading import Table
from hefu.rooms.catalog.models import LearnedMapping


@transaction.atomic
def learn_mapping(
    *, table: Table, source: str, mapping: Mapping[str, Field], actor: Actor, clock: Clock
) -> LearnedMapping:
    """Remember what a department's layout means, and which columns were proposed otherwise.

    Raises:
        Forbidden: The actor may not import.
    """
    require(actor, "catalog.import", actor.department_id)
    proposed = propose_mapping(table.columns, table.samples())
    told = {column: mapping[column].value if column in mapping else "" for column in table.columns}
    corrected = [
        column for column, field in told.items() if field != (proposed[column][0].value if column in proposed else "")
    ]
    row = LearnedMapping.objects.select_for_update().filter(source=source).first()
    row = row or LearnedMapping(id=new_id(clock.now()), source=source, department_id=actor.department_id)
    row.columns, row.corrected, row.at, row.by = told, corrected, clock.now(), actor.id
    row.save()
    return row


@transaction.atomic
def learn_offices(
    *, source: str, columns: Mapping[str, str], offices: Mapping[str, UUID], actor: Actor, clock: Clock
) -> LearnedMapping:
    """Remember which department a provider's name means in the files of a source; what was said last holds.

    Args:
        source: The layout, as `importing.source.source_of` knows it again.
        columns: Column → field of the file at hand, kept where the layout was not remembered yet.
        offices: Name as the file writes it → department.
        actor: Who may import.
        clock: For its times.

    Raises:
        Forbidden: The actor may not import.
    """
    require(actor, "catalog.import", actor.department_id)
    row = LearnedMapping.objects.select_for_update().filter(source=source).first() or LearnedMapping(
        id=new_id(clock.now()), source=source, department_id=actor.department_id, columns=dict(columns)
    )
    row.offices |= {name: str(pk) for name, pk in offices.items()}
    row.at, row.by = clock.now(), actor.id
    row.save()
    return row


def learned_offices(source: str) -> dict[str, str]:
    """Return which department each provider's name was said to mean in the files of a source."""
    found = LearnedMapping.objects.filter(source=source).values_list("offices", flat=True).first() if source else None
    return dict(found or {})
