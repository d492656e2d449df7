"""What the frame of every page shows: node, workplaces, seats, open cases."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import HttpRequest

from hefu.kernel.actor import Actor
from hefu.kernel.words import _
from hefu.portal.clock_face import face
from hefu.portal.http import NOBODY, PortalRequest
from hefu.portal.words import name_of, say
from hefu.portal.workplaces import CASEWORK, workplaces_of
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.parties.terms import ROLE_NAMES

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Seat

#: Significant digits of the node's division code → what level it is.
LEVELS = {2: _("province"), 4: _("city"), 6: _("county"), 9: _("township")}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what `base.html` needs; lists of the person are made only for who signed in."""
    page = cast(PortalRequest, request)
    actor = getattr(page, "actor", NOBODY)
    found: dict[str, Any] = {
        "node": settings.HEFU.node_name,
        "level": _level(settings.HEFU.place),
        "actor": actor,
        "languages": settings.LANGUAGES,
    }
    if actor is NOBODY or not page.user.is_authenticated:
        return found
    places = workplaces_of(actor)
    return found | {
        "workplaces": places,
        "here": next((place.key for place in reversed(places) if place.covers(page.path)), ""),
        "homes": _homes(page.seats, actor),
        "open_cases": _open_cases(page, actor),
        "narrow": page.session.get("narrow", False),
    }


def _level(place: str | None) -> str:
    if not place:
        return ""
    digits = place
    while len(digits) > 2 and len(digits) <= 6 and digits.endswith("00"):
        digits = digits[:-2]
    return say(LEVELS.get(len(digits), ""))


def _open_cases(request: PortalRequest, actor: Actor) -> dict[str, Any] | None:
    """Return how many cases wait for the department, and the nearest last day."""
    if not actor.has(*CASEWORK):
        return None
    owed, number = getattr(request, "owed", None) or clocks.desk_head(1, viewer=actor)
    if not owed:
        return None
    shown = face(owed[0], request.clock.today())
    return {"number": number, "face": shown, "state": shown.state}


def _homes(seats: "list[Seat]", actor: Actor) -> list[dict[str, Any]]:
    """Return the departments the person may act for, with the roles held there."""
    homes: dict[Any, dict[str, Any]] = {}
    for seat in seats:
        home = homes.setdefault(
            seat.department_id,
            {
                "id": seat.department_id,
                "name": seat.department.name,
                "short": seat.department.short_name,
                "roles": [],
                "chosen": seat.department_id == actor.department_id,
            },
        )
        home["roles"].append(name_of(seat.role, ROLE_NAMES))
    return list(homes.values())
