"""`hefu parties`: departments, people and seats; and how a new node gets its first administrators."""

from typing import TYPE_CHECKING, Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.cli.site import prepare_site
from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import SystemClock
from hefu.kernel.refusal import NotFound, Refusal
from hefu.kernel.words import _

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Department, Person

_ROLES = click.Choice([role.value for role in Role])


class AlreadyFounded(Refusal):
    """A node with people has administrators who do the rest."""

    code = "parties.already_founded"
    text = _(
        "This node already has people. Its system administrator registers departments and its security "
        "administrator people; act as one of them with --as."
    )


@click.group("parties")
def command() -> None:
    """Departments, seats and people."""


@command.command("found")
@click.option("--authority", required=True, help="Name of the data authority.")
@click.option("--credit-code", required=True, help="Its unified credit code.")
@click.option("--place", required=True, help="Division code of the place.")
@click.option("--operator", required=True, metavar="USERNAME:NAME", help="The system administrator.")
@click.option("--security", required=True, metavar="USERNAME:NAME", help="The security administrator.")
@click.option("--auditor", required=True, metavar="USERNAME:NAME", help="The audit administrator.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Their first password.")
@json_option
def found(
    authority: str,
    credit_code: str,
    place: str,
    operator: str,
    security: str,
    auditor: str,
    password: str,
    as_json: bool,
) -> None:
    """Give a new node its data authority and its three administrators, once."""
    prepare_site()
    from django.db import transaction

    from hefu.rooms.parties import queries, services
    from hefu.rooms.parties.terms import DepartmentRole

    actor, clock = system("founding"), SystemClock()
    if queries.people(viewer=actor).exists():
        raise AlreadyFounded
    with transaction.atomic():
        department = services.register_department(
            credit_code=credit_code,
            name=authority,
            short_name="",
            place=place,
            roles=frozenset({DepartmentRole.AUTHORITY}),
            actor=actor,
            clock=clock,
        )
        seats = {Role.OPERATOR: operator, Role.SECURITY: security, Role.AUDITOR: auditor}
        for role, who in seats.items():
            username, _colon, name = who.partition(":")
            person = services.register_person(
                username=username, name=name or username, password=password, actor=actor, clock=clock
            )
            services.give_seat(person_id=person.pk, department_id=department.pk, role=role, actor=actor, clock=clock)
    show({"authority": department.name, "credit_code": department.credit_code}, as_json=as_json)


@command.command("list")
@click.option("--search", default="", help="Part of a name or credit code.")
@acting_option(writes=False)
@json_option
def list_(search: str, actor: Actor, as_json: bool) -> None:
    """List departments."""
    from hefu.rooms.parties import queries

    rows = [_department(row) for row in queries.departments(viewer=actor, search=search)]
    show_rows(rows, as_json=as_json, columns=("credit_code", "name", "roles", "place", "parent"))


@command.command("people")
@click.option("--search", default="", help="Part of a name or sign-in name.")
@acting_option(writes=False)
@json_option
def people(search: str, actor: Actor, as_json: bool) -> None:
    """List people and their open seats."""
    from hefu.rooms.parties import queries

    show_rows([_person(row) for row in queries.people(viewer=actor, search=search)], as_json=as_json)


@command.command("register")
@click.argument("credit_code")
@click.argument("name")
@click.option("--short-name", default="", help="As people say it.")
@click.option("--place", required=True, help="Division code.")
@click.option("--role", "roles", multiple=True, required=True, help="authority, provider, consumer, operator, auditor.")
@click.option("--parent", default="", metavar="CREDIT_CODE", help="The department above it.")
@click.option("--data-office", default="", help="The one office that answers for its data.")
@acting_option(writes=True)
@json_option
def register(
    credit_code: str,
    name: str,
    short_name: str,
    place: str,
    roles: tuple[str, ...],
    parent: str,
    data_office: str,
    actor: Actor,
    as_json: bool,
) -> None:
    """Register a department under its CREDIT_CODE; for the system administrator."""
    from hefu.rooms.parties import services
    from hefu.rooms.parties.terms import DepartmentRole

    choice = click.Choice([role.value for role in DepartmentRole])
    made = services.register_department(
        credit_code=credit_code,
        name=name,
        short_name=short_name,
        place=place,
        roles=frozenset(DepartmentRole(choice.convert(role, None, None)) for role in roles),
        parent_id=_by_code(parent, actor).pk if parent else None,
        data_office=data_office,
        actor=actor,
        clock=SystemClock(),
    )
    show(_department(made), as_json=as_json)


@command.command("add-person")
@click.argument("sign_in")
@click.argument("name")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="The first password.")
@acting_option(writes=True)
@json_option
def add_person(sign_in: str, name: str, password: str, actor: Actor, as_json: bool) -> None:
    """Give somebody a sign-in; for the security administrator."""
    from hefu.rooms.parties import services

    made = services.register_person(username=sign_in, name=name, password=password, actor=actor, clock=SystemClock())
    show(_person(made), as_json=as_json)


@command.command("seat")
@click.argument("sign_in")
@click.argument("credit_code")
@click.argument("role", type=_ROLES)
@acting_option(writes=True)
@json_option
def seat(sign_in: str, credit_code: str, role: str, actor: Actor, as_json: bool) -> None:
    """Let SIGN_IN act for the department of CREDIT_CODE in ROLE; for the security administrator."""
    from hefu.rooms.parties import queries, services

    person = queries.people(viewer=actor, search=sign_in).filter(username__iexact=sign_in).first()
    if person is None:
        raise NotFound(what="person", key=sign_in)
    services.give_seat(
        person_id=person.pk,
        department_id=_by_code(credit_code, actor).pk,
        role=Role(role),
        actor=actor,
        clock=SystemClock(),
    )
    show(_person(queries.person(person.pk, viewer=actor)), as_json=as_json)


def _by_code(credit_code: str, actor: Actor) -> "Department":
    from hefu.rooms.parties import queries

    department = queries.department_by_code(credit_code, viewer=actor)
    if department is None:
        raise NotFound(what="department", key=credit_code)
    return department


def _department(row: "Department") -> dict[str, Any]:
    return {
        "credit_code": row.credit_code,
        "name": row.name,
        "short_name": row.short_name,
        "roles": row.roles,
        "place": row.place,
        "parent": row.parent.name if row.parent else None,
        "data_office": row.data_office,
    }


def _person(row: "Person") -> dict[str, Any]:
    return {
        "username": row.username,
        "name": row.name,
        "active": row.is_active,
        "seats": [f"{seat.department.name}: {seat.role}" for seat in row.seats.all() if seat.ended_at is None],
    }
