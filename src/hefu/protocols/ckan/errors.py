"""Refusals of reading a CKAN site."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class AddressRefused(Refusal):
    """The site is at an address that this node does not reach out to."""

    code = "ckan.address_refused"
    text = _(
        "{address} is not reached from here: {reason}. Ask the system administrator to allow it, or check the address."
    )
    status = 422


class SiteSilent(Refusal):
    """The site does not answer, or not in time."""

    code = "ckan.site_silent"
    text = _("{address} did not answer: {reason}. Try again later; what was read before is not lost.")
    status = 502


class NotCkan(Refusal):
    """What answers is no CKAN, or says no."""

    code = "ckan.not_ckan"
    text = _("{address} answered, but not as CKAN does: {reason}. Check the address; it ends before /api.")
    status = 502
