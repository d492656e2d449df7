"""The words of requests.

The consumer's officer *drafts* what is asked; its chief *signs off* by submitting. From then on the case
is *received* and its clock runs. The *deciders* are whom the law of the provider's place names: the
provider, the authority, or both; each gives one *vote*, and the votes make the *decision*.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hefu.dataplane.filters import EVERY_ROW, RowFilter
from hefu.dataplane.masks import Mask
from hefu.dataplane.ticket import Channel
from hefu.dataplane.wire import LATER
from hefu.kernel.actor import Role
from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.law.terms import Rank
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.evidence.terms import Kind

SHARING_ACT = "政务数据共享条例"

#: What a request states; the heads of both sides sign.
ART_20 = Citation("decree-809", "20", SHARING_ACT)
#: Everything missing is named at once; a refusal has a reason.
ART_21 = Citation("decree-809", "21", SHARING_ACT)
#: What is not shared names its legal basis.
ART_15 = Citation("decree-809", "15", SHARING_ACT)

#: Rules of the packs that this room asks.
ANSWER_RULES = {
    ShareType.UNCONDITIONAL: "requests.answer_unconditional",
    ShareType.CONDITIONAL: "requests.answer_conditional",
}
EXTENSION_RULE = "requests.extension"
DELIVERY_RULE = "requests.delivery"
DECIDERS_RULE = "requests.deciders"
UNCONDITIONAL_RULE = "requests.unconditional_way"
MUST_STATE_RULE = "requests.must_state"
GROUNDS_RULE = "requests.refusal_grounds"


class Status(StrEnum):
    """Where a request stands."""

    #: Being written by the consumer; nobody else sees it.
    DRAFT = "draft"
    #: Signed off and handed in; its clock runs.
    RECEIVED = "received"
    #: Sent back, once, with the list of everything missing.
    INCOMPLETE = "incomplete"
    #: Agreed to as asked.
    GRANTED = "granted"
    #: Agreed to with fewer items, fewer rows or masks.
    PARTLY_GRANTED = "partly_granted"
    #: Refused on a listed ground with a reason.
    REFUSED = "refused"
    #: Taken back by the consumer.
    WITHDRAWN = "withdrawn"


STATUS_NAMES = {
    Status.DRAFT: _("draft"),
    Status.RECEIVED: _("waiting for the answer"),
    Status.INCOMPLETE: _("waiting to be completed"),
    Status.GRANTED: _("granted"),
    Status.PARTLY_GRANTED: _("granted in part"),
    Status.REFUSED: _("refused"),
    Status.WITHDRAWN: _("taken back"),
}

#: Which status may follow which. There is no way from waiting to granted by time alone.
MOVES: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.RECEIVED, Status.WITHDRAWN}),
    Status.RECEIVED: frozenset(
        {Status.INCOMPLETE, Status.GRANTED, Status.PARTLY_GRANTED, Status.REFUSED, Status.WITHDRAWN}
    ),
    Status.INCOMPLETE: frozenset({Status.RECEIVED, Status.WITHDRAWN}),
    Status.GRANTED: frozenset(),
    Status.PARTLY_GRANTED: frozenset(),
    Status.REFUSED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}

#: Statuses in which the consumer may write.
WRITABLE = frozenset({Status.DRAFT, Status.INCOMPLETE})
#: Statuses in which data is agreed to.
AGREED = frozenset({Status.GRANTED, Status.PARTLY_GRANTED})
#: Statuses in which somebody still has to do something.
OPEN = frozenset({Status.DRAFT, Status.RECEIVED, Status.INCOMPLETE})


class Side(StrEnum):
    """From which side of a case somebody acts."""

    CONSUMER = "consumer"
    PROVIDER = "provider"
    AUTHORITY = "authority"


SIDE_NAMES = {
    Side.CONSUMER: _("consumer"),
    Side.PROVIDER: _("provider"),
    Side.AUTHORITY: _("data authority"),
}

#: A side and the role in which somebody acts on it.
Standing = tuple[Side, Role]

#: Who decides, by the option that the pack chooses. Where nobody needs to, the platform grants on receipt.
DECIDERS: dict[str, tuple[Side, ...]] = {
    "provider": (Side.PROVIDER,),
    "authority_with_provider": (Side.PROVIDER, Side.AUTHORITY),
    "authority": (Side.AUTHORITY,),
    "taken_directly": (),
    "answered": (),
    "after_authority_review": (Side.AUTHORITY,),
}


class Verdict(StrEnum):
    """What a decider says."""

    GRANT = "grant"
    #: Fewer items, fewer rows, or masks.
    GRANT_PART = "grant_part"
    REFUSE = "refuse"


VERDICT_NAMES = {
    Verdict.GRANT: _("grant as asked"),
    Verdict.GRANT_PART: _("grant in part"),
    Verdict.REFUSE: _("refuse"),
}


class BasisKind(StrEnum):
    """What the consumer's need rests on."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    STATE_COUNCIL_DECISION = "state_council_decision"
    LOCAL_REGULATION = "local_regulation"
    MINISTRY_RULE = "ministry_rule"
    LOCAL_RULE = "local_rule"
    #: 三定规定: the provisions on a department's duties, offices and posts.
    DUTIES = "duties"


