"""Inclusion and consistency proofs: made from tiles here, checked by the textbook here too.

The two halves share nothing but the hash functions, so that one cannot hide a fault of the other.

Source: RFC 6962 sections 2.1.1 and 2.1.2 (making), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (checking).
"""

from collections.abc import Sequence
from functools import reduce

from hefu.ledger.errors import ProofRefused
from hefu.ledger.hashing import EMPTY_ROOT, HASH, node_hash, subtree_root
from hefu.ledger.storage import TileReader
from hefu.ledger.tiles import HEIGHT, WIDTH, TileId
from hefu.ledger.tree import read_hashes


class TreeView:
    """The tree of the first `size` entries, read from tiles; remembers the tiles it has read.

    Make one for many proofs of the same checkpoint, or use the functions below for a single one.
    """

    def __init__(self, log: TileReader, size: int) -> None:
        """Look at the first `size` entries of `log`."""
        self.size = size
        self._log = log
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, first: int | None = None) -> bytes:
        """Return the root, or that of the tree as it was when it had its `first` entries.

        Raises:
            IndexError: `first` is larger than the tree.
            LogDamaged: A tile is missing or short.
        """
        count = self.size if first is None else first
        if not 0 <= count <= self.size:
            raise IndexError(f"tree of {count} within {self.size}")
        return self._over(0, count) if count else EMPTY_ROOT

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the hashes that lead from the leaf `index` to the root, lowest first.

        Raises:
            IndexError: There is no such entry.
            LogDamaged: A tile is missing or short.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"entry {index} of {self.size}")
        path: list[bytes] = []
        start, end = 0, self.size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """Return the hashes that show that the tree of the first `old` entries is the beginning of this one.

        Empty when `old` is 0 or the whole.

        Raises:
            IndexError: `old` is larger than the tree.
            LogDamaged: A tile is missing or short.
        """
        if not 0 <= old <= self.size:
            raise IndexError(f"tree of {old} within {self.size}")
        if old in (0, self.size):
            return ()
        path: list[bytes] = []
        start, end, known = 0, self.size, True
        while old < end:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(start, middle))
                start, known = middle, False
        if not known:
            path.append(self._over(start, end))
        return tuple(reversed(path))

    def _over(self, start: int, end: int) -> bytes:
        """Return the root over entries `start` to `end`, where `start` lies on a multiple of the split."""
        parts: list[bytes] = []
        while start < end:
            span = 1 << (end - start).bit_length() - 1
            parts.append(self._complete(start, span))
            start += span
        return reduce(lambda right, left: node_hash(left, right), reversed(parts))

    def _complete(self, start: int, span: int) -> bytes:
        """Return the root over the complete subtree of `span` entries, a power of two."""
        level = (span.bit_length() - 1) // HEIGHT
        first, count = start >> HEIGHT * level, span >> HEIGHT * level
        tile, place = divmod(first, WIDTH)
        hashes = self._tile(level, tile)
        return subtree_root(hashes[place * HASH : (place + count) * HASH])

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            width = min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)
            self._tiles[level, index] = read_hashes(self._log, TileId(level, index, width))
        return self._tiles[level, index]


def inclusion_proof(log: TileReader, index: int, size: int) -> tuple[bytes, ...]:
    """Return the proof that entry `index` is in the tree of `size` entries; see `TreeView.inclusion`."""
    return TreeView(log, size).inclusion(index)


def consistency_proof(log: TileReader, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of `new` entries continues that of `old`; see `TreeView.consistency`."""
    return TreeView(log, new).consistency(old)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` entries with `root`.

    Raises:
        ProofRefused: It does not, or the proof has a hash too many or too few.
    """
    if not 0 <= index < size:
        raise ProofRefused(reason=f"there is no entry {index} in a tree of {size}")
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofRefused(reason="it has more hashes than the tree has levels")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            place, last = _skip_lone_levels(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofRefused(reason="it has fewer hashes than the tree has levels")
    if found != root:
        raise ProofRefused(reason=f"entry {index} leads to another root than that of {size} entries")


def verify_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` entries begins with the tree of `old` entries.

    Raises:
        ProofRefused: It does not, or the proof has a hash too many or too few.
    """
    if not 0 <= old <= new:
        raise ProofRefused(reason=f"a tree of {new} entries cannot continue one of {old}")
    if old in (0, new):
        _verify_same(old, old_root, EMPTY_ROOT if old == 0 else new_root, proof)
        return
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise ProofRefused(reason="it is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = new_found = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofRefused(reason="it has more hashes than the tree has levels")
        if place & 1 or place == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            place, last = _skip_lone_levels(place, last)
        else:
            new_found = node_hash(new_found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofRefused(reason="it has fewer hashes than the tree has levels")
    if (old_found, new_found) != (old_root, new_root):
        raise ProofRefused(reason=f"the {new} entries do not begin with the {old} that were signed before")


def _verify_same(size: int, one: bytes, other: bytes, proof: Sequence[bytes]) -> None:
    if one != other:
        raise ProofRefused(reason=f"two trees of {size} entries have different roots")
    if proof:
        raise ProofRefused(reason="it has hashes where none are needed")


def _skip_lone_levels(place: int, last: int) -> tuple[int, int]:
    """Go up while the node at the right edge has no sibling: the proof has no hash for such a level."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1
