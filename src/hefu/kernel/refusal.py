"""Every "no" that a rule says. Anything else that goes wrong is a bug."""

from typing import Any, ClassVar

from hefu.kernel.citation import Citation
from hefu.kernel.words import _


class Refusal(Exception):
    """A rule said no: what happened, which rule, what to do now.

    A subclass sets `code`, `text` and, where it is not 409, `status`. Facts named in `text` are
    passed as keywords and kept in `facts`.
    """

    #: Public, dotted and final: never renamed, listed in docs/reference/errors.md.
    code: ClassVar[str] = "refusal"
    #: English sentence with `{fact}` fields, marked by `_`; it ends with the way on.
    text: ClassVar[str] = ""
    #: HTTP status that the surfaces answer with.
    status: ClassVar[int] = 409

    def __init__(self, *, citation: Citation | None = None, **facts: Any) -> None:
        """Keep the facts that the sentence names, and the rule behind it."""
        self.facts: dict[str, Any] = facts
        self.citation = citation
        super().__init__(self.sentence())

    def sentence(self, translated: str | None = None) -> str:
        """Return the sentence with its facts, in English or from `translated`."""
        return (translated or self.text).format(**self.facts)


class Forbidden(Refusal):
    """The person may not do this, or may not know that the thing exists."""

    code = "access.forbidden"
    text = _("You may not do this ({action}). Ask an administrator of your department for the seat it needs.")
    status = 403


class NotFound(Refusal):
    """There is no such thing, or the viewer may not see it: both look the same from outside."""

    code = "access.not_found"
    text = _("There is no {what} {key} that you can see. Check the number, or ask its department.")
    status = 404


class InputsRejected(Refusal):
    """What was typed cannot be taken; every fault is named at once."""

    code = "inputs.rejected"
    text = _("Some entries need another look: {fields}. Correct them and send again; nothing was lost.")
    status = 422

    def __init__(self, *, problems: dict[str, str], citation: Citation | None = None) -> None:
        """Keep `problems`: field name → sentence."""
        self.problems = problems
        super().__init__(citation=citation, fields=", ".join(sorted(problems)))
