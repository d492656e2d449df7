"""`hefu resources`: systems, sources, targets, and what entries are mounted on."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.language import filled
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.resources.models import Resource, Source, Target
    from hefu.rooms.resources.terms import PlaceFacts

F = TypeVar("F", bound=Callable[..., Any])
_TLS = ("disable", "prefer", "require", "verify-ca", "verify-full")
_PLACE_COLUMNS = ("id", "department", "name", "kind", "where", "reached", "tested_at")


@click.group("resources")
def command() -> None:
    """Systems, sources and mounted resources."""


@command.command("systems")
@acting_option(writes=False)
@json_option
def systems(actor: Actor, as_json: bool) -> None:
    """List information systems with how many entries each carries."""
    from hefu.rooms.resources import queries

    rows = [
        {
            "id": one.pk,
            "department": one.department.name,
            "name": one.name,
            "network": one.network,
            "entries": one.entries,  # type: ignore[attr-defined]
        }
        for one in queries.systems(viewer=actor)
    ]
    show_rows(rows, as_json=as_json)


@command.command("add-system")
@click.option("--department", "owner", required=True, metavar="CREDIT_CODE")
@click.option("--name", required=True)
@click.option("--network", type=click.Choice(["extranet", "internet", "dedicated", "other"]), default="extranet")
@acting_option(writes=True)
@json_option
def add_system(owner: str, name: str, network: str, actor: Actor, as_json: bool) -> None:
    """Register an information system."""
    from hefu.rooms.resources import services
    from hefu.rooms.resources.terms import Network

    made = services.register_system(
        department_id=_department(owner, actor),
        name=name,
        network=Network(network),
        actor=actor,
        clock=SystemClock(),
    )
    show({"id": made.pk, "name": made.name, "network": made.network}, as_json=as_json)


@command.command("sources")
@acting_option(writes=False)
@json_option
def sources(actor: Actor, as_json: bool) -> None:
    """List sources: where departments' data is read."""
    from hefu.rooms.resources import queries

    show_rows([_place(one) for one in queries.sources(viewer=actor)], as_json=as_json, columns=_PLACE_COLUMNS)


@command.command("targets")
@acting_option(writes=False)
@json_option
def targets(actor: Actor, as_json: bool) -> None:
    """List targets: where departments receive."""
    from hefu.rooms.resources import queries

    show_rows([_place(one) for one in queries.targets(viewer=actor)], as_json=as_json, columns=_PLACE_COLUMNS)


def _place_options(function: F) -> F:
    """Give a command the options that state a place."""
    for option in (
        click.option(
            "--encoding", type=click.Choice(["utf-8", "gb18030"]), default="utf-8", help="Of a folder's files."
        ),
        click.option("--folder", default="", help="A folder of files, of the node, an SFTP server or a bucket."),
        click.option(
            "--kind",
            type=click.Choice(["postgres", "mysql", "sftp", "s3", "http", "oracle", "dameng"]),
            help="Of a server; PostgreSQL if not said.",
        ),
        click.option(
            "--interface",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="JSON file that says how interfaces over HTTP are asked.",
        ),
        click.option("--region", default="", help="Of an S3-compatible store."),
        click.option("--host-key", default="", help="Fingerprint of an SFTP server's key: SHA256:…"),
        click.option("--schema", default="public", show_default=True, help="That a target's tables are written into."),
        click.option(
            "--tls", default="prefer", show_default=True, help="disable, prefer, require, verify-ca, verify-full."
        ),
        click.option("--user", default="", help="Account; of an S3-compatible store, the access key."),
        click.option("--database", default="", help="Database name; of Oracle the service; or bucket."),
        click.option(
            "--port",
            type=int,
            help="Else the usual one: PostgreSQL 5432, MySQL 3306, Oracle 1521, Dameng 5236, SFTP 22, S3 and HTTP 443.",
        ),
        click.option("--host", default="", help="Server."),
        click.option("--name", required=True, help="As people call it."),
        click.option("--department", "owner", required=True, metavar="CREDIT_CODE"),
    ):
        function = option(function)
    return function


@command.command("add-source")
@_place_options
@click.option("--system", "system_id", type=click.UUID, help="Information system it belongs to.")
@acting_option(writes=True)
@json_option
def add_source(owner: str, system_id: UUID | None, actor: Actor, as_json: bool, **told: Any) -> None:
    """Register a source. The password is read from the terminal or from standard input, never from an option."""
    from hefu.rooms.resources import services

    facts = _facts(told)
    made = services.register_source(
        department_id=_department(owner, actor),
        facts=facts,
        password=_password() if facts.host else "",
        system_id=system_id,
        actor=actor,
        clock=SystemClock(),
    )
    show(_place(made), as_json=as_json)


