"""Pages of holdings: the list, one holding, how far its run is."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from hefu.dataplane.errors import LakeLost, LakeRefused
from hefu.kernel.words import _
from hefu.portal.deliveries.words import PHASE_NAMES
from hefu.portal.evidence.words import actor_name
from hefu.portal.grants.words import reason_in_words
from hefu.portal.holdings.lists import Holdings
from hefu.portal.holdings.words import COLOURS, FRESH_COLOURS
from hefu.portal.http import PortalRequest
from hefu.portal.lists import list_page
from hefu.portal.pages import Act, Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import name_of
from hefu.rooms.catalog.terms import GRADE_NAMES, UPDATE_CYCLE_NAMES
from hefu.rooms.evidence.queries import history
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.terms import FRESHNESS_NAMES, OPEN, TAKING_NAMES, RunStatus

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import Holding

#: Versions and runs that the page of a holding shows.
SHOWN = 30


def list_crumb() -> Crumb:
    """Return the way to the list."""
    return gettext("Holdings"), reverse("holdings:list")


def holding_crumbs(number: str) -> list[Crumb]:
    """Return the way to one holding."""
    return [list_crumb(), (number, reverse("holdings:holding", args=[number]))]


@page()
def holdings(request: PortalRequest) -> HttpResponseBase:
    """Show the holdings that the reader may see."""
    act = Act(_("Open a holding"), reverse("holdings:new")) if queries.openable(viewer=request.actor) else None
    return list_page(request, Holdings(request), "holdings/list.html", title=gettext("Holdings"), act=act)


@page()
def holding(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one holding: how fresh, what versions, the last run."""
    found = queries.holding(number, viewer=request.actor)
    now = queries.standing(found, clock=request.clock)
    actions = {action.removeprefix("holdings.") for action in queries.actions(found, viewer=request.actor)}
    runs = list(queries.runs(found)[:SHOWN])
    last = runs[0] if runs else None
    versions, held, away = _lying(found)
    count = queries.how_many_versions(found)
    possible = {
        "collect": found.closed_at is None and now.open is None,
        "change": found.closed_at is None,
        "cancel": now.open is not None and not now.open.cancel_asked_at,
        "read": bool(versions),
        "drop_versions": count > 1 and not away,
        "keep": "drop_versions" in actions,
        "consent": True,
        "close": found.closed_at is None and now.open is None,
    }
    return show(
        request,
        "holdings/holding.html",
        title=found.entry.name,
        crumbs=[list_crumb()],
        holding=found,
        standing=now,
        colour=FRESH_COLOURS[now.freshness],
        freshness=FRESHNESS_NAMES[now.freshness],
        grade=name_of(found.entry.grade, GRADE_NAMES),
        cycle=name_of(found.entry.update_cycle, UPDATE_CYCLE_NAMES),
        opened_by=actor_name(found.opened_by, found.opened_by_name),
        may={deed for deed, is_possible in possible.items() if is_possible and deed in actions | {"keep"}},
        last=last,
        last_colour=COLOURS[RunStatus(last.status)] if last else "",
        error=told(last.error_text, last.error_facts) if last and last.error_text else "",
        reasons=_reasons(last.rejected) if last else [],
        proved=queries.done_entry(now.last, viewer=request.actor) if now.last else None,
        versions=[(one, name_of(one.taking, TAKING_NAMES)) for one in versions],
        more_versions=count - len(versions) if versions else 0,
        columns=versions[0].columns if versions else (),
        bytes=held,
        away=away,
        dropped=queries.last_dropped(found, viewer=request.actor),
        takers=queries.libraries_taking(found),
        events=history(number, viewer=request.actor),
        **(_progress(request, number, now.open.number) if now.open else {}),
    )


def _lying(found: "Holding") -> tuple[tuple[queries.VersionView, ...], int | None, str]:
    """Return the newest versions, the bytes of all, and why neither can be told while the lake's store is away."""
    try:
        return queries.history(found, most=SHOWN), queries.bytes_held(found), ""
    except (LakeLost, LakeRefused) as refusal:
        return (), None, told(refusal.text, refusal.facts)


def _reasons(rejected: dict[str, int]) -> list[tuple[str, int]]:
    found = sorted(rejected.items(), key=lambda part: -part[1])
    return [(reason_in_words(reason, {}), count) for reason, count in found if count]


def _progress(request: PortalRequest, number: str, run: str) -> dict[str, Any]:
    now = queries.progress(run, viewer=request.actor, clock=request.clock)
    return {"now": now, "number": number, "phase": name_of(now.phase, PHASE_NAMES)}


@page()
def progress(request: PortalRequest, number: str, run: str) -> HttpResponseBase:
    """Return only how far a run is; the page asks every second, and once more to show the end."""
    context = _progress(request, number, run)
    response = render(request, "holdings/progress.html", context)
    if context["now"].status not in OPEN:
        response["HX-Refresh"] = "true"
    return response


@page()
def receipt(request: PortalRequest, number: str, run: str) -> HttpResponseBase:
    """Hand out the receipt of what was collected."""
    del number
    proof = services.receipt_of(number=run, viewer=request.actor, clock=request.clock)
    response = HttpResponse(proof, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, f"receipt-{run}.json")
    return response
