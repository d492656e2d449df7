"""The words of legal bases.

A *text* is a law, a regulation, a decision or a rule with its title, number and the days on which it holds. What
*rests on* it — a grant, a refusal, a catalogue entry — is noted when it comes about. When a text ends, everything
that rests on it goes to the authority's reviewers, and grants are held until somebody signs them anew.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hefu.kernel.words import _
from hefu.law.terms import Rank
from hefu.rooms.evidence.terms import Kind

RANK_NAMES = {
    Rank.LAW: _("law"),
    Rank.ADMINISTRATIVE_REGULATION: _("administrative regulation"),
    Rank.STATE_COUNCIL_DECISION: _("State Council decision"),
    Rank.LOCAL_REGULATION: _("local regulation"),
    Rank.RULE: _("rule of a ministry or a local government"),
    Rank.NORMATIVE_DOCUMENT: _("normative document"),
    Rank.STANDARD: _("standard"),
    Rank.NOT_BINDING: _("not binding"),
}


class Holding(StrEnum):
    """Whether a text holds on a day."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    ENDED = "ended"


HOLDING_NAMES = {
    Holding.NOT_YET: _("not yet in force"),
    Holding.IN_FORCE: _("now in force"),
    Holding.ENDED: _("ended"),
}


class Resting(StrEnum):
    """What kind of thing rests on a text."""

    GRANT = "grant"
    REFUSAL = "refusal"
    ENTRY = "entry"


RESTING_NAMES = {
    Resting.GRANT: _("grant"),
    Resting.REFUSAL: _("refusal"),
    Resting.ENTRY: _("catalogue entry"),
}


@dataclass(frozen=True)
class TextFacts:
    """What the authority states of a text."""

    title: str
    rank: Rank
    number: str = ""
    title_en: str = ""
    #: First and last day in force; None where unknown or open.
    holds_from: date | None = None
    holds_until: date | None = None


@dataclass(frozen=True)
class Cited:
    """A place in a text, as the thing that rests on it cites it."""

    title: str
    article: str = ""
    #: Id of the document in the packs, when the law's look-up cited it.
    document: str = ""


@dataclass(frozen=True)
class TextEnded:
    """A text holds no more; the grants that rest on it must be held."""

    text_id: UUID
    title: str
    #: First day on which it does not hold.
    on: date
    #: Numbers of the grants that rest on it.
    grants: tuple[str, ...]
    at: datetime


TEXT_REGISTERED = Kind(
    "text.registered",
    1,
    ("title", "number", "rank", "from", "until", "linked"),
    "The authority registered a text.",
)
TEXT_REPEALED = Kind(
    "text.repealed",
    1,
    ("title", "number", "on", "by", "resting", "grants"),
    "The authority noted that a text is repealed from a day on; counts of what rests on it.",
)
TEXT_ENDED = Kind(
    "text.ended",
    1,
    ("title", "on", "to_review", "grants_held"),
    "A text holds no more: what rests on it went to the reviewers and its grants were held.",
)
RESTING_REVIEWED = Kind(
    "text.resting_reviewed",
    1,
    ("text", "resting", "how", "note"),
    "Somebody looked at what rested on an ended text; `note` is a digest.",
)
