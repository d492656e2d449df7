"""Writes of what entries are mounted on."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.dataplane import wire
from hefu.dataplane.checks import Check, columns_of
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import Sentence, _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.evidence.services import record
from hefu.rooms.resources import decide, errors, looking, queries, terms
from hefu.rooms.resources.access import require
from hefu.rooms.resources.looking import TableSeen
from hefu.rooms.resources.models import Resource
from hefu.rooms.resources.terms import ItemSide, MountChanged


@transaction.atomic
def mount(
    *,
    entry_id: UUID,
    source_id: UUID,
    table: str,
    schema: str = "",
    columns: Mapping[UUID, str] | None = None,
    key: Sequence[str] | None = None,
    actor: Actor,
    clock: Clock,
) -> Resource:
    """Mount an entry on a table or file of its department's source, after a look at it.

    Args:
        entry_id: The entry.
        source_id: A source of the entry's department.
        table: Table, view or file name as the source lists it.
        schema: Of the table; empty for a file.
        columns: Item → column; without it, as proposed by name.
        key: Columns that tell rows apart; without it, the table's primary key as far as it is mapped.
        actor: Officer or chief of the entry's department.
        clock: For its times.

    Raises:
        NotFound: No such entry or source that the actor may see.
        Forbidden: Another department's entry.
        WrongDepartment: The source is another department's.
        AlreadyMounted: It is mounted already.
        NoSuchTable: The source has no such table.
        InputsRejected: Columns or key that are not there, or no column at all.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: The source cannot be reached, and why.
    """
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, "resources.mount", entry.provider_id)
    source = queries.source(source_id, viewer=actor)
    if source.department_id != entry.provider_id:
        raise errors.WrongDepartment(
            source=source.name, owner=source.department.name, entry=entry.code, provider=entry.provider.name
        )
    present = Resource.objects.select_for_update().filter(entry_id=entry.pk, unmounted_at__isnull=True).first()
    if present:
        raise errors.AlreadyMounted(entry=entry.code, table=str(present))
    if entry.is_change or source.closed_at:
        raise NotFound(what="entry or source", key=entry_id)
    seen = looking.table(source, schema, table)
    items = queries.items_of(entry.pk, viewer=actor)
    held_in = dict(columns) if columns is not None else decide.propose_columns(items, seen.columns)
    row = Resource(
        id=new_id(clock.now()),
        entry_id=entry.pk,
        source=source,
        system=source.system,
        schema=schema,
        table=table,
        mounted_at=clock.now(),
        mounted_by=actor.id,
    )
    _map(row, items, seen, held_in, key)
    row.save(force_insert=True)
    _record_mount(row, entry.code, items, actor=actor, clock=clock)
    return row


@transaction.atomic
def map_columns(
    *, entry_id: UUID, columns: Mapping[UUID, str], key: Sequence[str], actor: Actor, clock: Clock
) -> Resource:
    """Change which column holds which item, after the entry or the table has changed.

    Raises:
        NotFound, Forbidden, NoSuchTable, InputsRejected: As `mount`.
        NotMounted: There is nothing to change.
    """
    row = _mounted(entry_id, "resources.mount", actor)
    seen = looking.table(row.source, row.schema, row.table)
    items = queries.items_of(row.entry_id, viewer=actor)
    _map(row, items, seen, dict(columns), key)
    row.save(update_fields=["columns", "key"])
    _record_mount(row, row.entry.code, items, actor=actor, clock=clock)
    return row


def _map(
    row: Resource,
    items: Sequence[ItemSide],
    seen: TableSeen,
    held_in: dict[UUID, str],
    key: Sequence[str] | None,
) -> None:
    problems: dict[str, str] = {}
    there = {column.name for column in seen.columns}
    used = list(held_in.values())
    if not used:
        problems["columns"] = _("No item has a column. Choose the columns by hand.")
    elif not there.issuperset(used) or not {item.id for item in items}.issuperset(held_in):
        problems["columns"] = _("An item or a column that is not there. Look at the table again and choose anew.")
    elif len(set(used)) != len(used):
        problems["columns"] = _("Two items share a column. Give each its own.")
    wanted = list(key) if key is not None else [name for name in seen.primary_key if name in used]
    if key is None and len(wanted) != len(seen.primary_key):
        wanted = []  # half a key tells no rows apart
    if not set(used).issuperset(wanted):
        problems["key"] = _("A key is made of columns that hold items.")
    if problems:
        raise InputsRejected(problems=problems)
    row.columns = {str(item): column for item, column in held_in.items()}
    row.key = wanted


@transaction.atomic
def unmount(*, entry_id: UUID, reason: str, actor: Actor, clock: Clock) -> Resource:
    """Take an entry off its table; grants that need it wait until it is mounted again.

    Raises:
        NotFound, Forbidden: As `mount`.
        NotMounted: There is nothing to take off.
        InputsRejected: No reason.
    """
    row = _mounted(entry_id, "resources.unmount", actor)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    row.unmounted_at, row.unmounted_reason = clock.now(), reason.strip()
    row.save(update_fields=["unmounted_at", "unmounted_reason"])
    record(
        terms.RESOURCE_UNMOUNTED,
        subject=row.entry.code,
        by=actor,
        at=clock.now(),
        concerns=[row.source.department_id],
        body={"entry": row.entry.code, "resource": str(row.pk), "reason": row.unmounted_reason},
    )
    announce(MountChanged(entry_id=row.entry_id, at=clock.now()))
    return row


@transaction.atomic
def set_rules(*, entry_id: UUID, rules: Sequence[Check], actor: Actor, clock: Clock) -> Resource:
    """Say what delivered rows of an entry must fulfil, in place of what was said before.

    Raises:
        NotFound, Forbidden: As `mount`.
        NotMounted: There is no table to check.
        RulesRefused: A rule names a column that the table does not have.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: The source cannot be reached, and why.
    """
    row = _mounted(entry_id, "resources.set_rules", actor)
    seen = looking.table(row.source, row.schema, row.table)
    named = [column for rule in rules for column in columns_of(rule)]
    unknown = decide.rule_faults(named, [column.name for column in seen.columns])
    if unknown:
        raise errors.RulesRefused(reason=Sentence(_("no column {columns}"), code="rules.no_column", columns=unknown))
    written: list[Any] = [wire.to_json(rule) for rule in rules]
    row.rules = written
    row.save(update_fields=["rules"])
    record(
        terms.RULES_SET,
        subject=row.entry.code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_22],
        concerns=[row.source.department_id],
        body={"entry": row.entry.code, "resource": str(row.pk), "rules": written},
    )
    announce(MountChanged(entry_id=row.entry_id, at=clock.now()))
    return row


def _mounted(entry_id: UUID, action: str, actor: Actor) -> Resource:
    entry = catalog.entry(entry_id, viewer=actor)
    require(actor, action, entry.provider_id)
    rows = Resource.objects.select_for_update(of=("self",)).select_related("entry", "source", "source__department")
    row = rows.filter(entry_id=entry.pk, unmounted_at__isnull=True).first()
    if row is None:
        raise errors.NotMounted(entry=entry.code)
    return row


def _record_mount(row: Resource, code: str, items: Sequence[ItemSide], *, actor: Actor, clock: Clock) -> None:
    record(
        terms.RESOURCE_MOUNTED,
        subject=code,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.source.department_id],
        body={
            "entry": code,
            "resource": str(row.pk),
            "source": str(row.source_id),
            "schema": row.schema,
            "table": row.table,
            "columns": {item.code: row.columns[str(item.id)] for item in items if str(item.id) in row.columns},
            "key": row.key,
            "system": str(row.system_id) if row.system_id else None,
        },
    )
    announce(MountChanged(entry_id=row.entry_id, at=clock.now()))
