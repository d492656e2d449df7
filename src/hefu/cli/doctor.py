"""`hefu doctor`: what is wrong with this installation, and what to do."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from hefu.cli.language import filled
from hefu.cli.output import as_json_text, json_option
from hefu.cli.site import prepare_django
from hefu.kernel.clock import Clock, SystemClock
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.law.calendar import calendar_for
from hefu.law.places import NATION
from hefu.node.config import Config, load
from hefu.node.doctor import Finding, Health, examine, holder

#: A worker shows itself every ten seconds.
_SILENT = timedelta(seconds=60)
#: The calendar of a year is published in November of the year before.
_CALENDAR_SOON = timedelta(days=30)
_MARKS = {Health.GOOD: "ok", Health.WARNING: "mind", Health.BAD: "BAD", Health.UNKNOWN: "-"}
_COLOURS = {Health.GOOD: "green", Health.WARNING: "yellow", Health.BAD: "red", Health.UNKNOWN: None}


@click.command("doctor")
@json_option
def command(as_json: bool) -> int:
    """Look at everything and change nothing; exit 0 when nothing is bad, 1 otherwise.

    In the lake's store, where there is one, a small file is written and removed.
    """
    config, clock = load(os.environ), SystemClock()
    findings = list(examine(config, clock, os.environ))
    findings += _calendar(config, clock)
    findings += try_lake(config)
    if any(one.check == "database" and one.health is Health.GOOD for one in findings):
        prepare_django()
        findings += _in_tables(config, clock)
    bad = any(one.health is Health.BAD for one in findings)
    if as_json:
        click.echo(as_json_text({"healthy": not bad, "findings": [_as_data(one) for one in findings]}))
    else:
        for one in findings:
            mark = click.style(_MARKS[one.health].ljust(4), fg=_COLOURS[one.health])
            click.echo(f"{mark}  {_sentence(one)}")
    return 1 if bad else 0


def _sentence(finding: Finding) -> str:
    said = filled(finding.text, finding.facts)
    if not finding.way_on:
        return said
    return said + ("" if said.endswith("。") else " ") + filled(finding.way_on, finding.facts)


def _as_data(finding: Finding) -> dict[str, Any]:
    data = asdict(finding)
    return {"check": data["check"], "health": data["health"], "sentence": _sentence(finding), "facts": data["facts"]}


def _calendar(config: Config, clock: Clock) -> Iterator[Finding]:
    calendar = calendar_for(config.place or NATION)
    until = calendar.published_until
    facts = {"place": calendar.place, "until": until.isoformat()}
    if until - clock.today() < timedelta(0):
        text = _("The working days of {place} are published until {until}, which is past: no deadline can be counted.")
        yield Finding("calendar", Health.BAD, text, _("Update Hefu, or import the new notice."), facts)
    elif until - clock.today() < _CALENDAR_SOON:
        text = _("The working days of {place} are published until {until}; deadlines after that are provisional.")
        yield Finding("calendar", Health.WARNING, text, _("Import the new notice as soon as it is out."), facts)
    else:
        yield Finding(
            "calendar", Health.GOOD, _("The working days of {place} are published until {until}."), facts=facts
        )


def try_lake(config: Config) -> Iterator[Finding]:
    """Try the store that holdings lie in: a second file of one name has to be refused there."""
    from hefu.dataplane.lake.shelves import try_out
    from hefu.rooms.resources.lake import lake_store

    store = lake_store(config)
    if store is None:
        return
    facts = {"store": f"{store.server.named}/{store.bucket}{store.folder}"}
    try:
        try_out(store)
    except Refusal as refusal:
        yield Finding("lake", Health.BAD, refusal.text, facts=refusal.facts)
    else:
        yield Finding("lake", Health.GOOD, _("The lake's store {store} answers and can be written."), facts=facts)


def _in_tables(config: Config, clock: Clock) -> Iterator[Finding]:
    from django.db import DatabaseError

    try:
        yield from _tables()
        yield from _worker(config, clock)
    except DatabaseError as error:
        facts = {"reason": (str(error).strip().splitlines() or [type(error).__name__])[0]}
        way_on = _("Give the user in HEFU_DATABASE_URL Hefu's tables.")
        yield Finding("tables", Health.BAD, _("The tables cannot be read: {reason}."), way_on, facts)


def _tables() -> Iterator[Finding]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        text = _("The tables are {steps} steps behind this version.")
        yield Finding("tables", Health.BAD, text, _("Type: hefu migrate"), {"steps": len(pending)})
    else:
        yield Finding("tables", Health.GOOD, _("The tables are those of this version."))


def _worker(config: Config, clock: Clock) -> Iterator[Finding]:
    from django.db import connection

    if "procrastinate_workers" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(last_heartbeat) FROM procrastinate_workers")
        seen = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'failed'),"
            " count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
            " FROM procrastinate_jobs"
        )
        failed, waiting = cursor.fetchone()
    facts = {"waiting": waiting, "failed": failed}
    if seen is None or clock.now() - seen > _SILENT:
        up = holder(config) is not None
        text = _("No worker is at work; {waiting} jobs wait.")
        way_on = _("Look at what 'worker' says in the window of 'hefu up'.") if up else _("Start it: hefu up")
        yield Finding("worker", Health.BAD if up or waiting else Health.UNKNOWN, text, way_on, facts)
    else:
        yield Finding("worker", Health.GOOD, _("A worker is at work; {waiting} jobs wait."), facts=facts)
    if failed:
        text = _("{failed} jobs failed for good.")
        yield Finding("jobs", Health.WARNING, text, _("Look at them: hefu jobs"), facts)
