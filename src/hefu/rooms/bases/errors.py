"""Refusals of the room of legal bases."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class RegisteredBefore(Refusal):
    """The text is in the register."""

    code = "bases.registered_before"
    text = _("“{title}” ({number}) is in the register already. Open it there, and note its repeal if it has ended.")


class RepealedBefore(Refusal):
    """The text has an end already."""

    code = "bases.repealed_before"
    text = _("“{title}” holds only until {until:%Y-%m-%d} already. Nothing was changed.")


class GrantMustBeSigned(Refusal):
    """A held grant is settled by signing it anew or revoking it, not by a note."""

    code = "bases.grant_must_be_signed"
    text = _("Grant {number} is held. Let it go on under a text that is in force, which signs it anew, or revoke it.")
