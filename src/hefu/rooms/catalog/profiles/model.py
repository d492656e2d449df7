"""What a profile is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.catalog.profiles.classes import Classes
from hefu.rooms.catalog.profiles.classes import faults as class_faults
from hefu.rooms.catalog.profiles.codes import LONGEST_CODE, CodeRule, PartKind
from hefu.rooms.catalog.profiles.tables import Table
from hefu.rooms.catalog.profiles.tables import faults as table_faults
from hefu.rooms.catalog.terms import LONGEST_EXTRA, Extra

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?")


class ExtensionKind(StrEnum):
    """What an extension field holds."""

    TEXT = "text"
    #: A number alone, without its unit; 0 when unknown.
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True)
class Extension:
    """扩展元数据: a field that this profile asks beside the law's."""

    key: str
    #: As its sheet heads the column.
    name: str
    kind: ExtensionKind = ExtensionKind.TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How one text numbers entries and writes their values."""

    key: str
    title: str
    source: str
    #: Whether the text is in force, a draft, or our own reading.
    standing: str
    #: The day somebody last compared the file with the text.
    checked: date
    code: CodeRule | None
    tables: Mapping[str, Table]
    extensions: tuple[Extension, ...] = ()
    classes: Classes = field(default_factory=Classes)


def faults(profile: Profile) -> list[str]:
    """Return what is wrong with a profile; empty when it can be used."""
    found = [fault for table in profile.tables.values() for fault in table_faults(table)]
    if profile.code:
        counters = [part for part in profile.code.parts if part.kind is PartKind.COUNTER]
        if len(counters) != 1:
            found.append("code: there is one counter in a code")
        if profile.code.longest > LONGEST_CODE:
            found.append(f"code: up to {profile.code.longest} signs, and {LONGEST_CODE} are kept")
        if not profile.code.source:
            found.append("code: no source")
    found += [f"{field}: no source" for field, table in profile.tables.items() if not table.source]
    found += class_faults(profile.classes)
    keys = [one.key for one in profile.extensions]
    found += [f"extension {key} twice" for key in sorted(set(keys)) if keys.count(key) > 1]
    found += [
        f"extension {one.key}: choices go with kind choice, and only there"
        for one in profile.extensions
        if bool(one.choices) != (one.kind is ExtensionKind.CHOICE)
    ]
    return found


def extension_fault(profile: Profile, said: Iterable[Extra]) -> str:
    """Return what is wrong with the values of extension fields; empty when nothing is.

    A field that this profile does not ask is let be: another profile may have asked it.
    """
    asked = {one.key: one for one in profile.extensions}
    for extra in said:
        if len(extra.value) > LONGEST_EXTRA:
            return _("An extension field has at most 500 characters.")
        field = asked.get(extra.key)
        if field and field.kind is ExtensionKind.NUMBER and not _NUMBER.fullmatch(extra.value):
            return _(
                "A count in the extension fields is a number alone, without its unit; write 0 when it is not known."
            )
        if field and field.kind is ExtensionKind.CHOICE and extra.value not in field.choices:
            return _("An extension field holds a value that is not among its choices.")
    return ""
