"""All that an entry says, as forms, calls, imports and versions hold it, and how its fields are called."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hefu.kernel.words import _
from hefu.rooms.catalog.terms.life import Status
from hefu.rooms.catalog.terms.sharing import BasisKind, Channel, KeepingBack, OpenType, ShareMode, ShareType
from hefu.rooms.catalog.terms.values import FormatClass, Grade, ItemType, PersonalInfo, Secrecy, UpdateCycle


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
