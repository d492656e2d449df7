"""Entries that a newer file of their source does not name: looked through, and withdrawn together for one reason."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from hefu.kernel.ids import read_id
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.catalog.importing import imports_crumb
from hefu.portal.catalog.lists import share_badge
from hefu.portal.catalog.views import list_crumb
from hefu.portal.forms import ReasonForm, attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, page
from hefu.portal.picks import picked
from hefu.portal.refusals import sentence
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import may
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Entry


class NoLongerNamed(Listing["Entry"]):
    """Entries in force that the newer file does not name."""

    name = "no_longer_named"
    title = _("No longer named")
    search_word = _("Name or code")
    order = "name"

    def __init__(self, request: PortalRequest, batch_id: UUID) -> None:
        """Show the entries of one import."""
        super().__init__(request)
        self.batch_id = batch_id

    def columns(self) -> Sequence[Column["Entry"]]:
        """Return the columns."""
        return (
            Column("name", _("Entry"), lambda e: e.name, sort="name", show=self._picked),
            Column("provider", _("Provider"), lambda e: e.provider.name, sort="provider__name"),
            Column(
                "share",
                _("Sharing"),
                lambda e: name_of(e.share_type, SHARE_TYPE_NAMES),
                show=lambda e: share_badge(e.share_type),
                wraps=False,
            ),
            Column("published", _("In force since"), lambda e: e.published_at, sort="published_at", wraps=False),
        )

    def _picked(self, entry: "Entry") -> str:
        where = reverse("catalog:entry", args=[entry.pk])
        chosen = str(entry.pk) in self.request.POST.getlist("pick")
        return picked(entry.pk, entry.name, where, form="leaving", under=shows.code(entry.code), chosen=chosen)

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what the file does not name."""
        found = queries.no_longer_named(self.batch_id, viewer=self.request.actor)
        return found.filter(name__icontains=search) if search else found

    def empty(self) -> Empty:
        """Say that nothing is left."""
        return Empty(_("The file names everything in force that earlier files of its layout brought."))


class LeavingForm(ReasonForm):
    """Why the entries leave, and whether all that the list shows are meant."""

    field_order = ("every", "reason")
    every = forms.BooleanField(required=False, label=gettext_lazy("All that the list shows, on every page"))


@page(*FORM)
def gone(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show what a newer file does not name any more, and let those chosen leave the catalogue."""
    found = queries.batch(pk, viewer=request.actor)
    here = reverse("catalog:gone", args=[pk])
    listing = NoLongerNamed(request, pk)
    form = LeavingForm(posted(request))
    if request.method == "POST":
        made = attempt(
            form,
            lambda typed: services.withdraw_entries(
                entry_ids=_chosen(request, listing, every=typed["every"]),
                reason=typed["reason"],
                actor=request.actor,
                clock=request.clock,
            ),
        )
        if made:
            _tell(request, made)
            return HttpResponseRedirect(here)
    return list_page(
        request,
        listing,
        "catalog/gone.html",
        title=gettext("No longer named by {file}").format(file=found.file_name),
        crumbs=[list_crumb(), imports_crumb(), (found.file_name, reverse("catalog:batch", args=[pk]))],
        form=form if may(request.actor, "catalog.withdraw", found.department_id) else None,
        address=request.get_full_path(),
        status=form.status,
    )


def _chosen(request: PortalRequest, listing: NoLongerNamed, *, every: bool) -> list[UUID]:
    if every:
        return list(listing.narrowed.values_list("pk", flat=True)[: services.MOST_AT_ONCE + 1])
    return [read_id(one) for one in request.POST.getlist("pick")]


def _tell(request: PortalRequest, made: Sequence[services.Left]) -> None:
    over = sum(one.over for one in made)
    asked = sum(not one.over and one.refused is None for one in made)
    if over:
        said = ngettext("{count} entry is withdrawn.", "{count} entries are withdrawn.", over)
        messages.success(request, said.format(count=over))
    if asked:
        said = ngettext(
            "{count} withdrawal waits for the authority's word.",
            "{count} withdrawals wait for the authority's word.",
            asked,
        )
        messages.success(request, said.format(count=asked))
    for one in made:
        if one.refused:
            messages.warning(request, f"{one.name}: {sentence(one.refused)}")
