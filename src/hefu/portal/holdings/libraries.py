"""Pages of libraries: the list, one library, one subject's file, what sources say differently."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.words import Sentence, _
from hefu.portal.badges import badge
from hefu.portal.evidence.words import actor_name
from hefu.portal.forms import done
from hefu.portal.holdings.forms import ConflictsForm, LookUpForm
from hefu.portal.holdings.words import COLOURS, WINS_NAMES
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.export import as_csv
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import name_of
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES
from hefu.rooms.evidence.queries import history
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.access import require_keeper
from hefu.rooms.holdings.terms import LIBRARY_KIND_NAMES, MOST_CONFLICTS_KEPT, OPEN, STATUS_NAMES, RunStatus

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import Library
    from hefu.rooms.holdings.services.libraries import ConflictView

#: Conflicts on one page, and versions.
SHOWN, SHOWN_VERSIONS = 100, 30


class Libraries(Listing["Library"]):
    """Libraries that the reader may see."""

    name = "libraries"
    title = _("Base and theme libraries")
    search_word = _("Number or name")
    order = "-number"

    def columns(self) -> Sequence[Column["Library"]]:
        """Return the columns."""
        return (
            Column("number", _("Library"), lambda one: one.number, sort="number", link=address, wraps=False),
            Column("name", _("Name"), lambda one: one.name, sort="name"),
            Column("kind", _("Kind"), lambda one: name_of(one.kind, LIBRARY_KIND_NAMES), sort="kind"),
            Column("department", _("Department"), lambda one: one.department.name, sort="department__name"),
            Column("status", _("State"), lambda one: one.status, show=state),
            Column("subjects", _("Subjects"), lambda one: one.subjects, sort="subjects", align=Align.END),
            Column("finished", _("Finished"), lambda one: one.finished_at, sort="finished_at", wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("kind", _("Kind"), "kind", words=LIBRARY_KIND_NAMES),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the libraries."""
        return queries.libraries(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "A library puts several holdings together, one row for each person, company or thing, each field from "
                "the source that wins."
            )
        )


def address(row: "Library") -> str:
    """Return where a library is."""
    return reverse("holdings:library", args=[row.number])


def state(row: "Library") -> str:
    """Return how its last assembly went."""
    if not row.status:
        return badge("waiting", _("not assembled yet"))
    status = RunStatus(row.status)
    return badge(COLOURS[status], _("assembled") if status is RunStatus.DONE else _state_name(status))


def _state_name(status: RunStatus) -> str:
    return _("being assembled") if status is RunStatus.RUNNING else STATUS_NAMES[status]


def library_crumbs(number: str = "") -> list[Crumb]:
    """Return the way to a library, or to their list."""
    way = [(gettext("Holdings"), reverse("holdings:list")), (gettext("Libraries"), reverse("holdings:libraries"))]
    return [*way, (number, reverse("holdings:library", args=[number]))] if number else way


@page()
def libraries(request: PortalRequest) -> HttpResponseBase:
    """Show the libraries that the reader may see."""
    may_state = queries.may_state(viewer=request.actor)
    act = Act(_("State a library"), reverse("holdings:library_new")) if may_state else None
    return list_page(
        request, Libraries(request), title=gettext("Base and theme libraries"), crumbs=library_crumbs()[:1], act=act
    )


@page()
def library(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one library: its rules, its last assembly, its versions."""
    found = queries.library(number, viewer=request.actor)
    parts = queries.holdings(viewer=request.actor).filter(number__in=queries.part_numbers(found))
    names = dict(parts.order_by().values_list("number", "entry__name"))
    return show(
        request,
        "holdings/library.html",
        title=found.name,
        crumbs=library_crumbs(),
        library=found,
        state=state(found),
        kind=name_of(found.kind, LIBRARY_KIND_NAMES),
        stated_by=actor_name(found.stated_by, found.stated_by_name),
        parts=[(part, names.get(part["holding"], "")) for part in found.parts],
        fields=[
            (
                one["name"],
                name_of(one["wins"], WINS_NAMES),
                " → ".join(f"{holding} {column}" for holding, column in one["sources"]),
                found.conflicts.get(one["name"], 0),
            )
            for one in found.fields
        ],
        shares=[
            (
                share.name,
                name_of(share.share_type, SHARE_TYPE_NAMES),
                share.sources,
                told(share.why_not.text, share.why_not.facts) if isinstance(share.why_not, Sentence) else "",
                share.basis,
            )
            for share in queries.shares(found, on=request.clock.today())
        ],
        keeps=queries.may_keep(found, viewer=request.actor),
        idle=found.status not in OPEN or found.rests,
        dropped=queries.last_dropped(found, viewer=request.actor),
        error=told(found.error_text, found.error_facts) if found.error_text else "",
        versions=queries.history(found, most=SHOWN_VERSIONS),
        events=history(number, viewer=request.actor),
    )


@page("POST")
def assemble(request: PortalRequest, number: str) -> HttpResponseBase:
    """Start an assembly."""
    services.start_assembly(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The library is being assembled; load the page again in a moment."))
    return HttpResponseRedirect(reverse("holdings:library", args=[number]))


@page(*FORM)
def look_up(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one subject's file: one person, one company, one file; every look goes on record."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.look_up", found.department_id)
    form, seen = LookUpForm(posted(request)), []

    def look(typed: dict[str, Any]) -> None:
        seen.append(services.look_up(number=number, **typed, actor=request.actor, clock=request.clock))

    if request.method == "POST":
        done(form, look)
    return show(
        request,
        "holdings/file.html",
        title=gettext("One subject's file"),
        crumbs=library_crumbs(number),
        form=form,
        status=form.status,
        send=gettext("Look up"),
        back=reverse("holdings:library", args=[number]),
        asked=bool(seen),
        lines=seen[0].fields if seen else (),
    )


def _as_file(found: "Library", seen: Sequence["ConflictView"]) -> HttpResponseBase:
    """Return what sources say differently as CSV, one line for each source's word."""
    header = (found.subject, gettext("Field"), gettext("Source"), gettext("Value"))
    return as_csv(found.number, header, ((one.subject, one.field, *said) for one in seen for said in one.values))


@page(*FORM)
def conflicts(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show what sources say differently, with whose it is; every look goes on record."""
    found = queries.library(number, viewer=request.actor)
    require_keeper(request.actor, "libraries.conflicts", found.department_id)
    form, seen = ConflictsForm(posted(request)), []

    def look(typed: dict[str, Any]) -> None:
        most = MOST_CONFLICTS_KEPT if typed["as_file"] else SHOWN
        seen.extend(
            services.reveal_conflicts(
                number=number, limit=most, reason=typed["reason"], actor=request.actor, clock=request.clock
            )
        )

    if request.method == "POST" and done(form, look) and form.cleaned_data["as_file"]:
        return _as_file(found, seen)
    return show(
        request,
        "holdings/conflicts.html",
        title=gettext("What sources say differently"),
        crumbs=library_crumbs(number),
        form=form,
        status=form.status,
        send=gettext("Look"),
        back=reverse("holdings:library", args=[number]),
        conflicts=seen,
    )
