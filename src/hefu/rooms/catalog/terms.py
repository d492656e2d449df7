"""The words of the catalogue.

An *entry* says what a department holds and how it is shared. A *change* is the draft of a published
entry's next version: the old version stays in force until the change is published. A *version* is a
frozen snapshot. A *carried-over* entry came published from an older catalogue; what the law asks of
it and it does not yet say is its *gaps*.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.law.terms import Rank
from hefu.rooms.evidence.terms import Kind

SHARING_ACT = "政务数据共享条例"
GUIDE = "政务信息资源目录编制指南（试行）"

#: State secrets and work secrets are outside what may be shared.
ART_3 = Citation("decree-809", "3", SHARING_ACT)
#: What an entry states; the assessments and the head's consent before it.
ART_13 = Citation("decree-809", "13", SHARING_ACT)
#: The three sharing types.
ART_14 = Citation("decree-809", "14", SHARING_ACT)
#: Scope and purpose of conditional sharing; reason and legal basis of not sharing.
ART_15 = Citation("decree-809", "15", SHARING_ACT)
#: The authority reviews and announces.
ART_16 = Citation("decree-809", "16", SHARING_ACT)
#: Entries are kept up to date.
ART_17 = Citation("decree-809", "17", SHARING_ACT)


class Status(StrEnum):
    """Where an entry, or the change of one, stands."""

    #: Being written by its department.
    DRAFT = "draft"
    #: Signed off by the department's head; the authority reviews.
    IN_REVIEW = "in_review"
    #: Sent back by the authority with reasons; the department rewrites.
    RETURNED = "returned"
    #: In force; every department finds it.
    PUBLISHED = "published"
    #: Taken out of the catalogue, for good; what it said stays readable.
    WITHDRAWN = "withdrawn"


#: Which status may follow which. A change ends by being published onto its entry.
MOVES: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.IN_REVIEW}),
    Status.IN_REVIEW: frozenset({Status.PUBLISHED, Status.RETURNED}),
    Status.RETURNED: frozenset({Status.IN_REVIEW}),
    Status.PUBLISHED: frozenset({Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset(),
}

#: Statuses in which the department may write.
WRITABLE = frozenset({Status.DRAFT, Status.RETURNED})
#: Statuses that everybody with a seat may read.
PUBLIC = frozenset({Status.PUBLISHED, Status.WITHDRAWN})

STATUS_NAMES = {
    Status.DRAFT: _("draft"),
    Status.IN_REVIEW: _("in review"),
    Status.RETURNED: _("returned"),
    Status.PUBLISHED: _("published"),
    Status.WITHDRAWN: _("withdrawn"),
}


class ShareType(StrEnum):
    """共享类型: on what terms other departments get the data (decree 809 art. 14)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NONE = "none"


SHARE_TYPE_NAMES = {
    ShareType.UNCONDITIONAL: _("shared unconditionally"),
    ShareType.CONDITIONAL: _("shared conditionally"),
    ShareType.NONE: _("not shared"),
}


class BasisKind(StrEnum):
    """What kind of text a legal basis is. Which of them can keep data back is the law's word, not ours."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    STATE_COUNCIL_DECISION = "state_council_decision"
    LOCAL_REGULATION = "local_regulation"
    MINISTRY_RULE = "ministry_rule"
    LOCAL_RULE = "local_rule"
    INTERNAL_RULE = "internal_rule"


#: Rank of each basis, as the regulation packs write it.
RANKS = {
    BasisKind.LAW: Rank.LAW,
    BasisKind.ADMINISTRATIVE_REGULATION: Rank.ADMINISTRATIVE_REGULATION,
    BasisKind.STATE_COUNCIL_DECISION: Rank.STATE_COUNCIL_DECISION,
    BasisKind.LOCAL_REGULATION: Rank.LOCAL_REGULATION,
    BasisKind.MINISTRY_RULE: Rank.RULE,
    BasisKind.LOCAL_RULE: Rank.RULE,
    BasisKind.INTERNAL_RULE: Rank.NORMATIVE_DOCUMENT,
}


@dataclass(frozen=True)
class KeepingBack:
    """On what an entry may be "not shared", as the law of its place says on the day."""

    bases: frozenset[BasisKind]
    #: The article that says so.
    source: Citation


BASIS_NAMES = {
    BasisKind.LAW: _("law"),
    BasisKind.ADMINISTRATIVE_REGULATION: _("administrative regulation"),
    BasisKind.STATE_COUNCIL_DECISION: _("decision of the State Council"),
    BasisKind.LOCAL_REGULATION: _("local regulation"),
    BasisKind.MINISTRY_RULE: _("rule of a ministry"),
    BasisKind.LOCAL_RULE: _("rule of a local government"),
    BasisKind.INTERNAL_RULE: _("internal rule or document"),
}


class OpenType(StrEnum):
    """开放类型: on what terms the public gets the data."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    CLOSED = "closed"


