"""Forms of deliveries."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm


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
