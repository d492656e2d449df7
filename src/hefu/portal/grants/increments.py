"""Pages of new and changed rows alone: which item tells them, and how much is read again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.kernel.refusal import Forbidden
from hefu.portal.deeds import deed_page
from hefu.portal.forms import OfficeForm
from hefu.portal.grants.views import grant_crumb, list_crumb
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.portal.words import say
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.access import may as may_deliver
from hefu.rooms.deliveries.terms.increments import BLIND_NAMES, BLIND_TO, MOST_OVERLAP, USUAL_OVERLAP
from hefu.rooms.deliveries.terms.silence import USUAL_SHARE
from hefu.rooms.grants import queries

#: Unit of an overlap → how many seconds, or numbers, it is.
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "number": 1}


class IncrementForm(OfficeForm):
    """What tells new rows from old ones."""

    overlap = forms.IntegerField(
        label=_("Read again each time"),
        min_value=0,
        max_value=MOST_OVERLAP // 86400,
        help_text=_(
            "Rows are often written later than their own moment says. What is read again and is there already is "
            "left as it is."
        ),
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        choices=[
            ("second", _("seconds")),
            ("minute", _("minutes")),
            ("hour", _("hours")),
            ("day", _("days")),
            ("number", _("a difference of numbers")),
        ],
    )

    def __init__(self, *args: Any, items: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the items that are delivered as they are."""
        super().__init__(*args, **kwargs)
        self.fields["item"] = forms.ChoiceField(
            label=_("Item that grows"),
            choices=items,
            help_text=_("The moment at which a row was written or changed, or a number that each new row has higher."),
        )
        self.order_fields(["item", "overlap", "unit"])

    def chosen(self) -> dict[str, Any]:
        """Return what was typed as the room takes it."""
        typed = self.cleaned_data
        return {"item": typed["item"], "overlap": typed["overlap"] * UNITS[typed["unit"]]}


@page(*FORM)
def increments(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a grant's deliveries bring new and changed rows alone."""
    found = queries.grant(number, viewer=request.actor)
    if not may_deliver(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id):
        raise Forbidden(action="deliveries.plan")
    chosen = deliveries.increments_of(found)
    initial: dict[str, Any] = {"overlap": USUAL_OVERLAP.total_seconds() // 60, "unit": "minute"}
    if chosen:
        initial = {"item": chosen.item, "overlap": chosen.overlap, "unit": "second" if chosen.moments else "number"}
    form = IncrementForm(posted(request), items=_items(request, number), initial=initial)
    return deed_page(
        request,
        form,
        title=gettext("New and changed rows of {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "The next delivery copies the whole table; later ones read only rows at or past the highest value that "
            "arrived, less what is read again, and write them by their key, each exactly once: rows and the value "
            "reached are committed in one transaction of your database. Not seen: {blind}. Copy the whole table "
            "from time to time to make that good; between two tables of PostgreSQL, comparing both sides "
            "does it as well."
        ).format(blind="; ".join(say(BLIND_NAMES[one]) for one in BLIND_TO)),
        send=gettext("Bring new rows alone"),
        work=lambda typed: delivery_services.bring_increments(
            grant=number, **form.chosen(), actor=request.actor, clock=request.clock
        ),
        said=gettext("From now on deliveries bring new and changed rows alone."),
    )


@page("POST")
def whole(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a grant's deliveries bring whole copies again."""
    delivery_services.bring_whole(grant=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("From now on deliveries bring whole copies."))
    return HttpResponseRedirect(reverse("grants:grant", args=[number]))


class LeastShareForm(OfficeForm):
    """With how few rows a copy is still taken."""

    percent = forms.IntegerField(
        label=_("Hold a copy below (percent of the last rows)"),
        min_value=0,
        max_value=100,
        help_text=_("0 takes a copy however few rows it has, also an empty one."),
    )


@page(*FORM)
def least_share(request: PortalRequest, number: str) -> HttpResponseBase:
    """Say with how few rows a whole copy still replaces the table."""
    found = queries.grant(number, viewer=request.actor)
    if not may_deliver(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id):
        raise Forbidden(action="deliveries.plan")
    news = deliveries.news_of(found)
    return deed_page(
        request,
        LeastShareForm(posted(request), initial={"percent": news.least_share if news else USUAL_SHARE}),
        title=gettext("Fewest rows of a copy of {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "A source that breaks often goes on with few rows, or none. A copy below this share is held: the table "
            "stays as it is, both departments are told, and you take the copy all the same or wait for the next."
        ),
        send=gettext("Set"),
        work=lambda typed: delivery_services.set_least_share(
            grant=number, **typed, actor=request.actor, clock=request.clock
        ),
        said=gettext("The least share of rows is set."),
    )


def _items(request: PortalRequest, number: str) -> list[tuple[str, str]]:
    """Return the items that are delivered as they are, with their names."""
    signed = next(iter(queries.tickets(number, viewer=request.actor)), None)
    if signed is None:
        return []
    names = {item.code: item.name for item in queries.grant(number, viewer=request.actor).granted_items}
    return [(item.name, names.get(item.name, item.name)) for item in queries.read(signed.jws).items if not item.mask]
