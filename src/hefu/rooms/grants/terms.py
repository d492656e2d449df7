"""The words of grants."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hefu.dataplane.checks import Check
from hefu.dataplane.filters import Condition
from hefu.dataplane.ticket import Channel, ResourceKind
from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.requests.terms import GrantedItem


class GrantStatus(StrEnum):
    """Where a grant stands."""

    #: Decided, but nothing can be delivered yet: `missing` says what is not there.
    WAITING = "waiting"
    #: A ticket holds (within the term).
    ACTIVE = "active"
    #: Held for now; its ticket holds no more, a running delivery stops.
    SUSPENDED = "suspended"
    #: Taken back for good.
    REVOKED = "revoked"
    #: The term is over.
    EXPIRED = "expired"


#: Which status may follow which. An active grant waits again when its resource is taken off the entry. A waiting
#: one is held only when a text it rests on has ended: nothing may open it before somebody looked.
MOVES: dict[GrantStatus, frozenset[GrantStatus]] = {
    GrantStatus.WAITING: frozenset(
        {GrantStatus.ACTIVE, GrantStatus.SUSPENDED, GrantStatus.REVOKED, GrantStatus.EXPIRED}
    ),
    GrantStatus.ACTIVE: frozenset(
        {GrantStatus.WAITING, GrantStatus.SUSPENDED, GrantStatus.REVOKED, GrantStatus.EXPIRED}
    ),
    GrantStatus.SUSPENDED: frozenset(
        {GrantStatus.ACTIVE, GrantStatus.WAITING, GrantStatus.REVOKED, GrantStatus.EXPIRED}
    ),
    GrantStatus.REVOKED: frozenset(),
    GrantStatus.EXPIRED: frozenset(),
}

#: Statuses that a grant does not leave.
OVER = frozenset(status for status, following in MOVES.items() if not following)

STATUS_NAMES = {
    GrantStatus.WAITING: _("not yet deliverable"),
    GrantStatus.ACTIVE: _("in force"),
    GrantStatus.SUSPENDED: _("suspended"),
    GrantStatus.REVOKED: _("revoked"),
    GrantStatus.EXPIRED: _("past its term"),
}


class Way(StrEnum):
    """How the consumer's rows are kept up to date."""

    #: 全量: the table is replaced as a whole, each time somebody or a plan asks for it.
    WHOLE = "whole"
    #: 变更跟随: copied once, then every change of the source's table within seconds.
    FOLLOW = "follow"
    #: 增量: copied once, then rows at or past a watermark, each time somebody or a plan asks for it.
    INCREMENT = "increment"


WAY_NAMES = {
    Way.WHOLE: _("whole copies"),
    Way.FOLLOW: _("kept in step"),
    Way.INCREMENT: _("new and changed rows alone"),
}


class Side(StrEnum):
    """From which side of a grant somebody acts."""

    CONSUMER = "consumer"
    PROVIDER = "provider"
    AUTHORITY = "authority"
    #: 安全管理员: may stop, never give.
    SECURITY = "security"
    AUDIT = "audit"
    #: 系统管理员: keeps deliveries running; sees no value and decides nothing.
    OPERATION = "operation"
    PLATFORM = "platform"


SIDE_NAMES = {
    Side.CONSUMER: _("consumer"),
    Side.PROVIDER: _("provider"),
    Side.AUTHORITY: _("data authority"),
    Side.SECURITY: _("security administrator"),
    Side.AUDIT: _("audit administrator"),
    Side.OPERATION: _("system administrator"),
    Side.PLATFORM: _("the platform"),
}

#: Rule of the packs: after how long without use a grant is looked into.
IDLE_RULE = "grants.idle"
#: What follows misuse, step by step.
MISUSE_RULE = "use.misuse_steps"
#: What a record of use covers, and how long it is kept at least.
USE_RULE = "use.record_must_state"
RETENTION_RULE = "records.retention"
#: Whether what was granted may go to others.
ONWARD_RULE = "use.onward_transfer"

#: A side and the role in which somebody acts on it.
Standing = tuple[Side, Role]


class Lack(StrEnum):
    """What keeps a decided grant from being delivered."""

    RESOURCE = "resource"
    ITEMS = "items"
    FILTER = "filter"
    TARGET = "target"