@command.command("add-target")
@_place_options
@acting_option(writes=True)
@json_option
def add_target(owner: str, actor: Actor, as_json: bool, **told: Any) -> None:
    """Register a target. The password is read from the terminal or from standard input, never from an option."""
    from hefu.rooms.resources import services

    facts = _facts(told)
    made = services.register_target(
        department_id=_department(owner, actor),
        facts=facts,
        password=_password() if facts.host else "",
        actor=actor,
        clock=SystemClock(),
    )
    show(_place(made), as_json=as_json)


@command.command("change-secret")
@click.argument("place", type=click.UUID)
@acting_option(writes=True)
def change_secret(place: UUID, actor: Actor) -> None:
    """Replace the password of source or target PLACE; it is read from the terminal or standard input."""
    from hefu.rooms.resources import services

    services.change_secret(place_id=place, password=_password(), actor=actor, clock=SystemClock())


@command.command("test")
@click.argument("place", type=click.UUID)
@acting_option(writes=True)
@json_option
def test(place: UUID, actor: Actor, as_json: bool) -> None:
    """Try whether source or target PLACE can be reached, and say what was found."""
    from hefu.rooms.resources import queries, services

    tried: Source | Target
    if queries.sources(viewer=actor).filter(pk=place).exists():
        tried = services.test_source(source_id=place, actor=actor, clock=SystemClock())
    else:
        tried = services.test_target(target_id=place, actor=actor, clock=SystemClock())
    found = filled(tried.test_text, tried.test_facts)
    show({"name": tried.name, "reached": tried.reached, "found": found}, as_json=as_json)


@command.command("tables")
@click.argument("source", type=click.UUID)
@acting_option(writes=False)
@json_option
def tables(source: UUID, actor: Actor, as_json: bool) -> None:
    """List the tables or files of SOURCE as they are now."""
    from hefu.rooms.resources import queries

    show_rows([vars(one) for one in queries.tables(source, viewer=actor)], as_json=as_json)


@command.command("load")
@click.argument("source", type=click.UUID)
@acting_option(writes=False)
@json_option
def load(source: UUID, actor: Actor, as_json: bool) -> None:
    """Show how busy the server of SOURCE is, and what deliveries took from it within a day."""
    from hefu.rooms.deliveries import queries as deliveries
    from hefu.rooms.resources import queries

    server = queries.load(source, viewer=actor)
    since = SystemClock().now() - timedelta(days=1)
    told = vars(deliveries.burden(source, viewer=actor, since=since))
    show(told | (vars(server) if server else {}), as_json=as_json)


@command.command("mount")
@click.argument("code")
@click.option("--source", type=click.UUID, required=True)
@click.option("--table", required=True, help="Table, view or file.")
@click.option("--schema", default="public", show_default=True, help="Empty for a file.")
@click.option("--column", "columns", multiple=True, metavar="ITEM=COLUMN", help="Item code and column; else by name.")
@click.option("--key", multiple=True, help="Column that tells rows apart; else the primary key.")
@acting_option(writes=True)
@json_option
def mount(
    code: str,
    source: UUID,
    table: str,
    schema: str,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    actor: Actor,
    as_json: bool,
) -> None:
    """Mount entry CODE on a table or file."""
    from hefu.rooms.catalog import queries as catalog
    from hefu.rooms.resources import services

    entry = catalog.entry(code, viewer=actor)
    items = {item.code: item.pk for item in catalog.items_of(entry)}
    pairs = [one.partition("=") for one in columns]
    unknown = [item for item, _, _ in pairs if item not in items]
    if unknown:
        raise click.BadParameter(f"no item {', '.join(unknown)}; there are {', '.join(items)}", param_hint="--column")
    made = services.mount(
        entry_id=entry.pk,
        source_id=source,
        schema=schema,
        table=table,
        columns={items[item]: column for item, _, column in pairs} or None,
        key=list(key) or None,
        actor=actor,
        clock=SystemClock(),
    )
    show(_mount(made, code, {pk: item for item, pk in items.items()}), as_json=as_json)


@command.command("unmount")
@click.argument("code")
@click.option("--reason", required=True, help="Goes on record.")
@acting_option(writes=True)
def unmount(code: str, reason: str, actor: Actor) -> None:
    """Take entry CODE off its table."""
    from hefu.rooms.catalog import queries as catalog
    from hefu.rooms.resources import services

    entry = catalog.entry(code, viewer=actor)
    services.unmount(entry_id=entry.pk, reason=reason, actor=actor, clock=SystemClock())


