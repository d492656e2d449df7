"""The open part of the catalogue for harvesters: pages that lead on, and one document for each entry."""

import hashlib
import io
from itertools import islice
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hefu.kernel.actor import Actor
from hefu.protocols.dcat.export import catalogue, datasets
from hefu.protocols.dcat.wire import Page, Syntax, write
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.exporting import exported

#: Entries of a page.
PAGE = 100
#: Who asks without signing in.
PUBLIC = Actor(id="public", name="")
_SYNTAXES = {syntax.ending: syntax for syntax in Syntax}


@login_not_required
@require_safe
def pages(request: HttpRequest, ending: str) -> HttpResponse:
    """Answer a page of the catalogue: the entries after the code that the address names."""
    after = request.GET.get("after", "").replace("\x00", "")[:60]
    found = queries.opened(viewer=PUBLIC)
    rows = list(islice(exported(found.filter(code__gt=after)[: PAGE + 1]), PAGE + 1))
    base = _base(request)
    first = f"{base}/catalog.{ending}"
    page = Page(
        iri=f"{first}?after={quote(after, safe='')}" if after else first,
        first=first,
        next=f"{first}?after={quote(rows[PAGE - 1].code, safe='')}" if len(rows) > PAGE else "",
    )
    about = catalogue(
        base=base,
        title=settings.HEFU.node_name,
        viewer=PUBLIC,
        total=None if after else found.count(),
        page=page,
    )
    output = io.BytesIO()
    write(about, datasets(rows[:PAGE], base=base, for_all=True), _SYNTAXES[ending], output)
    return _answer(request, output.getvalue(), _SYNTAXES[ending])


@login_not_required
@require_safe
def one(request: HttpRequest, pk: UUID, ending: str = "") -> HttpResponse:
    """Answer the description of one open entry; without an ending, in the syntax that is asked for."""
    syntax = _SYNTAXES.get(ending) or _wanted(request)
    rows = list(exported(queries.opened(viewer=PUBLIC).filter(pk=pk)))
    if not rows:
        return HttpResponse("No such open entry.\n", status=404, content_type="text/plain; charset=utf-8")
    base = _base(request)
    output = io.BytesIO()
    about = catalogue(base=base, title=settings.HEFU.node_name, viewer=PUBLIC)
    write(about, datasets(rows, base=base, for_all=True), syntax, output)
    return _answer(request, output.getvalue(), syntax)


def _wanted(request: HttpRequest) -> Syntax:
    chosen = request.get_preferred_type([syntax.media_type for syntax in Syntax])
    return next((syntax for syntax in Syntax if syntax.media_type == chosen), Syntax.TURTLE)


def _answer(request: HttpRequest, body: bytes, syntax: Syntax) -> HttpResponse:
    """Return the text, or that it is what the asker has."""
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if mark in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type=f"{syntax.media_type}; charset=utf-8")
    response["ETag"] = mark
    response["Cache-Control"] = "public, max-age=300"
    response["Vary"] = "Accept"
    response["Access-Control-Allow-Origin"] = "*"  # what is open may be read from any page
    return response


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
