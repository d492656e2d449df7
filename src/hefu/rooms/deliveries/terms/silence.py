"""The words of sources that fall silent, or suddenly give far fewer rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: Days with news whose longest pause is remembered; how many, and over what time, make a habit: a weekend is in it.
REMEMBERED, A_HABIT, WHOLE_HABIT = 35, 5, timedelta(days=7)
#: A source counts as silent after so many times its longest pause.
TIMES = 2
#: No habit is shorter: what is looked at less often cannot be told apart.
SHORTEST = timedelta(minutes=10)
#: Unless the consumer says otherwise, a whole copy with fewer than so many percent of the last rows is held.
USUAL_SHARE = 50
#: Fewer rows than these go up and down by chance.
FEW = 10


class Bound(StrEnum):
    """What a source is held to."""

    CYCLE = "cycle"
    HABIT = "habit"


BOUND_NAMES = {
    Bound.CYCLE: _("the update cycle that its entry states"),
    Bound.HABIT: _("its own habit"),
}


@dataclass(frozen=True)
class Silence:
    """How long a source may give nothing new."""

    bound: Bound
    longest: timedelta


@dataclass(frozen=True)
class SourceSilent:
    """A source has given nothing new for longer than it should."""

    grant: str
    request: str
    since: datetime
    bound: Bound
    at: datetime


@dataclass(frozen=True)
class SourceSpeaks:
    """A source that was silent gives something new again."""

    grant: str
    request: str
    at: datetime


SOURCE_SILENT = Kind(
    "grant.source_silent",
    1,
    ("since", "bound", "longest_seconds"),
    "A source gave nothing new for longer than it should.",
)
SOURCE_SPEAKS = Kind("grant.source_speaks", 1, ("silent_seconds",), "A source gives something new again.")
FEWER_TAKEN = Kind(
    "delivery.fewer_taken", 1, ("status",), "The consumer takes a whole copy with far fewer rows all the same."
)
LEAST_SHARE_SET = Kind(
    "grant.least_share_set", 1, ("percent",), "From which share of the last rows on a whole copy is published was set."
)
