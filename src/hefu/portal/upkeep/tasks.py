"""Pages of duties and business items."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import NotFound
from hefu.kernel.words import _
from hefu.portal.deeds import deed_page, reason_page
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.upkeep.forms import MoveForm, TaskFileForm, TaskForm
from hefu.portal.upkeep.lists import Tasks
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.terms import TASK_KIND_NAMES, TaskKind


def _tasks_crumb() -> Crumb:
    return gettext("Duties"), reverse("upkeep:tasks")


@page()
def tasks(request: PortalRequest) -> HttpResponseBase:
    """Show duties and business items."""
    own = request.actor.department_id
    writes = own is not None and may(request.actor, "upkeep.keep_tasks", own)
    return list_page(
        request,
        Tasks(request),
        "upkeep/list.html",
        title=gettext("Duties and business items"),
        act=Act(_("Take a list in"), reverse("upkeep:import_tasks"), "upload") if writes else None,
        second=Act(_("Register one"), reverse("upkeep:new_task")) if writes else None,
        **tabs("tasks", request.actor),
    )


def _own(request: PortalRequest) -> UUID:
    own = request.actor.department_id
    require(request.actor, "upkeep.keep_tasks", own)
    if own is None:
        raise NotFound(what="department", key="")
    return own


@page(*FORM)
def import_tasks(request: PortalRequest) -> HttpResponseBase:
    """Take a list of duties in."""
    own = _own(request)
    form = TaskFileForm(posted(request), request.FILES or None)
    if request.method == "POST":
        read = attempt(
            form,
            lambda typed: services.import_tasks(
                department_id=own,
                data=typed["file"].read(),
                file_name=typed["file"].name,
                actor=request.actor,
                clock=request.clock,
            ),
        )
        if read:
            messages.success(
                request,
                gettext("{lines} lines: {added} new, {known} known, {refused} not taken in.").format(
                    lines=read.lines, added=read.added, known=read.known, refused=len(read.refused)
                ),
            )
            return HttpResponseRedirect(reverse("upkeep:tasks"))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Take a list of duties in"),
        crumbs=[upkeep_crumb(), _tasks_crumb()],
        form=form,
        status=form.status,
        send=gettext("Take it in"),
        back=reverse("upkeep:tasks"),
    )


@page(*FORM)
def new_task(request: PortalRequest) -> HttpResponseBase:
    """Register one duty or business item."""
    own = _own(request)
    return deed_page(
        request,
        TaskForm(posted(request)),
        title=gettext("Register a duty"),
        crumbs=[upkeep_crumb(), _tasks_crumb()],
        lead="",
        send=gettext("Register"),
        work=lambda typed: services.register_task(department_id=own, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The duty is registered."),
    )


@page()
def task(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one duty or business item and the entries that hold its data."""
    found = queries.task(pk, viewer=request.actor)
    return show(
        request,
        "upkeep/task.html",
        title=found.name,
        crumbs=[upkeep_crumb(), _tasks_crumb()],
        task=found,
        kind=name_of(found.kind, TASK_KIND_NAMES),
        entries=queries.entries_of_task(found.pk, viewer=request.actor),
        parts=queries.tasks(viewer=request.actor).filter(under_id=found.pk),
        may_end=found.ended_at is None and may(request.actor, "upkeep.keep_tasks", found.department_id),
        may_move=bool(_movable(found)) and may(request.actor, "upkeep.keep_tasks", found.department_id),
    )


def _movable(found: Any) -> list[tuple[str, str]]:
    """Return the business items of a duty, or the one that it is."""
    if found.ended_at:
        return []
    if found.kind == TaskKind.BUSINESS:
        return [(str(found.pk), found.name)]
    return [(str(one.pk), one.name) for one in found.parts.filter(ended_at__isnull=True)]


@page(*FORM)
def move_tasks(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Put business items under another duty."""
    found = queries.task(pk, viewer=request.actor)
    require(request.actor, "upkeep.keep_tasks", found.department_id)
    items = _movable(found)
    duties = queries.tasks(viewer=request.actor).filter(
        department_id=found.department_id, kind=TaskKind.DUTY, ended_at__isnull=True
    )
    above = found.under_id if found.kind == TaskKind.BUSINESS else found.pk
    form = MoveForm(
        posted(request),
        items=items,
        duties=[(str(one.pk), one.name) for one in duties.exclude(pk=above or found.pk)],
        initial={"items": [value for value, _name in items] if len(items) == 1 else []},
    )
    return deed_page(
        request,
        form,
        title=gettext("Move business items of {name}").format(name=found.name),
        crumbs=[upkeep_crumb(), _tasks_crumb(), (found.name, reverse("upkeep:task", args=[pk]))],
        lead=gettext("They keep their ties to entries; only the duty above them changes."),
        send=gettext("Move them"),
        work=lambda typed: services.move_tasks(
            task_ids=[UUID(one) for one in typed["items"]],
            under_id=UUID(typed["duty"]),
            actor=request.actor,
            clock=request.clock,
        ),
        said=gettext("The business items stand under the other duty now."),
    )


@page(*FORM)
def end_task(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """End a duty or business item."""
    found = queries.task(pk, viewer=request.actor)
    require(request.actor, "upkeep.keep_tasks", found.department_id)
    return reason_page(
        request,
        title=gettext("End {name}").format(name=found.name),
        crumbs=[upkeep_crumb(), _tasks_crumb()],
        lead=gettext("It counts no more, and neither does what stands under it. Entries keep what they say."),
        send=gettext("End it"),
        work=lambda typed: services.end_task(task_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The duty has ended."),
        grave=True,
    )
