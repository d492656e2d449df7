"""The page of one's tokens: issue, see, revoke."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.kernel.refusal import NotFound
from hefu.portal.forms import OfficeForm, attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.rooms.parties import queries, services


class TokenForm(OfficeForm):
    """A token to issue."""

    name = forms.CharField(label=_("What it is for"), max_length=60)
    days = forms.IntegerField(label=_("Days that it lives"), initial=90, min_value=1, max_value=366)
    may_write = forms.BooleanField(
        label=_("It may write"), required=False, help_text=_("Without this it may only read.")
    )


@page(*FORM)
def tokens(request: PortalRequest) -> HttpResponseBase:
    """Show one's tokens; issue one, whose secret is shown this once."""
    form = TokenForm(posted(request))
    made = attempt(form, lambda typed: _issue(request, typed)) if form.is_bound else None
    return show(
        request,
        "parties/tokens.html",
        title=gettext("Tokens for programs"),
        form=TokenForm() if made else form,
        secret=made,
        tokens=queries.tokens(viewer=request.actor),
        now=request.clock.now(),
        status=form.status,
    )


def _issue(request: PortalRequest, typed: dict[str, object]) -> str:
    if request.actor.department_id is None:
        raise NotFound(what="seat of", key=request.actor.name)
    _token, secret = services.issue_token(
        department_id=request.actor.department_id,
        name=str(typed["name"]),
        days=int(str(typed["days"])),
        reads_only=not typed["may_write"],
        actor=request.actor,
        clock=request.clock,
    )
    return secret


@page("POST")
def revoke(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Revoke a token."""
    services.revoke_token(token_id=pk, reason="", actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The token is revoked. No program acts with it any more."))
    return HttpResponseRedirect(reverse("parties:tokens"))