BASIS_NAMES = {
    BasisKind.LAW: _("law"),
    BasisKind.ADMINISTRATIVE_REGULATION: _("administrative regulation"),
    BasisKind.STATE_COUNCIL_DECISION: _("decision of the State Council"),
    BasisKind.LOCAL_REGULATION: _("local regulation"),
    BasisKind.MINISTRY_RULE: _("rule of a ministry"),
    BasisKind.LOCAL_RULE: _("rule of a local government"),
    BasisKind.DUTIES: _("provisions on the department's duties"),
}

CHANNEL_NAMES = {Channel.TABLE: _("table"), Channel.FILE: _("file")}

#: How forms, lists of what is missing and refusals call each field.
FIELD_NAMES = {
    "purpose": _("purpose"),
    "scenario": _("scenario of use"),
    "basis_kind": _("kind of legal basis"),
    "basis_title": _("title of the legal basis"),
    "basis_article": _("article of the legal basis"),
    "items": _("items"),
    "rows": _("row scope"),
    "channel": _("channel"),
    "target": _("place of delivery"),
    "term_from": _("first day of use"),
    "term_until": _("last day of use"),
    "pledge": _("pledge"),
}


@dataclass(frozen=True)
class LegalBasis:
    """The text that the consumer's need rests on."""

    kind: BasisKind
    title: str
    article: str = ""


@dataclass(frozen=True)
class Application:
    """What the consumer asks, as far as it is written; a draft may lack everything."""

    purpose: str = ""
    scenario: str = ""
    basis: LegalBasis | None = None
    #: Ids of the entry's items.
    item_ids: tuple[UUID, ...] = ()
    #: Conditions on item codes; none asks for every row.
    rows: RowFilter = EVERY_ROW
    channel: Channel | None = None
    #: Where the rows arrive; may be chosen later.
    target_id: UUID | None = None
    #: First and last day of use, both included, in the office's zone.
    term_from: date | None = None
    term_until: date | None = None
    #: Whether the consumer pledges that all this is true, lawful and safe; some places ask for it.
    pledge: bool = False


@dataclass(frozen=True)
class OfferedItem:
    """One item as the catalogue offers it."""

    item_id: UUID
    code: str
    name: str
    #: One letter, as the catalogue's guide writes types; empty when not stated.
    type: str = ""
    share_type: ShareType = ShareType.CONDITIONAL


@dataclass(frozen=True)
class Offer:
    """A catalogue entry as far as a request needs it."""

    entry_id: UUID
    code: str
    name: str
    version: int
    provider_id: UUID
    share_type: ShareType
    channels: tuple[str, ...]
    items: tuple[OfferedItem, ...]
    #: Whether it is in force.
    in_force: bool = True
    #: Why and by which text it is not shared, when it is not.
    kept_back: str = ""

    def item(self, code: str) -> OfferedItem | None:
        """Return the item of that code."""
        return next((item for item in self.items if item.code == code), None)


@dataclass(frozen=True)
class GrantedItem:
    """One item that is agreed to, and what is hidden of it."""

    #: Code of the item in the entry.
    code: str
    #: Name that people read.
    name: str = ""
    mask: Mask | None = None
    #: Name of the column in the delivery; empty: the code.
    delivered_as: str = field(default="", metadata=LATER)


@dataclass(frozen=True)
class GroundDocument:
    """The legal text behind a ground that needs one."""

    rank: Rank
    title: str
    article: str = ""


@dataclass(frozen=True)
class Answer:
    """What one decider says, or an officer proposes."""

    verdict: Verdict
    #: Why, in writing; needed whenever less than asked is given.
    reason: str = ""
    #: Items agreed to with their masks; None: all that are asked, without masks.
    items: tuple[GrantedItem, ...] | None = None
    #: Conditions that narrow the rows further.
    rows: RowFilter = EVERY_ROW
    #: Id of a ground that the pack lists; for a refusal.
    ground: str = ""
    document: GroundDocument | None = None


