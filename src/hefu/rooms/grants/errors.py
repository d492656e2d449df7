"""Refusals of the grants room."""

from collections.abc import Sequence
from typing import Any

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import Listed, Sentence, _

#: Limits of a grant → how people call them.
LIMITS = {
    "items": _("Items"),
    "masks": _("Masks"),
    "term_until": _("Last day of use"),
    "quota_rows": _("Most rows of a delivery"),
    "quota_deliveries": _("Most deliveries"),
    "may_follow": _("Keeping in step"),
}


class GrantMoveRefused(Refusal):
    """The grant's status does not allow this."""

    code = "grants.move_refused"
    text = _("Grant {number} is {status}; it cannot become {wanted}. Open the grant to see what happened to it.")


class HoldIsAnothers(Refusal):
    """A hold may be lifted by the side that put it on, or by the authority."""

    code = "grants.hold_is_anothers"
    text = _("Grant {number} was suspended by the {held_by}. That side or the data authority lifts the hold; ask them.")
    status = 403


class NotNarrower(Refusal):
    """What is asked for is more than what was granted."""

    code = "grants.not_narrower"
    text = _(
        "Grant {number} can only be made smaller here ({fields}). For more items, rows or time the consumer sends a "
        "new request."
    )
    status = 422

    def __init__(self, wider: Sequence[str], **facts: Any) -> None:
        """Name the limits that would grow; none means that nothing would change."""
        super().__init__(fields=Listed(Sentence(LIMITS[name]) for name in wider) or _("nothing would change"), **facts)


class TermOver(Refusal):
    """The term has ended."""

    code = "grants.term_over"
    text = _("The term of grant {number} ended on {term_until}. The consumer sends a new request.")


class ChannelNeedsNoTarget(Refusal):
    """A file goes to a place, not into a table of it."""

    code = "grants.no_target_needed"
    text = _("Grant {number} is delivered as a file, which goes into no table. Name the place alone.")


class FilesAreNotFollowed(Refusal):
    """A file is a copy of one moment."""

    code = "grants.files_not_followed"
    text = _(
        "Grant {number} is delivered as a file, and a file cannot be kept in step. For a table that is, the consumer "
        "sends a new request for the table channel."
    )


class FollowNotGranted(Refusal):
    """The provider lets nobody follow its changes."""

    code = "grants.follow_not_granted"
    text = _(
        "The provider has narrowed grant {number} to whole copies, so changes are not followed. Ask for whole copies, "
        "or send a new request that says why they are not enough."
    )


class FollowHasNoLimit(Refusal):
    """A limit counts deliveries or their rows; following is one delivery without an end."""

    code = "grants.follow_has_no_limit"
    text = _(
        "Grant {number} limits the rows or the number of its deliveries, which cannot be kept while changes are "
        "followed. Ask for whole copies, or send a new request without that limit."
    )


class FilesHaveNoIncrements(Refusal):
    """A file is a copy of one moment."""

    code = "grants.files_have_no_increments"
    text = _(
        "Grant {number} is delivered as a file, which always holds every row. For new rows alone, the consumer sends a "
        "new request for the table channel."
    )


class IncrementsHaveNoLimit(Refusal):
    """Many small deliveries would pass a limit on the rows of one."""

    code = "grants.increments_have_no_limit"
    text = _(
        "Grant {number} limits the rows of a delivery, which says nothing once rows come in small parts. Ask for whole "
        "copies, or send a new request without that limit."
    )


class TableTaken(Refusal):
    """Two grants cannot replace one table in turn."""

    code = "grants.table_taken"
    text = _("Another grant delivers into the table {table} of that place. Choose another name.")


class NotIdle(Refusal):
    """Only a grant whose time without use has passed is looked into."""

    code = "grants.not_idle"
    text = _(
        "Grant {number} has not gone unused for as long as the law allows, so there is nothing to look into. Open the "
        "grant to see when it was last used."
    )