OPEN_TYPE_NAMES = {
    OpenType.UNCONDITIONAL: _("open to all"),
    OpenType.CONDITIONAL: _("open on conditions"),
    OpenType.CLOSED: _("not open"),
}


class Channel(StrEnum):
    """共享方式: how the data travels (decree 809 art. 22)."""

    TABLE = "table"
    FILE = "file"
    INTERFACE = "interface"


CHANNEL_NAMES = {Channel.TABLE: _("table"), Channel.FILE: _("file"), Channel.INTERFACE: _("interface")}


class ShareMode(StrEnum):
    """共享方式分类: over the sharing platform, or by mail, disk and other media."""

    PLATFORM = "platform"
    MEDIA = "media"


SHARE_MODE_NAMES = {ShareMode.PLATFORM: _("over the platform"), ShareMode.MEDIA: _("by mail or media")}


class UpdateCycle(StrEnum):
    """更新周期."""

    REALTIME = "realtime"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    TWO_YEARLY = "two_yearly"
    IRREGULAR = "irregular"
    #: Closed stock that no longer changes.
    NEVER = "never"


UPDATE_CYCLE_NAMES = {
    UpdateCycle.REALTIME: _("in real time"),
    UpdateCycle.DAILY: _("daily"),
    UpdateCycle.WEEKLY: _("weekly"),
    UpdateCycle.MONTHLY: _("monthly"),
    UpdateCycle.QUARTERLY: _("quarterly"),
    UpdateCycle.HALF_YEARLY: _("twice a year"),
    UpdateCycle.YEARLY: _("yearly"),
    UpdateCycle.TWO_YEARLY: _("every two years"),
    UpdateCycle.IRREGULAR: _("irregularly"),
    UpdateCycle.NEVER: _("no longer updated"),
}


class Grade(StrEnum):
    """数据分级 (GB/T 43697-2024)."""

    CORE = "core"
    IMPORTANT = "important"
    GENERAL = "general"


GRADE_NAMES = {Grade.CORE: _("core data"), Grade.IMPORTANT: _("important data"), Grade.GENERAL: _("general data")}


class FormatClass(StrEnum):
    """信息资源格式分类, with the code of the guide."""

    DOCUMENT = "1"
    SPREADSHEET = "2"
    DATABASE = "3"
    IMAGE = "4"
    MEDIA = "5"
    SELF_DESCRIBING = "6"
    SERVICE = "7"


FORMAT_CLASS_NAMES = {
    FormatClass.DOCUMENT: _("electronic document"),
    FormatClass.SPREADSHEET: _("spreadsheet"),
    FormatClass.DATABASE: _("database"),
    FormatClass.IMAGE: _("image"),
    FormatClass.MEDIA: _("streaming media"),
    FormatClass.SELF_DESCRIBING: _("self-describing format"),
    FormatClass.SERVICE: _("service interface"),
}

