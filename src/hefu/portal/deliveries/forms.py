"""Forms of deliveries."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm
from hefu.rooms.deliveries.terms.timetable import Closed


class RestForm(OfficeForm):
    """Why a follower rests or ends; nobody has to say."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SparingForm(OfficeForm):
    """How far a source may be burdened."""

    most_followers = forms.IntegerField(label=_("Tables kept in step at once"), min_value=1, max_value=1000)
    most_held_mib = forms.IntegerField(
        label=_("Log kept for one of them, at most (MiB)"),
        min_value=1,
        max_value=1 << 30,
        help_text=_("When a delivery holds back more, the source keeps nothing for it and its table is copied anew."),
    )
    closed_from = forms.TimeField(
        label=_("No whole copy from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("A copy that is under way rests then, and goes on where it was."),
    )
    closed_until = forms.TimeField(
        label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closed_working_days = forms.BooleanField(label=_("On working days only"), required=False)
    most_kib_a_second = forms.IntegerField(
        label=_("Most of one whole copy (KiB a second)"), required=False, min_value=1, max_value=1 << 40
    )

    def limits(self) -> dict[str, Any]:
        """Return what was typed as the room takes it."""
        typed = self.cleaned_data
        rate = typed["most_kib_a_second"]
        return {
            "most_followers": typed["most_followers"],
            "most_held_bytes": typed["most_held_mib"] << 20,
            "closed": Closed(typed["closed_from"], typed["closed_until"], typed["closed_working_days"]),
            "most_bytes_a_second": rate << 10 if rate else None,
        }


class ComparingTimesForm(OfficeForm):
    """When both sides are compared."""

    text = forms.CharField(
        label=_("Times"),
        max_length=120,
        help_text=_(
            "In words, such as “every working day 02:00”, “every Monday 08:30”, “every month on 1 at 03:00”, or in the "
            "five fields of cron; adjusted rest days count as the calendar of your place says."
        ),
    )


class JoinTimesForm(ComparingTimesForm):
    """When two grants are joined again."""


class TimetableForm(OfficeForm):
    """When rows are copied."""

    text = forms.CharField(
        label=_("Times"),
        max_length=120,
        help_text=_(
            "In words, such as “every working day 02:00”, “every Monday 08:30”, “every month on 1 at 03:00”, or in the "
            "five fields of cron; adjusted rest days count as the calendar of your place says. Or what is waited for: "
            "“after collection” of the entry, “after G2026-000001” for another grant's delivery, “after H2026-000001” "
            "for a holding, “after L2026-000001” for a library."
        ),
    )
