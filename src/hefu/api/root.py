"""The interface as a whole: its routers, who may call, how it says no, where it is described."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from hefu import __version__
from hefu.api import (
    cases,
    catalog,
    comments,
    exchange,
    finding,
    holdings,
    imports,
    law,
    lifecycle,
    needs,
    problems,
    quarantine,
    scans,
    searches,
    wholeness,
)
from hefu.api.auth import PersonAuth, TokenAuth
from hefu.api.errors import NotSignedIn, Unreadable
from hefu.api.parsing import TextParser
from hefu.kernel.refusal import Forbidden, InputsRejected, Refusal

DESCRIPTION = (
    "Send `Authorization: Bearer …` with a token from the page of your tokens. Lists are read page by page: take "
    "`next` of an answer as `cursor` of the next request until it is empty. What you may not see does not exist. "
    "Every refusal is application/problem+json (RFC 9457): `code` never changes, `detail` says what happened, which "
    "rule it is and what to do, in the language of Accept-Language."
)

api = NinjaAPI(
    title="Hefu",
    version=__version__,
    description=DESCRIPTION,
    auth=[TokenAuth(), PersonAuth()],
    parser=TextParser(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
for one in (finding, catalog, lifecycle, imports, quarantine, comments, scans, needs, searches, wholeness):
    api.add_router("/v1/catalog", one.router)
api.add_router("/v1/public", comments.public)
api.add_router("/v1/law", law.router)
api.add_router("/v1", cases.router)
api.add_router("/v1", holdings.router)
api.add_router("/v1", exchange.router)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    """A rule said no."""
    return problems.answer(request, error)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody acts."""
    del error
    return problems.answer(request, NotSignedIn())


@api.exception_handler(AuthorizationError)
def forbidden(request: HttpRequest, error: AuthorizationError) -> HttpResponse:
    """The framework itself said no, as for a missing CSRF token."""
    del error
    return problems.answer(request, Forbidden(action="api"))


@api.exception_handler(ValidationError)
def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What was sent has not the form it needs; everything wrong is named at once."""
    found: dict[str, str] = {
        ".".join(str(part) for part in one["loc"][1:]) or "body": str(one["msg"]) for one in error.errors
    }
    return problems.answer(request, InputsRejected(problems=found))


@api.exception_handler(HttpError)
def broken(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The body cannot be read, or the framework answers with a status of its own."""
    if error.status_code == 403:
        return problems.answer(request, Forbidden(action="api"))
    return problems.answer(request, Unreadable(reason=str(error)))


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return dict(api.get_openapi_schema())