#: Which channels a resource of a class can travel by: a file cannot be handed over as a table.
CHANNELS_OF: dict[FormatClass, frozenset[Channel]] = {
    FormatClass.DOCUMENT: frozenset({Channel.FILE}),
    FormatClass.SPREADSHEET: frozenset({Channel.FILE}),
    FormatClass.DATABASE: frozenset(Channel),
    FormatClass.IMAGE: frozenset({Channel.FILE}),
    FormatClass.MEDIA: frozenset({Channel.FILE, Channel.INTERFACE}),
    FormatClass.SELF_DESCRIBING: frozenset(Channel),
    FormatClass.SERVICE: frozenset({Channel.INTERFACE}),
}


class ItemType(StrEnum):
    """数据类型, one letter as the guide writes it."""

    TEXT = "C"
    NUMBER = "N"
    MONEY = "Y"
    DATE = "D"
    MOMENT = "T"
    LOGICAL = "L"
    MEMO = "M"
    GENERAL = "G"
    DOUBLE = "B"
    INTEGER = "I"
    FLOAT = "F"


ITEM_TYPE_NAMES = {
    ItemType.TEXT: _("text"),
    ItemType.NUMBER: _("number"),
    ItemType.MONEY: _("money"),
    ItemType.DATE: _("date"),
    ItemType.MOMENT: _("date and time"),
    ItemType.LOGICAL: _("yes or no"),
    ItemType.MEMO: _("long text"),
    ItemType.GENERAL: _("binary"),
    ItemType.DOUBLE: _("double precision"),
    ItemType.INTEGER: _("integer"),
    ItemType.FLOAT: _("floating point"),
}

#: Types that a length is stated for.
WITH_LENGTH = frozenset({ItemType.TEXT, ItemType.NUMBER})


class Secrecy(StrEnum):
    """Finding of the secrecy assessment. Anything but `none` cannot be catalogued."""

    NONE = "none"
    WORK_SECRET = "work_secret"  # noqa: S105 - a finding, no password
    STATE_SECRET = "state_secret"  # noqa: S105


SECRECY_NAMES = {
    Secrecy.NONE: _("no secret"),
    Secrecy.WORK_SECRET: _("work secret"),
    Secrecy.STATE_SECRET: _("state secret"),
}


class PersonalInfo(StrEnum):
    """Finding of the personal-information assessment."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


PERSONAL_INFO_NAMES = {
    PersonalInfo.NONE: _("no personal information"),
    PersonalInfo.PERSONAL: _("personal information"),
    PersonalInfo.SENSITIVE: _("sensitive personal information"),
}


class Verdict(StrEnum):
    """What the authority's reviewer says."""

    APPROVE = "approve"
    RETURN = "return"


@dataclass(frozen=True)
class ItemContent:
    """信息项: one field of what an entry describes."""

    name: str
    #: Short technical name that delivered tables use as the column's name; made from the name's
    #: initials when empty.
    code: str = ""
    type: ItemType | None = None
    #: Characters or digits; None where the type needs none.
    length: int | None = None
    #: Differs from the entry's own sharing type when set.
    share_type: ShareType | None = None
    #: Differs from the entry's own grade when set.
    grade: Grade | None = None
    #: Differs from the entry's own opening when set.
    open_type: OpenType | None = None
    description: str = ""
    #: The item that this one carries on; None for a new one. Items without it are matched by code, then name.
    id: UUID | None = None


@dataclass(frozen=True)
class Extra:
    """扩展元数据: what an entry says in a field that the node's profile adds to the law's."""

    #: Key of the profile's extension field.
    key: str
    value: str


