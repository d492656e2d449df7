"""Addresses of the interface."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt

from hefu.api import docs, problems
from hefu.api.errors import NotDone
from hefu.api.root import api
from hefu.kernel.refusal import NotFound


def _own_sign_in(found: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Keep the pages' sign-in off: the interface answers 401 itself, and never sends a program to a form."""
    for one in found:
        if isinstance(one, URLPattern):
            one.callback = login_not_required(_speaking(one.callback))
    return found


def _speaking(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view say no to a method as a problem document; the framework answers with an empty page."""

    @csrf_exempt  # the interface asks for the token itself, where somebody is signed in by session
    @wraps(view)
    def asked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        answer = view(request, *arguments, **named)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        refused = problems.answer(request, NotDone(method=request.method or "", methods=answer["Allow"]))
        refused["Allow"] = answer["Allow"]
        return refused

    return asked


@csrf_exempt
def _nowhere(request: HttpRequest) -> HttpResponseBase:
    """Answer for an address that the interface does not have."""
    return problems.answer(request, NotFound(what="address", key=request.path))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", login_not_required(docs.page), name="api_docs"),
    path("", (_own_sign_in(api.urls[0]), api.urls[1], api.urls[2])),
    re_path(r"^v1/", login_not_required(_nowhere)),
]
