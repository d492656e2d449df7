"""The key digest: what both sides compute of the delivered keys, in any order, and must agree on.

Each row's key is hashed to 64 bits and the hashes are summed modulo 2⁶⁴. The hash is PostgreSQL's
`hashtextextended`, about fifty nanoseconds a row in the databases, where a cryptographic one would cost
more than the copy itself. It finds lost, doubled and damaged rows; it is no defence against somebody who
forges rows on purpose, for which receipts carry file hashes and signatures. Its value is part of what
PostgreSQL keeps on disk (hash partitions), so it does not change between versions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hefu.dataplane.arrow import Column, text_parts

Words = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]

#: Stands for NULL in a key; a text of these two characters counts as the same key.
NULL_MARK = "\\N"
_MODULUS = 1 << 64


@dataclass(frozen=True)
class KeyTally:
    """How many rows, and the sum of their keys' hashes."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: "KeyTally") -> "KeyTally":
        """Return the tally of both sets of rows together."""
        return KeyTally(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def __str__(self) -> str:
        """Return the form that outcomes and receipts show."""
        return f"{self.total:016x}"

    @classmethod
    def of(cls, rows: int, signed_total: object) -> "KeyTally":
        """Return the tally from what SQL's count and sum gave."""
        return cls(rows, int(str(signed_total or 0)) % _MODULUS)


def hash_sql(texts: Sequence[str]) -> str:
    """Return PostgreSQL's expression for one row's hash over the text expressions of its key."""
    seed = "0"
    for text in texts:
        seed = f"hashtextextended(coalesce({text}, '{NULL_MARK}') collate \"C\", {seed})"
    return seed


def tally_sql(texts: Sequence[str]) -> str:
    """Return PostgreSQL's two aggregates for a `KeyTally`."""
    return f"count(*), sum({hash_sql(texts)})"


def hash_columns(columns: Sequence[Column]) -> Hashes:
    """Return each row's hash over text columns of equal length, the same as `hash_sql`."""
    seeds = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        texts = column.fill_null(NULL_MARK) if column.null_count else column
        seeds = _hash_texts(texts, seeds)
    return seeds


def tally_hashes(hashes: Hashes) -> KeyTally:
    """Return the tally of rows whose hashes are known."""
    return KeyTally(len(hashes), int(hashes.sum(dtype=np.uint64)))


def _hash_texts(texts: Column, seeds: Hashes) -> Hashes:
    offsets, data = text_parts(texts)
    lengths = np.diff(offsets)
    hashes = np.empty(len(texts), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            # Rows of one length become a matrix; long texts in slices, so that it stays small.
            step = max(1, (1 << 22) // max(1, int(length)))
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                places = offsets[some][:, None] + np.arange(length)
                hashes[some] = _lookup3(data[places], seeds[some])
    return hashes


def _lookup3(keys: npt.NDArray[np.uint8], seeds: Hashes) -> Hashes:
    """Return Bob Jenkins' lookup3 of equal-long rows of bytes, 64 bits, as PostgreSQL seeds it."""
    count, length = keys.shape
    start = np.uint32((0x9E3779B9 + length + 3923095) & 0xFFFFFFFF)
    a, b, c = (np.full(count, start, dtype=np.uint32) for _ in range(3))
    seeded = seeds != 0
    if seeded.any():
        high, low = (seeds >> np.uint64(32)).astype(np.uint32), seeds.astype(np.uint32)
        mixed = _mix(a + high, b + low, c)
        a, b, c = (np.where(seeded, new, old) for new, old in zip(mixed, (a, b, c), strict=True))
    whole = length // 12 * 12
    for place in range(0, whole, 12):
        words = np.ascontiguousarray(keys[:, place : place + 12]).view("<u4")
        a, b, c = _mix(a + words[:, 0], b + words[:, 1], c + words[:, 2])
    rest = np.zeros((count, 12), dtype=np.uint8)
    tail = keys[:, whole:]
    rest[:, : min(8, tail.shape[1])] = tail[:, :8]
    # The lowest byte of the third word belongs to the length, so its bytes start one further.
    if tail.shape[1] > 8:
        rest[:, 9 : 9 + tail.shape[1] - 8] = tail[:, 8:]
    words = rest.view("<u4")
    b, c = _final(a + words[:, 0], b + words[:, 1], c + words[:, 2])
    return (b.astype(np.uint64) << np.uint64(32)) | c.astype(np.uint64)


def _turn(word: Words, bits: int) -> Words:
    return (word << np.uint32(bits)) | (word >> np.uint32(32 - bits))


def _mix(a: Words, b: Words, c: Words) -> tuple[Words, Words, Words]:
    for left, right in ((4, 6), (16, 19)):
        a = (a - c) ^ _turn(c, left)
        c = c + b
        b = (b - a) ^ _turn(a, right)
        a = a + c
        turn = 8 if left == 4 else 4
        c = (c - b) ^ _turn(b, turn)
        b = b + a
    return a, b, c


def _final(a: Words, b: Words, c: Words) -> tuple[Words, Words]:
    c = (c ^ b) - _turn(b, 14)
    a = (a ^ c) - _turn(c, 11)
    b = (b ^ a) - _turn(a, 25)
    c = (c ^ b) - _turn(b, 16)
    a = (a ^ c) - _turn(c, 4)
    b = (b ^ a) - _turn(a, 14)
    c = (c ^ b) - _turn(b, 24)
    return b, c
