"""Who acts when a command is typed: a person in a seat, named with `--as`; every rule holds as on the pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from hefu.cli.site import prepare_site
from hefu.kernel.actor import Actor, system
from hefu.kernel.refusal import NotFound

Command = Callable[..., Any]


def acting_option(*, writes: bool) -> Callable[[Command], Command]:
    """Give a command `--as` and `--for`, and pass it the actor as `actor`; the site is loaded by then.

    Args:
        writes: Whether a person must be named. Without one, reads run as the platform itself: who can
            type commands on the node can read its database anyway, but nobody decides anonymously.
    """
    said: dict[str, Any] = {"metavar": "USERNAME", "help": "Sign-in name of who acts."}
    # To click a default fulfils `required`, so a command that writes must have none.
    said |= {"required": True} if writes else {"default": ""}
    who = click.option("--as", "username", **said)
    where = click.option(
        "--for", "department", default="", metavar="CREDIT_CODE", help="Department acted for, of several."
    )

    def decorate(function: Command) -> Command:
        @wraps(function)
        def run(*args: Any, username: str, department: str, **kwargs: Any) -> Any:
            prepare_site()
            actor = _actor(username, department) if username else system("command line")
            return function(*args, actor=actor, **kwargs)

        return who(where(run))

    return decorate


def _actor(username: str, department: str) -> Actor:
    from hefu.rooms.parties import queries as parties

    viewer = system("command line")
    person = parties.people(viewer=viewer).filter(username__iexact=username).first()
    if person is None:
        raise NotFound(what="person", key=username)
    chosen = parties.department_by_code(department, viewer=viewer) if department else None
    if department and chosen is None:
        raise NotFound(what="department", key=department)
    actor = parties.actor_for(person, chosen.pk if chosen else None)
    if chosen is not None and actor.department_id != chosen.pk:
        raise NotFound(what=f"seat of {username} in department", key=department)
    return actor
