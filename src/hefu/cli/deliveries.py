"""`hefu deliveries`: run, watch, cancel and prove deliveries."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import told
from hefu.cli.output import as_json_text, json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery


@click.group("deliveries")
def command() -> None:
    """Run, watch and cancel deliveries."""


@command.command("list")
@click.option("--status", default="", help="waiting, running, done, failed, cancelled or stopped.")
@click.option("--grant", default="", help="Number of a grant.")
@click.option("--search", default="", help="Part of a number or an entry's name.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(status: str, grant: str, search: str, limit: int, actor: Actor, as_json: bool) -> None:
    """List deliveries, newest first."""
    from hefu.rooms.deliveries import queries
    from hefu.rooms.deliveries.terms import DeliveryStatus

    chosen = click.Choice([word.value for word in DeliveryStatus]).convert(status, None, None) if status else None
    known = DeliveryStatus(chosen) if chosen else None
    found = queries.deliveries(viewer=actor, status=known, grant=grant, search=search)[:limit]
    show_rows(
        [_summary(row) for row in found],
        as_json=as_json,
        columns=("number", "status", "grant", "consumer", "entry", "rows_written", "rows_rejected", "asked_at"),
    )


@command.command("show")
@click.argument("number")
@acting_option(writes=False)
@json_option
def show_one(number: str, actor: Actor, as_json: bool) -> None:
    """Show delivery NUMBER with its counts and what went wrong."""
    from hefu.rooms.deliveries import queries

    row = queries.delivery(number, viewer=actor)
    facts = _summary(row) | {
        "rows_read": row.rows_read,
        "rejected": row.rejected,
        "digest_source": row.digest_source,
        "digest_target": row.digest_target,
        "lane": row.lane,
        "attempt": row.attempt,
        "milliseconds": row.milliseconds,
        "file_sha256": row.file_sha256,
        "increment": queries.increment_of(row, viewer=actor),
        "joined": queries.joined_of(row),
        "held": row.held,
        "error": told(row.error),
        "next_try_at": row.next_try_at,
    }
    show(facts, as_json=as_json)


@command.command("start")
@click.argument("grant")
@click.option("--format", "file_format", default="csv", type=click.Choice(["csv", "xlsx", "parquet", "jsonl"]))
@click.option("--whole", is_flag=True, help="Replace all rows also where the grant brings new ones alone.")
@acting_option(writes=True)
@json_option
def start(grant: str, file_format: str, whole: bool, actor: Actor, as_json: bool) -> None:
    """Start a delivery under GRANT; a table's earlier rows are replaced, unless it brings new ones alone."""
    from hefu.dataplane.formats import FileFormat
    from hefu.rooms.deliveries import services

    row = services.start_delivery(
        grant=grant, file_format=FileFormat(file_format), whole=whole, actor=actor, clock=SystemClock()
    )
    show(_summary(row), as_json=as_json)


@command.command("join")
@click.argument("left")
@click.argument("right")
@click.option("--on", "pairs", multiple=True, required=True, metavar="COLUMN=COLUMN", help="Of LEFT and of RIGHT.")
@click.option(
    "--kind", default="inner", type=click.Choice(["inner", "left"]), help="left keeps rows without a partner."
)
@click.option("--table", required=True, help="Table of the joined rows; its name begins with joined_.")
@acting_option(writes=True)
@json_option
def join(left: str, right: str, pairs: tuple[str, ...], kind: str, table: str, actor: Actor, as_json: bool) -> None:
    """Deliver what grants LEFT and RIGHT deliver, joined where columns of both are equal, into one table."""
    from hefu.dataplane.join import Joining, JoinKind
    from hefu.rooms.deliveries import services

    on = []
    for pair in pairs:
        ours, sign, theirs = pair.partition("=")
        if not (sign and ours and theirs):
            raise click.BadParameter(f"{pair!r} is not COLUMN=COLUMN", param_hint="--on")
        on.append((ours, theirs))
    joining = Joining(JoinKind(kind), tuple(on), table)
    row = services.join_grants(left=left, right=right, joining=joining, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("join-times")
@click.argument("number")
@click.argument("times", required=False)
@click.option("--drop", is_flag=True, help="Join only when somebody asks.")
@acting_option(writes=True)
@json_option
def join_times(number: str, times: str | None, drop: bool, actor: Actor, as_json: bool) -> None:
    """Join again what NUMBER joined at TIMES, such as "每个工作日 02:00" or "0 2 * * 1-5"; without, show them."""
    from hefu.rooms.deliveries import queries, services

    clock = SystemClock()
    if drop:
        services.drop_join_times(number=number, actor=actor, clock=clock)
    elif times:
        services.set_join_times(number=number, text=times, actor=actor, clock=clock)
    found = queries.join_times_of(queries.delivery(number, viewer=actor), clock=clock)
    facts = {"timetable": None} if found is None else {k: v for k, v in vars(found).items() if k != "after"}
    show({"delivery": number} | facts, as_json=as_json)


@command.command("watch")
@click.argument("number")
@acting_option(writes=False)
@json_option
def watch(number: str, actor: Actor, as_json: bool) -> int:
    """Follow delivery NUMBER to its end: exit 0 when it arrived. With --json, one document a line."""
    from hefu.rooms.deliveries import queries
    from hefu.rooms.deliveries.terms import DeliveryStatus

    while True:
        now = queries.progress(number, viewer=actor, clock=SystemClock())
        if as_json:
            click.echo(as_json_text(vars(now)).replace("\n", ""))
        else:
            left = f", {now.time_left.total_seconds():.0f} s left" if now.time_left is not None else ""
            of = f" of about {now.rows_expected:,}" if now.rows_expected else ""
            click.echo(f"{now.status}  {now.phase}  {now.rows:,}{of} rows, {now.rate:,}/s{left}")
        if not now.is_open:
            if now.error:
                click.echo(told(now.error), err=True)
            return 0 if now.status is DeliveryStatus.DONE else 1
        time.sleep(1)


@command.command("cancel")
@click.argument("number")
@click.option("--reason", default="", help="Goes on record.")
@acting_option(writes=True)
@json_option
def cancel(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Stop delivery NUMBER; a running one ends within five seconds."""
    from hefu.rooms.deliveries import services

    row = services.cancel_delivery(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("retry")
@click.argument("number")
@click.option("--take-fewer", is_flag=True, help="Replace the table by far fewer rows all the same.")
@acting_option(writes=True)
@json_option
def retry(number: str, take_fewer: bool, actor: Actor, as_json: bool) -> None:
    """Let the failed or cancelled delivery NUMBER go on where it was."""
    from hefu.rooms.deliveries import services

    row = services.retry_delivery(number=number, take_fewer=take_fewer, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("receipt")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@acting_option(writes=False)
@json_option
def receipt(number: str, file: Path, actor: Actor, as_json: bool) -> None:
    """Write the receipt of delivery NUMBER into FILE; `hefu verify FILE` checks it anywhere."""
    from hefu.rooms.deliveries import services

    data = services.receipt_of(number=number, viewer=actor, clock=SystemClock())
    file.write_bytes(data)
    show({"delivery": number, "file": str(file), "bytes": len(data)}, as_json=as_json)


def _summary(row: "Delivery") -> dict[str, Any]:
    return {
        "number": row.number,
        "status": row.status,
        "grant": row.grant.number,
        "consumer": row.consumer.name,
        "provider": row.provider.name,
        "entry": row.grant.entry_name,
        "channel": row.channel,
        "rows_written": row.rows_written,
        "rows_rejected": row.rows_rejected,
        "asked_at": row.asked_at,
        "finished_at": row.finished_at,
    }
