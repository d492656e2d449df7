"""Refusals of the evidence room; those of the log itself stand in `hefu.ledger.errors`."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class WrongBody(Refusal):
    """A body's fields are not those its kind declares."""

    code = "evidence.wrong_body"
    text = _("{kind} records exactly {expected}, but got {found}. Correct the service that records it.")
    status = 500


class NotSequenced(Refusal):
    """The entry has no place in the log yet."""

    code = "evidence.not_sequenced"
    text = _("Entry {uid} is recorded and waits for its place in the log. Ask again in a few seconds.")
    status = 409
