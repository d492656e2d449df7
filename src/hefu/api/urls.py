"""Addresses of the interface."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, path

from hefu.api import docs
from hefu.api.root import api


def _own_sign_in(found: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Keep the pages' sign-in off: the interface answers 401 itself, and never sends a program to a form."""
    for one in found:
        if isinstance(one, URLPattern):
            one.callback = login_not_required(one.callback)
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("", login_not_required(docs.page), name="api_docs"),
    path("", (_own_sign_in(api.urls[0]), api.urls[1], api.urls[2])),
]
