"""`hefu clocks`: what is due and why, the sweep, and what the authority sets where the law is silent."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import chosen
from hefu.cli.output import json_option, show, show_rows
from hefu.cli.site import prepare_site
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.law.settings import Settings
    from hefu.rooms.clocks.models import CaseClock


@click.group("clocks")
def command() -> None:
    """Statutory periods: what is due, why, and the sweep."""


@command.command("list")
@click.option("--mine", is_flag=True, help="Only what the department of whoever is named with --as must do.")
@click.option("--overdue", is_flag=True, help="Only those whose last day has passed.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(mine: bool, overdue: bool, limit: int, actor: Actor, as_json: bool) -> None:
    """List the open clocks, nearest last day first."""
    from hefu.rooms.clocks import queries

    today = SystemClock().today()
    found = queries.desk(viewer=actor) if mine else queries.running(viewer=actor)
    if overdue:
        found = found.filter(due_on__lt=today)
    show_rows(
        [_summary(clock) for clock in found[:limit]],
        as_json=as_json,
        columns=("subject", "rule", "responsible", "state", "due_on", "days_left"),
    )


@command.command("show")
@click.argument("subject")
@acting_option(writes=False)
@json_option
def show_case(subject: str, actor: Actor, as_json: bool) -> None:
    """Show every clock of case SUBJECT with the days and articles behind its last day."""
    from hefu.rooms.clocks import queries

    queries.clock_of(subject, viewer=actor)  # refused when there is nothing to see
    found = [_explained(clock) for clock in queries.clocks_of(subject, viewer=actor)]
    if as_json:
        show_rows(found, as_json=True)
        return
    for facts in found:
        lines = facts.pop("explained")
        steps = facts.pop("steps")
        show(facts, as_json=False)
        click.echo("\n".join(lines))
        show_rows(steps, as_json=False)


def _explained(clock: "CaseClock") -> dict[str, Any]:
    from hefu.law.explain import explain, step_lines
    from hefu.law.terms import Language
    from hefu.rooms.clocks import queries

    told = queries.explained(clock)
    language = Language.EN if chosen(os.environ) == "en" else Language.ZH
    return _summary(clock) | {
        "pack": str(told.counted.pack),
        "provisional": told.provisional,
        "moved": [
            {"change": one.change, "on": one.on, "due_before": one.due_before, "due_on": one.due_on}
            for one in told.moved
        ],
        "explained": explain(told.counted, language).splitlines(),
        "steps": [
            {"day": line.day, "label": line.label, "number": line.number, "reason": line.reason}
            for line in step_lines(told.counted, language)
        ],
    }


@command.command("sweep")
@json_option
def sweep(as_json: bool) -> None:
    """Look at every running clock now: warn and send up what is due. The worker does it by itself."""
    prepare_site()
    from hefu.rooms.clocks import services

    done = services.sweep(clock=SystemClock())
    show(
        {
            "warned": len(done.warned),
            "expired": len(done.expired),
            "refused": [sentence for _clock, sentence in done.refused],
        },
        as_json=as_json,
    )


@command.command("settings")
@json_option
def settings(as_json: bool) -> None:
    """Show what the authority set where the law gives no figure."""
    prepare_site()
    from hefu.rooms.clocks import queries

    show(_settings(queries.office()), as_json=as_json)


@command.command("set")
@click.option("--remind", multiple=True, type=int, help="Working days left at which a holder is reminded. Repeat it.")
@click.option(
    "--cut-off", type=click.DateTime(["%H:%M"]), default=None, help="What arrives later counts as tomorrow's."
)
@click.option("--no-cut-off", is_flag=True, help="The whole day counts.")
@click.option("--promptly", type=int, default=None, help="Working days taken for “promptly”.")
@click.option("--at-once", type=int, default=None, help="Hours taken for “at once”.")
@click.option("--set-time", type=int, default=None, help="Working days taken for “within a set time”.")
@click.option("--pause-incomplete/--run-incomplete", default=None, help="Clock of a request that is being completed.")
@acting_option(writes=True)
@json_option
def set_(
    remind: tuple[int, ...],
    cut_off: datetime | None,
    no_cut_off: bool,
    promptly: int | None,
    at_once: int | None,
    set_time: int | None,
    pause_incomplete: bool | None,
    actor: Actor,
    as_json: bool,
) -> None:
    """Change some of these settings, as the authority's reviewer or chief; the others stay."""
    from dataclasses import replace

    from hefu.rooms.clocks import queries, services

    wanted: dict[str, Any] = {
        "reminder_days": tuple(sorted(set(remind), reverse=True)) if remind else None,
        "cut_off": cut_off.time() if cut_off else None,
        "promptly_days": promptly,
        "at_once_hours": at_once,
        "set_time_days": set_time,
        "pause_while_incomplete": pause_incomplete,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    try:
        changed = replace(queries.office(), **given | ({"cut_off": None} if no_cut_off else {}))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    show(_settings(services.change_office(settings=changed, actor=actor, clock=SystemClock())), as_json=as_json)


def _settings(found: "Settings") -> dict[str, Any]:
    return {
        "reminder_days": list(found.reminder_days),
        "cut_off": f"{found.cut_off:%H:%M}" if found.cut_off else None,
        "promptly_days": found.promptly_days,
        "at_once_hours": found.at_once_hours,
        "set_time_days": found.set_time_days,
        "on_expiry": found.on_expiry,
        "pause_while_incomplete": found.pause_while_incomplete,
    }


def _summary(clock: "CaseClock") -> dict[str, Any]:
    from hefu.rooms.clocks import queries

    return {
        "subject": clock.subject,
        "rule": clock.rule,
        "responsible": clock.responsible.name,
        "state": clock.state,
        "started_on": clock.started_on,
        "due_on": clock.due_on,
        "days_left": queries.days_left(clock, SystemClock().today()) if clock.is_open else None,
    }
