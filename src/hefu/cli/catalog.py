"""`hefu catalog`: look at entries, take catalogues in from files, review and publish."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hefu.cli import catalog_imports, catalog_search
from hefu.cli.acting import acting_option
from hefu.cli.catalog_export import export, fetch_ckan
from hefu.cli.output import json_option, show, show_rows
from hefu.cli.upkeep import coverage
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Entry

SHARE_TYPES = click.Choice(["unconditional", "conditional", "none"])


@click.group("catalog")
def command() -> None:
    """List, import and publish catalogue entries."""


catalog_imports.add_to(command)
catalog_search.add_to(command)


command.add_command(coverage)


command.add_command(export)
command.add_command(fetch_ckan)


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
            for one in queries.versions(entry)
        ]
    show_rows(rows, as_json=as_json)


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


@command.command("cause")
@click.option("--cause", type=click.Choice(["law", "decision", "duties", "information"]), required=True)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day on which it changed.")
@click.option("--note", required=True, help="Which law, decision or duty.")
@_on_entry
def cause(code: str, cause: str, on: datetime, note: str, actor: Actor, as_json: bool) -> None:
    """Note that entry CODE must follow a change; its department's time to update runs from that day."""
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.terms import Cause

    found = queries.entry(code, viewer=actor)
    entry = services.note_cause(
        entry_id=found.pk, cause=Cause(cause), on=on.date(), note=note, actor=actor, clock=SystemClock()
    )
    show(_summary(entry), as_json=as_json)


@command.command("more-time")
@click.option("--days", type=int, required=True, help="Working days, at most what the law allows.")
@click.option("--reason", required=True, help="What is special about it.")
@_on_entry
def more_time(code: str, days: int, reason: str, actor: Actor, as_json: bool) -> None:
    """Consent to more time for the update of entry CODE, once."""
    from hefu.rooms.catalog import queries, services

    found = queries.entry(code, viewer=actor)
    entry = services.extend_update(entry_id=found.pk, days=days, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(entry), as_json=as_json)


def _written(code: str, actor: Actor) -> "Entry":
    """Return what is being written under a code: the open change of a published entry, else the entry."""
    from hefu.rooms.catalog import queries

    entry = queries.entry(code, viewer=actor)
    return queries.change_of(entry.pk, viewer=actor) or entry


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