@dataclass(frozen=True)
class Content:
    """All that an entry says: what a form, an API call or an import hands in, and what versions keep."""

    name: str
    abstract: str = ""
    #: 分类码: kind 1–3, then 2 digits, 3 digits and more as far as the class is known.
    class_code: str = "3"
    internal_office: str = ""
    format_class: FormatClass | None = None
    #: Lower-case types within the class, such as `xlsx` or `postgresql`.
    format_types: tuple[str, ...] = ()
    #: Describes a format that no type names.
    format_other: str = ""
    share_type: ShareType | None = None
    share_condition: str = ""
    #: Scope of departments and the purposes (用途) that conditional sharing allows.
    share_scope: str = ""
    noshare_reason: str = ""
    basis_kind: BasisKind | None = None
    basis_title: str = ""
    basis_article: str = ""
    share_mode: ShareMode = ShareMode.PLATFORM
    channels: tuple[Channel, ...] = ()
    open_type: OpenType | None = None
    open_condition: str = ""
    update_cycle: UpdateCycle | None = None
    grade: Grade | None = None
    use_condition: str = ""
    secrecy: Secrecy | None = None
    #: How the secrecy risk was assessed.
    secrecy_note: str = ""
    personal_info: PersonalInfo | None = None
    #: Conclusion of the personal-information impact assessment.
    impact_note: str = ""
    assessed_on: date | None = None
    #: 信息系统 the data comes from, by name; a mounted resource ties it to the registered system.
    system_name: str = ""
    business_item: str = ""
    theme: str = ""
    tags: tuple[str, ...] = ()
    phone: str = ""
    #: Code in the catalogue it was taken over from.
    outside_code: str = ""
    #: Codes of entries it belongs together with.
    related_codes: tuple[str, ...] = ()
    #: Fields of the profile, in its order; empty ones are left out.
    extension: tuple[Extra, ...] = ()
    items: tuple[ItemContent, ...] = ()


@dataclass(frozen=True)
class EntryFacts:
    """An entry or change as a decision sees it."""

    code: str
    status: Status
    content: Content
    provider_id: UUID
    #: Whether the provider is the data authority itself.
    provider_is_authority: bool
    #: Who wrote it last, as evidence names people.
    author: str
    #: Who signed it off, and for which department; empty before.
    signed_by: str = ""
    signed_for: UUID | None = None
    #: Code of another open entry of the same provider that bears the same name; empty when none.
    namesake: str = ""
    #: On what the law lets it be kept back; None where nothing of it is.
    keeping_back: KeepingBack | None = None


@dataclass(frozen=True)
class Difference:
    """One thing that differs between two versions."""

    #: Name of the field in `Content` or `ItemContent`; `item` for a whole item.
    field: str
    #: Name of the item it concerns; empty for the entry itself.
    item: str
    old: str
    new: str


#: How forms, differences and refusals call each field.
FIELD_NAMES = {
    "name": _("name"),
    "abstract": _("abstract"),
    "class_code": _("class code"),
    "internal_office": _("office within the department"),
    "format_class": _("format class"),
    "format_types": _("format types"),
    "format_other": _("other format"),
    "share_type": _("sharing type"),
    "share_condition": _("sharing condition"),
    "share_scope": _("scope and purpose"),
    "noshare_reason": _("reason for not sharing"),
    "basis_kind": _("kind of legal basis"),
    "basis_title": _("title of the legal basis"),
    "basis_article": _("article of the legal basis"),
    "share_mode": _("class of sharing mode"),
    "channels": _("channels"),
    "open_type": _("opening to the public"),
    "open_condition": _("opening condition"),
    "update_cycle": _("update cycle"),
    "grade": _("data grade"),
    "use_condition": _("conditions of use"),
    "secrecy": _("secrecy assessment"),
    "secrecy_note": _("how secrecy was assessed"),
    "personal_info": _("personal information"),
    "impact_note": _("impact assessment"),
    "assessed_on": _("day of assessment"),
    "system_name": _("information system"),
    "business_item": _("business item"),
    "theme": _("theme"),
    "tags": _("tags"),
    "phone": _("contact"),
    "outside_code": _("code elsewhere"),
    "related_codes": _("related entries"),
    "extension": _("extension fields"),
    "items": _("items"),
    "item": _("item"),
    "code": _("item code"),
    "type": _("data type"),
    "length": _("length"),
    "description": _("description"),
}

#: Characters that a name may have.
LONGEST_NAME = 200
#: Characters that the value of an extension field may have.
LONGEST_EXTRA = 500
#: Characters that the other short texts may have; in a list, each of its members.
LONGEST = {
    "internal_office": 120,
    "format_types": 30,
    "format_other": 200,
    "basis_title": 200,
    "basis_article": 60,
    "system_name": 200,
    "business_item": 200,
    "theme": 60,
    "tags": 60,
    "phone": 60,
    "outside_code": 120,
    "related_codes": 120,
}


