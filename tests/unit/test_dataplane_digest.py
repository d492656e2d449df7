"""The key digest computes here what PostgreSQL computes there."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes

#: What PostgreSQL 18 answered: text → hashtextextended(text, 0).
KNOWN = {
    "": -6939563903564495251,
    "a": 3591986179850072241,
    "11010519491231002X": 439757250545293915,
    "欧阳娜娜在达州市通川区": -7943017572460788862,
}


def lookup3(key: bytes, seed: int) -> int:
    """Bob Jenkins' hash, byte by byte, from its public description; PostgreSQL's way of seeding it."""
    mask = 0xFFFFFFFF

    def turn(word: int, bits: int) -> int:
        return ((word << bits) | (word >> (32 - bits))) & mask

    def mix(a: int, b: int, c: int) -> tuple[int, int, int]:
        for bits in ((4, 6, 8), (16, 19, 4)):
            a = ((a - c) ^ turn(c, bits[0])) & mask
            c = (c + b) & mask
            b = ((b - a) ^ turn(a, bits[1])) & mask
            a = (a + c) & mask
            c = ((c - b) ^ turn(b, bits[2])) & mask
            b = (b + a) & mask
        return a, b, c

    a = b = c = (0x9E3779B9 + len(key) + 3923095) & mask
    if seed:
        a, b, c = mix((a + (seed >> 32)) & mask, (b + (seed & mask)) & mask, c)
    rest = key
    while len(rest) >= 12:
        words = [int.from_bytes(rest[place : place + 4], "little") for place in (0, 4, 8)]
        a, b, c = mix((a + words[0]) & mask, (b + words[1]) & mask, (c + words[2]) & mask)
        rest = rest[12:]
    a = (a + int.from_bytes(rest[0:4], "little")) & mask
    b = (b + int.from_bytes(rest[4:8], "little")) & mask
    c = (c + (int.from_bytes(rest[8:11], "little") << 8)) & mask
    for x, y, bits in ((2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24)):
        words = [a, b, c]
        words[x] = ((words[x] ^ words[y]) - turn(words[y], bits)) & mask
        a, b, c = words
    return (b << 32) | c


def expected(key: tuple[str | None, ...]) -> int:
    seed = 0
    for part in key:
        seed = lookup3(("\\N" if part is None else part).encode(), seed)
    return seed


parts = st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(parts, parts), min_size=1, max_size=40))
def test_many_rows_at_once_hash_as_each_alone(keys: list[tuple[str | None, str | None]]) -> None:
    columns = [pa.array([key[place] for key in keys], pa.string()) for place in range(2)]
    assert hash_columns(columns).tolist() == [expected(key) for key in keys]
    assert hash_columns([column.slice(1) for column in columns]).tolist() == [expected(key) for key in keys[1:]]


@pytest.mark.parametrize(("text", "hashed"), KNOWN.items())
def test_the_hash_is_the_one_that_postgresql_prints(text: str, hashed: int) -> None:
    assert hash_columns([pa.array([text])]).tolist() == [hashed % 2**64]


def test_the_order_does_not_matter_and_a_doubled_row_does() -> None:
    def tally(*keys: str) -> KeyTally:
        return tally_hashes(hash_columns([pa.array(list(keys), pa.string())]))

    assert tally("a", "b", "c") == tally("c", "a", "b") == tally("a") + tally("b", "c")
    assert tally("a", "b") != tally("a", "b", "b")
    assert tally("a", "a") != tally("b", "b")


def test_sums_wrap_as_the_database_sum_does() -> None:
    assert KeyTally.of(3, "-1") == KeyTally(3, 2**64 - 1)
    assert KeyTally.of(0, None) == KeyTally()
    assert str(KeyTally(1, 255)) == "00000000000000ff"
