"""`hefu libraries`: base and theme libraries over several holdings; one person, one company, one file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import told
from hefu.cli.output import as_json_text, json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import Library
    from hefu.rooms.holdings.terms import LibraryStated


@click.group("libraries")
def command() -> None:
    """Base and theme libraries over several holdings."""


@command.command("list")
@click.option("--search", default="", help="Part of a number or name.")
@acting_option(writes=False)
@json_option
def list_(search: str, actor: Actor, as_json: bool) -> None:
    """List libraries, newest first."""
    from hefu.rooms.holdings import queries

    rows = [_summary(row) for row in queries.libraries(viewer=actor, search=search)]
    show_rows(rows, as_json=as_json, columns=("number", "name", "kind", "status", "subjects", "version", "finished_at"))


@command.command("define")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acting_option(writes=True)
@json_option
def define(file: Path, actor: Actor, as_json: bool) -> None:
    """State a library as FILE says, or state it anew under the same name.

    FILE is JSON with name, kind, subject, parts (holding, subject, changed) and fields (name, wins, sources).
    """
    from hefu.rooms.holdings import services

    row = services.define_library(stated=_read(file), actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("assemble")
@click.argument("number")
@acting_option(writes=True)
@json_option
def assemble(number: str, actor: Actor, as_json: bool) -> None:
    """Assemble library NUMBER out of the newest versions of its holdings; a worker does it."""
    from hefu.rooms.holdings import services

    show(_summary(services.start_assembly(number=number, actor=actor, clock=SystemClock())), as_json=as_json)


@command.command("times")
@click.argument("number")
@click.option("--at", "timetable", required=True, help="In words, cron, or “after collection”; empty for when asked.")
@acting_option(writes=True)
@json_option
def times(number: str, timetable: str, actor: Actor, as_json: bool) -> None:
    """Set when library NUMBER is assembled without being asked."""
    from hefu.rooms.holdings import services

    row = services.time_library(number=number, timetable=timetable, actor=actor, clock=SystemClock())
    show({"number": row.number, "timetable": row.timetable, "next_at": row.next_at}, as_json=as_json)


@command.command("keep")
@click.argument("number")
@click.option("--days", type=click.IntRange(7, 36500), default=None, help="For how long replaced versions are kept.")
@click.option("--for-ever", is_flag=True, help="Keep every version.")
@acting_option(writes=True)
@json_option
def keep(number: str, days: int | None, for_ever: bool, actor: Actor, as_json: bool) -> None:
    """Set how long the versions of library NUMBER are kept; what is older goes every night."""
    from hefu.rooms.holdings import services

    if (days is None) is not for_ever:
        raise click.UsageError("Give either --days or --for-ever.")
    row = services.keep_library_for(number=number, days=days, actor=actor, clock=SystemClock())
    show({"number": number, "kept_days": row.kept_days}, as_json=as_json)


@command.command("status")
@click.argument("number")
@acting_option(writes=False)
@json_option
def status(number: str, actor: Actor, as_json: bool) -> None:
    """Show library NUMBER, its rules and how its last assembly went."""
    from hefu.rooms.holdings import queries

    row = queries.library(number, viewer=actor)
    facts = _summary(row) | {
        "timetable": row.timetable,
        "next_at": row.next_at,
        "kept_days": row.kept_days,
        "tries_failed": row.pauses,
        "next_try_at": row.next_try_at if row.rests else None,
        "parts": row.parts,
        "fields": row.fields,
        "conflicts": row.conflicts,
    }
    show(facts | {"error": told(row.error)}, as_json=as_json)


@command.command("history")
@click.argument("number")
@acting_option(writes=False)
@json_option
def history(number: str, actor: Actor, as_json: bool) -> None:
    """List the versions of library NUMBER, newest first."""
    from hefu.rooms.holdings import queries

    rows = [vars(version) for version in queries.history(queries.library(number, viewer=actor))]
    show_rows(rows, as_json=as_json, columns=("number", "at", "rows", "inserted", "updated", "removed", "readable"))


@command.command("look")
@click.argument("number")
@click.argument("subject")
@click.option("--reason", required=True, help="Why; goes on record.")
@acting_option(writes=True)
@json_option
def look(number: str, subject: str, reason: str, actor: Actor, as_json: bool) -> int:
    """Show what library NUMBER says of SUBJECT, such as a citizen number: one person, one file. Exit 1 when nothing."""
    from hefu.rooms.holdings import services

    file = services.look_up(number=number, subject=subject, reason=reason, actor=actor, clock=SystemClock())
    rows = [{"field": name, "value": value, "from": source} for name, value, source in file.fields]
    if as_json:
        click.echo(as_json_text({"version": file.version, "fields": rows}))
    else:
        show_rows(rows, as_json=False, columns=("field", "value", "from"))
    return 0 if file.fields else 1


@command.command("conflicts")
@click.argument("number")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@click.option("--reason", required=True, help="Why; goes on record.")
@acting_option(writes=True)
@json_option
def conflicts(number: str, limit: int, reason: str, actor: Actor, as_json: bool) -> None:
    """Show what sources of library NUMBER say differently, with whose it is."""
    from hefu.rooms.holdings import services

    found = services.reveal_conflicts(number=number, limit=limit, reason=reason, actor=actor, clock=SystemClock())
    rows = [{"subject": one.subject, "field": one.field, "values": dict(one.values)} for one in found]
    show_rows(rows, as_json=as_json, columns=("subject", "field", "values"))


@command.command("shares")
@click.argument("number")
@acting_option(writes=False)
@json_option
def shares(number: str, actor: Actor, as_json: bool) -> None:
    """Show what library NUMBER may share on of each field, where it comes from, and why not."""
    from hefu.rooms.holdings import queries

    found = queries.shares(queries.library(number, viewer=actor), on=SystemClock().today())
    rows = [
        {
            "field": share.name,
            "share_type": share.share_type,
            "sources": [f"{one.entry} {one.holding} {one.column}" for one in share.sources],
            "why_not": told(share.why_not) if share.why_not else "",
            "article": str(share.basis or ""),
        }
        for share in found
    ]
    show_rows(rows, as_json=as_json, columns=("field", "share_type", "sources", "why_not", "article"))


@command.command("catalogue")
@click.argument("number")
@click.option("--field", "fields", multiple=True, required=True, help="A field beside the subject; may stand again.")
@acting_option(writes=True)
@json_option
def catalogue(number: str, fields: tuple[str, ...], actor: Actor, as_json: bool) -> None:
    """Draft a catalogue entry of fields of library NUMBER, mounted on it; complete and submit it as any other."""
    from hefu.rooms.holdings import services

    entry = services.catalogue_library(number=number, fields=fields, actor=actor, clock=SystemClock())
    show({"entry": entry.code, "name": entry.name, "share_type": entry.share_type}, as_json=as_json)


@command.command("consent")
@click.argument("number")
@click.argument("holding")
@click.option("--column", "columns", multiple=True, required=True, help="A column of the holding; may stand again.")
@acting_option(writes=True)
@json_option
def consent(number: str, holding: str, columns: tuple[str, ...], actor: Actor, as_json: bool) -> None:
    """Let library NUMBER share columns of your HOLDING on."""
    from hefu.rooms.holdings import services

    made = services.consent(number=number, holding=holding, columns=columns, actor=actor, clock=SystemClock())
    show({"library": number, "holding": holding, "columns": made.columns}, as_json=as_json)


@command.command("withdraw")
@click.argument("number")
@click.argument("holding")
@acting_option(writes=True)
@json_option
def withdraw(number: str, holding: str, actor: Actor, as_json: bool) -> None:
    """Let library NUMBER share columns of your HOLDING on no more."""
    from hefu.rooms.holdings import services

    services.withdraw_consent(number=number, holding=holding, actor=actor, clock=SystemClock())
    show({"library": number, "holding": holding, "columns": []}, as_json=as_json)


def _read(file: Path) -> "LibraryStated":
    from hefu.rooms.holdings.terms import FieldStated, LibraryKind, LibraryStated, PartStated

    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        return LibraryStated(
            str(body["name"]),
            LibraryKind(body["kind"]),
            str(body["subject"]),
            tuple(
                PartStated(str(one["holding"]), str(one["subject"]), str(one.get("changed", "")))
                for one in body["parts"]
            ),
            tuple(
                FieldStated(
                    str(one["name"]), str(one["wins"]), tuple((str(name), str(of)) for name, of in one["sources"])
                )
                for one in body["fields"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise click.BadParameter(f"{file.name} does not state a library: {error}", param_hint="FILE") from None


def _summary(row: "Library") -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "kind": row.kind,
        "department": row.department.name,
        "subject": row.subject,
        "status": row.status,
        "subjects": row.subjects,
        "version": row.version,
        "finished_at": row.finished_at,
    }
