"""Acts that take one small page: they say what happens, ask for the reason, and are done."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect

from hefu.portal.forms import OfficeForm, ReasonForm, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import Crumb, show


def deed_page(
    request: PortalRequest,
    form: OfficeForm,
    *,
    title: str,
    crumbs: Sequence[Crumb],
    lead: str,
    send: str,
    work: Callable[[dict[str, Any]], object],
    said: str,
    leads_to: str = "",
    grave: bool = False,
    **context: Any,
) -> HttpResponseBase:
    """Show the page of an act, or do it and go on.

    Args:
        request: What was asked.
        form: Filled in from the request when it was sent.
        title: What is about to be done.
        crumbs: The way here; its last step is where the page goes back to.
        lead: What it brings about.
        send: On the button.
        work: Does it with what was typed.
        said: What the next page says.
        leads_to: Where it goes on; without it, back.
        grave: Whether something is lost by it.
        context: More for the template.
    """
    back = crumbs[-1][1]
    # Without a script, a button asks for another line; that is no deed yet.
    if request.method == "POST" and request.POST.get("deed") != "more" and done(form, work):
        messages.success(request, said)
        return HttpResponseRedirect(leads_to or back)
    return show(
        request,
        "portal/form_page.html",
        title=title,
        crumbs=crumbs,
        form=form,
        status=form.status,
        lead=lead,
        send=send,
        back=back,
        grave=grave,
        **context,
    )


def reason_page(request: PortalRequest, **page: Any) -> HttpResponseBase:
    """Show the page of an act that takes a reason, or do it; arguments as for `deed_page`."""
    return deed_page(request, ReasonForm(posted(request)), **page)
