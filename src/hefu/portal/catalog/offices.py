"""Which departments a file's unknown providers are: said once by an officer, remembered for the source's next file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.portal.catalog.importing import hurry, imports_crumb
from hefu.portal.catalog.views import list_crumb
from hefu.portal.forms import OfficeForm, attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.picking import Suggesting
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.importing.offices import short_form
from hefu.rooms.catalog.importing.terms import IntakeStatus, unknown_offices
from hefu.rooms.parties import queries as parties

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Department

#: Names asked for at once: those that most rows wait for come first.
SHOWN = 100


class OfficesForm(OfficeForm):
    """A department for each name; typed or chosen, by its name, short name or credit code."""

    marks_optional = False

    def __init__(self, *args: Any, request: PortalRequest, names: Mapping[str, str], **kwargs: Any) -> None:
        """Ask for each of `names`, which say what they are taken for now."""
        super().__init__(*args, **kwargs)
        self.names = list(names)
        rows = list(parties.departments(viewer=request.actor))
        self.offered = [row.name for row in rows]
        self._by_word = {row.credit_code: row.pk for row in rows}
        for word, meant in _meant(rows).items():
            if len(meant) == 1:
                self._by_word[word] = meant.pop()
        for at, (name, taken_for) in enumerate(names.items()):
            self.fields[f"office_{at}"] = forms.CharField(
                label=name,
                required=False,
                initial=taken_for,
                max_length=200,
                widget=Suggesting("departments"),
            )

    def clean(self) -> dict[str, Any]:
        """Read each answer as a department."""
        typed: dict[str, Any] = super().clean() or {}
        for name, said in list(typed.items()):
            if said and said.strip() not in self._by_word:
                self.add_error(name, gettext("No department, or more than one, goes by that. Choose one of the list."))
        return typed

    def offices(self) -> dict[str, UUID]:
        """Return name → department of what was answered."""
        said = {name: self.cleaned_data[f"office_{at}"].strip() for at, name in enumerate(self.names)}
        return {name: self._by_word[word] for name, word in said.items() if word}


def _meant(rows: "Iterable[Department]") -> dict[str, set[UUID]]:
    """Return name or short name → the departments that go by it."""
    made: dict[str, set[UUID]] = {}
    for row in rows:
        for word in filter(None, (row.name, row.short_name)):
            made.setdefault(word, set()).add(row.pk)
    return made


@page(*FORM)
def of_intake(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Ask which departments the unknown providers of a compared file are; then it is compared again."""
    found = queries.intake(pk, viewer=request.actor)
    back = reverse("catalog:intake", args=[pk])
    if found.status != IntakeStatus.COMPARED:
        return HttpResponseRedirect(back)
    counts = _most_first(found.plan.get("unknown_providers", {}))
    known = parties.names([UUID(one) for one in found.providers.values()], viewer=request.actor)
    said = {name: known.get(UUID(one), "") for name, one in found.providers.items()}
    names = dict.fromkeys(list(counts)[:SHOWN], "") | said
    form = OfficesForm(posted(request), request=request, names=names)
    if request.method == "POST":
        made = attempt(
            form,
            lambda _typed: services.name_offices(
                intake_id=pk, offices=form.offices(), actor=request.actor, clock=request.clock
            ),
        )
        if made:
            hurry(request, made)
            return HttpResponseRedirect(back)
    return _ask(request, form, counts, found.file_name, back, gettext("Compare again"))


@page(*FORM)
def of_batch(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Ask which departments the unknown providers of refused rows are; those rows are tried again."""
    found = queries.batch(pk, viewer=request.actor)
    back = reverse("catalog:batch", args=[pk])
    waiting = queries.bad_rows(pk, viewer=request.actor, waiting=True)
    rows = {row.pk: names for row in waiting if (names := unknown_offices(row.reasons))}
    counts = _most_first(Counter(name for names in rows.values() for name in names))
    if not counts:
        return HttpResponseRedirect(back)
    form = OfficesForm(posted(request), request=request, names=dict.fromkeys(list(counts)[:SHOWN], ""))
    if request.method == "POST":
        made = attempt(form, lambda _typed: _try_again(request, pk, rows, form.offices()))
        if made:
            messages.success(
                request,
                ngettext("{count} row went in.", "{count} rows went in.", made.taken).format(count=made.taken),
            )
            return HttpResponseRedirect(back)
    return _ask(request, form, counts, found.file_name, back, gettext("Try these rows again"))


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _try_again(
    request: PortalRequest, pk: UUID, rows: Mapping[int, list[str]], offices: Mapping[str, UUID]
) -> services.Mended:
    if not offices:
        raise InputsRejected(problems={"": _("Say of at least one name which department it is.")})
    meant = [row for row, names in rows.items() if any(name in offices for name in names)]
    return services.mend_rows(batch_id=pk, rows=meant, providers=offices, actor=request.actor, clock=request.clock)


def _ask(
    request: PortalRequest, form: OfficesForm, counts: Mapping[str, int], file_name: str, back: str, send: str
) -> HttpResponseBase:
    bounds = [form[f"office_{at}"] for at in range(len(form.names))]
    return show(
        request,
        "catalog/offices.html",
        title=gettext("Which departments these are"),
        crumbs=[list_crumb(), imports_crumb(), (file_name, back)],
        form=form,
        status=form.status,
        lines=[(bound, counts.get(name)) for bound, name in zip(bounds, form.names, strict=True)],
        more=max(0, len(counts) - SHOWN),
        offers={"departments": [(name, name) for name in form.offered]},
        unlike=[name for name in form.names if name in counts and not _near(name, form.offered)],
        back=back,
        send=send,
    )


def _near(name: str, offered: Iterable[str]) -> bool:
    """Return whether any department goes by something like a name, so that it may be meant."""
    wanted = short_form(name)
    return any(wanted in short or short in wanted for short in map(short_form, offered))
