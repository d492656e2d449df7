"""Forms of sign-in and passwords."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth is untyped
    """Name and password."""

    use_required_attribute = False
    explained: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the fields in our words."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["login"].label = _("Sign-in name")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}

    def user_credentials(self) -> dict[str, Any]:
        """Return the credentials with the name as the lock counts it: in small letters, so case is no way round."""
        credentials: dict[str, Any] = super().user_credentials()
        credentials["login"] = str(credentials.get("username", "")).lower()
        return credentials


class PasswordForm(OfficeForm):
    """One's own new password."""

    old = forms.CharField(
        label=_("Present password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not only digits, not close to your name."),
    )
    again = forms.CharField(
        label=_("New password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """Compare the two new ones."""
        typed = super().clean() or {}
        if typed.get("password") and typed.get("again") and typed["password"] != typed["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return typed
