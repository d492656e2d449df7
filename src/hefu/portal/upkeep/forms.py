"""Forms of upkeep."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm


class TaskFileForm(OfficeForm):
    """A list of duties."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX with a column of duties, and where you have them business items, numbers and basis."),
        max_length=200,
    )


class TaskForm(OfficeForm):
    """One duty or business item."""

    needed = frozenset({"duty"})
    duty = forms.CharField(label=_("Duty"), max_length=300)
    business = forms.CharField(
        label=_("Business item"), max_length=300, required=False, help_text=_("Under the duty; may stay empty.")
    )
    code = forms.CharField(label=_("Number"), max_length=60, required=False)
    basis = forms.CharField(label=_("Basis"), max_length=300, required=False, help_text=_("Charter or legal text."))


class TieForm(OfficeForm):
    """To what an entry is tied: everything ticked is, everything else is not."""

    systems = forms.MultipleChoiceField(
        label=_("Information systems"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tasks = forms.MultipleChoiceField(
        label=_("Duties and business items"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], tasks: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the systems and tasks of the entry's department."""
        super().__init__(*args, **kwargs)
        self.fields["systems"].choices = systems  # type: ignore[attr-defined]
        self.fields["tasks"].choices = tasks  # type: ignore[attr-defined]
