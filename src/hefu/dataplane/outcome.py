"""What a delivery did, and what it could not deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

Lane = Literal["passthrough", "governed"]


@dataclass(frozen=True)
class Rejected:
    """One row that was not delivered."""

    #: Such as `citizen_id(id_number)`; all of them.
    reasons: tuple[str, ...]
    #: The source's own values as text, unmasked: they belong to the provider alone.
    values: Mapping[str, str | None]


class RejectSink(Protocol):
    """Keeps rejected rows for the provider. Called in the thread that called `deliver`."""

    def begin(self) -> None:
        """Forget what an earlier attempt of this delivery put."""
        ...

    def put(self, batch: Sequence[Rejected]) -> None:
        """Keep some more rows."""
        ...


class ListSink:
    """Keeps rejected rows in memory; for small deliveries and tests."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: list[Rejected] = []

    def begin(self) -> None:
        """Start empty again."""
        self.rows = []

    def put(self, batch: Sequence[Rejected]) -> None:
        """Append the batch."""
        self.rows.extend(batch)


@dataclass(frozen=True)
class Outcome:
    """A finished, reconciled delivery."""

    delivery: str
    #: Id of the ticket it went out under.
    ticket: str
    lane: Lane
    #: Rows that the filter grants; the others were never read.
    rows_read: int
    rows_rejected: int
    #: Reason → rows. A row may count under several.
    rejected: Mapping[str, int]
    rows_written: int
    #: Bytes on the wire, or of the file.
    bytes: int
    #: Key digests; equal, or the delivery raised instead.
    digest_source: str
    digest_target: str
    #: Name and type of each delivered column.
    columns: tuple[tuple[str, str], ...]
    #: Phase → seconds of this run.
    seconds: Mapping[str, float] = field(default_factory=dict)
    #: Rows that an earlier, interrupted run had written already.
    resumed_rows: int = 0
    #: Why an earlier run's rows could not be kept, or empty.
    restarted: str = ""
    #: Why a source that can be read in ranges of a key was read as a whole, or empty.
    whole: str = ""
    #: How the table was replaced: renamed or refilled; empty for a file.
    published: str = ""
    #: Whether an earlier run had finished this very delivery, so that nothing was left to do.
    repeated: bool = False
    #: Where the file is and its SHA-256; empty for a table.
    path: str = ""
    sha256: str = ""
    #: What a delivery of new rows alone read and changed; None for a whole copy.
    increment: Mapping[str, Any] | None = None
    #: What a delivery of joined rows joined: how, and what each side gave; None for a delivery of one grant.
    joined: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Outcome":
        """Return what `as_json` wrote."""
        columns = tuple((name, written) for name, written in body["columns"])
        return cls(**{**body, "columns": columns})
