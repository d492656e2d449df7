"""Pages on which it is noted that an entry must follow a change, and on which the authority gives more time."""

from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.portal.catalog.views import entry_crumb, list_crumb
from hefu.portal.deeds import deed_page
from hefu.portal.forms import OfficeForm, choices
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.terms import ART_17, CAUSE_NAMES, Cause


class CauseForm(OfficeForm):
    """What changed, and when."""

    articles = {"cause": ART_17}
    needed = frozenset({"note"})

    cause = forms.ChoiceField(label=_("What changed"), choices=choices(CAUSE_NAMES))
    on = forms.DateField(
        label=_("Day on which it changed"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=_("Which law, decision or duty"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class MoreTimeForm(OfficeForm):
    """How much more time, and why."""

    articles = {"days": ART_17}
    needed = frozenset({"reason"})

    days = forms.IntegerField(label=_("Working days"), min_value=1, max_value=99)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


@page(*FORM)
def note(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Note that something changed which an entry in force must follow."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.note_cause", found.provider_id)

    def work(typed: dict[str, object]) -> object:
        facts = {**typed, "cause": Cause(str(typed["cause"]))}
        return services.note_cause(entry_id=pk, **facts, actor=request.actor, clock=request.clock)  # type: ignore[arg-type]

    return deed_page(
        request,
        CauseForm(posted(request), initial={"on": request.clock.today()}),
        title=gettext("Note what {name} must follow").format(name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        lead=gettext(
            "From that day the department's time to update the entry runs; handing in its next version meets it."
        ),
        send=gettext("Note it"),
        work=work,
        said=gettext("It is noted, and the time to update runs."),
    )


@page(*FORM)
def more_time(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Consent to more time for an update."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.extend_update", found.provider_id)
    return deed_page(
        request,
        MoreTimeForm(posted(request)),
        title=gettext("Give more time to update {name}").format(name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        lead=gettext("It is possible once, for a special reason, and as long as the last day has not passed."),
        send=gettext("Consent"),
        work=lambda typed: services.extend_update(entry_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The department has more time."),
    )
