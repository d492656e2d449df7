"""Refusals of the room that keeps the catalogue whole."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class OtherDepartments(Refusal):
    """A tie joins things of one department."""

    code = "upkeep.other_department"
    text = _(
        "“{thing}” belongs to {owner}, and entry {entry} to {provider}. An entry is tied to the systems and duties of "
        "its own department: choose one of those."
    )
    status = 422


class ListUnreadable(Refusal):
    """A list of duties cannot be read."""

    code = "upkeep.list_unreadable"
    text = _(
        "{name} cannot be read as a list of duties: {reason}. Send CSV (UTF-8 or GB18030) or XLSX with the columns "
        "{columns}; only the first is needed."
    )
    status = 422


class NotAssessable(Refusal):
    """Only what is being written is assessed."""

    code = "upkeep.not_assessable"
    text = _("Entry {code} is not being written, so its assessments cannot be looked at now. Draft its next version.")


class OwnAssessment(Refusal):
    """Nobody looks a second time at the own work."""

    code = "upkeep.own_assessment"
    text = _("You wrote entry {code}; another person of your department must look at its assessments.")
    status = 403


class SecondPersonNeeded(Refusal):
    """The head wrote it, and nobody else looked."""

    code = "upkeep.second_person_needed"
    text = _(
        "You wrote entry {code} yourself, so your signature is no second look. Let another person of your department "
        "confirm the secrecy and personal-information assessments first, then sign it off."
    )
    status = 403


class Objected(Refusal):
    """Somebody found an assessment wrong."""

    code = "upkeep.objected"
    text = _("{name} objects to the assessments of entry {code}: {note} Rewrite what is wrong, then hand it in.")


class StillDiscussed(Refusal):
    """The time for comments runs."""

    code = "upkeep.still_discussed"
    text = _("Others may still comment on entry {code}. Answer the comments and close the round, then hand it in.")


class RoundRefused(Refusal):
    """A round of comments cannot do that now."""

    code = "upkeep.round_refused"
    text = _("This cannot be done on entry {code}: {reason}")


class TooManyComments(Refusal):
    """Comments of the public come faster than they can be looked at."""

    code = "upkeep.too_many_comments"
    text = _("Too many comments came from here today, or wait to be looked at. Yours is not kept; send it tomorrow.")
    status = 429


class ReviewRefused(Refusal):
    """A full review cannot do that now."""

    code = "upkeep.review_refused"
    text = _("The full review {number} cannot do that: {reason}")


class NeedRefused(Refusal):
    """A need cannot move so."""

    code = "upkeep.need_refused"
    text = _("Need {number} is {status}, so this cannot be done now. Open it to see what is possible.")


class SourceNamedBefore(Refusal):
    """An item has one source at a time."""

    code = "upkeep.source_named_before"
    text = _(
        "“{item}” of entry {entry} has {department} as its source already. Choose that department for it, or take "
        "that naming back first."
    )
    status = 409


class NothingToTakeBack(Refusal):
    """Nobody has found anything on the pair yet."""

    code = "upkeep.nothing_to_take_back"
    text = _("There is no finding on “{entry}” and “{other}” that could be taken back.")
    status = 409
