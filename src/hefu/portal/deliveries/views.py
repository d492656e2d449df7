"""Pages of deliveries."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from hefu.portal import shows
from hefu.portal.deliveries.comparing import compared
from hefu.portal.deliveries.following import follower_page
from hefu.portal.deliveries.increments import told_increment
from hefu.portal.deliveries.joining import told_joined, told_times
from hefu.portal.deliveries.lists import Deliveries, Rejects
from hefu.portal.deliveries.words import COLOURS, PHASE_NAMES
from hefu.portal.evidence.words import actor_name
from hefu.portal.grants.words import reason_in_words
from hefu.portal.http import PortalRequest
from hefu.portal.lists import list_page
from hefu.portal.pages import Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import name_of, say
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.terms import OPEN, QUIET_NAMES, DeliveryStatus
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants.terms import Way
from hefu.rooms.requests.terms import CHANNEL_NAMES


def list_crumb() -> Crumb:
    """Return the way to the list."""
    return gettext("Deliveries"), reverse("deliveries:list")


@page()
def deliveries(request: PortalRequest) -> HttpResponseBase:
    """Show the deliveries that the reader may see."""
    return list_page(request, Deliveries(request), "deliveries/list.html", title=gettext("Deliveries"))


@page()
def delivery(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one delivery: how far it is, what arrived, what did not pass."""
    found = queries.delivery(number, viewer=request.actor)
    if found.mode == Way.FOLLOW:
        return follower_page(request, found)
    actions = {action.removeprefix("deliveries.") for action in queries.actions(found, viewer=request.actor)}
    status = DeliveryStatus(found.status)
    names = {code: item.name for item in found.grant.granted_items for code in (item.code, item.delivered_as)}
    possible = {
        "cancel": status in OPEN and not found.cancel_asked_at,
        "plan": found.is_held_back,
        "retry": status in (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED),
        "fetch_file": status is DeliveryStatus.DONE and bool(found.file_name),
        "see_rejects": bool(found.rows_rejected),
        "spare": True,
    }
    return show(
        request,
        "deliveries/delivery.html",
        title=gettext("Delivery {number}").format(number=found.number),
        crumbs=[list_crumb()],
        delivery=found,
        joined=(joined := told_joined(found, viewer=request.actor)),
        may_time=bool(joined) and "plan" in actions,
        **(told_times(found, request) if joined else {}),
        colour=COLOURS[status],
        may={deed for deed, is_possible in possible.items() if is_possible and deed in actions},
        channel=name_of(found.channel, CHANNEL_NAMES),
        asked_by=actor_name(found.asked_by, found.asked_by_name),
        reasons=[
            (reason_in_words(reason, names), count)
            for reason, count in sorted(found.rejected.items(), key=lambda part: -part[1])
            if count
        ],
        error=told(found.error_text, found.error_facts) if found.error_text else "",
        took=_took(found),
        increment=told_increment(found, viewer=request.actor),
        sent_as=queries.sent_as(found),
        done=queries.done_entry(found, viewer=request.actor),
        events=history(number, viewer=request.actor),
        **compared(found, actions),
        **_progress(request, number),
    )


def _took(found: object) -> str:
    started, finished = getattr(found, "started_at", None), getattr(found, "finished_at", None)
    return shows.span((finished - started).total_seconds()) if started and finished else ""


def _progress(request: PortalRequest, number: str) -> dict[str, Any]:
    now = queries.progress(number, viewer=request.actor, clock=request.clock)
    quiet = ""
    if now.quiet is not None and now.quiet_for is not None:
        quiet = say(QUIET_NAMES[now.quiet]).format(seconds=round(now.quiet_for.total_seconds()))
    return {
        "now": now,
        "phase": name_of(now.phase, PHASE_NAMES),
        "quiet": quiet,
        "left": shows.span(now.time_left.total_seconds()) if now.time_left is not None else "",
        "status_colour": COLOURS[now.status],
    }


@page()
def progress(request: PortalRequest, number: str) -> HttpResponseBase:
    """Return only how far a delivery is; the page asks every second, and once more to show the end."""
    context = _progress(request, number)
    response = render(request, "deliveries/progress.html", context)
    if not queries.progress(number, viewer=request.actor, clock=request.clock).is_open:
        response["HX-Refresh"] = "true"
    return response


@page("POST")
def cancel(request: PortalRequest, number: str) -> HttpResponseBase:
    """Stop a delivery."""
    found = services.cancel_delivery(number=number, actor=request.actor, clock=request.clock)
    said = gettext("The delivery is cancelled.")
    if found.status == DeliveryStatus.RUNNING:
        said = gettext("The worker is asked to stop; it does within seconds.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[number]))


@page("POST")
def retry(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a failed or cancelled delivery go on where it was."""
    fewer = bool(request.POST.get("take_fewer"))
    services.retry_delivery(number=number, take_fewer=fewer, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The delivery goes on where it was."))
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[number]))


@page()
def rejects(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show the rows that did not pass, with their reasons; their values only to the provider."""
    found = queries.delivery(number, viewer=request.actor)
    listing = Rejects(request, found)
    return list_page(
        request,
        listing,
        "deliveries/rejects.html",
        title=gettext("Rejected rows of {number}").format(number=number),
        crumbs=[list_crumb(), (number, reverse("deliveries:delivery", args=[number]))],
        summary=listing.summary,
    )


@page("POST")
def fetch(request: PortalRequest, number: str) -> HttpResponseBase:
    """Hand the delivered file to its consumer, and record that it was fetched."""
    fetched = services.fetch_file(number=number, actor=request.actor, clock=request.clock)
    response = FileResponse(fetched.path.open("rb"), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, fetched.name)
    response["Content-Length"] = str(fetched.bytes)
    response["X-Content-SHA256"] = fetched.sha256
    return response


@page()
def receipt(request: PortalRequest, number: str) -> HttpResponseBase:
    """Hand out the receipt of what arrived."""
    proof = services.receipt_of(number=number, viewer=request.actor, clock=request.clock)
    response = HttpResponse(proof, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, f"receipt-{number}.json")
    return response
