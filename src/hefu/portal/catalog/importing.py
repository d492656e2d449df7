"""Taking in a catalogue file: bring it, say what its columns mean, see what it would change, let it go in."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.portal.catalog.forms import MappingForm, UploadForm
from hefu.portal.catalog.lists import Imports
from hefu.portal.catalog.views import list_crumb, shelves
from hefu.portal.catalog.words import COLUMN_NAMES, classes_to_type, in_one_line, reason_in_words, reason_kind
from hefu.portal.forms import OfficeForm, attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import may, require
from hefu.rooms.catalog.importing.terms import AT_WORK, INTAKE_STATUS_NAMES, LARGEST_INTAKE, IntakeStatus
from hefu.rooms.catalog.terms import FIELD_NAMES

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Intake

#: Files with so few rows are worked on at once; longer ones by the worker, with a page that shows how far it is.
AT_ONCE = 1000


def imports_crumb() -> Crumb:
    """Return the way to the imports."""
    return gettext("Imports"), reverse("catalog:imports")


@page()
def imports(request: PortalRequest) -> HttpResponseBase:
    """Show the imports that the reader may see."""
    act = None
    if may(request.actor, "catalog.import", request.actor.department_id):
        act = Act(_("Import a catalogue"), reverse("catalog:import"), "upload")
    on_the_way = [one for one in queries.intakes(viewer=request.actor)[:20] if one.batch_id is None]
    return list_page(
        request,
        Imports(request),
        "catalog/imports.html",
        title=gettext("Imports"),
        act=act,
        on_the_way=[(one, name_of(one.status, INTAKE_STATUS_NAMES)) for one in on_the_way],
        waiting=queries.waiting_rows(viewer=request.actor).count(),
        **shelves(request, "imports"),
    )


@page(*FORM)
def bring(request: PortalRequest) -> HttpResponseBase:
    """Take a file and look whether it is a table."""
    require(request.actor, "catalog.import", request.actor.department_id)
    form = UploadForm(posted(request), request.FILES or None)
    brought = attempt(form, lambda typed: _brought(request, typed)) if request.method == "POST" else None
    if brought:
        return HttpResponseRedirect(reverse("catalog:map", args=[brought.pk]))
    return show(
        request,
        "catalog/bring.html",
        title=gettext("Import a catalogue"),
        crumbs=[list_crumb(), imports_crumb()],
        form=form,
        status=form.status,
        lead=gettext(
            "Nothing is taken in yet: the next page shows what each column seems to mean, for you to correct."
        ),
        send=gettext("Look at the file"),
        back=reverse("catalog:imports"),
    )


def _brought(request: PortalRequest, typed: dict[str, Any]) -> "Intake":
    file = typed["file"]
    if file.size > LARGEST_INTAKE:
        raise InputsRejected(problems={"file": _("The file is larger than 50 MiB. Split it and import the parts.")})
    return services.bring_file(
        data=file.read(), file_name=file.name, sheet=typed["sheet"], actor=request.actor, clock=request.clock
    )


@page(*FORM)
def map_columns(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Ask what the columns mean, with samples beside; then let the file be compared."""
    found = queries.intake(pk, viewer=request.actor)
    if found.status not in (IntakeStatus.BROUGHT, IntakeStatus.COMPARED):
        return HttpResponseRedirect(reverse("catalog:intake", args=[pk]))
    preview = queries.preview_intake(found, viewer=request.actor)
    said = found.mapping or {column: field.value for column, (field, _sure) in preview.mapping.items()}
    form = MappingForm(
        posted(request),
        columns=preview.columns,
        proposed=said,
        may_publish=may(request.actor, "catalog.import_published", request.actor.department_id),
    )
    if request.method == "POST":
        made = attempt(
            form,
            lambda typed: services.map_intake(
                intake_id=pk,
                mapping=form.mapping(),
                defaults=form.defaults(),
                publish=bool(typed.get("publish")),
                actor=request.actor,
                clock=request.clock,
            ),
        )
        if made:
            hurry(request, made)
            return HttpResponseRedirect(reverse("catalog:intake", args=[pk]))
    return show(
        request,
        "catalog/map.html",
        title=gettext("What the columns mean"),
        crumbs=[list_crumb(), imports_crumb()],
        form=form,
        status=form.status,
        file_name=found.file_name,
        rows=preview.rows,
        remembered=preview.remembered,
        site=found.site,
        lines=[
            {
                "field": bound,
                "column": column,
                "sure": round(100 * preview.mapping[column][1]) if column in preview.mapping else None,
                "samples": [in_one_line(sample.get(column))[:60] for sample in preview.samples[:3]],
            }
            for column, bound in zip(preview.columns, form.column_fields(), strict=True)
        ],
        defaults=[
            form[name]
            for name in ("share_type", "share_condition", "share_scope", "grade", "secrecy", "class_code", "channels")
        ],
        publish=form["publish"] if "publish" in form.fields else None,
        classes=classes_to_type(),
        offers={"own-class_code": [(one, one.lstrip("0123456789 ")) for one in classes_to_type()]},
    )


