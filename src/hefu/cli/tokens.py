"""`hefu tokens`: with them programs act as a person in one department."""

from uuid import UUID

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock
from hefu.kernel.refusal import NotFound


@click.group("tokens")
def command() -> None:
    """Tokens with which programs call the interface."""


@command.command("issue")
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", default=90, show_default=True, help="For how long it lives.")
@click.option("--may-write", is_flag=True, help="It may write as well as read.")
@acting_option(writes=True)
@json_option
def issue(name: str, days: int, may_write: bool, actor: Actor, as_json: bool) -> None:
    """Issue a token of one's own, for the department acted for; its secret is printed this once."""
    from hefu.rooms.parties import services

    if actor.department_id is None:
        raise NotFound(what="seat of", key=actor.name)
    token, secret = services.issue_token(
        department_id=actor.department_id,
        name=name,
        days=days,
        reads_only=not may_write,
        actor=actor,
        clock=SystemClock(),
    )
    show({"id": token.pk, "token": secret, "until": token.expires_at}, as_json=as_json)


@command.command("list")
@acting_option(writes=False)
@json_option
def list_(actor: Actor, as_json: bool) -> None:
    """List one's own tokens; the security administrator sees everybody's."""
    from hefu.rooms.parties import queries

    fields = ("id", "name", "reads_only", "issued_at", "expires_at", "used_at", "revoked_at")
    rows = [
        {"person": one.person.username, "department": one.department.name}
        | {name: getattr(one, name) for name in fields}
        for one in queries.tokens(viewer=actor)
    ]
    show_rows(rows, as_json=as_json)


@command.command("revoke")
@click.argument("token", type=click.UUID)
@click.option("--reason", default="", help="Why.")
@acting_option(writes=True)
@json_option
def revoke(token: UUID, reason: str, actor: Actor, as_json: bool) -> None:
    """Revoke TOKEN by its id; it acts no more from the next request on."""
    from hefu.rooms.parties import services

    row = services.revoke_token(token_id=token, reason=reason, actor=actor, clock=SystemClock())
    show({"id": row.pk, "revoked_at": row.revoked_at}, as_json=as_json)
