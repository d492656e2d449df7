"""Refusals of the catalogue."""

from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _


class SecretRefused(Refusal):
    """What is secret does not enter the catalogue."""

    code = "catalog.secret_refused"
    text = _(
        "{name} was assessed as a {secrecy}. Government data under the sharing act excludes state secrets and work "
        "secrets (decree 809 art. 3), so it cannot be catalogued here. Keep it out of this platform and follow the "
        "secrecy office's rules."
    )
    status = 422


class BasisNotEnough(Refusal):
    """Not sharing needs a text of the rank that the law names."""

    code = "catalog.basis_not_enough"
    text = _(
        "“{title}” is a {kind}. Data may be kept back only on one of: {allowed} ({source}). Name one of these with its "
        "article, or choose conditional sharing."
    )
    status = 422


class ConditionsWithoutBasis(Refusal):
    """Where the law asks a basis for conditions, it must be a text of the rank that it names."""

    code = "catalog.conditions_without_basis"
    text = _(
        "“{title}” is a {kind}. In this place conditions may be set only on one of: {allowed} ({source}). Name one of "
        "these with its article, or share without conditions."
    )
    status = 422


class BasisEnded(Refusal):
    """An entry cannot rest on a text that holds no more."""

    code = "catalog.basis_ended"
    text = _("“{title}” holds only until {until:%Y-%m-%d}. Name a text that is in force, or share on other terms.")
    status = 422


class EntryIncomplete(InputsRejected):
    """An entry does not yet say what the law asks; everything missing is named at once."""

    code = "catalog.entry_incomplete"
    text = _(
        "This entry cannot be submitted yet (decree 809 art. 13): {fields}. Complete the named fields and submit again."
    )


class MoveNotAllowed(Refusal):
    """The entry's status does not allow it."""

    code = "catalog.move_not_allowed"
    text = _("Entry {code} is {status}, so it cannot become {wanted}. Open the entry to see what is possible now.")


class NotWritable(Refusal):
    """Only drafts and returned entries can be rewritten."""

    code = "catalog.not_writable"
    text = _("Entry {code} is {status} and cannot be rewritten now. Wait for the review, or ask for its return.")


class OwnWork(Refusal):
    """Nobody approves what they wrote or signed."""

    code = "catalog.own_work"
    text = _(
        "You wrote or signed entry {code}, so another reviewer must decide (decree 809 art. 16 sets the review apart "
        "from the department). Hand it to a colleague."
    )
    status = 403


class ReasonsNeeded(Refusal):
    """A return or a withdrawal says why."""

    code = "catalog.reasons_needed"
    text = _("Say why entry {code} is {verb}: the department and everyone who uses it will read the reason.")
    status = 422


class WithdrawalOpen(Refusal):
    """One withdrawal at a time."""

    code = "catalog.withdrawal_open"
    text = _(
        "The withdrawal of entry {code} was asked for before, and the data authority reviews it. Wait for its word; "
        "the entry's page shows the last day."
    )


class NoWithdrawalAsked(Refusal):
    """Only what was asked for is reviewed."""

    code = "catalog.no_withdrawal_asked"
    text = _("Nobody waits for a word on the withdrawal of entry {code}. Open the entry to see how it stands.")


class FileUnreadable(Refusal):
    """A file to import cannot be read as a table."""

    code = "catalog.file_unreadable"
    text = _("{name} cannot be read as a catalogue: {reason}. Send CSV, XLSX or JSON with one row an entry.")
    status = 422


class IntakeNotReady(Refusal):
    """A file on its way in cannot do this step now."""

    code = "catalog.intake_not_ready"
    text = _("{file} is {status}, so this cannot be done now. Open it under Imports to see what is possible.")


class RowSettled(Refusal):
    """A row has left the quarantine already."""

    code = "catalog.row_settled"
    text = _("Row {row} does not wait any more: it was dealt with before. Reload the list.")


class MappingRefused(Refusal):
    """A field mapping cannot be used."""

    code = "catalog.mapping_refused"
    text = _("The field mapping cannot be used: {reason}. Correct it and import again; nothing was taken in.")
    status = 422


class ProfileUnusable(Refusal):
    """A profile of codes and values has a fault."""

    code = "catalog.profile_unusable"
    text = _(
        "The catalogue profile {name} cannot be used: {reason}. Correct the file, or name another in "
        "HEFU_CATALOG_PROFILE."
    )
    status = 500


class CodesUsedUp(Refusal):
    """A profile's counter has run out of digits."""

    code = "catalog.codes_used_up"
    text = _(
        "All numbers behind {stem} are given out. Name a profile whose counter has more digits in HEFU_CATALOG_PROFILE."
    )


class TooLongForSheet(Refusal):
    """A workbook cannot hold the catalogue."""

    code = "catalog.too_long_for_sheet"
    text = _(
        "The catalogue has more than {limit} lines, and a sheet holds no more. Take a department's, or take it as CSV."
    )
    status = 422


class KeyReused(Refusal):
    """A key for sending once was sent with another body."""

    code = "catalog.key_reused"
    text = _("The key “{key}” was sent before with other entries. Make up a new key for each request.")
    status = 422


class StillAtWork(Refusal):
    """The same request is being worked on."""

    code = "catalog.still_at_work"
    text = _("The first request with the key “{key}” is not answered yet. Wait a minute, then send it again.")
    status = 409


class FetchingAlready(Refusal):
    """A department fetches from one site at a time."""

    code = "catalog.fetching_already"
    text = _("{site} is being fetched for your department just now. Wait until it is here, or stop it.")


class NothingFetched(Refusal):
    """Another site has nothing of what was asked."""

    code = "catalog.nothing_fetched"
    text = _("{site} has no dataset that was asked for. Look at the organization and the words, then fetch again.")
    status = 422


class SiteTooLarge(Refusal):
    """Another site has more than goes in at once."""

    code = "catalog.site_too_large"
    text = _("{site} has more than goes in at once ({most} datasets). Fetch it by organizations.")
    status = 422
