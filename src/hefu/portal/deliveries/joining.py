"""How pages tell of deliveries that join two grants, and by which times."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.dataplane.join import JoinKind
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.kernel.words import Sentence
from hefu.portal.deeds import deed_page
from hefu.portal.deliveries.following import crumbs
from hefu.portal.deliveries.forms import JoinTimesForm
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.portal.refusals import told
from hefu.portal.words import say
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.terms.joined import KIND_NAMES
from hefu.rooms.grants import queries as grants

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery


def told_joined(found: "Delivery", *, viewer: Actor) -> dict[str, Any]:
    """Return what a delivery joins and what each side gave, in words; empty for a delivery of one grant.

    Each provider sees the join, and the grant on its own entry alone.
    """
    told = queries.joined_of(found)
    if told is None:
        return {}
    sides = told["sides"] or {}
    return {
        **told,
        "seen": [number for number in (found.grant.number, told["grant"]) if _sees(number, viewer)],
        "how": say(KIND_NAMES[JoinKind(told["kind"])]),
        "pairs": [f"{one} = {other}" for one, other in told["on"]],
        "sides": [
            (entry, sides[side])
            for side, entry in (("left", found.grant.entry_name), ("right", told["entry"]))
            if side in sides
        ],
    }


def _sees(grant: str, viewer: Actor) -> bool:
    try:
        grants.grant(grant, viewer=viewer)
    except NotFound:
        return False
    return True


def told_times(found: "Delivery", request: PortalRequest) -> dict[str, Any]:
    """Return when what a delivery joined is joined again, in words."""
    times = queries.join_times_of(found, clock=request.clock)
    return {"times": times, "times_missed": missed_because(times)}


def missed_because(times: queries.Times | None) -> str:
    """Return why the last time passed without a delivery, in the reader's language."""
    why = times.missed_because if times else ""
    return told(why.text, why.facts) if isinstance(why, Sentence) else why


@page(*FORM)
def join_times(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let what a delivery joined be joined again by the clock."""
    found = queries.delivery(number, viewer=request.actor)
    if queries.joined_of(found) is None:
        raise NotFound(what="join", key=number)
    if "deliveries.plan" not in queries.actions(found, viewer=request.actor):
        raise Forbidden(action="deliveries.plan")
    times = queries.join_times_of(found, clock=request.clock)
    return deed_page(
        request,
        JoinTimesForm(posted(request), initial={"text": times.text if times else ""}),
        title=gettext("Times of joining"),
        crumbs=crumbs(number),
        lead=gettext(
            "At each of these times the same columns of both grants are joined again, and the rows of the table are "
            "replaced. A time that cannot be kept is told to all three departments; the end of either grant ends it."
        ),
        send=gettext("Set"),
        work=lambda typed: services.set_join_times(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The timetable is set."),
    )


@page("POST")
def drop_join_times(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let it be joined only when somebody asks."""
    services.drop_join_times(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("Nothing is joined by the clock any more."))
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[number]))
