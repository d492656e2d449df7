"""What every lane needs of a source, whatever it is: one moment, asked in its dialect."""

from collections.abc import Callable, Generator
from typing import Any, Protocol

import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.dialect import Dialect


class Stream(Protocol):
    """Reads batches of one query after the other."""

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield the rows of `query`."""
        ...

    def cancel(self) -> None:
        """End the running statement."""
        ...

    def cut(self) -> None:
        """End the connection."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class View(Protocol):
    """An opened source."""

    @property
    def dialect(self) -> Dialect:
        """What its queries are written in."""
        ...

    @property
    def relation(self) -> str:
        """What is read, quoted."""
        ...

    @property
    def facts(self) -> TableFacts:
        """Columns and keys."""
        ...

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Checks that the source brings with it."""
        ...

    @property
    def written(self) -> frozenset[str]:
        """Columns whose text as it stands in a file has a name of its own."""
        ...

    def load(self, arrived: Callable[[int], None]) -> None:
        """Bring the rows here where the source cannot be asked in SQL of ours; `arrived` is told how many came."""
        ...

    def judge(self, granted: str, flags: str) -> None:
        """Note once which granted rows fail which checks, where rows are staged."""
        ...

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return the parts in which the rows are read; `size` makes them small, for tests."""
        ...

    @property
    def state(self) -> tuple[str, int]:
        """Return what is the same for two runs only when finished parts of the first may be kept by the second."""
        ...

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        ...

    def stream(self) -> Stream:
        """Return a reader under the same moment."""
        ...

    def cancel(self) -> None:
        """End the running statement."""
        ...

    def cut(self) -> None:
        """End the connection."""
        ...

    def close(self) -> None:
        """Let go."""
        ...
