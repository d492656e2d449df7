"""Forms of departments, people and seats."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.kernel.actor import Actor, Role
from hefu.kernel.citation import Citation
from hefu.portal.forms import OfficeForm, choices
from hefu.portal.picking import Picker
from hefu.rooms.parties import queries
from hefu.rooms.parties.terms import DEPARTMENT_ROLE_NAMES, ROLE_NAMES, DepartmentRole


class DepartmentForm(OfficeForm):
    """What is known of a department."""

    needed = frozenset({"name", "place", "roles"})

    articles = {"credit_code": Citation("GB 32100-2015", "", "GB 32100-2015 法人和其他组织统一社会信用代码编码规则")}

    credit_code = forms.CharField(
        label=_("Unified social credit code"), max_length=24, help_text=_("18 characters, as on the certificate.")
    )
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("The full name as on the seal."))
    short_name = forms.CharField(
        label=_("Short name"),
        max_length=40,
        required=False,
        help_text=_("As people say it; shown where space is short."),
    )
    place = forms.CharField(label=_("Division code"), max_length=12, help_text=_("2, 4, 6, 9 or 12 digits."))
    parent_id = forms.ChoiceField(label=_("Department above"), required=False)
    roles = forms.MultipleChoiceField(label=_("Roles on this node"), widget=forms.CheckboxSelectMultiple)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    data_office = forms.CharField(
        label=_("Office for its data"),
        max_length=120,
        required=False,
        help_text=_("The one office that answers for its catalogue, its requests and its data."),
    )

    def __init__(self, *args: Any, viewer: Actor, existing: bool = False, **kwargs: Any) -> None:
        """Offer the departments and roles there are."""
        super().__init__(*args, **kwargs)
        self.fields["roles"] = forms.MultipleChoiceField(
            label=self.fields["roles"].label,
            widget=forms.CheckboxSelectMultiple,
            choices=choices(DEPARTMENT_ROLE_NAMES),
        )
        self.fields["parent_id"] = forms.ChoiceField(
            label=self.fields["parent_id"].label,
            required=False,
            widget=Picker,
            choices=[("", "—"), *((str(one.pk), one.name) for one in queries.departments(viewer=viewer))],
        )
        self._leave_to_room()
        if existing:
            del self.fields["credit_code"]

    def clean_roles(self) -> frozenset[DepartmentRole]:
        """Return the roles as the room takes them."""
        return frozenset(DepartmentRole(role) for role in self.cleaned_data["roles"])

    def clean_parent_id(self) -> str | None:
        """Return nothing rather than an empty choice."""
        return self.cleaned_data["parent_id"] or None


class PersonForm(OfficeForm):
    """Somebody who is to sign in."""

    needed = frozenset({"username", "name", "password"})

    username = forms.CharField(
        label=_("Sign-in name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(label=_("Person's name"), max_length=60)
    email = forms.EmailField(label=_("Mail address"), required=False)
    password = forms.CharField(
        label=_("First password"),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not only digits. Hand it over in person; they change it themselves."),
    )


class SeatForm(OfficeForm):
    """A seat to be given."""

    department_id = forms.ChoiceField(label=_("Department"))
    role = forms.ChoiceField(label=_("Seat"))

    def __init__(self, *args: Any, viewer: Actor, **kwargs: Any) -> None:
        """Offer the departments and seats there are."""
        super().__init__(*args, **kwargs)
        self.fields["department_id"] = forms.ChoiceField(
            label=self.fields["department_id"].label,
            widget=Picker,
            choices=[("", "—"), *((str(one.pk), one.name) for one in queries.departments(viewer=viewer))],
        )
        self.fields["role"] = forms.ChoiceField(
            label=self.fields["role"].label, choices=[("", "—"), *choices(ROLE_NAMES)]
        )

    def clean_role(self) -> Role:
        """Return the role as the room takes it."""
        return Role(self.cleaned_data["role"])


class NewPasswordForm(OfficeForm):
    """A new first password for somebody."""

    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not only digits. Hand it over in person; they change it themselves."),
    )
