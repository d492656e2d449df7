"""Pages on which an entry is withdrawn, and on which the authority reviews a withdrawal that was asked for."""

from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.portal.catalog.views import entry_crumb, list_crumb
from hefu.portal.deeds import deed_page, reason_page
from hefu.portal.forms import OfficeForm
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import require


class WithdrawalForm(OfficeForm):
    """The authority's word on a withdrawal."""

    verdict = forms.ChoiceField(
        label=_("Review"),
        widget=forms.RadioSelect,
        choices=[("agree", _("agree: it leaves the catalogue now")), ("decline", _("decline: it stays in force"))],
    )
    reasons = forms.CharField(
        label=_("Opinion"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed when it is declined; the department reads them."),
    )


@page(*FORM)
def withdraw(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Take an entry out of the catalogue for good, or ask for that where the authority reviews it."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.withdraw", found.provider_id)
    asks = queries.asks_to_withdraw(found, actor=request.actor, clock=request.clock)
    return reason_page(
        request,
        title=gettext("Withdraw {name}").format(name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        lead=gettext(
            "The data authority reviews this first; until then the entry stays in force. After that nobody can ask "
            "for it any more, for good."
        )
        if asks
        else gettext("Nobody can ask for it any more, for good. Grants that run and what was said stay."),
        send=gettext("Ask for the withdrawal") if asks else gettext("Withdraw the entry"),
        work=lambda typed: services.withdraw_entry(entry_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The withdrawal is asked for; the authority reviews it.")
        if asks
        else gettext("The entry is withdrawn."),
        grave=True,
    )


@page(*FORM)
def review(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Say the authority's word on a withdrawal that a department asked for."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.review", found.provider_id)
    asked = queries.last_withdrawal(found)
    return deed_page(
        request,
        WithdrawalForm(posted(request)),
        title=gettext("Review the withdrawal of {name}").format(name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        lead=gettext("{department} asks to withdraw it: {reason}").format(
            department=found.provider.name, reason=asked.reason if asked else "—"
        ),
        send=gettext("Decide"),
        work=lambda typed: services.review_withdrawal(
            entry_id=pk,
            agrees=typed["verdict"] == "agree",
            reasons=typed["reasons"],
            actor=request.actor,
            clock=request.clock,
        ),
        said=gettext("The word on the withdrawal is given."),
        leads_to=reverse("upkeep:desk"),
    )
