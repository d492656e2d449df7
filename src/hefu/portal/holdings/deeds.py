"""What people do with holdings on pages: open, collect, change, look, take out, drop, close."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from hefu.dataplane.formats import FileFormat
from hefu.dataplane.lake.table import Taking
from hefu.dataplane.scratch import Scratch
from hefu.portal.deeds import deed_page, reason_page
from hefu.portal.forms import done
from hefu.portal.holdings.forms import ChangeForm, CollectForm, DropForm, KeepForm, LookForm, NewForm, TakeOutForm
from hefu.portal.holdings.views import holding_crumbs, list_crumb
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, Crumb, page, show
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.access import require

#: Rows that are written into a file while somebody waits for the page; more are taken out by the command.
MOST_ROWS = 1_000_000


@page(*FORM)
def new(request: PortalRequest) -> HttpResponseBase:
    """Open a holding."""
    return deed_page(
        request,
        NewForm(posted(request), entries=queries.openable(viewer=request.actor)),
        title=gettext("Open a holding"),
        crumbs=[list_crumb()],
        lead=gettext(
            "The node will keep the entry's rows in its own lake. To read them at the source without copying is an "
            "equal choice and needs no holding."
        ),
        send=gettext("Open"),
        work=lambda typed: services.open_holding(
            entry=typed["entry"], taking=Taking(typed["taking"]), actor=request.actor, clock=request.clock
        ),
        said=gettext("The holding is open. Start its first collection on its page."),
    )


@page(*FORM)
def collect(request: PortalRequest, number: str) -> HttpResponseBase:
    """Start a collection."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.collect", found.department_id)
    return deed_page(
        request,
        CollectForm(posted(request)),
        title=gettext("Collect now"),
        crumbs=holding_crumbs(number),
        lead=gettext("A worker reads the source at once. The holding stays as it is until everything is counted."),
        send=gettext("Start"),
        work=lambda typed: services.start_run(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The collection is under way."),
    )


@page(*FORM)
def change(request: PortalRequest, number: str) -> HttpResponseBase:
    """Set how and when a holding is collected."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.change", found.department_id)
    return deed_page(
        request,
        ChangeForm(
            posted(request),
            initial={"taking": found.taking, "timetable": found.timetable, "serves": found.serves},
            may_serve="holdings.serve" in queries.actions(found, viewer=request.actor),
        ),
        title=gettext("How and when it is collected"),
        crumbs=holding_crumbs(number),
        lead="",
        send=gettext("Set"),
        work=lambda typed: services.change_holding(
            number=number,
            taking=Taking(typed["taking"]),
            timetable=typed["timetable"],
            serves=typed.get("serves"),
            actor=request.actor,
            clock=request.clock,
        ),
        said=gettext("It is set."),
    )


@page(*FORM)
def rows(request: PortalRequest, number: str) -> HttpResponseBase:
    """Look at some rows as they were; every look goes on record."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.read", found.department_id)
    form = LookForm(posted(request), columns=list(queries.columns_of(found)))
    seen: list[Any] = []

    def look(_typed: dict[str, Any]) -> None:
        seen.extend(services.look_at(number=number, **form.asked(), actor=request.actor, clock=request.clock))

    if request.method == "POST":
        done(form, look)
    return show(
        request,
        "holdings/rows.html",
        title=gettext("Rows of {number}").format(number=number),
        crumbs=holding_crumbs(number),
        form=form,
        status=form.status,
        send=gettext("Look"),
        back=reverse("holdings:holding", args=[number]),
        version=seen[0] if seen else None,
        look=seen[1] if seen else None,
        lines=[list(zip(seen[1].columns, row, strict=True)) for row in seen[1].rows] if seen else [],
    )


@page(*FORM)
def take_out(request: PortalRequest, number: str) -> HttpResponseBase:
    """Hand out a version as a file, and record that."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.read", found.department_id)
    form = TakeOutForm(posted(request), initial={"version": request.GET.get("version", "")[:20]})
    answers: list[HttpResponseBase] = []

    def hand_over(typed: dict[str, Any]) -> None:
        with Scratch("taken") as folder:
            path = Path(folder, f"{number}-{typed['version']}.{typed['file_format']}")
            services.take_out(
                number=number,
                version=typed["version"],
                file_format=FileFormat(typed["file_format"]),
                into=path,
                reason=typed["reason"],
                most_rows=MOST_ROWS,
                actor=request.actor,
                clock=request.clock,
            )
            # The opened file outlives its name: it is gone from the folder before its last byte is sent.
            response = FileResponse(path.open("rb"), content_type="application/octet-stream")
        response["Content-Disposition"] = content_disposition_header(True, f"{found.entry.name}-{path.name}")
        answers.append(response)

    if request.method == "POST" and done(form, hand_over):
        return answers[0]
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Take a version out as a file"),
        crumbs=holding_crumbs(number),
        form=form,
        status=form.status,
        lead="",
        send=gettext("Download"),
        back=reverse("holdings:holding", args=[number]),
        grave=False,
    )


@page(*FORM)
def drop(request: PortalRequest, number: str) -> HttpResponseBase:
    """Delete the files of old versions."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.drop_versions", found.department_id)
    return deed_page(
        request,
        DropForm(posted(request)),
        title=gettext("Delete old versions"),
        crumbs=holding_crumbs(number),
        lead=gettext("Their rows can never be read again. What they counted stays in the history."),
        send=gettext("Delete"),
        grave=True,
        work=lambda typed: services.drop_versions(
            number=number, kept_for=timedelta(days=typed["keep_days"]), actor=request.actor, clock=request.clock
        ),
        said=gettext("Old versions are deleted."),
    )


@page(*FORM)
def keep(request: PortalRequest, number: str) -> HttpResponseBase:
    """Set how long versions are kept."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.drop_versions", found.department_id)
    return keep_page(request, found.kept_days, services.keep_for, number, holding_crumbs(number))


def keep_page(
    request: PortalRequest, kept_days: int | None, keeping: Callable[..., object], number: str, crumbs: list[Crumb]
) -> HttpResponseBase:
    """Ask for how long the versions of a holding or library are kept, and let `keeping` set it."""
    return deed_page(
        request,
        KeepForm(posted(request), initial={"keep_days": kept_days}),
        title=gettext("How long versions are kept"),
        crumbs=crumbs,
        lead=gettext(
            "What was replaced longer ago is deleted every night: its rows can never be read again. What it counted "
            "and its digest stay, so receipts can be checked as before."
        ),
        send=gettext("Save"),
        work=lambda typed: keeping(number=number, days=typed["keep_days"], actor=request.actor, clock=request.clock),
        said=gettext("How long versions are kept is set."),
    )


@page(*FORM)
def close(request: PortalRequest, number: str) -> HttpResponseBase:
    """Collect an entry no more."""
    found = queries.holding(number, viewer=request.actor)
    require(request.actor, "holdings.close", found.department_id)
    return reason_page(
        request,
        title=gettext("Close the holding"),
        crumbs=holding_crumbs(number),
        lead=gettext("Nothing is collected any more. What is held stays readable for its department."),
        send=gettext("Close"),
        grave=True,
        work=lambda typed: services.close_holding(
            number=number, reason=typed["reason"], actor=request.actor, clock=request.clock
        ),
        said=gettext("The holding is closed."),
    )


@page("POST")
def cancel(request: PortalRequest, number: str, run: str) -> HttpResponseBase:
    """Stop a collection."""
    services.cancel_run(number=run, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The collection is stopped; the holding stays as it was."))
    return HttpResponseRedirect(reverse("holdings:holding", args=[number]))
