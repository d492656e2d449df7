"""Pages of the addresses that an office's alarms are sent to."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.kernel.refusal import Forbidden
from hefu.kernel.words import Sentence
from hefu.portal.deliveries.views import list_crumb
from hefu.portal.forms import OfficeForm, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import say
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.access import may_hook
from hefu.rooms.deliveries.terms.hooks import CALL_STATE_NAMES, CAUSE_NAMES, CallState, Cause

#: Where an alarm stands → colour.
_COLOURS = {CallState.WAITING: "waiting", CallState.DONE: "good", CallState.FAILED: "bad"}
#: Alarms that a page shows.
_SHOWN = 50


class HookForm(OfficeForm):
    """An address, and what it is told of."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Of https or http. Each alarm is sent there as JSON, signed with a secret that is shown once."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what there is to be told of."""
        super().__init__(*args, **kwargs)
        causes = [one for one in Cause if one is not Cause.TEST]
        self.fields["causes"] = forms.MultipleChoiceField(
            label=_("Told of"),
            choices=[(one.value, say(CAUSE_NAMES[one])) for one in causes],
            initial=[one.value for one in causes],
            widget=forms.CheckboxSelectMultiple,
        )

    def clean_causes(self) -> list[Cause]:
        """Return them as the room takes them."""
        return [Cause(one) for one in self.cleaned_data["causes"]]


def hooks_crumb() -> Crumb:
    """Return the way to the list."""
    return gettext("Alarms"), reverse("deliveries:hooks")


@page(*FORM)
def hooks(request: PortalRequest) -> HttpResponseBase:
    """Show the addresses of the reader's department, and register another."""
    mine = request.actor.department_id
    form = HookForm(posted(request)) if mine is not None and may_hook(request.actor, mine) else None
    if request.method == "POST" and (form is None or mine is None):
        raise Forbidden(action="deliveries.hook")
    secrets: list[str] = []

    def work(typed: dict[str, Any]) -> None:
        if mine is not None:
            secrets.append(services.add_hook(department_id=mine, **typed, actor=request.actor, clock=request.clock)[1])

    made = request.method == "POST" and form is not None and done(form, work)
    found = list(queries.hooks(viewer=request.actor))
    last = queries.last_calls(found)
    response = show(
        request,
        "deliveries/hooks.html",
        title=gettext("Alarms"),
        crumbs=[list_crumb()],
        form=HookForm() if made else form,
        secret=secrets[0] if secrets else "",
        status=200 if made or form is None else form.status,
        hooks=[
            (
                one,
                urlsplit(one.url).netloc,
                [say(CAUSE_NAMES[Cause(cause)]) for cause in one.causes],
                last.get(one.pk),
            )
            for one in found
        ],
        mine=mine,
    )
    if secrets:
        response["Cache-Control"] = "no-store"
    return response


@page()
def hook(request: PortalRequest, hook_id: UUID) -> HttpResponseBase:
    """Show what became of the alarms that were sent to an address."""
    found = queries.hook(hook_id, viewer=request.actor)
    return show(
        request,
        "deliveries/hook.html",
        title=gettext("Alarms to an address"),
        crumbs=[list_crumb(), hooks_crumb()],
        hook=found,
        url=queries.shown_url(found, viewer=request.actor),
        causes=[say(CAUSE_NAMES[Cause(cause)]) for cause in found.causes],
        may_change=may_hook(request.actor, found.department_id),
        calls=[
            (one, _COLOURS[CallState(one.state)], CALL_STATE_NAMES[CallState(one.state)], _why(one.error))
            for one in queries.hook_calls(found)[:_SHOWN]
        ],
    )


def _why(error: str) -> str:
    return told(error.text, error.facts) if isinstance(error, Sentence) else error


@page("POST")
def try_hook(request: PortalRequest, hook_id: UUID) -> HttpResponseBase:
    """Send a test to an address."""
    services.test_hook(hook_id=hook_id, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("A test is on its way; look again in a moment."))
    return HttpResponseRedirect(reverse("deliveries:hook", args=[hook_id]))


@page("POST")
def drop_hook(request: PortalRequest, hook_id: UUID) -> HttpResponseBase:
    """Send no more alarms to an address."""
    services.drop_hook(hook_id=hook_id, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("No more alarms are sent there."))
    return HttpResponseRedirect(reverse("deliveries:hooks"))
