"""When a text holds, and what its end brings about: pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.bases.errors import RepealedBefore
from hefu.rooms.bases.terms import Holding

_QUOTES = re.compile(r"[\s《》〈〉「」“”\"']+")


@dataclass(frozen=True)
class Text:
    """A text as decisions see it; both days are days on which it holds."""

    title: str
    holds_from: date | None = None
    holds_until: date | None = None


def folded(title: str) -> str:
    """Return a title so that two ways of writing it are equal: width, spaces, quotes, case.

    >>> folded("《政务数据 共享条例》") == folded("政务数据共享条例")
    True
    """
    return _QUOTES.sub("", unicodedata.normalize("NFKC", title)).casefold()


def holding(text: Text, on: date) -> Holding:
    """Return whether the text holds on `on`; an unknown first day counts as in force."""
    if text.holds_until is not None and on > text.holds_until:
        return Holding.ENDED
    if text.holds_from is not None and on < text.holds_from:
        return Holding.NOT_YET
    return Holding.IN_FORCE


def repeal(text: Text, *, on: date) -> date:
    """Return the last day on which a text holds that is repealed from `on`.

    Raises:
        RepealedBefore: It ends earlier, or on that day, already.
        InputsRejected: It would end before it began.
    """
    last = on - timedelta(days=1)
    if text.holds_until is not None and text.holds_until <= last:
        raise RepealedBefore(title=text.title, until=text.holds_until)
    if text.holds_from is not None and on <= text.holds_from:
        raise InputsRejected(problems={"on": _("The text begins later than that. Look at the day again.")})
    return last
