"""`hefu exchange`: deliveries that keep tables in step."""

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import told
from hefu.cli.output import as_json_text, json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery
    from hefu.rooms.deliveries.queries import FollowNow


@click.group("exchange")
def command() -> None:
    """Keep tables in step with their sources: look, begin, pause, go on, end."""


@command.command("list")
@click.option("--search", default="", help="Part of a number or an entry's name.")
@click.option("--all", "every", is_flag=True, help="Also those that have ended.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(search: str, every: bool, limit: int, actor: Actor, as_json: bool) -> None:
    """List the deliveries that keep a table in step, newest first."""
    from hefu.rooms.deliveries import queries
    from hefu.rooms.deliveries.terms import DeliveryStatus
    from hefu.rooms.grants.terms import Way

    found = queries.deliveries(viewer=actor, mode=Way.FOLLOW, search=search)
    if not every:
        found = found.exclude(status__in=[DeliveryStatus.CANCELLED, DeliveryStatus.STOPPED])
    rows = list(found[:limit])
    lags = queries.lags(rows, clock=SystemClock())
    show_rows(
        [_summary(row) | _fares(*lags[row.pk]) for row in rows if row.pk in lags],
        as_json=as_json,
        columns=("number", "status", "pulse", "behind_seconds", "grant", "consumer", "entry"),
    )


@command.command("show")
@click.argument("number")
@acting_option(writes=False)
@json_option
def show_one(number: str, actor: Actor, as_json: bool) -> None:
    """Show how delivery NUMBER fares, what it did and what it costs its source."""
    from hefu.rooms.deliveries import queries

    row = queries.delivery(number, viewer=actor)
    now = queries.follow_now(number, viewer=actor, clock=SystemClock())
    show(_summary(row) | _detail(now), as_json=as_json)


@command.command("windows")
@click.argument("number")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def windows(number: str, limit: int, actor: Actor, as_json: bool) -> None:
    """List what delivery NUMBER did, window by window, newest first."""
    from hefu.rooms.deliveries import queries

    names = (
        "number", "copy", "opened_at", "closed_at", "lsn_from", "lsn_to", "transactions", "inserted", "updated",
        "deleted", "rejected",
    )  # fmt: skip
    found = queries.windows(queries.delivery(number, viewer=actor))[:limit]
    show_rows([{name: getattr(one, name) for name in names} for one in found], as_json=as_json, columns=names)


@command.command("receipt")
@click.argument("number")
@click.argument("window", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@acting_option(writes=False)
@json_option
def receipt(number: str, window: int, file: Path, actor: Actor, as_json: bool) -> None:
    """Write the receipt of WINDOW of delivery NUMBER into FILE; `hefu verify FILE` checks it anywhere."""
    from hefu.rooms.deliveries import services

    data = services.window_receipt_of(number=number, which=window, viewer=actor, clock=SystemClock())
    file.write_bytes(data)
    show({"delivery": number, "window": window, "file": str(file), "bytes": len(data)}, as_json=as_json)


@command.command("watch")
@click.argument("number")
@acting_option(writes=False)
@json_option
def watch(number: str, actor: Actor, as_json: bool) -> int:
    """Look at delivery NUMBER every second until it rests or ends. With --json, one document a line."""
    from hefu.rooms.deliveries import queries
    from hefu.rooms.deliveries.terms import OPEN

    while True:
        now = queries.follow_now(number, viewer=actor, clock=SystemClock())
        if as_json:
            click.echo(as_json_text(_detail(now)).replace("\n", ""))
        else:
            behind = f"{now.behind.total_seconds():.1f} s behind" if now.behind is not None else "not yet in step"
            line = f"{now.status}  {now.pulse}  {behind}  {now.rate:,.1f} changes/s  {now.position}"
            click.echo(line + (f"  waits for {now.waits.transactions} at its source" if now.waits else ""))
        if now.status not in OPEN:
            return 0
        time.sleep(1)


@command.command("follow")
@click.argument("grant")
@acting_option(writes=True)
@json_option
def follow(grant: str, actor: Actor, as_json: bool) -> None:
    """Keep the table of GRANT in step from now on; both sides are asked first whether they can."""
    from hefu.rooms.deliveries import services

    show(_summary(services.follow_grant(grant=grant, actor=actor, clock=SystemClock())), as_json=as_json)


@command.command("timetable")
@click.argument("grant")
@click.argument("times", required=False)
@click.option("--drop", is_flag=True, help="Copy only when somebody asks.")
@acting_option(writes=True)
@json_option
def timetable(grant: str, times: str | None, drop: bool, actor: Actor, as_json: bool) -> None:
    """Deliver the rows of GRANT at TIMES, such as "每个工作日 02:00" or "0 2 * * 1-5"; without, show them.

    TIMES may also name what is waited for: "after G2026-000001" (a delivery), "after H2026-000001" (a collection),
    "after L2026-000001" (a library), "after collection" (of the grant's own entry).
    """
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.grants import queries as grants

    clock = SystemClock()
    if drop:
        services.drop_timetable(grant=grant, actor=actor, clock=clock)
    elif times:
        services.set_timetable(grant=grant, text=times, actor=actor, clock=clock)
    found = queries.times_of(grants.grant(grant, viewer=actor), clock=clock)
    show({"grant": grant, "timetable": None} if found is None else {"grant": grant} | vars(found), as_json=as_json)


@command.command("increments")
@click.argument("grant")
@click.option("--item", default="", help="The item that grows, by its code: a moment, or a number.")
@click.option("--overlap", default="10m", show_default=True, help="Read again: 90s, 10m, 2h, 3d, or a number.")
@click.option("--whole", is_flag=True, help="Bring whole copies again.")
@acting_option(writes=True)
@json_option
def increments(grant: str, item: str, overlap: str, whole: bool, actor: Actor, as_json: bool) -> None:
    """Bring new and changed rows of GRANT alone, told by an item; without one, show how they are told."""
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.grants import queries as grants

    clock = SystemClock()
    if whole:
        services.bring_whole(grant=grant, actor=actor, clock=clock)
    elif item:
        services.bring_increments(grant=grant, item=item, overlap=_overlap(overlap), actor=actor, clock=clock)
    found = grants.grant(grant, viewer=actor)
    chosen = queries.increments_of(found)
    names = ("item", "moments", "overlap", "set_by_name", "set_at")
    told_ = {name: getattr(chosen, name) for name in names} if chosen else {}
    show({"grant": grant, "way": found.way} | told_, as_json=as_json)


@command.command("news")
@click.argument("grant")
@click.option("--hold-below", type=click.IntRange(0, 100), help="Hold a copy below so many percent of the last rows.")
@acting_option(writes=True)
@json_option
def news(grant: str, hold_below: int | None, actor: Actor, as_json: bool) -> None:
    """Show when the source of GRANT last gave something new, and whether it is silent."""
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.grants import queries as grants

    if hold_below is not None:
        services.set_least_share(grant=grant, percent=hold_below, actor=actor, clock=SystemClock())
    found = queries.news_of(grants.grant(grant, viewer=actor))
    names = ("news_at", "looked_at", "silent_since", "rows", "least_share")
    show({"grant": grant} | {name: getattr(found, name) for name in names if found}, as_json=as_json)


@command.group("alarms")
def alarms() -> None:
    """Addresses that your department's alarms are sent to."""


@alarms.command("list")
@acting_option(writes=False)
@json_option
def alarms_list(actor: Actor, as_json: bool) -> None:
    """List the addresses."""
    from hefu.rooms.deliveries import queries

    names = ("id", "causes", "added_by_name", "added_at")
    rows = [
        {name: getattr(one, name) for name in names} | {"url": queries.shown_url(one, viewer=actor)}
        for one in queries.hooks(viewer=actor)
    ]
    show_rows(rows, as_json=as_json, columns=("id", "url", "causes", "added_by_name", "added_at"))


@alarms.command("add")
@click.argument("url")
@click.option("--of", "causes", multiple=True, help="failed, held, lagging, silent, missed or cleared; without, all.")
@acting_option(writes=True)
@json_option
def alarms_add(url: str, causes: tuple[str, ...], actor: Actor, as_json: bool) -> None:
    """Have alarms sent to URL; shows the secret that they are signed with, this once."""
    from hefu.kernel.refusal import Forbidden
    from hefu.rooms.deliveries import services
    from hefu.rooms.deliveries.terms.hooks import Cause

    if actor.department_id is None:
        raise Forbidden(action="deliveries.hook")
    chosen = [
        Cause(click.Choice([one.value for one in Cause if one is not Cause.TEST]).convert(one, None, None))
        for one in causes
    ] or None
    row, secret = services.add_hook(
        department_id=actor.department_id, url=url, causes=chosen, actor=actor, clock=SystemClock()
    )
    show({"id": row.pk, "url": row.url, "causes": row.causes, "secret": secret}, as_json=as_json)


@alarms.command("sent")
@click.argument("hook", type=click.UUID)
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def alarms_sent(hook: UUID, limit: int, actor: Actor, as_json: bool) -> None:
    """List what became of the alarms to address HOOK, newest first."""
    from hefu.rooms.deliveries import queries

    names = ("id", "cause", "state", "tries", "answer", "made_at", "next_try_at", "ended_at")
    found = queries.hook_calls(queries.hook(hook, viewer=actor))[:limit]
    rows = [{name: getattr(one, name) for name in names} | {"error": told(one.error)} for one in found]
    show_rows(rows, as_json=as_json, columns=(*names, "error"))


@alarms.command("test")
@click.argument("hook", type=click.UUID)
@acting_option(writes=True)
@json_option
def alarms_test(hook: UUID, actor: Actor, as_json: bool) -> None:
    """Send a test to address HOOK."""
    from hefu.rooms.deliveries import services

    row = services.test_hook(hook_id=hook, actor=actor, clock=SystemClock())
    show({"id": row.pk, "state": row.state}, as_json=as_json)


@alarms.command("drop")
@click.argument("hook", type=click.UUID)
@acting_option(writes=True)
@json_option
def alarms_drop(hook: UUID, actor: Actor, as_json: bool) -> None:
    """Send no more alarms to address HOOK."""
    from hefu.rooms.deliveries import services

    services.drop_hook(hook_id=hook, actor=actor, clock=SystemClock())
    show({"id": hook, "state": "dropped"}, as_json=as_json)


def _overlap(text: str) -> int:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        raise click.BadParameter("state 90s, 10m, 2h, 3d, or a number", param_hint="--overlap")
    return int(number) * unit


@command.command("compare")
@click.argument("number")
@click.option("--mend", is_flag=True, help="Bring what differs to what the source grants now.")
@acting_option(writes=True)
@json_option
def compare(number: str, mend: bool, actor: Actor, as_json: bool) -> int:
    """Hold the table of delivery NUMBER against its source, here and now: exit 0 when both sides agree."""
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.deliveries.comparing import carry_comparison

    clock = SystemClock()
    asked = services.ask_comparison(number=number, mends=mend, actor=actor, clock=clock)
    carry_comparison(asked.pk, clock=clock)
    row = queries.comparisons(queries.delivery(number, viewer=actor)).get(pk=asked.pk)
    names = (
        "state", "rows_source", "rows_target", "digest_source", "digest_target", "missing", "extra", "different",
        "inserted", "updated", "deleted",
    )  # fmt: skip
    facts = {"number": number, "agrees": row.agrees} | {name: getattr(row, name) for name in names}
    show(facts | {"error": told(row.error)}, as_json=as_json)
    return 0 if row.agrees or (mend and row.state == "done") else 1


@command.command("stop-comparing")
@click.argument("number")
@acting_option(writes=True)
@json_option
def stop_comparing(number: str, actor: Actor, as_json: bool) -> None:
    """Stop the comparison of delivery NUMBER that is under way; what it had mended so far is undone."""
    from hefu.rooms.deliveries import services

    row = services.stop_comparison(number=number, actor=actor, clock=SystemClock())
    show({"number": number, "state": row.state, "stop_asked_at": row.stop_asked_at}, as_json=as_json)


@command.command("compare-at")
@click.argument("grant")
@click.argument("times", required=False)
@click.option("--drop", is_flag=True, help="Compare only when somebody asks.")
@acting_option(writes=True)
@json_option
def compare_at(grant: str, times: str | None, drop: bool, actor: Actor, as_json: bool) -> None:
    """Have the table of GRANT compared with its source at TIMES, such as "每周一 03:00"; without, show them."""
    from hefu.rooms.deliveries import queries, services
    from hefu.rooms.grants import queries as grants

    clock = SystemClock()
    if drop:
        services.drop_comparing_times(grant=grant, actor=actor, clock=clock)
    elif times:
        services.set_comparing_times(grant=grant, text=times, actor=actor, clock=clock)
    found = queries.comparing_times_of(grants.grant(grant, viewer=actor), clock=clock)
    names = ("text", "next_times", "last_at", "missed", "missed_at", "missed_because", "set_by", "set_by_name")
    facts = {"timetable": None} if found is None else {name: getattr(found, name) for name in names}
    show({"grant": grant} | facts, as_json=as_json)


@command.command("pause")
@click.argument("number")
@click.option("--reason", default="", help="Goes on record.")
@acting_option(writes=True)
@json_option
def pause(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Let delivery NUMBER rest; its source keeps its log for it meanwhile."""
    from hefu.rooms.deliveries import services

    row = services.pause_delivery(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("resume")
@click.argument("number")
@click.option("--take-fewer", is_flag=True, help="Let the table lose far more rows than it keeps, once.")
@acting_option(writes=True)
@json_option
def resume(number: str, take_fewer: bool, actor: Actor, as_json: bool) -> None:
    """Let delivery NUMBER, which rests, failed or was ended, go on."""
    from hefu.rooms.deliveries import services

    row = services.retry_delivery(number=number, take_fewer=take_fewer, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("stop")
@click.argument("number")
@click.option("--reason", default="", help="Goes on record.")
@acting_option(writes=True)
@json_option
def stop(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """End delivery NUMBER; its source keeps nothing for it from then on."""
    from hefu.rooms.deliveries import services

    row = services.cancel_delivery(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("processes")
@acting_option(writes=False)
@json_option
def processes(actor: Actor, as_json: bool) -> None:
    """List the processes that carry such deliveries now."""
    from hefu.rooms.deliveries import queries

    del actor
    names = ("host", "pid", "carries", "started_at", "seen_at")
    found = queries.followers()
    show_rows([{name: getattr(one, name) for name in names} for one in found], as_json=as_json, columns=names)


@command.command("flows")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far to look back.")
@acting_option(writes=False)
@json_option
def flows(days: int, actor: Actor, as_json: bool) -> None:
    """List what each department gave to each other one, the most rows first."""
    from dataclasses import asdict

    from hefu.rooms.deliveries import queries

    found = queries.flows(viewer=actor, since=SystemClock().now() - timedelta(days=days))
    columns = ("provider", "consumer", "grants", "deliveries", "rows", "failed", "last")
    show_rows([asdict(one) for one in found], as_json=as_json, columns=columns)


@command.command("ways")
@click.argument("entry")
@acting_option(writes=False)
@json_option
def ways(entry: str, actor: Actor, as_json: bool) -> None:
    """List where the columns of ENTRY, a code or an id, go under grants: from the source's to the consumer's."""
    from hefu.rooms.catalog import queries as catalog
    from hefu.rooms.grants import queries as grants

    found = grants.passages(catalog.entry(entry, viewer=actor).pk, viewer=actor)
    rows = []
    for one in found:
        columns = {item.name: item.column for item in one.ticket.items} if one.ticket else {}
        for item in one.grant.granted_items:
            arrives = item.delivered_as or item.code
            rows.append(
                {
                    "grant": one.grant.number,
                    "consumer": one.grant.consumer.name,
                    "item": item.name,
                    "source_column": columns.get(arrives, ""),
                    "mask": type(item.mask).__name__.lower() if item.mask else "",
                    "column": arrives,
                }
            )
    show_rows(rows, as_json=as_json, columns=("grant", "consumer", "item", "source_column", "mask", "column"))


def _summary(row: "Delivery") -> dict[str, Any]:
    return {
        "number": row.number,
        "status": row.status,
        "grant": row.grant.number,
        "consumer": row.consumer.name,
        "provider": row.provider.name,
        "entry": row.grant.entry_name,
        "asked_at": row.asked_at,
    }


def _fares(pulse: Any, behind: Any) -> dict[str, Any]:
    return {"pulse": pulse, "behind_seconds": round(behind.total_seconds(), 1) if behind is not None else None}


def _detail(now: "FollowNow") -> dict[str, Any]:
    names = (
        "behind_bytes", "held_bytes", "most_held_bytes", "rate", "position", "last_change_at", "heard_at", "copies",
        "copied_at", "transactions", "changes", "inserted", "updated", "deleted", "rejected", "windows", "pause_asked",
        "cancel_asked", "alarm", "alarm_at", "slot_state", "next_try_at", "together",
    )  # fmt: skip
    told_ = {"error": told(now.error), "drop_error": told(now.drop_error)}
    held = now.waits
    whose = " ".join(filter(None, (held.user, held.application, held.database))) if held else ""
    waits = {
        "waits_for": held.transactions if held else None,
        "waits_since": held.since if held else None,
        "waits_whose": whose or None,
    }
    return _fares(now.pulse, now.behind) | {name: getattr(now, name) for name in names} | waits | told_
