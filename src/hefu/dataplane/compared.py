"""What a comparison of both sides found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hefu.dataplane.connectors.postgres.followed import NOTHING, Counts

#: Keys that are named of all that differ.
MOST_KEYS = 10_000

#: Texts of a key's values.
Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Gap:
    """One row that is not the same on both sides."""

    kind: Literal["missing", "extra", "different"]
    #: Its key, as it is delivered.
    key: Key


@dataclass(frozen=True)
class SideSeen:
    """One side as it was counted."""

    rows: int
    #: Sum of the digests of all rows, as hex.
    digest: str
    #: Column → sum of its values as text, for columns of numbers.
    sums: Mapping[str, str | None]


@dataclass(frozen=True)
class Compared:
    """What was found."""

    source: SideSeen
    target: SideSeen
    #: Rows that are granted and are not there; rows that are there and are not granted; rows with other values.
    missing: int
    extra: int
    different: int
    #: Which those are, as far as they are named.
    gaps: tuple[Gap, ...]
    #: Rows of the target that came, were written over and went to mend it.
    mended: Counts = NOTHING

    @property
    def agrees(self) -> bool:
        """Return whether both sides hold the same rows."""
        return not (self.missing or self.extra or self.different)
