"""Refusals of the clocks room."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class NoOpenClock(Refusal):
    """Nothing is owed under that rule any more."""

    code = "clocks.no_open_clock"
    text = _("No period under {rule} is running for {subject}. Open the case to see how it ended.")


class PeriodOver(Refusal):
    """The last day has passed, so the period can neither pause nor be extended."""

    code = "clocks.period_over"
    text = _(
        "The period of {subject} ended on {due_on:%Y-%m-%d} and can no longer be paused or extended. Answer it now; "
        "the delay goes on record."
    )


class ExtendedBefore(Refusal):
    """A period is extended once."""

    code = "clocks.extended_before"
    text = _(
        "The period of {subject} was extended before, until {due_on:%Y-%m-%d}, and can be extended only once. "
        "Answer it by that day."
    )


class NotLonger(Refusal):
    """An extension that would not move the last day on."""

    code = "clocks.not_longer"
    text = _(
        "The extension of {subject} would end on {wanted:%Y-%m-%d}, not after {due_on:%Y-%m-%d}. Count it from the "
        "old last day."
    )


class ClockPaused(Refusal):
    """A period that stands still cannot be extended."""

    code = "clocks.paused"
    text = _("The period of {subject} stands still. Let it go on first, then ask for the extension.")


class NoticeRejected(Refusal):
    """A holiday notice that cannot be laid over the calendar."""

    code = "clocks.notice_rejected"
    text = _(
        "The holiday notice cannot be taken in: {problem}. Mend the file and import it again; nothing was changed."
    )
    status = 422


class NothingDrifted(Refusal):
    """The law of now gives the day that the clock has."""

    code = "clocks.nothing_drifted"
    text = _("The last day of {subject} under {rule} is what the law of now gives. There is nothing to accept.")


class NoDateNow(Refusal):
    """The law of now gives no last day, so there is none to accept."""

    code = "clocks.no_date_now"
    text = _("The law of now gives no last day for {subject} ({why}). The day it has stays; decide the case by it.")


class DriftIntoPast(Refusal):
    """The corrected last day has passed already."""

    code = "clocks.drift_into_past"
    text = _(
        "The corrected last day of {subject} would be {due_on:%Y-%m-%d}, which has passed. No date is moved into the "
        "past; the day it has stays."
    )
