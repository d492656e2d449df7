"""`hefu holdings`: collect entries into the node's lake, look at what was held when, take it out."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import told
from hefu.cli.output import as_json_text, json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import CHINA, SystemClock

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import CollectionRun, Holding
    from hefu.rooms.holdings.queries import HoldingNow

_TAKING = click.Choice(["snapshot", "merge"])


@click.group("holdings")
def command() -> None:
    """Collect entries into the node's lake, look back, take out."""


@command.command("list")
@click.option("--search", default="", help="Part of a number, or of an entry's name or code.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(search: str, limit: int, actor: Actor, as_json: bool) -> None:
    """List holdings, newest first."""
    from hefu.rooms.holdings import queries

    found = list(queries.holdings(viewer=actor, search=search)[:limit])
    stands = queries.standings(found, clock=SystemClock())
    show_rows(
        [_summary(row, stands[row.pk]) for row in found],
        as_json=as_json,
        columns=("number", "entry", "name", "department", "taking", "freshness", "rows", "collected_at"),
    )


@command.command("open")
@click.argument("entry")
@click.option("--taking", default="snapshot", show_default=True, type=_TAKING, help="How rows become the holding's.")
@acting_option(writes=True)
@json_option
def open_one(entry: str, taking: str, actor: Actor, as_json: bool) -> None:
    """Let the published, mounted ENTRY be collected; `collect` begins."""
    from hefu.dataplane.lake.table import Taking
    from hefu.rooms.holdings import services

    row = services.open_holding(entry=entry, taking=Taking(taking), actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("change")
@click.argument("number")
@click.option("--taking", default=None, type=_TAKING)
@click.option("--at", "timetable", default=None, help="Times in words or cron; empty for only when asked.")
@click.option("--serve/--no-serve", "serves", default=None, help="Whether grants are delivered from it.")
@acting_option(writes=True)
@json_option
def change(
    number: str, taking: str | None, timetable: str | None, serves: bool | None, actor: Actor, as_json: bool
) -> None:
    """Set how and when holding NUMBER is collected."""
    from hefu.dataplane.lake.table import Taking
    from hefu.rooms.holdings import queries, services

    now = queries.holding(number, viewer=actor)
    row = services.change_holding(
        number=number,
        taking=Taking(taking or now.taking),
        timetable=now.timetable if timetable is None else timetable,
        serves=serves,
        actor=actor,
        clock=SystemClock(),
    )
    show(_summary(row) | {"timetable": row.timetable, "next_at": row.next_at, "serves": row.serves}, as_json=as_json)


@command.command("collect")
@click.argument("number")
@click.option("--empty-is-true", is_flag=True, help="The source is known to be really empty now.")
@click.option("--wait", is_flag=True, help="Follow the run to its end: exit 0 when it collected.")
@acting_option(writes=True)
@json_option
def collect(number: str, empty_is_true: bool, wait: bool, actor: Actor, as_json: bool) -> int:
    """Start a collection of holding NUMBER."""
    from hefu.rooms.holdings import services

    run = services.start_run(number=number, empty_is_true=empty_is_true, actor=actor, clock=SystemClock())
    if wait:
        return _watch(run.number, actor, as_json=as_json)
    show(_run(run), as_json=as_json)
    return 0


@command.command("status")
@click.argument("number")
@acting_option(writes=False)
@json_option
def status(number: str, actor: Actor, as_json: bool) -> None:
    """Show how holding NUMBER stands, and its last run."""
    from hefu.rooms.holdings import queries

    row = queries.holding(number, viewer=actor)
    now = queries.standing(row, clock=SystemClock())
    run = now.open or queries.runs(row).first()
    facts = _summary(row) | {
        "timetable": row.timetable,
        "next_times": list(now.next_times),
        "kept_days": row.kept_days,
        "bytes": queries.bytes_held(row),
        "run": _run(run) if run else None,
    }
    show(facts, as_json=as_json)


@command.command("history")
@click.argument("number")
@acting_option(writes=False)
@json_option
def history(number: str, actor: Actor, as_json: bool) -> None:
    """List the versions of holding NUMBER, newest first."""
    from hefu.rooms.holdings import queries

    rows = [vars(version) for version in queries.history(queries.holding(number, viewer=actor))]
    show_rows(
        rows,
        as_json=as_json,
        columns=("number", "at", "run", "taking", "rows", "inserted", "updated", "removed", "readable"),
    )


@command.command("cancel")
@click.argument("run")
@acting_option(writes=True)
@json_option
def cancel(run: str, actor: Actor, as_json: bool) -> None:
    """Stop the collection RUN; the holding stays as it was."""
    from hefu.rooms.holdings import services

    show(_run(services.cancel_run(number=run, actor=actor, clock=SystemClock())), as_json=as_json)


@command.command("query")
@click.argument("number")
@click.option("--as-of", "moment", default="", help="A day or an instant, such as 2026-11-22 or 2026-11-22T08:00.")
@click.option("--version", type=int, default=None, help="A version instead.")
@click.option("--where", multiple=True, metavar="COLUMN=TEXT", help="Only rows with this value; may stand again.")
@click.option("--reason", required=True, help="Why; goes on record.")
@acting_option(writes=True)
@json_option
def query(
    number: str, moment: str, version: int | None, where: tuple[str, ...], reason: str, actor: Actor, as_json: bool
) -> None:
    """Show at most 100 rows of holding NUMBER as it was."""
    from hefu.rooms.holdings import services

    wanted, seen = services.look_at(
        number=number,
        version=version,
        at=_instant(moment),
        equal=dict(_pair(one) for one in where),
        reason=reason,
        actor=actor,
        clock=SystemClock(),
    )
    rows = [dict(zip(seen.columns, row, strict=True)) for row in seen.rows]
    if as_json:
        click.echo(as_json_text({"version": wanted.number, "at": wanted.at, "matching": seen.matching, "rows": rows}))
        return
    show_rows(rows, as_json=False, columns=seen.columns)
    click.echo(f"version {wanted.number} of {wanted.at.astimezone(CHINA):%Y-%m-%d %H:%M}, {seen.matching:,} rows match")


@command.command("export")
@click.argument("number")
@click.option("--as-of", "moment", default="", help="A day or an instant.")
@click.option("--version", type=int, default=None, help="A version instead.")
@click.option("--format", "file_format", default="csv", type=click.Choice(["csv", "xlsx", "parquet"]))
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Why; goes on record.")
@acting_option(writes=True)
@json_option
def export(
    number: str,
    moment: str,
    version: int | None,
    file_format: str,
    output: Path,
    reason: str,
    actor: Actor,
    as_json: bool,
) -> None:
    """Write a version of holding NUMBER into a file."""
    from hefu.dataplane.formats import FileFormat
    from hefu.rooms.holdings import services

    wanted = services.take_out(
        number=number,
        version=version,
        at=_instant(moment),
        file_format=FileFormat(file_format),
        into=output,
        reason=reason,
        actor=actor,
        clock=SystemClock(),
    )
    show({"version": wanted.number, "at": wanted.at, "rows": wanted.rows, "file": output}, as_json=as_json)


@command.command("rejects")
@click.argument("run")
@click.option("--limit", default=50, show_default=True, help="Most rows.")
@acting_option(writes=True)
@json_option
def rejects(run: str, limit: int, actor: Actor, as_json: bool) -> None:
    """Show rows that RUN rejected, with reasons; values to their own department alone, and on record."""
    from hefu.rooms.holdings import queries, services

    found = queries.run(run, viewer=actor)
    seen = services.reveal_rejects(found=found, limit=limit, actor=actor, clock=SystemClock())
    show_rows([vars(row) for row in seen], as_json=as_json, columns=("place", "reasons", "values"))


@command.command("receipt")
@click.argument("run")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@acting_option(writes=False)
@json_option
def receipt(run: str, output: Path, actor: Actor, as_json: bool) -> None:
    """Write the receipt of the collection RUN; `hefu verify` checks it offline."""
    from hefu.rooms.holdings import services

    output.write_bytes(services.receipt_of(number=run, viewer=actor, clock=SystemClock()))
    show({"run": run, "file": output}, as_json=as_json)


@command.command("keep")
@click.argument("number")
@click.option("--days", type=click.IntRange(7, 36500), default=None, help="For how long replaced versions are kept.")
@click.option("--for-ever", is_flag=True, help="Keep every version.")
@acting_option(writes=True)
@json_option
def keep(number: str, days: int | None, for_ever: bool, actor: Actor, as_json: bool) -> None:
    """Set how long the versions of holding NUMBER are kept; what is older goes every night."""
    from hefu.rooms.holdings import services

    if (days is None) is not for_ever:
        raise click.UsageError("Give either --days or --for-ever.")
    row = services.keep_for(number=number, days=days, actor=actor, clock=SystemClock())
    show({"number": number, "kept_days": row.kept_days}, as_json=as_json)


@command.command("vacuum")
@click.argument("number")
@click.option("--keep-days", required=True, type=click.IntRange(7, 36500), help="Replaced longer ago is dropped.")
@acting_option(writes=True)
@json_option
def vacuum(number: str, keep_days: int, actor: Actor, as_json: bool) -> None:
    """Delete the files of old versions of holding NUMBER now; what they counted stays."""
    from hefu.rooms.holdings import services

    kept = timedelta(days=keep_days)
    dropped = services.drop_versions(number=number, kept_for=kept, actor=actor, clock=SystemClock())
    show(
        {
            "number": number,
            "files_deleted": dropped.files,
            "bytes_freed": dropped.bytes,
            "bytes_kept": dropped.bytes_kept,
        },
        as_json=as_json,
    )


@command.command("close")
@click.argument("number")
@click.option("--reason", required=True, help="Goes on record.")
@acting_option(writes=True)
@json_option
def close(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Collect holding NUMBER no more; what it holds stays."""
    from hefu.rooms.holdings import services

    row = services.close_holding(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


def _watch(number: str, actor: Actor, *, as_json: bool) -> int:
    from hefu.rooms.holdings import queries
    from hefu.rooms.holdings.terms import RunStatus

    while True:
        now = queries.progress(number, viewer=actor, clock=SystemClock())
        if as_json:
            click.echo(as_json_text(vars(now)).replace("\n", ""))
        else:
            click.echo(f"{now.status}  {now.phase}  {now.rows:,} rows, {now.rate:,}/s")
        if not now.is_open:
            if now.error:
                click.echo(told(now.error), err=True)
            return 0 if now.status is RunStatus.DONE else 1
        time.sleep(1)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is neither a day nor an instant", param_hint="--as-of") from None
    if len(text) == 10:
        found = datetime.combine(found, datetime.max.time())  # a day means as it ended
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _pair(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text} is not COLUMN=TEXT", param_hint="--where")
    return column, value


def _summary(row: "Holding", now: "HoldingNow | None" = None) -> dict[str, Any]:
    from hefu.rooms.holdings import queries

    now = now or queries.standing(row, clock=SystemClock())
    return {
        "number": row.number,
        "entry": row.entry.code,
        "name": row.entry.name,
        "department": row.department.name,
        "taking": row.taking,
        "freshness": now.freshness,
        "rows": now.last.rows_held if now.last else None,
        "collected_at": now.last.collected_at if now.last else None,
        "open_run": now.open.number if now.open else "",
        "closed_at": row.closed_at,
    }


def _run(row: "CollectionRun") -> dict[str, Any]:
    return {
        "run": row.number,
        "holding": row.holding.number,
        "status": row.status,
        "taking": row.taking,
        "version": row.version,
        "rows_read": row.rows_read,
        "rows_rejected": row.rows_rejected,
        "rejected": row.rejected,
        "rows_held": row.rows_held,
        "inserted": row.inserted,
        "updated": row.updated,
        "removed": row.removed,
        "digest_source": row.digest_source,
        "digest_held": row.digest_held,
        "asked_at": row.asked_at,
        "finished_at": row.finished_at,
        "error": told(row.error),
    }
