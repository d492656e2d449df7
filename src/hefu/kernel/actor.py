"""Who acts. Services and queries always take one; nobody is ambient."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a seat allows a person to do for a department."""

    #: 数据专员: catalogues, mounts, requests, answers for the department's data day by day.
    OFFICER = "officer"
    #: 首席代表 / 工作机构负责人: signs off requests and answers.
    CHIEF = "chief"
    #: Reviewer of the data authority.
    REVIEWER = "reviewer"
    #: Supervisor: reads what was late, at the authority.
    SUPERVISOR = "supervisor"
    #: 系统管理员: departments, seats, sources; never grants, never reads evidence bodies.
    OPERATOR = "operator"
    #: 安全管理员: people, locks, keys; may suspend a grant, never gives one.
    SECURITY = "security"
    #: 审计管理员: reads all evidence; changes nothing.
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Actor:
    """A person in one seat, or the system itself."""

    #: Short stable id that evidence records, such as `seat:0197…` or `system:sweep`.
    id: str
    #: Name that pages show.
    name: str
    #: Department acted for; None for the system and for a person without a seat.
    department_id: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    #: Whether the department is this node's data authority.
    of_authority: bool = False

    def has(self, *roles: Role) -> bool:
        """Return whether the actor holds any of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_system(self) -> bool:
        """Return whether this is the platform acting by itself."""
        return self.id.startswith("system:")


def system(name: str) -> Actor:
    """Return the platform itself acting as `name`, such as `sweep` or `worker`."""
    return Actor(id=f"system:{name}", name=name)
