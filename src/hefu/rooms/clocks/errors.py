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
