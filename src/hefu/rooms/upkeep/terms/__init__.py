"""The words of keeping the catalogue whole.

A *task* is what a department is there for: a duty (职责) of its charter, or a business item (业务事项)
under a duty. A *tie* links an entry to a task or to an information system. A *gap* is a tie that should
be there and is not. A *look* is what was found when an entry's items were last held against the live table.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hefu.kernel.citation import Citation
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

SHARING_ACT = "政务数据共享条例"
#: The authority and the departments keep catalogues; entries follow duties.
ART_12 = Citation("decree-809", "12", SHARING_ACT)
#: The authority reviews and announces.
ART_16 = Citation("decree-809", "16", SHARING_ACT)
ART_17 = Citation("decree-809", "17", SHARING_ACT)


class TaskKind(StrEnum):
    """What kind of task it is."""

    DUTY = "duty"
    BUSINESS = "business"


TASK_KIND_NAMES = {TaskKind.DUTY: _("duty"), TaskKind.BUSINESS: _("business item")}


class Gap(StrEnum):
    """What is missing between duties, entries, resources and systems."""

    SYSTEM_NO_ENTRY = "system_no_entry"
    ENTRY_NO_SYSTEM = "entry_no_system"
    ENTRY_NO_RESOURCE = "entry_no_resource"
    ENTRY_NO_CONDITION = "entry_no_condition"
    ENTRY_NO_TASK = "entry_no_task"
    ENTRY_DRIFTED = "entry_drifted"
    DUTY_NO_ENTRY = "duty_no_entry"


GAP_NAMES = {
    Gap.SYSTEM_NO_ENTRY: _("systems without an entry"),
    Gap.ENTRY_NO_SYSTEM: _("entries without a system"),
    Gap.ENTRY_NO_RESOURCE: _("entries without a table or file"),
    Gap.ENTRY_NO_CONDITION: _("conditional entries without conditions"),
    Gap.ENTRY_NO_TASK: _("entries without a duty"),
    Gap.ENTRY_DRIFTED: _("entries that differ from their live table"),
    Gap.DUTY_NO_ENTRY: _("duties without an entry"),
}

#: Gaps whose offending rows are entries.
ENTRY_GAPS = frozenset(gap for gap in Gap if gap.value.startswith("entry_"))


@dataclass(frozen=True)
class Coverage:
    """How whole one department's catalogue is."""

    department_id: UUID
    name: str
    #: Division code.
    place: str
    #: Entries in force.
    entries: int = 0
    systems: int = 0
    duties: int = 0
    gaps: dict[Gap, int] = field(default_factory=dict)
    #: When it was counted; None for just now.
    counted_at: datetime | None = None

    def gap(self, gap: Gap) -> int:
        """Return how many rows have this gap."""
        return self.gaps.get(gap, 0)

    @property
    def total(self) -> int:
        """Return how many rows have a gap, each as often as it has one."""
        return sum(self.gaps.values())

    def share(self, gap: Gap) -> float | None:
        """Return how many of what could have the gap do not, 0 to 1; None when there is nothing."""
        whole = {Gap.SYSTEM_NO_ENTRY: self.systems, Gap.DUTY_NO_ENTRY: self.duties}.get(gap, self.entries)
        return None if whole == 0 else 1 - self.gap(gap) / whole


@dataclass(frozen=True)
class TaskLine:
    """One line of a list of duties and business items, as a file says it."""

    #: As the file counts: the first line below the head is 2.
    row: int
    duty: str
    business: str = ""
    code: str = ""
    basis: str = ""


@dataclass(frozen=True)
class TasksRead:
    """What the import of a list of duties did."""

    lines: int
    #: Duties and business items that are new.
    added: int
    #: Those that were there.
    known: int
    #: Row → sentence, for lines that say no duty.
    refused: dict[int, str]


@dataclass(frozen=True)
class TiesMade:
    """How many entries were tied by their own words."""

    systems: int
    tasks: int


@dataclass(frozen=True)
class Drift:
    """What a look at the live table found."""

    entry_id: UUID
    looked_at: datetime
    missing: int
    type_differs: int
    not_catalogued: int
    #: Why the table could not be looked at; empty when it could.
    fault: str


TASKS_REGISTERED = Kind(
    "tasks.registered", 1, ("department", "added", "known", "digest"), "Duties and business items were registered."
)
TASKS_MOVED = Kind(
    "tasks.moved", 1, ("department", "duty", "moved", "digest"), "Business items were put under another duty."
)
TASK_ENDED = Kind("task.ended", 1, ("department", "task", "reason"), "A duty or business item ended.")
ENTRY_TIED = Kind("entry.tied", 1, ("code", "to", "id"), "An entry was tied to a system, a duty or a business item.")
ENTRY_UNTIED = Kind("entry.untied", 1, ("code", "from", "id"), "A tie of an entry was taken off.")
ENTRIES_TIED = Kind(
    "entries.tied_by_name",
    1,
    ("department", "systems", "tasks", "digest"),
    "Entries were tied to the systems and business items they name.",
)


