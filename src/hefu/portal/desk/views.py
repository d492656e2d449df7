"""My desk: what a person must do today, then their cases, then their data."""

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.cases import case_address
from hefu.portal.clock_face import face, soon_days
from hefu.portal.http import PortalRequest
from hefu.portal.pages import page, show
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.parties import queries as parties

#: Cases on the desk; the list of requests has them all.
CASES = 20


@page()
def desk(request: PortalRequest) -> HttpResponseBase:
    """Show the desk of the person in the department chosen."""
    today = request.clock.today()
    soon = soon_days()
    owed = list(clocks.desk(viewer=request.actor)[:CASES])
    return show(
        request,
        "desk/desk.html",
        title=gettext("My desk"),
        today=today,
        cases=[
            {"clock": one, "face": face(one, today, soon=soon), "address": case_address(one.subject)} for one in owed
        ],
        seated=bool(request.actor.roles),
    )


@page()
def search(request: PortalRequest) -> HttpResponseBase:
    """Look for a text in everything the reader may see."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = []
    if text:
        departments = list(parties.departments(viewer=request.actor, search=text)[:20])
        found.append(
            {
                "title": gettext("Departments"),
                "hits": [
                    (one.name, reverse("parties:department", args=[one.pk]), one.credit_code) for one in departments
                ],
            }
        )
    return show(
        request, "desk/search.html", title=gettext("Search"), find=text, found=[part for part in found if part["hits"]]
    )
