"""Comparisons on the page of a delivery."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.dataplane.ticket import Channel
from hefu.kernel.refusal import Forbidden
from hefu.kernel.words import Sentence, _
from hefu.portal.deeds import deed_page
from hefu.portal.forms import OfficeForm
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import Crumb, page
from hefu.portal.refusals import told
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.comparing import COMPARING, Comparing

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery

#: Comparisons shown.
SHOWN = 5
_COLOURS = {
    Comparing.WAITING: "waiting",
    Comparing.RUNNING: "busy",
    Comparing.DONE: "bad",
    Comparing.FAILED: "bad",
    Comparing.STOPPED: "off",
}
AGREE = _("both sides agree")


def compared(found: "Delivery", actions: set[str]) -> dict[str, Any]:
    """Return what the section of comparisons is shown with."""
    rows = list(queries.comparisons(found)[:SHOWN])
    brought = found.channel == Channel.TABLE and bool(found.digest_source)
    can = found.status in (DeliveryStatus.DONE, DeliveryStatus.RUNNING, DeliveryStatus.PAUSED)
    under_way = next((row for row in rows if row.state in COMPARING), None)
    newest = rows[0] if rows else None
    return {
        "comparisons": [(row, _COLOURS[Comparing(row.state)], _why(row.error)) for row in rows],
        "agree_word": AGREE,
        "compares": brought and can and under_way is None and "compare" in actions,
        "stops_comparing": under_way is not None
        and under_way.stop_asked_at is None
        and ("mend" if under_way.mends else "compare") in actions,
        "stop_asked": under_way is not None and under_way.stop_asked_at is not None,
        "mends": newest is not None
        and newest.state == Comparing.DONE
        and not newest.agrees
        and not newest.mends
        and found.status != DeliveryStatus.RUNNING
        and "mend" in actions,
    }


def _why(error: str) -> str:
    return told(error.text, error.facts) if isinstance(error, Sentence) else error


def _crumbs(number: str) -> list[Crumb]:
    return [
        (gettext("Deliveries"), reverse("deliveries:list")),
        (number, reverse("deliveries:delivery", args=[number])),
    ]


@page("POST")
def compare(request: PortalRequest, number: str) -> HttpResponseBase:
    """Have both sides compared."""
    services.ask_comparison(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("Both sides are being compared. You may leave this page."))
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[number]) + "#compared")


@page("POST")
def stop(request: PortalRequest, number: str) -> HttpResponseBase:
    """Stop what is being compared."""
    services.stop_comparison(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The comparison ends within seconds; what it had mended so far is undone."))
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[number]) + "#compared")


@page("GET", "HEAD", "POST")
def mend(request: PortalRequest, number: str) -> HttpResponseBase:
    """Mend what differs."""
    found = queries.delivery(number, viewer=request.actor)
    if "deliveries.mend" not in queries.actions(found, viewer=request.actor):
        raise Forbidden(action="deliveries.mend")
    return deed_page(
        request,
        OfficeForm(posted(request)),
        title=gettext("Mend what differs in {number}").format(number=number),
        crumbs=_crumbs(number),
        lead=gettext(
            "Both sides are compared once more. Rows that differ are brought to what the source grants now, rows that "
            "are missing are added, rows that are too many are removed; all other rows stay untouched."
        ),
        send=gettext("Mend the rows"),
        work=lambda typed: services.ask_comparison(number=number, mends=True, actor=request.actor, clock=request.clock),
        said=gettext("What differs is being mended. You may leave this page."),
        grave=True,
    )
