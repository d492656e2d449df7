"""What the address of a law page asks for: a place, a day, a rule. What cannot be meant is refused with its form."""

from datetime import date

from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.law.places import significant
from hefu.law.register import register
from hefu.portal.http import PortalRequest


def place(request: PortalRequest, name: str, otherwise: str) -> str:
    """Return the place that stands under `name` in the address.

    Raises:
        InputsRejected: It is no division code.
    """
    asked = request.GET.get(name, "").strip()
    try:
        return significant(asked) if asked else otherwise
    except IdentifierFault:
        problem = _("This is no division code; write 2, 4 or 6 digits, or 00 for the whole country.")
        raise InputsRejected(problems={name: problem}) from None


def day(request: PortalRequest, name: str, otherwise: date) -> date:
    """Return the day that stands under `name` in the address.

    Raises:
        InputsRejected: It is no day.
    """
    asked = request.GET.get(name, "").strip()
    try:
        return date.fromisoformat(asked) if asked else otherwise
    except ValueError:
        raise InputsRejected(problems={name: _("This is no day; write it as 2026-03-11.")}) from None


def rule(name: str) -> str:
    """Return the id of a rule that stands in an address.

    Raises:
        NotFound: There is no such rule.
    """
    if name not in register().rules:
        raise NotFound(what="rule", key=name)
    return name
