"""Refusals of the requests room."""

from hefu.kernel.citation import Citation
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _


class Incomplete(InputsRejected):
    """A request lacks what the law asks for; everything missing is named at once."""

    code = "requests.incomplete"
    text = _(
        "Request {number} is not complete yet: {fields}. Nothing was lost. Complete the named fields and submit again."
    )

    def __init__(self, *, number: str, problems: dict[str, str], citation: Citation | None = None) -> None:
        """Keep `problems`: field name → sentence."""
        self.problems = problems
        Refusal.__init__(self, citation=citation, number=number, fields=", ".join(sorted(problems)))


class NotShared(Refusal):
    """What the catalogue marks as not shared cannot be asked for."""

    code = "requests.not_shared"
    text = _(
        "{what} is not shared: {reason}. It cannot be requested here. If you doubt that basis, raise a dispute with "
        "the provider, then with the data authority."
    )


class EntryNotInForce(Refusal):
    """Only entries in force can be asked for, and granted."""

    code = "requests.entry_not_in_force"
    text = _("Entry {code} is not in force in the catalogue. Look for the entry that replaced it, or ask its provider.")


class OwnData(Refusal):
    """A department need not ask itself."""

    code = "requests.own_data"
    text = _("{code} is your own department's data. Use it directly; a request goes to another department.")


class NotAConsumer(Refusal):
    """The department was not admitted as a consumer."""

    code = "requests.not_a_consumer"
    text = _("{name} does not take part as a consumer. Ask the system administrator to add that role.")
    status = 403


class MoveNotAllowed(Refusal):
    """The case stands where this cannot be done any more, or not yet."""

    code = "requests.move_not_allowed"
    text = _(
        "Request {number} is “{status}”, so it cannot become “{wanted}”. Open the case to see what is possible now."
    )


class NotWritable(Refusal):
    """Only drafts and requests sent back can be rewritten."""

    code = "requests.not_writable"
    text = _(
        "Request {number} is “{status}” and cannot be rewritten. Withdraw it and draft a new one, or wait for the "
        "answer."
    )


class ReturnedBefore(Refusal):
    """Everything missing is named once; a second list is not allowed."""

    code = "requests.returned_before"
    text = _(
        "Request {number} was sent back on {returned_on:%Y-%m-%d}, and everything missing had to be named then. Decide "
        "on it as it stands."
    )


class NotADecider(Refusal):
    """The law of the place names others."""

    code = "requests.not_a_decider"
    text = _("Request {number} is decided by: {deciders} ({source}). Leave the decision to them.")
    status = 403


class VotedBefore(Refusal):
    """A side has given its word already."""

    code = "requests.voted_before"
    text = _("The {side} gave its word on request {number} already. The other side's word is awaited.")


class SamePerson(Refusal):
    """One person does not act on two sides of a case."""

    code = "requests.same_person"
    text = _(
        "You acted on the other side of request {number}, so somebody else must act here. Hand the case to a colleague."
    )
    status = 403


class GroundNotAllowed(Refusal):
    """A refusal rests on a ground that the law lists."""

    code = "requests.ground_not_allowed"
    text = _("“{ground}” is no ground for refusing ({source}). Choose one of: {permitted}.")
    status = 422


class DocumentNotEnough(Refusal):
    """A ground needs a legal text of a certain rank."""

    code = "requests.document_not_enough"
    text = _("The ground “{ground}” needs the title of a {ranks} ({source}). Name it, or choose another ground.")
    status = 422


class DocumentEnded(Refusal):
    """A refusal cannot rest on a text that holds no more."""

    code = "requests.document_ended"
    text = _("“{title}” holds only until {until:%Y-%m-%d}. Name a text that is in force, or choose another ground.")
    status = 422


class MasksDiffer(Refusal):
    """Two deciders hide the same item in different ways."""

    code = "requests.masks_differ"
    text = _(
        "The other decider of request {number} masks {items} in another way. Agree on one mask, then give your word."
    )


class NamesDiffer(Refusal):
    """Two deciders name the same column in different ways."""

    code = "requests.names_differ"
    text = _(
        "The other decider of request {number} names {items} in another way. Agree on one name, then give your word."
    )


class NothingInCommon(Refusal):
    """Two deciders agree to items that do not overlap."""

    code = "requests.nothing_in_common"
    text = _(
        "What you agree to in request {number} has nothing in common with what the other decider agreed to. Talk to "
        "it, or refuse on a listed ground."
    )


class ExtensionAskedBefore(Refusal):
    """More time is asked for once."""

    code = "requests.extension_asked_before"
    text = _(
        "More time for request {number} was asked for before ({status}). It is possible only once; answer in time."
    )


class AnswerOverdue(Refusal):
    """The time to answer has ended, so it can no longer be extended."""

    code = "requests.answer_overdue"
    text = _(
        "Request {number} had to be answered by {due_on:%Y-%m-%d} ({source}) and can no longer be extended. Answer it "
        "now; the delay goes on record."
    )


class NoExtensionAsked(Refusal):
    """There is nothing to consent to."""

    code = "requests.no_extension_asked"
    text = _("No wish for more time is waiting in request {number}. Open the case to see its history.")
