"""From where a request came, for whatever counts or limits the public."""

from django.conf import settings
from django.http import HttpRequest


def origin(request: HttpRequest) -> str:
    """Return the address that a request came from; behind the office's proxy, the one that the proxy saw.

    Only the last address of `X-Forwarded-For` is the proxy's own word, what stands before it anybody may have written.
    """
    told = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return told.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
