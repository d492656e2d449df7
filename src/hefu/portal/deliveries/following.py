"""Pages of deliveries that keep a table in step."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import Forbidden
from hefu.kernel.words import Sentence
from hefu.portal import shows
from hefu.portal.deeds import deed_page
from hefu.portal.deliveries.chart import draw
from hefu.portal.deliveries.comparing import compared
from hefu.portal.deliveries.forms import RestForm, SparingForm
from hefu.portal.deliveries.words import COLOURS, PHASE_NAMES, PULSE_COLOURS, PULSE_HELP
from hefu.portal.evidence.words import actor_name
from hefu.portal.grants.words import reason_in_words
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import name_of, say
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.following import PULSE_NAMES
from hefu.rooms.evidence.queries import entries
from hefu.rooms.requests.terms import CHANNEL_NAMES

if TYPE_CHECKING:
    from hefu.rooms.deliveries.models import Delivery

#: Lines of evidence beside a delivery that gathers more every few minutes, and windows of a page.
EVENTS, WINDOWS = 25, 20


def crumbs(number: str) -> list[Crumb]:
    """Return the way to a delivery."""
    return [
        (gettext("Deliveries"), reverse("deliveries:list")),
        (number, reverse("deliveries:delivery", args=[number])),
    ]


def follower_page(request: PortalRequest, found: "Delivery") -> HttpResponseBase:
    """Show a delivery that keeps a table in step: how it fares, what it did, its windows with their receipts."""
    actions = {action.removeprefix("deliveries.") for action in queries.actions(found, viewer=request.actor)}
    status = DeliveryStatus(found.status)
    names = {code: item.name for item in found.grant.granted_items for code in (item.code, item.delivered_as)}
    open_, asked = status in (DeliveryStatus.WAITING, DeliveryStatus.RUNNING), found.cancel_asked_at is not None
    possible = {
        "pause": open_ and not asked and found.pause_asked_at is None,
        "end": (open_ or status in (DeliveryStatus.PAUSED, DeliveryStatus.FAILED)) and not asked,
        "retry": status in (DeliveryStatus.PAUSED, DeliveryStatus.FAILED)
        or (status is DeliveryStatus.CANCELLED and "follow" in actions),
        "plan": found.is_held_back,
        "spare": True,
        "see_rejects": bool(found.rows_rejected),
    }
    actions |= {"end"} if "cancel" in actions else set()
    windows, before = _windows(request, found)
    return show(
        request,
        "deliveries/follower.html",
        title=gettext("Delivery {number}").format(number=found.number),
        crumbs=crumbs(found.number)[:1],
        delivery=found,
        colour=COLOURS[status],
        is_held_back=possible["plan"],
        may={deed for deed, is_possible in possible.items() if is_possible and deed in actions},
        channel=name_of(found.channel, CHANNEL_NAMES),
        asked_by=actor_name(found.asked_by, found.asked_by_name),
        reasons=[
            (reason_in_words(reason, names), count)
            for reason, count in sorted(found.rejected.items(), key=lambda part: -part[1])
            if count
        ],
        error=told(found.error_text, found.error_facts) if found.error_text else "",
        windows=windows,
        earlier=before,
        done=queries.done_entry(found, viewer=request.actor),
        events=list(reversed(entries(viewer=request.actor, subject=found.number).order_by("-at")[:EVENTS])),
        **compared(found, actions),
        **_now(request, found.number),
    )


def _windows(request: PortalRequest, found: "Delivery") -> tuple[list[Any], int | None]:
    """Return a page of windows, and the number before which the next page begins."""
    rows = queries.windows(found)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 10:
        rows = rows.filter(number__lt=int(before))
    page_ = list(rows[: WINDOWS + 1])
    return page_[:WINDOWS], page_[WINDOWS - 1].number if len(page_) > WINDOWS else None


def _now(request: PortalRequest, number: str) -> dict[str, Any]:
    now = queries.follow_now(number, viewer=request.actor, clock=request.clock)
    return {
        "now": now,
        "pulse": PULSE_NAMES[now.pulse],
        "pulse_colour": PULSE_COLOURS[now.pulse],
        "pulse_help": say(PULSE_HELP[now.pulse]) if now.pulse in PULSE_HELP else "",
        "behind": shows.span(now.behind.total_seconds()) if now.behind is not None else "",
        "because": say(now.copied_because),
        "chart": draw(now.beats, now=request.clock.now()),
        "copying": queries.progress(number, viewer=request.actor, clock=request.clock)
        if now.pulse.value == "copying"
        else None,
        "phases": PHASE_NAMES,
        "nobody": not queries.followers(),
        "why": _said(now.error),
        "drop_why": _said(now.drop_error),
    }


def _said(error: str) -> str:
    """Return what went wrong in the reader's language."""
    return told(error.text, error.facts) if isinstance(error, Sentence) else error


