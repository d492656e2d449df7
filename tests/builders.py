"""What tests start from: made through the real services, as an office would."""

from datetime import date
from itertools import count
from uuid import UUID

from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.identifiers import credit_code
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.models import Department, Person
from hefu.rooms.parties.terms import DepartmentRole

#: A working Wednesday, under decree 809.
TODAY = date(2026, 3, 11)
NOON: FixedClock = at_noon(TODAY)
SYSTEM = system("test")
PASSWORD = "long enough 2026"

_numbers = count(1)


def a_credit_code() -> str:
    """Return a valid, unused credit code of an invented organ."""
    body = f"11510000{next(_numbers):08d}X"
    return body + credit_code.check_digit(body)


def a_department(
    name: str = "",
    *roles: DepartmentRole,
    parent: Department | None = None,
    place: str = "511700",
) -> Department:
    """Return a department; without roles it may provide and ask."""
    number = next(_numbers)
    return party_services.register_department(
        credit_code=a_credit_code(),
        name=name or f"第{number}局",
        short_name=name or f"第{number}局",
        place=place,
        roles=frozenset(roles or (DepartmentRole.PROVIDER, DepartmentRole.CONSUMER)),
        parent_id=parent.pk if parent else None,
        actor=SYSTEM,
        clock=NOON,
    )


def the_authority() -> Department:
    """Return the node's data authority, registered when there is none yet."""
    found = Department.objects.filter(roles__contains=[DepartmentRole.AUTHORITY]).first()
    return found or a_department("市数据局", DepartmentRole.AUTHORITY)


def a_person(name: str = "", *, seats: dict[UUID, list[Role]] | None = None) -> Person:
    """Return a person with sign-in name `u<n>` and `PASSWORD`, in the given seats."""
    number = next(_numbers)
    person = party_services.register_person(
        username=f"u{number}", name=name or f"张{number}", password=PASSWORD, actor=SYSTEM, clock=NOON
    )
    for department_id, roles in (seats or {}).items():
        for role in roles:
            party_services.give_seat(
                person_id=person.pk, department_id=department_id, role=role, actor=SYSTEM, clock=NOON
            )
    return person


def an_actor(department: Department, *roles: Role) -> Actor:
    """Return somebody who acts for `department`; without roles, its officer."""
    person = a_person(seats={department.pk: list(roles or (Role.OFFICER,))})
    return parties.actor_for(person, department.pk)
