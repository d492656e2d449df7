"""The dashboard of coverage, the rows behind a gap, and an entry's ties."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from hefu.kernel.refusal import NotFound
from hefu.portal.catalog.views import entry_crumb, list_crumb
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import TieForm
from hefu.portal.upkeep.lists import Coverages, Offending, gap_address
from hefu.portal.upkeep.words import WAYS, tabs, upkeep_crumb
from hefu.portal.words import say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.terms import GAP_NAMES, Coverage, Gap


@page()
def coverage(request: PortalRequest) -> HttpResponseBase:
    """Show how whole each department's catalogue is."""
    listing = Coverages(request)
    own = request.actor.department_id
    return list_page(
        request,
        listing,
        "upkeep/coverage.html",
        title=gettext("Catalogue upkeep"),
        figures=_figures(listing.all) if not request.GET.get("format") else [],
        ties=own is not None and may(request.actor, "upkeep.tie", own),
        counted_at=min((one.counted_at for one in listing.all if one.counted_at), default=request.clock.now()),
        **tabs("coverage", request.actor),
    )


def _figures(found: list[Coverage]) -> list[tuple[int, int, str, str]]:
    """Return each gap with its rows, the departments that have it, its name and where the rows stand."""
    figures = []
    for gap in Gap:
        rows, departments = sum(one.gap(gap) for one in found), sum(1 for one in found if one.gap(gap))
        figures.append((rows, departments, say(GAP_NAMES[gap]), gap_address(gap)))
    return figures


@page()
def gap(request: PortalRequest, name: str) -> HttpResponseBase:
    """Show the rows that have a gap."""
    if name not in list(Gap):
        raise NotFound(what="rule", key=name)
    found = Gap(name)
    return list_page(
        request,
        Offending(request, found),
        "upkeep/list.html",
        title=say(GAP_NAMES[found]),
        crumbs=[upkeep_crumb()],
        lead=say(WAYS[found]),
    )


@page("POST")
def tie_names(request: PortalRequest) -> HttpResponseBase:
    """Tie the entries of the reader's department to the systems and business items that they name."""
    own = request.actor.department_id
    if own is None:
        raise NotFound(what="department", key="")
    made = services.tie_by_names(department_id=own, actor=request.actor, clock=request.clock)
    messages.success(
        request,
        ngettext("{count} tie was made.", "{count} ties were made.", made.systems + made.tasks).format(
            count=made.systems + made.tasks
        ),
    )
    return HttpResponseRedirect(reverse("upkeep:coverage"))


@page(*FORM)
def ties(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Tie an entry to systems, duties and business items of its department."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "upkeep.tie", entry.provider_id)
    here = {str(one.pk) for one in queries.systems_of(entry, viewer=request.actor)}
    held = {str(one.pk) for one in queries.tasks_of(entry)}
    systems = resources.registered_systems(viewer=request.actor).filter(department_id=entry.provider_id)
    tasks = queries.tasks(viewer=request.actor, department_id=entry.provider_id).order_by("kind", "name")
    form = TieForm(
        posted(request),
        initial={"systems": sorted(here), "tasks": sorted(held)},
        systems=[(str(one.pk), one.name) for one in systems.order_by("name")],
        tasks=[(str(one.pk), f"{one.under.name} / {one.name}" if one.under else one.name) for one in tasks],
    )
    if request.method == "POST" and done(form, lambda typed: _tie(request, pk, typed, here, held)):
        messages.success(request, gettext("The ties are kept."))
        return HttpResponseRedirect(reverse("catalog:entry", args=[pk]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Tie {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        form=form,
        status=form.status,
        send=gettext("Keep the ties"),
        back=reverse("catalog:entry", args=[pk]),
    )


def _tie(request: PortalRequest, pk: UUID, typed: dict[str, Any], here: set[str], held: set[str]) -> bool:
    who: dict[str, Any] = {"entry_id": pk, "actor": request.actor, "clock": request.clock}
    systems, tasks = set(typed["systems"]), set(typed["tasks"])
    for one in sorted(systems - here):
        services.tie_system(system_id=UUID(one), **who)
    for one in sorted(here - systems):
        services.untie_system(system_id=UUID(one), **who)
    for one in sorted(tasks - held):
        services.tie_task(task_id=UUID(one), **who)
    for one in sorted(held - tasks):
        services.untie_task(task_id=UUID(one), **who)
    return True
