"""How pages call what the requests room stores."""

from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.law.terms import Rank
from hefu.portal import shows
from hefu.rooms.requests.terms import Status

#: Status → colour.
COLOURS = {
    Status.DRAFT: "draft",
    Status.RECEIVED: "in-time",
    Status.INCOMPLETE: "waiting",
    Status.GRANTED: "good",
    Status.PARTLY_GRANTED: "good",
    Status.REFUSED: "bad",
    Status.WITHDRAWN: "off",
}

#: Ranks of the legal text behind a ground.
RANK_NAMES = {
    Rank.LAW: _("law"),
    Rank.ADMINISTRATIVE_REGULATION: _("administrative regulation"),
    Rank.STATE_COUNCIL_DECISION: _("decision of the State Council"),
    Rank.LOCAL_REGULATION: _("local regulation"),
    Rank.RULE: _("rule of a ministry or local government"),
    Rank.NORMATIVE_DOCUMENT: _("normative document"),
    Rank.STANDARD: _("standard"),
}


def cited(title: str, article: str) -> str:
    """Return a legal text and its article as people cite them; empty without a title."""
    return shows.article(Citation(document=title, article=article, title=title)) if title else ""
