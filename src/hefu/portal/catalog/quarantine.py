"""What an import did, and the rows it refused: put right one by one or many at once."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.portal.catalog.importing import imports_crumb
from hefu.portal.catalog.lists import BadRows
from hefu.portal.catalog.views import list_crumb
from hefu.portal.catalog.words import COLUMN_NAMES, reason_in_words, reason_kind
from hefu.portal.forms import OfficeForm, attempt, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, page, show
from hefu.portal.words import name_of
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import may
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.terms import SETTLED_NAMES, unknown_offices

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import BadRow

#: Field → its place in a form: names first, as an entry's own form has them.
_ORDER = {field.value: place for place, field in enumerate(Field)}
#: Most signs of a cell that fit a single line.
_TALL = 120


class RowForm(OfficeForm):
    """The cells of one row."""

    marks_optional = False


class ManyForm(OfficeForm):
    """One cell for many waiting rows at once."""

    marks_optional = False

    def __init__(self, *args: Any, batch: Any, waiting: "list[BadRow]", **kwargs: Any) -> None:
        """Offer the reasons that wait and the file's columns."""
        super().__init__(*args, **kwargs)
        codes = dict.fromkeys(reason["code"] for row in waiting for reason in row.reasons)
        every = [("", gettext("all rows that wait"))]
        self.fields["reason"] = forms.ChoiceField(
            label=_("Rows refused because"),
            required=False,
            choices=[*every, *((code, reason_kind(code)) for code in codes)],
        )
        self.fields["column"] = forms.ChoiceField(
            label=_("Column"), required=False, choices=[("", "—"), *((column, column) for column in batch.mapping)]
        )
        self.fields["cell"] = forms.CharField(
            label=_("What it is to say in each of them"), required=False, max_length=2000
        )


@page(*FORM)
def batch(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show what an import did and every row that it refused; put many rows right at once."""
    found = queries.batch(pk, viewer=request.actor)
    waiting = list(queries.bad_rows(pk, viewer=request.actor, waiting=True))
    action = "catalog.import_published" if found.published else "catalog.import"
    imports = may(request.actor, action, request.actor.department_id)
    mends = bool(waiting) and imports
    site = queries.site_of(pk, viewer=request.actor) if imports else {}
    form = ManyForm(posted(request), batch=found, waiting=waiting) if mends else None
    if request.method == "POST" and form is not None:
        made = attempt(form, lambda typed: _mend_many(request, pk, waiting, typed))
        if made:
            _tell(request, made.taken, made.waiting)
            return HttpResponseRedirect(reverse("catalog:batch", args=[pk]))
    return list_page(
        request,
        BadRows(request, pk),
        "catalog/batch.html",
        title=found.file_name,
        crumbs=[list_crumb(), imports_crumb()],
        batch=found,
        again=f"{reverse('catalog:fetch')}?{urlencode(site)}" if site else "",
        form=form,
        status=form.status if form else 200,
        waiting=len(waiting),
        gone=queries.no_longer_named(pk, viewer=request.actor).count(),
        unknown=any(unknown_offices(row.reasons) for row in waiting),
        mended=found.bad_rows.filter(settled="taken").count(),
        notes=[(name_of(field, COLUMN_NAMES), count) for field, count in sorted(found.notes.items())],
        mapping=[(column, name_of(field, COLUMN_NAMES)) for column, field in found.mapping.items()],
    )


def _mend_many(request: PortalRequest, pk: UUID, waiting: "list[BadRow]", typed: dict[str, Any]) -> Any:
    reason = typed["reason"]
    rows = [row.pk for row in waiting if not reason or reason in [one["code"] for one in row.reasons]]
    return services.mend_rows(
        batch_id=pk,
        rows=rows,
        cells={typed["column"]: typed["cell"]} if typed["column"] else {},
        actor=request.actor,
        clock=request.clock,
    )


def _tell(request: PortalRequest, taken: int, waiting: int) -> None:
    if taken:
        messages.success(request, gettext("Rows that went in: {count}").format(count=taken))
    if waiting:
        messages.info(request, gettext("Rows that still wait, each with its reason: {count}").format(count=waiting))


@page(*FORM)
def row(request: PortalRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Show one refused row with a field for each of its cells; put it right, or set it aside."""
    found = queries.bad_row(number, viewer=request.actor)
    batch_of = queries.batch(pk, viewer=request.actor)
    back = reverse("catalog:batch", args=[pk])
    told = found.original | found.mended
    form = RowForm(posted(request))
    columns = sorted(batch_of.mapping, key=lambda column: _ORDER[batch_of.mapping[column]])
    for at, column in enumerate(columns):
        text = _text(told.get(column))
        tall = len(text) > _TALL or "\n" in text
        form.fields[f"cell_{at}"] = forms.CharField(
            label=column,
            required=False,
            initial=text,
            help_text=name_of(batch_of.mapping[column], COLUMN_NAMES),
            widget=forms.Textarea(attrs={"rows": 3}) if tall else forms.TextInput(),
        )
    if request.method == "POST" and "aside" in request.POST:
        if done(
            form,
            lambda _typed: services.set_aside_rows(
                batch_id=pk, rows=[number], actor=request.actor, clock=request.clock
            ),
        ):
            return HttpResponseRedirect(back)
    elif request.method == "POST":
        made = attempt(form, lambda typed: _mend_one(request, pk, found, columns, typed))
        if made and made.taken:
            _tell(request, made.taken, 0)
            return HttpResponseRedirect(back)
        if made:
            found = queries.bad_row(number, viewer=request.actor)
    return show(
        request,
        "catalog/bad_row.html",
        title=gettext("Row {number}").format(number=found.row),
        crumbs=[list_crumb(), imports_crumb(), (batch_of.file_name, back)],
        form=form,
        status=form.status,
        row=found,
        reasons=[reason_in_words(reason) for reason in found.reasons],
        settled=name_of(found.settled, SETTLED_NAMES) if found.settled else "",
        original=[(column, cell) for column, cell in found.original.items() if cell not in (None, "", [])],
        back=back,
    )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _mend_one(request: PortalRequest, pk: UUID, found: "BadRow", columns: list[str], typed: dict[str, Any]) -> Any:
    told = found.original | found.mended
    cells = {
        column: typed[f"cell_{at}"]
        for at, column in enumerate(columns)
        if typed[f"cell_{at}"] != _text(told.get(column))
    }
    return services.mend_rows(batch_id=pk, rows=[found.pk], cells=cells, actor=request.actor, clock=request.clock)
