"""Pages of full reviews: a department goes through its whole catalogue."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from hefu.kernel.ids import read_id
from hefu.kernel.refusal import NotFound
from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.catalog.lists import address, share_badge
from hefu.portal.clock_face import face
from hefu.portal.deeds import deed_page
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, Act, page
from hefu.portal.picks import picked
from hefu.portal.upkeep.forms import OpenForm
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.terms.cases import Word


class FullReviews(Listing[Any]):
    """Full reviews of departments' catalogues."""

    name = "full_reviews"
    title = _("Full reviews")
    order = "due"

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            Column("number", _("Case number"), lambda r: r.number, sort="number", link=_where, wraps=False),
            Column("department", _("Department"), lambda r: r.department.name, sort="department__name"),
            Column("opened", _("Began"), lambda r: r.opened_at, sort="opened_at", wraps=False),
            Column("due", _("Last day"), lambda r: r.due_on, sort="due_on", wraps=False),
            Column("gone", _("Gone through"), lambda r: r.gone_through, align=Align.END),
            Column("closed", _("Ended"), lambda r: r.closed_at, sort="closed_at", wraps=False),
            Column("state", _("State"), self._late, show=self._state, wraps=False),
        )

    def _late(self, row: Any) -> str:
        if row.closed_at:
            return _("done")
        return _("overdue") if row.due_on < self.request.clock.today() else _("running")

    def _state(self, row: Any) -> str:
        word = self._late(row)
        return badge({"done": "good", "overdue": "overdue"}.get(word, "in-time"), word)

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("department", _("Department"), "department_id", name_field="department__name"),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the reviews."""
        del search
        return queries.full_reviews(viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("No full review has begun. Where the law asks for one each year, the platform begins it."))


def _where(row: Any) -> str:
    return reverse("upkeep:full_review", args=[row.pk])


class ToGoThrough(Listing[Any]):
    """Entries that a full review has still to go through."""

    name = "to_go_through"
    title = _("Entries to go through")
    order = "name"

    def __init__(self, request: PortalRequest, review: Any) -> None:
        """Show the entries of one review."""
        super().__init__(request)
        self.review = review

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            Column("name", _("Entry"), lambda e: e.name, sort="name", show=_picked),
            Column("share", _("Sharing"), lambda e: name_of(e.share_type, SHARE_TYPE_NAMES), show=_share),
            Column("published", _("In force since"), lambda e: e.published_at, sort="published_at", wraps=False),
            Column("gaps", _("Missing fields"), lambda e: len(e.gaps), align=Align.END),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what is left."""
        del search
        return queries.to_go_through(self.review, viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say that all is gone through."""
        return Empty(_("Every entry in force has been gone through. The department's head may close the review."))


def _share(entry: Any) -> str:
    return share_badge(entry.share_type)


def _picked(entry: Any) -> str:
    return picked(entry.pk, entry.name, address(entry), form="words")


@page()
def full_reviews(request: PortalRequest) -> HttpResponseBase:
    """Show full reviews."""
    own = request.actor.department_id
    act = None
    if own and may(request.actor, "upkeep.open_review", own):
        act = Act(_("Begin a full review"), reverse("upkeep:open_full_review"))
    return list_page(
        request,
        FullReviews(request),
        "upkeep/list.html",
        title=gettext("Full reviews"),
        crumbs=[upkeep_crumb()],
        act=act,
        **tabs("yearly", request.actor),
    )


@page(*FORM)
def open_full_review(request: PortalRequest) -> HttpResponseBase:
    """Begin the full review of the reader's department."""
    own = request.actor.department_id
    require(request.actor, "upkeep.open_review", own)
    if own is None:
        raise NotFound(what="department", key="")
    return deed_page(
        request,
        OpenForm(posted(request)),
        title=gettext("Begin a full review"),
        crumbs=[upkeep_crumb(), (gettext("Full reviews"), reverse("upkeep:full_reviews"))],
        lead=gettext("Every entry in force is confirmed, changed or withdrawn before the last day."),
        send=gettext("Begin"),
        work=lambda typed: services.open_full_review(
            department_id=own, due_on=typed["due_on"], actor=request.actor, clock=request.clock
        ),
        said=gettext("The full review has begun."),
    )


@page()
def full_review(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show a full review and what is left of it."""
    found = queries.full_review(pk, viewer=request.actor)
    owner, open_ = found.department_id, found.closed_at is None
    running = clocks.clocks_of(found.number, viewer=request.actor)
    return list_page(
        request,
        ToGoThrough(request, found),
        "upkeep/full_review.html",
        title=gettext("Full review of {department}").format(department=found.department.name),
        crumbs=[upkeep_crumb(), (gettext("Full reviews"), reverse("upkeep:full_reviews"))],
        review=found,
        clock=face(running[-1], request.clock.today(), steps=True) if running else None,
        speaks=open_ and may(request.actor, "upkeep.go_through", owner),
        closes=open_ and may(request.actor, "upkeep.close_review", owner),
    )


@page("POST")
def say(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Say of the entries chosen what was found."""
    made = services.say_of_entries(
        review_id=pk,
        entry_ids=[read_id(one) for one in request.POST.getlist("pick")],
        word=Word.CHANGED if request.POST.get("deed") == "changed" else Word.CONFIRMED,
        actor=request.actor,
        clock=request.clock,
    )
    messages.success(
        request,
        ngettext("{count} entry was gone through.", "{count} entries were gone through.", made).format(count=made),
    )
    return HttpResponseRedirect(reverse("upkeep:full_review", args=[pk]))


@page("POST")
def close(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """End a full review."""
    services.close_full_review(review_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The full review is closed."))
    return HttpResponseRedirect(reverse("upkeep:full_review", args=[pk]))