class Check(StrEnum):
    """What reviewers send entries back for, as far as a machine sees it."""

    NAME_IS_SYSTEM = "name_is_system"
    NAME_LIKE_SYSTEM = "name_like_system"
    NAMESAKE = "namesake"
    COUNTS_UP = "counts_up"
    CODE_SHORT = "code_short"
    NO_ABSTRACT = "no_abstract"
    ABSTRACT_EMPTY_WORDS = "abstract_empty_words"
    FORMAT_TYPE = "format_type"
    CHANNEL = "channel"
    NO_ITEMS = "no_items"
    ITEM_TYPE = "item_type"
    ITEM_LENGTH = "item_length"
    LENGTHS_COUNT_UP = "lengths_count_up"
    CENSUS = "census"
    NO_CITIZEN_ID = "no_citizen_id"
    NO_CREDIT_CODE = "no_credit_code"
    NOT_HEARD = "not_heard"
    RECOLLECTED = "recollected"


#: Check → what is said of it; the fields in braces are the finding's facts.
CHECKS = {
    Check.NAME_IS_SYSTEM: _("“{name}” is the name of a system. Name the data, not the system it comes from."),
    Check.NAME_LIKE_SYSTEM: _("“{name}” reads like the name of a system. Name the data it holds."),
    Check.NAMESAKE: _("Entry {code} of the same department bears this name but for spaces and signs."),
    Check.COUNTS_UP: _("“{name}” and “{other}” differ by a number that counts up, as a filled-down column makes it."),
    Check.CODE_SHORT: _("The class code {code} stops too early: state kind, group and class (6 digits)."),
    Check.NO_ABSTRACT: _("The abstract is missing."),
    Check.ABSTRACT_EMPTY_WORDS: _("The abstract “{abstract}” says no more than the name."),
    Check.FORMAT_TYPE: _("The type {type} does not belong to the format class."),
    Check.CHANNEL: _("Data of this format cannot be shared by the channel {channel}."),
    Check.NO_ITEMS: _("No item is named."),
    Check.ITEM_TYPE: _("{count} items have no data type of the list, such as “{item}”."),
    Check.ITEM_LENGTH: _("{count} items have no length, such as “{item}”."),
    Check.LENGTHS_COUNT_UP: _("The lengths of items count up one by one, as a filled-down column makes them."),
    Check.CENSUS: _("“{column}” says “{cell}”; it takes a bare number, 0 when it is not known."),
    Check.NO_CITIZEN_ID: _("It names people, and the law of this place wants them named by citizen identity number."),
    Check.NO_CREDIT_CODE: _("It names organisations, and the law of this place wants them named by credit code."),
    Check.NOT_HEARD: _("The law of this place wants others heard while an entry is compiled, and nobody was asked."),
    Check.RECOLLECTED: _(
        "It collects again what {department} is the source of: {items}. See entry {code} (one datum, one source)."
    ),
}

#: Checks that point at something to look at; the others are what reviewers reject.
DOUBTS = frozenset({Check.NAME_LIKE_SYSTEM, Check.ABSTRACT_EMPTY_WORDS, Check.LENGTHS_COUNT_UP, Check.CODE_SHORT})


@dataclass(frozen=True)
class Finding:
    """One thing a reviewer would send an entry back for."""

    check: Check
    #: Field of the entry it stands at.
    at: str
    facts: dict[str, str | int] = field(default_factory=dict)

    @property
    def is_doubt(self) -> bool:
        """Return whether it is to be looked at, not rejected outright."""
        return self.check in DOUBTS


@dataclass(frozen=True)
class Neighbours:
    """What stands beside an entry, for the checks."""

    #: Code and name of the department's other entries that are not withdrawn.
    names: tuple[tuple[str, str], ...] = ()
    #: Folded names of the department's systems.
    systems: frozenset[str] = frozenset()
    #: The row an entry was imported from, as it was.
    original: dict[str, Any] = field(default_factory=dict)
    #: Ids of the packs' `resources.identifiers` that bind the department's data.
    identifiers: frozenset[str] = frozenset()
    #: Whether the law wants others heard on it and no round of comments was held.
    unheard: bool = False
    #: Items whose source is another department: item, department, code of the entry that holds it.
    recollected: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Reviewed:
    """What a bulk review did with one entry."""

    entry_id: UUID
    name: str
    #: Why it could not be done; None when it was.
    refused: Refusal | None = None


REVIEWED_TOGETHER = Kind(
    "entries.reviewed_together",
    1,
    ("verdict", "done", "refused", "digest"),
    "A reviewer gave one word on several entries; each has its own record besides.",
)
