"""Forms of grants."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.dataplane.formats import FileFormat
from hefu.portal.forms import OfficeForm, ReasonForm


class TargetForm(OfficeForm):
    """Where the rows arrive."""

    table = forms.CharField(
        label=_("Table"),
        required=False,
        max_length=63,
        help_text=_("Without a name, the provider's table name is taken when it is free."),
    )

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        """Offer the department's own databases."""
        super().__init__(*args, **kwargs)
        self.fields["target_id"] = forms.ChoiceField(
            label=_("Place of delivery"), choices=[("", "—"), *((str(one.pk), one.name) for one in targets)]
        )
        self.order_fields(["target_id", "table"])

    def clean_target_id(self) -> UUID:
        """Return the id as the room takes it."""
        return UUID(self.cleaned_data["target_id"])


class RevokeForm(ReasonForm):
    """Taking a grant back for good: its number is typed, so that it is not another one."""

    typed = forms.CharField(label=_("Number of the grant"), max_length=24)

    def __init__(self, *args: Any, number: str, **kwargs: Any) -> None:
        """Wait for this number."""
        super().__init__(*args, **kwargs)
        self.number = number
        self.fields["typed"].help_text = gettext("Type {number} to confirm.").format(number=number)
        self.fields["typed"].widget.attrs |= {"data-typed": number, "autocomplete": "off"}

    def clean_typed(self) -> str:
        """Refuse another number.

        Raises:
            ValidationError: It is not this grant's.
        """
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != self.number:
            raise forms.ValidationError(_("This is not the number of this grant."))
        return typed


class DeliveryForm(OfficeForm):
    """The format of a delivered file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the formats there are."""
        super().__init__(*args, **kwargs)
        self.fields["file_format"] = forms.ChoiceField(
            label=_("Format"), choices=[(kind.value, kind.value.upper()) for kind in FileFormat], initial=FileFormat.CSV
        )

    def clean_file_format(self) -> FileFormat:
        """Return the format as the room takes it."""
        return FileFormat(self.cleaned_data["file_format"])
