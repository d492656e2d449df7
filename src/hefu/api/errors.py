"""Refusals of the interface itself; what a room refuses, it says in its own words."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class NotSignedIn(Refusal):
    """Nobody, or a token that does not act any more."""

    code = "api.not_signed_in"
    text = _(
        "Say who asks: send a token that lives, as “Authorization: Bearer …”. Issue one on the page of your tokens."
    )
    status = 401


class ReadsOnly(Refusal):
    """A token that may read was used to write."""

    code = "api.reads_only"
    text = _("This token may only read. Issue one that may write, or sign in.")
    status = 403


class TooFast(Refusal):
    """More requests in a minute than one caller may send."""

    code = "api.too_fast"
    text = _("Too many requests. Wait {seconds} s, then go on; several entries may be sent in one request.")
    status = 429


class CursorUnknown(Refusal):
    """A cursor that no page gave."""

    code = "api.cursor_unknown"
    text = _(
        "The cursor is none that a page gave for this order. Begin without one, then take `next` from each answer."
    )
    status = 422


class TooMany(Refusal):
    """More rows in one request than are taken."""

    code = "api.too_many"
    text = _("At most {most} rows are taken in one request. Send the rest in further ones.")
    status = 422


class Unreadable(Refusal):
    """A body that is no JSON."""

    code = "api.unreadable"
    text = _("The body is no JSON that can be read: {reason}. Correct it and send it again.")
    status = 400


class NotDone(Refusal):
    """A method that the address does not take."""

    code = "api.not_done"
    text = _("{method} is not done here. What is: {methods}; /api/ describes each.")
    status = 405
