"""Refusals of the holdings room; those of the data plane itself stand in `hefu.dataplane.errors`."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class NothingToCollect(Refusal):
    """An entry without a source that can be read."""

    code = "holdings.nothing_to_collect"
    text = _("Entry {entry} is not published, or not mounted on a source with a key. Publish and mount it first.")


class NotToBeCollected(Refusal):
    """What is not shared stays with its department."""

    code = "holdings.not_to_be_collected"
    text = _(
        "Entry {entry} is not shared, so only its own department may collect it ({source}). Ask the department to "
        "open the holding itself."
    )
    status = 403


class AlreadyHeld(Refusal):
    """One holding of an entry."""

    code = "holdings.already_held"
    text = _("Entry {entry} is collected already, in holding {holding}. Open that one.")


class HoldingClosed(Refusal):
    """It is collected no more."""

    code = "holdings.closed"
    text = _("Holding {number} is closed. What it holds can be read; open a new one to collect again.")


class RunOpen(Refusal):
    """One run at a time."""

    code = "holdings.run_open"
    text = _("Run {run} of holding {number} is still under way. Wait for it to end, or cancel it first.")


class RunMoveRefused(Refusal):
    """The run has ended."""

    code = "holdings.run_move"
    text = _("Run {number} is {status}, so it cannot become {wanted}. Start a new run.")


class SourceChanged(Refusal):
    """The entry is mounted elsewhere now."""

    code = "holdings.source_changed"
    text = _("Entry {entry} is no longer mounted on what holding {number} collects. Mount it, then collect again.")


class WorkersLost(Refusal):
    """Every worker that took it up died."""

    code = "holdings.workers_lost"
    text = _("The workers that carried run {number} died {times} times. Ask the operator to look at their logs.")


class Fault(Refusal):
    """A fault of ours."""

    code = "holdings.fault"
    text = _(
        "Run {number} met a fault of the platform ({kind}). Ask the operator to look at the log, then start again."
    )
    status = 500


class NoReceipt(Refusal):
    """Only what has been collected has a receipt."""

    code = "holdings.no_receipt"
    text = _("Run {number} is {status}, so there is no receipt yet.")


class LibraryStatedTwice(Refusal):
    """Two state a library of one name in the same instant."""

    code = "holdings.library_stated_twice"
    text = _(
        "A library “{name}” was stated in the same instant. Open it, and state yours anew if it still has to change."
    )


class NoLongerShared(Refusal):
    """What a library holds of an entry that is not shared any more is shown to nobody but its department."""

    code = "holdings.no_longer_shared"
    text = _(
        "Library {library} holds rows of {entry}, which is not shared any more ({source}). State the library without "
        "that part and assemble it anew; its rows can be read again then."
    )
    status = 403


class NotToBePassedOn(Refusal):
    """A library shares no more than its sources let it."""

    code = "holdings.not_to_be_passed_on"
    text = _(
        "Library {library} may not share {field} on: {why} ({source}). Ask the source department, or leave it out."
    )
    status = 403


class TooFreelyShared(Refusal):
    """The entry promises more than the sources do."""

    code = "holdings.too_freely_shared"
    text = _(
        "Entry {entry} is shared unconditionally, but {field} of library {library} only conditionally ({source}). "
        "Change the entry's sharing type, or leave the field out."
    )
    status = 403


class StatedTooLow(Refusal):
    """The entry says less of how its data must be guarded than a source of it does."""

    code = "holdings.stated_too_low"
    text = _(
        "Entry {entry} of library {library} states a lower grade, or less personal information, than its source "
        "{kept_in} does today. Have the keeper state the entry anew, then deliver again."
    )
    status = 403


class NotAssembled(Refusal):
    """There is nothing yet to catalogue or deliver."""

    code = "holdings.not_assembled"
    text = _("Library {number} was not assembled yet. Assemble it first.")


class LibraryBusy(Refusal):
    """One assembly at a time."""

    code = "holdings.library_busy"
    text = _("Library {number} is being assembled. Wait for that to end.")
