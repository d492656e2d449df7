"""The words of cases of upkeep: duplicates, comments, yearly reviews, needs, scans."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hefu.kernel.citation import Citation
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: Rule of the packs: who is heard while an entry is compiled, and its word for everybody.
HEARS_RULE = "catalog.hears"
THE_PUBLIC = "public"

#: One source department for a datum that several hold.
ART_19 = Citation("decree-809", "19", "政务数据共享条例")


class PairStatus(StrEnum):
    """What became of two entries that are alike."""

    OPEN = "open"
    #: The same datum; one department is named as its source.
    ONE_SOURCE = "one_source"
    #: Alike in words only.
    DIFFERENT = "different"


PAIR_STATUS_NAMES = {
    PairStatus.OPEN: _("to be settled"),
    PairStatus.ONE_SOURCE: _("one source named"),
    PairStatus.DIFFERENT: _("different data"),
}


class Word(StrEnum):
    """What a full review says of an entry."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


WORD_NAMES = {Word.CONFIRMED: _("confirmed"), Word.CHANGED: _("changed since"), Word.WITHDRAWN: _("withdrawn")}


class NeedStatus(StrEnum):
    """Where a need outside the catalogue stands."""

    RECEIVED = "received"
    #: The authority named the department that must have it.
    ASSIGNED = "assigned"
    #: That department agreed; it catalogues.
    CONFIRMED = "confirmed"
    #: An entry in force holds it.
    MET = "met"
    REFUSED = "refused"


NEED_STATUS_NAMES = {
    NeedStatus.RECEIVED: _("with the data authority"),
    NeedStatus.ASSIGNED: _("with the source department"),
    NeedStatus.CONFIRMED: _("being catalogued"),
    NeedStatus.MET: _("met by an entry"),
    NeedStatus.REFUSED: _("need refused"),
}

#: Which status may follow which. A source department that says no sends the need back to the authority.
NEED_MOVES: dict[NeedStatus, frozenset[NeedStatus]] = {
    NeedStatus.RECEIVED: frozenset({NeedStatus.ASSIGNED, NeedStatus.MET, NeedStatus.REFUSED}),
    NeedStatus.ASSIGNED: frozenset({NeedStatus.CONFIRMED, NeedStatus.RECEIVED}),
    NeedStatus.CONFIRMED: frozenset({NeedStatus.MET}),
    NeedStatus.MET: frozenset(),
    NeedStatus.REFUSED: frozenset(),
}


class ScanStatus(StrEnum):
    """How far a scan is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


SCAN_STATUS_NAMES = {
    ScanStatus.WAITING: _("waits for the worker"),
    ScanStatus.RUNNING: _("running"),
    ScanStatus.DONE: _("done"),
    ScanStatus.FAILED: _("failed"),
}


class ProposalStatus(StrEnum):
    """What became of a proposed entry."""

    OPEN = "open"
    TAKEN = "taken"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Settled:
    """What became of one proposal of several that were settled together."""

    proposal_id: UUID
    name: str
    #: Why it could not be done; None when it was.
    refused: Refusal | None = None


PROPOSAL_STATUS_NAMES = {
    ProposalStatus.OPEN: _("proposed"),
    ProposalStatus.TAKEN: _("drafted"),
    ProposalStatus.IGNORED: _("ignored"),
}


@dataclass(frozen=True)
class ItemProposed:
    """The item that a column could be."""

    name: str
    code: str
    column: str
    #: One letter of the guide.
    type: str
    length: int | None
    #: As in the catalogue's `PersonalInfo`.
    personal_info: str


@dataclass(frozen=True)
class Side:
    """An entry as the search for duplicates sees it."""

    name: str
    #: Names of its items.
    items: tuple[str, ...] = ()
    #: Codes of its items.
    codes: tuple[str, ...] = ()
    #: Types of its items, one letter of the guide each or empty.
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Likeness:
    """How alike two entries are; all shares 0 to 100."""

    score: int
    names: int
    items: int
    contained: int
    shared: tuple[str, ...] = ()


PAIR_DISMISSED = Kind("pair.dismissed", 1, ("entries", "reason", "score"), "Two like entries were found different.")
ENTRY_ASSESSED = Kind(
    "entry.assessed", 1, ("code", "agrees", "note", "digest"), "A second person looked at an entry's assessments."
)
ROUND_OPENED = Kind("round.opened", 1, ("code", "until"), "Others may comment on a draft.")
COMMENT_MADE = Kind("round.commented", 1, ("code", "department", "digest"), "A department commented on a draft.")
COMMENT_ANSWERED = Kind("round.answered", 1, ("code", "taken", "answer"), "A comment was answered.")
COMMENT_OF_PUBLIC = Kind("round.public_commented", 1, ("code", "digest"), "One of the public commented on a draft.")
COMMENT_LOOKED_AT = Kind(
    "round.looked_at",
    1,
    ("code", "digest", "shown", "reason"),
    "A comment of the public was shown, or kept back and why.",
)
ROUND_CLOSED = Kind("round.closed", 1, ("code", "comments", "taken"), "The time for comments ended.")
REVIEW_OPENED = Kind("full_review.opened", 1, ("department", "due_on", "entries"), "A full review began.")
REVIEW_CLOSED = Kind(
    "full_review.closed", 1, ("department", "confirmed", "changed", "withdrawn"), "A whole catalogue was gone through."
)
NEED_ASKED = Kind("need.asked", 1, ("department", "digest"), "Data outside the catalogue was asked for.")
NEED_MOVED = Kind("need.moved", 1, ("status", "source", "entry", "reason"), "A need outside the catalogue moved on.")
SOURCE_SCANNED = Kind("source.scanned", 1, ("source", "tables"), "A source was scanned for what could be catalogued.")