@page()
def follow_now(request: PortalRequest, number: str) -> HttpResponseBase:
    """Return only how a follower fares; the page asks every other second, and once more to show a new state."""
    context = _now(request, number)
    response = render(request, "deliveries/follow_now.html", context)
    if request.GET.get("was") not in (None, context["now"].status.value) or not context["now"].is_open:
        response["HX-Refresh"] = "true"
    return response


@page("GET", "HEAD", "POST")
def pause(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a follower rest."""
    _require(request, number, "deliveries.pause")
    return deed_page(
        request,
        RestForm(posted(request)),
        title=gettext("Let {number} rest").format(number=number),
        crumbs=crumbs(number),
        lead=gettext(
            "The table stays as it is until somebody lets the delivery go on, which then catches up. Meanwhile the "
            "source keeps its log for it; past its limit the table must be copied anew."
        ),
        send=gettext("Pause"),
        work=lambda typed: services.pause_delivery(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The delivery is asked to rest; it does within seconds."),
    )


@page("GET", "HEAD", "POST")
def end(request: PortalRequest, number: str) -> HttpResponseBase:
    """End a follower."""
    _require(request, number, "deliveries.cancel")
    return deed_page(
        request,
        RestForm(posted(request)),
        title=gettext("End {number}").format(number=number),
        crumbs=crumbs(number),
        lead=gettext(
            "The table stays as it is and changes no more. The source keeps nothing for it from then on: to keep it in "
            "step again, it is copied anew. Under the same grant, whole copies go on being possible."
        ),
        send=gettext("End the delivery"),
        work=lambda typed: services.cancel_delivery(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The delivery is asked to end; it does within seconds."),
        grave=True,
    )


@page("GET", "HEAD", "POST")
def spare(request: PortalRequest, number: str) -> HttpResponseBase:
    """Set how far followers may burden the source."""
    _require(request, number, "deliveries.spare")
    row = queries.sparing_of(number, viewer=request.actor)
    form = SparingForm(
        posted(request),
        initial={
            "most_followers": row.most_followers,
            "most_held_mib": row.most_held_bytes >> 20,
            "closed_from": row.closed_from,
            "closed_until": row.closed_until,
            "closed_working_days": row.closed_working_days,
            "most_kib_a_second": row.most_bytes_a_second >> 10 if row.most_bytes_a_second else None,
        },
    )
    return deed_page(
        request,
        form,
        title=gettext("Limits of the source of {number}").format(number=number),
        crumbs=crumbs(number),
        lead=gettext("They hold for every delivery from this source."),
        send=gettext("Save"),
        work=lambda typed: services.spare_source(
            number=number, **form.limits(), actor=request.actor, clock=request.clock
        ),
        said=gettext("The limits are set."),
    )


def _require(request: PortalRequest, number: str, action: str) -> None:
    found = queries.delivery(number, viewer=request.actor)
    if action not in queries.actions(found, viewer=request.actor):
        raise Forbidden(action=action)


@page()
def window_receipt(request: PortalRequest, number: str, which: int) -> HttpResponseBase:
    """Hand out the receipt of a window."""
    proof = services.window_receipt_of(number=number, which=which, viewer=request.actor, clock=request.clock)
    response = HttpResponse(proof, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="receipt-{number}-{which}.json"'
    return response
