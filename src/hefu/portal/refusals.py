"""Says refusals in the reader's language."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import Listed, Sentence, in_language, read_back
from hefu.law.terms import Language, Words
from hefu.portal.facts import ACTIONS
from hefu.portal.http import PortalRequest, local
from hefu.portal.words import in_chinese, name_of, say


def sentence(refusal: Refusal) -> str:
    """Return the refusal's sentence; facts that are marked words are translated with it."""
    return told(refusal.text, refusal.facts)


def told(text: str, facts: Mapping[str, Any]) -> str:
    """Return a marked sentence with its facts in the reader's language; facts may be as `words.stored` keeps them."""
    said = {name: _fact(read_back(fact)) for name, fact in facts.items()}
    if isinstance(said.get("action"), str):
        said["action"] = name_of(said["action"], ACTIONS)
    return say(text).format(**said)


def _back(request: PortalRequest) -> str:
    """Return the page of this node from which the reader came, if any."""
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc != request.get_host() or came.path == request.path:
        return ""
    return local(came.path + (f"?{came.query}" if came.query else ""), otherwise="")


def _fact(fact: Any) -> Any:
    if isinstance(fact, Sentence | Listed):
        return in_language(fact, say)
    if isinstance(fact, Words):
        return fact.in_(Language.ZH if in_chinese() else Language.EN)
    if isinstance(fact, list | tuple | set | frozenset):
        return gettext(", ").join(str(_fact(part)) for part in fact)
    return say(fact) if isinstance(fact, str) else fact


def refusal_page(request: PortalRequest, refusal: Refusal) -> HttpResponse:
    """Return the page that shows `refusal`, or only its alert when htmx asked for a part of a page."""
    context = {
        "refusal": refusal,
        "sentence": sentence(refusal),
        "problems": [say(problem) for problem in refusal.problems.values()]
        if isinstance(refusal, InputsRejected)
        else [],
    }
    context |= {"back": _back(request)}
    if request.htmx:
        response = render(request, "portal/alert.html", context, status=refusal.status)
        response["HX-Retarget"] = "#alerts"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "portal/refusal.html", context, status=refusal.status)
