"""The words of evidence: kinds, and what recorded, sequenced and published mean.

*Recorded*: the entry is committed with the change it speaks of; it survives a crash, but has no
place in the log yet. *Sequenced*: it has an index and its hash is in the tiles. *Published*: a
signed checkpoint covers it, so a receipt can be made.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Kind:
    """One kind of entry. Declared once in its room's terms; never renamed.

    Fields may only be appended, under a new version: readers of old receipts rely on them.
    """

    #: Public dotted name, such as `request.decided`.
    code: str
    #: Raised when fields are appended.
    version: int
    #: Names that the body holds, all of them, always.
    fields: tuple[str, ...]
    #: What it says, one line, for the reference page.
    meaning: str = ""


class KeyPurpose(StrEnum):
    """What a signing key of the node is for."""

    #: Signs the log's checkpoints.
    LOG = "log"
    #: Signs tickets.
    TICKET = "ticket"


KEY_MADE = Kind("evidence.key_made", 1, ("purpose", "algorithm", "fingerprint"), "The node made a signing key.")
EXPORTED = Kind("evidence.exported", 1, ("entries", "filter"), "An auditor took a list of entries out.")
