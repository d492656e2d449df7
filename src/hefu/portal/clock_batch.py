"""The clocks of many cases at once, for lists."""

from collections.abc import Iterable

from hefu.portal.clock_face import Face, face, soon_days
from hefu.portal.http import PortalRequest
from hefu.rooms.clocks import queries


def open_faces(request: PortalRequest, numbers: Iterable[str]) -> dict[str, Face]:
    """Return, for each case under which something is owed, its nearest clock."""
    wanted = list(numbers)
    if not wanted:
        return {}
    today, soon = request.clock.today(), soon_days()
    found: dict[str, Face] = {}
    for clock in queries.running(viewer=request.actor).filter(subject__in=wanted):
        found.setdefault(clock.subject, face(clock, today, soon=soon))
    return found


def faces_of(request: PortalRequest, number: str) -> list[Face]:
    """Return every clock of a case with its explanation: the open ones first, then the newest."""
    today, soon = request.clock.today(), soon_days()
    rows = queries.clocks_of(number, viewer=request.actor)
    rows.sort(key=lambda row: (not row.is_open, -row.started_on.toordinal()))
    return [face(row, today, soon=soon, steps=True) for row in rows]
