"""What people are told about requests, in their language: notices, and what the law asks beforehand."""

from datetime import date
from typing import TYPE_CHECKING

from hefu.kernel.citation import Citation
from hefu.law.rules import Rules
from hefu.law.terms import Language
from hefu.portal.words import in_chinese, say
from hefu.rooms.requests import queries
from hefu.rooms.requests.terms import NOTICES, STATUS_NAMES, NoticeKind, Status

if TYPE_CHECKING:
    from hefu.rooms.requests.models import Notice


def notice_in_words(notice: "Notice") -> str:
    """Return what a department was told."""
    facts = {"number": notice.request.number} | notice.facts
    if facts.get("status") in list(Status):
        facts["status"] = say(STATUS_NAMES[Status(facts["status"])])
    elif isinstance(facts.get("status"), str):
        facts["status"] = say(facts["status"])
    facts |= {name: say(facts[name]) for name in ("old", "new", "cause") if isinstance(facts.get(name), str)}
    return say(NOTICES[NoticeKind(notice.kind)]).format(**facts)


def stated_in_words(rules: Rules, *, on: date) -> list[tuple[str, tuple[Citation, ...]]]:
    """Return each thing that the law wants a request to state, with the articles that ask for it."""
    language = Language.ZH if in_chinese() else Language.EN
    return [(item.words.in_(language), articles) for item, articles in queries.stated_by_law(rules, on=on)]
