"""Every "no" as application/problem+json (RFC 9457): code, sentence, rule, what is wrong with each field."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request, gettext, override

from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import Listed, Sentence, in_language

MEDIA_TYPE = "application/problem+json"


def as_problem(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as the members of a problem, in the language in force."""
    told: dict[str, Any] = {
        "type": f"urn:hefu:refusal:{refusal.code}",
        "title": refusal.code,
        "status": refusal.status,
        "code": refusal.code,
        "detail": _sentence(refusal),
    }
    if refusal.citation:
        told["rule"] = {"document": refusal.citation.document, "article": refusal.citation.article}
    if isinstance(refusal, InputsRejected):
        told["problems"] = {name: gettext(problem) for name, problem in refusal.problems.items()}
    return told


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the answer to a request that was refused."""
    with override(get_language_from_request(request)):
        body = json.dumps(as_problem(refusal), ensure_ascii=False)
    response = HttpResponse(body, status=refusal.status, content_type=MEDIA_TYPE)
    if refusal.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if refusal.status == 429:
        response["Retry-After"] = str(refusal.facts["seconds"])
    return response


def _sentence(refusal: Refusal) -> str:
    facts = {name: _fact(fact) for name, fact in refusal.facts.items()}
    return gettext(refusal.text).format(**facts)


def _fact(fact: Any) -> Any:
    if isinstance(fact, Sentence | Listed):
        return in_language(fact, gettext)
    if isinstance(fact, list | tuple):
        return gettext(", ").join(str(_fact(one)) for one in fact)
    return gettext(fact) if isinstance(fact, str) and fact else fact
