"""Notices in the reader's language."""

from typing import TYPE_CHECKING

from hefu.portal.words import say
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
    facts |= {name: say(facts[name]) for name in ("old", "new") if isinstance(facts.get(name), str)}
    return say(NOTICES[NoticeKind(notice.kind)]).format(**facts)
