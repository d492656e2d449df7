"""The changes that were read and not yet written: of each key only what became of it last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from hefu.dataplane.capture.pgoutput import UNCHANGED, Delete, Insert, Relation, Row, Truncate, Update, Value

#: The values of a row's key, in the order of the grant's key.
Key = tuple[Value, ...]


def picked(places: Sequence[int]) -> Callable[[Row], Row]:
    """Return what takes the values at these places out of a row."""
    if len(places) == 1:
        (only,) = places
        return lambda row: (row[only],)
    return itemgetter(*places) if places else lambda row: ()


@dataclass
class Pending:
    """Changes of one table since the last write."""

    relation: Relation
    #: Columns that name a row.
    key: Sequence[str]
    #: Key → the row as it became last, or None when it is gone.
    last: dict[Key, Row | None] = field(default_factory=dict)
    #: Whether the table was emptied before these changes.
    emptied: bool = False
    #: Row changes that were taken in.
    changes: int = 0
    #: Whether a value may be missing that the server did not send.
    gaps: bool = False

    def __post_init__(self) -> None:
        """Find the key's places."""
        self._key = picked([self.relation.columns.index(name) for name in self.key])

    def take(self, change: Insert | Update | Delete | Truncate) -> None:
        """Take one change in, in the order in which the source made it."""
        self.changes += 1
        if isinstance(change, Insert):
            self.last[self._key(change.new)] = change.new
        elif isinstance(change, Update):
            self._update(change)
        elif isinstance(change, Delete):
            self.last[self._key(change.old)] = None
        else:
            self.last.clear()
            self.emptied = True

    def _update(self, change: Update) -> None:
        key = self._key(change.new if change.old is None else self._filled(change.new, change.old))
        before = key if change.old is None else self._key(change.old)
        known = change.old if self.relation.identity == "f" else self.last.get(before)
        if before != key:
            self.last[before] = None
        row = self._filled(change.new, known) if known else change.new
        self.gaps = self.gaps or UNCHANGED in row
        self.last[key] = row

    @staticmethod
    def _filled(new: Row, before: Row) -> Row:
        """Return the new row with what the server did not send taken from the row before."""
        if UNCHANGED not in new:
            return new
        return tuple(old if value is UNCHANGED else value for value, old in zip(new, before, strict=True))

    @property
    def rows(self) -> list[Row]:
        """The rows that stand."""
        return [row for row in self.last.values() if row is not None]

    def __len__(self) -> int:
        """Return how many keys were touched."""
        return len(self.last)
