"""The workplaces on the left: which there are, and who has them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse

from hefu.kernel.actor import Actor, Role
from hefu.kernel.words import _

#: Roles in which people handle cases.
CASEWORK = (Role.OFFICER, Role.CHIEF, Role.REVIEWER, Role.SUPERVISOR)


@dataclass(frozen=True)
class Workplace:
    """One entry on the left."""

    key: str
    #: Marked word.
    label: str
    icon: str
    #: Name of the address.
    route: str
    has: Callable[[Actor], bool]

    @property
    def address(self) -> str:
        """Return where it is, or nothing while its room is not there."""
        return _address(self.route)

    def covers(self, path: str) -> bool:
        """Return whether a page belongs to this workplace; the desk is only itself."""
        return path == self.address or (self.address != "/" and path.startswith(self.address))


@cache
def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


def _anyone(actor: Actor) -> bool:
    return True


def _casework(actor: Actor) -> bool:
    return actor.has(*CASEWORK, Role.AUDITOR)


def _sees_deliveries(actor: Actor) -> bool:
    return _casework(actor) or actor.has(Role.OPERATOR, Role.SECURITY)


WORKPLACES = (
    Workplace("desk", _("My desk"), "desk", "desk", _anyone),
    Workplace("catalog", _("Catalogue"), "catalog", "catalog:list", _anyone),
    Workplace("upkeep", _("Catalogue upkeep"), "tally", "upkeep:coverage", _casework),
    Workplace("requests", _("Requests"), "request", "requests:list", _casework),
    Workplace("grants", _("Grants"), "grant", "grants:list", lambda a: _casework(a) or a.has(Role.SECURITY)),
    Workplace("deliveries", _("Deliveries"), "delivery", "deliveries:list", _sees_deliveries),
    Workplace("holdings", _("Holdings"), "table", "holdings:list", lambda a: _casework(a) or a.has(Role.OPERATOR)),
    Workplace(
        "resources", _("Data sources"), "resource", "resources:list", lambda a: a.has(Role.OFFICER, Role.OPERATOR)
    ),
    Workplace("law", _("Law and time limits"), "law", "law:packs", _anyone),
    Workplace("evidence", _("Evidence"), "evidence", "evidence:list", _casework),
    Workplace("departments", _("Departments"), "department", "parties:departments", _anyone),
    Workplace(
        "people", _("People and seats"), "people", "parties:people", lambda a: a.has(Role.SECURITY, Role.AUDITOR)
    ),
)


def workplaces_of(actor: Actor) -> list[Workplace]:
    """Return the workplaces that `actor` has."""
    return [place for place in WORKPLACES if place.has(actor) and place.address]
