"""Which information system a scanned source belongs to: confirm it, choose another, register it, leave it out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.ids import read_id
from hefu.kernel.refusal import NotFound
from hefu.portal.badges import badge
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import BelongingForm
from hefu.portal.upkeep.words import upkeep_crumb
from hefu.portal.words import say
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.queries import SystemProposed
from hefu.rooms.upkeep.terms.systems import BELONGING_STATUS_NAMES, CLUE_WORDS, LIKELY, BelongingStatus

COLOURS = {BelongingStatus.OPEN: "waiting", BelongingStatus.CHOSEN: "good", BelongingStatus.LEFT_OUT: "off"}


def to_confirm(request: PortalRequest) -> list[dict[str, Any]]:
    """Return the sources whose system nobody has confirmed, each with the likeliest."""
    found = []
    for row in queries.belongings(viewer=request.actor, status=BelongingStatus.OPEN)[:20]:
        if may(request.actor, "upkeep.scan", row.source.department_id):
            proposed = queries.systems_proposed(row, viewer=request.actor)
            best = proposed[0] if proposed and proposed[0].fit.confidence >= LIKELY else None
            found.append({"source": row.source, "best": _in_words(best) if best else None})
    return found


def _in_words(one: SystemProposed) -> dict[str, Any]:
    return {
        "system": one.system,
        "confidence": one.fit.confidence,
        "why": [say(CLUE_WORDS[clue]).format(**facts) for clue, facts in one.fit.clues],
    }


@page(*FORM)
def belonging(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show which systems a scanned source may belong to and why, and take the department's word."""
    actor = request.actor
    source = resources.source(pk, viewer=actor)
    require(actor, "upkeep.scan", source.department_id)
    row = queries.belonging(source.pk, viewer=actor)
    proposed = queries.systems_proposed(row, viewer=actor) if row else []
    form = _form(request, source, proposed)
    if request.method == "POST" and request.POST.get("deed") == "confirm":
        system_id = read_id(request.POST.get("system", ""))
        if system_id is None:
            raise NotFound(what="information system", key=request.POST.get("system", "")[:80])
        services.choose_system(source_id=pk, system_id=system_id, actor=actor, clock=request.clock)
        return _chosen(request)
    if request.method == "POST" and request.POST.get("deed") == "leave":
        services.leave_without_system(source_id=pk, actor=actor, clock=request.clock)
        messages.success(request, gettext("The source belongs to no system."))
        return HttpResponseRedirect(reverse("upkeep:scans"))
    if request.method == "POST" and done(form, lambda typed: _choose(request, pk, typed)):
        return _chosen(request)
    status = BelongingStatus(row.status) if row else BelongingStatus.OPEN
    return show(
        request,
        "upkeep/belonging.html",
        title=gettext("System of {source}").format(source=source.name),
        crumbs=[upkeep_crumb(), (gettext("Scan of sources"), reverse("upkeep:scans"))],
        source=source,
        state=badge(COLOURS[status], BELONGING_STATUS_NAMES[status]),
        proposed=[_in_words(one) for one in proposed],
        found_at=row.found_at if row else None,
        form=form,
        status=form.status,
    )


def _form(request: PortalRequest, source: Any, proposed: list[SystemProposed]) -> BelongingForm:
    registered = resources.registered_systems(viewer=request.actor).filter(department_id=source.department_id)
    told = {one.system.pk: one.fit.confidence for one in proposed}
    ordered = sorted(registered, key=lambda one: (-told.get(one.pk, 0), one.name))
    likely = str(ordered[0].pk) if ordered and told.get(ordered[0].pk, 0) >= LIKELY else ""
    return BelongingForm(
        posted(request),
        initial={"system": str(source.system_id or likely), "name": "" if likely else queries.suggested_system(source)},
        systems=[(str(one.pk), one.name) for one in ordered],
    )


def _choose(request: PortalRequest, pk: UUID, typed: dict[str, Any]) -> None:
    who: dict[str, Any] = {"source_id": pk, "actor": request.actor, "clock": request.clock}
    if typed["system"]:
        services.choose_system(system_id=UUID(typed["system"]), **who)
    else:
        services.choose_new_system(
            name=typed["name"], network=typed["network"], description=typed["description"], **who
        )


def _chosen(request: PortalRequest) -> HttpResponseBase:
    messages.success(request, gettext("The source belongs to that system now, and what was drafted from it is tied."))
    return HttpResponseRedirect(reverse("upkeep:scans"))
