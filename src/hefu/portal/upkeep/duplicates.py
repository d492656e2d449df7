"""The duplicate desk: like entries of two departments, and which of them is the source."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.catalog.lists import address
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import SettleForm
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may
from hefu.rooms.upkeep.terms.cases import PAIR_STATUS_NAMES, PairStatus

if TYPE_CHECKING:
    from hefu.rooms.upkeep.models import Pair

COLOURS = {PairStatus.OPEN: "waiting", PairStatus.ONE_SOURCE: "good", PairStatus.DIFFERENT: "off"}


def pair_badge(pair: "Pair") -> str:
    """Return what became of a pair."""
    status = PairStatus(pair.status)
    return badge(COLOURS[status], PAIR_STATUS_NAMES[status])


class Pairs(Listing["Pair"]):
    """Near-duplicates, most alike first."""

    name = "duplicates"
    title = _("Like entries of two departments")
    search_word = _("Name of an entry")
    order = "-score"

    def columns(self) -> Sequence[Column["Pair"]]:
        """Return the columns."""
        return (
            Column(
                "score",
                _("Alike"),
                lambda p: p.score,
                sort="score",
                show=lambda p: format_html(
                    '<a href="{}">{}&nbsp;%</a>', reverse("upkeep:duplicate", args=[p.pk]), p.score
                ),
            ),
            Column("first", _("Entry"), lambda p: p.first.name, sort="first__name", show=lambda p: _entry(p.first)),
            Column("one", _("Provider"), lambda p: p.first.provider.name, sort="first__provider__name"),
            Column("second", _("Other entry"), lambda p: p.second.name, show=lambda p: _entry(p.second)),
            Column("other", _("Its provider"), lambda p: p.second.provider.name, sort="second__provider__name"),
            Column("shared", _("Items both hold"), lambda p: len(p.shared), align=Align.END, phone=False),
            Column("status", _("State"), lambda p: name_of(p.status, PAIR_STATUS_NAMES), show=pair_badge, wraps=False),
            Column("source", _("Source department"), lambda p: p.source.name if p.source else ""),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=PAIR_STATUS_NAMES, tabs=True),
            Facet("provider", _("Provider"), "first__provider_id", name_field="first__provider__name"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what the reader may see."""
        found = queries.pairs(viewer=self.request.actor)
        return found.filter(first__name__icontains=search) if search else found

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("No two departments hold entries that are alike. The platform compares what comes into force by itself.")
        )


def _entry(entry: Any) -> str:
    return format_html('<a href="{}">{}</a>', address(entry), entry.name)


@page()
def duplicates(request: PortalRequest) -> HttpResponseBase:
    """Show near-duplicates."""
    return list_page(
        request,
        Pairs(request),
        "upkeep/list.html",
        title=gettext("One datum, one source"),
        crumbs=[upkeep_crumb()],
        **tabs("duplicates", request.actor),
    )


@page(*FORM)
def duplicate(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show two like entries side by side, and take the authority's finding."""
    found = queries.pair(pk, viewer=request.actor)
    providers = {str(one.provider_id): one.provider.name for one in (found.first, found.second)}
    form = SettleForm(posted(request), departments=list(providers.items()))
    settles = may(request.actor, "upkeep.settle_duplicates")
    if request.method == "POST" and done(form, lambda typed: _settle(request, pk, typed)):
        messages.success(request, gettext("The finding is on record."))
        return HttpResponseRedirect(reverse("upkeep:duplicates"))
    return show(
        request,
        "upkeep/duplicate.html",
        title=gettext("{first} and {second}").format(first=found.first.name, second=found.second.name),
        crumbs=[upkeep_crumb(), (gettext("One datum, one source"), reverse("upkeep:duplicates"))],
        pair=found,
        state=pair_badge(found),
        sides=[_side(request, one, set(found.shared)) for one in (found.first, found.second)],
        form=form if settles else None,
        status=form.status,
    )


def _settle(request: PortalRequest, pk: UUID, typed: dict[str, Any]) -> Any:
    who: dict[str, Any] = {"pair_id": pk, "reason": typed["reason"], "actor": request.actor, "clock": request.clock}
    if typed["finding"] == "different":
        return services.find_different(**who)
    return services.name_source(department_id=UUID(typed["finding"]), **who)


def _side(request: PortalRequest, entry: Any, shared: set[str]) -> dict[str, Any]:
    naming = queries.source_of(entry.pk, viewer=request.actor)
    items = catalog.items_of(entry)
    return {
        "entry": entry,
        "address": address(entry),
        "items": [(item.name, item.name in shared) for item in items],
        "source": naming.department.name if naming else shows.NOTHING,
    }
