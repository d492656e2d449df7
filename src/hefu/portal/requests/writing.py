"""The page on which a request is written. It saves itself while somebody types."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.forms import done
from hefu.portal.http import PortalRequest
from hefu.portal.pages import FORM, page, show
from hefu.portal.requests.forms import ApplicationForm
from hefu.portal.requests.told import stated_in_words
from hefu.portal.requests.views import case_crumb, list_crumb, submitted
from hefu.portal.words import name_of, say
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES
from hefu.rooms.clocks.queries import rules_at
from hefu.rooms.requests import queries, services
from hefu.rooms.requests.terms import FIELD_NAMES, STATUS_NAMES, WRITABLE, Status
from hefu.rooms.resources import queries as resources


@page(*FORM)
def write(request: PortalRequest, number: str) -> HttpResponseBase:
    """Write what is asked; keep it, or hand it in."""
    row = queries.request(number, viewer=request.actor)
    address = reverse("requests:case", args=[number])
    actions = queries.actions(row, viewer=request.actor)
    if row.status not in WRITABLE or "requests.change" not in actions:
        return HttpResponseRedirect(address)
    today = request.clock.today()
    deed = request.POST.get("deed", "")
    form = ApplicationForm(
        request.POST if deed else None,
        initial=ApplicationForm.present(row.application),
        offer=queries.offer(row.entry_id, viewer=request.actor),
        targets=resources.targets(viewer=request.actor, department_id=row.consumer_id),
        needed=queries.needed_fields(row.place, on=row.received_on or today),
    )
    if deed == "autosave":
        return _saved(request, number, form)
    if deed in ("save", "submit") and done(form, lambda _typed: _keep(request, number, form)):
        if deed == "save":
            messages.success(request, gettext("The draft is saved."))
            return HttpResponseRedirect(address)
        if done(form, lambda _typed: services.submit_request(number=number, actor=request.actor, clock=request.clock)):
            messages.success(request, submitted(queries.request(number, viewer=request.actor)))
            return HttpResponseRedirect(address)
    lacking = queries.lacking(queries.request(number, viewer=request.actor), today=today)
    return show(
        request,
        "requests/write.html",
        title=gettext("Write request {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        status=form.status,
        form=form,
        case=row,
        share_type=name_of(queries.offer(row.entry_id, viewer=request.actor).share_type, SHARE_TYPE_NAMES),
        status_word=STATUS_NAMES[Status(row.status)],
        may_submit="requests.submit" in actions,
        lacking=_named(lacking),
        states=stated_in_words(rules_at(row.place), on=row.received_on or today),
        missing=_named(row.missing),
    )


def _keep(request: PortalRequest, number: str, form: ApplicationForm) -> object:
    return services.change_request(
        number=number, application=form.application(), actor=request.actor, clock=request.clock
    )


def _saved(request: PortalRequest, number: str, form: ApplicationForm) -> HttpResponseBase:
    """Save what is typed so far and answer with one line; what cannot be saved yet is said, nothing is lost."""
    context: dict[str, Any] = {"at": request.clock.now(), "saved": False, "faults": []}
    context["saved"] = done(form, lambda _typed: _keep(request, number, form))
    context["faults"] = form.faults()
    row = queries.request(number, viewer=request.actor)
    context["lacking"] = _named(queries.lacking(row, today=request.clock.today()))
    return render(request, "requests/saved.html", context)


def _named(problems: dict[str, str]) -> list[tuple[str, str]]:
    return [(name_of(field, FIELD_NAMES), say(problem)) for field, problem in problems.items()]
