"""Pages of systems, sources, targets and of what connectors may reach."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from hefu.kernel.actor import Role
from hefu.kernel.refusal import NotFound, Refusal
from hefu.kernel.words import _
from hefu.portal.deeds import deed_page, reason_page
from hefu.portal.forms import OfficeForm, attempt, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Listing, list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.refusals import sentence, told
from hefu.portal.resources.forms import AllowanceForm, PlaceForm, SystemForm
from hefu.portal.resources.lists import Allowances, Sources, Systems, Targets, reached_badge, where
from hefu.portal.resources.words import ENCODING_NAMES, TABLE_KIND_NAMES, TLS_NAMES
from hefu.portal.words import name_of, say
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import queries as parties
from hefu.rooms.resources import queries, services
from hefu.rooms.resources.access import may, require
from hefu.rooms.resources.terms import DATABASES, PLACE_KIND_NAMES


def list_crumb() -> Crumb:
    """Return the way to the sources."""
    return gettext("Data sources"), reverse("resources:list")


def _shelves(request: PortalRequest, here: str) -> dict[str, Any]:
    found = [
        ("sources", _("Data sources"), reverse("resources:list")),
        ("targets", _("Places of delivery"), reverse("resources:targets")),
        ("systems", _("Information systems"), reverse("resources:systems")),
    ]
    if may(request.actor, "resources.see_allowances"):
        found.append(("allowances", _("What connectors may reach"), reverse("resources:allowances")))
    return {"shelves": found, "shelf": here}


def _list(request: PortalRequest, listing: Listing[Any], here: str, act: Act | None) -> HttpResponseBase:
    return list_page(
        request, listing, "resources/list.html", title=say(listing.title), act=act, **_shelves(request, here)
    )


def _registers(request: PortalRequest, label: str, route: str) -> Act | None:
    return Act(label, reverse(route)) if may(request.actor, "resources.register_place", _home(request)) else None


def _home(request: PortalRequest) -> UUID | None:
    return request.actor.department_id


def _departments(request: PortalRequest) -> list[Any]:
    """Return for whom the reader may register: the operator for all, others for their own department."""
    if request.actor.has(Role.OPERATOR):
        return list(parties.departments(viewer=request.actor))
    return [parties.department(_home(request) or "", viewer=request.actor)]


@page()
def sources(request: PortalRequest) -> HttpResponseBase:
    """Show the sources that the reader may see."""
    return _list(
        request, Sources(request), "sources", _registers(request, _("Register a source"), "resources:new_source")
    )


@page()
def targets(request: PortalRequest) -> HttpResponseBase:
    """Show the places of delivery that the reader may see."""
    act = _registers(request, _("Register a place of delivery"), "resources:new_target")
    return _list(request, Targets(request), "targets", act)


@page()
def systems(request: PortalRequest) -> HttpResponseBase:
    """Show the information systems that the reader may see."""
    return _list(
        request, Systems(request), "systems", _registers(request, _("Register a system"), "resources:new_system")
    )


@page()
def allowances(request: PortalRequest) -> HttpResponseBase:
    """Show what connectors may reach."""
    act = Act(_("Allow an address"), reverse("resources:allow")) if may(request.actor, "resources.allow") else None
    return _list(request, Allowances(request), "allowances", act)


@page(*FORM)
def new_system(request: PortalRequest) -> HttpResponseBase:
    """Register an information system."""
    require(request.actor, "resources.register_system", _home(request))
    return deed_page(
        request,
        SystemForm(posted(request), departments=_departments(request)),
        title=gettext("Register a system"),
        crumbs=[list_crumb(), (gettext("Information systems"), reverse("resources:systems"))],
        lead="",
        send=gettext("Register"),
        work=lambda typed: services.register_system(
            **{"department_id": _home(request), **typed}, actor=request.actor, clock=request.clock
        ),
        said=gettext("The system is registered."),
    )


@page(*FORM)
def allow(request: PortalRequest) -> HttpResponseBase:
    """Let connectors reach more."""
    require(request.actor, "resources.allow")
    return deed_page(
        request,
        AllowanceForm(posted(request)),
        title=gettext("Allow an address"),
        crumbs=[list_crumb(), (gettext("What connectors may reach"), reverse("resources:allowances"))],
        lead=gettext("Only what stands in this list can be a source or a place of delivery. It goes on record."),
        send=gettext("Allow"),
        work=lambda typed: services.allow(**typed, actor=request.actor, clock=request.clock),
        said=gettext("It is allowed."),
    )


@page(*FORM)
def disallow(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Take an allowance back, after saying what is lost by it."""
    require(request.actor, "resources.allow")
    found = queries.allowances(viewer=request.actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(what=_("allowance"), key=pk)
    return deed_page(
        request,
        OfficeForm(posted(request)),
        title=gettext("End the allowance of {pattern}").format(pattern=found.pattern),
        crumbs=[list_crumb(), (gettext("What connectors may reach"), reverse("resources:allowances"))],
        lead=gettext(
            "Sources and places of delivery that only this allows are reached no more, from the next connection on. "
            "It goes on record."
        ),
        send=gettext("End the allowance"),
        work=lambda _typed: (services.disallow(allowance_id=pk, actor=request.actor, clock=request.clock),),
        said=gettext("The allowance is ended."),
        grave=True,
    )


@sensitive_post_parameters("password")
@page(*FORM)
def new_source(request: PortalRequest) -> HttpResponseBase:
    """Register a source."""
    require(request.actor, "resources.register_place", _home(request))
    form = PlaceForm(
        posted(request),
        departments=_departments(request),
        systems=queries.systems(viewer=request.actor),
        for_source=True,
    )

    def register(typed: dict[str, Any]) -> Any:
        return services.register_source(
            department_id=UUID(str(typed.get("department_id") or _home(request))),
            facts=form.facts(),
            password=typed["password"],
            system_id=UUID(typed["system_id"]) if typed["system_id"] else None,
            actor=request.actor,
            clock=request.clock,
        )

    made = attempt(form, register) if request.method == "POST" else None
    if made:
        services.test_source(source_id=made.pk, actor=request.actor, clock=request.clock)
        messages.success(request, gettext("The source is registered and was tested once."))
        return HttpResponseRedirect(reverse("resources:source", args=[made.pk]))
    return _place_form(request, form, gettext("Register a source"), reverse("resources:list"))


@sensitive_post_parameters("password")
@page(*FORM)
def new_target(request: PortalRequest) -> HttpResponseBase:
    """Register a place of delivery."""
    require(request.actor, "resources.register_place", _home(request))
    form = PlaceForm(posted(request), departments=_departments(request), for_source=False)

    def register(typed: dict[str, Any]) -> Any:
        return services.register_target(
            department_id=UUID(str(typed.get("department_id") or _home(request))),
            facts=form.facts(),
            password=typed["password"],
            actor=request.actor,
            clock=request.clock,
        )

    made = attempt(form, register) if request.method == "POST" else None
    if made:
        services.test_target(target_id=made.pk, actor=request.actor, clock=request.clock)
        messages.success(request, gettext("The place of delivery is registered and was tested once."))
        return HttpResponseRedirect(reverse("resources:target", args=[made.pk]))
    return _place_form(request, form, gettext("Register a place of delivery"), reverse("resources:targets"))


def _place_form(request: PortalRequest, form: PlaceForm, title: str, back: str) -> HttpResponseBase:
    return show(
        request,
        "portal/form_page.html",
        title=title,
        crumbs=[list_crumb()],
        form=form,
        status=form.status,
        back=back,
        send=gettext("Save and test"),
    )


@page()
def source(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one source: where it is, how the last test went, what tables it offers."""
    found = queries.source(pk, viewer=request.actor)
    tables, load, fault = [], None, ""
    if request.GET.get("look") and may(request.actor, "resources.look_inside", found.department_id):
        try:
            load = queries.load(pk, viewer=request.actor)
            found_tables = queries.tables(pk, viewer=request.actor)
            tables = [(one, name_of(one.kind, TABLE_KIND_NAMES)) for one in found_tables]
        except Refusal as refusal:
            fault = sentence(refusal)
    since = request.clock.now() - timedelta(days=1)
    burden = deliveries.burden(found.pk, viewer=request.actor, since=since)
    return _place(request, found, side="source", tables=tables, load=load, burden=burden, fault=fault)


@page()
def target(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one place of delivery."""
    return _place(request, queries.target(pk, viewer=request.actor), side="target")


def _place(request: PortalRequest, found: Any, *, side: str, **context: Any) -> HttpResponseBase:
    deeds = ("change_place", "test_place", "close_place", "look_inside")
    return show(
        request,
        "resources/place.html",
        title=found.name,
        crumbs=[list_crumb()]
        if side == "source"
        else [list_crumb(), (gettext("Places of delivery"), reverse("resources:targets"))],
        place=found,
        side=side,
        kind=name_of(found.kind, PLACE_KIND_NAMES),
        where=where(found),
        database=found.kind in DATABASES,
        tls=name_of(found.tls, TLS_NAMES),
        encoding=name_of(found.encoding, ENCODING_NAMES),
        reached=reached_badge(found),
        told=told(found.test_text, found.test_facts) if found.test_text else "",
        may={deed for deed in deeds if may(request.actor, f"resources.{deed}", found.department_id)},
        events=history(f"{side}:{found.pk}", viewer=request.actor),
        **context,
    )


@page("POST")
def test(request: PortalRequest, side: str, pk: UUID) -> HttpResponseBase:
    """Try whether a place can be reached."""
    if side == "source":
        services.test_source(source_id=pk, actor=request.actor, clock=request.clock)
    else:
        services.test_target(target_id=pk, actor=request.actor, clock=request.clock)
    return HttpResponseRedirect(reverse(f"resources:{side}", args=[pk]))


@sensitive_post_parameters("password")
@page(*FORM)
def change(request: PortalRequest, side: str, pk: UUID) -> HttpResponseBase:
    """Change what is stated of a place."""
    for_source = side == "source"
    found: Any = (queries.source if for_source else queries.target)(pk, viewer=request.actor)
    require(request.actor, "resources.change_place", found.department_id)
    form = PlaceForm(posted(request), initial=PlaceForm.present(found), for_source=for_source)

    def save(typed: dict[str, Any]) -> object:
        more = {"facts": form.facts(), "password": typed["password"], "actor": request.actor, "clock": request.clock}
        if for_source:
            return services.change_source(source_id=pk, **more)
        return services.change_target(target_id=pk, **more)

    if request.method == "POST" and done(form, save):
        messages.success(request, gettext("The changes are saved."))
        return HttpResponseRedirect(reverse(f"resources:{side}", args=[pk]))
    return _place_form(
        request,
        form,
        gettext("Change {name}").format(name=found.name),
        reverse(f"resources:{side}", args=[pk]),
    )


@page(*FORM)
def close(request: PortalRequest, side: str, pk: UUID) -> HttpResponseBase:
    """Use a place no more."""
    for_source = side == "source"
    found: Any = (queries.source if for_source else queries.target)(pk, viewer=request.actor)
    require(request.actor, "resources.close_place", found.department_id)

    def shut(typed: dict[str, Any]) -> object:
        if for_source:
            return services.close_source(source_id=pk, **typed, actor=request.actor, clock=request.clock)
        return services.close_target(target_id=pk, **typed, actor=request.actor, clock=request.clock)

    return reason_page(
        request,
        title=gettext("Close {name}").format(name=found.name),
        crumbs=[list_crumb(), (found.name, reverse(f"resources:{side}", args=[pk]))],
        lead=gettext("It can no longer be chosen, and its password is forgotten."),
        send=gettext("Close it"),
        work=shut,
        said=gettext("It is closed."),
        leads_to=reverse("resources:list" if for_source else "resources:targets"),
        grave=True,
    )
