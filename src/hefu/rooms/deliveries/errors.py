"""Refusals of the deliveries room; those of the data plane itself stand in `hefu.dataplane.errors`."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class GrantNotActive(Refusal):
    """Nothing leaves but under a grant in force."""

    code = "deliveries.grant_not_active"
    text = _("Grant {grant} is {status}, so nothing is delivered under it. Open the grant to see what it needs.")


class TermNotBegun(Refusal):
    """The term starts later."""

    code = "deliveries.term_not_begun"
    text = _("The term of grant {grant} begins on {term_from}. The first delivery starts by itself on that day.")


class TermOver(Refusal):
    """The term has ended."""

    code = "deliveries.term_over"
    text = _("The term of grant {grant} ended on {term_until}. The consumer sends a new request.")


class DeliveryOpen(Refusal):
    """One delivery at a time under one grant."""

    code = "deliveries.open"
    text = _("Delivery {delivery} of grant {grant} is still under way. Wait for it to end, or cancel it first.")


class TimetableNeedsCopies(Refusal):
    """What is kept in step is never copied by the clock."""

    code = "deliveries.timetable_needs_copies"
    text = _(
        "The table of grant {grant} is kept in step, so it needs no timetable. End that first to copy it by the clock."
    )


class ClosedHours(Refusal):
    """The source is not read at this time of day."""

    code = "deliveries.closed_hours"
    text = _("The source of delivery {number} is not read at this hour; it goes on by itself at {opens_at}.")


class RunLate(Refusal):
    """The platform was not there when a delivery was due."""

    code = "deliveries.run_late"
    text = _("The platform did not run at {due_at}; the delivery began when it did again.")


class NothingToCompare(Refusal):
    """There is no table that was brought."""

    code = "deliveries.nothing_to_compare"
    text = _(
        "Delivery {number} has brought no table that could be compared, or its grant is out of force. Compare one that "
        "arrived, or that is kept in step."
    )


class NothingCompares(Refusal):
    """Nothing is being compared that could be stopped."""

    code = "deliveries.nothing_compares"
    text = _("No comparison of delivery {number} is under way.")


class ComparisonOpen(Refusal):
    """One at a time."""

    code = "deliveries.comparison_open"
    text = _("Delivery {number} is being compared already. Wait for that to end.")


class SourceClosed(Refusal):
    """The source is not read at this time of day."""

    code = "deliveries.source_closed"
    text = _("The source of delivery {number} is not read at this hour. Compare both sides after {opens_at}.")


class ComparisonLost(Refusal):
    """The worker that had it died."""

    code = "deliveries.comparison_lost"
    text = _("The worker that compared delivery {number} never came back. Compare again.")


class RestFirst(Refusal):
    """Two must not write one table."""

    code = "deliveries.rest_first"
    text = _(
        "Rows are being written by delivery {delivery}. Pause it, or wait for its end, before what differs is mended."
    )


class EndFollowingFirst(Refusal):
    """A table is brought up to date in one way at a time."""

    code = "deliveries.end_following_first"
    text = _("The table of grant {grant} is kept in step. End that first to choose another way.")


class NotAFollower(Refusal):
    """Only what follows changes can rest."""

    code = "deliveries.not_a_follower"
    text = _("Delivery {number} brings a whole copy and ends by itself; cancel it if it should not arrive.")


class FollowerFailed(Refusal):
    """A follower of the grant waits for a person."""

    code = "deliveries.follower_failed"
    text = _(
        "Delivery {delivery} of grant {grant} keeps the table in step and has failed. Try it again, or end it first."
    )


class SourceNotFollowed(Refusal):
    """Only some kinds of places tell their changes."""

    code = "deliveries.source_not_followed"
    text = _(
        "Changes are followed from databases of PostgreSQL and of MySQL's family, and the source of grant {grant} is "
        "another. Ask for whole copies."
    )


class LogHeld(Refusal):
    """The source kept more of its log for a follower than it may."""

    code = "deliveries.log_held"
    text = _(
        "The source had to keep {held} MiB of its log for delivery {number}, more than the {most} MiB that are "
        "allowed, so it keeps none any more and the table must be copied anew. See that the place of delivery keeps "
        "up, then try again."
    )


class NoWindow(Refusal):
    """There is no such window."""

    code = "deliveries.no_window"
    text = _("Delivery {number} has no window {window}. Open the delivery to see those that are closed.")
    status = 404


class QuotaUsed(Refusal):
    """The grant allows so many deliveries and no more."""

    code = "deliveries.quota_used"
    text = _("Grant {grant} allows {quota} deliveries and all are used. The consumer sends a new request.")


class DeliveryMoveRefused(Refusal):
    """The delivery's status does not allow this."""

    code = "deliveries.move_refused"
    text = _("Delivery {number} is {status}; it cannot become {wanted}. Open it to see what happened to it.")


class NothingHeld(Refusal):
    """Nobody lets a loss through before it has come: it would go by unseen."""

    code = "deliveries.nothing_held"
    text = _(
        "Delivery {number} is not held for far fewer rows, so there are none to take all the same. Let it go on "
        "without that; should it be held, look at its counts and decide then."
    )


class TicketReplaced(Refusal):
    """The ticket that the delivery ran under holds no more."""

    code = "deliveries.ticket_replaced"
    text = _(
        "Delivery {number} was started under a ticket that holds no more, so it cannot go on. Start a new delivery "
        "from the grant."
    )


class WorkersLost(Refusal):
    """The workers that took the delivery died, again and again."""

    code = "deliveries.workers_lost"
    text = _(
        "The worker died {times} times while it carried delivery {number}. Ask the operator to look at the worker's "
        "memory and log, then try again; it goes on where it was."
    )
    status = 500


class Fault(Refusal):
    """Something happened that nobody foresaw: a fault of Hefu's."""

    code = "deliveries.fault"
    text = _(
        "Delivery {number} ended by a fault of this platform ({kind}). Ask the operator to report what the worker's "
        "log says, then try again; it goes on where it was."
    )
    status = 500


class TableTaken(Refusal):
    """Joined rows go into a table of their own."""

    code = "deliveries.table_taken"
    text = _("Table {table} is filled by another grant or another join. Name another table for the joined rows.")


class PlaceGone(Refusal):
    """The place where rows come from or go to is not registered any more."""

    code = "deliveries.place_gone"
    text = _("The {side} of delivery {number} is not registered any more. Its department registers it, then try again.")


class NoFile(Refusal):
    """There is nothing to fetch."""

    code = "deliveries.no_file"
    text = _(
        "Delivery {number} has no file to fetch: {why}. Start a new delivery from the grant when its term still runs."
    )
    status = 410


class NoReceipt(Refusal):
    """Only what arrived has a receipt."""

    code = "deliveries.no_receipt"
    text = _("Delivery {number} is {status}; only a delivery that arrived has a receipt. Wait until it is delivered.")
