"""What every page is shown with: a title, where it stands, and its one main act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from hefu.portal.http import PortalRequest
from hefu.portal.picking import picked, suggested

Given = ParamSpec("Given")

#: A page on the way here: its name and its address.
Crumb = tuple[str, str]


@dataclass(frozen=True)
class Act:
    """The main act of a page, at the right of its title."""

    #: Marked word.
    label: str
    address: str
    icon: str = "plus"


def show(
    request: PortalRequest,
    template: str,
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Return the page, or what the search box beside one of its form's lists found."""
    if request.htmx and "pick" in request.GET and "form" in context:
        return picked(request, context["form"], request.GET["pick"])
    if request.htmx and request.GET.get("suggest") in context.get("offers", ()):
        return suggested(request, context["offers"][request.GET["suggest"]])
    return render(request, template, {"title": title, "crumbs": crumbs, **context}, status=status)


def page(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[PortalRequest, Given], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, Given], HttpResponseBase],
]:
    """Make a view of a function that takes our request; `methods` are those it answers, GET when none is named."""

    def make(
        view: Callable[Concatenate[PortalRequest, Given], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, Given], HttpResponseBase]:
        @require_http_methods(list(methods) or ["GET", "HEAD"])
        @wraps(view)
        def answer(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponseBase:
            return view(cast(PortalRequest, request), *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, Given], HttpResponseBase]", answer)

    return make


#: Methods of a page with a form.
FORM = ("GET", "HEAD", "POST")
