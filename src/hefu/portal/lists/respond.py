"""Answers for a list: the page, the part that htmx asks for, or a file."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render

from hefu.portal.http import PortalRequest
from hefu.portal.lists.export import as_csv, as_xlsx
from hefu.portal.lists.face import Face
from hefu.portal.words import say


def list_page(
    request: PortalRequest,
    listing: Face[Any],
    template: str = "portal/list_page.html",
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponseBase:
    """Return what was asked for: CSV, a workbook, the changed part, or the whole page.

    Args:
        request: What was asked.
        listing: The list.
        template: Of the whole page.
        status: Of the whole page; another one when a form that stands on it was refused.
        context: More for the templates.
    """
    form = request.GET.get("format", "")
    if form in ("csv", "xlsx"):
        listing.exported(form)
        name = f"{say(listing.title)}-{request.clock.today():%Y%m%d}"
        header = [column.heading for column in listing.shown]
        return (as_csv if form == "csv" else as_xlsx)(name, header, listing.export_rows())
    if request.htmx and request.htmx.target == f"list-{listing.name}":
        return render(request, "portal/list_part.html", {"list": listing, **context})
    return render(request, template, {"list": listing, **context}, status=status)
