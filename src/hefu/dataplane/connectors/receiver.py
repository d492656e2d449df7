"""What a run needs of the place where a table arrives, whatever database it is."""

from collections.abc import Sequence
from typing import Protocol

from hefu.dataplane.connectors.postgres.position import Position
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Landing, Output


class Receiver(Protocol):
    """One session of the target, which holds the run's locks; a finished part and its position are one transaction."""

    @property
    def landing(self) -> Landing | None:
        """Return what a type becomes there when the receiver converts values itself; else the source casts them."""
        ...

    def lock(self, delivery: str) -> str | None:
        """Lock the delivery and the table for the life of the session; return what another run holds, or None."""
        ...

    def prepare(self) -> None:
        """Make the tables that keep positions where they are missing."""
        ...

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns, None when there is no such table yet.

        Raises:
            SideRefused: The table cannot be delivered into.
        """
        ...

    def earlier(self, delivery: str) -> Position | None:
        """Return the delivery's position, None when it never ran here."""
        ...

    def refuse_foreign_rows(self) -> None:
        """Refuse to replace rows that no delivery of ours put there.

        Raises:
            SideRefused: There are some.
        """
        ...

    def staging_name(self, delivery: str) -> str:
        """Return the name of the delivery's staging table: the same for every run of it."""
        ...

    def staging_stands(self, staging: str, rows: int) -> bool:
        """Return whether the staging table is there with the rows that finished parts put in it."""
        ...

    def begin(self, delivery: str, position: Position, outputs: Sequence[Output], *, exists: bool) -> None:
        """Make the empty staging table and write a fresh position."""
        ...

    def publish(self, outcome: Outcome, staging: str, outputs: Sequence[Output]) -> str:
        """Make the staged rows the consumer's and note the outcome, in one transaction; not committed yet.

        Returns:
            How: renamed or refilled.

        Raises:
            NotReconciled: Not the rows that were counted; nothing is published then.
        """
        ...

    def note(self, outcome: Outcome) -> None:
        """Note what the delivery gave, in the transaction that publishes it."""
        ...

    def commit(self) -> None:
        """Commit."""
        ...

    def tidy(self, staging: str) -> None:
        """Remove what publishing has left over."""
        ...

    def discard(self, delivery: str) -> None:
        """Remove what a revoked run had staged, in a session of its own."""
        ...

    def cancel(self) -> None:
        """End the running statement."""
        ...

    def cut(self) -> None:
        """End the connection."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
