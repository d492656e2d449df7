"""The invented city, registered: its departments and the people in their seats."""

from dataclasses import dataclass
from uuid import UUID

from hefu.demo.cast import DEPARTMENTS, PEOPLE, PLACE
from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import Clock
from hefu.kernel.identifiers import credit_code
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services


@dataclass(frozen=True)
class City:
    """The departments and actors of the demonstration, by their short keys."""

    departments: dict[str, UUID]
    actors: dict[str, Actor]

    def officer(self, department: str) -> Actor:
        """Return the data officer of a department."""
        return self._with(department, Role.OFFICER)

    def chief(self, department: str) -> Actor:
        """Return the chief representative of a department."""
        return self._with(department, Role.CHIEF)

    @property
    def reviewer(self) -> Actor:
        """The authority's reviewer."""
        return self._with("data", Role.REVIEWER)

    def _with(self, department: str, role: Role) -> Actor:
        home = self.departments[department]
        return next(actor for actor in self.actors.values() if actor.department_id == home and actor.has(role))


def invented_code(number: int) -> str:
    """Return a valid credit code of an organ that does not exist."""
    body = f"11{PLACE}{number:08d}D"
    return body + credit_code.check_digit(body)


def found_city(*, password: str, clock: Clock) -> City:
    """Register the departments, people and seats."""
    actor = system("demo")
    departments: dict[str, UUID] = {}
    for number, (key, name, short_name, roles) in enumerate(DEPARTMENTS, 1):
        departments[key] = services.register_department(
            credit_code=invented_code(number),
            name=name,
            short_name=short_name,
            place=PLACE,
            roles=frozenset(roles),
            parent_id=departments.get("gov"),
            actor=actor,
            clock=clock,
        ).pk
    actors: dict[str, Actor] = {}
    for username, name, key, seats in PEOPLE:
        person = services.register_person(username=username, name=name, password=password, actor=actor, clock=clock)
        for role in seats:
            services.give_seat(person_id=person.pk, department_id=departments[key], role=role, actor=actor, clock=clock)
        actors[username] = parties.actor_for(person, departments[key])
    return City(departments, actors)
