"""Pages of joining what two grants deliver: with which one, then on which columns."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.dataplane.join import Joining, JoinKind
from hefu.dataplane.masks import Drop
from hefu.dataplane.ticket import Channel
from hefu.kernel.refusal import Forbidden
from hefu.portal.deeds import deed_page
from hefu.portal.forms import OfficeForm
from hefu.portal.grants.views import grant_crumb, list_crumb
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.words import say
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.access import may
from hefu.rooms.deliveries.terms.joined import KIND_NAMES
from hefu.rooms.grants import queries
from hefu.rooms.grants.terms import GrantStatus

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

#: Pairs of columns that the page offers; `hefu deliveries join` takes more.
PAIRS = 3


class OtherForm(OfficeForm):
    """With which grant."""

    def __init__(self, *args: Any, others: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the consumer's other grants that deliver into the same database."""
        super().__init__(*args, **kwargs)
        self.fields["other"] = forms.ChoiceField(
            label=_("Second grant"),
            choices=others,
            help_text=_("In force, and delivering tables into the same database."),
        )


class JoinForm(OfficeForm):
    """On what, which rows, and where to."""

    def __init__(self, *args: Any, left: list[tuple[str, str]], right: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the columns that each side delivers."""
        super().__init__(*args, **kwargs)
        none = [("", "—")]
        for place in range(1, PAIRS + 1):
            first = place == 1
            for side, label, columns in (
                ("left", _("Column of the first grant ({place})"), left),
                ("right", _("Equal to the second grant's ({place})"), right),
            ):
                self.fields[f"{side}_{place}"] = forms.ChoiceField(
                    label=str(label).format(place=place),
                    choices=columns if first else none + columns,
                    required=first,
                )
        self.fields["kind"] = forms.ChoiceField(
            label=_("Rows that arrive"), choices=[(kind.value, say(name)) for kind, name in KIND_NAMES.items()]
        )
        self.fields["table"] = forms.CharField(
            label=_("Table of the joined rows"),
            max_length=57,
            help_text=_("Begins with joined_; small letters, digits and underscores. A later join replaces its rows."),
        )

    def joining(self) -> Joining:
        """Return what was chosen as the data plane takes it."""
        typed = self.cleaned_data
        pairs = [(typed[f"left_{place}"], typed[f"right_{place}"]) for place in range(1, PAIRS + 1)]
        return Joining(JoinKind(typed["kind"]), tuple(pair for pair in pairs if any(pair)), typed["table"])


@page(*FORM)
def join(request: PortalRequest, number: str) -> HttpResponseBase:
    """Choose the second grant."""
    found = _own(request, number)
    form = OtherForm(posted(request), others=_others(request, found))
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(reverse("grants:join_with", args=[number, form.cleaned_data["other"]]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Join grant {number} with another").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        form=form,
        status=form.status,
        lead=gettext(
            "What both grants deliver is joined and arrives as one table. Filters, checks and masks of each grant act "
            "first, so that nothing arrives that either grant would not deliver alone."
        ),
        send=gettext("Choose the columns"),
        back=reverse("grants:grant", args=[number]),
        grave=False,
    )


@page(*FORM)
def join_with(request: PortalRequest, number: str, other: str) -> HttpResponseBase:
    """Choose the columns, and start the delivery."""
    one, second = _own(request, number), _own(request, other)
    form = JoinForm(
        posted(request),
        left=_columns(request, one),
        right=_columns(request, second),
        initial={"table": f"joined_{number}_{other}".lower().replace("-", "_"), "kind": JoinKind.INNER.value},
    )
    return deed_page(
        request,
        form,
        title=gettext("Join grants {one} and {other}").format(one=number, other=other),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "First grant: {one}. Second grant: {other}. The columns compared must hold the whole key of one of them. "
            "It counts as a delivery of both; rows that fail a check of either are left out and counted."
        ).format(one=one.entry_name, other=second.entry_name),
        send=gettext("Deliver the joined rows"),
        work=lambda typed: services.join_grants(
            left=number, right=other, joining=form.joining(), actor=request.actor, clock=request.clock
        ),
        said=gettext("The joined rows are being delivered."),
        leads_to=reverse("grants:grant", args=[number]),
    )


def _own(request: PortalRequest, number: str) -> "Grant":
    found = queries.grant(number, viewer=request.actor)
    if not may(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id):
        raise Forbidden(action="deliveries.plan")
    return found


def _others(request: PortalRequest, found: "Grant") -> list[tuple[str, str]]:
    rows = queries.grants(viewer=request.actor, status=GrantStatus.ACTIVE, department_id=found.consumer_id)
    rows = rows.filter(consumer_id=found.consumer_id, channel=Channel.TABLE, target_id=found.target_id)
    return [
        (row.number, f"{row.number} · {row.entry_name} · {row.provider.name}")
        for row in rows.exclude(pk=found.pk).order_by("-number")[:200]
    ]


def _columns(request: PortalRequest, found: "Grant") -> list[tuple[str, str]]:
    """Return the columns that a grant delivers, with their names in the catalogue."""
    signed = queries.ticket_in_force(found.pk)
    if signed is None:
        return []
    names = {item.delivered_as or item.code: item.name for item in found.granted_items}
    items = [item for item in queries.read(signed.token).items if not isinstance(item.mask, Drop)]
    return [(item.name, f"{names.get(item.name, item.name)} ({item.name})") for item in items]
