"""Pages of scans: what the tables of a source could be as entries."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from hefu.kernel.ids import read_id
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, page, show
from hefu.portal.picks import picked
from hefu.portal.refusals import sentence
from hefu.portal.upkeep.belonging import to_confirm
from hefu.portal.upkeep.forms import TakeForm
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of, say
from hefu.rooms.catalog.terms import GRADE_NAMES, ITEM_TYPE_NAMES, PERSONAL_INFO_NAMES
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may
from hefu.rooms.upkeep.terms.cases import PROPOSAL_STATUS_NAMES, SCAN_STATUS_NAMES, ProposalStatus, ScanStatus

if TYPE_CHECKING:
    from hefu.rooms.upkeep.models import Proposal

#: Pattern class of a column's values → how people call it.
PATTERN_NAMES = {
    "citizen_id": _("citizen identity numbers"),
    "credit_code": _("unified social credit codes"),
    "mobile": _("mobile numbers"),
    "email": _("mail addresses"),
    "day": _("calendar days"),
    "division": _("division codes"),
    "whole": _("whole numbers"),
    "number": _("numbers"),
    "chinese": _("two to four Chinese signs"),
}
COLOURS = {ProposalStatus.OPEN: "waiting", ProposalStatus.TAKEN: "good", ProposalStatus.IGNORED: "off"}


class Proposals(Listing["Proposal"]):
    """What scans propose."""

    name = "proposals"
    title = _("Proposed entries")
    search_word = _("Table or name")
    order = "table"

    def columns(self) -> Sequence[Column["Proposal"]]:
        """Return the columns."""
        return (
            Column("table", _("Table or file"), str, sort="table", link=_where, show=self._picked),
            Column("name", _("Could be called"), lambda p: p.name, sort="name"),
            Column("source", _("Data source"), lambda p: p.source.name, sort="source__name"),
            Column("rows", _("Rows, about"), lambda p: p.rows_estimate, sort="rows_estimate", align=Align.END),
            Column("items", _("Items"), lambda p: len(p.items), align=Align.END),
            Column("personal", _("Personal information"), lambda p: name_of(p.personal_info, PERSONAL_INFO_NAMES)),
            Column("grade", _("Grade"), lambda p: name_of(p.grade, GRADE_NAMES), phone=False),
            Column(
                "status",
                _("State"),
                lambda p: name_of(p.status, PROPOSAL_STATUS_NAMES),
                show=lambda p: badge(
                    COLOURS[ProposalStatus(p.status)], PROPOSAL_STATUS_NAMES[ProposalStatus(p.status)]
                ),
            ),
        )

    def _picked(self, row: "Proposal") -> str:
        """Return the table with a box to choose it, where it waits for the reader's word."""
        if row.status == ProposalStatus.OPEN and may(self.request.actor, "upkeep.scan", row.source.department_id):
            return picked(row.pk, str(row), _where(row), form="together")
        return format_html('<a href="{}">{}</a>', _where(row), str(row))

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=PROPOSAL_STATUS_NAMES, tabs=True),
            Facet("source", _("Data source"), "source_id", name_field="source__name"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the proposals."""
        found = queries.proposals(viewer=self.request.actor)
        return (found.filter(table__icontains=search) | found.filter(name__icontains=search)) if search else found

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("No source was scanned yet. A scan proposes an entry for each table that none is mounted on."))


def _state(row: "Proposal") -> str:
    status = ProposalStatus(row.status)
    return badge(COLOURS[status], PROPOSAL_STATUS_NAMES[status])


def _where(row: "Proposal") -> str:
    return reverse("upkeep:proposal", args=[row.pk])


@page()
def scans(request: PortalRequest) -> HttpResponseBase:
    """Show scans, how far they are, and what they propose."""
    actor, own = request.actor, request.actor.department_id
    return list_page(
        request,
        Proposals(request),
        "upkeep/scans.html",
        title=gettext("Scan of sources"),
        crumbs=[upkeep_crumb()],
        sources=resources.sources(viewer=actor, department_id=own) if own and may(actor, "upkeep.scan", own) else [],
        belongings=to_confirm(request),
        may_settle=own and may(actor, "upkeep.scan", own),
        scans=[
            {"scan": one, "state": say(SCAN_STATUS_NAMES[ScanStatus(one.status)]), "open": one.ended_at is None}
            for one in queries.scans(viewer=actor)[:5]
        ],
        **tabs("scans", actor),
    )


@page("POST")
def together(request: PortalRequest) -> HttpResponseBase:
    """Draft the tables chosen, or leave them out."""
    status = ProposalStatus.IGNORED if request.POST.get("deed") == "ignore" else ProposalStatus.TAKEN
    results = services.settle_together(
        proposal_ids=[read_id(one) for one in request.POST.getlist("pick")],
        status=status,
        actor=request.actor,
        clock=request.clock,
    )
    count = sum(not one.refused for one in results)
    if count:
        said = (
            ngettext(
                "{count} entry is drafted. Complete what a scan cannot know.",
                "{count} entries are drafted. Complete what a scan cannot know.",
                count,
            )
            if status is ProposalStatus.TAKEN
            else ngettext(
                "{count} table is left out of the catalogue.", "{count} tables are left out of the catalogue.", count
            )
        )
        messages.success(request, said.format(count=count))
    for one in results:
        if one.refused:
            messages.warning(request, f"{one.name}: {sentence(one.refused)}")
    return HttpResponseRedirect(reverse("upkeep:scans"))


@page("POST")
def scan(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Let a source be scanned."""
    services.ask_scan(source_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The scan waits for the worker."))
    return HttpResponseRedirect(reverse("upkeep:scans"))


@page(*FORM)
def proposal(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show what a table could be as an entry, and draft it or let it be."""
    found = queries.proposal(pk, viewer=request.actor)
    open_ = found.status == ProposalStatus.OPEN and may(request.actor, "upkeep.scan", found.source.department_id)
    form = _take_form(request, found)
    if request.method == "POST" and request.POST.get("deed") == "ignore":
        services.ignore_proposal(proposal_id=pk, actor=request.actor, clock=request.clock)
        messages.success(request, gettext("The table is left out of the catalogue."))
        return HttpResponseRedirect(reverse("upkeep:scans"))
    if request.method == "POST":
        taken = attempt(
            form,
            lambda typed: services.take_proposal(
                proposal_id=pk,
                name=typed["name"],
                system_id=UUID(typed["system"]) if typed["system"] else None,
                actor=request.actor,
                clock=request.clock,
            ),
        )
        if taken and taken.entry_id:
            messages.success(request, gettext("The entry is drafted. Complete what a scan cannot know."))
            return HttpResponseRedirect(reverse("catalog:edit", args=[taken.entry_id]))
    return show(
        request,
        "upkeep/proposal.html",
        title=found.name,
        crumbs=[upkeep_crumb(), (gettext("Scan of sources"), reverse("upkeep:scans"))],
        proposal=found,
        personal=name_of(found.personal_info, PERSONAL_INFO_NAMES),
        grade=name_of(found.grade, GRADE_NAMES),
        lines=[_line(one) for one in found.items],
        form=form if open_ else None,
        status=form.status,
    )


def _take_form(request: PortalRequest, found: "Proposal") -> TakeForm:
    """Return the form with the department's systems, the one of the source chosen, else the likeliest."""
    source = found.source
    registered = resources.registered_systems(viewer=request.actor).filter(department_id=source.department_id)
    likely = None if source.system_id else queries.likely_system(source.pk, viewer=request.actor)
    chosen = source.system_id or (likely.system.pk if likely else "")
    return TakeForm(
        posted(request),
        initial={"name": found.name, "system": str(chosen)},
        systems=[(str(one.pk), one.name) for one in registered.order_by("name")],
    )


def _line(item: dict[str, Any]) -> dict[str, Any]:
    return item | {
        "type": name_of(item["type"], ITEM_TYPE_NAMES),
        "personal": name_of(item["personal_info"], PERSONAL_INFO_NAMES) if item["personal_info"] != "none" else "",
        "pattern": name_of(item["pattern"], PATTERN_NAMES) if item["pattern"] else shows.NOTHING,
        "empty": f"{item['empty']} %" if item["empty"] is not None else shows.NOTHING,
    }
