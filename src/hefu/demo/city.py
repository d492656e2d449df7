"""The invented city of Linlan (临澜市): its departments and the people in their seats."""

from dataclasses import dataclass
from uuid import UUID

from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import Clock
from hefu.kernel.identifiers import credit_code
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services
from hefu.rooms.parties.terms import DepartmentRole

NAME = "临澜市"
#: No such code is given to any place; its first two digits put the city under Guangdong's pack.
PLACE = "449900"
DISTRICTS = ("449901", "449902", "449903", "449904", "449905", "449906")

_BOTH = (DepartmentRole.PROVIDER, DepartmentRole.CONSUMER)

#: key, name, short name, roles
DEPARTMENTS: tuple[tuple[str, str, str, tuple[DepartmentRole, ...]], ...] = (
    ("gov", "临澜市人民政府", "市政府", (DepartmentRole.CONSUMER,)),
    ("data", "临澜市政务服务和数据管理局", "数据局", (DepartmentRole.AUTHORITY,)),
    ("police", "临澜市公安局", "公安", _BOTH),
    ("market", "临澜市市场监督管理局", "市监", _BOTH),
    ("social", "临澜市人力资源和社会保障局", "人社", _BOTH),
    ("civil", "临澜市民政局", "民政", _BOTH),
    ("health", "临澜市卫生健康委员会", "卫健", _BOTH),
    ("school", "临澜市教育局", "教育", _BOTH),
    ("centre", "临澜市大数据中心", "数据中心", (DepartmentRole.OPERATOR,)),
    ("audit", "临澜市审计局", "审计", (DepartmentRole.AUDITOR,)),
)

#: sign-in name, name, department, roles
PEOPLE: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("shuju", "林知远", "data", (Role.REVIEWER,)),
    ("shuju-chief", "苏明澈", "data", (Role.CHIEF, Role.SUPERVISOR)),
    ("gongan", "陈予安", "police", (Role.OFFICER,)),
    ("gongan-chief", "周正清", "police", (Role.CHIEF,)),
    ("shijian", "何若溪", "market", (Role.OFFICER,)),
    ("shijian-chief", "吴行简", "market", (Role.CHIEF,)),
    ("renshe", "许言蹊", "social", (Role.OFFICER,)),
    ("renshe-chief", "沈既白", "social", (Role.CHIEF,)),
    ("minzheng", "顾念慈", "civil", (Role.OFFICER,)),
    ("minzheng-chief", "陆怀瑾", "civil", (Role.CHIEF,)),
    ("weijian", "江采薇", "health", (Role.OFFICER,)),
    ("weijian-chief", "季思齐", "health", (Role.CHIEF,)),
    ("jiaoyu", "温如许", "school", (Role.OFFICER,)),
    ("jiaoyu-chief", "叶闻道", "school", (Role.CHIEF,)),
    ("yunwei", "程稳", "centre", (Role.OPERATOR,)),
    ("anquan", "方守拙", "centre", (Role.SECURITY,)),
    ("shenji", "严究", "audit", (Role.AUDITOR,)),
)


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


def sign_ins() -> list[tuple[str, str, str]]:
    """Return sign-in name, person and department of everybody in the city."""
    names = {key: name for key, name, _short, _roles in DEPARTMENTS}
    return [(username, name, names[key]) for username, name, key, _roles in PEOPLE]


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
