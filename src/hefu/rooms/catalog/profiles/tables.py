"""The values of one of our enumerations as a profile writes them, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hefu.rooms.catalog import terms

#: Enumeration of a profile's file → ours.
ENUMS: Mapping[str, type[StrEnum]] = {
    "share_type": terms.ShareType,
    "open_type": terms.OpenType,
    "update_cycle": terms.UpdateCycle,
    "format_class": terms.FormatClass,
    "item_type": terms.ItemType,
    "channel": terms.Channel,
    "share_mode": terms.ShareMode,
    "grade": terms.Grade,
}


@dataclass(frozen=True)
class Code:
    """One code of a profile."""

    code: str
    #: As the profile names it.
    name: str
    value: StrEnum


@dataclass(frozen=True)
class Table:
    """One enumeration of a profile."""

    field: str
    source: str
    codes: tuple[Code, ...]
    #: Values without a code of their own → the code they are written with; reading that code gives another value.
    nearest: Mapping[StrEnum, str]
    #: Values without a code → the words that are written instead; only where the profile allows words.
    words: Mapping[StrEnum, str]

    def write(self, value: StrEnum) -> str:
        """Return the code of `value`, the nearest code, or the words that stand for it."""
        found = next((one.code for one in self.codes if one.value is value), None)
        return found if found is not None else self.nearest.get(value) or self.words[value]

    def name(self, value: StrEnum) -> str:
        """Return what the profile calls `value`."""
        wanted = self.write(value)
        return next((one.name for one in self.codes if one.code == wanted), wanted)

    def read(self, text: str) -> StrEnum | None:
        """Return the value of a code, of its name, or of words; None when the profile knows no such."""
        for one in self.codes:
            if text in (one.code, one.name):
                return one.value
        return next((value for value, words in self.words.items() if words == text), None)


def faults(table: Table) -> list[str]:
    """Return what is wrong with a table: every value must be written, every code read, and both agree."""
    kind = ENUMS[table.field]
    coded = [one.value for one in table.codes]
    found = [f"{table.field}: no way to write {value}" for value in kind if not _written(table, value)]
    found += [f"{table.field}: two codes for {value}" for value in kind if coded.count(value) > 1]
    listed = [one.code for one in table.codes]
    found += [f"{table.field}: code {code} twice" for code in sorted(set(listed)) if listed.count(code) > 1]
    found += [
        f"{table.field}: {value} has a code and a stand-in"
        for value in (*table.nearest, *table.words)
        if value in coded
    ]
    found += [
        f"{table.field}: {value} stands in by code {code}, which is not there"
        for value, code in table.nearest.items()
        if code not in listed
    ]
    for value in kind:
        if _written(table, value) and value not in table.nearest and table.read(table.write(value)) is not value:
            found.append(f"{table.field}: {value} is not read back")
    found += [
        f"{table.field}: code {one.code} is not written back"
        for one in table.codes
        if table.write(one.value) != one.code
    ]
    return found


def _written(table: Table, value: StrEnum) -> bool:
    return value in table.nearest or value in table.words or any(one.value is value for one in table.codes)
