"""Taking in a catalogue that exists elsewhere in one go: bad rows are listed with their reasons, the rest goes in."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.canonical import plain
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.rooms.catalog import errors
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.importing.notions import ITEM_FIELDS, Field, field_named
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.rows import grouped
from hefu.rooms.catalog.importing.source import source_of
from hefu.rooms.catalog.importing.terms import Defaults, ImportReport
from hefu.rooms.catalog.models import ImportBatch
from hefu.rooms.catalog.services._sorting import Sorter
from hefu.rooms.catalog.services._taking import Taking, chunks, close_batch, open_batch, unknown_providers
from hefu.rooms.catalog.services.mappings import learned_offices
from hefu.rooms.catalog.services.providers import Providers


@transaction.atomic
def import_entries(
    *,
    data: bytes,
    file_name: str,
    mapping: Mapping[str, str],
    defaults: Defaults = Defaults(),  # noqa: B008 - frozen
    providers: Mapping[str, UUID] | None = None,
    publish: bool = False,
    sheet: str = "",
    actor: Actor,
    clock: Clock,
) -> ImportReport:
    """Take in a catalogue file. Importing the same file again changes nothing.

    A row is known again by its code elsewhere, else by its address, else by its name, within its
    provider. What it says anew is written over what the last import said; fields that the file does
    not speak of stay as people wrote them.

    Args:
        data: The file.
        file_name: Its name; kept on record.
        mapping: Column → field of `importing.notions.Field`, as proposed and corrected by a person.
        defaults: What holds for rows that do not say it; kept on record with the person's name.
        providers: Provider name as the file writes it → department, where names alone do not tell; besides those
            that were said for an earlier file of the layout.
        publish: Take rows in as published, carried over from a catalogue in force; else as drafts.
        sheet: Of a workbook.
        actor: The authority's reviewer; for drafts of one's own department also its officer.
        clock: For its times.

    Raises:
        Forbidden: The actor may not import, or not publish so.
        FileUnreadable: The file is not a table.
        MappingRefused: A column or field that does not exist, a field twice, or nothing for the name.
    """
    require(actor, "catalog.import_published" if publish else "catalog.import", actor.department_id)
    table = read_table(data, file_name, sheet=sheet)
    fields = checked_mapping(mapping, table.columns)
    source = source_of(actor.department_id, table.columns)
    said = {name: UUID(pk) for name, pk in learned_offices(source).items()} | dict(providers or {})
    known = Providers(viewer=actor, said=said)
    sorter = Sorter(actor=actor, today=clock.today(), publish=publish, defaults=defaults, providers=known)
    found = sorter.sort(grouped(table.rows, fields))
    facts = {
        "file_digest": sha256(data),
        "mapping": {column: field.value for column, field in fields.items()},
        "defaults": plain(dataclasses.asdict(defaults)),
        "published": publish,
        "refused": len(found.bad),
    }
    at = clock.now()
    batch = ImportBatch.objects.filter(**facts).order_by("-at").first()
    if batch is None or found.taken or found.changed:
        batch = ImportBatch(
            id=new_id(at),
            file_name=file_name[:200],
            source=source,
            by=actor.id,
            by_name=actor.name,
            department_id=actor.department_id,
            at=at,
            rows=len(table.rows),
            **facts,
        )
        open_batch(batch, found, at=at)
        taking = Taking(batch, actor, at)
        for rows in chunks(found.taken):
            taking.write(rows, changed=False)
        for rows in chunks(found.changed):
            taking.write(rows, changed=True)
        close_batch(taking)
    return ImportReport(
        batch.pk,
        len(table.rows),
        len(found.taken),
        len(found.changed),
        found.unchanged,
        found.repeated,
        len(found.bad),
        unknown_providers(found.bad),
        dict(found.notes.most_common()),
    )


def checked_mapping(mapping: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, Field]:
    """Return column → field, from our names or those of portals.

    Raises:
        MappingRefused: A column or field that does not exist, a field twice, or nothing for the name.
    """
    unknown = [column for column in mapping if column not in columns]
    if unknown:
        raise errors.MappingRefused(reason=f"no column {', '.join(unknown)}")
    found = {column: field_named(name) for column, name in mapping.items()}
    wrong = [mapping[column] for column, field in found.items() if field is None]
    if wrong:
        raise errors.MappingRefused(reason=f"no field {', '.join(wrong)}")
    fields = {column: field for column, field in found.items() if field is not None}
    twice = [name for name, count in Counter(fields.values()).items() if count > 1]
    if twice:
        raise errors.MappingRefused(reason=f"more than one column for {', '.join(twice)}")
    if Field.NAME not in fields.values():
        raise errors.MappingRefused(reason="no column for name")
    if ITEM_FIELDS.intersection(fields.values()) and Field.ITEM_NAME not in fields.values():
        raise errors.MappingRefused(reason="columns for items, but none for item_name")
    return fields
