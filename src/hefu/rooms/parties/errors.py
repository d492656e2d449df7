"""Refusals of the parties room."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class CreditCodeRefused(Refusal):
    """A department's credit code is not one."""

    code = "parties.credit_code"
    text = _(
        "{number} is not a unified social credit code ({reason}; GB 32100-2015). Copy the 18 characters from the "
        "department's registration certificate."
    )
    status = 422


class DepartmentExists(Refusal):
    """A credit code belongs to one department only."""

    code = "parties.department_exists"
    text = _("{credit_code} is already registered as {name}. Open that department, or check the code.")


class OneAuthority(Refusal):
    """A node has one data authority."""

    code = "parties.one_authority"
    text = _("{name} is this node's data authority, and there can be only one. Give the new one another role.")


class AdministratorsApart(Refusal):
    """One person would hold two of the powers that must be apart."""

    code = "parties.administrators_apart"
    text = _(
        "{person} already holds the seat of {held}; the seat of {wanted} must go to another person, because the "
        "system, security and audit administrators check each other and none of them decides cases (GB/T 22239-2019)."
    )


class SeatNeedsAuthority(Refusal):
    """Reviewers and supervisors sit in the data authority."""

    code = "parties.seat_needs_authority"
    text = _("{role} is a seat of the data authority, and {department} is not. Choose the authority, or another role.")


class TreeHasCycle(Refusal):
    """A department cannot stand above itself."""

    code = "parties.tree_cycle"
    text = _("{parent} already stands below {name}. Choose a department outside that branch.")


class NameTaken(Refusal):
    """Sign-in names are unique."""

    code = "parties.name_taken"
    text = _("The sign-in name {username} is taken. Choose another one.")


class TooManyTokens(Refusal):
    """A person has as many tokens as one may."""

    code = "parties.too_many_tokens"
    text = _("You have {most} tokens that still live. Revoke one that no program uses any more, then issue a new one.")


class NoSeatForToken(Refusal):
    """A token acts from a seat, and an administrator's seat is for people alone."""

    code = "parties.no_seat_for_token"
    text = _(
        "A token needs a seat that decides or catalogues in that department. The seats of the system, security and "
        "audit administrators are for people alone; ask for another seat."
    )
    status = 403
