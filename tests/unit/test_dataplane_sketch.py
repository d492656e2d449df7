"""How near the estimate of an overlap comes to the overlap, and what a sketch keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.dataplane.sketch import SIZE, BottomK, Hashes, Sketch, canonical, hashed, overlap

SALT = b"s" * 32


def sketch(values: set[str], *, size: int = SIZE, salt: bytes = SALT) -> Sketch:
    gathered = BottomK(size)
    gathered.add(hashed(values, salt))
    return gathered.sketch()


def of_hashes(hashes: Hashes, size: int) -> Sketch:
    gathered = BottomK(size)
    gathered.add(hashes)
    return gathered.sketch()


def numbers(first: int, last: int) -> set[str]:
    return {str(one) for one in range(first, last)}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ((0, 6_000), (0, 6_000)),
        ((0, 6_000), (3_000, 9_000)),
        ((0, 6_000), (5_400, 11_400)),
        ((0, 6_000), (6_000, 12_000)),
        ((0, 500), (0, 10_000)),
        ((0, 500), (250, 10_250)),
        ((0, 150), (100, 10_000)),
    ],
)
def test_the_interval_holds_the_exact_overlap_nineteen_times_out_of_twenty(
    ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    common = max(0, min(ours[1], theirs[1]) - max(ours[0], theirs[0]))
    sizes = ours[1] - ours[0], theirs[1] - theirs[0]
    exact = {
        "both": common / (sum(sizes) - common),
        "first_in_second": common / sizes[0],
        "second_in_first": common / sizes[1],
    }
    held, turns = dict.fromkeys(exact, 0), 100
    for seed in range(turns):
        # What a salt makes of values: numbers drawn evenly.
        drawn = np.random.default_rng(seed).integers(0, 2**64, max(ours[1], theirs[1]), dtype=np.uint64)
        found = overlap(of_hashes(drawn[slice(*ours)], 256), of_hashes(drawn[slice(*theirs)], 256))
        for name, share in exact.items():
            one = getattr(found, name)
            held[name] += one.low <= share <= one.high
            assert abs(one.share - share) <= 5 * (one.high - one.low) / 3.92 + 1e-9
    assert min(held.values()) >= 0.88 * turns, held


def test_two_large_columns_are_told_within_a_few_of_a_hundred() -> None:
    found = overlap(sketch(numbers(0, 30_000)), sketch(numbers(15_000, 45_000)))
    assert found.both.high - found.both.low < 0.05
    assert found.contained.share == pytest.approx(0.5, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 400)), st.sets(st.integers(0, 400)))
def test_small_columns_are_told_exactly(ours: set[int], theirs: set[int]) -> None:
    first, second = {str(one) for one in ours}, {str(one) for one in theirs}
    found = overlap(sketch(first), sketch(second))
    union = first | second
    assert found.both.share == (len(first & second) / len(union) if union else 0)
    assert found.both.low == found.both.share == found.both.high
    assert found.first_in_second.share == (len(first & second) / len(first) if first else 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5_000), max_size=4_000), st.integers(1, 900), st.randoms())
def test_order_repetition_and_parts_make_no_difference(values: list[int], part: int, chance: object) -> None:
    size = 64
    at_once = sketch({str(one) for one in values}, size=size)
    chance.shuffle(values)  # type: ignore[attr-defined]
    in_parts = BottomK(size)
    for first in range(0, len(values), part):
        hashes = hashed([str(one) for one in values[first : first + part]], SALT)
        limit = in_parts.limit
        in_parts.add(hashes if limit is None else hashes[hashes < int.from_bytes(limit)])
    found = in_parts.sketch(more=True)
    assert np.array_equal(found.hashes, at_once.hashes)
    assert found.complete == (len(set(values)) < size)


def test_memory_is_bounded_whatever_comes() -> None:
    gathered = BottomK(100)
    chance = np.random.default_rng(1)
    for _turn in range(200):
        gathered.add(chance.integers(0, 2**63, 10_000, dtype=np.uint64))
        assert sum(len(part) for part in gathered._gathered) + len(gathered._kept) <= (1 << 16) + 10_000
    assert not gathered.sketch().complete


@pytest.mark.parametrize("count", [10, SIZE - 1, 5_000, 50_000])
def test_how_many_different_values_there_are_is_known_about(count: int) -> None:
    found = sketch(numbers(0, count)).distinct
    assert found == count if count < SIZE else found == pytest.approx(count, rel=0.1)


def test_another_salt_makes_another_sketch_and_a_kept_one_comes_back() -> None:
    ours = sketch(numbers(0, 100))
    assert not np.intersect1d(ours.hashes, sketch(numbers(0, 100), salt=b"t" * 32).hashes).size
    for one in (ours, sketch(numbers(0, 9_000)), sketch(set())):
        again = Sketch.from_bytes(one.to_bytes())
        assert np.array_equal(again.hashes, one.hashes)
        assert again.complete == one.complete
        assert len(one.to_bytes()) <= 8 * SIZE + 1


def test_blanks_and_small_letters_make_no_other_value_and_nothing_is_none() -> None:
    assert canonical(" 51150219800101001x ") == "51150219800101001X"
    assert len(hashed(["", "   "], SALT)) == 0
    assert np.array_equal(hashed([" ａbé "], SALT), hashed(["ａBé"], SALT)), "only ASCII letters are made alike"
