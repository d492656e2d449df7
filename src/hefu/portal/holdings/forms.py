"""Forms of holdings."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm, choices
from hefu.portal.holdings.stating import NoLine, fields_in, parts_in
from hefu.portal.holdings.words import WINS_NAMES
from hefu.portal.picking import Picker
from hefu.portal.words import say
from hefu.rooms.holdings.terms import (
    LEAST_KEPT_DAYS,
    LIBRARY_KIND_NAMES,
    MOST_KEPT_DAYS,
    TAKING_NAMES,
    LibraryKind,
    LibraryStated,
)


class _TakingForm(OfficeForm):
    """Forms that ask how rows are taken, in the reader's language."""

    taking = forms.ChoiceField(label=_("How rows are taken"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the ways."""
        super().__init__(*args, **kwargs)
        self.fields["taking"].choices = [(taking.value, say(name)) for taking, name in TAKING_NAMES.items()]  # type: ignore[attr-defined]


class NewForm(_TakingForm):
    """Which entry is collected, and how."""

    entry = forms.ChoiceField(
        label=_("Catalogue entry"),
        widget=Picker,
        help_text=_("Published entries that are mounted on a source with a key and are not collected yet."),
    )
    taking = forms.ChoiceField(
        label=_("How rows are taken"),
        help_text=_("Merged by key, rows that the source no longer has are kept; else they go with the next version."),
    )

    def __init__(self, *args: Any, entries: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the entries."""
        super().__init__(*args, **kwargs)
        self.fields["entry"].choices = [("", "—"), *((code, f"{name} · {code}") for code, name in entries)]  # type: ignore[attr-defined]


class ChangeForm(_TakingForm):
    """How and when a holding is collected."""

    timetable = forms.CharField(
        label=_("Times"),
        max_length=120,
        required=False,
        help_text=_(
            "In words, such as “every working day 02:00”, “every Monday 08:30”, “every month on 1 at 03:00”, or in the "
            "five fields of cron; or “after H2026-000001” for each time after another holding was collected. Empty: "
            "only when somebody asks."
        ),
    )

    serves = forms.BooleanField(
        label=_("Grants are delivered from the holding"),
        required=False,
        help_text=_(
            "Deliveries of whole copies then read the newest version and spare the source. Tables that are kept in "
            "step go on reading the source."
        ),
    )

    def __init__(self, *args: Any, may_serve: bool, **kwargs: Any) -> None:
        """Ask what deliveries read only whoever may say so."""
        super().__init__(*args, **kwargs)
        if not may_serve:
            del self.fields["serves"]


class CollectForm(OfficeForm):
    """Whether an empty source is to be believed."""

    empty_is_true = forms.BooleanField(
        label=_("The source is really empty now"),
        required=False,
        help_text=_("Without this, a source that gives no rows replaces nothing: that is more often an outage."),
    )


class LookForm(OfficeForm):
    """Which rows, as of when, and why."""

    at = forms.DateTimeField(
        label=_("As it was at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: the newest version."),
    )
    version = forms.IntegerField(label=_("Or version"), required=False, min_value=0, max_value=1 << 40)
    column = forms.ChoiceField(label=_("Only rows whose"), required=False)
    text = forms.CharField(label=_("is"), max_length=200, required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("Every look at rows goes on record with its reason.")
    )

    def __init__(self, *args: Any, columns: list[str], **kwargs: Any) -> None:
        """Offer the columns."""
        super().__init__(*args, **kwargs)
        self.fields["column"].choices = [("", "—"), *((name, name) for name in columns)]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """Return what was typed as the room takes it."""
        typed = self.cleaned_data
        return {
            "at": typed["at"],
            "version": typed["version"],
            "equal": {typed["column"]: typed["text"]} if typed["column"] else {},
            "reason": typed["reason"],
        }


class TakeOutForm(OfficeForm):
    """Which version, in which format, and why."""

    version = forms.IntegerField(label=_("Version"), min_value=0, max_value=1 << 40)
    file_format = forms.ChoiceField(
        label=_("Format"), choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet")]
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("Every look at rows goes on record with its reason.")
    )


class DropForm(OfficeForm):
    """From when on versions are kept."""

    keep_days = forms.IntegerField(
        label=_("Keep what was replaced in the last (days)"),
        min_value=LEAST_KEPT_DAYS,
        max_value=MOST_KEPT_DAYS,
        initial=90,
    )


class KeepForm(OfficeForm):
    """For how long versions are kept."""

    keep_days = forms.IntegerField(
        label=_("Keep what was replaced in the last (days)"),
        min_value=LEAST_KEPT_DAYS,
        max_value=MOST_KEPT_DAYS,
        required=False,
        help_text=_("Empty: every version, for ever. The newest version stays whatever its age."),
    )


class ReasonedForm(OfficeForm):
    """Why somebody looks."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("Every look at rows goes on record with its reason.")
    )


class LookUpForm(ReasonedForm):
    """Whose file, and why."""

    subject = forms.CharField(label=_("Number of the person, company or thing"), max_length=200)
    field_order = ("subject", "reason")


class ConflictsForm(ReasonedForm):
    """Why somebody looks, and whether all of it is wanted as a file."""

    as_file = forms.BooleanField(
        label=_("All of them as a file"),
        required=False,
        help_text=_("CSV with subjects and values: keep it as closed."),
    )


class StateForm(OfficeForm):
    """What a library consists of, in lines."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"))
    subject = forms.CharField(
        label=_("Key of the subject"), max_length=63, help_text=_("Such as citizen_id or credit_code.")
    )
    parts_stated = forms.CharField(
        label=_("Parts"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "code"}),
        help_text=_("One line a holding: holding | column of the subject | column that says when a row was changed."),
    )
    fields_stated = forms.CharField(
        label=_("Fields"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "code"}),
        help_text=_(
            "One line a field: field | first, filled or newest | holding.column > holding.column, in the order in "
            "which sources are asked."
        ),
    )

    def __init__(self, *args: Any, named: bool, **kwargs: Any) -> None:
        """Offer the kinds; a library that is there keeps its name."""
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = choices(LIBRARY_KIND_NAMES)  # type: ignore[attr-defined]
        self.fields["name"].disabled = named

    def clean(self) -> dict[str, Any]:
        """Read the lines."""
        typed = super().clean() or {}
        words = {str(code): str(code) for code in WINS_NAMES} | {say(name): code for code, name in WINS_NAMES.items()}
        for name, read in (("parts_stated", parts_in), ("fields_stated", lambda text: fields_in(text, words))):
            try:
                typed[f"read_{name}"] = read(typed.get(name, ""))
            except NoLine as line:
                self.add_error(name, gettext("This line has another form: {line}").format(line=line))
        return typed

    def stated(self) -> LibraryStated:
        """Return what was typed as the room takes it."""
        typed = self.cleaned_data
        kind = LibraryKind(typed["kind"])
        return LibraryStated(
            typed["name"], kind, typed["subject"], typed["read_parts_stated"], typed["read_fields_stated"]
        )


class TimesForm(OfficeForm):
    """When a library is assembled without being asked."""

    timetable = forms.CharField(
        label=_("Times"),
        max_length=120,
        required=False,
        help_text=_(
            "In words, such as “every working day 02:00”, in the five fields of cron, or “after collection” for each "
            "time when one of its holdings was collected. Empty: only when somebody asks."
        ),
    )


class ChosenForm(OfficeForm):
    """Which fields or columns."""

    chosen = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, label: str, offered: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer them."""
        super().__init__(*args, **kwargs)
        self.fields["chosen"].label = label
        self.fields["chosen"].choices = offered  # type: ignore[attr-defined]
