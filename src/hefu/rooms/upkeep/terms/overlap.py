"""The words of overlapping values: who agrees to it, which columns are left out, and what is found."""

from dataclasses import dataclass
from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: Rule of the packs: which personal information may be compared by salted sketches; without it, none.
OVERLAP_RULE = "resources.value_overlap"
#: Its word for personal information that is not sensitive.
PERSONAL = "personal"

#: Columns with fewer different values are not kept: they tell nothing, and could be made to ask for one value.
FEWEST_DISTINCT = 1000
#: An overlap seen on fewer values than this says nothing yet.
FEWEST_SEEN = 30
#: From this share of the smaller in the larger on, two items are alike by their values alone.
ALIKE = 0.5
#: Days after which a sketch is made anew.
STALE_DAYS = 30


class LeftOut(StrEnum):
    """Why a column is not sketched."""

    GRADED = "graded"
    SENSITIVE = "sensitive"
    PERSONAL = "personal"
    LOOKS_PERSONAL = "looks_personal"
    NO_COLUMN = "no_column"
    TYPE = "type"
    FEW = "few"


LEFT_OUT_WORDS = {
    LeftOut.GRADED: _("core or important data is never compared"),
    LeftOut.SENSITIVE: _("sensitive personal information is never compared"),
    LeftOut.PERSONAL: _("personal information, and no law of this place permits it"),
    LeftOut.LOOKS_PERSONAL: _("its values look like personal information, and no law of this place permits it"),
    LeftOut.NO_COLUMN: _("it has no column in the table"),
    LeftOut.TYPE: _("values of its type say nothing about sameness"),
    LeftOut.FEW: _("fewer than {least} different values"),
}


class RunStatus(StrEnum):
    """How far the sketching of a resource is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


RUN_STATUS_NAMES = {
    RunStatus.WAITING: _("waits for the worker"),
    RunStatus.RUNNING: _("running"),
    RunStatus.DONE: _("done"),
    RunStatus.FAILED: _("failed"),
    RunStatus.CANCELLED: _("stopped"),
}
#: Statuses in which a run still has work before it.
UNDER_WAY = (RunStatus.WAITING, RunStatus.RUNNING)


@dataclass(frozen=True)
class Column:
    """A mounted item as the question sees it whether its values may be compared."""

    name: str
    code: str
    column: str
    #: As the database writes it; empty for a file.
    type: str = ""
    #: The item's own grade, else the entry's.
    grade: str = ""
    #: Class of its values as profiles tell it; empty when nobody looked.
    pattern: str = ""
    #: What its entry as a whole is stated to hold of persons.
    personal_info: str = ""


OVERLAP_ALLOWED = Kind(
    "overlap.allowed",
    1,
    ("entry", "resource", "items", "reason"),
    "A department let values of items of an entry be compared by salted sketches; `items` are codes.",
)
OVERLAP_ENDED = Kind(
    "overlap.ended",
    1,
    ("entry", "resource", "reason"),
    "A department lets values of an entry be compared no more; their sketches are gone.",
)
OVERLAP_MEASURED = Kind(
    "overlap.measured",
    1,
    ("entry", "resource", "columns", "left_out", "pairs"),
    "Values of an entry were sketched at their source and compared; counts only.",
)
