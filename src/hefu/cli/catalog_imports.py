"""`hefu catalog map` and the rest of taking catalogues in from files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Intake

SHARE_TYPES = click.Choice(["unconditional", "conditional", "none"])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_to(group: click.Group) -> None:
    """Give `hefu catalog` the commands of this module."""
    for one in (map_, columns, import_, apply, stop, incoming, register_providers, imports, bad_rows, mend, set_aside):
        group.add_command(one)


@click.command("map")
@click.argument("file", type=FILE)
@click.option("--sheet", default="", help="Of a workbook; without it, the one that looks most like a catalogue.")
@json_option
def map_(file: Path, sheet: str, as_json: bool) -> None:
    """Propose what the columns of FILE mean, without importing anything; needs no database.

    With --json: {column: {"to": name, "confidence": c}}, names as harvesters of open data portals use them
    (title, department, update_frequency ...) and ours for the rest; null where nobody can be sure.
    """
    from hefu.rooms.catalog.importing.mapping import propose
    from hefu.rooms.catalog.importing.notions import portal_name
    from hefu.rooms.catalog.importing.reading import read_table

    table = read_table(file.read_bytes(), file.name, sheet=sheet)
    guesses = propose(table.columns, table.samples(200))
    if as_json:
        told = {
            column: {"to": portal_name(one.field) if one.field else None, "confidence": one.confidence}
            for column, one in guesses.items()
        }
        show(told, as_json=True)
        return
    samples = table.samples(20)
    rows = [
        {
            "column": column,
            "to": portal_name(one.field) if one.field else None,
            "confidence": f"{one.confidence:.0%}",
            "example": next((text for row in samples if (text := str(row.get(column) or "").strip()[:40])), ""),
        }
        for column, one in guesses.items()
    ]
    show_rows(rows, as_json=False, columns=("column", "to", "confidence", "example"))


@click.command("columns")
@click.argument("file", type=FILE)
@click.option("--sheet", default="", help="Of a workbook; without it, the one that looks most like a catalogue.")
@acting_option(writes=False)
@json_option
def columns(file: Path, sheet: str, actor: Actor, as_json: bool) -> None:
    """Propose what the columns of FILE mean; --json gives what `import --mapping` takes after correction."""
    from hefu.rooms.catalog import queries

    seen = queries.preview_import(file.read_bytes(), file.name, sheet=sheet, viewer=actor)
    if as_json:
        show({column: field.value for column, (field, _sure) in seen.mapping.items()}, as_json=True)
        return
    rows = []
    for column in seen.columns:
        field, sure = seen.mapping.get(column, (None, 0.0))
        rows.append({"column": column, "field": field and field.value, "sure": f"{sure:.0%}" if field else "-"})
    show_rows(rows, as_json=False)


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="JSON as `map --json` or `columns --json` print it; else as proposed.")
@click.option("--compare", is_flag=True, help="Only show what it would change; `hefu catalog apply` lets it go in.")
@click.option("--publish", is_flag=True, help="A catalogue in force: take rows in as published, not as drafts.")
@click.option("--share-type", type=SHARE_TYPES, help="What holds for rows that do not say it; goes on record.")
@click.option("--share-condition", default="", help="Likewise.")
@click.option("--share-scope", default="", help="Likewise: scope and purpose.")
@click.option("--class-code", default="3", show_default=True, help="Class of rows that name none.")
@click.option("--provider", "providers", multiple=True, metavar="NAME=CREDIT_CODE", help="Who a provider cell means.")
@click.option("--sheet", default="", help="Of a workbook.")
@acting_option(writes=True)
@json_option
def import_(
    file: Path,
    mapping: Path | None,
    compare: bool,
    publish: bool,
    share_type: str | None,
    share_condition: str,
    share_scope: str,
    class_code: str,
    providers: tuple[str, ...],
    sheet: str,
    actor: Actor,
    as_json: bool,
) -> None:
    """Take a catalogue in from FILE (CSV, XLSX, XLS, JSON, RDF). Doing it again changes nothing."""
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults
    from hefu.rooms.catalog.terms import ShareType

    data = file.read_bytes()
    if mapping:
        fields = _fields(json.loads(mapping.read_text(encoding="utf-8")))
    else:
        seen = queries.preview_import(data, file.name, sheet=sheet, viewer=actor)
        fields = {column: field.value for column, (field, _sure) in seen.mapping.items()}
    stated = Defaults(
        share_type=ShareType(share_type) if share_type else None,
        share_condition=share_condition,
        share_scope=share_scope,
        class_code=class_code,
    )
    named, clock = _departments(providers, actor), SystemClock()
    if compare:
        made = services.bring_file(data=data, file_name=file.name, sheet=sheet, actor=actor, clock=clock)
        services.map_intake(
            intake_id=made.pk,
            mapping=fields,
            defaults=stated,
            providers=named,
            publish=publish,
            actor=actor,
            clock=clock,
        )
        services.carry_on(intake_id=made.pk, clock=clock)
        found = queries.intake(made.pk, viewer=actor)
        show({"id": found.pk, "status": found.status, **found.plan, "mapping": fields}, as_json=as_json)
        return
    report = services.import_entries(
        data=data,
        file_name=file.name,
        mapping=fields,
        defaults=stated,
        providers=named,
        publish=publish,
        sheet=sheet,
        actor=actor,
        clock=clock,
    )
    show(vars(report) | {"mapping": fields}, as_json=as_json)


def _fields(told: dict[str, Any]) -> dict[str, str]:
    """Return column → field from what `map --json` or `columns --json` print, without what is left out."""
    plain = {column: one["to"] if isinstance(one, dict) else one for column, one in told.items()}
    return {column: name for column, name in plain.items() if name}


@click.command("apply")
@click.argument("intake", type=click.UUID)
@click.option("--now", is_flag=True, help="Do it in this process; else the worker does.")
@acting_option(writes=True)
@json_option
def apply(intake: UUID, now: bool, actor: Actor, as_json: bool) -> None:
    """Let the compared file INTAKE go in, a thousand entries at a time."""
    from hefu.rooms.catalog import queries, services

    services.apply_intake(intake_id=intake, actor=actor, clock=SystemClock())
    if now:
        services.carry_on(intake_id=intake, clock=SystemClock())
    show(_standing(queries.intake(intake, viewer=actor)), as_json=as_json)


@click.command("stop")
@click.argument("intake", type=click.UUID)
@acting_option(writes=True)
@json_option
def stop(intake: UUID, actor: Actor, as_json: bool) -> None:
    """Stop the file INTAKE where it is: what went in stays, the rest does not go in."""
    from hefu.rooms.catalog import queries, services

    services.stop_intake(intake_id=intake, actor=actor, clock=SystemClock())
    show(_standing(queries.intake(intake, viewer=actor)), as_json=as_json)


@click.command("incoming")
@acting_option(writes=False)
@json_option
def incoming(actor: Actor, as_json: bool) -> None:
    """List files on their way in: where each stands and how far it is."""
    from hefu.rooms.catalog import queries

    rows = [_standing(one) for one in queries.intakes(viewer=actor)]
    show_rows(rows, as_json=as_json, columns=("id", "file_name", "status", "done", "total", "batch"))


def _standing(found: "Intake") -> dict[str, Any]:
    return {
        "id": found.pk,
        "file_name": found.file_name,
        "status": found.status,
        "done": found.done,
        "total": found.total,
        "stopping": found.stop,
        "batch": found.batch_id,
        "fault": found.fault,
    }


@click.command("register-providers")
@click.argument("file", type=FILE)
@acting_option(writes=True)
@json_option
def register_providers(file: Path, actor: Actor, as_json: bool) -> None:
    """Register the departments of FILE: a JSON list of objects with name, credit_code and place."""
    from hefu.rooms.catalog import services
    from hefu.rooms.catalog.importing.terms import NewProvider

    told = [NewProvider(**one) for one in json.loads(file.read_text(encoding="utf-8"))]
    made = services.register_providers(providers=told, actor=actor, clock=SystemClock())
    show_rows([{"name": name, "department": pk} for name, pk in made.items()], as_json=as_json)


@click.command("imports")
@acting_option(writes=False)
@json_option
def imports(actor: Actor, as_json: bool) -> None:
    """List imports, newest first."""
    from hefu.rooms.catalog import queries

    fields = ("id", "at", "file_name", "published", "rows", "taken", "changed", "unchanged", "repeated", "refused")
    found = queries.batches(viewer=actor)
    show_rows([{name: getattr(one, name) for name in fields} for one in found], as_json=as_json, columns=fields)


@click.command("bad-rows")
@click.argument("batch")
@acting_option(writes=False)
@json_option
def bad_rows(batch: str, actor: Actor, as_json: bool) -> None:
    """List the rows that import BATCH refused, with the reasons."""
    from hefu.rooms.catalog import queries
    from hefu.rooms.catalog.importing.terms import REASONS

    found = queries.bad_rows(queries.batch(batch, viewer=actor).pk, viewer=actor)
    rows = [
        {
            "id": one.pk,
            "row": one.row,
            "settled": one.settled,
            "reasons": " ".join(REASONS[reason["code"]].format(**reason["facts"]) for reason in one.reasons),
            "codes": [reason["code"] for reason in one.reasons],
            "original": one.original,
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, columns=("id", "row", "settled", "reasons"))


@click.command("mend")
@click.argument("batch", type=click.UUID)
@click.option("--row", "rows", type=int, multiple=True, metavar="ID", help="Of `bad-rows`; all that wait without it.")
@click.option("--set", "cells", multiple=True, metavar="COLUMN=CELL", help="What the rows are to say there.")
@click.option("--provider", "providers", multiple=True, metavar="NAME=CREDIT_CODE", help="Who a provider cell means.")
@acting_option(writes=True)
@json_option
def mend(
    batch: UUID, rows: tuple[int, ...], cells: tuple[str, ...], providers: tuple[str, ...], actor: Actor, as_json: bool
) -> None:
    """Put rows that import BATCH refused right, and take in those that are right then."""
    from hefu.rooms.catalog import services

    done = services.mend_rows(
        batch_id=batch,
        rows=list(rows) or None,
        cells=dict(one.split("=", 1) for one in cells if "=" in one),
        providers=_departments(providers, actor),
        actor=actor,
        clock=SystemClock(),
    )
    show(vars(done), as_json=as_json)


@click.command("set-aside")
@click.argument("batch", type=click.UUID)
@click.option("--row", "rows", type=int, multiple=True, required=True, metavar="ID", help="Of `bad-rows`.")
@acting_option(writes=True)
@json_option
def set_aside(batch: UUID, rows: tuple[int, ...], actor: Actor, as_json: bool) -> None:
    """Decide that rows of import BATCH do not go in; they stay readable."""
    from hefu.rooms.catalog import services

    count = services.set_aside_rows(batch_id=batch, rows=list(rows), actor=actor, clock=SystemClock())
    show({"set_aside": count}, as_json=as_json)


def _departments(told: tuple[str, ...], actor: Actor) -> dict[str, UUID]:
    from hefu.kernel.refusal import NotFound
    from hefu.rooms.parties import queries as parties

    made = {}
    for one in told:
        name, _, code = one.rpartition("=")
        department = parties.department_by_code(code, viewer=actor)
        if department is None:
            raise NotFound(what="department", key=code)
        made[name] = department.pk
    return made
