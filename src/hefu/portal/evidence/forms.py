"""Forms of the evidence log."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hefu.ledger.receipt import RECEIPT_LIMIT
from hefu.portal.forms import OfficeForm


class ReceiptForm(OfficeForm):
    """A receipt to check."""

    receipt = forms.FileField(
        label=_("Receipt"), help_text=_("The file as it was downloaded; programs that save it anew break it.")
    )

    def clean_receipt(self) -> bytes:
        """Return the bytes, never more than a receipt can have and one."""
        content: bytes = self.cleaned_data["receipt"].read(RECEIPT_LIMIT + 1)
        return content
