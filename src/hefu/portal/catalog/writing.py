"""Pages on which a department writes its entries and the authority reviews them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.citation import Citation
from hefu.portal.catalog.forms import EntryForm, ReviewForm
from hefu.portal.catalog.lists import share_badge
from hefu.portal.catalog.views import differences_in_words, entry_crumb, gaps_in_words, groups_of, list_crumb
from hefu.portal.catalog.words import classes_to_type
from hefu.portal.forms import attempt, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.beside import held_beside, recollected_beside
from hefu.portal.upkeep.reviewing import findings_in_words
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import may, require
from hefu.rooms.catalog.rows import content_of
from hefu.rooms.catalog.terms import Status, Verdict
from hefu.rooms.parties import queries as parties
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries as upkeep

#: Names offered beside a field.
OFFERED = 500


@page(*FORM)
def new(request: PortalRequest) -> HttpResponseBase:
    """Draft an entry of the reader's department."""
    require(request.actor, "catalog.draft", request.actor.department_id)
    deed = request.POST.get("deed", "")
    form = EntryForm(
        request.POST if deed else None,
        initial={"class_code": "3", "share_mode": "platform"},
        asked=_asked(request, parties.department(_own(request), viewer=request.actor).place),
    )
    if deed in ("save", "submit"):
        made = attempt(
            form,
            lambda _typed: services.draft_entry(
                provider_id=_own(request), content=form.content(), actor=request.actor, clock=request.clock
            ),
        )
        if made:
            return _go_on(request, made.pk, form, deed)
    return _form_page(request, form, title=gettext("Draft an entry"), crumbs=[list_crumb()])


@page(*FORM)
def edit(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Rewrite a draft, or draft the next version of an entry in force."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.rewrite", found.provider_id)
    change = queries.change_id(pk, viewer=request.actor) if not found.is_change else None
    if change:
        return HttpResponseRedirect(reverse("catalog:edit", args=[change]))
    deed = request.POST.get("deed", "")
    form = EntryForm(
        request.POST if deed else None,
        initial=EntryForm.present(content_of(found)),
        class_is_fixed=found.is_change or found.status == Status.PUBLISHED,
        asked=_asked(request, found.provider.place),
    )
    if deed in ("save", "submit"):
        written = attempt(
            form,
            lambda _typed: services.change_entry(
                entry_id=pk, content=form.content(), actor=request.actor, clock=request.clock
            ),
        )
        if written:
            return _go_on(request, written.pk, form, deed)
    title = gettext("Next version of {name}") if found.version else gettext("Rewrite {name}")
    return _form_page(
        request,
        form,
        title=title.format(name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        reasons=found.reasons if found.status == Status.RETURNED else "",
        gaps=gaps_in_words(request, found),
        held=held_beside(request, content_of(found), found.provider_id),
        recollected=recollected_beside(request, content_of(found), found.provider_id),
    )


def _asked(request: PortalRequest, place: str) -> dict[str, tuple[Citation, ...]]:
    return queries.needed_fields(place, on=request.clock.today())


def _form_page(request: PortalRequest, form: EntryForm, **context: Any) -> HttpResponseBase:
    own = request.actor.department_id
    known = _known(request, own)
    return show(
        request,
        "catalog/edit.html",
        form=form,
        status=form.status,
        may_submit=may(request.actor, "catalog.submit", own),
        known=known,
        offers={f"own-{field}": [(one, one.lstrip("0123456789 ")) for one in names] for field, names in known.items()},
        **context,
    )


def _known(request: PortalRequest, own: UUID | None) -> dict[str, list[str]]:
    """Return field → names of the department's systems, its duties and business items, and classes to choose from."""
    if own is None:
        return {}
    systems = resources.registered_systems(viewer=request.actor).filter(department_id=own).order_by("name")
    tasks = upkeep.tasks(viewer=request.actor, department_id=own).order_by("name")
    return {
        "system_name": list(systems.values_list("name", flat=True)[:OFFERED]),
        "business_item": list(tasks.values_list("name", flat=True)[:OFFERED]),
        "class_code": classes_to_type(),
    }


def _own(request: PortalRequest) -> UUID:
    assert request.actor.department_id is not None  # noqa: S101 - drafting was allowed for it
    return request.actor.department_id


def _go_on(request: PortalRequest, pk: UUID, form: EntryForm, deed: str) -> HttpResponseBase:
    """Hand in what was saved when that was asked for; what is missing is said on the form of the saved draft."""
    if deed == "submit" and not done(
        form, lambda _typed: services.submit_entry(entry_id=pk, actor=request.actor, clock=request.clock)
    ):
        found = queries.entry(pk, viewer=request.actor)
        return _form_page(
            request,
            form,
            title=gettext("Rewrite {name}").format(name=found.name),
            crumbs=[list_crumb(), entry_crumb(found)],
            form_address=reverse("catalog:edit", args=[pk]),
            gaps=gaps_in_words(request, found),
        )
    said = gettext("The entry is handed in for review.") if deed == "submit" else gettext("The draft is saved.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("catalog:entry", args=[pk]))


@page("POST")
def submit(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Sign a draft off and hand it in."""
    services.submit_entry(entry_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The entry is handed in for review."))
    return HttpResponseRedirect(reverse("catalog:entry", args=[pk]))


@page("POST")
def drop(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Throw a draft away."""
    found = queries.entry(pk, viewer=request.actor)
    services.drop_draft(entry_id=pk, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The draft is thrown away."))
    if found.changes_to_id:
        return HttpResponseRedirect(reverse("catalog:entry", args=[found.changes_to_id]))
    return HttpResponseRedirect(reverse("catalog:own"))


@page(*FORM)
def review(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show what a department handed in, what it would change, and take the authority's word."""
    found = queries.entry(pk, viewer=request.actor)
    require(request.actor, "catalog.review", found.provider_id)
    form = ReviewForm(posted(request))
    if request.method == "POST":
        row = attempt(
            form,
            lambda typed: services.review_entry(entry_id=pk, **typed, actor=request.actor, clock=request.clock),
        )
        if row:
            approved = form.cleaned_data["verdict"] is Verdict.APPROVE
            said = (
                gettext("The entry is in force.") if approved else gettext("The entry is returned to its department.")
            )
            messages.success(request, said)
            return HttpResponseRedirect(reverse("upkeep:desk"))
    return show(
        request,
        "catalog/review.html",
        title=gettext("Review {name}").format(name=found.name),
        crumbs=[list_crumb(), (gettext("To be reviewed"), reverse("upkeep:desk"))],
        entry=found,
        form=form,
        status=form.status,
        share=share_badge(found.share_type),
        groups=groups_of(found),
        items=queries.items_of(found),
        findings=findings_in_words(upkeep.findings_of(pk, viewer=request.actor)),
        differences=differences_in_words(queries.proposed_difference(pk, viewer=request.actor)),
    )
