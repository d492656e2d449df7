"""Forms of grants."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.dataplane.formats import FileFormat
from hefu.law.answers import Listing
from hefu.law.terms import Language
from hefu.portal.forms import DAY, OfficeForm, ReasonForm
from hefu.portal.picking import Picker
from hefu.portal.scope import ScopeField, ScopeItem
from hefu.portal.words import in_chinese
from hefu.rooms.grants.services import Wanted
from hefu.rooms.requests.terms import GrantedItem


class TargetForm(OfficeForm):
    """Where the rows, or the files, arrive."""

    table = forms.CharField(
        label=_("Table"),
        required=False,
        max_length=63,
        help_text=_("Without a name, the provider's table name is taken when it is free."),
    )

    def __init__(self, *args: Any, targets: Any, for_table: bool, **kwargs: Any) -> None:
        """Offer the department's own places; a table has to have one, a file can be fetched here."""
        super().__init__(*args, **kwargs)
        self.fields["target_id"] = forms.ChoiceField(
            label=_("Place of delivery"),
            widget=Picker,
            required=for_table,
            choices=[
                ("", "—" if for_table else gettext("This platform, where it is fetched")),
                *((str(one.pk), one.name) for one in targets),
            ],
        )
        if not for_table:
            del self.fields["table"]
        self.order_fields(["target_id", "table"])

    def clean_target_id(self) -> UUID | None:
        """Return the id as the room takes it."""
        return UUID(self.cleaned_data["target_id"]) if self.cleaned_data["target_id"] else None


class SuspendForm(ReasonForm):
    """A hold, with the day until which the consumer puts right what is wrong, if one is set."""

    mend_by = forms.DateField(
        label=_("To be put right by"),
        required=False,
        widget=DAY,
        help_text=_("Unless the hold is lifted by then, the grant ends. Without a day it stays held."),
    )


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


class UseForm(OfficeForm):
    """How granted data was used: one field for each thing that the law wants told."""

    def __init__(self, *args: Any, asked: Listing, **kwargs: Any) -> None:
        """Make a field of each thing; the room names all that is missing."""
        super().__init__(*args, **kwargs)
        language = Language.ZH if in_chinese() else Language.EN
        for item in asked.items:
            self.fields[item.id] = forms.CharField(
                label=capfirst(item.words.in_(language)),
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.explained[item.id] = asked.source


class NarrowForm(ReasonForm):
    """A smaller grant: what is unticked goes, what is typed is added; nothing can grow."""

    term_until = forms.DateField(label=_("Last day of use"), required=False, widget=DAY)
    quota_rows = forms.IntegerField(label=_("Most rows of a delivery"), required=False, min_value=1)
    quota_deliveries = forms.IntegerField(label=_("Most deliveries"), required=False, min_value=1)

    whole_only = forms.BooleanField(
        label=_("Whole copies only"),
        required=False,
        help_text=_("With the tick, changes are not followed any more; a table that is kept in step stops being so."),
    )

    def __init__(self, *args: Any, items: Sequence[GrantedItem], scope: Sequence[ScopeItem], **kwargs: Any) -> None:
        """Offer what is granted.

        Args:
            args: As for a form.
            items: Granted now.
            scope: Items that a further condition can look at.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        self.fields["items"] = forms.MultipleChoiceField(
            label=_("Items that stay granted"),
            widget=forms.CheckboxSelectMultiple,
            choices=[(item.code, item.name) for item in items],
            error_messages={"required": _("One item at least stays; to take all of them back, revoke the grant.")},
        )
        self.fields["rows"] = ScopeField(
            label=_("Further conditions on rows"),
            items=scope,
            help_text=_("They come on top of those that hold now, and can only make the rows fewer."),
        )
        self.order_fields(["items", "rows", "term_until", "quota_rows", "quota_deliveries", "whole_only", "reason"])

    def wanted(self) -> Wanted:
        """Return the smaller grant as the room takes it."""
        typed = self.cleaned_data
        return Wanted(
            items=frozenset(typed["items"]),
            rows=typed["rows"].conditions,
            term_until=typed["term_until"],
            quota_rows=typed["quota_rows"],
            quota_deliveries=typed["quota_deliveries"],
            may_follow=False if typed["whole_only"] else None,
        )


class DeliveryForm(OfficeForm):
    """The format of a delivered file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the formats there are."""
        super().__init__(*args, **kwargs)
        self.fields["file_format"] = forms.ChoiceField(
            label=_("File format"),
            choices=[(kind.value, kind.value.upper()) for kind in FileFormat],
            initial=FileFormat.CSV,
        )

    def clean_file_format(self) -> FileFormat:
        """Return the format as the room takes it."""
        return FileFormat(self.cleaned_data["file_format"])
