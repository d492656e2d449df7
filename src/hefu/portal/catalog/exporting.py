"""The page on which a reader takes the catalogue, or a part of it, away as a file."""

import tempfile
from typing import cast

from django import forms
from django.conf import settings
from django.http import FileResponse, HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.kernel.actor import Role
from hefu.portal.catalog.finding import FACETS, Search, question_asked
from hefu.portal.catalog.views import shelves
from hefu.portal.forms import OfficeForm, attempt
from hefu.portal.http import PortalRequest
from hefu.portal.pages import page, show
from hefu.protocols.exports import MEDIA_TYPES, Form, chosen, export
from hefu.rooms.catalog import queries
from hefu.rooms.parties import queries as parties

#: What each form is for.
FORMS = {
    Form.XLSX: _("workbook as the national guide of 2017 lays it out (XLSX)"),
    Form.CSV: _("table for programs (CSV)"),
    Form.JSON: _("everything that entries say (JSON)"),
    Form.TURTLE: _("DCAT-AP 3 for other catalogues (Turtle)"),
    Form.JSON_LD: _("DCAT-AP 3 (JSON-LD)"),
    Form.RDF_XML: _("DCAT-AP 3 (RDF/XML)"),
}


class ExportForm(OfficeForm):
    """Which entries, in which form."""

    file = forms.ChoiceField(label=_("Form"), choices=[(one.value, words) for one, words in FORMS.items()])
    provider = forms.ChoiceField(label=_("Department"), required=False)
    q = forms.CharField(label=_("Words"), required=False, max_length=200, help_text=_("Only entries with these words."))
    drafts = forms.BooleanField(
        label=_("Our own drafts as well"), required=False, help_text=_("Entries of ours that are not in force.")
    )

    def __init__(self, *args: object, request: PortalRequest, **kwargs: object) -> None:
        """Offer the departments."""
        super().__init__(*args, **kwargs)
        rows = parties.departments(viewer=request.actor)
        offered = cast(forms.ChoiceField, self.fields["provider"])
        offered.choices = [("", gettext("all")), *((str(row.pk), row.name) for row in rows)]
        if not request.actor.has(Role.OFFICER, Role.CHIEF):
            del self.fields["drafts"]


def narrowed(request: PortalRequest) -> list[tuple[str, str]]:
    """Return the choices of the search that the file follows, as words: facet and value."""
    if not any(request.GET.get(name) for name in FACETS if name != "provider"):
        return []
    chips = [chip for state in Search(request).states for chip in state.chips if "provider" not in chip.names]
    return [(chip.label, chip.word) for chip in chips]


@page()
def take(request: PortalRequest) -> HttpResponseBase:
    """Ask which entries, or hand them over."""
    asked = "file" in request.GET
    form = ExportForm(request.GET if asked else None, request=request)
    file = attempt(form, lambda typed: _file(request, typed)) if asked else None
    if file is not None:
        return file
    return show(
        request,
        "catalog/export.html",
        title=gettext("Take the catalogue away"),
        form=form,
        status=form.status,
        narrowed=narrowed(request),
        carried=[
            (name, value) for name in FACETS if name != "provider" for value in request.GET.getlist(name) if value
        ],
        **shelves(request, "export"),
    )


def _file(request: PortalRequest, typed: dict[str, str]) -> HttpResponseBase:
    own = bool(typed.get("drafts"))
    if own:
        found = queries.entries(
            viewer=request.actor, search=typed["q"], provider_id=request.actor.department_id, order="code"
        )
    else:
        found = chosen(question_asked(request.GET), viewer=request.actor)
    form = Form(typed["file"])
    output = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    try:
        export(
            found,
            form,
            base=request.build_absolute_uri("/").rstrip("/"),
            title=settings.HEFU.node_name,
            viewer=request.actor,
            output=output,
        )
    except BaseException:
        output.close()
        raise
    output.seek(0)
    name = f"{gettext('catalogue')}-{request.clock.today():%Y%m%d}.{form.value}"
    return FileResponse(output, as_attachment=True, filename=name, content_type=MEDIA_TYPES[form])
