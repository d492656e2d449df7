"""Finds keys that occur twice among any number of rows in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hefu.dataplane.addresses import Addresses
from hefu.dataplane.scratch import Scratch

Pairs = npt.NDArray[np.int64]

#: Pairs of 16 bytes held in memory before they go to disk; sorting takes four times that for a moment.
IN_MEMORY = 1_500_000
#: Files the pairs are spread over by their hash, so that each fits in memory again: 2 thousand million rows.
PARTS = 256


class HashIndex:
    """Collects (hash, address) pairs and yields those whose hash occurs more than once.

    Equal keys have equal hashes, so every true duplicate is among them; the few others are told apart
    by whoever can look at the keys.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Hold at most `in_memory` pairs; more go to files in a folder that `close` removes."""
        self._limit = in_memory
        self._held: list[Pairs] = []
        self._count = 0
        self._folder: Scratch | None = None

    def add(self, hashes: npt.NDArray[np.int64], addresses: Addresses) -> None:
        """Take the pairs of one batch."""
        if not len(hashes):
            return
        self._held.append(np.column_stack((hashes, addresses)))
        self._count += len(hashes)
        if self._count > self._limit:
            self._spill()

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = Scratch("keys")
        pairs = np.concatenate(self._held)
        self._held, self._count = [], 0
        parts = (pairs[:, 0] & (PARTS - 1)).astype(np.uint8)
        order = np.argsort(parts, kind="stable")
        pairs, parts = pairs[order], parts[order]
        ends = np.searchsorted(parts, np.arange(PARTS), side="right")
        start = 0
        for part, end in enumerate(ends):
            if end > start:
                with (Path(self._folder.name) / str(part)).open("ab") as file:
                    file.write(pairs[start:end].tobytes())
            start = int(end)

    def repeated(self) -> Iterator[Pairs]:
        """Yield the pairs whose hash occurs more than once, ordered by hash, part by part."""
        if self._folder is None:
            yield from self._repeated_in(np.concatenate(self._held) if self._held else np.zeros((0, 2), np.int64))
            return
        if self._held:
            self._spill()
        for part in range(PARTS):
            path = Path(self._folder.name) / str(part)
            if path.exists():
                yield from self._repeated_in(np.fromfile(path, dtype=np.int64).reshape(-1, 2))

    @staticmethod
    def _repeated_in(pairs: Pairs) -> Iterator[Pairs]:
        ordered = np.sort(pairs[:, 0])
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(twice):
            return
        place = np.minimum(np.searchsorted(twice, pairs[:, 0]), len(twice) - 1)
        found = pairs[twice[place] == pairs[:, 0]]
        yield found[np.argsort(found[:, 0], kind="stable")]

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
