"""Whether the values of an entry may be compared with other departments', how far that is, and its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.ids import read_id
from hefu.portal.catalog.views import entry_crumb, list_crumb
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import OverlapForm, TakeBackForm
from hefu.portal.words import say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.terms.overlap import (
    FEWEST_DISTINCT,
    LEFT_OUT_WORDS,
    RUN_STATUS_NAMES,
    UNDER_WAY,
    LeftOut,
    RunStatus,
)


@page(*FORM)
def values(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show which items may be compared by their values, take the head's consent, and take it back."""
    actor = request.actor
    entry = catalog.entry(pk, viewer=actor)
    require(actor, "upkeep.measure", entry.provider_id)
    consent = queries.consent_of(entry.pk, viewer=actor)
    offered = queries.comparable(entry, viewer=actor, on=request.clock.now())
    ending = request.POST.get("deed") == "end"
    form = OverlapForm(
        None if ending else posted(request),
        initial={"items": [str(one) for one in consent.items] if consent else []},
        items=[(str(one.item.pk), one.item.name) for one in offered if not one.left_out],
    )
    end_form = TakeBackForm(posted(request) if ending else None, prefix="end")
    if ending and done(end_form, lambda typed: _end(request, pk, typed["reason"])):
        messages.success(request, gettext("Values are compared no more; their sketches are gone."))
        return HttpResponseRedirect(reverse("upkeep:values", args=[pk]))
    if request.method == "POST" and not ending and done(form, lambda typed: _allow(request, pk, typed)):
        messages.success(request, gettext("The comparison waits for the worker."))
        return HttpResponseRedirect(reverse("upkeep:values", args=[pk]))
    run = queries.runs_of(consent).first() if consent else None
    return show(
        request,
        "upkeep/values.html",
        title=gettext("Comparison of values of {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        entry=entry,
        consent=consent,
        run=run,
        run_state=say(RUN_STATUS_NAMES[RunStatus(run.status)]) if run else "",
        under_way=run is not None and run.status in UNDER_WAY,
        lines=_lines(offered, consent, run),
        form=form if may(actor, "upkeep.allow_overlap", entry.provider_id) else None,
        end_form=end_form,
        least=FEWEST_DISTINCT,
        status=max(form.status, end_form.status),
    )


def _lines(offered: list[queries.Comparable], consent: Any, run: Any) -> list[dict[str, Any]]:
    made = queries.sketched(consent) if consent else {}
    left = run.left_out if run else {}
    found = []
    for one in offered:
        why = one.left_out or (LeftOut(left[str(one.item.pk)]) if str(one.item.pk) in left else None)
        found.append(
            {
                "item": one.item,
                "column": one.column.column,
                "allowed": bool(consent) and one.item.pk in consent.items,
                "made_at": made.get(one.item.pk),
                "why": say(LEFT_OUT_WORDS[why]).format(least=FEWEST_DISTINCT) if why else "",
            }
        )
    return found


def _allow(request: PortalRequest, pk: UUID, typed: dict[str, Any]) -> Any:
    items = [found for told in typed["items"] if (found := read_id(told))]
    return services.allow_overlap(
        entry_id=pk, item_ids=items, reason=typed["reason"], actor=request.actor, clock=request.clock
    )


def _end(request: PortalRequest, pk: UUID, reason: str) -> Any:
    return services.end_overlap(entry_id=pk, reason=reason, actor=request.actor, clock=request.clock)


@page("POST")
def measure(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Let values be compared anew."""
    services.ask_overlap(entry_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The comparison waits for the worker."))
    return HttpResponseRedirect(reverse("upkeep:values", args=[pk]))


@page("POST")
def cancel(request: PortalRequest, pk: UUID, run: UUID) -> HttpResponseBase:
    """Stop a comparison."""
    services.cancel_overlap(run_id=run, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The comparison stops before its next part."))
    return HttpResponseRedirect(reverse("upkeep:values", args=[pk]))
