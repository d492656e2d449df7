"""`hefu grants`: look at grants; say where they deliver; suspend, resume and revoke them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


@click.group("grants")
def command() -> None:
    """Look at grants, suspend and revoke them."""


@command.command("list")
@click.option("--status", default="", help="waiting, active, suspended, revoked or expired.")
@click.option("--search", default="", help="Part of a number, an entry's name or code.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(status: str, search: str, limit: int, actor: Actor, as_json: bool) -> None:
    """List grants, newest first."""
    from hefu.rooms.grants import queries
    from hefu.rooms.grants.terms import GrantStatus

    chosen = click.Choice([known.value for known in GrantStatus]).convert(status, None, None) if status else None
    found = queries.grants(viewer=actor, status=GrantStatus(chosen) if chosen else None, search=search)[:limit]
    show_rows(
        [_summary(grant) for grant in found],
        as_json=as_json,
        columns=("number", "status", "consumer", "provider", "entry", "channel", "term_until"),
    )


@command.command("show")
@click.argument("number")
@acting_option(writes=False)
@json_option
def show_one(number: str, actor: Actor, as_json: bool) -> None:
    """Show grant NUMBER with what its newest ticket says."""
    from hefu.rooms.grants import queries

    grant = queries.grant(number, viewer=actor)
    signed = queries.tickets(number, viewer=actor)
    facts = _summary(grant) | {
        "purpose": grant.purpose,
        "items": [item.code + ("*" if item.mask else "") for item in grant.granted_items],
        "row_conditions": len(grant.conditions),
        "term_from": grant.term_from,
        "quota_rows": grant.quota_rows,
        "quota_deliveries": grant.quota_deliveries,
        "waits_for": queries.lacks(grant),
        "reason": grant.reason,
        "tickets": [
            {"id": ticket.pk, "serial": ticket.serial, "issued_at": ticket.issued_at, "ended_at": ticket.ended_at}
            for ticket in signed
        ],
    }
    show(facts, as_json=as_json)


@command.command("ticket")
@click.argument("number")
@acting_option(writes=False)
def ticket(number: str, actor: Actor) -> None:
    """Print the newest ticket of grant NUMBER: a compact JWS."""
    from hefu.rooms.grants import queries

    for signed in queries.tickets(number, viewer=actor)[:1]:
        click.echo(signed.jws)


@command.command("target")
@click.argument("number")
@click.option("--place", type=click.UUID, help="One of the consumer's own; without it a file is fetched from here.")
@click.option("--table", default="", help="Name of the table there; else the provider's when it is free.")
@acting_option(writes=True)
@json_option
def target(number: str, place: UUID | None, table: str, actor: Actor, as_json: bool) -> None:
    """Name where the rows or files of grant NUMBER arrive."""
    from hefu.rooms.grants import services

    row = services.choose_target(number=number, target_id=place, table=table, actor=actor, clock=SystemClock())
    facts = {"number": row.number, "status": row.status, "target": row.target_id, "table": row.target_table}
    show(facts, as_json=as_json)


@command.command("suspend")
@click.argument("number")
@click.option("--reason", required=True, help="Goes on record.")
@click.option(
    "--mend-by",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Until which day the consumer puts it right; unless the hold is lifted by then, the grant ends.",
)
@acting_option(writes=True)
@json_option
def suspend(number: str, reason: str, mend_by: datetime | None, actor: Actor, as_json: bool) -> None:
    """Hold grant NUMBER: a running delivery stops within two seconds."""
    from hefu.rooms.grants import services

    day = mend_by.date() if mend_by else None
    grant = services.suspend_grant(number=number, reason=reason, mend_by=day, actor=actor, clock=SystemClock())
    show(_summary(grant), as_json=as_json)


@command.command("resume")
@click.argument("number")
@click.option("--reason", required=True, help="Goes on record.")
@acting_option(writes=True)
@json_option
def resume(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Lift the hold of grant NUMBER; it gets a new ticket."""
    from hefu.rooms.grants import services

    grant = services.resume_grant(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(grant), as_json=as_json)


@command.command("revoke")
@click.argument("number")
@click.option("--reason", required=True, help="Goes on record.")
@acting_option(writes=True)
@json_option
def revoke(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Take grant NUMBER back for good."""
    from hefu.rooms.grants import services

    grant = services.revoke_grant(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(grant), as_json=as_json)


def _summary(grant: "Grant") -> dict[str, Any]:
    return {
        "number": grant.number,
        "status": grant.status,
        "request": grant.request,
        "consumer": grant.consumer.name,
        "provider": grant.provider.name,
        "entry": grant.entry_name,
        "channel": grant.channel,
        "term_until": grant.term_until,
    }
