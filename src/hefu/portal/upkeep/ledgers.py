"""The lists that a catalogue is read by: what is not shared, who answers for what, and the tree of classes."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import NotFound
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.catalog.lists import address, share_badge
from hefu.portal.catalog.words import class_names
from hefu.portal.http import PortalRequest
from hefu.portal.lists import Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import page, show
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import (
    BASIS_NAMES,
    OPEN_TYPE_NAMES,
    SHARE_TYPE_NAMES,
    UPDATE_CYCLE_NAMES,
    ShareType,
)
from hefu.rooms.upkeep import queries

_NAME: Column[Any] = Column("name", _("Entry"), lambda e: e.name, sort="name", link=address)
_PROVIDER: Column[Any] = Column("provider", _("Provider"), lambda e: e.provider.name, sort="provider__name")
_CODE: Column[Any] = Column("code", _("Code"), lambda e: e.code, sort="code", show=lambda e: shows.code(e.code))
_SHARE: Column[Any] = Column(
    "share",
    _("Sharing"),
    lambda e: name_of(e.share_type, SHARE_TYPE_NAMES),
    sort="share_type",
    show=lambda e: share_badge(e.share_type),
)
_CYCLE: Column[Any] = Column("cycle", _("Update cycle"), lambda e: name_of(e.update_cycle, UPDATE_CYCLE_NAMES))
_OPEN: Column[Any] = Column("open", _("Opening to the public"), lambda e: name_of(e.open_type, OPEN_TYPE_NAMES))


class _Ledger(Listing[Any]):
    search_word = _("Name of an entry")
    order = "name"

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),)

    def empty(self) -> Empty:
        """Say that there is none."""
        return Empty(_("No entry in force stands here."))


class Negative(_Ledger):
    """负面清单: entries that are not shared, each with its reason and legal basis."""

    name = "negative"
    title = _("Negative list")

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            _NAME,
            _PROVIDER,
            Column("reason", _("Reason"), lambda e: e.noshare_reason),
            Column("kind", _("Kind of basis"), lambda e: name_of(e.basis_kind, BASIS_NAMES), sort="basis_kind"),
            Column("basis", _("Legal basis"), lambda e: e.basis_title, sort="basis_title"),
            Column("article", _("Article"), lambda e: e.basis_article),
            _CODE,
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the entries that are not shared."""
        return catalog.published(viewer=self.request.actor, search=search, share_type=ShareType.NONE)


class Responsibilities(_Ledger):
    """责任清单: for each entry who supplies it, whose duty it is, how often and on what terms."""

    name = "responsibilities"
    title = _("Responsibility list")

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            _PROVIDER,
            _NAME,
            Column("source", _("Source department"), lambda e: queries.source_name(e)),
            Column("office", _("Office"), lambda e: e.internal_office, phone=False),
            Column("business", _("Business item"), lambda e: e.business_item),
            _SHARE,
            _OPEN,
            _CYCLE,
            _CODE,
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the entries in force with the sources named."""
        return queries.with_sources(catalog.published(viewer=self.request.actor, search=search))


class OfClass(_Ledger):
    """Entries in force of one class and of those below it."""

    name = "of_class"
    title = _("Entries of a class")

    def __init__(self, request: PortalRequest, code: str) -> None:
        """Show the entries of one class."""
        super().__init__(request)
        self.code = code

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (_NAME, _PROVIDER, _SHARE, _CYCLE, _CODE)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the entries of the class."""
        found = catalog.published(viewer=self.request.actor, search=search)
        return found.filter(class_code__startswith=self.code)


@page()
def negative(request: PortalRequest) -> HttpResponseBase:
    """Show what is not shared."""
    return _ledger(request, Negative(request), "negative")


@page()
def responsibilities(request: PortalRequest) -> HttpResponseBase:
    """Show who answers for what."""
    return _ledger(request, Responsibilities(request), "responsibilities")


def _ledger(request: PortalRequest, listing: _Ledger, tab: str) -> HttpResponseBase:
    return list_page(
        request,
        listing,
        "upkeep/list.html",
        title=say(listing.title),
        crumbs=[upkeep_crumb()],
        **tabs(tab, request.actor),
    )


@page()
def classes(request: PortalRequest) -> HttpResponseBase:
    """Show the tree of classes with how many entries in force each holds."""
    return show(
        request,
        "upkeep/classes.html",
        title=gettext("Tree of classes"),
        crumbs=[upkeep_crumb()],
        tree=queries.class_tree(viewer=request.actor),
        names=class_names(),
        **tabs("classes", request.actor),
    )


@page()
def of_class(request: PortalRequest, code: str) -> HttpResponseBase:
    """Show the entries of one class."""
    if not code.isdigit() or len(code) > 18:
        raise NotFound(what="rule", key=code)
    return list_page(
        request,
        OfClass(request, code),
        "upkeep/list.html",
        title=class_names().get(code) or gettext("Class {code}").format(code=code),
        crumbs=[upkeep_crumb(), (gettext("Tree of classes"), reverse("upkeep:classes"))],
    )