@dataclass(frozen=True)
class Settled:
    """What a case ends with when all deciders have spoken."""

    status: Status
    items: tuple[GrantedItem, ...]
    rows: RowFilter
    reason: str
    ground: str = ""
    document: GroundDocument | None = None


class VoiceKind(StrEnum):
    """How much weight an answer has."""

    #: Prepared by an officer for the chief; binds nobody.
    OPINION = "opinion"
    #: A decider's word; final.
    VOTE = "vote"


class ExtensionStatus(StrEnum):
    """Where a provider's wish for more time stands."""

    ASKED = "asked"
    CONSENTED = "consented"
    DECLINED = "declined"


EXTENSION_STATUS_NAMES = {
    ExtensionStatus.ASKED: _("waiting for the authority's consent"),
    ExtensionStatus.CONSENTED: _("consented"),
    ExtensionStatus.DECLINED: _("declined"),
}


class NoticeKind(StrEnum):
    """What a department is told about a case."""

    RETURNED = "returned"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    EXTENSION_DECLINED = "extension_declined"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    DATE_MOVED = "date_moved"
    ENTRY_WITHDRAWN = "entry_withdrawn"
    DATA_KEPT = "data_kept"
    TERMS_CHANGED = "terms_changed"
    GRANT_IDLE_SOON = "grant_idle_soon"
    GRANT_IDLE = "grant_idle"
    FOLLOW_STALLED = "follow_stalled"
    FOLLOW_GOES_ON = "follow_goes_on"
    FOLLOW_ANEW = "follow_anew"
    RUN_MISSED = "run_missed"
    SOURCE_SILENT = "source_silent"
    SOURCE_SPEAKS = "source_speaks"


#: What each notice says; the facts are kept with it.
NOTICES = {
    NoticeKind.RETURNED: _(
        "The provider asks you to complete request {number}. Complete what is listed and submit it again."
    ),
    NoticeKind.EXTENSION_ASKED: _(
        "The provider asks for {days} more working days to answer request {number}. Consent or decline before {due_on}."
    ),
    NoticeKind.EXTENDED: _("The time to answer request {number} was extended from {due_before} to {due_on}: {reason}"),
    NoticeKind.EXTENSION_DECLINED: _("The extension for request {number} was declined: {reason}"),
    NoticeKind.DECIDED: _("Request {number} was answered: {status}."),
    NoticeKind.WITHDRAWN: _("The consumer took request {number} back: {reason}"),
    NoticeKind.DUE_SOON: _("Request {number} is due on {due_on}; {days_left} working days are left."),
    NoticeKind.OVERDUE: _(
        "Request {number} was due on {due_on}. It went up to the data authority; the duty to act stays."
    ),
    NoticeKind.DELIVERED: _("The data of request {number} was delivered for the first time on {delivered_on}."),
    NoticeKind.DELIVERY_FAILED: _(
        "Delivery {delivery} of request {number} failed and needs a person. Its page says why and what to do."
    ),
    NoticeKind.DATE_MOVED: _(
        "The last day for request {number} was {due_before} and is {due_on} now: {cause}. The case page shows the "
        "count."
    ),
    NoticeKind.ENTRY_WITHDRAWN: _(
        "Entry {code}, which request {number} speaks of, left the catalogue: {reason}. What was granted stays in force "
        "for its term; look for another source in time."
    ),
    NoticeKind.DATA_KEPT: _(
        "The data of request {number} must stay available until {until}, though its entry was withdrawn ({source})."
    ),
    NoticeKind.TERMS_CHANGED: _(
        "Entry {code}, which request {number} speaks of, was {old} and is {new} since version {version}. Look at the "
        "request again."
    ),
    NoticeKind.GRANT_IDLE_SOON: _(
        "Grant {grant} of request {number} has not been used since {since}. Use it before {due_on} or give it back; "
        "after that day the data authority looks into it."
    ),
    NoticeKind.GRANT_IDLE: _(
        "Grant {grant} of request {number} has not been used since {since}, longer than the law allows. The data "
        "authority looks into it and keeps or ends it; until then it stays in force."
    ),
    NoticeKind.FOLLOW_STALLED: _(
        "Delivery {delivery} of request {number} should keep the table in step and does not: {cause}. Its page says "
        "since when and what to do."
    ),
    NoticeKind.FOLLOW_GOES_ON: _("Delivery {delivery} of request {number} does what it should again, or has ended."),
    NoticeKind.RUN_MISSED: _(
        "The copy of grant {grant} that was due at {due_at} did not begin in time. The grant's page says why, and when "
        "the next one is due."
    ),
    NoticeKind.SOURCE_SILENT: _(
        "The source of grant {grant} has given nothing new since {since}, longer than {cause} lets expect. The "
        "provider looks whether it still is filled; the consumer's rows stay as they are."
    ),
    NoticeKind.SOURCE_SPEAKS: _("The source of grant {grant} gives something new again."),
    NoticeKind.FOLLOW_ANEW: _("The table of delivery {delivery} of request {number} had to be copied anew: {cause}."),
}


