"""Whether a table that is kept in step may lose so many rows at once: looked at before each commit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hefu.dataplane.connectors.postgres.followed import Counts, Followed
from hefu.dataplane.errors import TooFewRows

#: Seconds over which losses are added up: many small deletions empty a table as surely as one. For as long nothing is
#: held after somebody let such a loss through.
WINDOW = 600.0


class Standing(Protocol):
    """The table as it stands at the target."""

    def load(self, delivery: str) -> Followed | None:
        """Return how far the delivery is; commits."""
        ...

    def columns(self) -> object | None:
        """Return its columns; None when there is no such table yet."""
        ...

    def rows(self) -> int:
        """Count its rows."""
        ...

    def commit(self) -> None:
        """Commit."""
        ...


@dataclass
class Shrinking:
    """The rule of one run, and what it has lost lately. The target's rows are counted once, then reckoned."""

    #: How many rows there were → how many have to be left.
    needed: Callable[[int], int]
    #: Whether somebody lets the next such loss through.
    allowed: bool = False
    #: Whether that loss has come.
    passed: bool = False
    clock: Callable[[], float] = time.monotonic
    _rows: int | None = field(default=None, init=False)
    _lost: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)
    _free_until: float = field(default=0.0, init=False)

    def least_of_copy(self, table: Standing, delivery: str, ticket: str) -> int:
        """Return how many rows a copy has to have to take the table's place; commits.

        Only a copy made anew under the same ticket is held to what was there: another ticket may open fewer rows.
        """
        earlier = table.load(delivery)
        if self.allowed or earlier is None or earlier.ticket != ticket:
            return 0
        rows = 0 if table.columns() is None else table.rows()
        table.commit()
        return self.needed(rows)

    def copied(self) -> None:
        """Note that a copy took the table's place, however few its rows."""
        self.allowed, self.passed = False, self.passed or self.allowed

    def look(self, done: Counts, count: Callable[[], int]) -> None:
        """Say whether what an open transaction of the target has done may be committed.

        Args:
            done: What it has done.
            count: Counts the rows as they stand in that transaction.

        Raises:
            TooFewRows: Far fewer would be left; nothing may be committed then.
        """
        now = self.clock()
        if now - self._since > WINDOW:
            self._since, self._lost = now, 0
        loss = done.deleted - done.inserted
        lost = self._lost + loss
        if self._rows is not None:
            self._rows -= loss
        if done.deleted and lost > 0 and now >= self._free_until:
            if self._rows is None or self._rows < self.needed(self._rows + lost):
                self._rows = count()
            least = self.needed(self._rows + lost)
            if self._rows < least:
                if not self.allowed:
                    raise TooFewRows(rows=self._rows, least=least)
                self.allowed, self.passed = False, True
                self._free_until, lost = now + WINDOW, 0
        self._lost = max(0, lost)
