"""Puts the actor, the clock and the language on the request, and turns refusals into pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from hefu.kernel.clock import Clock, SystemClock
from hefu.kernel.refusal import Refusal
from hefu.portal.http import NOBODY, PortalRequest
from hefu.portal.refusals import refusal_page
from hefu.rooms.parties.queries import actor_for, seats_of

#: The clock of every page; a test puts a fixed one here.
CLOCK: Clock = SystemClock()

#: Where the session keeps the department acted for.
DEPARTMENT = "department"


class ActorMiddleware:
    """Says who asks, when, and in which language the answer is written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next in line."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with actor, clock and language set."""
        page = cast(PortalRequest, request)
        page.clock = CLOCK
        page.actor = NOBODY
        page.seats = []
        if page.user.is_authenticated:
            page.seats = seats_of(page.user)
            page.actor = actor_for(page.user, page.session.get(DEPARTMENT), seats=page.seats)
        language = _language(page)
        with translation.override(language):
            page.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if page.user.is_authenticated and "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
        patch_vary_headers(response, ["Cookie"])
        return response


class RefusalMiddleware:
    """A rule said no while a page was made: say so, with the right status and the way on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next in line."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        """Find nothing under a number or name with the sign NUL in it: no database could be asked for it.

        Raises:
            Http404: There is one.
        """
        del request, view, args
        if any("\x00" in str(one) for one in kwargs.values()):
            raise Http404

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; anything else is a fault and goes on to Django."""
        if isinstance(exception, Refusal):
            return refusal_page(cast(PortalRequest, request), exception)
        return None


def _language(request: PortalRequest) -> str:
    """Return the language chosen in this browser, else the person's, else the node's."""
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    if request.user.is_authenticated and request.user.language in known:
        return request.user.language
    return settings.LANGUAGE_CODE
