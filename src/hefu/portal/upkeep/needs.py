"""Pages of needs for data outside the catalogue."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.clock_face import face
from hefu.portal.deeds import deed_page
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, Act, page, show
from hefu.portal.upkeep.forms import NeedForm, WordForm
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may
from hefu.rooms.upkeep.terms.cases import NEED_STATUS_NAMES, NeedStatus

if TYPE_CHECKING:
    from hefu.rooms.upkeep.models import Need

COLOURS = {
    NeedStatus.RECEIVED: "waiting",
    NeedStatus.ASSIGNED: "waiting",
    NeedStatus.CONFIRMED: "busy",
    NeedStatus.MET: "good",
    NeedStatus.REFUSED: "bad",
}


def need_badge(need: "Need") -> str:
    """Return where a need stands."""
    status = NeedStatus(need.status)
    return badge(COLOURS[status], NEED_STATUS_NAMES[status])


class Needs(Listing["Need"]):
    """Needs outside the catalogue."""

    name = "needs"
    title = _("Needs outside the catalogue")
    search_word = _("Name or number")
    order = "-asked"

    def columns(self) -> Sequence[Column["Need"]]:
        """Return the columns."""
        return (
            Column("number", _("Case number"), lambda n: n.number, sort="number", link=_where, wraps=False),
            Column("name", _("Data needed"), lambda n: n.name, sort="name"),
            Column("department", _("Asked by"), lambda n: n.department.name, sort="department__name"),
            Column("asked", _("Asked"), lambda n: n.asked_at, sort="asked_at", wraps=False),
            Column("status", _("State"), lambda n: name_of(n.status, NEED_STATUS_NAMES), show=need_badge, wraps=False),
            Column("source", _("Source department"), lambda n: n.source.name if n.source else ""),
            Column("entry", _("Entry"), lambda n: n.entry.name if n.entry else "", phone=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=NEED_STATUS_NAMES, tabs=True),
            Facet("department", _("Asked by"), "department_id", name_field="department__name"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the needs."""
        found = queries.needs(viewer=self.request.actor)
        return (found.filter(name__icontains=search) | found.filter(number__icontains=search)) if search else found

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("Nobody has asked for data outside the catalogue. Look there first; what it lacks is asked for here."),
            _("Ask for data") if may(self.request.actor, "upkeep.ask", self.request.actor.department_id) else "",
            reverse("upkeep:new_need"),
        )


def _where(row: "Need") -> str:
    return reverse("upkeep:need", args=[row.number])


@page()
def needs(request: PortalRequest) -> HttpResponseBase:
    """Show needs outside the catalogue."""
    asks = may(request.actor, "upkeep.ask", request.actor.department_id)
    return list_page(
        request,
        Needs(request),
        "upkeep/list.html",
        title=gettext("Needs outside the catalogue"),
        crumbs=[upkeep_crumb()],
        act=Act(_("Ask for data"), reverse("upkeep:new_need")) if asks else None,
        **tabs("needs", request.actor),
    )


@page(*FORM)
def new_need(request: PortalRequest) -> HttpResponseBase:
    """Ask for data that the catalogue does not have."""
    return deed_page(
        request,
        NeedForm(posted(request), initial={"name": request.GET.get("name", "")[:200]}),
        title=gettext("Ask for data outside the catalogue"),
        crumbs=[upkeep_crumb(), (gettext("Needs outside the catalogue"), reverse("upkeep:needs"))],
        lead=gettext("The data authority names the department that must have it."),
        send=gettext("Ask"),
        work=lambda typed: services.ask_for_data(**typed, actor=request.actor, clock=request.clock),
        said=gettext("The need is with the data authority."),
    )


#: Departments in the list that the page itself draws; while one types, all of them are looked through.
OFFERED = 500


@page(*FORM)
def need(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one need with its clocks, and take the next word on it."""
    found = queries.need(number, viewer=request.actor)
    deeds = _deeds(request, found)
    form = WordForm(posted(request), deeds=deeds)
    if request.method == "POST" and done(form, lambda typed: _say(request, number, typed)):
        messages.success(request, gettext("Your word is on record."))
        return HttpResponseRedirect(reverse("upkeep:needs"))
    today = request.clock.today()
    names = _names(request) if "department" in form.fields else []
    return show(
        request,
        "upkeep/need.html",
        title=found.name,
        crumbs=[upkeep_crumb(), (gettext("Needs outside the catalogue"), reverse("upkeep:needs"))],
        need=found,
        state=need_badge(found),
        clocks=[face(one, today, steps=True) for one in clocks.clocks_of(number, viewer=request.actor)],
        form=form if deeds else None,
        departments=names[:OFFERED],
        offers={"departments": [(name, name) for name in names]},
        status=form.status,
        events=history(number, viewer=request.actor),
    )


def _deeds(request: PortalRequest, found: "Need") -> list[tuple[str, str]]:
    actor, status = request.actor, NeedStatus(found.status)
    deeds: list[tuple[str, str]] = []
    if status is NeedStatus.RECEIVED and may(actor, "upkeep.assign"):
        deeds += [("assign", gettext("Name the source department")), ("refuse", gettext("Refuse"))]
    if status is NeedStatus.ASSIGNED and may(actor, "upkeep.answer_need", found.source_id):
        deeds += [("take", gettext("We catalogue it")), ("back", gettext("It is not ours"))]
    if status in (NeedStatus.RECEIVED, NeedStatus.CONFIRMED) and may(actor, "upkeep.meet_need", found.source_id):
        deeds.append(("meet", gettext("An entry in force holds it")))
    return deeds


def _say(request: PortalRequest, number: str, typed: dict[str, Any]) -> Any:
    who: dict[str, Any] = {
        "number": number,
        "reason": typed["reason"],
        "actor": request.actor,
        "clock": request.clock,
    }
    match typed["deed"]:
        case "assign":
            return services.name_provider(department_id=_department(request, typed["department"]), **who)
        case "refuse":
            return services.refuse_need(**who)
        case "meet":
            return services.meet_need(entry_id=_entry(request, typed["entry"]), **who)
        case deed:
            return services.answer_need(agrees=deed == "take", **who)


def _names(request: PortalRequest) -> list[str]:
    return list(parties.departments(viewer=request.actor).values_list("name", flat=True))


def _department(request: PortalRequest, told: str) -> UUID:
    rows = parties.departments(viewer=request.actor)
    found = rows.filter(name=told.strip()).first() or rows.filter(credit_code=told.strip().upper()).first()
    if found is None:
        raise InputsRejected(problems={"department": _("No department bears this name or code.")})
    return found.pk


def _entry(request: PortalRequest, code: str) -> UUID:
    try:
        return catalog.entry(code.strip(), viewer=request.actor).pk
    except NotFound:
        raise InputsRejected(problems={"entry": _("No entry has this code.")}) from None
