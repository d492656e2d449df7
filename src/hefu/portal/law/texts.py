"""Pages of legal texts: the register, what rests on a text, its repeal, what waits for a reviewer."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.law.documents import registry
from hefu.law.terms import Rank
from hefu.portal.deeds import deed_page
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest
from hefu.portal.law.browsing import law_crumb
from hefu.portal.law.forms import NoteForm, RepealForm, TextForm
from hefu.portal.law.lists import Reviews, Texts, holding_badge, resting_address, text_title
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.words import in_chinese
from hefu.rooms.bases import queries, services
from hefu.rooms.bases.access import may, require
from hefu.rooms.bases.terms import RANK_NAMES, RESTING_NAMES, Resting
from hefu.rooms.evidence.queries import history

if TYPE_CHECKING:
    from hefu.rooms.bases.models import LegalText

#: Most things resting on a text that its page shows; the list of reviews has all that wait.
SHOWN = 200


def _texts_crumb() -> Crumb:
    return gettext("Legal texts"), reverse("law:texts")


@page()
def texts(request: PortalRequest) -> HttpResponseBase:
    """Show the register of legal texts."""
    act = None
    if may(request.actor, "bases.register_text"):
        act = Act(_("Register a text"), reverse("law:register"))
    return list_page(
        request,
        Texts(request),
        "law/list.html",
        title=gettext("Legal texts"),
        crumbs=[law_crumb()],
        tab="texts",
        act=act,
    )


@page()
def reviews(request: PortalRequest) -> HttpResponseBase:
    """Show what rests on ended texts and waits for a reviewer."""
    return list_page(
        request,
        Reviews(request),
        "law/list.html",
        title=gettext("To be checked again"),
        crumbs=[law_crumb(), _texts_crumb()],
        tab="reviews",
        lead=gettext(
            "These rest on a legal text that has ended. Grants are held until they are signed anew; refusals and "
            "entries are looked at with a note."
        ),
    )


@page()
def text(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one text and what rests on it."""
    found = queries.text(pk, viewer=request.actor)
    rows = list(queries.resting(viewer=request.actor, text_id=pk)[: SHOWN + 1])
    reviewer = may(request.actor, "bases.review")
    return show(
        request,
        "law/text.html",
        title=text_title(found),
        crumbs=[law_crumb(), _texts_crumb()],
        tab="texts",
        text=found,
        rank=RANK_NAMES[Rank(found.rank)],
        state=holding_badge(found, request.clock.today()),
        doubt=found.doubt if in_chinese() else found.doubt_en,
        lost=_lost(found),
        resting=[
            {
                "row": row,
                "address": resting_address(row),
                "kind": RESTING_NAMES[Resting(row.resting)],
                "may_review": reviewer and row.waits_for_review and row.resting != Resting.GRANT,
            }
            for row in rows[:SHOWN]
        ],
        more=len(rows) > SHOWN,
        may_repeal=may(request.actor, "bases.repeal_text") and found.repealed_at is None,
        events=history(f"text:{found.document or found.pk}", viewer=request.actor),
    )


def _lost(text: "LegalText") -> tuple[str, ...]:
    """Return the lost parts in the reader's language, as the packs name them."""
    known = registry().get(text.document)
    return known.document.lost_zh if known and in_chinese() else tuple(text.lost)


@page(*FORM)
def register(request: PortalRequest) -> HttpResponseBase:
    """Put a text into the register."""
    require(request.actor, "bases.register_text")
    form = TextForm(request.POST or None)
    if request.method == "POST":
        made = attempt(
            form,
            lambda _typed: services.register_text(facts=form.facts(), actor=request.actor, clock=request.clock),
        )
        if made:
            messages.success(request, gettext("The text is in the register."))
            return HttpResponseRedirect(reverse("law:text", args=[made.pk]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Register a text"),
        crumbs=[law_crumb(), _texts_crumb()],
        form=form,
        status=form.status,
        lead=gettext("What already cites the text by its title is linked to it."),
        send=gettext("Register"),
        back=reverse("law:texts"),
    )


@page(*FORM)
def repeal(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Note that a text is repealed."""
    require(request.actor, "bases.repeal_text")
    found = queries.text(pk, viewer=request.actor)
    address = reverse("law:text", args=[pk])
    return deed_page(
        request,
        RepealForm(request.POST or None),
        title=gettext("Note the repeal of {title}").format(title=text_title(found)),
        crumbs=[law_crumb(), _texts_crumb(), (text_title(found), address)],
        lead=gettext(
            "{count} things rest on this text. From the day it ends they go to the reviewers, and every grant among "
            "them is held until somebody signs it anew."
        ).format(count=found.resting),  # type: ignore[attr-defined]
        send=gettext("Note the repeal"),
        work=lambda typed: services.repeal_text(text_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The repeal is noted."),
        grave=True,
    )


@page(*FORM)
def review(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Close the review of a refusal or an entry with a note."""
    require(request.actor, "bases.review")
    found = queries.reliance(pk, viewer=request.actor)
    return deed_page(
        request,
        NoteForm(request.POST or None),
        title=gettext("Review {subject}").format(subject=found.subject),
        crumbs=[law_crumb(), (gettext("To be checked again"), reverse("law:reviews"))],
        lead=gettext("{subject} rests on {title}, which has ended.").format(subject=found.subject, title=found.title),
        send=gettext("Close the review"),
        work=lambda typed: services.review(
            reliance_id=pk, note=typed["note"], actor=request.actor, clock=request.clock
        ),
        said=gettext("The review is closed."),
    )
