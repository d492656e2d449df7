"""The request as every page gets it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock

if TYPE_CHECKING:
    from hefu.rooms.clocks.models import CaseClock
    from hefu.rooms.parties.models import Seat

#: Who has not signed in: no seat, so no room shows anything.
NOBODY = Actor(id="nobody", name="")


class PortalRequest(HttpRequest):
    """What the middleware adds to Django's request."""

    #: The person who signed in, in the department chosen; `NOBODY` before sign-in.
    actor: Actor
    #: The open seats of who signed in, by department.
    seats: "list[Seat]"
    #: The clock of this request; services and queries are given it.
    clock: Clock
    #: What the department owes, nearest first, and how much that is, once a page has asked; the frame shows it too.
    owed: "tuple[list[CaseClock], int]"
    #: Truthy when htmx asks for a part of a page.
    htmx: HtmxDetails


def local(address: str | None, otherwise: str = "/") -> str:
    """Return `address` when it stays on this node, else `otherwise`: nobody is sent away by a link."""
    if address and address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return otherwise


def typed(request: HttpRequest, name: str, most: int = 2000) -> str:
    """Return at most `most` signs of what was typed outside a form of ours, without NUL, which no database keeps."""
    return request.POST.get(name, "").replace("\x00", "")[:most]


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form sent, even when that is nothing; None when no form was sent."""
    return request.POST if request.method == "POST" else None
