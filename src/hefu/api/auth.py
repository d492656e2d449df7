"""Who asks: a program with a token, or a person who is signed in."""

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from hefu.api.errors import ReadsOnly, TooFast
from hefu.api.request import ApiRequest
from hefu.api.tempo import TEMPO
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock
from hefu.rooms.parties import queries as parties

#: Requests that change nothing.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class TokenAuth(HttpBearer):
    """`Authorization: Bearer hefu_…`; the token acts for its person in one department."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return who acts, or nobody.

        Raises:
            ReadsOnly: The token may read, and this writes.
            TooFast: More requests in a minute than one may send.
        """
        call = cast(ApiRequest, request)
        call.clock = getattr(request, "clock", None) or SystemClock()
        found = parties.bearer(token, clock=call.clock)
        if found is None:
            return None
        if found.reads_only and request.method not in _READS:
            raise ReadsOnly()
        _in_time(str(found.token_id))
        call.actor = found.actor
        return found.actor


class PersonAuth(SessionAuth):
    """The session of a person who signed in, with the CSRF token where something is written."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Return who acts: the person in the department chosen."""
        del key
        call = cast(ApiRequest, request)
        if not request.user.is_authenticated:
            return None
        _in_time(call.actor.id)
        return call.actor


def _in_time(who: str) -> None:
    wait = TEMPO.wait(who)
    if wait:
        raise TooFast(seconds=wait)
