"""Pages of second looks and comments on drafts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.catalog.views import entry_crumb, groups_of, list_crumb
from hefu.portal.deeds import deed_page
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted, typed
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import AssessForm, CommentForm, PublicRoundForm, RoundForm
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require

#: Days that a round of comments lasts unless its department says otherwise.
USUAL_DAYS = 14


@page(*FORM)
def assess(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Take a second person's word on the assessments of a draft."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "upkeep.assess", entry.provider_id)
    return deed_page(
        request,
        AssessForm(posted(request)),
        title=gettext("Assess {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        lead=gettext(
            "A second person looks at the secrecy assessment and at the personal-information impact assessment before "
            "the head signs."
        ),
        send=gettext("Give your word"),
        work=lambda typed: services.assess_entry(
            entry_id=pk,
            agrees=typed["agrees"] == "yes",
            note=typed["note"],
            actor=request.actor,
            clock=request.clock,
        ),
        said=gettext("Your word on the assessments is kept."),
    )


@page(*FORM)
def open_round(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Put a draft before the other departments."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "upkeep.discuss", entry.provider_id)
    usual = (request.clock.today() + timedelta(days=USUAL_DAYS)).isoformat()
    heard = queries.public_is_heard(entry.provider.place, on=request.clock.today())
    form = (RoundForm if heard else PublicRoundForm)(posted(request), initial={"until": usual})
    lead = gettext("Every department reads the draft and may comment. It is not handed in before the round is closed.")
    if heard:
        told = gettext("So may everybody, without signing in: {article} wants the public heard.")
        lead += " " + told.format(article=shows.article(heard))
    return deed_page(
        request,
        form,
        title=gettext("Ask for comments on {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        lead=lead,
        send=gettext("Ask for comments"),
        work=lambda typed: services.open_round(entry_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("Others may comment now."),
    )


class Rounds(Listing[Any]):
    """Rounds of comments on drafts."""

    name = "rounds"
    title = _("Drafts to comment on")
    search_word = _("Name of an entry")
    order = "-opened"

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            Column("entry", _("Entry"), lambda r: r.entry.name, sort="entry__name", link=_where),
            Column("provider", _("Provider"), lambda r: r.entry.provider.name, sort="entry__provider__name"),
            Column("until", _("Last day"), lambda r: r.until, sort="until", wraps=False),
            Column("said", _("Comments"), lambda r: r.said, align=Align.END),
            Column("waiting", _("To look at"), lambda r: r.waiting, align=Align.END),
            Column("opened", _("Began"), lambda r: r.opened_at, sort="opened_at", wraps=False),
            Column("state", _("State"), lambda r: r.closed_at, show=_state, wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("provider", _("Provider"), "entry__provider_id", name_field="entry__provider__name"),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the rounds."""
        return queries.rounds(viewer=self.request.actor).filter(entry__name__icontains=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("No draft is put before the departments. A department asks for comments on a draft's page."))


def _where(row: Any) -> str:
    return reverse("upkeep:round", args=[row.pk])


def _state(row: Any) -> str:
    return badge("off", _("closed")) if row.closed_at else badge("busy", _("open for comments"))


@page()
def rounds(request: PortalRequest) -> HttpResponseBase:
    """Show the drafts that may be commented on."""
    return list_page(
        request,
        Rounds(request),
        "upkeep/list.html",
        title=gettext("Drafts to comment on"),
        crumbs=[upkeep_crumb()],
        **tabs("rounds", request.actor),
    )


@page(*FORM)
def round_(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show a draft with what was said on it, and take a comment."""
    found = queries.round_(pk, viewer=request.actor)
    actor, owner = request.actor, found.entry.provider_id
    open_ = found.closed_at is None
    speaks = open_ and actor.department_id != owner and queries.may_comment(actor)
    form = CommentForm(posted(request))
    if request.method == "POST" and done(
        form, lambda typed: services.comment(round_id=pk, **typed, actor=actor, clock=request.clock)
    ):
        messages.success(request, gettext("Your comment is kept."))
        return HttpResponseRedirect(_where(found))
    return show(
        request,
        "upkeep/round.html",
        title=gettext("Comments on {name}").format(name=found.entry.name),
        crumbs=[upkeep_crumb(), (gettext("Drafts to comment on"), reverse("upkeep:rounds"))],
        round=found,
        state=_state(found),
        groups=groups_of(found.entry),
        items=[item.name for item in found.entry.items.all()],
        comments=queries.comments(found, viewer=actor),
        looks=open_ and may(actor, "upkeep.moderate", owner),
        answers=open_ and may(actor, "upkeep.discuss", owner),
        form=form if speaks else None,
        status=form.status if request.method == "POST" else 200,
    )


@page("POST")
def answer(request: PortalRequest, pk: UUID, comment: UUID) -> HttpResponseBase:
    """Answer one comment."""
    services.answer_comment(
        comment_id=comment,
        taken=request.POST.get("deed") == "taken",
        answer=typed(request, "answer"),
        actor=request.actor,
        clock=request.clock,
    )
    messages.success(request, gettext("The answer is kept."))
    return HttpResponseRedirect(reverse("upkeep:round", args=[pk]))


@page("POST")
def look(request: PortalRequest, pk: UUID, comment: UUID) -> HttpResponseBase:
    """Show a comment of the public, or keep it back."""
    services.look_at_comment(
        comment_id=comment,
        shown=request.POST.get("deed") == "show",
        reason=typed(request, "reason", 500),
        actor=request.actor,
        clock=request.clock,
    )
    messages.success(request, gettext("It is kept what becomes of the comment."))
    return HttpResponseRedirect(reverse("upkeep:round", args=[pk]))


@page("POST")
def close(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """End the time for comments."""
    services.close_round(round_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The round of comments is closed."))
    return HttpResponseRedirect(reverse("upkeep:round", args=[pk]))
