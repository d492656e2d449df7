"""Where an entry stands, what may follow, and what makes it follow a change."""

from enum import StrEnum

from hefu.kernel.words import _


class Status(StrEnum):
    """Where an entry, or the change of one, stands."""

    #: Being written by its department.
    DRAFT = "draft"
    #: Signed off by the department's head; the authority reviews.
    IN_REVIEW = "in_review"
    #: Sent back by the authority with reasons; the department rewrites.
    RETURNED = "returned"
    #: In force; every department finds it.
    PUBLISHED = "published"
    #: Taken out of the catalogue, for good; what it said stays readable.
    WITHDRAWN = "withdrawn"


#: Which status may follow which. A change ends by being published onto its entry.
MOVES: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.IN_REVIEW}),
    Status.IN_REVIEW: frozenset({Status.PUBLISHED, Status.RETURNED}),
    Status.RETURNED: frozenset({Status.IN_REVIEW}),
    Status.PUBLISHED: frozenset({Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset(),
}
#: Statuses in which the department may write.
WRITABLE = frozenset({Status.DRAFT, Status.RETURNED})
#: Statuses that everybody with a seat may read.
PUBLIC = frozenset({Status.PUBLISHED, Status.WITHDRAWN})
STATUS_NAMES = {
    Status.DRAFT: _("draft"),
    Status.IN_REVIEW: _("in review"),
    Status.RETURNED: _("returned"),
    Status.PUBLISHED: _("published"),
    Status.WITHDRAWN: _("withdrawn"),
}


class Verdict(StrEnum):
    """What the authority's reviewer says."""

    APPROVE = "approve"
    RETURN = "return"


class Cause(StrEnum):
    """What changed, so that an entry in force must follow (decree 809 art. 17; national guide of 2022, 2.3)."""

    LAW = "law"
    DECISION = "decision"
    DUTIES = "duties"
    INFORMATION = "information"


CAUSE_NAMES = {
    Cause.LAW: _("a law or regulation changed"),
    Cause.DECISION: _("a decision of the State Council changed"),
    Cause.DUTIES: _("the department's duties changed"),
    Cause.INFORMATION: _("what the entry says is not so any more"),
}
#: Rule whose time runs after each cause.
CAUSE_RULES = dict.fromkeys(Cause, "catalog.update") | {Cause.INFORMATION: "catalog.refresh_entry"}
