"""Repeated keys are found in memory and from files alike, however many there are."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.dataplane.unique import HashIndex


@pytest.mark.parametrize("in_memory", [10_000, 7, 1])
@settings(deadline=None)
@given(hashes=st.lists(st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1), max_size=60), cut=st.integers(1, 20))
def test_exactly_the_repeated_hashes_come_back_ordered(hashes: list[int], cut: int, in_memory: int) -> None:
    index = HashIndex(in_memory)
    try:
        for start in range(0, len(hashes), cut):
            part = hashes[start : start + cut]
            index.add(np.array(part, dtype=np.int64), np.arange(start, start + len(part), dtype=np.int64))
        found = [tuple(pair) for pairs in index.repeated() for pair in pairs.tolist()]
    finally:
        index.close()
    counts = Counter(hashes)
    assert sorted(found) == sorted((h, place) for place, h in enumerate(hashes) if counts[h] > 1)
    groups = [h for h, _ in found]
    assert all(groups.index(h) + groups.count(h) > place for place, h in enumerate(groups))


def test_closing_removes_the_files() -> None:
    index = HashIndex(1)
    index.add(np.array([1, 1, 2], dtype=np.int64), np.array([1, 2, 3], dtype=np.int64))
    folder = index._folder
    assert folder is not None
    index.close()
    assert not Path(folder.name).exists()
