"""What people do with libraries on pages: state, time, catalogue, let columns be shared on."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import Forbidden, NotFound
from hefu.portal.deeds import deed_page
from hefu.portal.holdings.deeds import keep_page
from hefu.portal.holdings.forms import ChosenForm, StateForm, TimesForm
from hefu.portal.holdings.libraries import library_crumbs
from hefu.portal.holdings.stating import fields_out, parts_out
from hefu.portal.holdings.views import holding_crumbs
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.access import require, require_keeper

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import Library


@page(*FORM)
def new(request: PortalRequest) -> HttpResponseBase:
    """State a library."""
    if not queries.may_state(viewer=request.actor):
        raise Forbidden(action="libraries.define")
    return _state(request, None)


@page(*FORM)
def rules(request: PortalRequest, number: str) -> HttpResponseBase:
    """Alter what a library consists of and which source wins."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.define", found.department_id)
    return _state(request, found)


def _state(request: PortalRequest, found: "Library | None") -> HttpResponseBase:
    initial = {}
    if found is not None:
        initial = {"name": found.name, "kind": found.kind, "subject": found.subject}
        initial |= {"parts_stated": parts_out(found.parts), "fields_stated": fields_out(found.fields)}
    form = StateForm(posted(request), initial=initial, named=found is not None)

    def work(_typed: dict[str, Any]) -> None:
        services.define_library(stated=form.stated(), actor=request.actor, clock=request.clock)

    return deed_page(
        request,
        form,
        title=gettext("Rules of the library") if found else gettext("State a library"),
        crumbs=library_crumbs(found.number if found else ""),
        lead=gettext(
            "One row for each subject, each field from the source that wins. What is stated here holds from the next "
            "assembly on."
        ),
        send=gettext("Save"),
        work=work,
        said=gettext("The library is stated. Assemble it to see what it gives."),
    )


@page(*FORM)
def times(request: PortalRequest, number: str) -> HttpResponseBase:
    """Set when a library is assembled without being asked."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.time", found.department_id)
    return deed_page(
        request,
        TimesForm(posted(request), initial={"timetable": found.timetable}),
        title=gettext("When it is assembled"),
        crumbs=library_crumbs(number),
        lead="",
        send=gettext("Set"),
        work=lambda typed: services.time_library(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("It is set."),
    )


@page(*FORM)
def keep(request: PortalRequest, number: str) -> HttpResponseBase:
    """Set how long versions are kept."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.keep", found.department_id)
    return keep_page(request, found.kept_days, services.keep_library_for, number, library_crumbs(number))


@page(*FORM)
def catalogue(request: PortalRequest, number: str) -> HttpResponseBase:
    """Draft an entry of a library's fields."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.catalogue", found.department_id)
    _subject, *fields = queries.shares(found, on=request.clock.today())
    drafted: list[str] = []

    def work(typed: dict[str, Any]) -> None:
        entry = services.catalogue_library(
            number=number, fields=typed["chosen"], actor=request.actor, clock=request.clock
        )
        drafted.append(reverse("catalog:entry", args=[entry.pk]))

    return deed_page(
        request,
        ChosenForm(
            posted(request),
            label=gettext("Fields"),
            offered=[(share.name, share.name) for share in fields if not share.why_not],
        ),
        title=gettext("Catalogue the library"),
        crumbs=library_crumbs(number),
        lead=gettext(
            "An entry is drafted with these fields and the subject, mounted on the library, with the conditions of "
            "all its sources. Complete and submit it as any other. What a source does not let the library share on is "
            "not offered here; the library's page says why."
        ),
        send=gettext("Draft the entry"),
        work=work,
        said=gettext("The entry is drafted. Find it among your department's drafts."),
    )


@page(*FORM)
def consent(request: PortalRequest, number: str, library: str) -> HttpResponseBase:
    """Say which columns of a holding a library may share on."""
    held = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.consent", held.department_id)
    found = next((one for one in queries.libraries_taking(held) if one.number == library), None)
    if found is None:
        raise NotFound(what="library", key=library)
    sources = [one for share in queries.shares(found, on=request.clock.today()) for one in share.sources]
    mine = {one.column: one for one in sources if one.holding == number}

    def work(typed: dict[str, Any]) -> None:
        if typed["chosen"]:
            services.consent(
                number=library, holding=number, columns=typed["chosen"], actor=request.actor, clock=request.clock
            )
        else:
            services.withdraw_consent(number=library, holding=number, actor=request.actor, clock=request.clock)

    return deed_page(
        request,
        ChosenForm(
            posted(request),
            label=gettext("Columns"),
            offered=[(name, name) for name in mine],
            initial={"chosen": [name for name, one in mine.items() if one.agreed]},
        ),
        title=gettext("Let {name} share columns on").format(name=found.name),
        crumbs=holding_crumbs(number),
        lead=gettext(
            "What your department shares on conditions goes on to others with its consent alone (decree 809 art. 25). "
            "Once a column is taken back, no delivery of it begins any more; one that is under way goes on to its end."
        ),
        send=gettext("Save"),
        work=work,
        said=gettext("It is set."),
    )
