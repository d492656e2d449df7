"""Pages on which a request is answered: opinion, decision, sending back, more time."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.law.errors import NoRuleInForce
from hefu.portal.clock_batch import faces_of
from hefu.portal.deeds import deed_page
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.requests.forms import AnswerForm, ConsentForm, ExtensionForm, ReturnForm
from hefu.portal.requests.views import case_crumb, list_crumb
from hefu.portal.requests.words import cited
from hefu.portal.scope import scope_in_words
from hefu.rooms.requests import queries, services
from hefu.rooms.requests.terms import FIELD_NAMES, Status, VoiceKind


@page(*FORM)
def answer(request: PortalRequest, number: str) -> HttpResponseBase:
    """Give the word of a deciding side, or prepare it for the chief."""
    row = queries.request(number, viewer=request.actor)
    actions = queries.actions(row, viewer=request.actor)
    decides = "requests.decide" in actions
    address = reverse("requests:case", args=[number])
    if not actions & {"requests.decide", "requests.give_opinion"}:
        return HttpResponseRedirect(address)
    opinion = next(
        (voice for voice in queries.voices(row, viewer=request.actor) if voice.kind == VoiceKind.OPINION), None
    )
    asked = row.asked_items
    deed = request.POST.get("deed", "")
    form = AnswerForm(
        request.POST if deed else None,
        initial=AnswerForm.present(asked, opinion.answer if opinion else None, row.number),
        asked=asked,
        grounds=queries.grounds_of(row),
        number=row.number,
    )
    if deed in ("decide", "opinion"):
        give: Any = services.decide_request if deed == "decide" else services.give_opinion
        if done(
            form, lambda _typed: give(number=number, answer=form.answer(), actor=request.actor, clock=request.clock)
        ):
            messages.success(request, _said(request, number) if deed == "decide" else gettext("The opinion is kept."))
            return HttpResponseRedirect(address)
    return show(
        request,
        "requests/answer.html",
        title=gettext("Answer request {number}").format(number=number)
        if decides
        else gettext("Prepare the answer to {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        status=form.status,
        form=form,
        case=row,
        basis=cited(row.basis_title, row.basis_article),
        decides=decides,
        may_opine="requests.give_opinion" in actions and not decides,
        opinion=opinion,
        rows=scope_in_words(row.row_filter.conditions, {item.code: item.name for item in asked}),
        faces=faces_of(request, number),
    )


def _said(request: PortalRequest, number: str) -> str:
    row = queries.request(number, viewer=request.actor)
    if row.status == Status.RECEIVED:
        return gettext("Your word is given. The other side's word is awaited.")
    return gettext("The request is answered and the consumer is told.")


@page(*FORM)
def send_back(request: PortalRequest, number: str) -> HttpResponseBase:
    """Send a request back with everything that is missing."""
    queries.request(number, viewer=request.actor)
    form = ReturnForm(posted(request), fields=dict(FIELD_NAMES))
    return deed_page(
        request,
        form,
        title=gettext("Send back {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        lead=gettext("Name everything that is missing: a request is sent back only once. It is not refused by that."),
        send=gettext("Send back"),
        work=lambda _typed: services.return_incomplete(
            number=number, problems=form.problems(), actor=request.actor, clock=request.clock
        ),
        said=gettext("The request is sent back to be completed."),
    )


@page(*FORM)
def ask_extension(request: PortalRequest, number: str) -> HttpResponseBase:
    """Ask the authority for more time."""
    row = queries.request(number, viewer=request.actor)
    return deed_page(
        request,
        ExtensionForm(posted(request)),
        title=gettext("More time for {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        lead=_allowed(row),
        send=gettext("Ask for more time"),
        work=lambda typed: services.ask_extension(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The data authority is asked for its consent."),
    )


def _allowed(row: Any) -> str:
    try:
        allowed = queries.extension_allowed(row)
    except NoRuleInForce:
        return ""
    return gettext(
        "The time can be extended once, by at most {days} working days, with the authority's consent."
    ).format(days=allowed.amount)


@page(*FORM)
def consent(request: PortalRequest, number: str) -> HttpResponseBase:
    """Give the authority's word on a wish for more time."""
    row = queries.request(number, viewer=request.actor)
    wish = queries.extension_of(row)
    lead = ""
    if wish:
        lead = gettext("{name} asks for {days} more working days: {reason}").format(
            name=row.provider.name, days=wish.days, reason=wish.reason
        )
    return deed_page(
        request,
        ConsentForm(posted(request)),
        title=gettext("Consent to more time for {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        lead=lead,
        send=gettext("Give the authority's word"),
        work=lambda typed: services.consent_extension(
            number=number,
            consent=typed["consent"] == "yes",
            note=typed["note"],
            actor=request.actor,
            clock=request.clock,
        ),
        said=gettext("The word is given and the consumer is told."),
    )
