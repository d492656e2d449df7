"""Taking in a catalogue file: bring it, say what its columns mean, read what went in and what did not."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.portal.catalog import uploads
from hefu.portal.catalog.forms import MappingForm, UploadForm
from hefu.portal.catalog.lists import BadRows, Imports
from hefu.portal.catalog.views import list_crumb, shelves
from hefu.portal.catalog.words import COLUMN_NAMES
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import may, require


def imports_crumb() -> Crumb:
    """Return the way to the imports."""
    return gettext("Imports"), reverse("catalog:imports")


@page()
def imports(request: PortalRequest) -> HttpResponseBase:
    """Show the imports that the reader may see."""
    act = None
    if may(request.actor, "catalog.import", request.actor.department_id):
        act = Act(_("Import a catalogue"), reverse("catalog:import"), "upload")
    return list_page(
        request, Imports(request), "catalog/list.html", title=gettext("Imports"), act=act, **shelves(request, "imports")
    )


@page(*FORM)
def bring(request: PortalRequest) -> HttpResponseBase:
    """Take a file and look whether it is a table."""
    require(request.actor, "catalog.import", request.actor.department_id)
    form = UploadForm(posted(request), request.FILES or None)
    token = attempt(form, lambda typed: _kept(request, typed)) if request.method == "POST" else None
    if token:
        return HttpResponseRedirect(reverse("catalog:map", args=[token]))
    return show(
        request,
        "portal/form_page.html",
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


def _kept(request: PortalRequest, typed: dict[str, Any]) -> str:
    file = typed["file"]
    if file.size > uploads.LARGEST:
        raise InputsRejected(problems={"file": _("The file is larger than 20 MB. Split it and import the parts.")})
    data = file.read()
    queries.preview_import(data, file.name, sheet=typed["sheet"], viewer=request.actor)
    return uploads.keep(data, file_name=file.name, sheet=typed["sheet"], actor=request.actor, at=request.clock.now())


@page(*FORM)
def map_columns(request: PortalRequest, token: str) -> HttpResponseBase:
    """Ask what the columns mean, with samples beside; then take the file in."""
    upload = uploads.find(token, actor=request.actor)
    preview = queries.preview_import(upload.data, upload.file_name, sheet=upload.sheet, viewer=request.actor)
    form = MappingForm(
        posted(request),
        columns=preview.columns,
        proposed={column: field.value for column, (field, _sure) in preview.mapping.items()},
        may_publish=may(request.actor, "catalog.import_published", request.actor.department_id),
    )
    if request.method == "POST":
        report = attempt(
            form,
            lambda typed: services.import_entries(
                data=upload.data,
                file_name=upload.file_name,
                mapping=form.mapping(),
                defaults=form.defaults(),
                publish=bool(typed.get("publish")),
                sheet=upload.sheet,
                actor=request.actor,
                clock=request.clock,
            ),
        )
        if report:
            uploads.drop(token)
            if report.taken or report.changed:
                messages.success(request, gettext("The file is taken in."))
            else:
                messages.info(request, gettext("The file says nothing new: nothing was changed."))
            return HttpResponseRedirect(reverse("catalog:batch", args=[report.batch_id]))
    lines = [
        {
            "field": bound,
            "column": column,
            "sure": round(100 * preview.mapping[column][1]) if column in preview.mapping else None,
            "samples": [str(sample.get(column) or "")[:60] for sample in preview.samples[:3]],
        }
        for column, bound in zip(preview.columns, form.column_fields(), strict=True)
    ]
    return show(
        request,
        "catalog/map.html",
        title=gettext("What the columns mean"),
        crumbs=[list_crumb(), imports_crumb()],
        form=form,
        status=form.status,
        file_name=upload.file_name,
        rows=preview.rows,
        lines=lines,
        defaults=[
            form[name]
            for name in ("share_type", "share_condition", "share_scope", "grade", "secrecy", "class_code", "channels")
        ],
        publish=form["publish"] if "publish" in form.fields else None,
    )


@page()
def batch(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show what an import did, and every row that it refused."""
    found = queries.batch(pk, viewer=request.actor)
    return list_page(
        request,
        BadRows(request, pk),
        "catalog/batch.html",
        title=found.file_name,
        crumbs=[list_crumb(), imports_crumb()],
        batch=found,
        notes=[(name_of(field, COLUMN_NAMES), count) for field, count in sorted(found.notes.items())],
        mapping=[(column, name_of(field, COLUMN_NAMES)) for column, field in found.mapping.items()],
    )
