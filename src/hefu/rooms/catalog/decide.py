"""Decisions of the catalogue: pure functions over frozen facts."""

import dataclasses
import re
from collections import Counter
from enum import Enum
from typing import Any

from hefu.kernel.actor import Actor
from hefu.kernel.names import folded as folded
from hefu.kernel.words import _
from hefu.rooms.catalog import errors, terms
from hefu.rooms.catalog.attribute import Attribute
from hefu.rooms.catalog.terms import (
    CHANNELS_OF,
    MOVES,
    WITH_LENGTH,
    WRITABLE,
    BasisKind,
    Channel,
    Content,
    Difference,
    EntryFacts,
    Extra,
    FormatClass,
    ItemContent,
    KeepingBack,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareType,
    Status,
    Verdict,
)

#: 类 1 digit, 项 2, 目 3, 细目 as many as the place uses.
_CLASS_CODE = re.compile(r"[123](\d{2}(\d{3}(\d{1,12})?)?)?")
_NEEDED = _("This is needed.")

#: The fields in which an item of the packs' `catalog.must_state` is stated. What is not here is an extension field
#: of the node's profile. The provider is no field: an entry always has one.
STATED_IN: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "items": ("items",),
    "provider": (),
    "format": ("format_class",),
    "attribute": ("class_code",),
    "classification": ("class_code", "grade"),
    "security_grade": ("grade",),
    "update_frequency": ("update_cycle",),
    "sharing_type": ("share_type",),
    "sharing_mode": ("channels",),
    "use_conditions": ("use_condition",),
    "open_type": ("open_type",),
    "source": ("system_name", "business_item"),
}


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the law of a place asks of an entry beyond the national list."""

    #: On what conditional sharing may rest; None where the law asks no basis for it.
    conditions: KeepingBack | None = None
    #: Extension fields that the law of the place wants filled in, whether or not the node's profile has them.
    extensions: tuple[str, ...] = ()
    #: Whether the law of the place wants all base data shared without conditions.
    base_is_free: bool = False


#: The national list alone.
NATIONAL = Asked()


def attribute(content: Content) -> Attribute | None:
    """Return for whom the resource is held; None while the class code is not one."""
    return Attribute(content.class_code[0]) if _CLASS_CODE.fullmatch(content.class_code) else None


def sets_conditions(content: Content) -> bool:
    """Return whether the entry or an item of it is shared on conditions."""
    return ShareType.CONDITIONAL in {content.share_type, *(item.share_type for item in content.items)}


def needs_basis(content: Content, asked: Asked) -> bool:
    """Return whether the entry must name the text that keeps data back or sets its conditions."""
    return keeps_back(content) or (asked.conditions is not None and sets_conditions(content))


def keeps_back(content: Content) -> bool:
    """Return whether the entry or an item of it is not shared."""
    return ShareType.NONE in {content.share_type, *(item.share_type for item in content.items)}


def refuse_unlawful(content: Content, keeping_back: KeepingBack | None, conditions: KeepingBack | None = None) -> None:
    """Refuse what not even a draft may say.

    Args:
        content: What the entry says.
        keeping_back: On what the law lets it be kept back; None where nothing of it is.
        conditions: On what the law lets conditions be set; None where it asks no basis for them.

    Raises:
        SecretRefused: Assessed as a state secret or a work secret.
        BasisNotEnough: Not shared, or conditional, on a basis that does not bear it.

    Source: decree 809 art. 3, 15; rules `catalog.not_shared_grounds`, `catalog.conditional_grounds`.
    """
    if content.secrecy not in (None, Secrecy.NONE):
        raise errors.SecretRefused(
            citation=terms.ART_3, name=content.name, secrecy=terms.SECRECY_NAMES[content.secrecy]
        )
    law = keeping_back if keeps_back(content) else conditions if sets_conditions(content) else None
    if law and content.basis_kind and content.basis_kind not in law.bases:
        refusal = errors.BasisNotEnough if keeps_back(content) else errors.ConditionsWithoutBasis
        raise refusal(
            citation=law.source,
            title=content.basis_title,
            kind=terms.BASIS_NAMES[content.basis_kind],
            allowed=[terms.BASIS_NAMES[kind] for kind in BasisKind if kind in law.bases],
            source=law.source,
        )


def faults(content: Content) -> dict[str, str]:
    """Return what is wrong in form, even for a draft: field → sentence."""
    found: dict[str, str] = {}
    if not content.name.strip():
        found["name"] = _NEEDED
    elif len(content.name.strip()) > terms.LONGEST_NAME:
        found["name"] = _("A name has at most 200 characters; put the rest into the abstract.")
    if not _CLASS_CODE.fullmatch(content.class_code):
        found["class_code"] = _("A class code begins with 1, 2 or 3, then 2, 3 and up to 12 digits more.")
    for field, longest in terms.LONGEST.items():
        value = getattr(content, field)
        if value and any(len(text.strip()) > longest for text in (value if isinstance(value, tuple) else (value,))):
            found[field] = _("This is too long. Shorten it, or put the rest into the abstract.")
    problem = _item_fault(content.items)
    if problem:
        found["items"] = problem
    return found


def _item_fault(items: tuple[ItemContent, ...]) -> str:
    if not items:
        return ""
    if any(not item.name.strip() for item in items):
        return _("An item needs a name.")
    if any(len(item.name.strip()) > terms.LONGEST_NAME or len(item.code.strip()) > 63 for item in items):
        return _("An item's name has at most 200 characters and its code at most 63.")
    if _twice(folded(item.name) or item.name for item in items):
        return _("Two items bear the same name. Tell them apart or remove one.")
    if _twice(item.code.strip().casefold() for item in items if item.code.strip()):
        return _("Two items bear the same code. Give each its own.")
    if any(item.length is not None and not 0 < item.length < 2**31 for item in items):
        return _("A length is a whole number above 0.")
    return ""


def _twice(values: Any) -> bool:
    return any(count > 1 for count in Counter(values).values())


def missing(content: Content, asked: Asked = NATIONAL) -> dict[str, str]:
    """Return everything the law asks for that `content` does not say: field → sentence.

    Args:
        content: What the entry says.
        asked: What the law of its place asks beyond the national list.

    Source: decree 809 art. 13 (what an entry states, the assessments), 15 (scope and purpose; reason
    and basis); the guide of 2017 for the rest of the core fields.
    """
    found = {
        field: _NEEDED
        for field in ("abstract", "use_condition", "secrecy_note", "system_name", "business_item")
        if not getattr(content, field).strip()
    }
    chosen = ("format_class", "share_type", "open_type", "update_cycle", "grade", "secrecy", "personal_info")
    found |= {
        field: _("Choose one.") for field in chosen if getattr(content, field) is None or getattr(content, field) == ""
    }
    if content.assessed_on is None:
        found["assessed_on"] = _NEEDED
    if asked.base_is_free and attribute(content) is Attribute.BASE and sets_conditions(content):
        found["share_type"] = _(
            "The law of this place wants base data shared without conditions: choose that, or class it as another"
            " resource."
        )
    given = {one.key for one in content.extension if one.value.strip()}
    if not given.issuperset(asked.extensions):
        found["extension"] = _(
            "The law of this place asks for further fields: fill in those of the node's profile. Where it has none for"
            " them, the operator adds them to it."
        )
    return (
        found | _format_gaps(content) | _sharing_gaps(content) | _conditions_gaps(content, asked) | _item_gaps(content)
    )


def _format_gaps(content: Content) -> dict[str, str]:
    found: dict[str, str] = {}
    if content.format_class and not content.format_types and not content.format_other.strip():
        found["format_types"] = _("Name the type, such as xlsx or postgresql, or describe the format.")
    if content.share_type is not ShareType.NONE:
        if not content.channels:
            found["channels"] = _("Choose at least one channel.")
        elif content.format_class and not set(content.channels) <= CHANNELS_OF[content.format_class]:
            found["channels"] = _("This format cannot travel by that channel: a file is shared as a file.")
    return found


def _sharing_gaps(content: Content) -> dict[str, str]:
    found: dict[str, str] = {}
    if content.share_type is ShareType.CONDITIONAL:
        if not content.share_condition.strip():
            found["share_condition"] = _("Conditional sharing names its condition (decree 809 art. 15).")
        if not content.share_scope.strip():
            found["share_scope"] = _("Conditional sharing lists scope and purpose (decree 809 art. 15).")
    if content.share_type is ShareType.NONE and not content.noshare_reason.strip():
        found["noshare_reason"] = _("Not sharing needs a reason (decree 809 art. 15).")
    if keeps_back(content):
        if content.basis_kind is None:
            found["basis_kind"] = _("Say what kind of text forbids sharing (decree 809 art. 15).")
        if not content.basis_title.strip():
            found["basis_title"] = _("Name the text that forbids sharing.")
        if not content.basis_article.strip():
            found["basis_article"] = _("Name the article that forbids sharing.")
    if content.open_type is OpenType.CONDITIONAL and not content.open_condition.strip():
        found["open_condition"] = _("Opening on conditions names them.")
    if content.personal_info not in (None, PersonalInfo.NONE) and not content.impact_note.strip():
        found["impact_note"] = _("Personal information needs the conclusion of an impact assessment (art. 13).")
    return found


def _conditions_gaps(content: Content, asked: Asked) -> dict[str, str]:
    """Return what is not said of the text that conditions rest on, where the law of the place asks for one."""
    if keeps_back(content) or not needs_basis(content, asked):
        return {}
    found: dict[str, str] = {}
    if content.basis_kind is None:
        found["basis_kind"] = _("The law of this place lets data be shared on conditions only by a text: say its kind.")
    if not content.basis_title.strip():
        found["basis_title"] = _("Name the text that the conditions rest on, or share without conditions.")
    if not content.basis_article.strip():
        found["basis_article"] = _("Name the article that the conditions rest on.")
    return found


def _item_gaps(content: Content) -> dict[str, str]:
    found: dict[str, str] = {}
    if not content.items:
        found["items"] = _("An entry names its items.")
    elif any(item.type is None for item in content.items):
        found["items"] = _("Every item needs a data type.")
    elif any(item.type in WITH_LENGTH and item.length is None for item in content.items):
        found["items"] = _("Text and number items need a length.")
    if content.system_name.strip() and folded(content.system_name) == folded(content.name):
        found["name"] = _("Name the data, not the system it comes from.")
    return found


def gaps(content: Content) -> tuple[str, ...]:
    """Return the names of the fields that `missing` finds, in the order of the form."""
    found = missing(content)
    return tuple(name for name in _FIELDS if name in found)


_FIELDS = tuple(field.name for field in dataclasses.fields(Content))


def rewrite(entry: EntryFacts) -> None:
    """Allow the department to rewrite its draft.

    Raises:
        NotWritable: In review, published or withdrawn.
    """
    if entry.status not in WRITABLE:
        raise errors.NotWritable(code=entry.code, status=terms.STATUS_NAMES[entry.status])


def submit(entry: EntryFacts, asked: Asked = NATIONAL) -> Status:
    """Return the status of an entry that its head signs off, once it says all that the law asks.

    Raises:
        MoveNotAllowed: Not a draft or returned.
        SecretRefused, BasisNotEnough: As `refuse_unlawful`.
        EntryIncomplete: Everything missing, at once.

    Source: decree 809 art. 13.
    """
    _move(entry, Status.IN_REVIEW)
    refuse_unlawful(entry.content, entry.keeping_back, asked.conditions)
    problems = faults(entry.content) | missing(entry.content, asked)
    if entry.namesake:
        problems.setdefault("name", _("Another entry of this department bears this name. Tell them apart."))
    if problems:
        raise errors.EntryIncomplete(problems=problems, citation=terms.ART_13)
    return Status.IN_REVIEW


def review(entry: EntryFacts, *, verdict: Verdict, reasons: str, reviewer: Actor) -> Status:
    """Return the status after the authority's review.

    Who wrote or signed the entry does not review it, and neither does their department, save where
    the authority itself is the provider and nobody else could: then another person of it does.

    Raises:
        MoveNotAllowed: Not in review.
        OwnWork: The reviewer, or the reviewer's department, wrote or signed it.
        ReasonsNeeded: Sent back without a reason.

    Source: decree 809 art. 16.
    """
    wanted = Status.PUBLISHED if verdict is Verdict.APPROVE else Status.RETURNED
    _move(entry, wanted)
    if reviewer.id in (entry.author, entry.signed_by):
        raise errors.OwnWork(citation=terms.ART_16, code=entry.code)
    if entry.signed_for == reviewer.department_id and not entry.provider_is_authority:
        raise errors.OwnWork(citation=terms.ART_16, code=entry.code)
    if wanted is Status.RETURNED and not reasons.strip():
        raise errors.ReasonsNeeded(code=entry.code, verb=_("returned"))
    return wanted


def withdraw(entry: EntryFacts, *, reason: str) -> Status:
    """Return the status of an entry that leaves the catalogue.

    Raises:
        MoveNotAllowed: Not published.
        ReasonsNeeded: No reason given.
    """
    _move(entry, Status.WITHDRAWN)
    if not reason.strip():
        raise errors.ReasonsNeeded(code=entry.code, verb=_("withdrawn"))
    return Status.WITHDRAWN


def review_withdrawal(code: str, *, asked_by: str, agrees: bool, reasons: str, reviewer: Actor) -> None:
    """Allow the authority's word on a withdrawal that a department asked for.

    Raises:
        OwnWork: The reviewer asked for it.
        ReasonsNeeded: Declined without a reason.
    """
    if reviewer.id == asked_by:
        raise errors.OwnWork(citation=terms.ART_16, code=code)
    if not agrees and not reasons.strip():
        raise errors.ReasonsNeeded(code=code, verb=_("kept in force"))


def must_follow(code: str, status: Status, *, is_change: bool) -> None:
    """Allow to note what an entry must follow: only what is in force can fall behind.

    Raises:
        MoveNotAllowed: It is not in force, or is the draft of a next version.
    """
    if status is not Status.PUBLISHED or is_change:
        raise errors.MoveNotAllowed(code=code, status=terms.STATUS_NAMES[status], wanted=_("to be updated"))


def _move(entry: EntryFacts, wanted: Status) -> None:
    if wanted not in MOVES[entry.status]:
        raise errors.MoveNotAllowed(
            code=entry.code, status=terms.STATUS_NAMES[entry.status], wanted=terms.STATUS_NAMES[wanted]
        )


def channels_for(format_class: FormatClass | None) -> tuple[Channel, ...]:
    """Return the channels a format can travel by, in their usual order; all when it is unknown."""
    able = CHANNELS_OF[format_class] if format_class else frozenset(Channel)
    return tuple(channel for channel in Channel if channel in able)


def difference(old: Content, new: Content) -> tuple[Difference, ...]:
    """Return what changed from `old` to `new`: fields in the order of the form, then items.

    Items are paired by id where both have one, else by code, so that a renamed item shows as renamed.
    """
    found = [
        Difference(field, "", shown(getattr(old, field)), shown(getattr(new, field)))
        for field in _names(Content)
        if field != "items" and getattr(old, field) != getattr(new, field)
    ]
    before, after = _by_identity(old.items), _by_identity(new.items)
    for key, was in before.items():
        if key not in after:
            found.append(Difference("item", was.name, was.name, ""))
    for key, now in after.items():
        was_one = before.get(key)
        if was_one is None:
            found.append(Difference("item", now.name, "", now.name))
            continue
        found += [
            Difference(field, now.name, shown(getattr(was_one, field)), shown(getattr(now, field)))
            for field in _names(ItemContent)
            if field != "id" and getattr(was_one, field) != getattr(now, field)
        ]
    if [key for key in before if key in after] != [key for key in after if key in before]:
        found.append(
            Difference(
                "items", "", "、".join(item.name for item in old.items), "、".join(item.name for item in new.items)
            )
        )
    return tuple(found)


def _by_identity(items: tuple[ItemContent, ...]) -> dict[str, ItemContent]:
    return {str(item.id) if item.id else (item.code or item.name): item for item in items}


def _names(model: type[Content] | type[ItemContent]) -> list[str]:
    return [field.name for field in dataclasses.fields(model)]


def shown(value: Any) -> str:
    """Return a field's value as one line of text; enums as their value, for the page to name."""
    match value:
        case None:
            return ""
        case Enum():
            return str(value.value)
        case tuple():
            return ", ".join(shown(part) for part in value)
        case Extra():
            return f"{value.key}: {value.value}"
        case _:
            return str(value)
