"""The words of keeping the catalogue whole.

A *task* is what a department is there for: a duty (职责) of its charter, or a business item (业务事项)
under a duty. A *tie* links an entry to a task or to an information system. A *gap* is a tie that should
be there and is not. A *look* is what was found when an entry's items were last held against the live table.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

SHARING_ACT = "政务数据共享条例"
#: The authority and the departments keep catalogues; entries follow duties.
ART_12 = Citation("decree-809", "12", SHARING_ACT)
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
TASK_ENDED = Kind("task.ended", 1, ("department", "task", "reason"), "A duty or business item ended.")
ENTRY_TIED = Kind("entry.tied", 1, ("code", "to", "id"), "An entry was tied to a system, a duty or a business item.")
ENTRY_UNTIED = Kind("entry.untied", 1, ("code", "from", "id"), "A tie of an entry was taken off.")
ENTRIES_TIED = Kind(
    "entries.tied_by_name",
    1,
    ("department", "systems", "tasks", "digest"),
    "Entries were tied to the systems and business items they name.",
)
