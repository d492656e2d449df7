"""The messages that were read and not yet written, and what became of each key in them."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from hefu.dataplane.capture.netting import Net, OneByOne, net
from hefu.dataplane.capture.pending import Pending
from hefu.dataplane.capture.pgoutput import Delete, Insert, Relation, Update, decode

#: Fewer messages are netted one by one: looking at columns costs more than it saves.
_FEW = 50


@dataclass
class Gathered:
    """Messages about one table's rows since the last write, as they came."""

    relation: Relation
    #: Columns that name a row.
    key: Sequence[str]
    messages: list[bytes] = field(default_factory=list)
    #: Whether the table was emptied before these messages.
    emptied: bool = False

    def empty(self) -> None:
        """Take note that the table was emptied: what came before does not matter any more."""
        self.messages.clear()
        self.emptied = True

    def together(self, wanted: Sequence[str]) -> tuple[Net | None, Pending]:
        """Return what became of the keys: of most of them together, of the others one by one.

        Args:
            wanted: Columns whose values matter, the key's among them.

        Raises:
            Garbled: Bytes that are no messages.
        """
        found = None
        if len(self.messages) >= _FEW:
            place = self.relation.columns.index
            with contextlib.suppress(OneByOne):
                found = net(self.messages, self.relation, [*map(place, self.key)], [*map(place, wanted)])
        if found is None:
            return None, self.one_by_one()
        return found, self._pending([self.messages[number] for number in found.odd])

    def one_by_one(self) -> Pending:
        """Return what became of all keys."""
        return self._pending(self.messages)

    def _pending(self, messages: Sequence[bytes]) -> Pending:
        pending = Pending(self.relation, self.key)
        for data in messages:
            change = decode(data)
            if isinstance(change, (Insert, Update, Delete)):
                pending.take(change)
        return pending
