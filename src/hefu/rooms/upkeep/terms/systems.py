"""The words of which information system a scanned source belongs to."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: From this confidence on a system is proposed first, 0 to 100; what is less likely may be chosen still.
LIKELY = 60


class Clue(StrEnum):
    """What speaks for a system."""

    REGISTERED_UNDER = "registered_under"
    SAME_PLACE = "same_place"
    SAME_HOST = "same_host"
    NAME_WITHIN = "name_within"
    LIKE_NAME = "like_name"
    INITIALS = "initials"
    DESCRIBED = "described"
    TABLES = "tables"
    ENTRIES = "entries"


CLUE_WORDS = {
    Clue.REGISTERED_UNDER: _("the source is registered under it"),
    Clue.SAME_PLACE: _("its source “{source}” reads the same database or folder"),
    Clue.SAME_HOST: _("its source “{source}” stands on the same host"),
    Clue.NAME_WITHIN: _("the source's name says “{word}”"),
    Clue.LIKE_NAME: _("its name is like the source's, by {share} of 100"),
    Clue.INITIALS: _("“{word}” in the address is made of its initials"),
    Clue.DESCRIBED: _("its name or description says “{word}”, which the address says too"),
    Clue.TABLES: _("{count} of {total} tables speak of “{word}”"),
    Clue.ENTRIES: _("{count} entries of this source are tied to it"),
}


class BelongingStatus(StrEnum):
    """What became of the proposal."""

    OPEN = "open"
    CHOSEN = "chosen"
    #: It belongs to no system: a folder for exchange, say.
    LEFT_OUT = "left_out"


BELONGING_STATUS_NAMES = {
    BelongingStatus.OPEN: _("system to be confirmed"),
    BelongingStatus.CHOSEN: _("system confirmed"),
    BelongingStatus.LEFT_OUT: _("belongs to no system"),
}


@dataclass(frozen=True)
class Address:
    """Where a source is read; what it does not have is empty."""

    host: str = ""
    port: int = 0
    dbname: str = ""
    folder: str = ""


@dataclass(frozen=True)
class SourceSide:
    """A scanned source as the search for its system sees it."""

    name: str
    address: Address = field(default_factory=Address)
    #: Names and comments of its tables.
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class SystemSide:
    """A registered system as that search sees it."""

    id: UUID
    name: str
    description: str = ""
    #: Its other sources: name and address.
    places: tuple[tuple[str, Address], ...] = ()
    #: Entries that were drafted from the source, or are mounted on it, and are tied to the system.
    entries: int = 0
    #: Whether the source is registered under it already.
    holds_source: bool = False


@dataclass(frozen=True)
class Fit:
    """How well a system fits, and why."""

    system_id: UUID
    #: 0 to 99: nobody but a person is certain.
    confidence: int
    #: Clue → facts for its sentence, the strongest first.
    clues: tuple[tuple[Clue, dict[str, Any]], ...]


SYSTEM_CHOSEN = Kind(
    "source.system_chosen",
    1,
    ("source", "system", "confidence", "registered", "entries"),
    "A department said which information system a scanned source belongs to; `confidence` is what was proposed for it.",
)
SOURCE_WITHOUT_SYSTEM = Kind(
    "source.without_system", 1, ("source",), "A department said that a scanned source belongs to no system."
)