LACK_SENTENCES = {
    Lack.RESOURCE: _("The entry is not mounted on a resource yet. The provider's officer mounts it."),
    Lack.ITEMS: _("Granted items have no column in the mounted resource. The provider's officer completes the mount."),
    Lack.FILTER: _(
        "The row scope speaks of items without a column in the mounted resource. The provider's officer completes "
        "the mount."
    ),
    Lack.TARGET: _("No place is named where the rows arrive. The consumer's officer chooses one on the grant's page."),
}


@dataclass(frozen=True)
class Mount:
    """The real thing an entry is mounted on, as far as a ticket needs it."""

    source: str
    kind: ResourceKind
    schema: str
    table: str
    #: Item code → column.
    columns: dict[str, str]
    #: Columns that name a row.
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class GrantFacts:
    """A grant as decisions see it."""

    number: str
    status: GrantStatus
    channel: Channel
    items: tuple[GrantedItem, ...]
    rows: tuple[Condition, ...]
    term_from: date
    term_until: date
    has_target: bool
    #: Most rows of one delivery, and most deliveries in the term; None sets no limit.
    quota_rows: int | None = None
    quota_deliveries: int | None = None
    #: Which side put the hold on; None unless suspended.
    held_by: Side | None = None
    #: How its rows are kept up to date, and whether they may be kept in step.
    way: Way = Way.WHOLE
    may_follow: bool = True


@dataclass(frozen=True)
class GrantIssued:
    """A ticket of the grant was signed: rows can move."""

    grant: str
    request: str
    at: datetime
    #: Whether only a hold was lifted, so that the consumer's rows are what they were.
    resumed: bool = False


@dataclass(frozen=True)
class GrantStopped:
    """A grant's ticket holds no more: suspended, narrowed, revoked or expired."""

    grant: str
    request: str
    status: GrantStatus
    at: datetime


#: What may move `status`; each body names the status after it, so that a case can be replayed.
GRANT_ISSUED = Kind(
    "grant.issued",
    2,
    (
        "status",
        "request",
        "entry",
        "entry_version",
        "consumer",
        "provider",
        "items",
        "masked",
        "row_conditions",
        "channel",
        "term_from",
        "term_until",
        "missing",
        "passing_on",
    ),
    "A decided request became a grant. From version 2 with what the law says of passing its data on.",
)
TICKET_SIGNED = Kind(
    "grant.ticket_signed",
    1,
    ("status", "ticket", "serial", "digest", "key", "items", "row_conditions", "valid_from", "valid_until"),
    "A ticket of the grant was signed; an earlier one holds no more.",
)
GRANT_OPENED = Kind("grant.opened", 1, ("status",), "What the grant waited for is there.")
TARGET_CHOSEN = Kind(
    "grant.target_chosen", 1, ("status", "target", "table"), "The consumer named where the rows arrive."
)
WAY_CHOSEN = Kind(
    "grant.way_chosen", 1, ("status", "side", "way"), "How the consumer's rows are kept up to date was chosen."
)
GRANT_UNMOUNTED = Kind(
    "grant.unmounted", 1, ("status", "missing"), "What the grant is delivered from is not there any more."
)
GRANT_SUSPENDED = Kind(
    "grant.suspended",
    2,
    ("status", "side", "reason", "mend_by"),
    "The grant was held. From version 2 with the day until which the consumer puts it right, where one is set.",
)
GRANT_RESUMED = Kind("grant.resumed", 1, ("status", "side", "reason"), "The hold was lifted.")
GRANT_NARROWED = Kind(
    "grant.narrowed", 1, ("status", "side", "reason", "changes"), "The grant was made smaller and signed anew."
)
GRANT_REVOKED = Kind("grant.revoked", 1, ("status", "side", "reason"), "The grant was taken back for good.")
GRANT_EXPIRED = Kind("grant.expired", 1, ("status", "term_until"), "The grant's term ended.")
USE_RECORDED = Kind(
    "grant.use_recorded",
    1,
    ("status", "told", "digest", "kept_until"),
    "The consumer told how it used the data; what is told stands at the node, here are its heads and its digest.",
)
GRANT_KEPT = Kind(
    "grant.kept",
    1,
    ("status", "side", "unused_since", "due_on", "reason"),
    "A grant that nobody had used was looked into and kept; the reason is a digest.",
)
