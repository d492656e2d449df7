"""The words of departments, people and seats."""

from enum import StrEnum

from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class DepartmentRole(StrEnum):
    """What a department is on this node; it may be several."""

    #: 数据主管部门: reviews the catalogue, consents to extensions, oversees. One a node.
    AUTHORITY = "authority"
    #: Holds data that others ask for.
    PROVIDER = "provider"
    #: May ask for data.
    CONSUMER = "consumer"
    #: Runs the platform.
    OPERATOR = "operator"
    #: Audits it.
    AUDITOR = "auditor"


DEPARTMENT_ROLE_NAMES = {
    DepartmentRole.AUTHORITY: _("data authority"),
    DepartmentRole.PROVIDER: _("provider"),
    DepartmentRole.CONSUMER: _("consumer"),
    DepartmentRole.OPERATOR: _("operator"),
    DepartmentRole.AUDITOR: _("auditor"),
}

ROLE_NAMES = {
    Role.OFFICER: _("data officer"),
    Role.CHIEF: _("chief representative"),
    Role.REVIEWER: _("reviewer"),
    Role.SUPERVISOR: _("supervisor"),
    Role.OPERATOR: _("system administrator"),
    Role.SECURITY: _("security administrator"),
    Role.AUDITOR: _("audit administrator"),
}

#: The three administrators; nobody holds two of them, and none of them holds a seat that decides.
ADMINISTRATORS = frozenset({Role.OPERATOR, Role.SECURITY, Role.AUDITOR})

#: Roles that only a seat in the data authority may have.
AUTHORITY_ROLES = frozenset({Role.REVIEWER, Role.SUPERVISOR})

DEPARTMENT_REGISTERED = Kind(
    "department.registered", 1, ("credit_code", "name", "roles", "parent"), "A department joined the node."
)
DEPARTMENT_CHANGED = Kind("department.changed", 1, ("credit_code", "changes"), "A department's facts changed.")
PERSON_REGISTERED = Kind("person.registered", 1, ("person",), "A person got a sign-in; no name is recorded.")
PERSON_CLOSED = Kind("person.closed", 1, ("person", "reason"), "A person's sign-in was closed.")
PASSWORD_SET = Kind("person.password_set", 1, ("person",), "A person's password was set by an administrator.")
PERSON_UNLOCKED = Kind(
    "person.unlocked", 1, ("person", "failures"), "A sign-in locked after failed attempts was opened before its time."
)
SEAT_GIVEN = Kind("seat.given", 1, ("seat", "person", "department", "role"), "A person may act for a department.")
SEAT_ENDED = Kind("seat.ended", 1, ("seat", "person", "department", "role", "reason"), "A seat ended.")
TOKEN_ISSUED = Kind(
    "token.issued",
    1,
    ("token", "person", "department", "reads_only", "until"),
    "A person got a token with which programs act for one department; the token itself is recorded nowhere.",
)
TOKEN_REVOKED = Kind("token.revoked", 1, ("token", "person", "reason"), "A token was revoked.")

#: What a token begins with, so that scanners for leaked secrets know it.
TOKEN_MARK = "hefu_"  # noqa: S105 - what every token begins with
#: Days that a token lives at most, and tokens that a person may have at once.
LONGEST_TOKEN_DAYS = 366
MOST_TOKENS = 20
