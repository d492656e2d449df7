"""A catalogue that another portal shows: a worker fetches it from its address, then it is mapped as a file."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.catalog.forms import SiteForm
from hefu.portal.catalog.importing import imports_crumb
from hefu.portal.catalog.views import list_crumb
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.rooms.catalog import services
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.importing.source import site_asked

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Intake


@page(*FORM)
def fetch(request: PortalRequest) -> HttpResponseBase:
    """Ask for a site's address, and let a worker fetch its catalogue."""
    require(request.actor, "catalog.import", request.actor.department_id)
    said = {name: request.GET.get(name, "")[:500] for name in SiteForm.base_fields}
    form = SiteForm(posted(request), initial=said)
    made = attempt(form, lambda typed: _begun(request, typed)) if request.method == "POST" else None
    if made:
        return HttpResponseRedirect(reverse("catalog:intake", args=[made.pk]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Fetch a portal's catalogue"),
        crumbs=[list_crumb(), imports_crumb()],
        form=form,
        status=form.status,
        lead=gettext(
            "The catalogue is read page by page in the background. Nothing is taken in yet: "
            "then you say what each field means, and see what it would change."
        ),
        send=gettext("Fetch it"),
        back=reverse("catalog:import"),
    )


def _begun(request: PortalRequest, typed: dict[str, Any]) -> "Intake":
    asked = site_asked(typed["site"], typed["organization"], typed["words"])
    return services.begin_fetch(asked=asked, actor=request.actor, clock=request.clock)


@page("POST")
def go_on(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Let a fetch that failed go on where it stood."""
    services.fetch_on(intake_id=pk, actor=request.actor, clock=request.clock)
    return HttpResponseRedirect(reverse("catalog:intake", args=[pk]))
