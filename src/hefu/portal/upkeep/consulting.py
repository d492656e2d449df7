"""Drafts on which everybody is heard: pages that need no sign-in."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import PublicCommentForm
from hefu.portal.words import name_of
from hefu.protocols.origin import origin
from hefu.rooms.catalog.terms import OPEN_TYPE_NAMES, SHARE_TYPE_NAMES, UPDATE_CYCLE_NAMES, Status
from hefu.rooms.upkeep import queries, services

#: Drafts on a page.
SHOWN = 25


@login_not_required
@page()
def consultations(request: PortalRequest) -> HttpResponseBase:
    """Show the drafts on which everybody is or was heard, newest first."""
    rows = Paginator(queries.public_rounds(viewer=request.actor), SHOWN).get_page(request.GET.get("page"))
    today = request.clock.today()
    return show(
        request,
        "upkeep/consultations.html",
        title=gettext("Have your say"),
        wide=True,
        rounds=[(row, row.closed_at is None and today <= row.until) for row in rows],
        page=rows,
    )


@login_not_required
@page(*FORM)
def consultation(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show a draft with what was said on it, and take a comment from anybody."""
    found = queries.public_round(pk, viewer=request.actor)
    here = reverse("upkeep:consultation", args=[pk])
    entry = found.entry
    heard = found.closed_at is None and request.clock.today() <= found.until
    # Once nobody is asked any more, the draft is the department's own again; in force, everybody reads it anyway.
    told = heard or entry.status == Status.PUBLISHED
    form = PublicCommentForm(posted(request))
    if request.method == "POST" and done(
        form,
        lambda typed: services.comment_publicly(
            round_id=pk,
            **typed,
            origin=origin(request),
            actor=request.actor,
            clock=request.clock,
        ),
    ):
        messages.success(request, gettext("Thank you. Your comment shows here when somebody has looked at it."))
        return HttpResponseRedirect(here)
    return show(
        request,
        "upkeep/consultation.html",
        title=gettext("Your say on {name}").format(name=entry.name),
        crumbs=[(gettext("Have your say"), reverse("upkeep:consultations"))],
        wide=True,
        round=found,
        told=told,
        facts=[
            (gettext("Sharing"), name_of(entry.share_type, SHARE_TYPE_NAMES) if entry.share_type else "—"),
            (gettext("Opening to the public"), name_of(entry.open_type, OPEN_TYPE_NAMES) if entry.open_type else "—"),
            (gettext("Update cycle"), name_of(entry.update_cycle, UPDATE_CYCLE_NAMES) if entry.update_cycle else "—"),
        ],
        items=[item.name for item in entry.items.all()],
        comments=[one for one in queries.comments(found, viewer=request.actor) if one.shown],
        open=heard,
        form=form,
        status=form.status,
    )
