"""The authority's settings: what the texts leave to it. Never law, and shown as such."""

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.forms import done
from hefu.portal.http import PortalRequest
from hefu.portal.law.browsing import law_crumb
from hefu.portal.law.forms import HabitsForm
from hefu.portal.law.words import ON_EXPIRY_NAMES
from hefu.portal.pages import FORM, page, show
from hefu.rooms.clocks import services
from hefu.rooms.clocks.access import may, require
from hefu.rooms.clocks.queries import office as present
from hefu.rooms.evidence.queries import history


@page()
def office(request: PortalRequest) -> HttpResponseBase:
    """Show the settings in force and who changed them."""
    found = present()
    return show(
        request,
        "law/office.html",
        title=gettext("Office settings"),
        crumbs=[law_crumb()],
        tab="office",
        office=found,
        on_expiry=ON_EXPIRY_NAMES[found.on_expiry],
        may_change=may(request.actor, "clocks.change_office"),
        events=history("office", viewer=request.actor),
    )


@page(*FORM)
def change(request: PortalRequest) -> HttpResponseBase:
    """Change the settings."""
    require(request.actor, "clocks.change_office")
    found = present()
    initial = {
        "reminder_days": ", ".join(map(str, found.reminder_days)),
        "promptly_days": found.promptly_days,
        "at_once_hours": found.at_once_hours,
        "set_time_days": found.set_time_days,
        "cut_off": found.cut_off,
        "pause_while_incomplete": found.pause_while_incomplete,
        "on_expiry": found.on_expiry.value,
    }
    form = HabitsForm(request.POST or None, initial=initial)
    address = reverse("law:office")

    def work(_typed: object) -> object:
        return services.change_office(settings=form.settings(), actor=request.actor, clock=request.clock)

    if request.method == "POST" and done(form, work):
        messages.success(request, gettext("The settings are saved. Running clocks keep their last day."))
        return HttpResponseRedirect(address)
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Change the office settings"),
        crumbs=[law_crumb(), (gettext("Office settings"), address)],
        form=form,
        status=form.status,
        lead=gettext("These are habits of the office, never law. No running clock gets another last day by them."),
        back=address,
    )
