"""Pages of what moves dates: holiday notices taken in, and periods that the law of now would count otherwise."""

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from hefu.kernel.refusal import NotFound
from hefu.kernel.words import _
from hefu.law.explain import step_lines
from hefu.portal.forms import ReasonForm, attempt, done
from hefu.portal.http import PortalRequest
from hefu.portal.law.asking import rule as known_rule
from hefu.portal.law.browsing import law_crumb
from hefu.portal.law.forms import NoticeForm
from hefu.portal.law.lists import Drifts, Notices
from hefu.portal.law.words import language
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, page, show
from hefu.rooms.clocks import queries, services
from hefu.rooms.clocks.access import may, require


@page()
def notices(request: PortalRequest) -> HttpResponseBase:
    """Show the holiday notices that the node took in."""
    act = None
    if may(request.actor, "clocks.import_notice"):
        act = Act(_("Take in a notice"), reverse("law:take_in"), "upload")
    return list_page(
        request,
        Notices(request),
        "law/list.html",
        title=gettext("Holiday notices"),
        crumbs=[law_crumb()],
        tab="calendar",
        act=act,
        lead=gettext("A year whose official notice is not here gives provisional dates, which say so."),
    )


@page(*FORM)
def take_in(request: PortalRequest) -> HttpResponseBase:
    """Take in a holiday notice: what was provisional is counted again."""
    require(request.actor, "clocks.import_notice")
    form = NoticeForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        taken = attempt(
            form,
            lambda typed: services.import_notice(
                file=typed["notice"][0], text=typed["notice"][1], actor=request.actor, clock=request.clock
            ),
        )
        if taken:
            sentence = ngettext(
                "{count} period was counted again; {moved} moved, and their parties were told.",
                "{count} periods were counted again; {moved} moved, and their parties were told.",
                taken.counted_again,
            )
            messages.success(request, sentence.format(count=taken.counted_again, moved=len(taken.moved)))
            if taken.left:
                waits = gettext("{count} would move too and wait here for the reviewer.")
                messages.info(request, waits.format(count=len(taken.left)))
            return HttpResponseRedirect(reverse("law:drift" if taken.left else "law:notices"))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Take in a holiday notice"),
        crumbs=[law_crumb(), (gettext("Holiday notices"), reverse("law:notices"))],
        form=form,
        status=form.status,
        lead=gettext(
            "Periods that were provisional are counted again at once, each with evidence and a notice to its parties. "
            "A notice of the same year and place is replaced. Dates that were official before move only by a notice "
            "that says “corrects: true” and lists the whole year anew."
        ),
        send=gettext("Take in"),
        back=reverse("law:notices"),
    )


@page()
def drift(request: PortalRequest) -> HttpResponseBase:
    """Show the running periods that the law of now would count otherwise."""
    return list_page(
        request,
        Drifts(request),
        "law/list.html",
        title=gettext("Drift"),
        crumbs=[law_crumb()],
        tab="drift",
        lead=gettext(
            "Running periods that would end on another day, or rest on another article, under the packs and calendars "
            "of now. No date moves by itself: the authority's reviewer accepts each one."
        ),
    )


@page(*FORM)
def accept(request: PortalRequest, subject: str, rule: str) -> HttpResponseBase:
    """Show how one period would be counted now; the reviewer accepts it."""
    found = next(
        (
            one
            for one in queries.drifting(viewer=request.actor)
            if (one.subject, one.rule) == (subject, known_rule(rule))
        ),
        None,
    )
    if found is None:
        raise NotFound(what="clock", key=subject)
    form = ReasonForm(request.POST or None)
    allowed = may(request.actor, "clocks.accept_drift")
    if request.method == "POST" and done(
        form,
        lambda typed: services.accept_drift(
            subject=subject, rule=rule, reason=typed["reason"], actor=request.actor, clock=request.clock
        ),
    ):
        moved = gettext("The last day of {subject} has moved; its parties were told.")
        messages.success(request, moved.format(subject=subject))
        return HttpResponseRedirect(reverse("law:drift"))
    return show(
        request,
        "law/accept.html",
        title=gettext("Last day of {subject}").format(subject=subject),
        crumbs=[law_crumb(), (gettext("Drift"), reverse("law:drift"))],
        tab="drift",
        drift=found,
        before=step_lines(found.before, language()),
        now=step_lines(found.after, language()) if found.after else [],
        form=form,
        status=form.status,
        may_accept=allowed and found.due_on is not None,
        send=gettext("Accept the new last day"),
        back=reverse("law:drift"),
    )