def hurry(request: PortalRequest, found: "Intake") -> None:
    """Do a short file's work now, so that nobody waits for the worker."""
    if found.total <= AT_ONCE:
        services.carry_on(intake_id=found.pk, clock=request.clock)


@page()
def intake(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show where a file on its way in stands: how far it is, what it would change, or what became of it."""
    found = queries.intake(pk, viewer=request.actor)
    if found.status == IntakeStatus.BROUGHT:
        return HttpResponseRedirect(reverse("catalog:map", args=[pk]))
    if found.status in (IntakeStatus.DONE, IntakeStatus.STOPPED) and found.batch_id:
        return HttpResponseRedirect(reverse("catalog:batch", args=[found.batch_id]))
    return show(
        request,
        "catalog/intake.html",
        title=found.file_name,
        crumbs=[list_crumb(), imports_crumb()],
        **_standing(found),
        **_plan(found),
        fault=told(found.fault["text"], found.fault["facts"]) if "text" in found.fault else found.fault.get("sentence"),
        may_import=may(request.actor, "catalog.import", request.actor.department_id),
        again=f"{reverse('catalog:fetch')}?{urlencode(found.site)}" if found.site else "",
        form=OfficeForm(),
    )


@page()
def progress(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Return the part of the page that says how far a file is; at the end the page is loaded again."""
    found = queries.intake(pk, viewer=request.actor)
    response = render(request, "catalog/intake_progress.html", _standing(found))
    if found.status not in AT_WORK:
        response["HX-Refresh"] = "true"
    return response


def _standing(found: "Intake") -> dict[str, Any]:
    return {
        "intake": found,
        "status_name": name_of(found.status, INTAKE_STATUS_NAMES),
        "at_work": found.status in AT_WORK,
        "percent": min(100, 100 * found.done // found.total) if found.total else None,
    }


def _plan(found: "Intake") -> dict[str, Any]:
    plan = found.plan or {}
    first = plan.get("first", {})
    return {
        "plan": plan,
        "reasons": [(reason_kind(code), count) for code, count in plan.get("reasons", {}).items()],
        "taken": first.get("taken", []),
        "changed": [
            one | {"fields": [part | {"name": name_of(part["field"], FIELD_NAMES)} for part in one["fields"]]}
            for one in first.get("changed", [])
        ],
        "gone": first.get("gone", []),
        "refused": [
            one | {"reasons": [reason_in_words(reason) for reason in one["reasons"]]}
            for one in first.get("refused", [])
        ],
        "notes": [(name_of(field, COLUMN_NAMES), count) for field, count in sorted(plan.get("notes", {}).items())],
    }


@page("POST")
def apply(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Let a compared file go in."""
    found = services.apply_intake(intake_id=pk, actor=request.actor, clock=request.clock)
    hurry(request, found)
    over = queries.intake(pk, viewer=request.actor)
    if over.status == IntakeStatus.DONE and over.batch is not None:
        if over.batch.taken or over.batch.changed:
            messages.success(request, gettext("The file is taken in."))
        else:
            messages.info(request, gettext("The file says nothing new: nothing was changed."))
    return HttpResponseRedirect(reverse("catalog:intake", args=[pk]))


@page("POST")
def stop(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Stop a file where it is."""
    found = services.stop_intake(intake_id=pk, actor=request.actor, clock=request.clock)
    if found.status == IntakeStatus.STOPPED:
        messages.info(request, gettext("The file was left. Nothing of it went in."))
        return HttpResponseRedirect(reverse("catalog:imports"))
    return HttpResponse(status=303, headers={"Location": reverse("catalog:intake", args=[pk])})