@dataclass(frozen=True)
class RequestReceived:
    """A request was signed off and handed in."""

    number: str
    consumer_id: UUID
    provider_id: UUID
    entry_id: UUID
    received_on: date
    #: Last day to answer; None where the law sets no time (unconditional data before decree 809).
    due_on: date | None
    at: datetime


@dataclass(frozen=True)
class RequestGranted:
    """Data was agreed to: everything that a grant needs."""

    number: str
    consumer_id: UUID
    provider_id: UUID
    entry_id: UUID
    entry_code: str
    entry_name: str
    entry_version: int
    items: tuple[GrantedItem, ...]
    #: Conditions on item codes.
    rows: RowFilter
    channel: Channel
    target_id: UUID | None
    purpose: str
    #: First and last day of use, both included.
    term_from: date
    term_until: date
    decided_at: datetime
    #: The rules that the decision rests on.
    basis: tuple[Citation, ...]


@dataclass(frozen=True)
class RequestRefused:
    """A request was refused."""

    number: str
    consumer_id: UUID
    provider_id: UUID
    entry_id: UUID
    ground: str
    decided_at: datetime


@dataclass(frozen=True)
class RequestWithdrawn:
    """The consumer took a received request back."""

    number: str
    consumer_id: UUID
    provider_id: UUID
    entry_id: UUID
    at: datetime


#: Kinds that carry `status` say what the case was after them, so that its evidence can be replayed through MOVES.
REQUEST_DRAFTED = Kind("request.drafted", 1, ("status", "entry", "application"), "A consumer began a request.")
REQUEST_CHANGED = Kind("request.changed", 1, ("application",), "The consumer rewrote what it asks.")
REQUEST_RECEIVED = Kind(
    "request.received",
    1,
    (
        "status",
        "consumer",
        "provider",
        "entry",
        "entry_version",
        "share_type",
        "items",
        "row_conditions",
        "channel",
        "term_from",
        "term_until",
        "application",
        "received_on",
        "due_on",
        "deciders",
        "pack",
    ),
    "The consumer's chief signed the request off; `application` is the digest of all that it says.",
)
REQUEST_COMPLETED = Kind(
    "request.completed",
    1,
    ("status", "entry_version", "share_type", "items", "row_conditions", "application", "due_on"),
    "The consumer handed the completed request in again.",
)
REQUEST_RETURNED = Kind(
    "request.returned",
    1,
    ("status", "missing", "paused"),
    "Everything missing was named, once; the case is not refused.",
)
OPINION_GIVEN = Kind("request.opinion_given", 1, ("side", "verdict", "reason"), "An officer proposed an answer.")
VOTE_GIVEN = Kind(
    "request.vote_given",
    1,
    ("side", "verdict", "items", "masked", "row_conditions", "ground", "reason"),
    "A decider gave its word; `reason` is a digest.",
)
REQUEST_DECIDED = Kind(
    "request.decided",
    1,
    (
        "status",
        "by",
        "items",
        "masked",
        "row_conditions",
        "rows",
        "ground",
        "document",
        "reason",
        "decided_on",
        "due_on",
    ),
    "The case was answered; `rows` and `reason` are digests.",
)
EXTENSION_ASKED = Kind(
    "request.extension_asked", 1, ("days", "due_on", "reason"), "The provider asked for more time to answer."
)
EXTENSION_ANSWERED = Kind(
    "request.extension_answered",
    1,
    ("consented", "days", "due_before", "due_on", "reason", "requester_told"),
    "The authority answered the wish for more time; the requester was told.",
)
REQUEST_WITHDRAWN = Kind("request.withdrawn", 1, ("status", "reason"), "The consumer took the request back.")
REQUEST_DELIVERED = Kind(
    "request.delivered", 1, ("delivered_on", "in_time"), "The first delivery under the request was completed."
)
DELIVERY_OFF = Kind("request.delivery_off", 1, ("reason",), "The grant ended before anything was delivered.")
