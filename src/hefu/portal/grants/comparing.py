"""When both sides of a grant's table are compared by the clock."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.dataplane.ticket import Channel
from hefu.kernel.refusal import Forbidden
from hefu.kernel.words import Sentence
from hefu.portal.deeds import deed_page
from hefu.portal.deliveries.forms import ComparingTimesForm
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.portal.refusals import told
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.access import may
from hefu.rooms.grants import queries
from hefu.rooms.grants.terms import OVER

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


def told_comparing(request: PortalRequest, found: "Grant") -> dict[str, Any]:
    """Return what a grant's page says of it."""
    times = deliveries.comparing_times_of(found, clock=request.clock)
    why = times.missed_because if times else ""
    return {
        "comparing": times,
        "comparing_missed": told(why.text, why.facts) if isinstance(why, Sentence) else why,
        "may_compare": found.channel == Channel.TABLE and found.status not in OVER and _may(request, found),
    }


def _may(request: PortalRequest, found: "Grant") -> bool:
    return may(request.actor, "deliveries.compare", consumer_id=found.consumer_id, provider_id=found.provider_id)


@page(*FORM)
def comparing(request: PortalRequest, number: str) -> HttpResponseBase:
    """Have both sides compared by the clock."""
    found = queries.grant(number, viewer=request.actor)
    if not _may(request, found):
        raise Forbidden(action="deliveries.compare")
    times = deliveries.comparing_times_of(found, clock=request.clock)
    return deed_page(
        request,
        ComparingTimesForm(posted(request), initial={"text": times.text if times else ""}),
        title=gettext("When {number} is compared").format(number=number),
        crumbs=[
            (gettext("Grants"), reverse("grants:list")),
            (number, reverse("grants:grant", args=[number])),
        ],
        lead=gettext(
            "At each of these times the table that stands is held against its source by count, sums and digests, "
            "whether or not it was delivered meanwhile. Nothing is mended by itself."
        ),
        send=gettext("Set"),
        work=lambda typed: services.set_comparing_times(
            grant=number, **typed, actor=request.actor, clock=request.clock
        ),
        said=gettext("The times of comparing are set."),
    )


@page("POST")
def drop_comparing(request: PortalRequest, number: str) -> HttpResponseBase:
    """Have both sides compared only when somebody asks."""
    services.drop_comparing_times(grant=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("Nothing is compared by the clock any more."))
    return HttpResponseRedirect(reverse("grants:grant", args=[number]))