@command.command("compare")
@click.argument("code")
@acting_option(writes=False)
@json_option
def compare(code: str, actor: Actor, as_json: bool) -> None:
    """Compare the items of entry CODE with its table as it is now."""
    from hefu.rooms.catalog import queries as catalog
    from hefu.rooms.resources import queries

    found = queries.compare(catalog.entry(code, viewer=actor).pk, viewer=actor)
    show_rows(
        [vars(one) for one in found],
        as_json=as_json,
        columns=("verdict", "item_name", "item_type", "column", "column_type"),
    )


@command.command("rules")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@acting_option(writes=True)
@json_option
def rules(code: str, file: Path | None, actor: Actor, as_json: bool) -> None:
    """Show what delivered rows of entry CODE must fulfil, or set it from FILE (JSON as --json prints it)."""
    from hefu.rooms.catalog import queries as catalog
    from hefu.rooms.resources import errors, queries, services

    entry = catalog.entry(code, viewer=actor)
    if file:
        row: Resource | None = services.set_rules(
            entry_id=entry.pk,
            rules=queries.read_rules(json.loads(file.read_text(encoding="utf-8"))),
            actor=actor,
            clock=SystemClock(),
        )
    else:
        row = queries.resource_for_entry(entry.pk, viewer=actor)
    if row is None:
        raise errors.NotMounted(entry=code)
    show_rows(row.rules, as_json=as_json, columns=("is",))


@command.command("allowances")
@acting_option(writes=False)
@json_option
def allowances(actor: Actor, as_json: bool) -> None:
    """List what connectors may reach; with an empty list, private addresses alone."""
    from hefu.rooms.resources import queries

    fields = ("id", "kind", "pattern", "note", "given_at")
    rows = [{name: getattr(one, name) for name in fields} for one in queries.allowances(viewer=actor)]
    show_rows(rows, as_json=as_json, columns=fields)


@command.command("allow")
@click.argument("kind", type=click.Choice(["network", "host", "folder"]))
@click.argument("pattern")
@click.option("--note", required=True, help="What it is for.")
@acting_option(writes=True)
def allow(kind: str, pattern: str, note: str, actor: Actor) -> None:
    """Let connectors reach a network, host or folder."""
    from hefu.rooms.resources import services
    from hefu.rooms.resources.terms import AllowanceKind

    services.allow(kind=AllowanceKind(kind), pattern=pattern, note=note, actor=actor, clock=SystemClock())


@command.command("disallow")
@click.argument("allowance", type=click.UUID)
@acting_option(writes=True)
def disallow(allowance: UUID, actor: Actor) -> None:
    """Take an allowance back."""
    from hefu.rooms.resources import services

    services.disallow(allowance_id=allowance, actor=actor, clock=SystemClock())


def _password() -> str:
    """Ask for a password without showing it; in a pipe, read its first line."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True))
    return sys.stdin.readline().rstrip("\r\n")


def _facts(told: dict[str, Any]) -> "PlaceFacts":
    from hefu.rooms.resources.terms import PORTS, Encoding, PlaceFacts, PlaceKind, TlsMode

    kind = PlaceKind(told["kind"] or ("folder" if told["folder"] else "postgres"))
    return PlaceFacts(
        name=told["name"],
        kind=kind,
        host=told["host"],
        port=told["port"] or PORTS.get(kind, 5432),
        dbname=told["database"],
        username=told["user"],
        tls=TlsMode(told["tls"]),
        schema=told["schema"],
        folder=told["folder"],
        host_key=told["host_key"],
        region=told["region"],
        interface=told["interface"].read_text(encoding="utf-8") if told["interface"] else "",
        encoding=Encoding(told["encoding"]),
    )


def _department(credit_code: str, actor: Actor) -> UUID:
    from hefu.kernel.refusal import NotFound
    from hefu.rooms.parties import queries as parties

    found = parties.department_by_code(credit_code, viewer=actor)
    if found is None:
        raise NotFound(what="department", key=credit_code)
    return found.pk


def _place(place: "Source | Target") -> dict[str, Any]:
    server = f"{place.username}@{place.host}:{place.port}" if place.host else ""
    where = server + (f"/{place.dbname}" if place.dbname else "") + place.folder
    return {
        "id": place.pk,
        "department": place.department.name,
        "name": place.name,
        "kind": place.kind,
        "where": where,
        "reached": place.reached,
        "tested_at": place.tested_at,
    }


def _mount(row: "Resource", code: str, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "entry": code,
        "source": row.source.name,
        "table": str(row),
        "columns": {names[UUID(item)]: column for item, column in row.columns.items()},
        "key": row.key,
    }
