"""Forms of the law pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.kernel.words import _ as mark
from hefu.law.settings import Settings
from hefu.law.terms import OnExpiry, Rank
from hefu.portal.forms import OfficeForm, Section, choices
from hefu.portal.law.words import ON_EXPIRY_NAMES
from hefu.rooms.bases.terms import RANK_NAMES, TextFacts

#: Most bytes of a holiday notice: a page of text.
NOTICE_LIMIT = 64 * 1024


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class NoticeForm(OfficeForm):
    """A holiday notice to take in."""

    notice = forms.FileField(
        label=_("Notice"), help_text=_("A YAML file with year, place, notice, rest and work, written in UTF-8.")
    )

    def clean_notice(self) -> tuple[str, bytes]:
        """Return the file's name and its bytes.

        Raises:
            ValidationError: It is too large to be a notice.
        """
        file = self.cleaned_data["notice"]
        content: bytes = file.read(NOTICE_LIMIT + 1)
        if len(content) > NOTICE_LIMIT:
            raise forms.ValidationError(_("This file is too large to be a holiday notice."))
        return file.name, content


class TextForm(OfficeForm):
    """A legal text to register."""

    title = forms.CharField(label=_("Title"), max_length=300)
    number = forms.CharField(label=_("Number"), max_length=120, required=False)
    rank = forms.ChoiceField(label=_("Kind"))
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    holds_from = _day(label=_("In force from"), required=False)
    holds_until = _day(
        label=_("Last day in force"), required=False, help_text=_("Empty while no end of the text is known.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the kinds of texts in the reader's language."""
        super().__init__(*args, **kwargs)
        self.fields["rank"].choices = [("", ""), *choices(RANK_NAMES)]  # type: ignore[attr-defined]

    def facts(self) -> TextFacts:
        """Return what was typed as the register takes it."""
        typed = self.cleaned_data
        return TextFacts(
            title=typed["title"],
            rank=Rank(typed["rank"]),
            number=typed["number"],
            title_en=typed["title_en"],
            holds_from=typed["holds_from"],
            holds_until=typed["holds_until"],
        )


class RepealForm(OfficeForm):
    """The repeal of a text."""

    on = _day(label=_("First day without force"))
    by = forms.CharField(label=_("Repealed by"), max_length=300, help_text=_("Title or number of the later text."))
    reason = forms.CharField(
        label=_("What the reviewers should know"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoteForm(OfficeForm):
    """What a reviewer found."""

    note = forms.CharField(label=_("What you found"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class HabitsForm(OfficeForm):
    """What the law leaves to the authority."""

    sections = (
        Section(mark("Reminders"), ("reminder_days",)),
        Section(
            mark("Where a text gives no figure"),
            ("promptly_days", "at_once_hours", "set_time_days"),
            mark("These figures are shown as settings of the authority, never as law."),
        ),
        Section(mark("Receipt, completion, expiry"), ("cut_off", "pause_while_incomplete", "on_expiry")),
    )

    reminder_days = forms.CharField(
        label=_("Remind at so many working days left"),
        max_length=60,
        required=False,
        help_text=_("Largest first, such as 3, 1. 0 reminds on the last day itself."),
    )
    promptly_days = forms.IntegerField(label=_("“Promptly”: working days"), min_value=1, max_value=250)
    at_once_hours = forms.IntegerField(label=_("“At once”: hours"), min_value=1, max_value=240)
    set_time_days = forms.IntegerField(label=_("“Within a set time”: working days"), min_value=1, max_value=250)
    cut_off = forms.TimeField(
        label=_("Cut-off hour"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("What arrives later counts as received on the next working day. Empty: no cut-off."),
    )
    pause_while_incomplete = forms.BooleanField(
        label=_("The clock stands still while a request waits to be completed"), required=False
    )
    on_expiry = forms.ChoiceField(
        label=_("When a period ends without an answer"), help_text=_("Nothing is ever granted by that.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what the end of a period may bring about."""
        super().__init__(*args, **kwargs)
        self.fields["on_expiry"].choices = choices(ON_EXPIRY_NAMES)  # type: ignore[attr-defined]

    def clean_reminder_days(self) -> tuple[int, ...]:
        """Return the reminders as numbers.

        Raises:
            ValidationError: They are no falling row of numbers.
        """
        parts = self.cleaned_data["reminder_days"].replace("，", ",").replace("、", ",").split(",")
        typed = [part.strip() for part in parts if part.strip()]
        if not all(part.isdecimal() and len(part) < 4 for part in typed):
            raise forms.ValidationError(_("Write numbers with commas between them, such as 3, 1."))
        days = tuple(int(part) for part in typed)
        if list(days) != sorted(set(days), reverse=True):
            raise forms.ValidationError(_("Write the largest first, and each number once."))
        return days

    def settings(self) -> Settings:
        """Return what was typed as the law's look-up takes it."""
        typed = self.cleaned_data
        return Settings(**{**typed, "on_expiry": OnExpiry(typed["on_expiry"])})
