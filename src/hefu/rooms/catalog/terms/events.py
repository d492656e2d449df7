"""What the catalogue announces to the rooms above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.rooms.catalog.terms.sharing import ShareType


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