@dataclass(frozen=True)
class EntrySubmitted:
    """A department's head signs an entry or change off; a listener that refuses keeps it from being handed in."""

    entry_id: UUID
    code: str
    provider_id: UUID
    #: The head.
    by: Actor
    at: datetime


@dataclass(frozen=True)
class EntryPublished:
    """A version of an entry came into force."""

    entry_id: UUID
    code: str
    version: int
    provider_id: UUID
    share_type: ShareType
    at: datetime
    #: Title of the text that it names for its sharing type; empty when it names none.
    basis_title: str = ""


@dataclass(frozen=True)
class EntryWithdrawn:
    """An entry left the catalogue."""

    entry_id: UUID
    code: str
    provider_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True)
class ShareTypeChanged:
    """A new version shares on other terms than the one before."""

    entry_id: UUID
    code: str
    version: int
    provider_id: UUID
    old: ShareType
    new: ShareType
    at: datetime


ENTRY_DRAFTED = Kind(
    "entry.drafted", 1, ("code", "provider", "replaces_version", "digest"), "A department drafted an entry or change."
)
ENTRY_CHANGED = Kind("entry.changed", 1, ("code", "fields", "digest"), "A draft was rewritten.")
ENTRY_DROPPED = Kind("entry.dropped", 1, ("code", "digest"), "A draft was thrown away.")
ENTRY_SUBMITTED = Kind(
    "entry.submitted", 1, ("code", "provider", "secrecy", "personal_info", "assessed_on", "digest"), "The head signed."
)
ENTRY_RETURNED = Kind("entry.returned", 1, ("code", "reasons", "digest"), "The authority sent an entry back.")
ENTRY_PUBLISHED = Kind(
    "entry.published", 1, ("code", "version", "provider", "share_type", "digest"), "The authority put it into force."
)
ENTRY_WITHDRAWN = Kind("entry.withdrawn", 1, ("code", "version", "reason"), "An entry left the catalogue.")
_IMPORTED = ("batch", "file_digest", "published", "taken", "changed", "unchanged", "refused", "entries_digest")
CATALOG_IMPORTED = Kind(
    "catalog.imported", 1, _IMPORTED, "A file was imported. `entries_digest`: each entry's code, version and digest."
)
_MENDED = ("batch", "published", "taken", "columns", "entries_digest")
CATALOG_MENDED = Kind("catalog.mended", 1, _MENDED, "Rows that an import had refused were put right and taken in.")


class Cause(StrEnum):
    """What changed, so that an entry in force must follow (decree 809 art. 17; national guide of 2022, 2.3)."""

    LAW = "law"
    DECISION = "decision"
    DUTIES = "duties"
    INFORMATION = "information"


CAUSE_NAMES = {
    Cause.LAW: _("a law or regulation changed"),
    Cause.DECISION: _("a decision of the State Council changed"),
    Cause.DUTIES: _("the department's duties changed"),
    Cause.INFORMATION: _("what the entry says is not so any more"),
}
#: Rule whose time runs after each cause.
CAUSE_RULES = dict.fromkeys(Cause, "catalog.update") | {Cause.INFORMATION: "catalog.refresh_entry"}

_DIGEST = "The text is a digest."
CAUSE_NOTED = Kind(
    "entry.cause_noted", 1, ("code", "cause", "on", "due_on", "note"), f"An entry must follow a change. {_DIGEST}"
)
UPDATE_EXTENDED = Kind(
    "entry.update_extended",
    1,
    ("code", "days", "due_before", "due_on", "reason"),
    f"An update got more time. {_DIGEST}",
)
WITHDRAWAL_ASKED = Kind(
    "entry.withdrawal_asked", 1, ("code", "version", "due_on", "reason"), f"A withdrawal waits for review. {_DIGEST}"
)
WITHDRAWAL_DECLINED = Kind(
    "entry.withdrawal_declined", 1, ("code", "version", "reasons"), f"A withdrawal was declined. {_DIGEST}"
)
