"""`hefu catalog`: look at entries, take catalogues in from files, review and publish."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Entry

SHARE_TYPES = click.Choice(["unconditional", "conditional", "none"])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("catalog")
def command() -> None:
    """List, import and publish catalogue entries."""


@command.command("list")
@click.option("--search", default="", help="Words of name, abstract, items or provider.")
@click.option("--status", default="published", show_default=True, help="draft, in_review, returned … or all.")
@click.option("--share-type", type=SHARE_TYPES, default=None)
@click.option("--channel", default="", help="table, file or interface.")
@click.option("--with-gaps", is_flag=True, help="Only carried-over entries that lack what the law asks.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(
    search: str,
    status: str,
    share_type: str | None,
    channel: str,
    with_gaps: bool,
    limit: int,
    actor: Actor,
    as_json: bool,
) -> None:
    """List entries."""
    from hefu.rooms.catalog import queries

    found = queries.entries(
        viewer=actor,
        search=search,
        status="" if status == "all" else status,
        share_type=share_type or "",
        channel=channel,
        with_gaps=with_gaps,
        order="code",
    )
    show_rows(
        [_summary(entry) for entry in found[:limit]],
        as_json=as_json,
        columns=("code", "name", "provider", "status", "version", "share_type", "update_cycle"),
    )


@command.command("show")
@click.argument("code")
@acting_option(writes=False)
@json_option
def show_one(code: str, actor: Actor, as_json: bool) -> None:
    """Show all that entry CODE says."""
    from hefu.rooms.catalog import queries
    from hefu.rooms.catalog.snapshots import to_json

    entry = queries.entry(code, viewer=actor)
    change = queries.change_of(entry.pk, viewer=actor)
    facts = _summary(entry) | to_json(queries.content_of(entry))
    show(facts | {"gaps": entry.gaps, "more": entry.more, "open_change": change and change.pk}, as_json=as_json)


@command.command("versions")
@click.argument("code")
@click.option("--between", nargs=2, type=int, help="Two version numbers: show what changed.")
@acting_option(writes=False)
@json_option
def versions(code: str, between: tuple[int, int] | None, actor: Actor, as_json: bool) -> None:
    """List the versions of entry CODE, or what changed between two of them."""
    from hefu.rooms.catalog import queries

    entry = queries.entry(code, viewer=actor)
    rows: list[dict[str, Any]]
    if between:
        found = queries.difference(entry.pk, *between, viewer=actor)
        rows = [{"field": one.field, "item": one.item, "old": one.old, "new": one.new} for one in found]
    else:
        rows = [
            {
                "version": one.number,
                "published_at": one.published_at,
                "approved": one.approved_name,
                "digest": one.digest,
            }
            for one in queries.versions(entry.pk, viewer=actor)
        ]
    show_rows(rows, as_json=as_json)


@command.command("columns")
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


@command.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="JSON: column → field. Without it, as `hefu catalog columns` proposes.")
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
    """Take a catalogue in from FILE (CSV, XLSX, JSON). Doing it again changes nothing."""
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults
    from hefu.rooms.catalog.terms import ShareType

    data = file.read_bytes()
    if mapping:
        fields: dict[str, str] = json.loads(mapping.read_text(encoding="utf-8"))
    else:
        seen = queries.preview_import(data, file.name, sheet=sheet, viewer=actor)
        fields = {column: field.value for column, (field, _sure) in seen.mapping.items()}
    report = services.import_entries(
        data=data,
        file_name=file.name,
        mapping=fields,
        defaults=Defaults(
            share_type=ShareType(share_type) if share_type else None,
            share_condition=share_condition,
            share_scope=share_scope,
            class_code=class_code,
        ),
        providers=_departments(providers, actor),
        publish=publish,
        sheet=sheet,
        actor=actor,
        clock=SystemClock(),
    )
    show(vars(report) | {"mapping": fields}, as_json=as_json)


@command.command("register-providers")
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


@command.command("imports")
@acting_option(writes=False)
@json_option
def imports(actor: Actor, as_json: bool) -> None:
    """List imports, newest first."""
    from hefu.rooms.catalog import queries

    fields = ("id", "at", "file_name", "published", "rows", "taken", "changed", "unchanged", "repeated", "refused")
    found = queries.batches(viewer=actor)
    show_rows([{name: getattr(one, name) for name in fields} for one in found], as_json=as_json, columns=fields)


@command.command("bad-rows")
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
            "row": one.row,
            "reasons": " ".join(REASONS[reason["code"]].format(**reason["facts"]) for reason in one.reasons),
            "codes": [reason["code"] for reason in one.reasons],
            "original": one.original,
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, columns=("row", "reasons"))


def _on_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the entry's code, or a change's id, who acts, and `--json`."""
    return click.argument("code")(acting_option(writes=True)(json_option(function)))


@command.command("submit")
@_on_entry
def submit(code: str, actor: Actor, as_json: bool) -> None:
    """Sign entry CODE off as its department's chief and send it to the authority."""
    from hefu.rooms.catalog import services

    entry = services.submit_entry(entry_id=_written(code, actor).pk, actor=actor, clock=SystemClock())
    show(_summary(entry), as_json=as_json)


@command.command("approve")
@_on_entry
def approve(code: str, actor: Actor, as_json: bool) -> None:
    """Approve entry CODE as the authority's reviewer: it comes into force."""
    from hefu.rooms.catalog import services
    from hefu.rooms.catalog.terms import Verdict

    entry = services.review_entry(
        entry_id=_written(code, actor).pk, verdict=Verdict.APPROVE, actor=actor, clock=SystemClock()
    )
    show(_summary(entry), as_json=as_json)


@command.command("return")
@click.option("--reasons", required=True, help="The department reads them.")
@_on_entry
def return_(code: str, reasons: str, actor: Actor, as_json: bool) -> None:
    """Send entry CODE back to its department with reasons."""
    from hefu.rooms.catalog import services
    from hefu.rooms.catalog.terms import Verdict

    entry = services.review_entry(
        entry_id=_written(code, actor).pk, verdict=Verdict.RETURN, reasons=reasons, actor=actor, clock=SystemClock()
    )
    show(_summary(entry), as_json=as_json)


@command.command("withdraw")
@click.option("--reason", required=True, help="Everybody who uses the entry reads it.")
@_on_entry
def withdraw(code: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Take entry CODE out of the catalogue."""
    from hefu.rooms.catalog import queries, services

    found = queries.entry(code, viewer=actor)
    entry = services.withdraw_entry(entry_id=found.pk, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(entry), as_json=as_json)


def _written(code: str, actor: Actor) -> "Entry":
    """Return what is being written under a code: the open change of a published entry, else the entry."""
    from hefu.rooms.catalog import queries

    entry = queries.entry(code, viewer=actor)
    return queries.change_of(entry.pk, viewer=actor) or entry


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


def _summary(entry: "Entry") -> dict[str, Any]:
    return {
        "code": entry.code,
        "name": entry.name,
        "provider": entry.provider.name,
        "status": entry.status,
        "version": entry.version,
        "share_type": entry.share_type,
        "update_cycle": entry.update_cycle,
        "channels": entry.channels,
    }
